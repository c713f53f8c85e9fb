"""The journal's file: its tables, how it is opened, and what its errors mean.

One connection at a time, ever: SQLite before 3.51.3 can damage a file in WAL mode that two
connections use (the "WAL-reset" bug). The exclusive locking mode makes sure of it, and keeps the
index of the WAL in memory instead of in a shared file.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final

from genesys_sentiment.errors import LogFailed, LogFull, LogInUse

PAGE: Final = 4096

_APPLICATION: Final = 0x67734A6C
"""Says in the file's header whose it is."""
_VERSION: Final = 1
_CACHE: Final = 8192
"""KiB of pages kept in memory."""

_TABLES: Final = """
CREATE TABLE journal (last INTEGER NOT NULL, kept INTEGER NOT NULL);
INSERT INTO journal VALUES (0, 0);
CREATE TABLE entries (
    sequence INTEGER PRIMARY KEY, urgent INTEGER NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL,
    conversation TEXT, at REAL, crc INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE TABLE consumers (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, cursor INTEGER NOT NULL DEFAULT 0,
    offered INTEGER NOT NULL DEFAULT 0, sent INTEGER NOT NULL DEFAULT 0,
    dropped INTEGER NOT NULL DEFAULT 0, dead INTEGER NOT NULL DEFAULT 0,
    waiting INTEGER NOT NULL DEFAULT 0, parked INTEGER NOT NULL DEFAULT 0,
    passed INTEGER NOT NULL DEFAULT 0, quarantined INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE parked (
    consumer INTEGER NOT NULL, lane TEXT NOT NULL, sequence INTEGER NOT NULL,
    tries INTEGER NOT NULL, due REAL, reason TEXT, PRIMARY KEY (consumer, lane, sequence)
) WITHOUT ROWID;
CREATE INDEX parked_by_sequence ON parked (sequence, consumer);
CREATE TABLE lanes (
    consumer INTEGER NOT NULL, lane TEXT NOT NULL, due REAL NOT NULL, PRIMARY KEY (consumer, lane)
) WITHOUT ROWID;
CREATE INDEX lanes_by_due ON lanes (consumer, due);
CREATE TABLE dead (
    consumer INTEGER NOT NULL, sequence INTEGER NOT NULL, id TEXT NOT NULL, lane TEXT NOT NULL,
    tries INTEGER NOT NULL, reason TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (consumer, sequence)
) WITHOUT ROWID;
CREATE INDEX dead_by_sequence ON dead (sequence);
CREATE INDEX dead_by_id ON dead (consumer, id);
CREATE TABLE quarantine (
    sequence INTEGER PRIMARY KEY, urgent, id, kind, conversation, at, crc, body
);
"""


def connect(path: Path, checkpoint: int = 1000) -> sqlite3.Connection:
    """Open the journal at ``path``, or begin one. ``checkpoint``: pages that the WAL may grow to.

    Raises LogFailed and LogInUse, and sqlite3.DatabaseError for a journal that is damaged.
    """
    connection = None
    try:
        # Before SQLite does it: with its permissions come those of the WAL.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(path, timeout=1.0, isolation_level=None)
        connection.text_factory = bytes  # a damaged text must not raise where rows are read
        _prepare(connection, path, checkpoint)
    except BaseException as error:
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()
        if isinstance(error, OSError):
            raise LogFailed(
                f"cannot open {path}: {error.strerror}. Give the path of a file that can be "
                "written to, or of none yet"
            ) from None
        if isinstance(error, sqlite3.Error) and not is_damage(error):
            raise translated(error, path) from error
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path, checkpoint: int) -> None:
    connection.execute("PRAGMA locking_mode=EXCLUSIVE")
    application = _number(connection, "PRAGMA application_id")
    version = _number(connection, "PRAGMA user_version")
    tables = _number(connection, "SELECT count(*) FROM sqlite_master")
    if application != _APPLICATION and (tables or application):
        raise LogFailed(f"{path} is the database of something else: give another path")
    if version > _VERSION:
        raise LogFailed(
            f"{path} was written by a newer version of this package (its format is {version}, "
            f"this one knows {_VERSION}): install that version, or give another path"
        )
    if not tables:
        connection.execute(f"PRAGMA page_size={PAGE}")
    mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
    if mode != b"wal":
        raise LogFailed(f"{path}: this file system cannot keep a write-ahead log: give another")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"PRAGMA cache_size=-{_CACHE}")
    connection.execute(f"PRAGMA wal_autocheckpoint={checkpoint}")
    if not tables:
        connection.executescript(
            f"BEGIN; {_TABLES} PRAGMA application_id={_APPLICATION}; "
            f"PRAGMA user_version={_VERSION}; COMMIT;"
        )
    # Reads something of every page that all else depends on; the transaction takes the lock.
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("SELECT last, kept FROM journal").fetchone()[0]
    connection.execute("SELECT max(cursor) FROM consumers").fetchone()
    connection.execute("COMMIT")


def _number(connection: sqlite3.Connection, statement: str) -> int:
    return int(connection.execute(statement).fetchone()[0])


def primary(error: sqlite3.Error) -> int:
    """The primary result code of SQLite, 0 where there is none."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def is_full(error: sqlite3.Error) -> bool:
    """Whether there was no room, in the file or on its disk."""
    return primary(error) == sqlite3.SQLITE_FULL


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file itself is broken."""
    return primary(error) == sqlite3.SQLITE_CORRUPT


def translated(error: sqlite3.Error, path: Path) -> LogFailed:
    """What a user is told. SQLite's own words hold names of tables, and no values."""
    code = primary(error)
    if is_full(error):
        return LogFull(f"{path}: the disk is full. Make room, or let a sink catch up")
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return LogInUse(f"{path} is open in another program: close it there first")
    if code == sqlite3.SQLITE_NOTADB:
        return LogFailed(f"{path} is no journal, or not one any more: move it away")
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}:
        return LogFailed(
            f"{path} cannot be written to: {error}. The journal needs to write to the file and to "
            "make others beside it"
        )
    return LogFailed(f"{path}: {error}. Look at the disk that it is on")
