"""Scores in, alerts out: rules over bounded state, all in event time. Pure: no I/O, no clock."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from math import inf
from typing import Final

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.alerts import Alert
from genesys_sentiment.model.events import StateChange
from genesys_sentiment.model.results import Record, Score
from genesys_sentiment.scoring.alert_counters import AlertCounters
from genesys_sentiment.scoring.alert_machine import AlertMachine
from genesys_sentiment.scoring.alert_rules import DEFAULT_RULES, Rule, problems_of
from genesys_sentiment.scoring.alert_state import Talk, plain, read, unpack, write
from genesys_sentiment.scoring.deadlines import Deadlines
from genesys_sentiment.scoring.names import shared
from genesys_sentiment.scoring.numbers import is_real
from genesys_sentiment.scoring.packing import pack
from genesys_sentiment.scoring.stints import begins, ends

_FARTHEST: Final = 1e12  # seconds: any event time beyond ±32,000 years is damage
_EVICT_AT_ONCE: Final = 2  # idle conversations forgotten per new one
_ENDED: Final = 10_000  # conversations of which is remembered that they are over
_LEAP: Final = 60.0  # seconds that a tick may come after its deadline before it is a leap
_A_DAY: Final = 86_400.0


class AlertRules:
    """A stage: every record goes on, and alerts follow the one that caused them.

    ``rules`` watch every conversation at once, and do not know of one another; their order does
    not matter. ``grace``: seconds of event time after an agent's part (wrap-up, disconnected) or
    the conversation ended in which a late score still counts (S3-12). ``max_conversations``: held
    at once; beyond it the one longest without a record goes. ``idle_eviction``: seconds of event
    time without a record after which a conversation may go.

    Everything is decided in event time: a score's ``at``, a change's ``at``, else its
    ``received``. ``now`` arguments are the driver's clock, on which ``deadline`` is: the time at
    which event time will have come as far, judging by how late the conversation's newest record
    came. One stage belongs to one task.

    Raises ConfigurationError that lists every problem.
    """

    def __init__(
        self,
        rules: Sequence[Rule] = DEFAULT_RULES,
        *,
        grace: float = 5.0,
        max_conversations: int = 100_000,
        idle_eviction: float = 4 * 3600.0,
    ) -> None:
        _check(rules, grace, max_conversations, idle_eviction)
        self.rules = tuple(sorted(rules, key=lambda rule: rule.id))
        self._machine = AlertMachine(self.rules, grace)
        self._limit = max_conversations
        self._idle = idle_eviction
        # Packed, see alert_state. The least recently touched is first.
        self._talks: dict[str, bytes] = {}
        self._ended: OrderedDict[str, float] = OrderedDict()
        self._deadlines = Deadlines()
        self._heard = self._late = self._unsound = self._changes = self._passed = 0
        self._raised = self._cleared = 0

    def __call__(self, event: Record, now: float) -> Sequence[Record]:
        """``event``, and the alerts that follow from it."""
        if isinstance(event, Score):
            alerts = self._score(event, now)
        elif isinstance(event, StateChange):
            self._changes += 1
            alerts = self._change(event, now)
        else:
            self._passed += 1
            return (event,)
        return (event, *self._counted(alerts)) if alerts else (event,)

    @property
    def deadline(self) -> float | None:
        """When time alone changes something, on the clock of ``tick``; None if it never does."""
        return self._deadlines.earliest

    def tick(self, now: float) -> Sequence[Record]:
        """What is due at ``now`` though no record came, earliest first.

        A tick more than a minute after its deadline is no waiting but a leap of the clock, or a
        consumer that stood still: nothing falls due by it, the wait goes on from there.
        """
        alerts: list[Alert] = []
        for name in [*self._deadlines.due(now)]:
            talk = self._load(name)
            due = self._machine.due(talk)
            if due is not None and now - due - talk.lag > _LEAP:
                talk.lag = now - talk.clock
            else:
                alerts += self._machine.settle(name, talk, now - talk.lag)
            self._store(name, talk)
        return self._counted(alerts)

    def finish(self, now: float) -> Sequence[Record]:
        """Clear the alerts of conversations that ended: no late score will come any more.

        Alerts of conversations that did not end stay up; a snapshot hands them over.
        """
        alerts: list[Alert] = []
        for name in [*self._deadlines.due(inf)]:
            talk = self._load(name)
            if talk.over:
                alerts += self._machine.close(name, talk)
            self._store(name, talk)
        return self._counted(alerts)

    def evict(self, conversation: str) -> None:
        """Forget a conversation without a word: a snapshot of it was handed over."""
        name = plain(conversation)
        self._talks.pop(name, None)
        self._ended.pop(name, None)
        self._deadlines.drop(name)

    def snapshot(self, conversation: str | None = None) -> bytes:
        """One conversation, or all of them, for ``restore``; an unknown one gives an empty one.

        Ids and numbers, no text; not the counters.
        """
        if conversation is None:
            return write(self._talks, dict(self._ended))
        name = plain(conversation)
        talks = {name: self._talks[name]} if name in self._talks else {}
        return write(talks, {name: self._ended[name]} if name in self._ended else {})

    def restore(self, data: bytes) -> None:
        """Take over the conversations of a snapshot; they go on exactly as they would have there.

        They replace conversations of the same name. The same rules must run on both sides: what
        is remembered of a rule that is not here is dropped in silence.
        Raises ConfigurationError for damaged data, and then changes nothing.
        """
        talks, ended = read(data)
        for name in (*talks, *ended):
            self.evict(name)
        for name, packed in talks.items():
            self._store(name, unpack(packed))
        self._ended.update(ended)

    @property
    def counters(self) -> AlertCounters:
        """The accounting so far."""
        counts = (self._heard, self._late, self._unsound, self._changes, self._passed)
        return AlertCounters(
            offered=sum(counts),
            heard=self._heard,
            late=self._late,
            unsound=self._unsound,
            changes=self._changes,
            passed=self._passed,
            raised=self._raised,
            cleared=self._cleared,
            conversations=len(self._talks),
        )

    def _score(self, score: Score, now: float) -> list[Alert]:
        value, at = score.polarity_raw, score.at
        if not is_real(value, -1.0, 1.0) or not is_real(at, -_FARTHEST, _FARTHEST):
            self._unsound += 1
            return []
        name = plain(score.conversation)
        if name in self._ended:
            self._late += 1
            return []
        alerts, talk = self._visit(name, at, now)
        taken = self._machine.hear(talk, score)
        self._heard += taken
        self._late += not taken
        alerts += self._machine.settle(name, talk, talk.clock)
        self._store(name, talk)
        return alerts

    def _change(self, change: StateChange, now: float) -> list[Alert]:
        at = change.received if change.at is None else change.at
        begun, ended = begins(change), ends(change)
        if not is_real(at, -_FARTHEST, _FARTHEST):
            return []
        name = plain(change.conversation)
        if name in self._ended:
            if not begun or at < self._ended[name]:
                return []
            del self._ended[name]  # an asynchronous conversation, or another agent
        tells = begun or ended == "conversation" or (ended is None and change.queue is not None)
        if not tells and name not in self._talks:
            return []
        alerts, talk = self._visit(name, at, now)
        self._machine.change(talk, change, at, begun=begun, ended=ended)
        if ended == "conversation" and not talk.stints:
            talk.closed = max(talk.closed, at)  # before anything of it was heard
        alerts += self._machine.settle(name, talk, talk.clock)
        self._store(name, talk)
        return alerts

    def _visit(self, name: str, at: float, now: float) -> tuple[list[Alert], Talk]:
        """The conversation, as it is when its time has come to ``at``."""
        name = shared(name)
        packed = self._talks.pop(name, None)
        if packed is None:
            alerts = self._make_room(at)
            talk = Talk()
        else:
            self._talks[name] = packed
            talk = unpack(packed)
            alerts = self._machine.settle(name, talk, max(at, talk.clock))
        if at >= talk.clock:
            talk.clock = at
            # A caller's clock a day and more behind the events is none: a replay's, or a test's.
            talk.lag = now - at if now - at > -_A_DAY else 0.0
        return alerts, talk

    def _load(self, name: str) -> Talk:
        return unpack(self._talks[name])

    def _store(self, name: str, talk: Talk) -> None:
        if talk.done:
            self._talks.pop(name, None)
            self._deadlines.drop(name)
            self._ended[name] = talk.closed
            if len(self._ended) > _ENDED:
                self._ended.popitem(last=False)
            return
        name = shared(name)
        self._talks[name] = pack(talk)
        due = self._machine.due(talk)
        if due is None:
            self._deadlines.drop(name)
        else:
            self._deadlines.set(name, due + talk.lag)

    def _make_room(self, at: float) -> list[Alert]:
        """Forget who is idle and, at the bound, who has been silent longest."""
        alerts: list[Alert] = []
        for _ in range(_EVICT_AT_ONCE):
            oldest = next(iter(self._talks), None)
            if oldest is not None and self._load(oldest).clock <= at - self._idle:
                alerts += self._forget_oldest(at)
        while len(self._talks) >= self._limit:
            alerts += self._forget_oldest(None)
        return alerts

    def _forget_oldest(self, at: float | None) -> list[Alert]:
        """``at``: what would have come by then comes first."""
        name = next(iter(self._talks))
        talk = unpack(self._talks.pop(name))
        self._deadlines.drop(name)
        alerts = [] if at is None else self._machine.settle(name, talk, at)
        return alerts + self._machine.drop(name, talk)

    def _counted(self, alerts: list[Alert]) -> Sequence[Alert]:
        raised = sum(alert.state == "raised" for alert in alerts)
        self._raised += raised
        self._cleared += len(alerts) - raised
        return alerts


def _check(rules: Sequence[Rule], grace: float, limit: int, idle: float) -> None:
    problems: list[str] = []
    for position, rule in enumerate(rules):
        candidate: object = rule
        if not isinstance(candidate, Rule):
            problems.append(f"rules[{position}] lacks members of Rule")
        else:
            problems += (f"rules[{position}]: {each}" for each in problems_of(rule))
    if not rules:
        problems.append("rules must hold at least one rule")
    if not problems and len({rule.id for rule in rules}) < len(rules):
        problems.append("no two rules may have the same id")
    for name, value in (("grace", grace), ("idle_eviction", idle)):
        if not is_real(value, 0.0, inf):
            problems.append(f"{name} must be a finite number of at least 0")
    most: object = limit
    if not isinstance(most, int) or not is_real(most, 1, 10_000_000):
        problems.append("max_conversations must be a whole number from 1 to 10,000,000")
    if problems:
        raise ConfigurationError("alert rules: " + "; ".join(problems))
