"""The entries of a journal: in, out, and away. Statements within a group's transaction."""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, Final

from attrs import define, field, frozen

from genesys_sentiment.delivery import _journal_parked as parking
from genesys_sentiment.delivery._journal_rows import COLUMNS, Row, numbered, to_entry
from genesys_sentiment.delivery._journal_space import Space
from genesys_sentiment.errors import LogFull
from genesys_sentiment.model.entries import Entry

WINDOW: Final = 1000
"""Rows that one transaction deletes at most: deleting must not hold up a group."""
_LOSE: Final = 500
"""Rows that are dropped together when a full log drops its oldest."""
_FREE: Final = (
    "NOT EXISTS (SELECT 1 FROM parked WHERE parked.sequence = entries.sequence)"
    " AND NOT EXISTS (SELECT 1 FROM dead WHERE dead.sequence = entries.sequence)"
)
_FULL: Final = "the journal is full until a sink catches up: nothing of this call was kept"
_QUARANTINE: Final = 1000
"""Damaged rows that are kept to be looked at."""

_log = logging.getLogger(__name__)


@frozen
class Offer:
    """Entries to append: as they are, as rows, and the bytes that they take."""

    entries: Sequence[Entry]
    rows: Sequence[Row]
    need: int
    urgent: bool


@define
class News:
    """What a transaction changed, for those who hold entries in memory."""

    entries: list[Entry] = field(factory=list)
    cut: bool = False


