"""One sink being served: batches, retries, the breaker, order; hours pass at once."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from math import inf
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from genesys_sentiment.delivery.lane import SinkLane
from genesys_sentiment.delivery.log import Settlement
from genesys_sentiment.delivery.memory_consumer import MemoryConsumer
from genesys_sentiment.delivery.memory_log import MemoryLog
from genesys_sentiment.delivery.outward import Outward
from genesys_sentiment.errors import Failure, LogFailed, LogFull, SinkFailed
from genesys_sentiment.model.entries import Breaking, Entry, Lane, Retry
from tests.delivery.ledgers import QUICK, Ledger, entry, failing
from tests.delivery.stepped import SteppedClock, quiet


class Served:
    """A lane over a log in memory, on a clock that the test moves."""

    def __init__(self, sink: Any, clock: SteppedClock, log: MemoryLog, consumer: Any) -> None:
        self.clock = clock
        self.log = log
        self.consumer: MemoryConsumer = consumer
        self.lane = SinkLane(
            sink, consumer, clock=clock, written=Outward().entry, chance=random.Random(7).random
        )

    async def give(self, *entries: Entry) -> None:
        await self.log.append(entries)

    async def tally(self) -> Any:
        tally = await self.consumer.tally()
        assert tally.problems() == ()
        assert await self.log.reconcile() == []
        return tally


@asynccontextmanager
async def served(sink: Any, **bounds: Any) -> AsyncIterator[Served]:
    clock, log = SteppedClock(), MemoryLog(**bounds)
    one = Served(sink, clock, log, await log.consumer(sink.name))
    task = asyncio.create_task(one.lane.run())
    try:
        yield one
        await one.tally()
    finally:
        task.cancel()
        await asyncio.wait({task})
        await log.close()


async def test_what_comes_within_the_linger_goes_together() -> None:
    """S4-17: by time."""
    sink = Ledger(lane=Lane(linger=0.05))
    async with served(sink) as one:
        await one.give(entry(1))
        await one.clock.advance(0.03)
        await one.give(entry(2))
        await one.clock.advance(0.01)
        assert sink.batches == []
        await one.clock.advance(0.02)
        assert sink.batches == [["e1", "e2"]]
        assert one.lane.state.latency.count == 1


async def test_a_full_batch_does_not_wait() -> None:
    """S4-17: by count, and by bytes."""
    sink = Ledger(lane=Lane(batch=3, size=5, linger=60.0))
    async with served(sink) as one:
        await one.give(*(entry(n) for n in range(1, 4)))
        await quiet()
        assert sink.batches == [["e1", "e2", "e3"]]
        await one.give(*(entry(n) for n in (10, 11)))
        await quiet()
        await one.give(entry(12))
        await quiet()
        assert sink.batches[1:] == [["e10", "e11"], ["e12"]], "not more than five bytes"
        assert (await one.tally()).sent == 6


async def test_only_the_kinds_that_a_sink_wants() -> None:
    sink = Ledger(lane=Lane(kinds=frozenset({"alert"}), linger=0.0, batch=4))
    async with served(sink) as one:
        await one.give(*(entry(n, urgent=n % 10 == 0) for n in range(100)))
        await one.clock.advance(1.0)
        assert [each for some in sink.batches for each in some] == [
            f"e{n}" for n in range(0, 100, 10)
        ]
        tally = await one.tally()
        assert (tally.offered, tally.sent, tally.passed) == (10, 10, 90)


async def test_one_that_fails_is_tried_again_and_its_conversation_waits() -> None:
    """C5-5: the others go on."""
    bad = {"e0"}

    async def behave(entries: Sequence[Entry]) -> list[Failure]:
        return failing(entries, lambda each: each.id in bad)

    sink = Ledger(behaviour=behave, lane=evolve(QUICK, linger=0.0))
    async with served(sink) as one:
        await one.give(entry(0, "a"), entry(1, "a"), entry(2, "b"))
        await one.clock.advance(1.0)
        await one.give(entry(3, "a"), entry(4, "b"))
        await one.clock.advance(3.0)
        assert dict(sink.got) == {"b": ["e2", "e4"]}
        assert (await one.tally()).parked == 3
        bad.clear()
        await one.clock.advance(1.0)
        assert sink.got["a"] == ["e0", "e1", "e3"]
        assert one.lane.state.state == "closed"


async def test_one_that_cannot_succeed_does_not_block_the_others() -> None:
    """A poison entry ends as a dead letter; behind it, its conversation goes on."""

    async def behave(entries: Sequence[Entry]) -> list[Failure]:
        return failing(entries, lambda each: each.id == "e0")

    sink = Ledger(behaviour=behave, lane=QUICK)
    async with served(sink) as one:
        for n in range(200):
            await one.give(entry(n, f"c{n % 4}"))
            await one.clock.advance(1.0)
        assert (await one.tally()).sent == 199
        (dead,) = await one.consumer.dead()
        assert (dead.entry.id, dead.tries, dead.reason) == ("e0", 3, "bad")
        sink.in_order()
        assert one.lane.state.state == "closed"


async def test_where_a_batch_goes_whole_or_not_at_all_one_spoils_few() -> None:
    """Each try has fewer beside it, so that the others get through."""

    async def behave(entries: Sequence[Entry]) -> None:
        if any(each.id == "e50" for each in entries):
            raise SinkFailed.whole(len(entries), "refused")

    lane = Lane(retry=Retry(delays=(5.0,) * 9, jitter=0.0), batch=64)
    sink = Ledger(behaviour=behave, lane=lane)
    async with served(sink) as one:
        await one.give(*(entry(n, f"c{n}") for n in range(64)))
        await one.clock.advance(600.0)
        await one.give(entry(64, "other"))
        await one.clock.advance(600.0)
        tally = await one.tally()
        assert tally.sent == 64
        assert tally.dead + tally.parked == 1


async def test_a_sink_that_is_down_is_left_alone_but_for_one_probe() -> None:
    """S1-20: half-open lets one entry through; when it arrives, all follow at once."""
    down = True

    async def behave(entries: Sequence[Entry]) -> None:
        if down:
            raise ConnectionError("to nowhere")

    sink = Ledger(behaviour=behave, lane=evolve(QUICK, batch=10))
    async with served(sink) as one:
        await one.give(*(entry(n, f"c{n % 50}") for n in range(500)))
        await quiet()
        assert [len(each) for each in sink.batches] == [10] * 5
        state = one.lane.state
        assert (state.state, state.probe, state.error) == ("open", 30.0, "ConnectionError")
        await one.clock.advance(29.0)
        assert one.lane.state.probe == 1.0
        await one.clock.advance(601.0)
        assert [len(each) for each in sink.batches[5:]] == [1] * 21, "one each 30 s"
        assert len({each[0] for each in sink.batches[5:]}) > 10, "not always the same one"
        assert (await one.tally()).pending == 500
        down = False
        await one.clock.advance(31.0)
        assert one.lane.state.state == "closed"
        assert (await one.tally()).sent == 500
        sink.in_order()


async def test_a_sink_that_is_down_loses_nothing_however_long() -> None:
    """S1-20: tries count only while it works for others."""

    async def behave(entries: Sequence[Entry]) -> None:
        raise SinkFailed.whole(len(entries), "503")

    sink = Ledger(behaviour=behave, lane=QUICK)
    async with served(sink) as one:
        await one.give(*(entry(n) for n in range(20)))
        await one.clock.advance(86_400.0)
        tally = await one.tally()
        assert (tally.pending, tally.dead) == (20, 0)
        assert len(sink.batches) < 86_400 / 30 + 10


async def test_one_poison_entry_cannot_keep_a_sink_down() -> None:
    """The probe takes turns with what was never tried."""
    down = True

    async def behave(entries: Sequence[Entry]) -> None:
        if down or any(each.id == "e0" for each in entries):
            raise SinkFailed.whole(len(entries), "500")

    sink = Ledger(behaviour=behave, lane=evolve(QUICK, batch=1))
    async with served(sink) as one:
        await one.give(*(entry(n, f"c{n}") for n in range(20)))
        await quiet()
        assert one.lane.state.state == "open"
        down = False
        await one.clock.advance(300.0)
        tally = await one.tally()
        assert (tally.sent, tally.dead) == (19, 1)


async def test_the_probe_is_the_only_send() -> None:
    gate = asyncio.Event()
    open_sends = most = 0

    async def behave(entries: Sequence[Entry]) -> None:
        nonlocal open_sends, most
        open_sends += 1
        most = max(most, open_sends)
        try:
            if len(sink.batches) <= 5:
                raise ConnectionError
            await gate.wait()
        finally:
            open_sends -= 1

    sink = Ledger(behaviour=behave, lane=evolve(QUICK, batch=2))
    async with served(sink) as one:
        await one.give(*(entry(n, f"c{n}") for n in range(30)))
        await one.clock.advance(31.0)
        assert one.lane.state.state == "half_open"
        await one.give(entry(30))
        one.lane.nudge()
        await one.clock.advance(10.0)
        assert (len(sink.batches), len(sink.batches[-1]), most) == (6, 1, 1)
        gate.set()
        await one.clock.advance(1.0)
        assert (await one.tally()).sent == 31


async def test_a_receiver_that_asks_for_a_pause_gets_it() -> None:
    """S1-20, C5-12: Retry-After, clamped to an hour; nothing else goes there meanwhile."""
    asks: list[float | None] = [120.0, 1e9]

    async def behave(entries: Sequence[Entry]) -> None:
        if asks:
            raise SinkFailed.whole(len(entries), "429", after=asks.pop(0))

    sink = Ledger(behaviour=behave, lane=QUICK)
    async with served(sink) as one:
        await one.give(entry(1, "a"))
        await one.clock.advance(0.05)
        await one.give(entry(2, "b"))
        assert one.lane.state.probe == 120.0
        await one.clock.advance(119.0)
        assert len(sink.batches) == 1
        await one.clock.advance(2.0)
        assert len(sink.batches) == 2
        assert one.lane.state.probe == 3599.0
        await one.clock.advance(3598.0)
        assert len(sink.batches) == 2
        await one.clock.advance(2.0)
        assert (await one.tally()).sent == 2


async def test_a_send_has_a_time_limit() -> None:
    async def behave(entries: Sequence[Entry]) -> None:
        if len(sink.batches) == 1:
            await asyncio.Event().wait()

    sink = Ledger(behaviour=behave, lane=evolve(QUICK, timeout=15.0))
    async with served(sink) as one:
        await one.give(entry(1))
        await one.clock.advance(15.0)
        assert one.lane.state.error is None
        await one.clock.advance(0.1)
        assert one.lane.state.error == "timeout"
        await one.clock.advance(5.0)
        assert sink.got["c"] == ["e1"]


async def test_a_bug_in_a_sink_is_told_by_its_type_only(caplog: pytest.LogCaptureFixture) -> None:
    """C5-31; and a sink's own CancelledError is a failure like another."""

    async def behave(entries: Sequence[Entry]) -> None:
        if len(sink.batches) == 1:
            raise ZeroDivisionError("canary 4711")
        if len(sink.batches) == 2:
            raise asyncio.CancelledError
        if len(sink.batches) == 3:
            raise SinkFailed([Failure(7, "no such entry")])

    sink = Ledger(behaviour=behave, lane=evolve(QUICK, retry=Retry(jitter=0.0, delays=(5.0,) * 9)))
    with caplog.at_level(logging.DEBUG):
        async with served(sink) as one:
            await one.give(entry(1))
            await one.clock.advance(30.0)
            assert sink.got["c"] == ["e1"]
            assert one.lane.state.failed == 3
    assert "ZeroDivisionError" in caplog.text
    assert "4711" not in caplog.text


