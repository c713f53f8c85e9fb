"""C5-23: a journal whose rows or pages are damaged goes on, and says what it lost."""

from __future__ import annotations

import asyncio
import logging
import random
from pathlib import Path

import pytest

from genesys_sentiment.delivery.journal import Journal
from genesys_sentiment.delivery.log import Dead, Parked, Settlement
from genesys_sentiment.errors import GenesysSentimentError
from tests.delivery.journal_parts import (
    LARGE,
    change,
    crashed,
    drain,
    entries,
    entry,
    kept,
    numbers,
)

PAGE = 4096


def _damage(path: Path, *pages: int, byte: int = 0xA5) -> None:
    """Overwrite whole pages; the first is number 1."""
    with path.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * PAGE)
            file.write(bytes([byte]) * PAGE)


async def _filled(path: Path, count: int) -> None:
    async with Journal(path) as journal:
        for name in ("a", "b"):
            await journal.consumer(name)
        await journal.append([entry(n, f"c-{n % 5}", size=500) for n in range(count)])


def _scatter(path: Path, chance: random.Random) -> None:
    """Overwrite bytes here and there, but not the header."""
    with path.open("r+b") as file:
        size = file.seek(0, 2)
        for _ in range(chance.randrange(1, 30) if size > PAGE else 0):
            file.seek(chance.randrange(100, size))
            file.write(chance.randbytes(chance.randrange(1, 60)))


def _root(path: Path, table: str) -> int:
    page: int = change(path, "SELECT rootpage FROM sqlite_master WHERE name = ?", table)[0][0]
    return page


async def test_damaged_rows_are_put_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Wherever a consumer has them: waiting, parked, dead; each is counted once for each."""
    path = tmp_path / "j.db"
    async with Journal(path) as journal:
        first = await journal.consumer("a")
        await journal.consumer("b")
        await journal.append(entries(*range(1, 9)))
        taken = await first.take(4, LARGE)
        await first.settle(
            Settlement(
                sent=[taken[0]],
                parked=[Parked(entry=taken[1], due=1.0), Parked(entry=taken[2])],
                dead=[Dead(entry=taken[3], tries=1, reason="no", at=1.0)],
            )
        )
    change(path, "UPDATE entries SET body = x'00' WHERE sequence = 2")
    change(path, "UPDATE entries SET id = CAST(x'ff' AS TEXT) WHERE sequence = 4")
    change(path, "UPDATE entries SET at = 'never', urgent = 'x' WHERE sequence = 5")
    change(path, "UPDATE entries SET conversation = x'01', crc = 'y' WHERE sequence = 8")
    async with Journal(path) as journal:
        first, second = await journal.consumer("a"), await journal.consumer("b")
        assert not await first.dead()
        due = await first.unpark(1.0, 9)
        assert numbers([each.entry for each in due]) == [3]
        await first.settle(Settlement(sent=[each.entry for each in due]))
        assert await drain(first) == [6, 7]
        assert await drain(second) == [1, 3, 6, 7]
        one, other = await first.tally(), await second.tally()
        assert (one.offered, one.sent, one.dropped, one.quarantined) == (8, 4, 4, 4)
        assert (other.offered, other.sent, other.dropped, other.quarantined) == (8, 4, 4, 4)
        assert not await journal.reconcile()
        await asyncio.wait_for(_nothing_more(first.wait()), 1.0)
    assert [row[0] for row in change(path, "SELECT sequence FROM quarantine")] == [2, 4, 5, 8]
    assert "damaged rows" in caplog.text
    assert "secret" not in caplog.text


async def _nothing_more(waiting: object) -> None:
    """It waits, and does not spin on what is not there."""
    task = asyncio.ensure_future(waiting)  # type: ignore[call-overload]
    await asyncio.sleep(0.05)
    assert not task.done()
    task.cancel()
    await asyncio.wait({task})


async def test_nothing_but_damaged_rows(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    await _filled(path, 300)
    change(path, "UPDATE entries SET crc = crc + 1")
    async with Journal(path) as journal:
        consumer = await journal.consumer("a")
        assert await consumer.take(10, LARGE) == []
        assert (await consumer.tally()).quarantined == 300
        await journal.append(entries(7))
        assert await drain(consumer) == [7]
        assert not await journal.reconcile()


async def test_a_damaged_page_costs_what_is_on_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The file is left beside the new one, once; the next start finds nothing wrong."""
    path = tmp_path / "j.db"
    await _filled(path, 2000)
    _damage(path, 100, 101)
    async with Journal(path) as journal:
        first, second = await journal.consumer("a"), await journal.consumer("b")
        found = await drain(first)
        salvaged = journal.salvaged
        assert salvaged is not None
        assert not salvaged.again
        assert found == sorted(set(found))
        assert 1970 < len(found) == salvaged.saved < 2000
        assert 0 < 2000 - len(found) <= salvaged.lost < 40
        assert await drain(second) == found
        tally = await first.tally()
        assert tally.sent + tally.dropped == tally.offered == 2000
        assert tally.dropped == tally.quarantined
        assert not await journal.reconcile()
        assert salvaged.damaged.exists()
        assert str(salvaged.damaged) in caplog.text
    async with Journal(path) as journal:
        assert journal.salvaged is None
    beside = sorted(each.name for each in tmp_path.iterdir())  # noqa: ASYNC240 - a test may wait
    assert beside == ["j.db", "j.db.ballast", "j.db.damaged-1", "j.db.lock"]


