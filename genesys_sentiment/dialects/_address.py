"""Addresses and the header of dialects that connect with a token. Pure: no I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.wire import Token

_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST: Final = re.compile(rf"(?P<name>{_LABEL}(?:\.{_LABEL})*|\[::1\])(?::[1-9][0-9]{{0,4}})?")
_PATH: Final = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)+")
_VISIBLE: Final = re.compile(r"[!-~]+")


def socket_url(host: str, path: str, *, secure: bool = True) -> str:
    """The address of a WebSocket: ``wss://host/path``.

    ``host`` may end with a port. Not ``secure`` (``ws://``) is for loopback hosts only.
    Raises ConfigurationError, which repeats neither: a host may hold a password by mistake.
    """
    found = _HOST.fullmatch(host)
    if found is None:
        raise ConfigurationError("the host must be a plain name such as api.mypurecloud.com")
    if not _PATH.fullmatch(path):
        raise ConfigurationError("the path must be plain, such as /api/v2/websocket")
    if not secure and not _is_loopback(found["name"].strip("[]")):
        raise ConfigurationError("a token is sent through TLS only, except to this machine")
    return f"{'wss' if secure else 'ws'}://{host}{path}"


def bearer(token: Token | None) -> Mapping[str, str]:
    """The header that carries the token. Raises ConfigurationError without a sound one."""
    if token is None or not _VISIBLE.fullmatch(token.value):
        raise ConfigurationError("this dialect needs a token, of visible ASCII characters")
    return {"Authorization": f"Bearer {token.value}"}


def _is_loopback(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
