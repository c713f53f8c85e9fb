"""The queue between a connection and its reader: bounded, ordered, and it loses nothing unsaid."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.model.events import Event, Gap
from genesys_sentiment.streaming.buffer import Buffer, Overflow
from genesys_sentiment.streaming.counters import Counters
from tests.streaming.toys import names, turns, utterance


def buffer(
    counters: Counters | None = None,
    *,
    limit: int = 3,
    limit_bytes: int = 1000,
    overflow: Overflow = "block",
) -> Buffer:
    return Buffer(counters or Counters(), limit=limit, limit_bytes=limit_bytes, overflow=overflow)


def fill(subject: Buffer, *texts: str, size: int = 1) -> None:
    for at, text in enumerate(texts):
        subject.put(utterance(text, received=float(at + 1)), size, float(at + 1))


async def drained(subject: Buffer) -> list[Event]:
    found: list[Event] = []
    while True:
        try:
            found.append(await subject.get())
        except StopAsyncIteration:
            return found


async def test_first_in_first_out_and_the_end_after_the_last() -> None:
    subject = buffer()
    fill(subject, "a", "b")
    subject.end()
    assert names(await drained(subject)) == ["a", "b"]
    assert await drained(subject) == [], "asked again it is still at its end"


async def test_an_error_comes_after_the_events_and_every_time() -> None:
    subject = buffer()
    fill(subject, "a")
    subject.end(LookupError("x"))
    subject.end(ValueError("the first call counts"))
    assert names([await subject.get()]) == ["a"]
    for _ in range(3):
        with pytest.raises(LookupError):
            await subject.get()


async def test_whoever_waits_is_woken_by_an_event_and_by_the_end() -> None:
    subject = buffer()
    waiting = [asyncio.create_task(subject.get()) for _ in range(2)]
    await turns()
    fill(subject, "a")
    await turns()
    assert [each.done() for each in waiting] == [True, False]
    subject.end(LookupError("over"))
    with pytest.raises(LookupError):
        await waiting[1]


@pytest.mark.parametrize(("size", "count"), [(1, 3), (500, 2), (5000, 1)])
async def test_full_by_number_or_by_bytes(size: int, count: int) -> None:
    subject = buffer()
    for number in range(count):
        assert not subject.full
        fill(subject, str(number), size=size)
    assert subject.full


async def test_block_waits_for_room_and_an_end_makes_room() -> None:
    subject = buffer(limit=1)
    fill(subject, "a")
    waiting = asyncio.create_task(subject.room())
    await turns()
    assert not waiting.done()
    await subject.get()
    await waiting
    fill(subject, "b")
    waiting = asyncio.create_task(subject.room())
    await turns()
    subject.end()
    await waiting


async def test_drop_oldest_puts_a_gap_where_events_were() -> None:
    counters = Counters()
    subject = buffer(counters, overflow="drop_oldest")
    fill(subject, "a", "b", "c", "d", "e")
    assert not subject.full
    subject.end()
    gap, *rest = await drained(subject)
    assert names(rest) == ["c", "d", "e"]
    assert gap == Gap(reason="dropped", since=1.0, until=5.0, count=2)
    assert (counters.dropped, counters.gaps) == (2, 1)


async def test_drop_oldest_by_bytes_and_what_is_larger_than_all_the_room() -> None:
    subject = buffer(overflow="drop_oldest", limit=10, limit_bytes=10)
    fill(subject, "a", "b", size=6)
    fill(subject, "huge", size=11)
    subject.end()
    assert names(await drained(subject)) == ["gap dropped"]


async def test_a_second_loss_after_the_gap_was_read_is_a_second_gap() -> None:
    subject = buffer(overflow="drop_oldest", limit=1)
    fill(subject, "a", "b")
    assert names([await subject.get()]) == ["gap dropped"]
    fill(subject, "c")
    subject.end()
    assert names(await drained(subject)) == ["gap dropped", "c"]


async def test_cancelling_get_loses_nothing() -> None:
    """C5-20, whether the event came before or after."""
    subject = buffer()
    for event_first in (True, False):
        waiting = asyncio.create_task(subject.get())
        await asyncio.sleep(0)
        if event_first:
            fill(subject, "a")
        waiting.cancel()
        if not event_first:
            fill(subject, "a")
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert names([await subject.get()]) == ["a"]


@given(
    st.lists(st.integers(0, 12), max_size=80),
    st.sampled_from(["block", "drop_oldest"]),
    st.integers(1, 4),
)
def test_the_identity_holds_whatever_happens(
    steps: list[int], overflow: Overflow, limit: int
) -> None:
    """emitted = yielded + buffered + dropped; what is missing is what the gaps say."""

    async def play() -> None:
        counters = Counters()
        subject = buffer(counters, limit=limit, limit_bytes=20, overflow=overflow)
        read: list[Event] = []
        for number, step in enumerate(steps):
            if step == 0 and len(subject):
                read.append(await subject.get())
            elif not subject.full:
                fill(subject, str(number), size=step)
            counters.buffered = len(subject)
            assert counters.problems() == ()
            if overflow == "drop_oldest":
                assert len(subject) <= limit + 1
        subject.end()
        read += await drained(subject)
        said = sum(each.count or 0 for each in read if isinstance(each, Gap))
        assert said == counters.dropped
        order = [int(name) for name in names(read) if not name.startswith("gap")]
        assert order == sorted(order)

    asyncio.run(play())
