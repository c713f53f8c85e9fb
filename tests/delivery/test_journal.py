"""The journal in one process: what it keeps, how it opens and ends."""

from __future__ import annotations

import asyncio
import stat
import threading
from pathlib import Path

import pytest

from genesys_sentiment.delivery._journal_entries import News
from genesys_sentiment.delivery._journal_tail import Tail
from genesys_sentiment.delivery.journal import Journal
from genesys_sentiment.delivery.log import Dead, Parked, Settlement
from genesys_sentiment.errors import ConfigurationError, LogFailed, LogInUse
from genesys_sentiment.model.entries import Entry
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


def _rows(path: Path) -> int:
    count: int = change(path, "SELECT count(*) FROM entries")[0][0]
    return count


async def test_what_is_appended_is_on_the_disk(tmp_path: Path) -> None:
    """Before `append` returns: a copy of the files has it."""
    async with Journal(tmp_path / "j.db") as journal:
        await journal.consumer("a")
        await journal.append(entries(1, 2))
        async with Journal(crashed(journal)) as copy:
            assert await drain(await copy.consumer("a")) == [1, 2]


async def test_a_settlement_is_on_the_disk_with_its_receipts(tmp_path: Path) -> None:
    async with Journal(tmp_path / "j.db") as journal:
        consumer = await journal.consumer("a")
        await journal.append(entries(1, 2, 3))
        one, two = await consumer.take(2, LARGE)
        dead = Dead(entry=two, tries=1, reason="no", at=5.0)
        await consumer.settle(Settlement(sent=[one], dead=[dead], receipts=entries(9)))
        async with Journal(crashed(journal)) as copy:
            again = await copy.consumer("a")
            assert await again.tally() == await consumer.tally()
            assert await again.dead() == [dead]
            assert await drain(again) == [3, 9]