async def test_a_receiver_that_is_gone_is_not_served(caplog: pytest.LogCaptureFixture) -> None:
    """410: what is for it stays in the log."""

    async def behave(entries: Sequence[Entry]) -> None:
        failures = [Failure(n, "410", retry=False) for n in range(len(entries))]
        raise SinkFailed(failures, disabled=True)

    sink = Ledger(behaviour=behave, lane=QUICK)
    async with served(sink) as one:
        await one.give(entry(1))
        await one.clock.advance(1.0)
        await one.give(entry(2))
        await one.clock.advance(86_400.0)
        assert one.lane.state.state == "disabled"
        assert (len(sink.batches), (await one.tally()).pending) == (1, 2)
    assert "wants nothing" in caplog.text


async def test_a_sink_that_works_for_others_does_not_count_as_down() -> None:
    """C5-5: of many records a third is refused six times each. What is tried again goes in ever
    smaller batches, and one that fails alone says nothing of a sink that takes the others."""
    tries: Counter[str] = Counter()

    async def behave(entries: Sequence[Entry]) -> list[Failure]:
        def bad(each: Entry) -> bool:
            tries[each.id] += 1
            return each.sequence % 3 == 0 and tries[each.id] <= 6

        return failing(entries, bad)

    quick = evolve(QUICK, batch=20, retry=Retry(delays=(1.0,) * 9, jitter=0.5))
    sink = Ledger(behaviour=behave, lane=quick)
    async with served(sink) as one:
        for second in range(60):
            for number in range(5 * second, 5 * second + 5):
                await one.give(entry(number, f"c{number}"))
            await one.clock.advance(1.0)
            assert one.lane.state.state == "closed"
        await one.clock.advance(30.0)
        assert sink.count == 300
        assert (await one.tally()).dead == 0


