"""How a webhook gets out: an address that was judged, over TLS that was verified, or not at all.

The connector connects to the very addresses that the guard has judged; there is no second lookup
whose answer could be another one (C5-26).
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Final, TypeAlias

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.sinks._addresses import Allowance

Lookup: TypeAlias = Callable[[str], Awaitable[Sequence[str]]]
"""From a name to all of its addresses as text. Raises OSError when there are none."""

_IDLE: Final = 3.0
"""Seconds that a connection is kept for the next POST. Many servers close theirs after 5, and a
POST that meets the closing fails: it is not known whether it was received."""


class AddressRefused(OSError):
    """A name leads to an address that nothing may be sent to."""


class Guard(AbstractResolver):
    """Looks a name up once for each connection, and lets it pass if all of its addresses may be.

    ``plain``: the connection is not encrypted, so that public addresses are refused, too.
    """

    def __init__(self, allowed: Allowance, *, plain: bool, lookup: Lookup | None = None) -> None:
        self._allowed = allowed
        self._plain = plain
        self._lookup = lookup or _system_lookup

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of ``host``. Raises AddressRefused, or OSError when there are none."""
        addresses = await self._lookup(host)
        if not addresses:
            raise OSError("a name without addresses")
        for address in addresses:
            self._check(address)
        return [_result(host, address, port) for address in addresses]

    def _check(self, address: str) -> None:
        verdict = self._allowed.judge(ip_address(address))
        if verdict == "refused" or (self._plain and verdict == "public"):
            raise AddressRefused("an address that nothing may be sent to")

    async def close(self) -> None:
        """Nothing is held."""


def tls_context(ca: ssl.SSLContext | str | Path | None) -> ssl.SSLContext:
    """A context that verifies, from TLS 1.2 on: the system's authorities, those of a file, or as
    it was given. Raises ConfigurationError for one that does not verify, and a file without any.
    """
    if not isinstance(ca, ssl.SSLContext):
        try:
            return ssl.create_default_context(cafile=ca)
        except (OSError, ssl.SSLError):
            raise ConfigurationError("ca is no readable file with PEM certificates") from None
    if ca.verify_mode is not ssl.CERT_REQUIRED or not ca.check_hostname:
        raise ConfigurationError(
            "the SSL context must verify: verify_mode CERT_REQUIRED and check_hostname True"
        )
    if not ssl.TLSVersion.TLSv1_2 <= ca.minimum_version:
        raise ConfigurationError("the SSL context must have a minimum_version of TLSv1_2 or later")
    return ca


def open_session(
    guard: Guard, context: ssl.SSLContext, *, connections: int, timeout: aiohttp.ClientTimeout
) -> aiohttp.ClientSession:
    """A session that goes through the guard, knows no proxies and keeps no cookies.

    What an answer compresses is not inflated: nobody reads it.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            resolver=guard,
            use_dns_cache=False,
            ssl=context,
            limit=connections,
            keepalive_timeout=_IDLE,
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=timeout,
        trust_env=False,
        auto_decompress=False,
    )


async def _system_lookup(host: str) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def _result(host: str, address: str, port: int) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=socket.AF_INET6 if ":" in address else socket.AF_INET,
        proto=0,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )
