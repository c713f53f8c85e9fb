"""The log in memory keeps a log's promises, within its bounds."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.checks.log import check_log
from genesys_sentiment.delivery.log import Dead, Parked, Settlement
from genesys_sentiment.delivery.memory_log import MemoryLog
from genesys_sentiment.delivery.memory_parking import Parking
from genesys_sentiment.errors import ConfigurationError, LogFailed, LogFull
from genesys_sentiment.model.entries import Entry
from tests.delivery.ledgers import entry


def at(sequence: int, lane: str) -> Entry:
    return Entry(
        id=str(sequence), kind="score", conversation=lane, at=None, body=b"x", sequence=sequence
    )


async def test_it_keeps_the_promises_of_a_log() -> None:
    async def open_log() -> MemoryLog:
        return MemoryLog()

    await check_log(open_log, durable=False)


@pytest.mark.parametrize("wrong", [{"entries": 0}, {"size": 0}, {"policy": "forget"}])
def test_what_cannot_work_is_rejected(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        MemoryLog(**wrong)  # type: ignore[arg-type]


async def test_bounded_by_entries_and_what_is_urgent_has_a_reserve() -> None:
    log = MemoryLog(entries=10)
    consumer = await log.consumer("a")
    await log.append([entry(n) for n in range(10)])
    with pytest.raises(LogFull):
        await log.append([entry(10)])
    await log.append([entry(10, urgent=True)])
    with pytest.raises(LogFull):
        await log.append([entry(11, urgent=True)])
    taken = await consumer.take(3, 100)
    with pytest.raises(LogFull):
        await log.append([entry(12)])
    await consumer.settle(Settlement(sent=taken))
    await log.append([entry(12), entry(13)])
    assert (await consumer.tally()).waiting == 10
    assert await log.reconcile() == []
    await log.close()


async def test_bounded_by_bytes_but_for_the_first() -> None:
    log = MemoryLog(size=3)
    await log.append([entry(1000)])
    with pytest.raises(LogFull):
        await log.append([entry(1)])
    await log.close()


async def test_what_is_parked_takes_room() -> None:
    log = MemoryLog(entries=2)
    consumer = await log.consumer("a")
    await log.append([entry(1), entry(2)])
    taken = await consumer.take(2, 100)
    await consumer.settle(Settlement(parked=[Parked(entry=each) for each in taken]))
    with pytest.raises(LogFull):
        await log.append([entry(3)])
    await log.close()


async def test_the_oldest_make_room_but_nothing_urgent_and_nothing_in_hand() -> None:
    """Dropped are counted for whom had not got them."""
    log = MemoryLog(entries=4, policy="drop_oldest")
    quick, slow = await log.consumer("quick"), await log.consumer("slow")
    await log.append([entry(1), entry(2, urgent=True), entry(3), entry(4)])
    await quick.settle(Settlement(sent=await quick.take(2, 100)))
    in_hand = await quick.take(1, 100)
    await log.append([entry(5), entry(6)])
    assert (await slow.tally()).dropped == 2
    assert (await quick.tally()).dropped == 1, "it had sent the first, and has the third in hand"
    await quick.settle(Settlement(sent=in_hand))
    left = await slow.take(10, 100)
    assert [each.id for each in left] == ["e2", "e3", "e5", "e6"]
    await slow.settle(Settlement(sent=left))
    for consumer in (quick, slow):
        assert (await consumer.tally()).problems() == ()
    assert await log.reconcile() == []
    await log.append([entry(n, urgent=True) for n in range(7, 11)])
    with pytest.raises(LogFull):
        await log.append([entry(11)])
    await log.close()


async def test_honest_after_it_was_closed(caplog: pytest.LogCaptureFixture) -> None:
    """What is left is dropped, counted, and said."""
    log = MemoryLog()
    consumer = await log.consumer("a")
    await log.append([entry(n) for n in range(5)])
    taken = await consumer.take(2, 100)
    await consumer.settle(
        Settlement(sent=taken[:1], dead=[Dead(entry=taken[1], tries=1, reason="x", at=1.0)])
    )
    await consumer.take(1, 100)
    with caplog.at_level(logging.WARNING):
        await log.close()
        await log.close()
    assert [each.getMessage() for each in caplog.records] == [
        "sink a: 3 entries in memory were not delivered"
    ]
    tally = await consumer.tally()
    assert (tally.offered, tally.sent, tally.dropped, tally.dead, tally.pending) == (5, 1, 3, 1, 0)
    assert tally.problems() == ()
    assert len(await consumer.dead()) == 1
    assert await log.reconcile() == []
    for again in (
        log.append([entry(1)]),
        log.consumer("b"),
        consumer.take(1, 1),
        consumer.settle(Settlement()),
        consumer.wait(),
    ):
        with pytest.raises(LogFailed):
            await again


async def test_nothing_is_settled_twice_or_forgotten() -> None:
    log = MemoryLog()
    consumer = await log.consumer("a")
    await log.append([entry(1), entry(2)])
    taken = await consumer.take(2, 100)
    for wrong in (
        Settlement(sent=taken[:1]),
        Settlement(sent=[*taken, *taken]),
        Settlement(sent=[*taken, at(9, "c")]),
    ):
        with pytest.raises(LogFailed):
            await consumer.settle(wrong)
    await consumer.settle(Settlement(sent=taken))
    with pytest.raises(LogFailed):
        await consumer.settle(Settlement(sent=taken))
    assert (await consumer.tally()).sent == 2
    await log.close()


async def test_of_dead_letters_the_latest_are_kept() -> None:
    log = MemoryLog()
    consumer = await log.consumer("a")
    await log.append([entry(n) for n in range(1010)])
    taken = await consumer.take(2000, 100_000)
    await consumer.settle(
        Settlement(dead=[Dead(entry=each, tries=1, reason="x", at=1.0) for each in taken])
    )
    tally = await consumer.tally()
    assert (tally.dead, tally.dropped, tally.problems()) == (1000, 10, ())
    assert [each.entry.id for each in await consumer.dead(2)] == ["e10", "e11"]
    assert [each.entry.id for each in await consumer.dead(2, after=11)] == ["e12", "e13"]
    assert await consumer.retry(["e10"], 5.0) == 1
    assert [each.entry.id for each in await consumer.unpark(5.0, 10)] == ["e10"]
    assert await consumer.discard(["e11", "nobody"]) == 1
    assert await consumer.discard(None) == 998
    assert (await consumer.tally()).dropped == 10 + 999
    await log.close()


_steps = st.lists(
    st.tuples(
        st.sampled_from(["park", "remove", "hurry"]),
        st.integers(0, 20),
        st.none() | st.floats(0, 100),
    ),
    max_size=60,
)


@given(_steps, st.floats(0, 100), st.integers(1, 8))
def test_parking_agrees_with_a_plain_list(
    steps: list[tuple[str, int, float | None]], now: float, limit: int
) -> None:
    """A conversation is due when its first is; in order within; the longest due first."""
    parking, plain = Parking(), dict[int, Parked]()
    for verb, number, due in steps:
        one = Parked(entry=at(number, f"c{number % 4}"), due=due)
        if verb == "park":
            parking.add([one])
            plain[number] = one
        elif verb == "remove":
            parking.remove([one.entry])
            plain.pop(number, None)
        else:
            parking.hurry(now)
            for n, each in plain.items():
                if each.due is not None and each.due > now:
                    plain[n] = Parked(entry=each.entry, due=now)
    lanes: dict[str, list[Parked]] = {}
    for number in sorted(plain):
        lanes.setdefault(plain[number].entry.lane, []).append(plain[number])
    times = sorted((held[0].due or 0.0, name) for name, held in lanes.items())
    expected = [each for time, name in times if time <= now for each in lanes[name]]
    assert list(parking.due(now, limit)) == expected[:limit]
    assert list(parking.due(now, 100)) == expected, "they stay until they are removed"
    assert parking.next_due() == (times[0][0] if times else None)
    assert parking.lanes == frozenset(lanes)
    assert (len(parking), parking.size) == (len(plain), len(plain))
