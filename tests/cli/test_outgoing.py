"""What a run says of its sinks: what was lost, what waits, and what does not add up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from genesys_sentiment.cli.outgoing import Outgoing
from genesys_sentiment.delivery.journal import Journal
from genesys_sentiment.delivery.memory_log import MemoryLog
from genesys_sentiment.errors import SinkFailed
from genesys_sentiment.model.entries import Breaking, Entry, Lane
from genesys_sentiment.model.events import Gap
from genesys_sentiment.model.results import Record
from tests.cli.deliveries import AT, Refusing, with_dead_letters

LANE = Lane(linger=0.0, breaking=Breaking(consecutive=1, pause=60.0))


class Down:
    """A sink that cannot be reached: left alone for a minute after the first try."""

    name = "down"
    lane = LANE

    async def send(self, entries: Sequence[Entry], /) -> None:
        raise SinkFailed.whole(len(entries), "connection")


async def gaps(count: int) -> AsyncIterator[Record]:
    """So many records."""
    for number in range(count):
        yield Gap(reason="silent", since=AT + number, until=AT + number + 1)


async def test_without_sinks_there_is_nothing_to_say() -> None:
    out = Outgoing()
    async with out:
        await out.take(gaps(3))
    assert out.tallies == {}
    assert [*out.problems(3), *out.lost(), *out.waiting()] == []


async def test_what_was_delivered_is_told_after_the_log_was_closed() -> None:
    out = Outgoing([Refusing("file", ())])
    async with out:
        await out.take(gaps(3))
    assert out.tallies["file"].sent == 3
    assert [*out.problems(3), *out.lost(), *out.waiting()] == []


async def test_what_waits_in_memory_is_lost_and_in_a_journal_it_waits(tmp_path: Path) -> None:
    memory, kept = Outgoing([Down()]), tmp_path / "box.db"
    journal = Outgoing([Down()], Journal(kept), file=kept)
    for out in (memory, journal):
        async with out:
            await out.take(gaps(3))
        assert out.tallies["down"].pending == 3
        assert out.problems(3) == []
    assert memory.lost() == ["3 records for down are lost: --journal keeps them"]
    assert memory.waiting() == []
    assert journal.lost() == []
    assert journal.waiting() == [f"3 records wait in {kept} for down (connection)"]


async def test_what_a_full_log_drops_is_lost() -> None:
    out = Outgoing([Down()], MemoryLog(entries=200, policy="drop_oldest"))
    async with out:
        await out.take(gaps(1000))
    tally = out.tallies["down"]
    assert tally.dropped >= 700
    assert f"{tally.dropped} records were dropped before down took them" in out.lost()
    assert out.problems(1000) == []


async def test_what_was_dropped_in_runs_before_is_not_said_again(tmp_path: Path) -> None:
    kept = tmp_path / "box.db"
    await with_dead_letters(kept, "file")
    async with Journal(kept) as journal:
        await (await journal.consumer("file")).discard(None)
    out = Outgoing([Refusing("file", ())], Journal(kept), file=kept)
    async with out:
        await out.take(gaps(1))
    assert out.tallies["file"].dropped == 2
    assert [*out.problems(1), *out.lost(), *out.waiting()] == []


async def test_what_was_shown_and_not_kept_does_not_add_up() -> None:
    out = Outgoing([Refusing("file", ())])
    async with out:
        await out.take(gaps(2))
    assert out.problems(3) == ["3 records were shown, 2 were kept for the sinks"]