class Entries:
    """The table of entries. ``generation`` changes with the file: it was salvaged into another one.

    ``flights`` gives, for each open consumer, the sequences that it took and did not settle.
    """

    def __init__(
        self,
        db: sqlite3.Connection,
        space: Space,
        *,
        drop: bool,
        retain: float,
        flights: Callable[[], Sequence[range]],
        generation: int = 0,
    ) -> None:
        self.generation = generation
        self.news = News()
        self.db = db
        self._space = space
        self._drop = drop
        self._retain = retain
        self._flights = flights
        cursor = db.execute("SELECT max(cursor) FROM consumers").fetchone()[0] or 0
        newest = db.execute("SELECT max(sequence) FROM entries").fetchone()[0] or 0
        self.last: int = max(db.execute("SELECT last FROM journal").fetchone()[0], cursor, newest)
        self._before = (self.last, 0, 0)
        self._swept = 0
        self._dropped = 0
        self._added = 0
        self._marks: deque[tuple[float, int]] = deque()

    # Transactions

    def begin(self) -> None:
        """Begin one."""
        self._before = (self.last, self._swept, self._dropped)
        self.db.execute("BEGIN IMMEDIATE")

    def commit(self) -> News:
        """Make it safe; what it changed."""
        self._count_added()
        self.db.execute("COMMIT")
        news, self.news = self.news, News()
        return news

    def rollback(self) -> None:
        """As if it had not begun."""
        if self.db.in_transaction:
            self.db.execute("ROLLBACK")
        self.last, self._swept, self._dropped = self._before
        self._added = 0
        self.news = News()

    # Entries

    def append(self, offers: Sequence[Offer]) -> list[LogFull | None]:
        """Insert each that there is room for; for the others, why not."""
        said: list[LogFull | None] = []
        taken: list[Offer] = []
        need = 0
        plain, urgent = self._space.room(self.db)
        for offer in offers:
            if offer.need + need > (urgent if offer.urgent else plain):
                self._make_room(offer.need + need, urgent=offer.urgent)
                plain, urgent = self._space.room(self.db)
            if offer.need + need > (urgent if offer.urgent else plain):
                said.append(LogFull(_FULL))
                continue
            need += offer.need
            taken.append(offer)
            said.append(None)
        self._insert(
            list(chain.from_iterable(offer.entries for offer in taken)),
            list(chain.from_iterable(offer.rows for offer in taken)),
        )
        return said

    def _insert(self, entries: Sequence[Entry], rows: Sequence[Row]) -> None:
        if not rows:
            return
        first = self.last + 1
        self.db.executemany(
            f"INSERT INTO entries ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            [(number, *row) for number, row in enumerate(rows, first)],
        )
        self.news.entries += map(numbered, entries, range(first, first + len(rows)))
        self.last += len(rows)
        self._added += len(rows)

    def _count_added(self) -> None:
        if self._added:
            self.db.execute(
                "UPDATE journal SET last = ?, kept = kept + ?", (self.last, self._added)
            )
            self.db.execute(
                "UPDATE consumers SET offered = offered + ?, waiting = waiting + ?",
                (self._added, self._added),
            )
            self._added = 0

    def read(self, after: int, limit: int, size: int) -> tuple[list[Entry], int]:
        """The next entries, and the sequence up to which there is nothing else."""
        while True:
            found: list[Entry] = []
            bad: list[int] = []
            position, rows, total = after, 0, 0
            for row in self.db.execute(
                f"SELECT {COLUMNS} FROM entries WHERE sequence > ? ORDER BY sequence LIMIT ?",  # noqa: S608
                (after, limit),
            ):
                entry = to_entry(row)
                if entry is not None:
                    total += len(entry.body)
                    if found and total > size:
                        break
                    found.append(entry)
                else:
                    bad.append(row[0])
                position, rows = row[0], rows + 1
            else:
                if rows < limit:
                    position = self.last
            self._lose(bad, damaged=True)
            if found or position >= self.last:
                return found, position
            after = position

    def _quarantine(self, sequences: Sequence[int]) -> None:
        self.db.execute(
            f"INSERT OR REPLACE INTO quarantine SELECT {COLUMNS} FROM entries"  # noqa: S608
            f" WHERE {parking.AMONG}",
            (json.dumps(sequences),),
        )
        self.db.execute(
            "DELETE FROM quarantine WHERE sequence NOT IN"
            " (SELECT sequence FROM quarantine ORDER BY sequence DESC LIMIT ?)",
            (_QUARANTINE,),
        )
        _log.error("%d damaged rows of the journal were put aside", len(sequences))

    def _lose(self, sequences: Sequence[int], *, damaged: bool) -> None:
        """Take rows away from every consumer that has not ended with them, and count it."""
        if not sequences:
            return
        self._count_added()
        if damaged:
            self._quarantine(sequences)
        self.news.cut = True
        keys = json.dumps(sequences)
        found = self.db.execute(
            f"SELECT DISTINCT consumer, lane FROM parked WHERE {parking.AMONG}",  # noqa: S608
            (keys,),
        ).fetchall()
        for consumer, cursor in self.db.execute("SELECT id, cursor FROM consumers").fetchall():
            waiting = sum(each > cursor for each in sequences)
            parked, dead = (
                self.db.execute(
                    f"DELETE FROM {table} WHERE {parking.AMONG} AND consumer = ?",  # noqa: S608
                    (keys, consumer),
                ).rowcount
                for table in ("parked", "dead")
            )
            lost = waiting + parked + dead
            self.db.execute(
                "UPDATE consumers SET waiting = waiting - ?, parked = parked - ?, dead = dead - ?,"
                " dropped = dropped + ?, quarantined = quarantined + ? WHERE id = ?",
                (waiting, parked, dead, lost, lost if damaged else 0, consumer),
            )
            parking.regroup(
                self.db, consumer, [lane.decode() for other, lane in found if other == consumer]
            )
        self._delete(parking.AMONG, (keys,))

    def _delete(self, condition: str, values: Sequence[Any]) -> None:
        count = self.db.execute(f"DELETE FROM entries WHERE {condition}", values).rowcount  # noqa: S608
        if count:
            self.db.execute("UPDATE journal SET kept = kept - ?", (count,))

    def _make_room(self, need: int, *, urgent: bool) -> None:
        """Delete what is settled, however short ago; then what the policy gives up."""
        while self.sweep(1, retain=0):
            pass
        while self._drop and not urgent and self._space.room(self.db)[0] < need:
            oldest = self.db.execute(
                "SELECT sequence FROM entries WHERE urgent = 0 AND sequence > ?"
                " ORDER BY sequence LIMIT ?",
                (self._dropped, _LOSE),
            ).fetchall()
            if not oldest:
                self._dropped = 0
                break
            self._dropped = oldest[-1][0]
            flights = self._flights()
            self._lose(
                [row[0] for row in oldest if not any(row[0] in each for each in flights)],
                damaged=False,
            )

    def sweep(self, least: int, *, retain: float | None = None) -> bool:
        """Delete a window of what every consumer is past, if it is of ``least`` rows or more.

        Whether there is more to do.
        """
        limit = self._settled(self._retain if retain is None else retain, time.monotonic())
        if limit - self._swept < least:
            return False
        first = self.db.execute(
            "SELECT sequence FROM entries WHERE sequence > ? ORDER BY sequence LIMIT 1",
            (self._swept,),
        ).fetchone()
        start = limit + 1 if first is None else first[0]
        self._swept = min(limit, start + WINDOW - 1)
        if start <= limit:
            self._delete(f"sequence BETWEEN ? AND ? AND {_FREE}", (start, self._swept))
        return self._swept < limit

    def _settled(self, retain: float, now: float) -> int:
        """Up to where every consumer was ``retain`` seconds ago."""
        floor: int = self.db.execute("SELECT min(cursor) FROM consumers").fetchone()[0] or 0
        if not retain:
            return floor
        marks = self._marks
        if not marks or now - marks[-1][0] >= retain / 16:
            marks.append((now, floor))
        while len(marks) > 1 and marks[1][0] <= now - retain:
            marks.popleft()
        return marks[0][1] if marks[0][0] <= now - retain else 0

    def _let_go(self, sequences: Sequence[int]) -> None:
        """Delete those that nobody waits for any more and that sweeping has passed already."""
        self._delete(
            f"{parking.AMONG} AND sequence <= ? AND {_FREE}", (json.dumps(sequences), self._swept)
        )