async def test_a_page_that_is_damaged_while_it_is_open(tmp_path: Path) -> None:
    """What was in flight then comes again; what was settled does not."""
    path = tmp_path / "j.db"
    await _filled(path, 2000)
    async with Journal(path) as journal:
        consumer = await journal.consumer("a")
        taken = await consumer.take(50, LARGE)
        await consumer.settle(Settlement(sent=taken))
        flying = await consumer.take(10, LARGE)
        _damage(path, 200)
        other = await journal.consumer("b")
        found = await drain(other)
        assert journal.salvaged is not None
        assert 1980 < len(found) < 2000
        await consumer.settle(Settlement(sent=flying))
        rest = await drain(consumer)
        assert rest == [each for each in found if each >= 50]
        assert not await journal.reconcile()


@pytest.mark.parametrize("table", ["parked", "dead", "consumers", "journal"])
async def test_where_nobody_knows_where_it_stood_everything_comes_again(
    tmp_path: Path, table: str
) -> None:
    path = tmp_path / "j.db"
    async with Journal(path) as journal:
        consumer = await journal.consumer("a")
        await journal.append(entries(*range(10)))
        one, two, *rest = await consumer.take(9, LARGE)
        await consumer.settle(
            Settlement(
                parked=[Parked(entry=one, due=1.0)],
                dead=[Dead(entry=two, tries=1, reason="no", at=1.0)],
                sent=rest,
            )
        )
        await kept(journal, 3)
    _damage(path, _root(path, table))
    async with Journal(path) as journal:
        consumer = await journal.consumer("a")
        found = await drain(consumer)
        due = await consumer.unpark(1.0, 9)
        await consumer.settle(Settlement(sent=[each.entry for each in due]))
        found += numbers([each.entry for each in due])
        found += numbers([each.entry for each in await consumer.dead()])
        found += await drain(consumer)
        assert journal.salvaged is not None
        assert journal.salvaged.again == (table != "journal")
        assert {0, 1, 9} <= set(found)
        assert not await journal.reconcile()


async def test_no_entry_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    await _filled(path, 1000)
    _damage(path, _root(path, "entries"))
    async with Journal(path) as journal:
        consumer = await journal.consumer("a")
        await journal.append(entries(5000))
        assert await drain(consumer) == [5000]
        assert (await consumer.tally()).quarantined == 1000
        assert not await journal.reconcile()


@pytest.mark.parametrize("seed", range(25))
async def test_whatever_is_damaged_it_ends(
    tmp_path: Path, seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Bytes changed by chance: it opens or says why not, gives only what was put in, and ends."""
    caplog.set_level(logging.CRITICAL)
    chance = random.Random(seed)
    path = tmp_path / "j.db"
    async with Journal(path) as journal:
        consumer = await journal.consumer("a")
        given = [entry(n, f"c-{n % 5}", size=chance.randrange(900)) for n in range(300)]
        await journal.append(given)
        taken = await consumer.take(100, LARGE)
        await consumer.settle(
            Settlement(
                sent=taken[:50],
                parked=[Parked(entry=each, due=1.0) for each in taken[50:80]],
                dead=[Dead(entry=each, tries=1, reason="no", at=1.0) for each in taken[80:]],
            )
        )
        path = crashed(journal)  # with its WAL
    for end in ("", "-wal"):
        _scatter(Path(f"{path}{end}"), chance)
    bodies = {each.id: each.body for each in given}
    for _ in range(3):  # the second start finds what the first one left
        try:
            async with Journal(path) as journal:
                consumer = await journal.consumer("a")
                for _ in range(1000):
                    found = list(await consumer.take(100, LARGE))
                    due = [] if found else await consumer.unpark(1.0, 100)
                    found += [each.entry for each in due]
                    assert all(bodies[each.id] == each.body for each in found)
                    await consumer.settle(Settlement(sent=found))
                    if not found:
                        break
                else:
                    pytest.fail("it never ends")
                await consumer.discard(None)
                await consumer.tally()
                await journal.reconcile()
        except GenesysSentimentError:
            pass
