"""Records as lines of JSON in a file."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path

from genesys_sentiment.model.entries import Entry, Lane
from genesys_sentiment.sinks._appending import LineFile


class FileSink:
    """Adds every record to a file, one line of JSON each, made safe batch by batch.

    The file is made for its owner only. A last line without its end, left by a crash, is taken
    away when the file is opened. One process at a time. ``name`` is ``file`` unless given.
    """

    def __init__(self, path: str | Path, *, name: str = "file", lane: Lane | None = None) -> None:
        self._path = Path(path)
        self.name = name
        self.lane = lane or Lane(batch=500)
        self._file: LineFile | None = None
        self._turn = threading.Lock()

    async def send(self, entries: Sequence[Entry], /) -> None:
        """Add them. Raises LogFailed and LogInUse."""
        await asyncio.to_thread(self._add, b"".join(entry.body + b"\n" for entry in entries))

    async def close(self) -> None:
        """Let go of the file."""
        await asyncio.to_thread(self._close)

    def _add(self, lines: bytes) -> None:
        # A send that was cancelled may still be writing.
        with self._turn:
            if self._file is None:
                self._file = LineFile(self._path)
                self._file.mend()
            self._file.add(lines)

    def _close(self) -> None:
        with self._turn:
            if self._file is not None:
                self._file.close()
                self._file = None
