"""Where a Genesys Cloud organisation lives, and which addresses are trusted. Pure: no I/O.

The 18 regions and their hosts are those of Genesys' own SDK (``PureCloudRegionHosts``).
"""

from __future__ import annotations

import difflib
import ipaddress
import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from attrs import field, frozen

from genesys_sentiment.errors import ConfigurationError, ProtocolError

_DOMAINS: Final = {
    "us-east-1": "mypurecloud.com",
    "us-east-2": "use2.us-gov-pure.cloud",
    "us-west-2": "usw2.pure.cloud",
    "ca-central-1": "cac1.pure.cloud",
    "sa-east-1": "sae1.pure.cloud",
    "eu-west-1": "mypurecloud.ie",
    "eu-west-2": "euw2.pure.cloud",
    "eu-central-1": "mypurecloud.de",
    "eu-central-2": "euc2.pure.cloud",
    "eusc-de-east-1": "edee1.eusc-pure.cloud",
    "ap-northeast-1": "mypurecloud.jp",
    "ap-northeast-2": "apne2.pure.cloud",
    "ap-northeast-3": "apne3.pure.cloud",
    "ap-south-1": "aps1.pure.cloud",
    "ap-southeast-1": "apse1.pure.cloud",
    "ap-southeast-2": "mypurecloud.com.au",
    "me-central-1": "mec1.pure.cloud",
    "mx-central-1": "mxc1.pure.cloud",
}

_NAME = re.compile(r"[a-z0-9.-]{1,80}")
_ADDRESS = re.compile(r"(?:https://)?(?:(?:api|login)\.)?([a-z0-9.-]{1,80})/?")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_VISIBLE = re.compile(r"[!-\[\]-~]+")  # printable ASCII without space and backslash
_LOOPBACK = ipaddress.ip_network("127.0.0.0/8")


@frozen
class Endpoints:
    """The two base addresses, without a trailing slash.

    ``sockets`` are the hosts that a channel's connectUri may name: ``.domain`` stands for every
    host below it, a plain name for itself. Empty: loopback hosts only.
    """

    api_url: str
    login_url: str
    sockets: tuple[str, ...] = field(repr=False)


@frozen
class Region:
    """One of the platform's regions: its AWS name and its domain."""

    name: str
    domain: str

    @property
    def api_url(self) -> str:
        """Base address of the Platform API."""
        return f"https://api.{self.domain}"

    @property
    def login_url(self) -> str:
        """Base address of the token endpoint."""
        return f"https://login.{self.domain}"

    @property
    def endpoints(self) -> Endpoints:
        """Both addresses; sockets are trusted below the region's own domain only."""
        return Endpoints(self.api_url, self.login_url, (f".{self.domain}",))


REGIONS: Final = tuple(Region(name, domain) for name, domain in _DOMAINS.items())
"""Every region, in no order that matters."""

_BY_NAME: Final = {one.name: one for one in REGIONS}
_BY_DOMAIN: Final = {one.domain: one for one in REGIONS}


def region(text: str) -> Region:
    """The region that ``text`` names, in any case.

    ``text`` is an AWS region name (``eu-central-1``), a domain (``mypurecloud.de``), or the
    region's ``api.`` or ``login.`` host, bare or as an https address. Anything else, such as user
    information, a port, a path, a query or another scheme, raises ConfigurationError, which lists
    what comes close.
    """
    # ASCII first: lower() turns some look-alikes (the Kelvin sign) into plain letters.
    lowered = text.lower() if text.isascii() else ""
    if lowered in _BY_NAME:
        return _BY_NAME[lowered]
    address = _ADDRESS.fullmatch(lowered)
    if address is not None and address[1] in _BY_DOMAIN:
        return _BY_DOMAIN[address[1]]
    raise ConfigurationError(_unknown(lowered))


