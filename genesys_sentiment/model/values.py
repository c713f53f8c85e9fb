"""Small things that several values share. Pure: no I/O."""

from __future__ import annotations

from enum import Enum
from hashlib import blake2b
from typing import Final, Literal, TypeAlias


class Absent(Enum):
    """The type of :data:`ABSENT`."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> Literal[False]:
        return False

    # Enum's own hashes the name, in Python, and this is hashed for every reading.
    __hash__ = object.__hash__


ABSENT: Final = Absent.ABSENT
"""The field was not in the message. Not null (None), not 0.0: three different statements."""

Side: TypeAlias = Literal["customer", "agent"]
"""Who spoke. None where the platform named neither or both."""

Polarity: TypeAlias = Literal["positive", "neutral", "negative"]
"""The label of a sentiment."""

Source: TypeAlias = Literal["live", "backfill"]


def fingerprint(content: str | bytes) -> str:
    """16 hexadecimal digits that stand for a content without showing it."""
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    return blake2b(data, digest_size=8).hexdigest()
