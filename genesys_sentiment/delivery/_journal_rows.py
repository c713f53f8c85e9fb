"""An entry as a row of the journal and back, and whether a row is still what was written.

Pure: no I/O.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias
from zlib import crc32

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.entries import Entry

Row: TypeAlias = tuple[int, str, str, str | None, float | None, int, bytes]
"""Urgent, id, kind, conversation, at, checksum, body: the columns behind the sequence."""

COLUMNS = "sequence, urgent, id, kind, conversation, at, crc, body"

_PAGE = 4096
_INLINE = 4000
"""Bytes of a row that SQLite still keeps in a page with others."""
_OVERHEAD = 40
"""Bytes of a row beside its texts and its body: numbers, lengths, its place in the page."""


def to_row(entry: Entry) -> Row:
    """What is written of an entry. Raises ConfigurationError for text that UTF-8 cannot hold."""
    at = entry.at
    at = None if at is None or at != at else float(at)  # SQLite has no NaN: it would become NULL
    try:
        crc = _checksum(entry.urgent, entry.id, entry.kind, entry.conversation, at, entry.body)
    except UnicodeEncodeError:
        raise ConfigurationError(
            "an entry's id, kind or conversation holds half of a surrogate pair: give valid text"
        ) from None
    return int(entry.urgent), entry.id, entry.kind, entry.conversation, at, crc, entry.body


def to_entry(row: Sequence[Any]) -> Entry | None:
    """The entry of a row as it was read, texts as bytes; None where it is damaged."""
    sequence, urgent, key, kind, conversation, at, crc, body = row
    try:
        key, kind = key.decode(), kind.decode()
        conversation = None if conversation is None else conversation.decode()
        if crc != _checksum(urgent, key, kind, conversation, at, body):
            return None
    except (AttributeError, TypeError, ValueError):
        return None
    return Entry(
        id=key,
        kind=kind,
        conversation=conversation,
        at=at,
        body=body,
        urgent=bool(urgent),
        sequence=sequence,
    )


def numbered(entry: Entry, sequence: int) -> Entry:
    """The same entry at its place."""
    return Entry(
        id=entry.id,
        kind=entry.kind,
        conversation=entry.conversation,
        at=entry.at,
        body=entry.body,
        urgent=entry.urgent,
        sequence=sequence,
    )


def room_for(row: Row) -> int:
    """About how many bytes of the file a row takes."""
    size = _OVERHEAD + len(row[1]) + len(row[2]) + len(row[3] or "") + len(row[6])
    return size if size <= _INLINE else (size // _PAGE + 2) * _PAGE


def _checksum(
    urgent: int, key: str, kind: str, conversation: str | None, at: float | None, body: bytes
) -> int:
    head = f"{urgent:d}\0{key}\0{kind}\0{conversation!r}\0{at!r}"
    return crc32(body, crc32(head.encode()))