async def test_a_choice_that_fails_is_counted_and_loses_nothing() -> None:
    def wrong(one: Entry) -> bool:
        raise KeyError(one.id)

    sink = Ledger(lane=evolve(QUICK, only=wrong))
    async with served(sink) as one:
        await one.give(entry(1), entry(2))
        await one.clock.advance(1.0)
        assert sink.got["c"] == ["e1", "e2"]
        assert one.lane.state.undecided == 2


async def test_a_receiver_that_asks_to_be_left_alone_is_though_it_worked_just_now() -> None:
    """C5-12: between two probes lies what it asked for, also when only old failures are left."""

    async def behave(entries: Sequence[Entry]) -> list[Failure]:
        if entries[0].id == "e0":
            return []
        return [Failure(n, "http_429", after=5.0) for n in range(len(entries))]

    sink = Ledger(behaviour=behave, lane=evolve(QUICK, retry=Retry(delays=(1.0,) * 9, jitter=0.0)))
    async with served(sink) as one:
        await one.give(entry(0, "a"))
        await one.clock.advance(1.0)
        await one.give(entry(1, "b"))
        await one.clock.advance(20.0)
        assert one.lane.state.state == "open"
        assert len(sink.batches) <= 1 + 1 + 4


@pytest.mark.parametrize("jump", [-3600.0, 3600.0, 86400.0 * 365])
async def test_a_clock_that_somebody_sets_moves_no_retry(jump: float) -> None:
    """C5-19: no limit, pause, probe or next try looks at the wall clock of the moment."""

    async def behave(entries: Sequence[Entry]) -> list[Failure]:
        return [Failure(0, "x")] if len(sink.batches) == 1 else []

    sink = Ledger(behaviour=behave, lane=QUICK)
    async with served(sink) as one:
        await one.give(entry(1))
        await one.clock.advance(0.1)
        one.clock.set_wall(one.clock.wall() + jump)
        (due,) = QUICK.retry.delays[:1]
        await one.clock.advance(due - 1.0)
        assert "c" not in sink.got
        await one.clock.advance(2.0)
        assert sink.got["c"] == ["e1"]


