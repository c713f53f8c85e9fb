"""What the tests of this room share: a clock set by hand, tokens, a server of one handler."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from itertools import repeat
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from attrs import define, field

from genesys_sentiment.cloud.regions import Endpoints, endpoints
from genesys_sentiment.model.wire import Token

WALL = 784111777.0
"""Sun, 06 Nov 1994 08:49:37 GMT."""


@define
class Clock:
    """Time that passes only by sleeping; ``slept`` are the sleeps, in seconds."""

    time: float = 1000.0
    slept: list[float] = field(factory=list)

    def monotonic(self) -> float:
        return self.time

    def now(self) -> float:
        return WALL + self.time - 1000.0

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds
        await asyncio.sleep(0)


def steady(seconds: float = 1.0) -> Callable[[], Iterator[float]]:
    """Delays without randomness."""
    return lambda: repeat(seconds)


def token_answer(value: str = "token-1", expires_in: object = 86400) -> dict[str, Any]:
    return {"access_token": value, "token_type": "bearer", "expires_in": expires_in}


class Handed:
    """Tokens by hand: a new value whenever the present one was refused."""

    def __init__(self) -> None:
        self.refusals: list[str] = []

    async def get(self, refused: str | None = None) -> Token:
        if refused == self._value():
            self.refusals.append(refused)
        return Token(value=self._value(), expires=1e9)

    def _value(self) -> str:
        return f"token-{len(self.refusals) + 1}"


Handler = Callable[[web.Request], Any]


async def serve(handler: Handler, server: Callable[..., Any]) -> TestServer:
    """A real server that answers every request with ``handler``."""
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", handler)
    started: TestServer = await server(app)
    return started


def at(server: TestServer) -> Endpoints:
    base = f"http://127.0.0.1:{server.port}"
    return endpoints(base, base)
