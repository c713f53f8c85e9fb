"""A batch entry by entry: conversations side by side, each of them in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from math import inf

from genesys_sentiment.errors import Failure, SinkFailed
from genesys_sentiment.model.entries import Entry
from genesys_sentiment.sinks._waves import HELD_BACK


class Undelivered(Exception):
    """One entry did not go through; see ``Failure`` for what is said of it.

    ``gone``: the receiver wants nothing any more.
    """

    def __init__(
        self, reason: str, *, retry: bool = True, after: float | None = None, gone: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry = retry
        self.after = after
        self.gone = gone


async def send_singly(
    entries: Sequence[Entry],
    one: Callable[[Entry], Awaitable[object]],
    *,
    together: int,
    within: float = inf,
) -> None:
    """Send each with ``one``, at most ``together`` at a time; the rest of a conversation is held
    back when one of it raises Undelivered, and so is what did not begin ``within`` seconds.

    Raises SinkFailed for what did not go through. Anything else that ``one`` raises ends all of it
    and comes out.
    """
    batch = _Batch(entries)
    ends = asyncio.get_running_loop().time() + within
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(together, len(batch.waiting))):
                group.create_task(batch.work(one, ends), name="genesys-sink")
    except BaseExceptionGroup as errors:
        raise _first(errors) from None
    if batch.failures:
        raise SinkFailed(sorted(batch.failures, key=_index), disabled=batch.gone)


class _Batch:
    """One batch under way: what waits, by conversation, and what failed."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        lanes: dict[str, deque[int]] = {}
        for index, entry in enumerate(entries):
            lanes.setdefault(entry.lane, deque()).append(index)
        self._entries = entries
        self.waiting = deque(lanes.values())
        self.failures: list[Failure] = []
        self.gone = False

    async def work(self, one: Callable[[Entry], Awaitable[object]], ends: float) -> None:
        """Send one conversation after the other, until none waits."""
        now = asyncio.get_running_loop().time
        while self.waiting:
            places = self.waiting.popleft()
            while places and not self.gone and now() < ends:
                place = places[0]
                try:
                    await one(self._entries[place])
                except Undelivered as error:
                    self.gone |= error.gone
                    failure = Failure(place, error.reason, error.retry, error.after)
                    self.failures.append(failure)
                    places.popleft()
                    break
                places.popleft()
            self._hold_back(places)

    def _hold_back(self, places: Iterable[int]) -> None:
        """These were not tried: one before them failed, or the batch had to end."""
        self.failures += (Failure(place, HELD_BACK, tried=False) for place in places)


def _index(failure: Failure) -> int:
    return failure.index


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    first = errors.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
