"""What backfill has to do and when, and how fast it may ask."""

from __future__ import annotations

import asyncio
from heapq import heappop, heappush
from itertools import count
from math import inf
from typing import Any, Generic, TypeVar

from genesys_sentiment.clock import Clock

ItemT = TypeVar("ItemT")


class Agenda(Generic[ItemT]):
    """Items by the time at which they are due, in monotonic seconds; any number may take them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._order = count()
        self._items: list[tuple[float, int, ItemT]] = []
        self._news = asyncio.Event()

    def put(self, due: float, item: ItemT) -> None:
        """Add one. Those that are due at the same time keep their order."""
        heappush(self._items, (due, next(self._order), item))
        self._news.set()

    async def take(self) -> ItemT:
        """The next one, when it is due."""
        while (item := self.poll()) is None:
            due = self._items[0][0] if self._items else inf
            self._news.clear()
            await self._wait(due - self._clock.monotonic())
        return item

    def poll(self) -> ItemT | None:
        """The next one if it is due by now."""
        if self._items and self._items[0][0] <= self._clock.monotonic():
            return heappop(self._items)[2]
        return None

    async def _wait(self, seconds: float) -> None:
        waits: set[asyncio.Task[Any]] = {
            asyncio.create_task(self._news.wait(), name="genesys-backfill-news")
        }
        if seconds < inf:
            sleep = self._clock.sleep(seconds)
            waits.add(asyncio.ensure_future(sleep))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()
            await asyncio.wait(waits)


class Pace:
    """Turns to ask, ``spacing`` seconds apart, in the order in which they are asked for."""

    def __init__(self, clock: Clock, spacing: float) -> None:
        self._clock = clock
        self._spacing = spacing
        self._free = -inf

    async def turn(self) -> None:
        """Wait for it."""
        now = self._clock.monotonic()
        mine = max(now, self._free)
        self._free = mine + self._spacing
        if mine > now:
            await self._clock.sleep(mine - now)
