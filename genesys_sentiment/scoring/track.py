"""What the tracker remembers of one interaction, and how that is written down. Pure: no I/O."""

from __future__ import annotations

import json
from collections.abc import Iterable

import msgspec
from attrs import define, evolve, field

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.events import StateChange

VERSION = 1
"""Of the snapshot's form. Another one is refused."""

_MAX_HOLES = 64  # ranges of missing numbers of one interaction; the lowest is forgotten first


@define
class Track:
    """The state of one interaction, and a count of numbers. Times are seconds since the epoch.

    ``name`` is the interaction's id; empty for a count of the whole stream, which has no state.

    The count: ``epoch`` is the connection's number. ``due`` is the sequence that comes next, None
    until counting began in this epoch; ``continued`` would continue the last epoch. ``holes`` are
    first and last of the ranges below ``due`` that did not come. ``held`` are events, by sequence,
    that wait for earlier ones. ``suspect`` is a sequence that did not fit. ``begun`` says how often
    counting began, ``heard`` when the last event of the count was received.

    The state: ``state`` and ``at`` are of what was applied last (``at`` of the count as well),
    ``floor`` is the ``at`` with which counting began for the time in ``since``: nothing older is
    applied. ``touched`` is when the last event came, ``ends`` when all this is forgotten.
    """

    name: str
    epoch: int = 0
    due: int | None = None
    continued: int | None = None
    holes: list[tuple[int, int]] = field(factory=list)
    held: dict[int, StateChange] = field(factory=dict)
    suspect: int | None = None
    begun: int = 0
    heard: float = 0.0
    state: str | None = None
    at: float | None = None
    floor: float | None = None
    since: int = 0
    touched: float = 0.0
    ends: float | None = None

    def start_anew(self, epoch: int) -> None:
        """Another connection: numbers may begin again, the state stays."""
        self.epoch = epoch
        self.continued, self.due, self.suspect = self.due, None, None
        self.holes = []

    def count_from(self, sequence: int) -> None:
        """The next number is this one; none below it came."""
        self.due = sequence
        self.holes = [(0, sequence - 1)] if sequence else []
        self.suspect = None
        self.begun += 1

    def is_outdated(self, event: StateChange, begun: int) -> bool:
        """Whether an event is older than what was applied before counting began."""
        if self.since != begun:
            self.since, self.floor = begun, self.at
        return self.floor is not None and event.at is not None and event.at < self.floor

    def note_time(self, at: float | None) -> None:
        """Something of this time was applied."""
        if at is not None and (self.at is None or at > self.at):
            self.at = at

    def skip_to(self, sequence: int) -> int:
        """The numbers up to this one are missing; how many that are."""
        due = sequence if self.due is None else self.due
        if sequence > due:
            self.holes.append((due, sequence - 1))
            del self.holes[:-_MAX_HOLES]
        self.due = sequence
        return sequence - due

    def is_missing(self, sequence: int) -> bool:
        """Whether a number below the next one never came."""
        return any(first <= sequence <= last for first, last in self.holes)

    def fill(self, sequence: int) -> None:
        """A missing number came after all."""
        parts = []
        for first, last in self.holes:
            if first <= sequence <= last:
                parts += [(first, sequence - 1), (sequence + 1, last)]
            else:
                parts.append((first, last))
        self.holes = [(first, last) for first, last in parts if first <= last][-_MAX_HOLES:]


class _Entry(msgspec.Struct, kw_only=True):
    track: Track
    # JSON has no numbers as keys: the events know theirs.
    held: list[StateChange]


class _Snapshot(msgspec.Struct, kw_only=True):
    version: int
    epoch: int
    whole: _Entry
    tracks: list[_Entry]


def write(epoch: int, whole: Track, tracks: Iterable[Track]) -> bytes:
    """A snapshot in JSON. It holds the attributes of events that wait: treat it as such."""
    entries = list(map(_entry, tracks))
    snapshot = _Snapshot(version=VERSION, epoch=epoch, whole=_entry(whole), tracks=entries)
    # The standard encoder escapes lone surrogates; msgspec's own refuses texts that have them.
    return json.dumps(msgspec.to_builtins(snapshot), separators=(",", ":")).encode("ascii")


def read(data: bytes) -> tuple[int, Track, list[Track]]:
    """What ``write`` wrote. Raises ConfigurationError for anything else."""
    try:
        snapshot = msgspec.convert(json.loads(data), _Snapshot)
    # The cause is not chained: it may quote an event's attributes.
    except (ValueError, TypeError, RecursionError):
        raise ConfigurationError("this is not a tracker's snapshot, or it is damaged") from None
    if snapshot.version != VERSION:
        raise ConfigurationError(
            f"snapshot of version {snapshot.version}: this release reads version {VERSION}"
        )
    whole, tracks = _track(snapshot.whole), list(map(_track, snapshot.tracks))
    names = {track.name for track in (whole, *tracks)}
    if whole.name or len(names) <= len(tracks):
        raise ConfigurationError("this tracker's snapshot is damaged")
    return snapshot.epoch, whole, tracks


def _entry(track: Track) -> _Entry:
    return _Entry(track=evolve(track, held={}), held=list(track.held.values()))


def _track(entry: _Entry) -> Track:
    track = entry.track
    for event in entry.held:
        if event.sequence is None or track.name not in ("", event.conversation):
            raise ConfigurationError("this tracker's snapshot is damaged")
        track.held[event.sequence] = event
    return track
