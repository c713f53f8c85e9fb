"""Time limits and waits on a clock that is given, so that hours can pass in a test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from genesys_sentiment.clock import Clock


@asynccontextmanager
async def limit(clock: Clock, seconds: float | None) -> AsyncIterator[asyncio.Timeout]:
    """``asyncio.timeout`` by ``clock``; None: no limit, until somebody reschedules it."""
    async with asyncio.timeout(None) as ends:
        if seconds is None:
            yield ends
            return
        watch = asyncio.create_task(_ring(clock, seconds, ends), name="genesys-limit")
        try:
            yield ends
        finally:
            watch.cancel()


async def _ring(clock: Clock, seconds: float, ends: asyncio.Timeout) -> None:
    await clock.sleep(seconds)
    _end(ends)


def _end(ends: asyncio.Timeout) -> None:
    if not ends.expired():
        ends.reschedule(asyncio.get_running_loop().time())


async def to_its_end(what: Coroutine[Any, Any, object]) -> None:
    """Await what must not be left out: cancelled meanwhile, that comes out when it has ended."""
    task = asyncio.create_task(what, name="genesys-closing")
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # somebody has looked: the cancellation is what comes out
        raise


class Nap:
    """One task's waits, which others can end early: if none is on, the next ends at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._woken = False
        self._ends: asyncio.Timeout | None = None

    def wake(self) -> None:
        """End the wait."""
        self._woken = True
        if self._ends is not None:
            _end(self._ends)

    async def rest(
        self, seconds: float | None, also: Callable[[], Awaitable[object]] | None = None
    ) -> None:
        """Wait for ``seconds`` (None: without end), for ``also`` and for being woken: the first."""
        try:
            if not self._woken:
                async with limit(self._clock, seconds) as self._ends:
                    await (asyncio.Event().wait() if also is None else also())
        except TimeoutError:
            pass
        finally:
            self._ends = None
            self._woken = False