class Unsure:
    """A consumer whose ``settle`` fails as told. A mock: a disk that fails cannot be had here."""

    def __init__(self, real: MemoryConsumer, errors: Iterable[Exception]) -> None:
        self._real = real
        self._errors = list(errors)
        self.settled: list[Settlement] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def settle(self, settlement: Settlement) -> None:
        if self._errors:
            raise self._errors.pop(0)
        self.settled.append(settlement)
        await self._real.settle(settlement)


async def _unsure(
    sink: Ledger, *errors: Exception, receipts: frozenset[str] = frozenset()
) -> tuple[SinkLane, Unsure, SteppedClock, MemoryLog]:
    clock, log = SteppedClock(), MemoryLog()
    unsure = Unsure(await log.consumer("x"), errors)
    await log.append([entry(1, urgent=True), entry(2)])
    lane = SinkLane(sink, unsure, clock=clock, written=Outward().entry, receipts=receipts)
    return lane, unsure, clock, log


async def test_settling_is_tried_again_without_sending_again() -> None:
    sink = Ledger()
    lane, unsure, clock, log = await _unsure(sink, LogFailed("a"), LogFailed("b"))
    lane.leave(inf)
    await clock.drive(lane.run())
    assert sink.batches == [["e1", "e2"]]
    assert (lane.broken, lane.state.state, clock.monotonic()) == (None, "ended", 6.0)
    assert (await unsure.tally()).sent == 2
    await log.close()


