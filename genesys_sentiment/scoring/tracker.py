"""Numbered state changes in order, each once, none backwards (S4-11 to S4-13). Pure: no I/O."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Sequence
from math import inf

from attrs import evolve

from genesys_sentiment.model.events import Gap, StateChange
from genesys_sentiment.model.results import Record
from genesys_sentiment.scoring.deadlines import Deadlines
from genesys_sentiment.scoring.track import Track, read, write
from genesys_sentiment.scoring.tracker_counters import TrackerCounters
from genesys_sentiment.scoring.transitions import AFTERWARDS, LAST, TrackerPolicy, plain

_FIRST = 1  # numbering begins with 0 or 1: nothing is waited for before these
_SAME_LINE = frozenset({"dropped", "sequence"})  # gaps that are no new connection
_EVICT_AT_ONCE = 2  # idle interactions forgotten per new one: bounded work, and the number falls

_COUNTED = (
    *("offered", "moved", "unchanged", "repeated", "late", "stray", "passed"),
    *("unexpected", "gaps", "restarts", "evicted"),
)


class Tracker:
    """A stage: state changes with a ``sequence`` become transitions; all else comes back as it is.

    A transition is the state change with ``before`` filled in and ``unexpected`` set where the
    policy's table does not know the step. It is never dropped for that. One that repeats a number
    of its interaction, or a state that is known already, gives nothing.

    An event that came too early waits for those before it, ``policy.wait`` seconds by the time of
    arrival (``received``, else ``at``); what did not come by then is a
    ``Gap(reason="sequence")`` with how many, and the events go on. One that comes later than that
    moves nothing: it comes back with ``unexpected`` and the state that holds in ``before``. So
    does one whose number is too far off (``policy.max_jump``), or is known while its time is
    newer than all; when the number after that one follows, numbers go on from there
    (as RFC 3550, A.1 does it) behind a Gap whose ``count`` is None.

    A Gap of the whole stream, but for ``dropped`` and our own, is another connection: its numbers
    may begin again, and its events count from the first one, unless older than what was applied.

    One tracker belongs to one task; it is not safe to share between threads.
    """

    def __init__(self, policy: TrackerPolicy | None = None) -> None:
        self.policy = TrackerPolicy() if policy is None else policy
        self._tracks: OrderedDict[str, Track] = OrderedDict()
        self._whole = Track("")
        self._waiting = Deadlines()
        self._ending = Deadlines()
        self._epoch = 0
        self._held = 0
        self._counts: Counter[str] = Counter()

    def __call__(self, event: Record, now: float) -> Sequence[Record]:
        """What follows from ``event``, after what its time of arrival brings; may be nothing."""
        self._counts["offered"] += 1
        if isinstance(event, StateChange) and event.sequence is not None:
            moment = _moment(event)
            out = self._pass_time(moment)
            count = self._whole
            if self.policy.numbering == "interaction":
                count = self._visit(event.conversation, moment, out)
            if count.epoch != self._epoch:
                count.start_anew(self._epoch)
            self._take(count, event, event.sequence, out)
            return out
        self._counts["passed"] += 1
        if isinstance(event, Gap) and _is_another_line(event):
            # What the old connection did not bring, it will not bring any more.
            out = self._release_all()
            self._epoch += 1
            return [*out, event]
        return (event,)

    @property
    def deadline(self) -> float | None:
        """When the next event has waited long enough; None without one."""
        return self._waiting.earliest

    def tick(self, now: float) -> Sequence[Record]:
        """Let go what has waited long enough at ``now``, and forget what ended long enough ago."""
        return self._pass_time(now)

    def finish(self, now: float) -> Sequence[Record]:
        """Let go everything that waits: what it waits for will not come."""
        return self._release_all()

    def snapshot(self) -> bytes:
        """All that is kept but the counters, for ``restore``. It may hold attributes of events."""
        return write(self._epoch, self._whole, self._tracks.values())

    def restore(self, data: bytes) -> None:
        """Keep what ``snapshot`` gave instead of what is kept now; what it holds counts as offered.

        Raises ConfigurationError for damaged data, and then changes nothing.
        """
        epoch, whole, tracks = read(data)
        self._counts["offered"] -= self._held
        self._epoch, self._whole = epoch, whole
        self._tracks = OrderedDict((track.name, track) for track in tracks)
        self._waiting, self._ending, self._held = Deadlines(), Deadlines(), 0
        for track in (whole, *tracks):
            self._held += len(track.held)
            self._set_deadline(track)
            if track.ends is not None:
                self._ending.set(track.name, track.ends)
        self._counts["offered"] += self._held

    @property
    def counters(self) -> TrackerCounters:
        """The accounting so far."""
        counts = {name: self._counts[name] for name in _COUNTED}
        return TrackerCounters(**counts, held=self._held, conversations=len(self._tracks))

    # -- one event ------------------------------------------------------------------------------

    def _take(self, track: Track, event: StateChange, sequence: int, out: list[Record]) -> None:
        """Apply, hold, refuse or ignore an event, by its number."""
        due = track.due
        if sequence in track.held:
            self._counts["repeated"] += 1
        elif due is None:
            self._hold(track, event, sequence, out)
            if sequence <= _FIRST or sequence == track.continued:
                self._begin(track, sequence, out)
        elif sequence == due:
            track.due = due + 1
            self._apply(track, event, out)
            self._go_on(track, out)
        elif sequence > due:
            if sequence - due > self.policy.max_jump:
                self._stray(track, event, sequence, out)
            else:
                self._hold(track, event, sequence, out)
        else:
            self._behind(track, event, sequence, out)

    def _behind(self, track: Track, event: StateChange, sequence: int, out: list[Record]) -> None:
        """A number that was passed already: again, too late, or of another numbering."""
        missing = track.is_missing(sequence)
        newer = event.at is not None and track.at is not None and event.at > track.at
        far = track.due is not None and track.due - sequence > self.policy.max_jump
        if newer and (far or not missing):
            self._stray(track, event, sequence, out)
        elif missing:
            track.fill(sequence)
            self._refuse(event, "late", out)
        else:
            self._counts["repeated"] += 1

    def _stray(self, track: Track, event: StateChange, sequence: int, out: list[Record]) -> None:
        """A number that does not fit. Two that follow each other are a numbering of their own."""
        if track.suspect is None or sequence != track.suspect + 1:
            track.suspect = sequence
            self._refuse(event, "stray", out)
            return
        self._release(track, inf, out)
        self._counts["restarts"] += 1
        self._gap(track, event, None, out)
        track.count_from(sequence + 1)
        track.fill(sequence)
        track.fill(sequence - 1)
        self._apply(track, event, out)

    def _refuse(self, event: StateChange, why: str, out: list[Record]) -> None:
        """Hand an event back that is not applied."""
        self._counts[why] += 1
        track = self._tracks.get(event.conversation)
        before = None if track is None else track.state
        out.append(evolve(event, before=before, unexpected=True))

    def _apply(self, count: Track, event: StateChange, out: list[Record]) -> None:
        """An event whose turn it is."""
        count.suspect, count.heard = None, event.received
        track = self._visit(event.conversation, _moment(event), out)
        if track.is_outdated(event, count.begun):
            self._refuse(event, "late", out)
            return
        count.note_time(event.at)
        track.note_time(event.at)
        before = track.state
        if before is not None and plain(before) == plain(event.state):
            self._counts["unchanged"] += 1
            return
        unexpected = not self.policy.expects(before, event.state)
        track.state = event.state
        self._counts["moved"] += 1
        self._counts["unexpected"] += unexpected
        out.append(evolve(event, before=before, unexpected=unexpected))
        self._note_end(track, event)

    def _note_end(self, track: Track, event: StateChange) -> None:
        """Keep an interaction for a grace after its end."""
        state = plain(event.state)
        if state in LAST:
            track.ends = _moment(event) + self.policy.grace
            self._ending.set(event.conversation, track.ends)
        elif track.ends is not None and state not in AFTERWARDS:
            track.ends = None
            self._ending.drop(event.conversation)

    # -- waiting --------------------------------------------------------------------------------

    def _hold(self, track: Track, event: StateChange, sequence: int, out: list[Record]) -> None:
        track.held[sequence] = event
        self._held += 1
        if len(track.held) > self.policy.buffer:
            self._release(track, min(track.held), out)
        self._set_deadline(track)

    def _begin(self, track: Track, sequence: int, out: list[Record]) -> None:
        """Count from ``sequence``, and look again at what is held."""
        track.count_from(sequence)
        held = sorted(track.held.items())
        track.held.clear()
        self._held -= len(held)
        for number, event in held:
            self._take(track, event, number, out)
            self._set_deadline(track)

    def _go_on(self, track: Track, out: list[Record]) -> None:
        """Apply what waited for nothing else."""
        while track.due in track.held:
            event = track.held.pop(track.due)
            self._held -= 1
            track.due += 1
            self._apply(track, event, out)
            self._set_deadline(track)

    def _release(self, track: Track, last: float, out: list[Record]) -> None:
        """Wait no longer for what is missing before any held event up to number ``last``."""
        while track.held and (sequence := min(track.held)) <= last:
            if track.due is None:
                self._begin(track, sequence, out)
                continue
            if (missing := track.skip_to(sequence)) > 0:
                self._gap(track, track.held[sequence], missing, out)
            self._go_on(track, out)

    def _release_all(self) -> list[Record]:
        """Everything that waits, of the interaction that has waited longest first."""
        out: list[Record] = []
        for name in self._waiting.due(inf):
            self._release(self._count(name), inf, out)
        return out

    def _gap(self, track: Track, event: StateChange, count: int | None, out: list[Record]) -> None:
        self._counts["gaps"] += 1
        until = _moment(event)
        gap = Gap(
            reason="sequence",
            since=track.heard or until,
            until=until,
            conversation=track.name or None,
            count=count,
        )
        out.append(gap)

    def _set_deadline(self, track: Track) -> None:
        if track.held:
            first = min(map(_moment, track.held.values()))
            self._waiting.set(track.name, first + self.policy.wait)
        else:
            self._waiting.drop(track.name)

    def _pass_time(self, moment: float) -> list[Record]:
        """What has waited long enough at ``moment``; what ended long enough ago is forgotten."""
        out: list[Record] = []
        for name in self._waiting.due(moment):
            track = self._count(name)
            wait = self.policy.wait
            over = [number for number, each in track.held.items() if _moment(each) + wait <= moment]
            self._release(track, max(over), out)
            self._set_deadline(track)
        for name in self._ending.due(moment):
            self._forget(name, out)
        return out

    # -- interactions ---------------------------------------------------------------------------

    def _visit(self, name: str, moment: float, out: list[Record]) -> Track:
        """What is kept of an interaction; a new one finds its room."""
        track = self._tracks.get(name)
        if track is None:
            self._make_room(moment, out)
            track = self._tracks[name] = Track(name, self._epoch)
        else:
            self._tracks.move_to_end(name)
        track.touched = moment
        return track

    def _count(self, name: str) -> Track:
        return self._tracks[name] if name else self._whole

    def _make_room(self, moment: float, out: list[Record]) -> None:
        tracks, policy = self._tracks, self.policy
        for _ in range(_EVICT_AT_ONCE):
            if tracks and next(iter(tracks.values())).touched <= moment - policy.idle_eviction:
                self._forget(next(iter(tracks)), out)
        while len(tracks) >= policy.max_conversations:
            self._forget(next(iter(tracks)), out)

    def _forget(self, name: str, out: list[Record]) -> None:
        self._release(self._tracks[name], inf, out)
        del self._tracks[name]
        self._waiting.drop(name)
        self._ending.drop(name)
        self._counts["evicted"] += 1


def _moment(event: StateChange) -> float:
    """When an event arrived, as far as it knows: the clock of waiting."""
    return event.received or event.at or 0.0


def _is_another_line(gap: Gap) -> bool:
    """Whether a gap is another connection, told for the first time."""
    told_again = gap.unrecovered is not None
    return gap.conversation is None and gap.reason not in _SAME_LINE and not told_again
