"""A clock that hurries but waits for the event loop, sockets on it, and tokens of a short life."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from attrs import define

from genesys_sentiment.clock import Clock
from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.model.wire import Connect, Token
from genesys_sentiment.streaming.transport import AiohttpTransport, Socket

_PULSE = 0.004
_TURNS = 20


class Hurry:
    """A clock that runs up to 200 times as fast as the machine's, and waits for the event loop.

    A second of it is some milliseconds in which the loop also made many turns. On a clock that
    only multiplies the machine's time, a process that gets no processor for 0.1 s has slept over
    20 s: the token ends unnoticed, and the stream rightly tells of a gap.
    """

    def __init__(self) -> None:
        self._now = 0.0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Hurry]:
        """Time passes in here."""
        task = asyncio.create_task(self._run(), name="hurry")
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_PULSE)
            for _turn in range(_TURNS):
                await asyncio.sleep(0)
            self._now += 1.0

    def monotonic(self) -> float:
        """Fast seconds."""
        return self._now

    def wall(self) -> float:
        """Fast seconds, too."""
        return 1_772_359_200.0 + self._now

    async def sleep(self, seconds: float) -> None:
        """Not for long."""
        due = self._now + seconds
        while self._now < due:
            await asyncio.sleep(_PULSE)


@define
class Hurried:
    """Sockets of another transport whose timeouts are in fast seconds."""

    transport: AiohttpTransport
    clock: Hurry

    async def open(self, connect: Connect) -> Socket:
        """Open one."""
        return _HurriedSocket(await self.transport.open(connect), self.clock)


class _HurriedSocket:
    def __init__(self, socket: Socket, clock: Hurry) -> None:
        self._socket = socket
        self._clock = clock
        self.send = socket.send
        self.close = socket.close

    async def receive(self, timeout: float) -> Sequence[bytes]:
        due = self._clock.monotonic() + timeout
        while True:
            frames = await self._socket.receive(_PULSE)
            if frames or self._clock.monotonic() >= due:
                return frames


@define
class Brief:
    """The simulator's tokens, which live a fast minute each."""

    cloud: Cloud
    clock: Clock
    token: Token | None = None

    async def get(self, refused: str | None = None) -> Token:
        """Another one in the second half of that minute."""
        now = self.clock.monotonic()
        if self.token is None or now >= self.token.expires - 30.0:
            known = None if self.token is None else self.token.value
            found = await self.cloud.tokens.get(known)
            self.token = Token(value=found.value, expires=now + 60.0)
        return self.token
