"""Cancelled at every await (C5-20): nothing is lost, nothing is settled twice, no task is left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Generator, Sequence
from math import inf
from typing import Any

import pytest
from attrs import evolve

from genesys_sentiment.delivery.delivery import Delivery
from genesys_sentiment.delivery.lane import SinkLane
from genesys_sentiment.delivery.log import Settlement
from genesys_sentiment.delivery.memory_consumer import MemoryConsumer
from genesys_sentiment.delivery.memory_log import MemoryLog
from genesys_sentiment.delivery.outward import Outward
from genesys_sentiment.errors import Failure
from genesys_sentiment.model.entries import Entry
from genesys_sentiment.model.events import Utterance
from tests.delivery.ledgers import QUICK, Ledger, entry, said, sound
from tests.delivery.stepped import SteppedClock


class Cancelled:
    """Awaits a coroutine, and cancels its task at its await number ``at``."""

    def __init__(self, what: Coroutine[Any, Any, Any], at: int) -> None:
        self._what = what
        self._at = at
        self.awaits = 0

    def __await__(self) -> Generator[Any, Any, Any]:
        steps = self._what.__await__()
        value: Any = None
        error: BaseException | None = None
        while True:
            try:
                waits = steps.send(value) if error is None else steps.throw(error)
            except StopIteration as stop:
                return stop.value
            self.awaits += 1
            if self.awaits == self._at:
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
            value = error = None
            try:
                value = yield waits
            except BaseException as raised:  # noqa: BLE001 - handed on
                error = raised


class Restarted:
    """A place in a log as after a restart; every call waits before and after, as a disk does."""

    def __init__(self, real: MemoryConsumer) -> None:
        self._real = real
        real._next, real._taken = real.done, {}
        self.settlements: list[Settlement] = []

    def __getattr__(self, name: str) -> Any:
        called = getattr(self._real, name)

        async def slowly(*given: Any) -> Any:
            await asyncio.sleep(0)
            found = await called(*given)
            await asyncio.sleep(0)
            return found

        return slowly


def numbers(sink: Ledger, conversation: str) -> list[int]:
    return [int(each.removeprefix("e")) for each in sink.got[conversation]]


def lane_over(sink: Ledger, consumer: Any, clock: SteppedClock) -> SinkLane:
    lane = SinkLane(sink, consumer, clock=clock, written=Outward().entry, chance=lambda: 0.0)
    lane.leave(inf)
    return lane


async def _sweep_lane(at: int) -> bool:
    """Whether the lane ended before it was cancelled."""
    clock, log = SteppedClock(), MemoryLog()
    tries = 0

    async def behave(entries: Sequence[Entry]) -> list[Failure]:
        nonlocal tries
        await asyncio.sleep(0)
        tries += 1
        if tries == 2:
            raise OSError
        return [Failure(0, "x"), Failure(2, "-", tried=False)] if tries == 1 else []

    sink = Ledger("a", behave, evolve(QUICK, batch=4))
    real = await log.consumer("a")
    await log.append([entry(n, f"c{n % 2}") for n in range(10)])
    cancelled = Cancelled(lane_over(sink, Restarted(real), clock).run(), at)

    async def run() -> None:
        await cancelled

    task = asyncio.create_task(clock.drive(run()))
    await asyncio.wait({task})
    assert task.cancelled() or task.exception() is None, "cancellation comes out"
    in_flight = set(sink.batches[-1]) if sink.batches else set()
    await clock.drive(lane_over(sink, Restarted(real), clock).run())
    tally = await real.tally()
    assert (tally.offered, tally.sent, tally.dead, tally.pending) == (10, 10, 0, 0)
    assert tally.problems() == ()
    assert await log.reconcile() == []
    for name in ("c0", "c1"):
        got = numbers(sink, name)
        twice = {f"e{n}" for n in got if got.count(n) > 1}
        assert twice <= in_flight, "at most the one batch that was on its way"
        assert list(dict.fromkeys(got)) == [n for n in range(10) if n % 2 == int(name[1])]
    await log.close()
    return not task.cancelled()


async def test_a_lane_cancelled_at_every_await() -> None:
    """C5-20: its batch comes again after a restart, and nothing else does."""
    at = 1
    while not await _sweep_lane(at):
        at += 1
    assert at > 40, "there is something to cancel"


class Slow(MemoryLog):
    """Appending waits before and after, as a disk does."""

    async def append(self, entries: Sequence[Entry]) -> None:
        await asyncio.sleep(0)
        await super().append(entries)
        await asyncio.sleep(0)


async def _sweep_consume(at: int) -> bool:
    clock, sink = SteppedClock(), Ledger("a")
    pulled: list[str] = []

    async def source() -> AsyncIterator[Utterance]:
        for number in range(330):
            if number % 50 == 0:
                await clock.sleep(0.02)
            record = said(number)
            pulled.append(record.id)
            yield record

    async def use() -> bool:
        async with Delivery([sink], log=Slow(entries=120), clock=clock) as delivery:
            cancelled = Cancelled(delivery.consume(source()), at)

            async def run() -> None:
                await cancelled

            task = asyncio.create_task(run())
            await asyncio.wait({task})
            if not task.cancelled():
                await task
        await sound(delivery)
        return not task.cancelled()

    ended = await clock.drive(use())
    delivered = [each for some in sink.batches for each in some]
    assert sorted(delivered) == sorted(pulled), "what was given is kept, and delivered"
    sink.in_order()
    return ended


async def test_consuming_cancelled_at_every_await() -> None:
    """C5-20: every record that left its source reaches the sinks, once."""
    at = 1
    while not await _sweep_consume(at):
        at += 1
    assert at > 10


@pytest.mark.parametrize("at", range(1, 8))
async def test_putting_cancelled_at_every_await(at: int) -> None:
    """C5-20: the record is kept all the same."""
    clock, sink = SteppedClock(), Ledger("a")

    async def use() -> None:
        async with Delivery([sink], log=Slow(), clock=clock) as delivery:
            cancelled = Cancelled(delivery.put(said(1)), at)

            async def run() -> None:
                await cancelled

            task = asyncio.create_task(run())
            await asyncio.wait({task})
        await sound(delivery)

    await clock.drive(use())
    assert sink.count == 1


async def _sweep_leaving(at: int) -> bool:
    clock, log = SteppedClock(), Slow()

    async def slowly(entries: Sequence[Entry]) -> None:
        await clock.sleep(1.0)

    sinks = [Ledger("a", slowly, evolve(QUICK, batch=3)), Ledger("b")]
    delivery = Delivery(sinks, log=log, clock=clock, drain=60.0)

    async def use() -> None:
        async with delivery:
            for number in range(7):
                await delivery.put(said(number))

    cancelled = Cancelled(use(), at)

    async def run() -> None:
        await cancelled

    task = asyncio.create_task(clock.drive(run()))
    await asyncio.wait({task})
    await sound(delivery)
    if (await delivery.tallies()) != {}:
        assert [each.closed for each in sinks] == [1, 1]
        assert all(each.pending == 0 for each in (await delivery.tallies()).values())
    return not task.cancelled()


async def test_a_whole_delivery_cancelled_at_every_await() -> None:
    """C5-20: it ends, closed, with everything accounted for; the fixture sees no task left."""
    at = 1
    while not await _sweep_leaving(at):
        at += 1
    assert at > 5
