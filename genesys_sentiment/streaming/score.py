"""A pipeline: events through stages, as an asynchronous iterator of records."""

from __future__ import annotations

import asyncio
import time
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Sequence,
)
from typing import Any, TypeVar, overload

from genesys_sentiment.model.events import Event
from genesys_sentiment.model.results import Record
from genesys_sentiment.scoring.stage import Stage
from genesys_sentiment.streaming.fleet import Fleet
from genesys_sentiment.streaming.stream import Stream

R = TypeVar("R")


@overload
def score(
    events: AsyncIterable[Event],
    *stages: Stage,
    only: type[R],
    wall: Callable[[], float] = ...,
) -> AsyncIterator[R]: ...
@overload
def score(
    events: AsyncIterable[Event],
    *stages: Stage,
    only: tuple[type, ...] | None = None,
    wall: Callable[[], float] = ...,
) -> AsyncIterator[Record]: ...
async def score(
    events: AsyncIterable[Event],
    *stages: Stage,
    only: Any = None,
    wall: Callable[[], float] = time.time,
) -> AsyncIterator[Any]:
    """Every event through every stage, in order; yields what comes out of the last one.

    ``only`` yields records of one type (or of several) and lets the rest go: ``only=Score``. A
    stage that set a deadline is called when it has passed, although nothing came. When the events
    end, well or with an error, what the stages still hold comes last. ``wall`` gives seconds
    since the epoch.
    """
    source = _Patient(events)
    over, failure = False, None
    try:
        while not over:
            due = _due(stages)
            if (event := source.poll()) is None:
                try:
                    event = await source.next(None if due is None else max(due - wall(), 0.0))
                except StopAsyncIteration:
                    over = True
                except Exception as error:  # noqa: BLE001 - raised when what is held is out
                    over, failure = True, error
            now = wall()
            if over:
                records: Iterable[Record] = _each(stages, now, _finish)
            else:
                records = _step(event, stages, now, due)
            for record in records:
                if only is None or isinstance(record, only):
                    yield record
        if failure is not None:
            raise failure
    finally:
        await source.close()


def _step(
    event: Event | None, stages: Sequence[Stage], now: float, due: float | None
) -> Iterable[Record]:
    """What was due comes before the event: events that keep coming do not put it off."""
    if due is None and event is not None and stages:
        return _advance(stages[0](event, now), stages[1:], now)
    records = _each(stages, now, _tick) if due is not None and due <= now else []
    return records if event is None else [*records, *_advance((event,), stages, now)]


def _due(stages: Sequence[Stage]) -> float | None:
    earliest: float | None = None
    for stage in stages:
        due = stage.deadline
        if due is not None and (earliest is None or due < earliest):
            earliest = due
    return earliest


def _advance(records: Iterable[Record], stages: Sequence[Stage], now: float) -> Iterable[Record]:
    for stage in stages:
        records = [out for record in records for out in stage(record, now)]
    return records


def _each(
    stages: Sequence[Stage], now: float, ask: Callable[[Stage, float], Iterable[Record]]
) -> list[Record]:
    """What each stage gives when asked, after it has gone through the stages behind it."""
    out: list[Record] = []
    for position, stage in enumerate(stages):
        out.extend(_advance(ask(stage, now), stages[position + 1 :], now))
    return out


def _tick(stage: Stage, now: float) -> Iterable[Record]:
    return stage.tick(now)


def _finish(stage: Stage, now: float) -> Iterable[Record]:
    return stage.finish(now)


def _nothing() -> None:
    return None


class _Patient:
    """Takes one item at a time from an iterator, with a time limit that loses nothing."""

    def __init__(self, events: AsyncIterable[Event]) -> None:
        self._iterator = aiter(events)
        # A stream with events waiting needs no trip through a coroutine for each of them.
        self.poll = events.poll if isinstance(events, Stream | Fleet) else _nothing
        self._pending: asyncio.Task[Event | None] | None = None

    def next(self, timeout: float | None) -> Awaitable[Event | None]:
        """The next event; None when it did not come in time. Raises StopAsyncIteration."""
        if timeout is None and self._pending is None:
            return anext(self._iterator)
        return self._within(timeout)

    async def _within(self, timeout: float | None) -> Event | None:
        if isinstance(self._iterator, Stream | Fleet):
            # Waiting for a stream may be given up at any time.
            limit = asyncio.timeout(timeout)
            try:
                async with limit:
                    return await anext(self._iterator)
            except TimeoutError:
                if limit.expired():
                    return None
                raise
        if self._pending is None:
            self._pending = asyncio.create_task(self._one(), name="genesys-score")
        await asyncio.wait({self._pending}, timeout=timeout)
        if not self._pending.done():
            return None
        pending, self._pending = self._pending, None
        event = pending.result()
        if event is None:
            raise StopAsyncIteration
        return event

    async def close(self) -> None:
        if self._pending is not None:
            self._pending.cancel()
            await asyncio.wait({self._pending})

    async def _one(self) -> Event | None:
        """None at the end: a task cannot carry StopAsyncIteration."""
        try:
            return await anext(self._iterator)
        except StopAsyncIteration:
            return None
