"""What the alert stage remembers of one conversation: stints, and the scores in them. Pure: no I/O.

Kept packed between two records: as objects it would take four times the memory.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator
from math import isfinite
from operator import attrgetter
from typing import Final

import msgspec
from msgspec import Struct

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.alerts import Evidence
from genesys_sentiment.model.results import Score
from genesys_sentiment.scoring.alert_rules import Heard
from genesys_sentiment.scoring.alert_watch import Watch
from genesys_sentiment.scoring.packing import fold, pack, unfold

VERSION: Final = 2
"""Of the snapshot's form. Another one is refused."""

MAX_STINTS: Final = 8
"""Of one conversation, at the same time: more than that are no people any more."""

EARLIEST: Final = -1e15  # seconds: before every event time that is accepted


class Kept(Struct, array_like=True, frozen=True, gc=False):
    """A score in little memory, ids folded; ``record`` is None where the others tell it."""

    at: float
    value: float
    utterance: bytes | None = None
    sarcasm: bool = False
    record: bytes | None = None


class Track(Struct, array_like=True):
    """One side of a stint: its latest scores, oldest first, and the rules that watch it by id."""

    heard: list[Kept] = []
    watches: dict[str, Watch] = {}


class Stint(Struct, array_like=True):
    """One agent's part of a conversation, from ``since`` to ``until`` (None: not over).

    ``user`` is None while the agent is not known. Ids are folded. ``tracks`` are by side,
    "" for no side.
    """

    since: float
    user: bytes | None = None
    queue: bytes | None = None
    communication: bytes | None = None
    until: float | None = None
    tracks: dict[str, Track] = {}


class Talk(Struct, array_like=True):
    """One conversation. ``clock`` is the newest event time that was seen.

    ``lag`` is how far the caller's clock was ahead of it. ``closed`` is the latest end of a stint
    that was forgotten.
    """

    clock: float = EARLIEST
    lag: float = 0.0
    closed: float = EARLIEST
    queue: bytes | None = None
    stints: list[Stint] = []

    @property
    def over(self) -> bool:
        """Every stint has ended."""
        return all(each.until is not None for each in self.stints)

    @property
    def done(self) -> bool:
        """The last stint was forgotten, and no other begun."""
        return not self.stints and self.closed > EARLIEST

    def open(self) -> Iterator[Stint]:
        """The stints that are not over."""
        return (stint for stint in self.stints if stint.until is None)


class _Snapshot(Struct, kw_only=True):
    version: int
    talks: dict[str, bytes]
    ended: dict[str, float]


def place(talk: Talk, at: float, grace: float) -> Stint | None:
    """The stint that a score of ``at`` belongs to (S3-12).

    The one that began last among those that lasted then; else one whose grace lasted then; else,
    if no agent is known at all, a new one without a name. None: it came too late for its own.
    """
    begun = [each for each in reversed(talk.stints) if each.since <= at]
    for each in begun:
        if each.until is None or at <= each.until:
            return each
    for each in begun:
        if each.until is not None and at <= each.until + grace:
            return each
    if talk.stints or talk.done:
        return None
    stint = Stint(since=at, queue=talk.queue)
    talk.stints.append(stint)
    return stint


def enter(track: Track, heard: Kept, window: int) -> bool:
    """Put a score at its place in time; False if it is older than all of a full window."""
    if len(track.heard) >= window:
        if heard.at < track.heard[0].at:
            return False
        del track.heard[0]
    insort(track.heard, heard, key=attrgetter("at"))
    return True


def hear(score: Score) -> Kept:
    """What is kept of a score."""
    record, conversation = plain(score.id), plain(score.conversation)
    utterance = None if score.utterance is None else plain(score.utterance)
    return Kept(
        score.at,
        score.polarity_raw,
        None if utterance is None else fold(utterance),
        score.sarcasm_flag,
        None if record == _record(conversation, utterance) else fold(record, conversation),
    )


def heard(track: Track) -> list[Heard]:
    """The scores of a side, as a rule sees them."""
    return [Heard(each.at, each.value, text(each.utterance), each.sarcasm) for each in track.heard]


def evidence(kept: Kept, conversation: str) -> Evidence:
    """A score, for an alert."""
    utterance = text(kept.utterance)
    record = (
        _record(conversation, utterance)
        if kept.record is None
        else unfold(kept.record, conversation)
    )
    return Evidence(at=kept.at, value=kept.value, record=record, utterance=utterance)


def text(folded: bytes | None) -> str | None:
    """An id that may be missing."""
    return None if folded is None else unfold(folded)


def plain(name: str) -> str:
    """An id that UTF-8 can say: half a surrogate pair, which is damage, becomes an escape."""
    if name.isascii():
        return name
    return name.encode("utf-8", "backslashreplace").decode()


# Ids of scores repeat the conversation's and mostly the utterance's.
def _record(conversation: str, utterance: str | None) -> str:
    return f"score:utterance:{conversation}:{utterance}"


unpack: Final = msgspec.msgpack.Decoder(Talk).decode
_unpack_snapshot: Final = msgspec.msgpack.Decoder(_Snapshot).decode


def write(talks: dict[str, bytes], ended: dict[str, float]) -> bytes:
    """A snapshot. It holds ids and numbers, no text."""
    return pack(_Snapshot(version=VERSION, talks=talks, ended=ended))


def read(data: bytes) -> tuple[dict[str, bytes], dict[str, float]]:
    """What :func:`write` wrote. Raises ConfigurationError for anything else."""
    try:
        snapshot = _unpack_snapshot(data)
        sound = all(map(isfinite, snapshot.ended.values())) and all(
            _sound(unpack(packed)) for packed in snapshot.talks.values()
        )
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise ConfigurationError("this is not a snapshot of alerts, or it is damaged") from None
    if snapshot.version != VERSION:
        raise ConfigurationError(
            f"snapshot of version {snapshot.version}: this release reads version {VERSION}"
        )
    if not sound:
        raise ConfigurationError("this snapshot of alerts is damaged")
    return snapshot.talks, snapshot.ended


def _sound(talk: Talk) -> bool:
    """Whether it may have been ours; raises ValueError if an id cannot."""
    numbers: list[float | None] = [talk.clock, talk.lag, talk.closed]
    text(talk.queue)
    for stint in talk.stints:
        for folded in (stint.user, stint.queue, stint.communication):
            text(folded)
        numbers += (stint.since, stint.until)
        for track in stint.tracks.values():
            times = [score.at for score in track.heard]
            for score in track.heard:
                evidence(score, "")
            if not times or times != sorted(times):
                return False
            numbers += (*times, *(score.value for score in track.heard))
            for watch in track.watches.values():
                numbers += (watch.began, watch.raised, watch.well, watch.quiet, watch.value)
    return all(each is None or isfinite(each) for each in numbers)
