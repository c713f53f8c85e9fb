"""Sockets whose patience is measured on the caller's clock: over real ones a day in seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from attrs import frozen

from genesys_sentiment.clock import Clock
from genesys_sentiment.model.wire import Connect
from genesys_sentiment.streaming.transport import Socket, Transport

_NEVER = 86_400.0
"""Real seconds after which a look at the socket is begun anew."""


@frozen
class OnClock:
    """Another transport, whose sockets wait for frames on ``clock``.

    For a stream on a ``VirtualClock``: its idle timeout and its renewals then come on that clock,
    too. Opening stays in real time.
    """

    transport: Transport
    clock: Clock

    async def open(self, connect: Connect) -> Socket:
        """Open one. Raises what the other transport raises."""
        return _SocketOnClock(await self.transport.open(connect), self.clock)


class _SocketOnClock:
    """One receive of the other socket outlives every timeout, so that no frame is lost."""

    def __init__(self, socket: Socket, clock: Clock) -> None:
        self._socket = socket
        self._clock = clock
        self._coming: asyncio.Task[Sequence[bytes]] | None = None
        self.send = socket.send

    async def receive(self, timeout: float) -> Sequence[bytes]:
        if self._coming is None:
            self._coming = asyncio.create_task(self._receive(), name="genesys-on-clock")
        late = asyncio.create_task(self._clock.sleep(timeout), name="genesys-on-clock")
        try:
            await asyncio.wait({self._coming, late}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            late.cancel()
            await asyncio.wait({late})
        if not self._coming.done():
            return ()
        coming, self._coming = self._coming, None
        return coming.result()

    async def close(self, timeout: float) -> None:
        closing = asyncio.create_task(self._socket.close(timeout), name="genesys-on-clock")
        late = asyncio.create_task(self._clock.sleep(timeout), name="genesys-on-clock")
        tasks: set[asyncio.Task[Any]] = {closing, late}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if self._coming is not None:
                tasks.add(self._coming)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        if not closing.cancelled():
            closing.result()

    async def _receive(self) -> Sequence[bytes]:
        while True:
            if frames := await self._socket.receive(_NEVER):
                return frames
