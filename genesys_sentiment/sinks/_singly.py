"""A batch entry by entry: conversations side by side, each of them in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from genesys_sentiment.errors import Failure, SinkFailed
from genesys_sentiment.model.entries import Entry
from genesys_sentiment.sinks._waves import HELD_BACK


class Undelivered(Exception):
    """One entry did not go through; see ``Failure`` for what is said of it."""

    def __init__(self, reason: str, *, retry: bool = True, after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry = retry
        self.after = after


async def send_singly(
    entries: Sequence[Entry], one: Callable[[Entry], Awaitable[object]], *, together: int
) -> None:
    """Send each with ``one``, at most ``together`` at a time; the rest of a conversation is held
    back when one of it raises Undelivered. Raises SinkFailed for what did not go through.

    Anything else that ``one`` raises ends all of it and comes out.
    """
    lanes: dict[str, list[int]] = {}
    for index, entry in enumerate(entries):
        lanes.setdefault(entry.lane, []).append(index)
    failures: list[Failure] = []
    free = asyncio.Semaphore(together)

    async def follow(lane: list[int]) -> None:
        for place, index in enumerate(lane):
            try:
                async with free:
                    await one(entries[index])
            except Undelivered as error:
                failures.append(Failure(index, error.reason, error.retry, error.after))
                failures.extend(
                    Failure(later, HELD_BACK, tried=False) for later in lane[place + 1 :]
                )
                return

    try:
        async with asyncio.TaskGroup() as group:
            for lane in lanes.values():
                group.create_task(follow(lane), name="genesys-sink")
    except BaseExceptionGroup as errors:
        raise _first(errors) from None
    if failures:
        raise SinkFailed(sorted(failures, key=lambda each: each.index))


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    first = errors.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
