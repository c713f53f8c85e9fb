"""A lock on a file that ends with its process, however that ends."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from genesys_sentiment.errors import LogFailed, LogInUse


class FileLock:
    """Holds ``path`` for this process until it is released; the file itself stays.

    Raises LogInUse where somebody else holds it, and LogFailed where it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file: int | None = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise LogFailed(
                f"cannot write {path}: {error.strerror}. Give a path in a directory that exists "
                "and can be written to"
            ) from None
        try:
            _lock(self._file)
        except OSError:
            self.release()
            raise LogInUse(
                f"{path} is locked: another process has its file open, or this one has it twice. "
                "End it first, or give each process a file of its own"
            ) from None

    def release(self) -> None:
        """Let go. May be called again."""
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):
                os.close(file)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
