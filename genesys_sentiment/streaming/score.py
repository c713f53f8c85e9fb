"""A pipeline: events through stages, as an asynchronous iterator of records."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Sequence
from typing import Any, TypeVar, overload

from genesys_sentiment.model.events import Event
from genesys_sentiment.model.results import Record
from genesys_sentiment.scoring.stage import Stage

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
    end, what the stages still hold comes last. ``wall`` gives seconds since the epoch.
    """
    source = _Patient(events)
    try:
        while True:
            due = min((d for stage in stages if (d := stage.deadline) is not None), default=None)
            event = await source.next(None if due is None else max(due - wall(), 0.0))
            now = wall()
            records = _tick(stages, now) if event is None else _advance((event,), stages, now)
            for record in records:
                if only is None or isinstance(record, only):
                    yield record
    except StopAsyncIteration:
        pass
    finally:
        await source.close()


def _advance(records: Iterable[Record], stages: Sequence[Stage], now: float) -> Iterable[Record]:
    for stage in stages:
        records = [out for record in records for out in stage(record, now)]
    return records


def _tick(stages: Sequence[Stage], now: float) -> Iterable[Record]:
    out: list[Record] = []
    for position, stage in enumerate(stages):
        out.extend(_advance(stage.tick(now), stages[position + 1 :], now))
    return out


class _Patient:
    """Takes one item at a time from an iterator, with a time limit that loses nothing."""

    def __init__(self, events: AsyncIterable[Event]) -> None:
        self._iterator = aiter(events)
        self._pending: asyncio.Future[Event] | None = None

    async def next(self, timeout: float | None) -> Event | None:
        """The next event; None when it did not come in time. Raises StopAsyncIteration."""
        if timeout is None and self._pending is None:
            return await anext(self._iterator)
        if self._pending is None:
            self._pending = asyncio.ensure_future(anext(self._iterator))
        await asyncio.wait({self._pending}, timeout=timeout)
        if not self._pending.done():
            return None
        pending, self._pending = self._pending, None
        return pending.result()

    async def close(self) -> None:
        if self._pending is not None:
            self._pending.cancel()
            await asyncio.wait({self._pending})
