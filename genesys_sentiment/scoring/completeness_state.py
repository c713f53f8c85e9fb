"""What completeness remembers of a conversation: checksums and numbers, no text. Pure: no I/O.

Kept packed between two events: as objects it would take several times the memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Final

import msgspec
from msgspec import Struct

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.events import StateChange, Utterance
from genesys_sentiment.scoring import packing
from genesys_sentiment.scoring.completeness_holes import Hole
from genesys_sentiment.scoring.completeness_legs import Legs, mark, opens

VERSION: Final = 1
"""Of the snapshot's form. Another one is refused."""

_PENDING: Final = 64  # utterances of which only revisions came
_RECENT: Final = 16  # utterances that are final: a revision that comes after one says nothing


class Life(Struct, array_like=True, gc=False):
    """One conversation. Times are local: when something arrived.

    ``began`` is of its first event, ``touched`` of its last. ``over``: of its end, None while it
    lasts. ``heard``: of the last thing said after it, ``latest`` of the last final one.
    ``verdict``: the platform's final sentiment came. ``pending`` and ``recent`` are checksums of
    utterances, ``unfinished`` counts those that ``pending`` had no room for.
    """

    began: float
    touched: float
    count: int = 1
    calls: Legs = msgspec.field(default_factory=Legs)
    sessions: Legs = msgspec.field(default_factory=Legs)
    over: float | None = None
    heard: float | None = None
    latest: float | None = None
    verdict: bool = False
    utterances: int = 0
    revisions: int = 0
    readings: int = 0
    late: int = 0
    unfinished: int = 0
    pending: list[int] = []
    recent: list[int] = []
    holes: list[Hole] = []

    @property
    def legs(self) -> Legs:
        """Those whose end is its own: transcription tells of it where nothing else does."""
        return self.calls if self.calls.seen else self.sessions

    @property
    def ended(self) -> float | None:
        """When it ended: on the platform's clock if it said, else when that arrived."""
        return self.over if self.over is None or self.legs.shut is None else self.legs.shut

    def hear(self, utterance: Utterance, moment: float) -> None:
        """Something was said, or said better."""
        after = self.over is not None and moment > self.over
        key = mark(utterance.utterance)
        if utterance.final:
            self.utterances += 1
            if key in self.pending:
                self.pending.remove(key)
            self.recent.append(key)
            del self.recent[:-_RECENT]
            if after and utterance.source == "live":
                self.late += 1
                self.latest = moment if self.latest is None else max(self.latest, moment)
        else:
            self.revisions += 1
            if key not in self.pending and key not in self.recent:
                self.pending.append(key)
                if len(self.pending) > _PENDING:
                    del self.pending[0]
                    self.unfinished += 1
        if after:
            self.heard = moment if self.heard is None else max(self.heard, moment)

    def go_on(self) -> None:
        """It did not end after all: nothing was late."""
        self.over = self.heard = self.latest = None
        self.late, self.verdict = 0, False
        self.calls.shut = self.sessions.shut = None


class Past(Struct, array_like=True, gc=False):
    """A conversation that was told as completed, for the ``count``-th time.

    ``over`` is False where no end was seen, ``calls`` where only transcription told of one.
    ``shut``: when it ended on the platform's clock, None where that is not known.
    """

    count: int
    over: bool
    calls: bool
    shut: float | None = None

    def goes_on(self, told: object) -> bool:
        """Whether an event says that it is not over after all. A late transcript does not."""
        if not self.over:
            return True
        if not isinstance(told, StateChange) or not opens(told):
            return False
        if self.calls and told.subject == "transcription":
            return False
        return told.at is None or self.shut is None or told.at > self.shut


class Kept(Struct, kw_only=True):
    """A snapshot. ``clock`` and ``lag`` as of the stage; None where nothing came."""

    version: int = VERSION
    clock: float | None
    lag: float
    lives: dict[str, bytes]
    past: dict[str, Past]
    holes: list[Hole]
    forgotten: float | None


pack: Final = packing.pack
unpack: Final = msgspec.msgpack.Decoder(Life).decode
_read: Final = msgspec.msgpack.Decoder(Kept).decode


def read(data: bytes) -> tuple[Kept, Mapping[str, Life]]:
    """A snapshot, and its conversations. Raises ConfigurationError for anything else."""
    try:
        kept = _read(data)
        lives = {name: unpack(packed) for name, packed in kept.lives.items()}
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise ConfigurationError(
            "this is not a snapshot of completeness, or it is damaged"
        ) from None
    if kept.version != VERSION:
        raise ConfigurationError(
            f"snapshot of version {kept.version}: this release reads version {VERSION}"
        )
    times = [kept.clock, kept.lag, kept.forgotten, *(each.shut for each in kept.past.values())]
    times += [time for each in kept.holes for time in (each.since, each.until)]
    times += [time for life in lives.values() for time in _times(life)]
    if not all(time is None or isfinite(time) for time in times):
        raise ConfigurationError("this snapshot of completeness is damaged")
    return kept, lives


def _times(life: Life) -> Iterable[float | None]:
    yield from (life.began, life.touched, life.over, life.heard, life.latest)
    yield from (life.calls.shut, life.sessions.shut)
    for hole in life.holes:
        yield from (hole.since, hole.until)