def endpoints(api_url: str, login_url: str) -> Endpoints:
    """Explicit addresses: a gateway, or a simulator on this machine.

    https only; http is allowed for loopback hosts. A path prefix is kept. Sockets are trusted on
    the API's own host, beside it (below its parent domain) and, for a gateway in front of the real
    platform, below every region's domain; a loopback API trusts loopback sockets only.
    Raises ConfigurationError.
    """
    api = _base(api_url, "API URL")
    login = _base(login_url, "login URL")
    host = api.hostname or ""
    return Endpoints(api.geturl(), login.geturl(), () if is_loopback(host) else _beside(host))


def check_connect_uri(uri: str, endpoints: Endpoints) -> None:
    """Refuse a connectUri that leads elsewhere: ProtocolError, which names the host only.

    wss, and a host that ``endpoints`` trusts; ws only from one loopback host to another.
    """
    parts = _split(uri)
    host = (parts.hostname or "") if parts is not None else ""
    if parts is None or parts.fragment or parts.scheme not in ("ws", "wss"):
        raise ProtocolError("the channel's connectUri is no WebSocket address; it was not opened")
    if endpoints.sockets:
        trusted = parts.scheme == "wss" and any(
            host.endswith(name) if name.startswith(".") else host == name
            for name in endpoints.sockets
        )
    else:
        trusted = is_loopback(host)
    if not trusted:
        raise ProtocolError(
            f"the channel's connectUri leads to {parts.scheme}://{host}, which does not belong to "
            f"{host_of(endpoints.api_url)}; it was not opened"
        )


def is_loopback(host: str) -> bool:
    """Whether ``host`` is ``localhost``, 127.0.0.0/8 or ::1. Other spellings of them are not."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address in _LOOPBACK or address == ipaddress.IPv6Address("::1")


def host_of(url: str) -> str:
    """The host of an address of ours, for messages."""
    return urlsplit(url).hostname or ""


def _unknown(text: str) -> str:
    known = [*_BY_NAME, *_BY_DOMAIN]
    if not _NAME.fullmatch(text):  # not echoed: it may hold a password or escape codes
        return (
            "the region must be an AWS region name such as eu-central-1, or a domain such as "
            "mypurecloud.de, without user, port, path or query"
        )
    close = difflib.get_close_matches(text, known, n=4, cutoff=0.6)
    advice = f"did you mean {', '.join(close)}?" if close else f"known are {', '.join(_BY_NAME)}"
    return f"there is no Genesys Cloud region {text!r}; {advice}"


def _base(url: str, what: str) -> SplitResult:
    parts = _split(url)
    if parts is None:
        raise ConfigurationError(f"the {what} must be an address such as https://host/prefix")
    if parts.query or parts.fragment or url.endswith(("?", "#")):
        raise ConfigurationError(f"the {what} must have no query and no fragment")
    if re.search(r"//|/\.{1,2}(?:/|$)|%", parts.path):
        raise ConfigurationError(f"the path of the {what} must be plain, such as /prefix")
    secure = parts.scheme == "https"
    if not secure and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        raise ConfigurationError(f"the {what} must be https; http is for loopback hosts only")
    return parts._replace(netloc=parts.netloc.lower(), path=parts.path.rstrip("/"))


def _split(url: str) -> SplitResult | None:
    """The parts of an absolute address with a sound host and no user; None for anything else."""
    if not _VISIBLE.fullmatch(url):
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if "@" in parts.netloc or port == 0 or not (_HOST.fullmatch(host) or _is_ip(host)):
        return None
    return parts


def _is_ip(host: str) -> bool:
    try:
        return "%" not in host and bool(ipaddress.ip_address(host))
    except ValueError:
        return False


def _beside(host: str) -> tuple[str, ...]:
    parent = host.partition(".")[2]
    near = (host, f".{parent}") if "." in parent and not _is_ip(host) else (host,)
    return (*near, *(f".{domain}" for domain in _BY_DOMAIN))
