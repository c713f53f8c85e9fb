"""What the tests of the broker sinks share: batches, the lane's part, and the checks."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

import pytest
from attrs import frozen

from genesys_sentiment.errors import Failure, SinkFailed
from genesys_sentiment.model.entries import Entry, Lane, Sink
from tests.brokers.server import Server


class ClosingSink(Sink, Protocol):
    """A sink that lets go of what it opened."""

    async def close(self) -> None: ...


@frozen
class Received:
    """What a consumer saw of one message."""

    id: str
    conversation: str | None
    body: bytes


def entry(number: int, conversation: str | None = "c-1", *, size: int = 0) -> Entry:
    """A score of a conversation; its body has about ``size`` bytes more than it needs."""
    body = f'{{"type":"score","number":{number},"conversationId":"{conversation}","pad":"'
    return Entry(
        id=f"score:{conversation}:{number}",
        kind="score",
        conversation=conversation,
        at=1_700_000_000.0 + number,
        body=body.encode() + b"x" * size + b'"}',
    )


def batch(count: int, conversations: int, *, name: str = "c", first: int = 0) -> list[Entry]:
    """Entries of several conversations, mixed, in order within each."""
    return [entry(first + n, f"{name}-{n % conversations}") for n in range(count)]


async def failures(sink: Sink, entries: Sequence[Entry]) -> list[Failure]:
    """What a send says did not go through."""
    with pytest.raises(SinkFailed) as caught:
        await sink.send(entries)
    return list(caught.value.failures)


async def deliver(sink: Sink, entries: Sequence[Entry], *, size: int = 50) -> int:
    """Send all of them as a lane does: batches in order, what failed again before what follows.

    How many sends failed. Gives up after a minute.
    """
    failed, queue = 0, list(entries)
    async with asyncio.timeout(60):
        while queue:
            part, queue = queue[:size], queue[size:]
            again = await _again(sink, part)
            if again:
                failed += 1
                queue = [*again, *queue]
                await asyncio.sleep(0.1)
    return failed


async def _again(sink: Sink, part: Sequence[Entry]) -> list[Entry]:
    try:
        await sink.send(part)
    except SinkFailed as error:
        given_up = [each for each in error.failures if not each.retry]
        if given_up:
            raise
        return [part[each.index] for each in error.failures]
    return []


async def deliver_while_killed(
    sink: Sink, server: Server, *, times: int, conversations: int = 25
) -> tuple[list[Entry], int]:
    """Send without pause while the broker is killed with -9 and restarted, and a little longer.

    What was sent, and how many sends failed.
    """

    async def kill() -> None:
        for _ in range(times):
            await asyncio.sleep(random.uniform(0.1, 0.4))
            await asyncio.to_thread(server.restart)

    killing = asyncio.create_task(kill())
    sent: list[Entry] = []
    failed = 0
    try:
        while not killing.done() or len(sent) < 500:
            more = batch(200, conversations, first=len(sent))
            sent += more
            failed += await deliver(sink, more)
    finally:
        await killing
    return sent, failed


@asynccontextmanager
async def paused(server: Server) -> AsyncIterator[None]:
    """The broker is stopped meanwhile: it takes what is sent and answers nothing."""
    server.pause()
    try:
        yield
    finally:
        server.resume()


@asynccontextmanager
async def closing(sink: ClosingSink) -> AsyncIterator[None]:
    """Close the sink at the end."""
    try:
        yield
    finally:
        await sink.close()


def check_complete(received: Iterable[Received], sent: Sequence[Entry]) -> int:
    """Nothing is missing or altered, and each conversation's first deliveries are in order.

    How many were duplicates: the same id with the same body.
    """
    bodies = {each.id: each.body for each in sent}
    first: dict[str, None] = {}
    duplicates = 0
    for each in received:
        assert each.body == bodies[each.id]
        duplicates += each.id in first
        first[each.id] = None
    assert set(first) == set(bodies), f"missing: {sorted(set(bodies) - set(first))[:5]}"
    assert by_conversation(first, sent) == by_conversation(bodies, sent)
    return duplicates


def by_conversation(ids: Iterable[str], sent: Sequence[Entry]) -> dict[str, list[str]]:
    """The ids of each conversation in the order given."""
    lanes = {each.id: each.lane for each in sent}
    found = defaultdict(list)
    for each in ids:
        found[lanes[each]].append(each)
    return dict(found)


def quick(timeout: float = 2.0) -> Lane:
    """A lane with a short time limit; a send ends after four fifths of it."""
    return Lane(timeout=timeout)
