"""A damaged journal: what can be read moves to a fresh file, the damaged one stays beside it."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from itertools import count
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from genesys_sentiment.delivery import _journal_parked as parking
from genesys_sentiment.delivery._journal_rows import COLUMNS, to_entry, to_row
from genesys_sentiment.delivery._journal_schema import connect

_log = logging.getLogger(__name__)

_CHUNK: Final = 4096
"""Sequences that are read together; where that fails, halves of them, down to one."""
_BESIDE: Final = ("", "-wal", "-shm")


@frozen(kw_only=True)
class Salvage:
    """What became of a journal that was damaged.

    ``damaged``: where the old file is now. ``saved``: entries that are in the new one. ``lost``:
    places that could not be read, at most so many entries. ``again``: whether every consumer
    begins anew with the oldest entry, because it could not be read where they stood.
    """

    damaged: Path
    saved: int
    lost: int
    again: bool


def salvage(path: Path, known: Mapping[int, str]) -> Salvage:
    """Move what can be read. ``known``: consumers that are in use, by their ids.

    Nothing may have the file open. Raises sqlite3.Error, OSError and LogFailed where no fresh file
    can be made; the damaged one is as it was then.
    """
    fresh = _fresh(path)
    for end in _BESIDE:
        _beside(fresh, end).unlink(missing_ok=True)
    with closing(_open(path)) as old, closing(connect(fresh)) as new:
        saved, lost = _copy_entries(old, new)
        again = not _copy_places(old, new, known)
        new.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    damaged = _aside(path)
    fresh.replace(path)
    _sync_directory(path)
    _log.error(
        "the journal %s was damaged: %d entries saved, at most %d lost; the old file is %s",
        path,
        saved,
        lost,
        damaged,
    )
    return Salvage(damaged=damaged, saved=saved, lost=lost, again=again)


def finish(path: Path) -> None:
    """End what a kill interrupted between moving the damaged file away and the fresh one in."""
    fresh = _fresh(path)
    with suppress(OSError):
        if fresh.exists() and not path.exists():
            fresh.replace(path)


def _fresh(path: Path) -> Path:
    return path.with_name(path.name + ".salvage")


def _beside(path: Path, end: str) -> Path:
    return path.with_name(path.name + end)


def _aside(path: Path) -> Path:
    target = next(
        each for number in count(1) if not (each := _beside(path, f".damaged-{number}")).exists()
    )
    for end in ("-wal", "-shm", ""):  # the file itself last: without it, nothing has happened yet
        with suppress(FileNotFoundError):
            _beside(path, end).replace(_beside(target, end))
    return target


def _sync_directory(path: Path) -> None:
    with suppress(OSError):  # not everywhere can a directory be opened
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def _open(path: Path) -> sqlite3.Connection:
    old = sqlite3.connect(path, timeout=1.0, isolation_level=None)
    old.text_factory = bytes
    old.execute("PRAGMA locking_mode=EXCLUSIVE")
    return old


def _rows(old: sqlite3.Connection, statement: str) -> tuple[list[tuple[Any, ...]], bool]:
    """The rows up to the first that cannot be read, and whether that is all of them."""
    found: list[tuple[Any, ...]] = []
    try:
        found.extend(old.execute(statement))
    except sqlite3.DatabaseError:
        return found, False
    return found, True


def _copy_entries(old: sqlite3.Connection, new: sqlite3.Connection) -> tuple[int, int]:
    bounds = (
        "SELECT max(sequence) FROM entries",
        "SELECT last FROM journal",
        "SELECT max(cursor) FROM consumers",
    )
    found = [_rows(old, each)[0] for each in bounds]
    last = max((row[0] or 0 for rows in found for row in rows), default=0)
    oldest = _rows(old, "SELECT min(sequence) FROM entries")[0]
    first = (oldest[0][0] or 1) if oldest else 1
    saved = lost = 0
    for start in range(first, last + 1, _CHUNK):
        new.execute("BEGIN")
        for rows, missing in _read(old, start, min(start + _CHUNK, last + 1)):
            entries = [each for each in map(to_entry, rows) if each is not None]
            new.executemany(
                f"INSERT INTO entries ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
                [(each.sequence, *to_row(each)) for each in entries],
            )
            saved += len(entries)
            lost += missing + len(rows) - len(entries)
        new.execute("COMMIT")
    new.execute("UPDATE journal SET last = ?, kept = ?", (last, saved))
    return saved, lost


def _read(
    old: sqlite3.Connection, start: int, stop: int
) -> Iterator[tuple[list[tuple[Any, ...]], int]]:
    """Rows of a range, in order, with how many of its places cannot be read."""
    rows, complete = _rows(
        old,
        f"SELECT {COLUMNS} FROM entries WHERE sequence >= {start} AND sequence < {stop}"  # noqa: S608
        " ORDER BY sequence",
    )
    if complete:
        yield rows, 0
    elif stop - start == 1:
        yield [], 1
    else:
        middle = (start + stop) // 2
        yield from _read(old, start, middle)
        yield from _read(old, middle, stop)


def _copy_places(
    old: sqlite3.Connection, new: sqlite3.Connection, known: Mapping[int, str]
) -> bool:
    """Consumers with what is parked and dead of them. False where not all of it was readable.

    What cannot be known is delivered again rather than not: they begin with the oldest entry.
    """
    consumers, complete = _rows(
        old, "SELECT id, name, cursor, sent, dropped, passed, quarantined,"
        " waiting + parked + dead FROM consumers"
    )  # fmt: skip
    parked, all_parked = _rows(
        old, "SELECT consumer, lane, sequence, tries, due, reason FROM parked"
    )
    dead, all_dead = _rows(old, "SELECT consumer, sequence, id, lane, tries, reason, at FROM dead")
    complete = complete and all_parked and all_dead
    new.execute("BEGIN")
    if complete:
        _insert(new, "parked", parked)
        _insert(new, "dead", dead)
        for table in ("parked", "dead"):
            new.execute(f"DELETE FROM {table} WHERE sequence NOT IN (SELECT sequence FROM entries)")  # noqa: S608
        parking.regroup_all(new)
    for key, name, cursor, sent, dropped, passed, quarantined, open_ in consumers:
        new.execute(
            "INSERT OR IGNORE INTO consumers (id, name, cursor, sent, dropped, passed,"
            " quarantined, offered) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                key,
                _text(name),
                cursor if complete else 0,
                sent,
                dropped,
                passed,
                quarantined,
                open_,
            ),
        )
    for key, name in known.items():
        new.execute("INSERT OR IGNORE INTO consumers (id, name) VALUES (?, ?)", (key, name))
    _count(new)
    new.execute("COMMIT")
    return complete


def _count(new: sqlite3.Connection) -> None:
    """Count what is left of each consumer's; what was open before and is not there was lost."""
    new.execute(
        "UPDATE consumers SET"
        " waiting = (SELECT count(*) FROM entries WHERE sequence > cursor),"
        " parked = (SELECT count(*) FROM parked WHERE consumer = consumers.id),"
        " dead = (SELECT count(*) FROM dead WHERE consumer = consumers.id)"
    )
    # `offered` holds what was open before.
    new.execute("UPDATE consumers SET offered = max(offered - waiting - parked - dead, 0)")
    new.execute(
        "UPDATE consumers SET dropped = dropped + offered, quarantined = quarantined + offered"
    )
    new.execute("UPDATE consumers SET offered = sent + dropped + dead + waiting + parked")


def _insert(new: sqlite3.Connection, table: str, rows: list[tuple[Any, ...]]) -> None:
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        new.executemany(
            f"INSERT OR IGNORE INTO {table} VALUES ({marks})",  # noqa: S608
            [tuple(map(_text, row)) for row in rows],
        )


def _text(value: Any) -> Any:
    return value.decode(errors="replace") if isinstance(value, bytes) else value
