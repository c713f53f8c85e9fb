"""A file that lines are added to and that keeps all of them, or none of a batch."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

from genesys_sentiment.errors import LogFailed
from genesys_sentiment.locking import FileLock

_PRIVATE: Final = 0o600
_TAIL: Final = 65_536


class LineFile:
    """Open for adding, for its owner only, and for one process at a time. Blocking.

    Raises LogInUse while another process has it, LogFailed where it cannot be opened or written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = FileLock(path.with_name(path.name + ".lock"))
        try:
            self._number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, _PRIVATE)
        except OSError as error:
            self._lock.release()
            raise LogFailed(f"{path} cannot be opened: {error.strerror}") from error

    @property
    def size(self) -> int:
        """Bytes."""
        return os.fstat(self._number).st_size

    def add(self, content: bytes) -> None:
        """Add and make safe. What was added only in part is taken away again."""
        before = self.size
        try:
            left = memoryview(content)
            while left:
                left = left[os.write(self._number, left) :]
            os.fsync(self._number)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._number, before)
            raise LogFailed(f"{self._path} cannot be written: {error.strerror}") from error

    def mend(self) -> int:
        """Take away a last line that has no end; how many bytes it had."""
        size, torn = self.size, 0
        while torn < size:
            piece = os.pread(self._number, min(_TAIL, size - torn), max(size - torn - _TAIL, 0))
            place = piece.rfind(b"\n")
            torn += len(piece) - place - 1
            if place >= 0:
                break
        if torn:
            os.ftruncate(self._number, size - torn)
            os.fsync(self._number)
        return torn

    def close(self) -> None:
        """Let go. May be called again."""
        if self._number >= 0:
            os.close(self._number)
            self._number = -1
        self._lock.release()


def sync_folder(path: Path) -> None:
    """Make safe that files in the folder were made, renamed or deleted."""
    with contextlib.suppress(OSError):  # Windows cannot open a folder
        number = os.open(path, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def replace_file(path: Path, content: bytes) -> None:
    """Put a small file in place of another, as a whole or not at all. Raises LogFailed."""
    beside = path.with_name(path.name + ".new")
    try:
        number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE)
        try:
            os.write(number, content)
            os.fsync(number)
        finally:
            os.close(number)
        beside.replace(path)
    except OSError as error:
        raise LogFailed(f"{path} cannot be written: {error.strerror}") from error
    sync_folder(path.parent)
