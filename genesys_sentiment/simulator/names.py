"""Name resolution that a test breaks: what is plugged into the client's own HTTP session.

The simulator cannot break the resolver of the machine, so this one goes where aiohttp takes one::

    names = Names()
    connector = aiohttp.TCPConnector(resolver=names, use_dns_cache=False)
    session = aiohttp.ClientSession(connector=connector)
    cloud = Cloud(endpoints, client_id, client_secret, session=session)

Addresses such as ``127.0.0.1`` are never resolved: reach the simulator as ``localhost``. Neither
are the names of connections that are still open.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter

from aiohttp.abc import AbstractResolver, ResolveResult


class Names(AbstractResolver):
    """Resolves every name to 127.0.0.1, and fails when it is told to.

    ``failing``: lookups fail as those of an unknown name do. ``delay``: real seconds that a lookup
    takes. ``asked`` counts the lookups by name.
    """

    def __init__(self) -> None:
        self.failing = False
        self.delay = 0.0
        self.asked: Counter[str] = Counter()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Where a name leads. Raises OSError, as aiohttp's own resolvers do."""
        self.asked[host] += 1
        if self.delay:
            await asyncio.sleep(self.delay)
        if self.failing:
            raise OSError(None, "DNS lookup failed")
        return [
            {
                "hostname": host,
                "host": "127.0.0.1",
                "port": port,
                "family": socket.AF_INET,
                "proto": 0,
                "flags": socket.AI_NUMERICHOST,
            }
        ]

    async def close(self) -> None:
        """Nothing is held."""
