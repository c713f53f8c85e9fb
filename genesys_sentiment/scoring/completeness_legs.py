"""Which communications of a conversation are not over yet. Pure: no I/O.

Dialects and topics name the same communication in several ways: by its id, by its participant and
medium only (topics of one medium), or not at all (the conversation as a whole).
"""

from __future__ import annotations

from typing import Final
from zlib import crc32

from msgspec import Struct

from genesys_sentiment.model.events import StateChange
from genesys_sentiment.scoring.transitions import plain

_NOT_A_LEG: Final = frozenset({"hold", "acw", "wrapup"})
_OVER: Final = frozenset({"acw", "completed", "disconnected", "ended", "terminated", "wrapup"})
_OPEN: Final = 256  # communications of one conversation
_CLOSED: Final = 16  # of which is remembered that they are over


class Legs(Struct, array_like=True, gc=False):
    """The communications, or the transcription sessions, of a conversation.

    ``open``: those that are not over, and whose they are; ``closed``: the last that are. Both as
    checksums. ``shut``: the latest time of an end, on the platform's clock, None where it named
    none.
    """

    open: dict[int, int] = {}
    closed: list[int] = []
    shut: float | None = None

    @property
    def seen(self) -> bool:
        """Whether there was any."""
        return bool(self.open or self.closed)

    @property
    def over(self) -> bool:
        """Whether there was one, and none is left."""
        return bool(self.closed) and not self.open


def mark(text: str) -> int:
    """A checksum that stands for an id: a tenth of its size."""
    return crc32(text.encode("utf-8", "surrogatepass"))


def opens(change: StateChange) -> bool | None:
    """Whether a communication is not over (True), or is (False); None if it tells of none.

    After-call work and wrap-up are none: what was said is complete without them.
    """
    if change.subject in _NOT_A_LEG:
        return None
    if change.subject == "transcription":
        return change.state != "SESSION_ENDED"
    if change.subject == "detail":
        if change.state.endswith(".start"):
            return True
        return False if change.state.endswith(".end") or change.state in _OVER else None
    return plain(change.state) not in _OVER


def note(legs: Legs, change: StateChange, at: float | None) -> None:
    """A communication is not over, or is; ``at`` is the platform's time of that, if it is one."""
    medium = mark(f"/{change.subject}")
    owner = mark(f"{change.participant or ''}/{change.subject}")
    named = None if change.communication is None else mark(change.communication)
    if opens(change):
        _open(legs, change, at, named, owner, medium)
    else:
        _close(legs, at, named, owner, medium)


def _open(
    legs: Legs, change: StateChange, at: float | None, named: int | None, owner: int, medium: int
) -> None:
    key = owner if named is None else named
    if key in legs.closed:
        if at is not None and legs.shut is not None and at < legs.shut:
            return  # it came late: the end is known
        legs.closed.remove(key)
    if key != medium:
        legs.open.pop(medium, None)  # the whole has parts now
    if named is not None:
        legs.open.pop(owner, None)  # and this one has a name
    elif owner in legs.open.values() or (owner == medium and legs.open):
        return
    if key not in legs.open and len(legs.open) >= _OPEN:
        return
    if change.subject != "detail" or key not in legs.open:
        legs.open[key] = owner


def _close(legs: Legs, at: float | None, named: int | None, owner: int, medium: int) -> None:
    key = owner if named is None else named
    if named is None:
        of_owner = [each for each, whose in legs.open.items() if whose == owner]
        # Nobody's end is everybody's.
        gone = [*legs.open] if owner == medium else of_owner[:1]
    else:
        gone = [named, owner]
    found = [each for each in (*gone, medium) if legs.open.pop(each, None) is not None]
    if not found and key in legs.closed:
        return  # said again
    for each in (*found, key):
        if each not in legs.closed:
            legs.closed.append(each)
    del legs.closed[:-_CLOSED]
    if at is not None and (legs.shut is None or at > legs.shut):
        legs.shut = at
