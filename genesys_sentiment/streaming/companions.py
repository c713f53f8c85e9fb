"""Companions of a stream: they see its events pass, and add some of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from attrs import evolve

from genesys_sentiment.clock import Clock
from genesys_sentiment.model.events import Event, Gap, Reading, StateChange
from genesys_sentiment.streaming.buffer import Buffer
from genesys_sentiment.streaming.counters import Counters
from genesys_sentiment.streaming.gap_ledger import PARTS
from genesys_sentiment.streaming.line import Line
from genesys_sentiment.streaming.memory import Memory
from genesys_sentiment.streaming.options import StreamOptions
from genesys_sentiment.streaming.plan import Plan


class Companion(Protocol):
    """Goes along with a stream for its whole life, whatever becomes of its connections."""

    def observe(self, event: Event) -> None:
        """An event took its place in the stream. Called for each of them: note it and return."""
        ...

    async def run(self, outlet: Outlet) -> None:
        """Do what it is there for, until cancelled. What it raises is a bug and ends the stream."""
        ...


class FillsGaps:
    """A companion that tells gaps again, with what stayed missing of them."""


class Outlet:
    """Where companions hand over events: each takes its place once, in order, and is counted."""

    def __init__(
        self, buffer: Buffer, memory: Memory, plan: Plan, clock: Clock, lines: Sequence[Line]
    ) -> None:
        self._buffer = buffer
        self._memory = memory
        self._plan = plan
        self._clock = clock
        self._lines = lines

    @property
    def ended(self) -> bool:
        """Whether the stream was left, or is over: what is told now goes nowhere."""
        return self._buffer.ended

    async def room(self) -> None:
        """Wait until the reader of the stream has room for more."""
        await self._buffer.room()

    def tell(self, events: Iterable[Event]) -> None:
        """Add what is new of ``events``; the plan learns of every change. Never waits."""
        now = self._clock.monotonic()
        for event in events:
            self._add(event, now)
            if isinstance(event, StateChange):
                for gap in self._plan.observe(event, now):
                    self._memory.counters.gaps += self._add(gap, now)
        for line in self._lines:
            line.poke(now)

    def _add(self, event: Event, now: float) -> bool:
        """Whether it is new."""
        if self._buffer.ended:
            return False
        if self._memory.seen.add(event.key if isinstance(event, Reading) else event.id, now):
            # What became of a gap is no event that was found, nor another gap.
            self._memory.counters.backfilled += not isinstance(event, Gap)
            self._buffer.put(event, 0, self._clock.wall())
            return True
        self._memory.counters.duplicates += not isinstance(event, StateChange)
        return False


class _Observed(Buffer):
    """A buffer that shows its events to companions. What it drops, none of them can bring back."""

    companions: Sequence[Companion] = ()
    fills_gaps = False

    def put(self, event: Event, size: int, now: float) -> None:
        """Add an event, and show it."""
        super().put(event, size, now)
        for companion in self.companions:
            companion.observe(event)

    def _drop(self, now: float) -> None:
        super()._drop(now)
        if self.fills_gaps and self._lost is not None:
            self._lost = evolve(self._lost, unrecovered=PARTS)


def buffer_for(
    companions: Sequence[Companion], counters: Counters, options: StreamOptions
) -> Buffer:
    """A stream's buffer. Without companions it is the plain one: they cost nothing then."""
    buffer = (_Observed if companions else Buffer)(
        counters,
        limit=options.buffer_events,
        limit_bytes=options.buffer_bytes,
        overflow=options.overflow,
    )
    if isinstance(buffer, _Observed):
        buffer.companions = companions
        buffer.fills_gaps = any(isinstance(each, FillsGaps) for each in companions)
    return buffer


@asynccontextmanager
async def accompanied(
    companions: Sequence[Companion], outlet: Outlet, stop: Callable[[], None]
) -> AsyncIterator[None]:
    """Companions run while the block does. A bug of theirs ends the block and is raised by it.

    ``stop`` is called then, before the block is cancelled.
    """
    if not companions:
        yield
        return
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(_run(each, outlet, stop), name="genesys-companion")
                for each in companions
            ]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
    except BaseExceptionGroup as errors:
        raise _first(errors) from None


async def _run(companion: Companion, outlet: Outlet, stop: Callable[[], None]) -> None:
    try:
        await companion.run(outlet)
    except Exception:
        stop()
        raise


def _first(error: BaseException) -> BaseException:
    """What failed first; companions may run groups of their own."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
