"""When nothing more is to be expected of a conversation, and how much of it was heard.

Pure: no I/O. ``docs/late-truth.md`` says why a conversation's end is not the end of what is told.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from math import inf
from typing import Final, TypeAlias

from genesys_sentiment.model.completed import Completed, Ending
from genesys_sentiment.model.events import (
    Gap,
    Message,
    Reading,
    StateChange,
    Suggestion,
    Suggestions,
    Utterance,
)
from genesys_sentiment.model.results import Record, Score, Skipped
from genesys_sentiment.scoring.alert_state import plain
from genesys_sentiment.scoring.arrivals import ArrivalClock
from genesys_sentiment.scoring.completeness_counters import CompletenessCounters
from genesys_sentiment.scoring.completeness_figures import calm, figures
from genesys_sentiment.scoring.completeness_holes import Holes, between, enter, hole
from genesys_sentiment.scoring.completeness_legs import note, opens
from genesys_sentiment.scoring.completeness_rules import CompletenessRules
from genesys_sentiment.scoring.completeness_state import Kept, Life, Past, pack, read, unpack
from genesys_sentiment.scoring.deadlines import Deadlines
from genesys_sentiment.scoring.numbers import is_real
from genesys_sentiment.scoring.window import TICK

_FARTHEST: Final = 1e12  # seconds: any time beyond ±32,000 years is damage
_LEAP: Final = 60.0  # seconds that a tick may come after its deadline before it is a leap
_PAST: Final = 10_000  # completed conversations that are remembered

_Told: TypeAlias = Utterance | Reading | StateChange | Message | Suggestion | Suggestions
_TOLD: Final = (Utterance, Reading, StateChange, Message, Suggestion, Suggestions)


class Completeness:
    """A stage: every record goes on, and a ``Completed`` follows when a conversation is complete.

    The first stage of a pipeline, or one behind a scorer. A conversation ends when every
    communication that state changes told of is over (where only transcription is followed: every
    session), and is complete a grace later. It goes on if a communication is opened again.

    All is decided by when events arrived (``received``; ``now`` where they do not say), because
    late is what arrives late: the platform's clock decides nothing. ``now`` arguments are the
    driver's clock, on which ``deadline`` is. One stage belongs to one task.
    """

    def __init__(self, rules: CompletenessRules | None = None) -> None:
        self.rules = CompletenessRules() if rules is None else rules
        # Packed, see completeness_state. The least recently touched is first.
        self._lives: OrderedDict[str, bytes] = OrderedDict()
        self._past: OrderedDict[str, Past] = OrderedDict()
        self._holes = Holes()
        self._deadlines = Deadlines()  # of those that ended
        self._idle_at = inf  # nobody is idle before
        self._held: set[str] = set()  # waited for because of gaps alone
        self._clock = ArrivalClock()
        self._observed = self._after = self._passed = self._completed = self._withdrawn = 0

    def __call__(self, event: Record, now: float) -> Sequence[Record]:
        """What was due before ``event``, ``event``, and what is complete by it."""
        told = event.event if isinstance(event, Score | Skipped) else event
        if isinstance(told, Gap):
            return (event, *self._gap(told, now))
        if not isinstance(told, _TOLD):
            self._passed += 1
            return (event,)
        moment = self._clock.note(told.received, now)
        reached = self._clock.at(now)
        before = self._due(reached)
        name = plain(told.conversation)
        if name in self._past and not self._past[name].goes_on(told):
            late = isinstance(told, Utterance | Reading)
            self._after += late
            self._passed += not late
            return (*before, event)
        self._observed += 1
        before += self._visit(name, reached)
        life = self._load(name)
        self._take(name, life, told, moment)
        return (*before, event, *self._store(name, life, reached))

    @property
    def deadline(self) -> float | None:
        """When time alone completes something, on the clock of ``tick``; None if it never does."""
        ending = self._deadlines.earliest
        due = self._idle_at if ending is None else min(ending, self._idle_at)
        return None if due == inf else due + self._clock.lag

    def tick(self, now: float) -> Sequence[Record]:
        """What is complete at ``now`` though no record came, earliest first.

        Nothing is by a tick more than a minute after its deadline: the clock leapt, or a consumer
        stood still, and what came meanwhile has not been heard yet.
        """
        due = self.deadline
        if due is None or (now - due > _LEAP and self._clock.wait_from(now)):
            return ()
        return self._due(now - self._clock.lag)

    def finish(self, now: float) -> Sequence[Record]:
        """The conversations that ended: no late word will come any more on this stream.

        Nothing is said of those that did not end; a snapshot hands them over.
        """
        at = self._clock.at(now)
        return [
            self._complete(name, self._load(name), "stream_ended", at)
            for name in [*self._deadlines.due(inf)]
        ]

    def snapshot(self) -> bytes:
        """All that is known but the counters, for ``restore``: ids and numbers, no text."""
        forgotten = self._holes.forgotten
        return pack(
            Kept(
                clock=self._clock.newest,
                lag=self._clock.lag,
                lives=dict(self._lives),
                past=dict(self._past),
                holes=[*self._holes],
                forgotten=None if forgotten == -inf else forgotten,
            )
        )

    def restore(self, data: bytes) -> None:
        """Know what ``snapshot`` knew instead of what is known now.

        Raises ConfigurationError for damaged data, and then changes nothing.
        """
        kept, lives = read(data)
        self._clock = ArrivalClock(kept.clock, kept.lag)
        self._lives, self._past = OrderedDict(kept.lives), OrderedDict(kept.past)
        self._holes = Holes(kept.holes, -inf if kept.forgotten is None else kept.forgotten)
        self._deadlines, self._held = Deadlines(), set()
        for name, life in lives.items():
            if life.over is not None:
                self._deadlines.set(name, self._calm(name, life))
        first = next(iter(lives.values()), None)
        self._idle_at = inf if first is None else first.touched + self.rules.idle_eviction

    @property
    def counters(self) -> CompletenessCounters:
        """The accounting so far."""
        return CompletenessCounters(
            offered=self._observed + self._after + self._passed,
            observed=self._observed,
            after=self._after,
            passed=self._passed,
            completed=self._completed,
            withdrawn=self._withdrawn,
            conversations=len(self._lives),
            ending=len(self._deadlines),
        )

    # -- what comes -----------------------------------------------------------------------------

    def _take(self, name: str, life: Life, told: _Told, moment: float) -> None:
        if isinstance(told, Utterance):
            life.hear(told, moment)
        elif isinstance(told, Reading):
            life.readings += 1
            if told.utterance is None and (told.source == "backfill" or life.over is not None):
                life.verdict = True
        elif isinstance(told, StateChange):
            self._change(name, life, told, moment)

    def _change(self, name: str, life: Life, change: StateChange, moment: float) -> None:
        if opens(change) is None:
            return
        at = change.at if is_real(change.at, -_FARTHEST, _FARTHEST) else None
        note(life.sessions if change.subject == "transcription" else life.calls, change, at)
        if life.legs.over:
            life.over = moment if life.over is None else life.over
        elif life.over is not None:
            self._withdrawn += 1
            self._deadlines.drop(name)
            self._held.discard(name)
            life.go_on()

    def _gap(self, gap: Gap, now: float) -> list[Completed]:
        name = None if gap.conversation is None else plain(gap.conversation)
        sound = all(is_real(each, -_FARTHEST, _FARTHEST) for each in (gap.since, gap.until))
        # What became of a gap is no sign of life.
        unknown = name is not None and name not in self._lives and gap.unrecovered is not None
        if not sound or unknown or name in self._past:
            self._passed += 1
            return []
        self._observed += 1
        if name is None:
            self._holes.add(hole(gap))
            released = [each for name in [*self._held] for each in self._release(name, now)]
            return sorted(released, key=lambda each: (each.at, each.conversation))
        evicted = [] if name in self._lives else self._visit(name, self._clock.at(now))
        life = self._load(name)
        if gap.reason == "joined_late":
            life.began = min(life.began, gap.since)
        enter(life.holes, hole(gap))
        self._lives[name] = pack(life)
        return [*evicted, *self._release(name, now)]

    def _release(self, name: str, now: float) -> list[Completed]:
        """Wait no longer for gaps of which has been told what became of them."""
        at = self._clock.at(now)
        if name not in self._held or self._unsettled(self._load(name), at):
            return []
        self._held.remove(name)
        life = self._load(name)
        calm = self._calm(name, life)
        if calm <= at + TICK:
            return [self._complete(name, life, "ended", max(calm, at))]
        self._deadlines.set(name, calm)
        return []

    # -- conversations --------------------------------------------------------------------------

    def _visit(self, name: str, at: float) -> list[Completed]:
        """See that a conversation is known, and the one that was touched last."""
        evicted: list[Completed] = []
        if name not in self._lives:
            while len(self._lives) >= self.rules.max_conversations:
                oldest, packed = next(iter(self._lives.items()))
                evicted.append(self._complete(oldest, unpack(packed), "evicted", at))
            past = self._past.pop(name, None)
            count = 1 if past is None else past.count + 1
            self._lives[name] = pack(Life(at, at, count))
            self._idle_at = min(self._idle_at, at + self.rules.idle_eviction)
        self._lives.move_to_end(name)
        return evicted

    def _load(self, name: str) -> Life:
        return unpack(self._lives[name])

    def _store(self, name: str, life: Life, at: float) -> list[Completed]:
        """Keep a conversation, or tell that it is complete, if this was all that it waited for."""
        life.touched = max(life.touched, at)
        self._lives[name] = pack(life)
        if life.over is None:
            return []
        due = self._calm(name, life)
        if due <= at:
            return self._ripe(name, life, at)
        self._deadlines.set(name, due)
        return []

    def _calm(self, name: str, life: Life) -> float:
        return calm(self.rules, life, held=name in self._held)

    def _unsettled(self, life: Life, at: float) -> bool:
        found = between(life.holes, self._holes, life.began, at)
        return any(each.missing is None for each in found)

    def _due(self, to: float) -> list[Completed]:
        """What time brings until ``to``."""
        found: list[Completed] = []
        while names := [*self._deadlines.due(to + TICK)]:
            for name in names:
                life = self._load(name)
                found += self._ripe(name, life, self._calm(name, life))
        while self._idle_at <= to + TICK:
            oldest = next(iter(self._lives))
            life = self._load(oldest)
            self._idle_at = life.touched + self.rules.idle_eviction
            if self._idle_at <= to + TICK:
                reason: Ending = "idle" if life.over is None else "ended"
                found.append(self._complete(oldest, life, reason, self._idle_at))
        return found

    def _ripe(self, name: str, life: Life, at: float) -> list[Completed]:
        """Tell that a conversation is complete, unless it waits for its gaps now."""
        patience, over = self.rules.gaps, life.over or 0.0
        waited = patience is None or name in self._held or at >= over + patience
        if waited or not self._unsettled(life, at):
            return [self._complete(name, life, "ended", at)]
        self._held.add(name)
        self._deadlines.set(name, self._calm(name, life))
        return []

    def _complete(self, name: str, life: Life, reason: Ending, at: float) -> Completed:
        """Forget a conversation, but for what tells whether it goes on."""
        del self._lives[name]
        if not self._lives:
            self._idle_at = inf
        self._deadlines.drop(name)
        self._held.discard(name)
        self._past[name] = Past(life.count, life.over is not None, life.calls.seen, life.legs.shut)
        if len(self._past) > _PAST:
            self._past.popitem(last=False)
        self._completed += 1
        return figures(name, life, self._holes, reason, at)
