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
from genesys_sentiment.scoring.packing import pack

VERSION: Final = 1
"""Of the snapshot's form. Another one is refused."""

MAX_STINTS: Final = 8
"""Of one conversation, at the same time: more than that are no people any more."""

EARLIEST: Final = -1e15  # seconds: before every event time that is accepted


class Track(Struct, array_like=True):
    """One side of a stint: its latest scores, oldest first, and the rules that watch it by id."""

    heard: list[Heard] = []
    watches: dict[str, Watch] = {}


class Stint(Struct, array_like=True):
    """One agent's part of a conversation, from ``since`` to ``until`` (None: not over).

    ``user`` is None while the agent is not known. ``tracks`` are by side, "" for no side.
    """

    since: float
    user: str | None = None
    queue: str | None = None
    communication: str | None = None
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
    queue: str | None = None
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


def enter(track: Track, heard: Heard, window: int) -> bool:
    """Put a score at its place in time; False if it is older than all of a full window."""
    if len(track.heard) >= window:
        if heard.at < track.heard[0].at:
            return False
        del track.heard[0]
    insort(track.heard, heard, key=attrgetter("at"))
    return True


def hear(score: Score) -> Heard:
    """What is kept of a score."""
    return Heard(
        at=score.at,
        value=score.polarity_raw,
        utterance=None if score.utterance is None else plain(score.utterance),
        sarcasm=score.sarcasm_flag,
        record=_short(plain(score.id), score.conversation, score.utterance),
    )


def evidence(heard: Heard, conversation: str) -> Evidence:
    """The same, for an alert."""
    record = _long(heard.record, conversation, heard.utterance)
    return Evidence(at=heard.at, value=heard.value, record=record, utterance=heard.utterance)


def plain(name: str) -> str:
    """An id that UTF-8 can say: half a surrogate pair, which is damage, becomes an escape."""
    if name.isascii():
        return name
    return name.encode("utf-8", "backslashreplace").decode()


# Ids of scores repeat the conversation's and mostly the utterance's: only the rest is kept.
def _short(record: str, conversation: str, utterance: str | None) -> str | None:
    if record == _long(None, conversation, utterance):
        return None
    return record.replace(conversation, "\0", 1)


def _long(record: str | None, conversation: str, utterance: str | None) -> str:
    if record is None:
        return f"score:utterance:{conversation}:{utterance}"
    return record.replace("\0", conversation, 1)


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
    numbers: list[float | None] = [talk.clock, talk.lag, talk.closed]
    for stint in talk.stints:
        numbers += (stint.since, stint.until)
        for track in stint.tracks.values():
            times = [each.at for each in track.heard]
            if not times or times != sorted(times):
                return False
            numbers += (*times, *(each.value for each in track.heard))
            for watch in track.watches.values():
                numbers += (watch.began, watch.raised, watch.well, watch.quiet, watch.value)
    return all(each is None or isfinite(each) for each in numbers)
