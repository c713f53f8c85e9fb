"""What a caller gives a webhook, checked before anything is sent. Pure: no I/O.

Messages name the rule and never the value: addresses and headers of webhooks hold credentials.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from yarl import URL

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.sinks._addresses import Allowance, literal

_UNSEEN = re.compile(r"[\x00-\x20\x7f-\xa0\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\\]")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*\.?")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")
_VALUE = re.compile(r"[\t -~]{0,8000}")

_OURS: Final = frozenset(
    {
        "connection",
        "content-encoding",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers that say how the request itself is sent."""


def check_url(url: str, allowed: Allowance) -> URL:
    """The address of a receiver. Raises ConfigurationError for one that cannot be meant.

    https, or http where the allowance has networks to go to; a name, or an address that may be
    sent to; no user, no fragment, no white space, no control characters.
    """
    if _UNSEEN.search(url):
        raise ConfigurationError("the webhook URL holds white space, control characters or \\")
    try:
        parsed = URL(url)
        host, port = parsed.raw_host or "", parsed.port
    except ValueError:
        parsed, host, port = URL(), "", None
    if not host or not port:
        raise ConfigurationError("the webhook URL must look like https://host/path")
    if parsed.raw_user is not None or parsed.raw_password is not None:
        raise ConfigurationError("no user in the webhook URL: give headers={'Authorization': …}")
    if "#" in url:
        raise ConfigurationError("no fragment in the webhook URL: a server never gets it")
    if parsed.scheme != "https" and not (parsed.scheme == "http" and allowed.networks):
        raise ConfigurationError(
            "the webhook URL must be https (http only to networks in allow_private)"
        )
    _check_host(host, plain=parsed.scheme == "http", allowed=allowed)
    return parsed


def _check_host(host: str, *, plain: bool, allowed: Allowance) -> None:
    address = literal(host)
    if address is None:
        if not _NAME.fullmatch(host):
            raise ConfigurationError("the webhook URL's host is neither a name nor an address")
        return
    verdict = allowed.judge(address)
    if "%" in host or verdict == "refused" or (plain and verdict == "public"):
        raise ConfigurationError(
            "the webhook URL's address is private or reserved, or http to a public one: use https, "
            "or name its network in allow_private"
        )


def check_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers to send along. Raises ConfigurationError for what can be none, or is ours to say.

    A value is printable ASCII: line ends in it would be headers of their own (C5-29).
    """
    checked: dict[str, str] = {}
    for name, value in headers.items():
        if not _HEADER.fullmatch(name):
            raise ConfigurationError("a header's name holds characters that none can have")
        lower = name.lower()
        if lower in _OURS or lower.startswith("webhook-") or lower in checked:
            raise ConfigurationError(f"the header {name} is set by the webhook, or given twice")
        if not _VALUE.fullmatch(value):
            raise ConfigurationError(f"the value of the header {name} is no printable ASCII text")
        checked[lower] = value
    return checked
