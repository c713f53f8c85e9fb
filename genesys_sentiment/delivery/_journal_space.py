"""How much room a journal has, and how it makes some."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

_log = logging.getLogger(__name__)

_WARN: Final = 0.8
_CALM: Final = 0.7
"""Shares of the limit: above the one it says so, below the other it would say so again."""
_BALLAST: Final = 8 * 1_048_576
"""Bytes that are kept on the disk to be given back when it is full: enough for a whole WAL."""
_AGAIN: Final = 5.0
"""Seconds until it is tried again to take the ballast on board."""


class Space:
    """The room of one file. ``limit`` in bytes; ``reserve``: the share for what is urgent.

    On a full disk the file cannot grow: then its size counts as the limit, and what is deleted is
    what there is. The ballast, a file beside it, is given up so that deleting itself works.
    """

    def __init__(self, path: Path, limit: int, reserve: float) -> None:
        self._limit = limit
        self._reserve = reserve
        self._ballast = path.with_name(path.name + ".ballast")
        self._size = min(_BALLAST, limit // 16)
        self._full_since: float | None = None
        self._warned = False
        self._path = path

    @property
    def checkpoint(self) -> int:
        """Pages that the WAL may grow to: the ballast makes room for all of them."""
        return max(16, min(1000, self._size // 8192))

    def used(self, db: sqlite3.Connection) -> int:
        """Bytes of the file that hold something."""
        return (_pragma(db, "page_count") - _pragma(db, "freelist_count")) * _pragma(
            db, "page_size"
        )

    def room(self, db: sqlite3.Connection) -> tuple[int, int]:
        """Bytes for what is not urgent, and for what is; negative where it is beyond the limit."""
        limit = self._limit
        if self._full_since is not None:
            limit = min(limit, _pragma(db, "page_count") * _pragma(db, "page_size"))
        used = self.used(db)
        return int(limit * (1 - self._reserve)) - used, limit - used

    def watch(self, db: sqlite3.Connection) -> None:
        """Say once when it is nearly full; take the ballast back when the disk is not any more."""
        used = self.used(db)
        if used > self._limit * _WARN and not self._warned:
            self._warned = True
            _log.warning(
                "the journal %s is %d %% full: a sink is too slow, or down",
                self._path,
                100 * used // self._limit,
            )
        elif used < self._limit * _CALM:
            self._warned = False
        if self._full_since is not None and time.monotonic() - self._full_since >= _AGAIN:
            self.load()

    def load(self) -> None:
        """Take the ballast on board."""
        try:
            private = os.open(self._ballast, os.O_RDWR | os.O_CREAT, 0o600)
            with os.fdopen(private, "r+b") as file:
                missing = self._size - file.seek(0, os.SEEK_END)
                file.write(bytes(max(missing, 0)))
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            self.release()
        else:
            self._full_since = None

    def release(self) -> None:
        """The disk is full: give the ballast back to it."""
        if self._full_since is None:
            _log.error("the disk of the journal %s is full: only what is urgent fits", self._path)
        self._full_since = time.monotonic()
        with suppress(OSError):
            os.truncate(self._ballast, 0)


def _pragma(db: sqlite3.Connection, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])
