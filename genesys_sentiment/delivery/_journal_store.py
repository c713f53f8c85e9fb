"""What consumers do with the entries of a journal. Statements within a group's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import frozen

from genesys_sentiment.delivery import _journal_parked as parking
from genesys_sentiment.delivery._journal_entries import Entries
from genesys_sentiment.delivery._journal_rows import Row, to_entry
from genesys_sentiment.delivery.log import Dead, Parked, Settlement, Tally
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.entries import Entry

_TALLY: Final = ("offered", "sent", "dropped", "dead", "waiting", "parked", "passed", "quarantined")


def named(settlement: Settlement) -> list[Entry]:
    """Every entry that a settlement says something about."""
    parked = (each.entry for each in settlement.parked)
    dead = (each.entry for each in settlement.dead)
    return [*settlement.sent, *settlement.passed, *parked, *dead]


@frozen
class Stand:
    """Up to where a consumer has settled, and in which generation of the file."""

    cursor: int
    generation: int


@frozen
class Batch:
    """Whose batch is settled: up to where it took, and of which generation of the file."""

    consumer: int
    upto: int
    generation: int


class Store(Entries):
    """The entries, and each consumer's place among them."""

    def consumer(self, name: str) -> tuple[int, int]:
        """The id and the cursor of the consumer of that name, which may be a new one."""
        self._count_added()
        self.db.execute(
            "INSERT INTO consumers (name, offered, waiting) SELECT ?, kept, kept FROM journal"
            " WHERE true ON CONFLICT (name) DO NOTHING",
            (name,),
        )
        found: tuple[int, int] = self.db.execute(
            "SELECT id, cursor FROM consumers WHERE name = ?", (name,)
        ).fetchone()
        if not found[1]:
            self._swept = 0
        return found

    def take(
        self, consumer: int, after: int | None, limit: int, size: int
    ) -> tuple[list[Entry], int, Stand]:
        """The next entries behind ``after``, None: behind what is settled; how far that is."""
        stand = self.stand(consumer)
        found, position = self.read(stand.cursor if after is None else after, limit, size)
        return found, position, stand

    def stand(self, consumer: int) -> Stand:
        """Where it stands."""
        (cursor,) = self.db.execute(
            "SELECT cursor FROM consumers WHERE id = ?", (consumer,)
        ).fetchone()
        return Stand(cursor, self.generation)

    def forget(self, name: str) -> None:
        """Its place, and what is parked and dead of it. Raises ConfigurationError for no such."""
        found = self.db.execute("SELECT id FROM consumers WHERE name = ?", (name,)).fetchone()
        if found is None:
            raise ConfigurationError(f"the journal knows no consumer {name!r}")
        for table, column in (
            ("parked", "consumer"),
            ("lanes", "consumer"),
            ("dead", "consumer"),
            ("consumers", "id"),
        ):
            self.db.execute(f"DELETE FROM {table} WHERE {column} = ?", found)  # noqa: S608
        self._swept = 0

    def tallies(self) -> dict[str, Tally]:
        """The accounting of each consumer, by its name."""
        self._count_added()
        rows = self.db.execute(f"SELECT name, {', '.join(_TALLY)} FROM consumers ORDER BY id")  # noqa: S608
        return {
            name.decode(errors="replace"): Tally(**dict(zip(_TALLY, numbers, strict=True)))
            for name, *numbers in rows
        }

    def settle(self, batch: Batch, settlement: Settlement, receipts: Sequence[Row]) -> Stand:
        """Move on. A batch of a file that was salvaged since comes again."""
        consumer = batch.consumer
        stand = self.stand(consumer)
        if batch.generation != self.generation:
            return stand
        entries = named(settlement)
        there, held = self._still_there(batch, stand.cursor, entries)
        sent = sum(each.sequence in there for each in settlement.sent)
        passed = sum(each.sequence in there for each in settlement.passed)
        parked = [each for each in settlement.parked if each.entry.sequence in there]
        dead = [each for each in settlement.dead if each.entry.sequence in there]
        self.db.execute(
            "UPDATE consumers SET cursor = ?, offered = offered - ?, sent = sent + ?,"
            " dead = dead + ?, waiting = waiting - ?, parked = parked + ?, passed = passed + ?"
            " WHERE id = ?",
            (
                batch.upto,
                passed,
                sent,
                len(dead),
                len(there) - len(held),
                len(parked) - len(held),
                passed,
                consumer,
            ),
        )
        if held or parked or dead:
            parking.park(self.db, consumer, parked)
            parking.bury(self.db, consumer, dead)
            lanes = {each.lane for each in entries if each.sequence in held}
            parking.regroup(self.db, consumer, lanes.union(each.entry.lane for each in parked))
            self._let_go(sorted(held))
        self._insert(settlement.receipts, receipts)
        return Stand(batch.upto, self.generation)

    def _still_there(
        self, batch: Batch, cursor: int, entries: Sequence[Entry]
    ) -> tuple[set[int], set[int]]:
        """Sequences of a batch that are still counted as its, and those of them that were parked.

        The others were dropped, or found damaged, since they were taken: counted then.
        """
        there = {each.sequence for each in entries}
        parked = {each for each in there if each <= cursor}
        held = parking.unpark(self.db, batch.consumer, list(parked)) if parked else parked
        between = (cursor, batch.upto)
        (count,) = self.db.execute(
            "SELECT count(*) FROM entries WHERE sequence > ? AND sequence <= ?", between
        ).fetchone()
        if count != len(there) - len(parked):
            rows = self.db.execute(
                "SELECT sequence FROM entries WHERE sequence > ? AND sequence <= ?", between
            )
            there = {row[0] for row in rows} & there | parked
        return (there - parked) | held, held

    # Parked and dead

    def unpark(self, consumer: int, now: float, limit: int) -> tuple[list[Parked], Stand]:
        """Parked entries whose turn it is."""
        found: list[Parked] = []
        bad = [0]
        while bad and not found:
            bad = []
            for tries, due, reason, *row in parking.due(self.db, consumer, now, limit):
                entry = to_entry(row)
                if entry is None:
                    bad.append(row[0])
                else:
                    said = None if reason is None else reason.decode(errors="replace")
                    found.append(Parked(entry=entry, tries=tries, due=due, reason=said))
            self._lose(bad, damaged=True)
        return found, self.stand(consumer)

    def dead(self, consumer: int, limit: int, after: int) -> list[Dead]:
        """Dead letters."""
        found: list[Dead] = []
        bad = [0]
        while bad and not found:
            bad = []
            for tries, reason, at, *row in parking.dead(self.db, consumer, limit, after):
                entry = to_entry(row)
                if entry is None:
                    bad.append(row[0])
                else:
                    said = reason.decode(errors="replace")
                    found.append(Dead(entry=entry, tries=tries, reason=said, at=at))
            self._lose(bad, damaged=True)
        return found

    def retry(self, consumer: int, ids: Sequence[str] | None, now: float) -> int:
        """Park dead letters again."""
        found = parking.exhume(self.db, consumer, ids)
        self.db.executemany(
            "INSERT OR REPLACE INTO parked VALUES (?, ?, ?, 0, ?, NULL)",
            [(consumer, lane, sequence, now) for sequence, lane in found],
        )
        parking.regroup(self.db, consumer, {lane for _, lane in found})
        self.db.execute(
            "UPDATE consumers SET dead = dead - ?, parked = parked + ? WHERE id = ?",
            (len(found), len(found), consumer),
        )
        return len(found)

    def discard(self, consumer: int, ids: Sequence[str] | None) -> int:
        """Drop dead letters."""
        found = parking.exhume(self.db, consumer, ids)
        self.db.execute(
            "UPDATE consumers SET dead = dead - ?, dropped = dropped + ? WHERE id = ?",
            (len(found), len(found), consumer),
        )
        self._let_go([sequence for sequence, _ in found])
        return len(found)

    def recount(self) -> list[str]:
        """Every number that does not agree with the rows."""
        self._count_added()
        wrong: list[str] = []
        kept, counted = self.db.execute(
            "SELECT kept, (SELECT count(*) FROM entries) FROM journal"
        ).fetchone()
        if kept != counted:
            wrong.append(f"{counted} entries kept, said {kept}")
        for name, tally in self.tallies().items():
            wrong += (f"{name}: {problem}" for problem in tally.problems())
            found = self.db.execute(
                "SELECT (SELECT count(*) FROM entries WHERE sequence > c.cursor),"
                " (SELECT count(*) FROM parked WHERE consumer = c.id),"
                " (SELECT count(*) FROM dead WHERE consumer = c.id),"
                " (SELECT count(DISTINCT lane) FROM parked WHERE consumer = c.id)"
                " - (SELECT count(*) FROM lanes WHERE consumer = c.id),"
                " (SELECT count(*) FROM (SELECT sequence FROM parked WHERE consumer = c.id"
                " UNION ALL SELECT sequence FROM dead WHERE consumer = c.id)"
                " WHERE sequence NOT IN (SELECT sequence FROM entries))"
                " FROM consumers AS c WHERE name = ?",
                (name,),
            ).fetchone()
            said = (tally.waiting, tally.parked, tally.dead, 0, 0)
            words = ("waiting", "parked", "dead", "lanes without a time", "held without a row")
            wrong += (
                f"{name}: {rows} {word}, said {number}"
                for word, rows, number in zip(words, found, said, strict=True)
                if rows != number
            )
        return wrong
