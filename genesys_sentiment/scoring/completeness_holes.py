"""How much of a conversation lies in gaps. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import inf
from typing import Final

from attrs import frozen
from msgspec import Struct

from genesys_sentiment.model.events import Gap
from genesys_sentiment.scoring.completeness_legs import mark

_OF_STREAM: Final = 1_000
_OF_CONVERSATION: Final = 16


class Hole(Struct, array_like=True, gc=False):
    """A gap. ``key`` is a checksum of what it shares with the same gap told again.

    ``missing`` names what stayed missing after backfill; None while nobody has said.
    """

    key: int
    since: float
    until: float
    missing: tuple[str, ...] | None = None

    def touches(self, since: float, until: float) -> bool:
        """Whether any of it lies between two times."""
        return self.since <= until and self.until >= since


def hole(gap: Gap) -> Hole:
    """The same, for the memory."""
    key = mark(f"{gap.reason}:{gap.since:.3f}")
    return Hole(key, gap.since, max(gap.since, gap.until), gap.unrecovered)


class Holes:
    """The gaps of the whole stream; the oldest are forgotten.

    ``forgotten``: the latest end of one that was.
    """

    def __init__(self, holes: Iterable[Hole] = (), forgotten: float = -inf) -> None:
        self._holes = {each.key: each for each in holes}
        self.forgotten = forgotten

    def __iter__(self) -> Iterator[Hole]:
        return iter(self._holes.values())

    def add(self, new: Hole) -> None:
        """One more, or what became of one."""
        self._holes[new.key] = new
        if len(self._holes) > _OF_STREAM:
            oldest = self._holes.pop(next(iter(self._holes)))
            self.forgotten = max(self.forgotten, oldest.until)


def enter(own: list[Hole], new: Hole) -> None:
    """Add a gap to those of a conversation, or what became of it. Too many become one."""
    for place, each in enumerate(own):
        if each.key == new.key:
            own[place] = new
            return
    own.append(new)
    if len(own) > _OF_CONVERSATION:
        first, second = own[:2]
        both = None
        if first.missing is not None and second.missing is not None:
            both = tuple(sorted({*first.missing, *second.missing}))
        since, until = min(first.since, second.since), max(first.until, second.until)
        own[:2] = [Hole(first.key, since, until, both)]


def between(own: Sequence[Hole], stream: Iterable[Hole], since: float, until: float) -> list[Hole]:
    """The gaps that touch a time, as they are for one conversation.

    What it knows of a gap of its own goes before what the stream does. The stream does not know
    whether a conversation's transcript was found; only that nobody will look for it.
    """
    known = {each.key for each in own}
    found = [each for each in own if each.touches(since, until)]
    for each in stream:
        if each.key not in known and each.touches(since, until):
            given_up = each.missing is not None and "utterances" in each.missing
            found.append(each if given_up else Hole(each.key, each.since, each.until))
    return found


@frozen(kw_only=True)
class Damage:
    """What gaps took: how many, seconds in them, and what backfill could not bring."""

    gaps: int
    missing: float
    unrecovered: tuple[str, ...]


def damage(holes: Sequence[Hole], since: float, until: float) -> Damage:
    """Of gaps between two times. Seconds in several of them count once."""
    missing, reached = 0.0, since
    for each in sorted(holes, key=lambda hole: hole.since):
        if each.missing == ():
            continue
        begin, end = max(each.since, reached), min(each.until, until)
        if end > begin:
            missing += end - begin
            reached = end
    names = {name for each in holes for name in each.missing or ()}
    return Damage(gaps=len(holes), missing=missing, unrecovered=tuple(sorted(names)))
