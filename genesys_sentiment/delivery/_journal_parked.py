"""What of a journal is parked and what is dead: statements on its connection, nothing else.

A lane (one conversation, or one entry that has none) is due when the first of its parked entries
is; ``lanes`` holds that time, so that the next one due is found without looking at the others.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from genesys_sentiment.delivery._journal_rows import COLUMNS
from genesys_sentiment.delivery.log import Dead, Parked

_ENTRY = ", ".join(f"e.{name}" for name in COLUMNS.split(", "))
AMONG = "sequence IN (SELECT value FROM json_each(?))"


def park(db: sqlite3.Connection, consumer: int, parked: Sequence[Parked]) -> None:
    """Write them down; ``regroup`` must follow."""
    db.executemany(
        "INSERT OR REPLACE INTO parked VALUES (?, ?, ?, ?, ?, ?)",
        [
            (consumer, each.entry.lane, each.entry.sequence, each.tries, each.due, each.reason)
            for each in parked
        ],
    )


def bury(db: sqlite3.Connection, consumer: int, dead: Sequence[Dead]) -> None:
    """Write down what was given up."""
    db.executemany(
        "INSERT OR REPLACE INTO dead VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                consumer,
                each.entry.sequence,
                each.entry.id,
                each.entry.lane,
                each.tries,
                each.reason,
                each.at,
            )
            for each in dead
        ],
    )


def unpark(db: sqlite3.Connection, consumer: int, sequences: Sequence[int]) -> set[int]:
    """Take them out of what is parked; those that were in it. ``regroup`` must follow."""
    keys = json.dumps(sequences)
    found = db.execute(
        f"SELECT sequence FROM parked WHERE {AMONG} AND consumer = ?",  # noqa: S608
        (keys, consumer),
    )
    held = {row[0] for row in found}
    db.execute(f"DELETE FROM parked WHERE {AMONG} AND consumer = ?", (keys, consumer))  # noqa: S608
    return held


def regroup(db: sqlite3.Connection, consumer: int, lanes: Iterable[str]) -> None:
    """Find out anew when these are due."""
    keys = [(consumer, lane) for lane in lanes]
    db.executemany("DELETE FROM lanes WHERE consumer = ? AND lane = ?", keys)
    db.executemany(
        "INSERT INTO lanes SELECT consumer, lane, coalesce(due, 0) FROM parked"
        " WHERE consumer = ? AND lane = ? ORDER BY sequence LIMIT 1",
        keys,
    )


def regroup_all(db: sqlite3.Connection) -> None:
    """The same for every lane of every consumer."""
    db.execute("DELETE FROM lanes")
    db.execute(
        "INSERT INTO lanes SELECT consumer, lane, coalesce(due, 0) FROM parked AS p"
        " WHERE sequence = (SELECT min(sequence) FROM parked AS q"
        " WHERE q.consumer = p.consumer AND q.lane = p.lane)"
    )


def due(db: sqlite3.Connection, consumer: int, now: float, limit: int) -> sqlite3.Cursor:
    """Tries, due and reason of parked entries whose turn it is, each with the entry's columns."""
    return db.execute(
        f"SELECT p.tries, p.due, p.reason, {_ENTRY} FROM lanes AS l"  # noqa: S608
        " CROSS JOIN parked AS p ON p.consumer = l.consumer AND p.lane = l.lane"
        " CROSS JOIN entries AS e ON e.sequence = p.sequence"
        " WHERE l.consumer = ? AND l.due <= ? ORDER BY l.due, l.lane, p.sequence LIMIT ?",
        (consumer, now, limit),
    )


def next_due(db: sqlite3.Connection, consumer: int) -> float | None:
    """When the first lane is."""
    found: float | None = db.execute(
        "SELECT min(due) FROM lanes WHERE consumer = ?", (consumer,)
    ).fetchone()[0]
    return found


def conversations(db: sqlite3.Connection, consumer: int) -> frozenset[str]:
    """Every lane that has something parked."""
    found = db.execute("SELECT lane FROM lanes WHERE consumer = ?", (consumer,))
    return frozenset(row[0].decode(errors="replace") for row in found)


def hurry(db: sqlite3.Connection, consumer: int, now: float) -> None:
    """Everything is due now."""
    db.execute("UPDATE parked SET due = ? WHERE consumer = ? AND due > ?", (now, consumer, now))
    db.execute("UPDATE lanes SET due = ? WHERE consumer = ? AND due > ?", (now, consumer, now))


def dead(db: sqlite3.Connection, consumer: int, limit: int, after: int) -> sqlite3.Cursor:
    """Tries, reason and time of dead letters, each with the entry's columns."""
    return db.execute(
        f"SELECT d.tries, d.reason, d.at, {_ENTRY} FROM dead AS d"  # noqa: S608
        " CROSS JOIN entries AS e ON e.sequence = d.sequence"
        " WHERE d.consumer = ? AND d.sequence > ? ORDER BY d.sequence LIMIT ?",
        (consumer, after, limit),
    )


def exhume(
    db: sqlite3.Connection, consumer: int, ids: Sequence[str] | None
) -> list[tuple[int, str]]:
    """Take dead letters out of what is dead: the sequence and the lane of each."""
    if ids is None:
        chosen, keys = "consumer = ?", [(consumer,)]
    else:
        chosen, keys = "consumer = ? AND id = ?", [(consumer, key) for key in dict.fromkeys(ids)]  # type: ignore[misc]
    found: list[tuple[int, str]] = []
    for each in keys:
        rows: list[tuple[Any, Any]] = db.execute(
            f"SELECT sequence, lane FROM dead WHERE {chosen}",  # noqa: S608
            each,
        ).fetchall()
        found += ((sequence, lane.decode()) for sequence, lane in rows)
    db.executemany(f"DELETE FROM dead WHERE {chosen}", keys)  # noqa: S608
    return found
