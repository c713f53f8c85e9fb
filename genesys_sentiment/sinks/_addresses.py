"""Which network addresses a webhook may be sent to. Pure: no I/O.

Public is what the special-purpose registries of IANA leave over (2026-11), less what clouds use
for themselves; for IPv6 only what has been given out (2000::/3) at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final, Literal, TypeAlias

from attrs import field, frozen

from genesys_sentiment.errors import ConfigurationError

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network
Verdict: TypeAlias = Literal["public", "allowed", "refused"]


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(map(ip_network, texts))


_SPECIAL: Final = _networks(
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",  # carrier-grade NAT; Alibaba's metadata
    "127.0.0.0/8",
    "168.63.129.16/32",  # Azure's host, a public address that only its own machines reach
    "169.254.0.0/16",  # link-local; the metadata of most clouds
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "2001::/23",  # Teredo among them, which carries an IPv4 address
    "2001:db8::/32",
    "2002::/16",  # 6to4, which does, too
    "3fff::/20",
)
_GLOBAL: Final = IPv6Network("2000::/3")
_TRANSLATED: Final = IPv6Network("64:ff9b::/96")
"""IPv4 behind NAT64: where a network has IPv6 only, every public IPv4 host looks like this."""

_PRIVATE: Final = _networks(
    "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"
)
_METADATA: Final = _networks("fd00:ec2::254/128", "fd20:ce::254/128")
"""Of AWS and Google: among the private addresses, but nobody's receiver."""


@frozen
class Allowance:
    """Which addresses that are not public are meant. ``besides``: exceptions from them."""

    networks: tuple[Network, ...] = ()
    besides: tuple[Network, ...] = field(default=(), repr=False)

    def judge(self, address: Address) -> Verdict:
        """Whether an address is everybody's, one that is allowed, or one to keep away from."""
        plain = _plain(address)
        if _is_public(plain):
            return "public"
        allowed = _within(plain, self.networks) and not _within(plain, self.besides)
        return "allowed" if allowed else "refused"


def allowance(allow_private: bool | str | Sequence[str | Network]) -> Allowance:
    """What a caller's ``allow_private`` means.

    False: nothing. True: loopback and the private networks (RFC 1918, RFC 4193), but no cloud's
    metadata, and nothing link-local. Otherwise the networks that are named, and only those.
    Raises ConfigurationError for what is no network.
    """
    if isinstance(allow_private, bool):
        return Allowance(_PRIVATE, _METADATA) if allow_private else Allowance()
    named = [allow_private] if isinstance(allow_private, str) else allow_private
    try:
        return Allowance(tuple(ip_network(each) for each in named))
    except (ValueError, TypeError) as error:
        raise ConfigurationError(
            f"allow_private takes networks like 10.1.0.0/16: {error}"
        ) from None


def literal(host: str) -> Address | None:
    """The address that a host is, None for a name.

    Raises ConfigurationError for numbers that only some programs take for an IPv4 address
    (``2130706433``, ``0x7f.1``, ``0177.0.0.1``, ``127.1``).
    """
    try:
        return ip_address(host)
    except ValueError:
        pass
    last = host.rstrip(".").rpartition(".")[2].lower()
    if last.isdecimal() or last.startswith("0x"):
        raise ConfigurationError("write an IPv4 address as four decimal numbers")
    return None


def _plain(address: Address) -> Address:
    """The IPv4 address that an IPv6 address leads to, where it does."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _TRANSLATED:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_public(address: Address) -> bool:
    if address.version == 6 and address not in _GLOBAL:
        return False
    return not _within(address, _SPECIAL)


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
