"""A clock whose time passes only in tests' hands, with nobody sleeping for real."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from heapq import heappop, heappush
from typing import Any, TypeVar

T = TypeVar("T")

EPOCH = 1_800_000_000.0


class SteppedClock:
    """Sleepers wake in the order of their times; between two, all that can run has run."""

    def __init__(self, epoch: float = EPOCH) -> None:
        self._now = 0.0
        self._epoch = epoch
        self._order = 0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def monotonic(self) -> float:
        return self._now

    def wall(self) -> float:
        return self._epoch + self._now

    def set_wall(self, seconds: float) -> None:
        """Somebody sets the machine's clock."""
        self._epoch = seconds - self._now

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0.0:
            await asyncio.sleep(0)
            return
        future = asyncio.get_running_loop().create_future()
        self._order += 1
        heappush(self._sleepers, (self._now + seconds, self._order, future))
        await future

    async def advance(self, seconds: float) -> None:
        """Let time pass, waking who sleeps until then."""
        until = self._now + seconds
        await quiet()
        while (when := self._next()) is not None and when <= until:
            await self._wake()
        self._now = until

    async def drive(self, what: Coroutine[Any, Any, T]) -> T:
        """Run it, letting time pass whenever nothing else can happen."""
        task = asyncio.create_task(what)
        while True:
            await quiet()
            if task.done():
                return task.result()
            if self._next() is None:
                task.cancel()
                raise AssertionError("everybody waits, and nobody for the time")
            await self._wake()

    def _next(self) -> float | None:
        while self._sleepers and self._sleepers[0][2].done():
            heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    async def _wake(self) -> None:
        when, _, future = heappop(self._sleepers)
        self._now = when
        future.set_result(None)
        await quiet()


async def quiet() -> None:
    """Until nothing is left to run but what waits. One at a time: two would wait for each other."""
    ready: Any = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
    for _ in range(20_000):
        await asyncio.sleep(0)
        if not ready:
            return
    raise AssertionError("it never comes to rest")
