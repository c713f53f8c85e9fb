"""A delivery with sinks: from a record to what became of it, and how it ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from genesys_sentiment.delivery.delivery import Delivery
from genesys_sentiment.delivery.journal import Journal
from genesys_sentiment.delivery.memory_log import MemoryLog
from genesys_sentiment.errors import ConfigurationError, Failure, LogFailed, SinkFailed
from genesys_sentiment.model.entries import Entry, Lane, Retry
from genesys_sentiment.model.events import Utterance
from tests.delivery.ledgers import QUICK, Ledger, said, sound
from tests.delivery.stepped import SteppedClock


async def records(
    count: int, clock: SteppedClock | None = None, pause: float = 0.0
) -> AsyncIterator[Utterance]:
    for number in range(count):
        if clock is not None and pause:
            await clock.sleep(pause)
        yield said(number)


async def refuse(entries: Sequence[Entry]) -> list[Failure]:
    return [Failure(n, "400", retry=False) for n in range(len(entries))]


async def fail(entries: Sequence[Entry]) -> None:
    raise SinkFailed.whole(len(entries), "503")


@pytest.mark.parametrize(
    ("sinks", "match"),
    [
        ([Ledger("a"), Ledger("a")], "two sinks"),
        ([Ledger("a b")], "letters"),
        ([Ledger("")], "letters"),
        ([object()], "no sink"),
        ([print], "no sink"),
        ([Ledger("a", lane="fast")], "must be a Lane"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_served_is_rejected(sinks: Any, match: str) -> None:
    with pytest.raises(ConfigurationError, match=match):
        Delivery(sinks)


async def test_a_log_without_sinks_and_sinks_without_entering() -> None:
    with pytest.raises(ConfigurationError, match="without a sink"):
        Delivery(log=MemoryLog())
    with pytest.raises(ConfigurationError, match="enter"):
        await Delivery([Ledger()]).put(said(1))
    with pytest.raises(ConfigurationError, match="no sinks"):
        await Delivery().dead("crm")
    assert (Delivery().states(), await Delivery().tallies()) == ({}, {})


async def test_every_sink_gets_everything_in_order_and_handlers_too() -> None:
    """S1-16: sinks are independent of one another."""
    clock, sinks = SteppedClock(), [Ledger("a"), Ledger("b", fail), Ledger("c", refuse)]
    live: list[Any] = []

    async def use() -> None:
        async with Delivery(sinks, clock=clock) as delivery:
            delivery.subscribe(live.append)
            await delivery.consume(records(1000))
            await clock.sleep(1.0)
            await sound(delivery)
            tallies = await delivery.tallies()
            assert tallies["a"].sent == 1000
            assert tallies["b"].pending >= 1000, "receipts of others are passed by later"
            assert (tallies["c"].dead, tallies["c"].pending) == (1000, 0)
            states = delivery.states().values()
            assert [each.error for each in states] == [None, "503", "400"]
        await sound(delivery)
        assert (await delivery.tallies())["b"].dropped >= 1000

    await clock.drive(use())
    assert len(live) == sinks[0].count == 1000
    sinks[0].in_order()
    assert [each.closed for each in sinks] == [1, 1, 1]


async def test_put_returns_when_the_log_has_it(tmp_path: Path) -> None:
    """Here with the real journal, and what is left in it comes in the next run."""
    path = tmp_path / "outbox.db"
    soon = Lane(retry=Retry(delays=(0.01,) * 9))
    async with Delivery([Ledger("a", fail, soon)], log=Journal(path), drain=0.0) as delivery:
        await asyncio.gather(*(delivery.put(said(n)) for n in range(50)))
        assert (await delivery.tallies())["a"].offered == 50
        await sound(delivery)
    sink = Ledger("a")
    async with Delivery([sink], log=Journal(path)) as delivery:
        await delivery.put(said(50))
    assert sink.count == 51
    tally = (await delivery.tallies())["a"]
    assert (tally.sent, tally.pending) == (51, 0), "told also when the journal is closed"
    sink.in_order()


async def test_a_log_in_use_is_told_on_entering(tmp_path: Path) -> None:
    sink = Ledger("a")
    async with Delivery([Ledger("a")], log=Journal(tmp_path / "x.db")):
        with pytest.raises(LogFailed):
            async with Delivery([sink], log=Journal(tmp_path / "x.db")):
                pass
    assert sink.closed == 1


class Groups(MemoryLog):
    """Notes how many entries came at once, and when."""

    def __init__(self, clock: SteppedClock, **bounds: Any) -> None:
        super().__init__(**bounds)
        self.groups: list[tuple[float, int]] = []
        self._time = clock

    async def append(self, entries: Sequence[Entry]) -> None:
        await super().append(entries)
        self.groups.append((round(self._time.monotonic(), 6), len(entries)))


async def test_records_are_kept_in_groups() -> None:
    """At most 100, at most 50 ms after the first; what is urgent, or waited for, at once."""
    clock = SteppedClock()
    log = Groups(clock)

    async def use() -> None:
        async with Delivery([Ledger()], log=log, clock=clock) as delivery:
            await delivery.consume(records(30, clock, 0.01))
            assert sum(size for _, size in log.groups) == 30
            assert {size for _, size in log.groups} <= {4, 5, 6}
            log.groups.clear()
            await delivery.consume(records(250))
            assert [size for _, size in log.groups] == [100, 100, 50]
            before = clock.monotonic()
            await delivery.put(said(1))
            assert log.groups[-1] == (round(before, 6), 1)

    await clock.drive(use())


async def test_a_full_log_is_waited_for_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    """S4-17, C5-4: backpressure, no loss, bounded memory."""
    clock = SteppedClock()

    async def slowly(entries: Sequence[Entry]) -> None:
        await clock.sleep(1.0)

    sink = Ledger("slow", slowly, Lane(batch=10))
    log = MemoryLog(entries=50)
    pulled = 0

    async def source() -> AsyncIterator[Utterance]:
        nonlocal pulled
        async for each in records(11_000):
            pulled += 1
            yield each

    async def use() -> None:
        async with Delivery([sink], log=log, clock=clock) as delivery:
            consuming = asyncio.create_task(delivery.consume(source()))
            await clock.sleep(30.0)
            assert 10_000 < pulled < 10_000 + 500
            assert (await delivery.tallies())["slow"].pending <= 50
            await consuming
            assert (await delivery.tallies())["slow"].offered == 11_000
            await sound(delivery)

    await clock.drive(use())
    sink.in_order()
    assert caplog.text.count("the log is full") == 1


async def test_what_came_is_kept_when_the_source_raises() -> None:
    clock, sink = SteppedClock(), Ledger()

    async def source() -> AsyncIterator[Utterance]:
        async for each in records(150):
            yield each
        raise LookupError

    async def use() -> None:
        async with Delivery([sink], clock=clock) as delivery:
            with pytest.raises(LookupError):
                await delivery.consume(source())
            assert (await delivery.tallies())["ledger"].offered == 150

    await clock.drive(use())
    assert sink.count == 150


@pytest.mark.parametrize(("drain", "sent", "took"), [(10.0, 1, 5.0), (4.0, 0, 0.0)])
async def test_leaving_waits_for_what_can_go_and_not_for_what_cannot(
    drain: float, sent: int, took: float
) -> None:
    """A retry that is due in time is waited for; one that is not stays in the log."""
    clock = SteppedClock()

    async def once(entries: Sequence[Entry]) -> list[Failure]:
        return [Failure(0, "x")] if len(sink.batches) == 1 else []

    sink = Ledger("a", once, evolve(QUICK, linger=0.0))

    async def use() -> float:
        async with Delivery([sink], clock=clock, drain=drain) as delivery:
            await delivery.put(said(1))
            await clock.sleep(0.001)
            began = clock.monotonic()
        await sound(delivery)
        return clock.monotonic() - began

    assert await clock.drive(use()) == pytest.approx(took, abs=0.01)
    assert sink.count == sent


async def test_leaving_is_bounded() -> None:
    """S0-26, C5-25: a sink that hangs is given up at the deadline; what it has not, is counted."""
    clock = SteppedClock()

    async def hang(entries: Sequence[Entry]) -> None:
        await asyncio.Event().wait()

    sink = Ledger("a", hang)

    async def use() -> float:
        async with Delivery([sink], clock=clock, drain=7.0) as delivery:
            await delivery.put(said(1))
            await clock.sleep(1.0)
            began = clock.monotonic()
        tally = (await delivery.tallies())["a"]
        assert (tally.dropped, tally.pending, tally.problems()) == (1, 0, ())
        assert delivery.states()["a"].state == "ended"
        with pytest.raises(ConfigurationError, match="over"):
            await delivery.put(said(2))
        return clock.monotonic() - began

    assert await clock.drive(use()) == 7.0
    assert sink.closed == 1


async def test_a_sink_that_does_not_close_is_told(caplog: pytest.LogCaptureFixture) -> None:
    class Stubborn(Ledger):
        async def close(self) -> None:
            raise OSError("canary 4711")

    other = Ledger("other")
    async with Delivery([Stubborn("a"), other]):
        pass
    assert other.closed == 1
    assert "sink a did not close: OSError" in caplog.text
    assert "4711" not in caplog.text


async def test_dead_letters_by_name() -> None:
    clock = SteppedClock()
    sink = Ledger("crm", refuse)

    async def use() -> None:
        async with Delivery([sink], clock=clock) as delivery:
            await delivery.consume(records(5))
            await clock.sleep(1.0)
            dead = await delivery.dead("crm")
            assert [each.entry.id for each in dead] == [said(n).id for n in range(5)]
            assert {each.reason for each in dead} == {"400"}
            assert len(await delivery.dead("crm", limit=2, after=dead[1].entry.sequence)) == 2
            sink.behaviour = None
            assert await delivery.retry("crm", [said(1).id]) == 1
            await clock.sleep(0.051)
            assert sink.count == 1, "at once"
            assert await delivery.discard("crm", [said(2).id]) == 1
            assert await delivery.retry("crm") == 3
            await clock.sleep(1.0)
            tally = (await delivery.tallies())["crm"]
            assert (tally.sent, tally.dropped, tally.dead) == (4, 1, 0)
            await sound(delivery)
            with pytest.raises(ConfigurationError, match="no sink 'other'"):
                await delivery.dead("other")

    await clock.drive(use())


async def test_receipts_reach_the_sink_that_wants_them() -> None:
    """S1-17, S1-18: delivered and dead, with latency and lag; and there is an end of it."""
    clock = SteppedClock()

    async def slowly(entries: Sequence[Entry]) -> None:
        await clock.sleep(0.25)

    crm = Ledger("crm", slowly)
    bad = Ledger("bad", refuse, Lane(kinds=frozenset({"utterance", "receipt"})))
    bodies: list[dict[str, Any]] = []

    async def keep(entries: Sequence[Entry]) -> None:
        bodies.extend(each.values for each in entries)

    audit = Ledger("audit", keep, Lane(kinds=frozenset({"receipt"})))
    record = Utterance(conversation="c", utterance="u", text="t", received=clock.wall() - 2.0)

    async def use() -> None:
        receipts = frozenset({"utterance", "receipt"})
        async with Delivery([crm, bad, audit], clock=clock, receipts=receipts) as delivery:
            await delivery.put(record)
            await clock.sleep(60.0)
            await sound(delivery)
            state = delivery.states()["crm"]
            assert state.latency.quantile(1.0) == pytest.approx(0.25)
            assert state.lag.quantile(1.0) == pytest.approx(2.3)

    await clock.drive(use())
    by_sink = {(each["sink"], each["outcome"]): each for each in bodies}
    assert sorted(by_sink) == [("bad", "dead"), ("crm", "delivered")]
    delivered, dead = by_sink["crm", "delivered"], by_sink["bad", "dead"]
    assert delivered["latency"] == pytest.approx(0.25)
    assert delivered["lag"] == pytest.approx(2.3)
    assert (delivered["recordId"], delivered["conversationId"]) == (record.id, "c")
    assert (dead["reason"], dead["latency"], dead["attempts"]) == ("400", None, 1)


class Broken(MemoryLog):
    """Fails when told to. A mock: a disk that fails cannot be had here."""

    error: LogFailed | None = None

    async def append(self, entries: Sequence[Entry]) -> None:
        if self.error is not None:
            raise self.error
        await super().append(entries)


async def test_a_log_that_fails_is_raised_where_records_are_given_and_on_leaving() -> None:
    log, clock, sink = Broken(), SteppedClock(), Ledger()
    error = LogFailed("no disk")

    async def inside() -> None:
        async with Delivery([sink], log=log, clock=clock) as delivery:
            await delivery.put(said(1))
            log.error = error
            for _ in range(2):
                with pytest.raises(LogFailed, match="no disk"):
                    await delivery.put(said(2))
            with pytest.raises(LogFailed, match="no disk"):
                await delivery.consume(records(3))

    async def use() -> None:
        with pytest.raises(LogFailed, match="no disk"):
            await inside()

    await clock.drive(use())
    assert sink.count == 1, "what was kept before is delivered"


async def test_cancelling_whoever_leaves_comes_out_and_closes_everything() -> None:
    clock = SteppedClock()

    async def hang(entries: Sequence[Entry]) -> None:
        await asyncio.Event().wait()

    sink, log = Ledger("a", hang), MemoryLog()

    async def use() -> None:
        async with Delivery([sink], log=log, clock=clock, drain=60.0) as delivery:
            await delivery.put(said(1))

    user = asyncio.create_task(use())
    await clock.advance(1.0)
    user.cancel()
    with pytest.raises(asyncio.CancelledError):
        await user
    assert sink.closed == 1
    with pytest.raises(LogFailed):
        await log.append([])


async def test_no_text_leaves_logs_or_receipts(caplog: pytest.LogCaptureFixture) -> None:
    """C5-31: nor by what a sink raises."""

    async def quote(entries: Sequence[Entry]) -> None:
        raise ValueError(entries[0].body)

    record = Utterance(conversation="c", utterance="u", text="canary 4711", received=1.0)
    with caplog.at_level(logging.DEBUG):
        sinks = [Ledger("a", quote), Ledger("b", refuse)]
        async with Delivery(sinks, text=True, drain=0.5) as delivery:
            await delivery.put(record)
            await asyncio.sleep(0.06)
    mine = [each for each in caplog.records if each.name.startswith("genesys_sentiment")]
    assert mine
    assert not [each for each in mine if "4711" in logging.Formatter().format(each)]
    assert "4711" not in repr(delivery.states())