async def test_a_cancelled_append_is_kept(tmp_path: Path) -> None:
    async with Journal(tmp_path / "j.db") as journal:
        consumer = await journal.consumer("a")
        task = asyncio.create_task(journal.append(entries(1, 2)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await journal.append(entries(3))
        assert await drain(consumer) == [1, 2, 3]


async def test_a_cancelled_settlement_is_done_once(tmp_path: Path) -> None:
    async with Journal(tmp_path / "j.db") as journal:
        consumer = await journal.consumer("a")
        await journal.append(entries(1, 2, 3))
        taken = await consumer.take(2, LARGE)
        task = asyncio.create_task(consumer.settle(Settlement(sent=taken)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await drain(consumer) == [3]
        assert (await consumer.tally()).sent == 3
        assert not await journal.reconcile()


async def test_a_cancelled_take_loses_nothing(tmp_path: Path) -> None:
    async with Journal(tmp_path / "j.db") as journal:
        await journal.append(entries(1, 2))
    async with Journal(tmp_path / "j.db") as journal:
        consumer = await journal.consumer("a")
        task = asyncio.create_task(consumer.take(2, LARGE))  # not in memory: it goes to the file
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()
        assert await drain(consumer) == [1, 2]


@pytest.mark.parametrize("names", [(), (1,), (1, 1), (1, 2, 2), (1, 3)])
async def test_a_settlement_names_each_once(tmp_path: Path, names: tuple[int, ...]) -> None:
    async with Journal(tmp_path / "j.db") as journal:
        consumer = await journal.consumer("a")
        await journal.append(entries(1, 2))
        taken = dict(enumerate(await consumer.take(9, LARGE), 1))
        stranger = entry(3)
        with pytest.raises(ConfigurationError, match="exactly once"):
            await consumer.settle(Settlement(sent=[taken.get(name, stranger) for name in names]))
        await consumer.settle(Settlement(sent=list(taken.values())))


async def test_settled_entries_are_deleted(tmp_path: Path) -> None:
    """Once every consumer is past them, and nothing is parked or dead on them."""
    path = tmp_path / "j.db"
    async with Journal(path) as journal:
        first, second = await journal.consumer("a"), await journal.consumer("b")
        await journal.append(entries(*range(3000)))
        await drain(first)
        one, two, *rest = await second.take(3000, LARGE)
        await second.settle(
            Settlement(
                sent=rest,
                parked=[Parked(entry=one, due=1.0)],
                dead=[Dead(entry=two, tries=1, reason="no", at=1.0)],
            )
        )
        await kept(journal, 2)
    async with Journal(path) as journal:
        second = await journal.consumer("b")
        await second.settle(Settlement(sent=[each.entry for each in await second.unpark(1.0, 9)]))
        await second.discard(None)
        assert not await journal.reconcile()
        await kept(journal, 0)


async def test_settled_entries_are_retained_for_a_while(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    async with Journal(path, retain=3600.0) as journal:
        await journal.append(entries(1, 2))
        await drain(await journal.consumer("a"))
        assert await drain(await journal.consumer("late")) == [1, 2]
        await asyncio.sleep(0.1)
    assert _rows(path) == 2


async def test_what_one_lets_go_stays_for_another_that_came_late(tmp_path: Path) -> None:
    """It begins with the oldest entry kept, which only another's parking had kept."""
    async with Journal(tmp_path / "j.db") as journal:
        first = await journal.consumer("a")
        await journal.append(entries(1, 2, 3))
        one, two, three = await first.take(9, LARGE)
        await first.settle(Settlement(sent=[two, three], parked=[Parked(entry=one, due=1.0)]))
        await kept(journal, 1)
        late = await journal.consumer("late")
        assert (await late.tally()).waiting == 1
        await first.unpark(1.0, 9)
        await first.settle(Settlement(sent=[one]))
        assert await drain(late) == [1]
        assert not await journal.reconcile()


async def test_what_is_retained_goes_in_time(tmp_path: Path) -> None:
    """By a clock that nobody sets, with a few marks however much is settled."""
    async with Journal(tmp_path / "j.db") as journal:
        consumer = await journal.consumer("a")
        await journal.append(entries(*range(100)))

        async def settled(now: float) -> int:
            return await journal._ask(lambda store: store._settled(10.0, now))

        for number in range(100):
            await consumer.settle(Settlement(sent=await consumer.take(1, LARGE)))
            up_to = await settled(100.0 + number)
            assert up_to <= max(number - 9, 0) <= up_to + 1
        assert await journal._ask(lambda store: len(store._marks)) < 20


async def test_a_consumer_that_is_away_keeps_its_place_until_it_is_forgotten(
    tmp_path: Path,
) -> None:
    path = tmp_path / "j.db"
    async with Journal(path) as journal:
        await journal.consumer("away")
        await journal.append(entries(1, 2))
    async with Journal(path) as journal:
        await drain(await journal.consumer("a"))
        tallies = await journal.tallies()
        assert (tallies["away"].waiting, tallies["a"].sent) == (2, 2)
        with pytest.raises(ConfigurationError, match="in use"):
            await journal.forget("a")
        with pytest.raises(ConfigurationError, match="no consumer"):
            await journal.forget("nobody")
        await asyncio.sleep(0.1)
        await kept(journal, 2)
        await journal.forget("away")
        assert list(await journal.tallies()) == ["a"]
        await kept(journal, 0)


async def test_sequences_are_never_given_again(tmp_path: Path) -> None:
    """Although every row is deleted: a place must not point at something else."""
    for number in range(3):
        async with Journal(tmp_path / "j.db") as journal:
            consumer = await journal.consumer("a")
            await journal.append(entries(number))
            (taken,) = await consumer.take(9, LARGE)
            assert taken.sequence == number + 1
            await consumer.settle(Settlement(sent=[taken]))
            await kept(journal, 0)


async def test_many_at_once_share_a_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """64 callers, 20 times each: what queued meanwhile goes together, and each in its order."""
    groups: list[int] = []
    hear = Tail.hear

    def count(tail: Tail, news: News, last: int, generation: int) -> None:
        groups.append(len(news.entries))
        hear(tail, news, last, generation)

    monkeypatch.setattr(Tail, "hear", count)
    async with Journal(tmp_path / "j.db") as journal:
        consumer = await journal.consumer("a")

        async def produce(lane: int) -> None:
            for number in range(20):
                await journal.append([entry(lane * 100 + number, f"c-{lane}")])

        async with asyncio.TaskGroup() as group:
            for lane in range(64):
                group.create_task(produce(lane))
        assert sum(groups) == 64 * 20
        assert max(groups) > 8  # how large depends on how busy the machine is
        found = await drain(consumer)
        assert sorted(found) == sorted(lane * 100 + n for lane in range(64) for n in range(20))
        for lane in range(64):
            mine = [each for each in found if each // 100 == lane]
            assert mine == sorted(mine)


async def test_the_file_is_private(tmp_path: Path) -> None:
    async with Journal(tmp_path / "j.db") as journal:
        await journal.append(entries(1))
        for path in sorted(tmp_path.iterdir()):  # noqa: ASYNC240 - a test may wait
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name


async def test_closing(tmp_path: Path) -> None:
    """It ends what was accepted, wakes who waits, leaves no thread; then all is refused."""
    journal = Journal(tmp_path / "j.db")
    consumer = await journal.consumer("a")
    waiter = asyncio.create_task(consumer.wait())
    appended = asyncio.create_task(journal.append(entries(1)))
    await asyncio.sleep(0)
    await journal.close()
    await asyncio.gather(waiter, appended)
    await journal.close()
    for call in (
        journal.append(entries(2)),
        journal.consumer("b"),
        consumer.take(1, 1),
        consumer.settle(Settlement()),
        consumer.tally(),
        journal.open(),
    ):
        with pytest.raises(LogFailed, match="closed"):
            await call
    assert not any(each.name == "genesys-journal" for each in threading.enumerate())
    async with Journal(tmp_path / "j.db") as again:
        assert await drain(await again.consumer("a")) == [1]


async def test_closing_while_it_opens(tmp_path: Path) -> None:
    """Whoever came before the end is answered, kept or refused; nobody waits for ever."""
    journal = Journal(tmp_path / "j.db")
    appended = asyncio.create_task(journal.append(entries(1)))
    await asyncio.sleep(0)
    async with asyncio.timeout(5.0):
        await journal.close()
        with pytest.raises(LogFailed, match="closed"):
            await appended
    async with Journal(tmp_path / "j.db") as again:
        assert await drain(await again.consumer("a")) == []


async def test_closing_what_was_never_open(tmp_path: Path) -> None:
    await Journal(tmp_path / "j.db").close()
    assert not list(tmp_path.iterdir())  # noqa: ASYNC240 - a test may wait


async def test_a_second_journal_on_the_file_is_refused(tmp_path: Path) -> None:
    """By another name as well; the first is not disturbed."""
    (tmp_path / "link.db").symlink_to(tmp_path / "j.db")
    async with Journal(tmp_path / "j.db") as journal:
        for name in ("j.db", "link.db"):
            with pytest.raises(LogInUse, match=r"j\.db\.lock"):
                await Journal(tmp_path / name).open()
        await journal.append(entries(1))
    async with Journal(tmp_path / "link.db") as journal:
        assert await drain(await journal.consumer("a")) == [1]


async def test_a_place_that_cannot_work(tmp_path: Path) -> None:
    """Root may write everywhere: a directory for the file, and a file for the directory."""
    (tmp_path / "file").touch()
    (tmp_path / "directory").mkdir()
    for path in (tmp_path / "file" / "j.db", tmp_path / "none" / "j.db", tmp_path / "directory"):
        with pytest.raises(LogFailed, match="cannot"):
            await Journal(path).open()
        with pytest.raises(LogFailed, match="cannot"):
            await Journal(path).append(entries(1))


async def test_what_is_no_journal_is_left_alone(tmp_path: Path) -> None:
    text, other = tmp_path / "text.db", tmp_path / "other.db"
    text.write_text("no database\n" * 100, "utf-8")
    change(other, "CREATE TABLE theirs (x)")
    for path, words in ((text, "no journal"), (other, "something else")):
        before = path.read_bytes()
        with pytest.raises(LogFailed, match=words):
            await Journal(path).open()
        assert path.read_bytes() == before
        with pytest.raises(LogFailed, match=words):  # and its lock was freed
            await Journal(path).open()


async def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    async with Journal(tmp_path / "j.db") as journal:
        await journal.append(entries(1))
    change(tmp_path / "j.db", "PRAGMA user_version=99")
    with pytest.raises(LogFailed, match="newer version"):
        await Journal(tmp_path / "j.db").open()


@pytest.mark.parametrize(
    "wrong", [{"limit": 1000}, {"reserve": 0.6}, {"retain": -1.0}, {"retain": float("nan")}]
)
def test_settings_that_cannot_work(tmp_path: Path, wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        Journal(tmp_path / "j.db", **wrong)  # type: ignore[arg-type]


def test_an_overflow_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="overflow"):
        Journal(tmp_path / "j.db", overflow="spill")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", "a b", "ä", "a" * 201, "a/b"])
async def test_a_name_that_no_consumer_can_have(tmp_path: Path, name: str) -> None:
    async with Journal(tmp_path / "j.db") as journal:
        with pytest.raises(ConfigurationError, match="called"):
            await journal.consumer(name)


async def test_texts_of_every_kind(tmp_path: Path) -> None:
    """What UTF-8 can hold comes back; what it cannot is refused, and spoils nothing else."""
    odd = Entry(id="a\0b", kind="", conversation="é\u2028😀", at=float("inf"), body=b"\xff\0")
    nan = Entry(id="x", kind="k", conversation="", at=float("nan"), body=b"")
    half = Entry(id="\ud800", kind="k", conversation=None, at=None, body=b"")
    async with Journal(tmp_path / "j.db") as journal:
        results = await asyncio.gather(
            journal.append([odd]),
            journal.append([half]),
            journal.append([nan]),
            return_exceptions=True,
        )
        assert [type(each) for each in results] == [type(None), ConfigurationError, type(None)]
    async with Journal(tmp_path / "j.db") as journal:
        consumer = await journal.consumer("a")
        first, second = await consumer.take(9, LARGE)
        assert (first.id, first.conversation, first.at, first.body) == (
            odd.id,
            odd.conversation,
            odd.at,
            odd.body,
        )
        assert (second.id, second.at, second.conversation) == ("x", None, "")


async def test_batches_are_bounded_in_bytes_from_the_file_and_from_memory(tmp_path: Path) -> None:
    async with Journal(tmp_path / "j.db") as journal:
        await journal.append(entries(1, 2, 3, size=987))
        near = await journal.consumer("near")
        assert numbers(await near.take(9, 2000)) == [1, 2]
    async with Journal(tmp_path / "j.db") as journal:
        far = await journal.consumer("far")
        assert numbers(await far.take(9, 2000)) == [1, 2]
        assert numbers(await far.take(9, 1)) == [3]
