"""The audit: every decision on record, in a file that shows whether it was changed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from genesys_sentiment.errors import AuditBroken, ConfigurationError
from genesys_sentiment.model.entries import Entry, Lane
from genesys_sentiment.sinks._appending import LineFile, replace_file, sync_folder
from genesys_sentiment.sinks.audit_chain import Chain, Head, Link
from genesys_sentiment.sinks.audit_files import head_path, lines_from, rotated_path
from genesys_sentiment.sinks.audit_lines import AUDITED, audit_fields

_ROTATE_AT: Final = 64 * 1_048_576
_SMALLEST: Final = 4096


class Audit:
    """Adds decisions to a chained file, and is done with a batch when it is safe on the disk.

    ``key``: 16 bytes or more; whoever has it can check the audit, and forge it: keep it away from
    where the audit lies. ``rotate``: bytes after which a file is put aside as ``PATH.1``,
    ``PATH.2``, …; nothing is ever deleted. Beside them lies ``PATH.head``, the anchor.

    A line that a crash left unfinished is taken away and a line of its own notes it. Opening
    checks what lies behind the anchor; ``verify`` checks everything. An audit that does not fit
    its anchor is not continued: ``send`` raises AuditBroken, the entries wait in the log, and
    somebody has to look. Raises ConfigurationError for a short key or a tiny ``rotate``.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        key: bytes,
        name: str = "audit",
        rotate: int = _ROTATE_AT,
        lane: Lane | None = None,
    ) -> None:
        if rotate < _SMALLEST:
            raise ConfigurationError(f"rotate the audit at {_SMALLEST} bytes or more")
        self._path = Path(path)
        self._chain = Chain(key)
        self._rotate = rotate
        self.name = name
        self.lane = lane or Lane(kinds=AUDITED, batch=500)
        self._file: LineFile | None = None
        self._head = Head(Link())
        self._turn = threading.Lock()

    def __repr__(self) -> str:
        return f"Audit({str(self._path)!r})"

    async def send(self, entries: Sequence[Entry], /) -> None:
        """Add them. Raises AuditBroken, LogInUse and LogFailed; then none of them was added."""
        await asyncio.to_thread(self._add, [audit_fields(entry) for entry in entries])

    async def close(self) -> None:
        """Let go of the file."""
        await asyncio.to_thread(self._close)

    def _add(self, several: list[dict[str, object]]) -> None:
        # A send that was cancelled may still be writing.
        with self._turn:
            file = self._file or self._open()
            if file.size >= self._rotate:
                file = self._turn_over(file)
            self._write(file, several)

    def _write(self, file: LineFile, several: list[dict[str, object]]) -> None:
        link, lines = self._head.link, []
        for fields in several:
            line, link = self._chain.line(link, fields)
            lines.append(line)
        file.add(b"".join(lines))
        self._anchor(Head(link, self._head.file, file.size))

    def _open(self) -> LineFile:
        file = LineFile(self._path)
        try:
            torn = file.mend()
            self._head = self._find_end(file)
            self._file = file
            if torn:
                self._write(file, [{"eventType": "audit_repaired", "bytes": torn}])
        except BaseException:
            self._file = None
            file.close()
            raise
        return file

    def _find_end(self, file: LineFile) -> Head:
        """The end of the chain: the anchor, and what a crash kept from being anchored."""
        anchor = head_path(self._path)
        if not anchor.exists():
            if file.size or rotated_path(self._path, 1).exists():
                raise AuditBroken(f"{anchor} is missing: verify the audit by hand", line=1)
            return self._anchor(Head(Link()))
        head = self._chain.read_head(anchor.read_bytes())
        if head is None:
            raise AuditBroken(f"{anchor} was changed, or written with another key", line=1)
        aside = rotated_path(self._path, head.file + 1)
        if aside.exists():  # put aside, and not anchored any more
            link = self._follow(aside, head.link, head.offset)
            head = Head(link, head.file + 1, 0)
        if file.size < head.offset:
            raise AuditBroken(f"{self._path}: its end is missing", line=head.link.sequence)
        link = self._follow(self._path, head.link, head.offset)
        return self._anchor(Head(link, head.file, file.size))

    def _follow(self, path: Path, link: Link, offset: int) -> Link:
        return self._chain.follow(
            link, lines_from(path, offset), file=str(path), first=link.sequence + 1
        )

    def _anchor(self, head: Head) -> Head:
        replace_file(head_path(self._path), self._chain.write_head(head))
        self._head = head
        return head

    def _turn_over(self, file: LineFile) -> LineFile:
        aside = rotated_path(self._path, self._head.file + 1)
        file.close()
        self._file = None
        self._path.rename(aside)
        sync_folder(self._path.parent)
        return self._open()

    def _close(self) -> None:
        with self._turn:
            if self._file is not None:
                self._file.close()
                self._file = None
