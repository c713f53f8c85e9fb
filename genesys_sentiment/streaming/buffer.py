"""The bounded queue between a connection and whoever iterates the stream."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Literal, TypeAlias

from genesys_sentiment.model.events import Event, Gap
from genesys_sentiment.streaming.counters import Counters

Overflow: TypeAlias = Literal["block", "drop_oldest"]


class Buffer:
    """Events in order, at most ``limit`` of them and ``limit_bytes`` of the frames they came in.

    ``block``: whoever puts waits for room. ``drop_oldest``: the oldest events give way, and a Gap
    with their number takes their place.
    """

    def __init__(
        self, counters: Counters, *, limit: int, limit_bytes: int, overflow: Overflow
    ) -> None:
        self._counters = counters
        self._limit = limit
        self._limit_bytes = limit_bytes
        self._overflow = overflow
        self._items: deque[tuple[Event, int]] = deque()
        self._bytes = 0
        self._lost: Gap | None = None
        self._came = asyncio.Event()
        self._left = asyncio.Event()
        # Events are set only when somebody waits: setting one costs more than all of the rest.
        self._hungry = False
        self._blocked = False
        self._ended = False
        self._error: BaseException | None = None

    @property
    def full(self) -> bool:
        """Whether whoever puts should wait before putting more."""
        return (
            self._overflow == "block"
            and not self._ended
            and (len(self._items) >= self._limit or self._bytes >= self._limit_bytes)
        )

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self._ended

    async def room(self) -> None:
        """Wait until the buffer is no longer full."""
        while self.full:
            self._left.clear()
            self._blocked = True
            await self._left.wait()

    def put(self, event: Event, size: int, now: float) -> None:
        """Add an event that came in a frame of ``size`` bytes, at wall time ``now``."""
        self._items.append((event, size))
        self._bytes += size
        self._counters.emitted += 1
        if self._overflow == "drop_oldest":
            while len(self._items) > self._limit or self._bytes > self._limit_bytes:
                self._drop(now)
        if self._hungry:
            self._hungry = False
            self._came.set()

    async def get(self) -> Event:
        """The next event. At the end raises what the stream ended with, or StopAsyncIteration."""
        while (event := self.poll()) is None:
            if self._ended:
                if self._error is not None:
                    raise self._error
                raise StopAsyncIteration
            self._came.clear()
            self._hungry = True
            await self._came.wait()
        return event

    def poll(self) -> Event | None:
        """The next event if there is one, without waiting."""
        if self._lost is not None:
            self._counters.yielded += 1
            gap, self._lost = self._lost, None
            return gap
        if not self._items:
            return None
        self._counters.yielded += 1
        event, size = self._items.popleft()
        self._bytes -= size
        if self._blocked:
            self._blocked = False
            self._left.set()
        return event

    def end(self, error: BaseException | None = None) -> None:
        """Nothing more will come. The first call counts."""
        if not self._ended:
            self._ended = True
            self._error = error
        self._came.set()
        self._left.set()

    def __len__(self) -> int:
        return len(self._items) + (self._lost is not None)

    def _drop(self, now: float) -> None:
        event, size = self._items.popleft()
        self._bytes -= size
        self._counters.dropped += 1
        since = event.since if isinstance(event, Gap) else (event.received or now)
        if self._lost is None:
            self._counters.emitted += 1
            self._counters.gaps += 1
            self._lost = Gap(reason="dropped", since=since, until=now, count=1)
        else:
            first = min(self._lost.since, since)
            count = (self._lost.count or 0) + 1
            self._lost = Gap(reason="dropped", since=first, until=now, count=count)
