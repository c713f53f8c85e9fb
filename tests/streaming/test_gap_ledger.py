"""Gaps that are asked about: told again once each, with what stayed missing."""

from __future__ import annotations

import asyncio
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.clock import VirtualClock
from genesys_sentiment.model.events import Gap
from genesys_sentiment.streaming.counters import Counters
from genesys_sentiment.streaming.gap_agenda import Agenda, Pace
from genesys_sentiment.streaming.gap_ledger import PARTS, Ledger, Part

STREAM = Gap(reason="silent", since=1.0, until=2.0)
LATE = Gap(reason="joined_late", since=1.0, until=2.0, conversation="a")


@given(st.data(), st.lists(st.sampled_from("abc"), max_size=3, unique=True))
def test_every_gap_is_told_again_once_when_all_is_answered(
    data: st.DataObject, conversations: list[str]
) -> None:
    """In whatever order: the stream's when all but the transcripts is, which lag by hours."""
    counters = Counters()
    ledger = Ledger(100, counters)
    stream, late = ledger.open(STREAM, PARTS, 0.0), ledger.open(LATE, PARTS, 0.0)
    assert stream
    assert late
    for name in conversations:
        assert ledger.join(stream, name, PARTS, 0.0)
        assert not ledger.join(stream, name, PARTS, 0.0), "known"
    children = {name: ledger.entry(name, stream) for name in conversations}
    steps: list[tuple[str, Part]] = [("*", "states"), *(("late", part) for part in PARTS)]
    steps += [(name, part) for name in conversations for part in PARTS]
    answers = {step: data.draw(st.booleans()) for step in steps}
    told: list[Gap] = []
    for name, part in data.draw(st.permutations(steps)):
        entry = {"*": stream, "late": late}.get(name) or children[name]
        assert entry
        told += ledger.finish(entry, part, found=answers[name, part])
        assert ledger.finish(entry, part, found=False) == [], "answered once"
    assert set(Counter(gap.id for gap in told).values()) == {1}
    by_whom = {(gap.reason, gap.conversation): gap.unrecovered for gap in told}
    for name in conversations:
        missing = tuple(part for part in PARTS if not answers[name, part])
        assert by_whom.pop(("silent", name)) == missing
    assert by_whom.pop(("joined_late", "a")) == tuple(p for p in PARTS if not answers["late", p])
    of_all = by_whom.pop(("silent", None))
    assert of_all is not None
    assert set(of_all) == {
        part for (name, part), found in answers.items()
        if not found and name != "late" and part != "utterances"
    }  # fmt: skip
    assert by_whom == {}
    assert ledger.cases == {}
    lost = [any(not found for (who, _), found in answers.items() if (who == "late") is late_one)
            for late_one in (True, False)]  # fmt: skip
    assert counters.unrecovered == sum(lost), "gaps as they were told first"


def test_beyond_the_limit_the_stream_says_that_all_is_missing() -> None:
    counters = Counters()
    ledger = Ledger(2, counters)
    stream = ledger.open(STREAM, PARTS, 0.0)
    assert stream
    assert ledger.open(STREAM, PARTS, 0.0) is None, "known"
    assert ledger.join(stream, "a", PARTS, 0.0)
    assert ledger.full
    assert not ledger.join(stream, "b", PARTS, 0.0)
    known = ledger.entry("a", stream)
    assert known
    told = [gap for part in PARTS for gap in ledger.finish(known, part, found=True)]
    told += ledger.finish(stream, "states", found=True)
    assert [gap.unrecovered for gap in told] == [(), PARTS]
    assert not ledger.full
    assert counters.unrecovered == 1


def test_what_is_left_is_counted_once_a_gap() -> None:
    counters = Counters()
    ledger = Ledger(10, counters)
    stream = ledger.open(STREAM, PARTS, 0.0)
    assert stream
    for name in "abc":
        ledger.join(stream, name, PARTS, 0.0)
    ledger.open(LATE, PARTS, 0.0)
    ledger.close()
    assert counters.unrecovered == 2


async def test_items_are_taken_when_they_are_due() -> None:
    clock = VirtualClock(automatic=False)
    agenda: Agenda[str] = Agenda(clock)
    taken: list[tuple[str, float]] = []

    async def work() -> None:
        while True:
            taken.append((await agenda.take(), clock.monotonic()))

    tasks = [asyncio.create_task(work()) for _ in range(2)]
    agenda.put(30.0, "late")
    await clock.elapse(5.0)
    agenda.put(10.0, "early")
    agenda.put(0.0, "now")
    await clock.elapse(40.0)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert taken == [("now", 5.0), ("early", 10.0), ("late", 30.0)]


async def test_turns_are_spaced_whoever_asks() -> None:
    clock = VirtualClock()
    pace = Pace(clock, 2.0)
    turns: list[float] = []

    async def ask() -> None:
        await pace.turn()
        turns.append(clock.monotonic())

    await asyncio.gather(*(ask() for _ in range(4)))
    assert turns == [0.0, 2.0, 4.0, 6.0]
    await clock.sleep(100.0)
    await ask()
    assert turns[-1] == 106.0
