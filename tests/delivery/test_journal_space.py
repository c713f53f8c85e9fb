"""The journal when there is no room: at its limit, and on a full disk."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from genesys_sentiment.delivery.journal import Journal
from genesys_sentiment.delivery.log import Settlement
from genesys_sentiment.errors import LogFull
from tests.delivery.journal_parts import LARGE, change, crashed, drain, entries, entry, numbers
from tests.project import ROOT

LIMIT = 1 << 20


async def _fill(journal: Journal, *, urgent: bool = False, first: int = 0) -> int:
    """Append until it is refused; how many went in."""
    number = first
    while True:
        try:
            await journal.append([entry(n, size=1000, urgent=urgent) for n in (number, number + 1)])
        except LogFull:
            return number - first
        number += 2


async def test_a_full_journal(tmp_path: Path) -> None:
    """C5-22: nothing of what is refused is kept; alerts use the reserve; settling makes room."""
    path = tmp_path / "j.db"
    async with Journal(path, limit=LIMIT) as journal:
        consumer = await journal.consumer("a")
        plain = await _fill(journal)
        assert 600 < plain < 700  # three to a page of 4 KiB, in nine tenths of it
        with pytest.raises(LogFull):
            await journal.append([entry(1, urgent=True), *entries(2, 3, size=1000)])
        urgent = await _fill(journal, urgent=True, first=plain)
        assert 60 < urgent < 80
        assert path.stat().st_size <= LIMIT * 1.02
        taken = await consumer.take(10, LARGE)
        receipts = [entry(-1 - n, urgent=True) for n in range(10)]
        await consumer.settle(Settlement(sent=taken, receipts=receipts))  # goes beyond the limit
        found = [*numbers(taken), *await drain(consumer)]
        assert found == [*range(plain + urgent), *(-1 - n for n in range(10))]
        assert await _fill(journal) >= plain - 2
        assert not await journal.reconcile()


async def test_a_full_journal_drops_its_oldest_where_it_may(tmp_path: Path) -> None:
    """Never alerts, never what is in flight; counted for each that had not ended with it."""
    async with Journal(tmp_path / "j.db", limit=LIMIT, overflow="drop_oldest") as journal:
        slow, fast = await journal.consumer("slow"), await journal.consumer("fast")
        await journal.append([entry(0, size=1000, urgent=True), *entries(1, 2)])
        flying = await slow.take(3, LARGE)
        got: list[int] = []
        for number in range(3, 3000, 3):
            new = [entry(n, size=1000, urgent=n % 300 == 0) for n in range(number, number + 3)]
            await journal.append(new)
            got += await drain(fast)
        await slow.settle(Settlement(sent=flying))
        found = [*numbers(flying), *await drain(slow)]
        assert found[:3] == [0, 1, 2]
        assert found == sorted(found)
        assert set(range(0, 3000, 300)) <= set(found)
        assert found[-100:] == list(range(2900, 3000))
        slowly, quickly = await slow.tally(), await fast.tally()
        assert (quickly.sent, quickly.dropped) == (3000, 0)
        assert (slowly.sent, slowly.dropped) == (len(found), 3000 - len(found))
        assert got == list(range(3000))
        assert not await journal.reconcile()


async def test_alerts_alone_are_refused_rather_than_dropped(tmp_path: Path) -> None:
    async with Journal(tmp_path / "j.db", limit=LIMIT, overflow="drop_oldest") as journal:
        await journal.consumer("a")
        kept = await _fill(journal, urgent=True)
        with pytest.raises(LogFull):
            await journal.append([entry(1, size=1000)])
        assert (await journal.tallies())["a"].waiting == kept


async def test_a_row_that_is_dropped_while_it_is_settled_is_counted_once(tmp_path: Path) -> None:
    """Taken from memory in the instant in which it was dropped."""
    async with Journal(tmp_path / "j.db") as journal:
        consumer = await journal.consumer("a")
        await journal.append(entries(1, 2, 3))
        taken = await consumer.take(9, LARGE)
        await journal._ask(lambda store: store._lose([2], damaged=False))
        await consumer.settle(Settlement(sent=taken))
        tally = await consumer.tally()
        assert (tally.offered, tally.sent, tally.dropped, tally.waiting) == (3, 2, 1, 0)
        assert not await journal.reconcile()


async def test_it_says_once_that_it_is_nearly_full(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Journal(tmp_path / "j.db", limit=LIMIT) as journal:
        consumer = await journal.consumer("a")
        for _ in range(2):
            caplog.clear()
            await _fill(journal)
            said = [each for each in caplog.records if each.levelno == logging.WARNING]
            assert len(said) == 1
            assert "% full" in said[0].getMessage()
            await drain(consumer)
            await journal.append(entries(1))
            await drain(consumer)


async def test_sqlite_itself_says_full(tmp_path: Path) -> None:
    """A bound on the file's pages for the disk that is full: everything but that is as there."""
    async with Journal(tmp_path / "j.db", limit=LIMIT) as journal:
        consumer = await journal.consumer("a")
        await journal.append([entry(n, size=1000) for n in range(200)])
        await journal._ask(lambda store: store.db.execute("PRAGMA max_page_count=1").fetchall())
        with pytest.raises(LogFull):
            await journal.append([entry(n, size=1000) for n in range(200, 250)])
        assert await drain(consumer) == list(range(200))
        await journal.append([entry(n, size=1000) for n in range(300, 350)])
        assert await drain(consumer) == list(range(300, 350))
        assert not await journal.reconcile()
        async with Journal(crashed(journal), limit=LIMIT) as copy:
            assert not await copy.reconcile()


@pytest.mark.skipif(not shutil.which("unshare"), reason="no way to a small file system")
def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    """C5-22: a file system of 12 MB in a name space of its own, where that is allowed."""
    disk = tmp_path / "disk"
    disk.mkdir()
    script = (
        f"mount -t tmpfs -o size=12m none '{disk}' && exec '{sys.executable}' -m"
        f" tests.delivery.journal_process fill '{disk}/j.db'"
    )
    done = subprocess.run(
        ["unshare", "-Urm", "sh", "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if "mount" in done.stderr or "unshare" in done.stderr:
        pytest.skip("no way to a small file system")
    assert done.returncode == 0, done.stderr
    said = dict(line.split() for line in done.stdout.splitlines())
    assert int(said["full"]) > 5000
    assert int(said["settled"]) == int(said["full"]) + 1  # with the receipt
    assert int(said["again"]) > int(said["full"]) * 0.5
    assert said["wrong"] == "0"


async def test_the_ballast_is_there_from_the_start(tmp_path: Path) -> None:
    async with Journal(tmp_path / "j.db", limit=LIMIT) as journal:
        await journal.append(entries(1))
        ballast = tmp_path / "j.db.ballast"
        assert ballast.stat().st_size == LIMIT // 16
    assert change(tmp_path / "j.db", "PRAGMA integrity_check")[0][0] == "ok"