async def test_a_log_that_settles_nothing_ends_the_lane_and_is_told() -> None:
    """Neither lost nor spinning: after a restart the batch comes again."""
    sink, error = Ledger(), LogFailed("c")
    lane, unsure, clock, log = await _unsure(sink, LogFailed("a"), LogFailed("b"), error)
    await clock.drive(lane.run())
    assert (lane.broken, lane.state.state) == (error, "failed")
    assert (await unsure.tally()).pending == 2
    await log.close()


async def test_settling_does_not_wait_for_room_for_receipts() -> None:
    """It is what makes room."""
    lane, unsure, clock, log = await _unsure(
        Ledger(), LogFull("full"), receipts=frozenset({"alert"})
    )
    lane.leave(inf)
    await clock.drive(lane.run())
    assert (lane.state.unreceipted, lane.broken) == (1, None)
    assert (await unsure.tally()).sent == 2
    await log.close()


PLANS = st.sampled_from(
    ["fine", "fine", "some", "some", "raise", "whole", "refuse", "hang", "wrong", "ask"]
)


class Fickle(Ledger):
    """Does with each batch what the plan says, and works when there is no plan any more."""

    def __init__(self, plan: list[str], dice: random.Random, lane: Lane) -> None:
        super().__init__("fickle", self._behave, lane)
        self._plan = plan
        self._dice = dice
        self.busy = False

    async def _behave(self, entries: Sequence[Entry]) -> list[Failure]:
        assert not self.busy, "one batch at a time"
        assert 1 <= len(entries) <= self.lane.batch
        size = sum(len(each.body) for each in entries)
        assert size <= self.lane.size or len(entries) == 1
        what = self._plan.pop(0) if self._plan else "fine"
        self.busy = True
        try:
            await asyncio.sleep(0)
            return await self._do(what, entries)
        finally:
            self.busy = False

    async def _do(self, what: str, entries: Sequence[Entry]) -> list[Failure]:
        match what:
            case "raise":
                raise OSError
            case "whole" | "ask":
                after = 7.0 if what == "ask" else None
                raise SinkFailed.whole(len(entries), "503", after=after)
            case "hang":
                await asyncio.Event().wait()
            case "wrong":
                raise SinkFailed([Failure(len(entries), "?")])
            case "some" | "refuse":
                found = failing(entries, lambda _: self._dice.random() < 0.4)
                return [evolve(each, retry=what == "some") for each in found]
        return []


@settings(max_examples=150, deadline=None)
@given(
    st.lists(PLANS, max_size=40),
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "c", None]), st.floats(0.0, 20.0)),
        min_size=1,
        max_size=40,
    ),
    st.integers(1, 7),
    st.integers(1, 12),
    st.randoms(use_true_random=False),
)
def test_order_per_conversation_across_retries(
    plan: list[str],
    arrivals: list[tuple[str | None, float]],
    batch: int,
    size: int,
    dice: random.Random,
) -> None:
    """Against a ledger: all are sent once in their order, or dead; whatever the sink does."""
    lane = Lane(
        batch=batch,
        size=size,
        retry=Retry(delays=(1.0, 5.0, 30.0), refusals=2),
        breaking=Breaking(consecutive=3, sends=6, pause=10.0),
    )
    sink = Fickle(plan, dice, lane)

    async def play() -> None:
        async with served(sink) as one:
            for number, (conversation, pause) in enumerate(arrivals):
                await one.give(entry(number, conversation))
                await one.clock.advance(pause if dice.random() < 0.3 else 0.0)
            await one.clock.advance(20_000.0)
            tally = await one.tally()
            dead = {each.entry.id for each in await one.consumer.dead()}
            assert (tally.pending, tally.dropped) == (0, 0)
            for name in ("a", "b", "c"):
                given = [f"e{n}" for n, each in enumerate(arrivals) if each[0] == name]
                assert sink.got[name] == [each for each in given if each not in dead]
            given = [f"e{n}" for n, each in enumerate(arrivals) if each[0] is None]
            assert sorted(sink.got[None]) == sorted(set(given) - dead)
            assert one.lane.broken is None

    asyncio.run(play())
