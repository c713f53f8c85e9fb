"""Opens a fleet's channels as its topics need them, and tells each of them what it has."""

from __future__ import annotations

import asyncio
import logging
from math import inf
from typing import Any

from genesys_sentiment.errors import GenesysSentimentError
from genesys_sentiment.streaming.buffer import Buffer
from genesys_sentiment.streaming.counters import Counters
from genesys_sentiment.streaming.fleet_harbor import Harbor, no_room
from genesys_sentiment.streaming.fleet_part import MakeStream, Part, no_room_for
from genesys_sentiment.streaming.fleet_plan import Spread
from genesys_sentiment.streaming.verdict import judge

_BATCH = 0.25
"""Seconds between two distributions of topics; calls on one channel are a second apart anyway."""

_AGAIN = 60.0
"""Seconds after which topics without a place look for room on the platform again."""

_PAUSE = 5.0
"""Seconds after a REST error that may pass."""

_LEFT_OVER = 0.4
"""Seconds that taking the topics off the channels may take when they are left."""

_log = logging.getLogger(__name__)


class Steering:
    """The parts of a fleet, and the one task that adds to them.

    ``settled`` is set when the channels that are needed at the beginning have been begun.
    """

    def __init__(
        self, spread: Spread, harbor: Harbor, buffer: Buffer, counters: Counters, make: MakeStream
    ) -> None:
        self._spread = spread
        self._harbor = harbor
        self._clock = harbor.clock
        self._buffer = buffer
        self._counters = counters
        self._make = make
        self._changed = asyncio.Event()
        self._retry = -inf
        self._said: frozenset[str] = frozenset()
        self.settled = asyncio.Event()
        self.parts: list[Part] = []

    def notice(self) -> None:
        """The plan may have changed."""
        self._changed.set()

    async def run(self) -> None:
        """Until the buffer has ended. Raises what is not cured by waiting."""
        while not self._buffer.ended:
            self._changed.clear()
            await self._fill()
            await self._tell_waiting()
            if self.parts:
                self.settled.set()
            await self._wait()

    async def leave(self) -> None:
        """Close every part, all at once."""
        closing = [asyncio.create_task(part.stream.close()) for part in self.parts]
        if not closing:
            return
        try:
            await asyncio.wait(closing)
        except asyncio.CancelledError:
            for task in closing:
                task.cancel()
            await asyncio.wait(closing)
            raise
        await self._harbor.leave(_LEFT_OVER)

    async def _fill(self) -> None:
        placement = self._spread.placement
        self._distribute()
        while placement.needed and self._clock.monotonic() >= self._retry:
            needed = placement.needed
            granted = await self._reserve(needed)
            if granted is None:
                return
            new = [self._begin() for _ in range(granted)]
            placement.exhausted = granted < needed
            if not self.parts:
                raise no_room("a first channel")
            self._distribute()
            for part in new:
                await part.stream.__aenter__()

    async def _reserve(self, needed: int) -> int | None:
        """How many channels may be opened; None where that could not be found out now."""
        now = self._clock.monotonic()
        try:
            granted = await self._harbor.reserve(needed)
        except GenesysSentimentError as error:
            verdict = judge(error)
            if verdict.kind != "again":
                raise
            _log.warning("the channels could not be listed, trying again: %s", error)
            self._retry = now + max(verdict.after, _PAUSE)
            return None
        if granted < needed:
            self._retry = now + _AGAIN
        return granted

    def _begin(self) -> Part:
        part = Part(
            self._spread.open(), self._harbor, self._buffer, self._counters, self._ended, self._make
        )
        self.parts.append(part)
        return part

    def _distribute(self) -> None:
        for channel in self._spread.distribute(self._clock.monotonic()):
            self.parts[channel].prompt.changed.set()

    async def _tell_waiting(self) -> None:
        placement = self._spread.placement
        if placement.needed and not placement.exhausted:
            return
        waiting = placement.waiting
        new = [topic for topic in waiting if topic not in self._said]
        self._said = frozenset(waiting)
        for topic in new:
            await self._buffer.room()
            if self._buffer.ended:
                return
            now = self._clock.wall()
            self._counters.refused += 1
            self._buffer.put(no_room_for(topic, now), 0, now)

    async def _wait(self) -> None:
        """Until the plan has changed, or something is due although it has not."""
        dues = [self._retry] if self._spread.placement.needed else []
        if self._spread.due is not None:
            dues.append(self._spread.due)
        waits: set[asyncio.Task[Any]] = {
            asyncio.create_task(self._changed.wait(), name="genesys-fleet-changed")
        }
        if dues:
            waits.add(asyncio.create_task(self._until(min(dues)), name="genesys-fleet-due"))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()
            await asyncio.wait(waits)
        await self._clock.sleep(_BATCH)

    async def _until(self, due: float) -> None:
        await self._clock.sleep(due - self._clock.monotonic())

    def _ended(self, error: BaseException | None) -> None:
        """A part is over: for good, where it has an error; all are, where none is left."""
        if error is not None:
            self._buffer.end(error)
        elif all(part.buffer.over for part in self.parts):
            self._buffer.end()
        self._changed.set()
