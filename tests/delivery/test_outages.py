"""Sinks that are down, slow or half broken, for hours that pass at once (C5-3, C5-4, C5-5)."""

from __future__ import annotations

import asyncio
import gc
import os
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import pytest

from genesys_sentiment.delivery.delivery import Delivery
from genesys_sentiment.delivery.memory_log import MemoryLog
from genesys_sentiment.errors import Failure, SinkFailed
from genesys_sentiment.model.entries import Entry, Lane
from genesys_sentiment.model.events import Utterance
from tests.delivery.ledgers import Ledger, failing, said, sound
from tests.delivery.stepped import SteppedClock

CONVERSATIONS = 200

RATE = int(os.environ.get("GENESYS_SENTIMENT_RATE", "50"))
"""Events a second while a sink is down for ten minutes, a fifth of it for an hour.

The figures of docs/delivery.md are from 500 and 2500.
"""


@pytest.fixture(autouse=True)
async def _quick() -> None:
    """The loop's debug mode writes down a stack for every step: ten times slower here."""
    asyncio.get_running_loop().set_debug(False)


class Counting:
    """A sink that checks the order and keeps only the last number of each conversation."""

    def __init__(
        self,
        name: str,
        behaviour: Callable[[Sequence[Entry]], Awaitable[list[Failure] | None]] | None = None,
    ) -> None:
        self.name = name
        self.lane = Lane()
        self.behaviour = behaviour
        self.count = 0
        self.most = 0
        self.last: dict[str, int] = {}

    async def send(self, entries: Sequence[Entry]) -> None:
        self.most = max(self.most, len(entries))
        failures = (await self.behaviour(entries) or []) if self.behaviour else []
        failed = {each.index for each in failures}
        for index, each in enumerate(entries):
            if index not in failed:
                number = int(each.id.rpartition(":")[2])
                assert number > self.last.get(each.lane, -1), "in order, and once"
                self.last[each.lane] = number
                self.count += 1
        if failures:
            raise SinkFailed(failures)


async def nothing() -> None:
    """Nothing to look at."""


async def events(
    clock: SteppedClock,
    seconds: float,
    rate: int,
    look: Callable[[], Awaitable[None]] = nothing,
) -> AsyncIterator[Utterance]:
    """``rate`` a second; ``look`` is called every second."""
    number = 0
    while clock.monotonic() < seconds:
        for _ in range(rate):
            yield said(number, CONVERSATIONS)
            number += 1
        await clock.sleep(1.0)
        await look()


@pytest.mark.parametrize(
    ("down", "rate"), [(600.0, RATE), (3600.0, RATE // 5)], ids=["ten minutes", "an hour"]
)
async def test_a_sink_that_is_down_affects_nobody_and_gets_everything(
    down: float, rate: int
) -> None:
    """C5-3, S1-16, S1-20: 0 lost, the others as ever, little held besides the log, then in order.

    The log here is one in memory with room for it all: what holds more is a journal.
    """
    clock = SteppedClock()

    async def away(entries: Sequence[Entry]) -> None:
        if clock.monotonic() < down:
            raise ConnectionRefusedError

    ill, well = Counting("ill", away), Counting("well")
    total = round(down * 1.1) * rate
    log = MemoryLog(entries=total + 1000, size=1 << 30)

    async def use() -> None:
        async with Delivery([ill, well], log=log, clock=clock) as delivery:

            async def look() -> None:
                tallies = await delivery.tallies()
                assert tallies["ill"].parked <= 2000, "what waits, waits in the log"
                assert tallies["well"].pending <= rate

            await delivery.consume(events(clock, round(down * 1.1), rate, look))
            await clock.sleep(40.0)
            assert delivery.states()["ill"].state == "closed"
            assert (await delivery.tallies())["ill"].pending == 0
            await sound(delivery)

    await clock.drive(use())
    assert ill.count == well.count == total


async def test_slow_by_ten_times() -> None:
    """C5-4: bounded, and nobody waits for it while there is room."""
    clock = SteppedClock()

    async def take(seconds: float) -> None:
        await clock.sleep(seconds)

    quick = Counting("quick", lambda _: take(0.1))
    slow = Counting("slow", lambda _: take(1.0))
    log = MemoryLog(entries=20_000)

    async def use() -> None:
        async with Delivery([quick, slow], log=log, clock=clock, drain=600.0) as delivery:

            async def look() -> None:
                tallies = await delivery.tallies()
                assert tallies["quick"].pending <= 1000
                assert tallies["slow"].pending <= 20_000

            await delivery.consume(events(clock, 30.0, 500, look))
        await sound(delivery)

    await clock.drive(use())
    assert quick.count == slow.count


async def test_half_of_each_batch_fails() -> None:
    """C5-5: exactly those are tried again, in order, and the sink does not count as down."""
    clock = SteppedClock()
    failed: set[str] = set()

    async def half(entries: Sequence[Entry]) -> list[Failure]:
        def bad(each: Entry) -> bool:
            # Every second one, the first time that it is seen.
            number = int(each.id.rpartition(":")[2])
            return number % 2 == 0 and each.id not in failed

        found = failing(entries, bad)
        failed.update(entries[each.index].id for each in found if each.tried)
        return found

    broken, well = Counting("half", half), Counting("well")
    log = MemoryLog(entries=60_000)

    async def use() -> None:
        async with Delivery([broken, well], log=log, clock=clock, drain=3600.0) as delivery:
            await delivery.consume(events(clock, 60.0, 100))
            assert (await delivery.tallies())["well"].pending <= 100
            assert delivery.states()["half"].state == "closed"
        tallies = await delivery.tallies()
        assert (tallies["half"].dead, tallies["half"].dropped) == (0, 0)
        await sound(delivery)

    await clock.drive(use())
    assert broken.count == well.count == 6000


async def test_memory_is_flat_while_everything_goes_through() -> None:
    """What a delivery holds does not grow with what it delivered."""
    clock, sink = SteppedClock(), Counting("a")

    async def use() -> list[int]:
        held: list[int] = []

        async def look() -> None:
            # What is only waiting for the collector is not held, and how much waits depends on
            # everything else that this process has done before.
            gc.collect()
            held.append(tracemalloc.get_traced_memory()[0])

        async with Delivery([sink], clock=clock) as delivery:
            await delivery.consume(events(clock, 120.0, 50, look))
        return held

    gc.collect()
    gc.freeze()
    tracemalloc.start()
    try:
        held = await clock.drive(use())
    finally:
        tracemalloc.stop()
        gc.unfreeze()
    assert max(held[95:]) - max(held[70:95]) < 20_000, held


def test_ledgers_are_able_to_fail() -> None:
    """A sink out of order would be seen."""
    ledger = Ledger()
    ledger.got["c"] = ["e2", "e1"]
    with pytest.raises(AssertionError):
        ledger.in_order()
