"""Credentials, and reading them from environment variables. Pure: no I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping

from attrs import Attribute, field, frozen

from genesys_sentiment.cloud.regions import Endpoints, endpoints, region
from genesys_sentiment.errors import ConfigurationError

_ID, _SECRET, _REGION = "GENESYS_CLIENT_ID", "GENESYS_CLIENT_SECRET", "GENESYS_REGION"
_API, _LOGIN = "GENESYS_API_URL", "GENESYS_LOGIN_URL"
_VISIBLE = re.compile(r"[!-~]{1,1024}")


def _sound(_: object, attribute: Attribute[str], value: str) -> None:
    colon = attribute.name == "client_id" and ":" in value  # it would end the id in a Basic header
    if colon or not _VISIBLE.fullmatch(value):
        name = attribute.name.replace("_", " ")
        raise ConfigurationError(f"the {name} is empty or holds characters that none can have")


@frozen(kw_only=True)
class Credentials:
    """An OAuth client of the client-credentials grant, and the organisation's addresses.

    Raises ConfigurationError for an id or a secret that cannot be one.
    """

    client_id: str = field(validator=_sound)
    client_secret: str = field(validator=_sound, repr=False)
    endpoints: Endpoints


def credentials_from_env(environ: Mapping[str, str]) -> Credentials:
    """Read GENESYS_CLIENT_ID, GENESYS_CLIENT_SECRET and GENESYS_REGION.

    Instead of the region, GENESYS_API_URL and GENESYS_LOGIN_URL name a gateway or a simulator.
    White space around a value is dropped. Raises ConfigurationError, which names every variable
    that is missing, or those that contradict each other.
    """
    values = {
        name: (environ.get(name) or "").strip() for name in (_ID, _SECRET, _REGION, _API, _LOGIN)
    }
    explicit = bool(values[_API] or values[_LOGIN])
    if explicit and values[_REGION]:
        raise ConfigurationError(f"set either {_REGION}, or {_API} and {_LOGIN}, not both")
    needed = (_ID, _SECRET, _API, _LOGIN) if explicit else (_ID, _SECRET, _REGION)
    missing = [name for name in needed if not values[name]]
    if missing:
        raise ConfigurationError(f"set the environment variables {', '.join(missing)}")
    return Credentials(
        client_id=values[_ID],
        client_secret=values[_SECRET],
        endpoints=(
            endpoints(values[_API], values[_LOGIN])
            if explicit
            else region(values[_REGION]).endpoints
        ),
    )
