"""Is the data itself sound? Findings for an administrator, not for a supervisor. Pure: no I/O.

What an alert rule cannot see, because nothing arrives: S3-01, S3-02, S3-13 and S3-17.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Final

from genesys_sentiment.model.alerts import Diagnosis
from genesys_sentiment.model.events import Reading, StateChange
from genesys_sentiment.model.results import Record, Score, Skipped
from genesys_sentiment.scoring.alert_state import plain
from genesys_sentiment.scoring.deadlines import Deadlines
from genesys_sentiment.scoring.diagnosis_queues import Queues
from genesys_sentiment.scoring.diagnosis_state import Call, read, unpack, write
from genesys_sentiment.scoring.diagnostic_figures import DiagnosticFigures, finding
from genesys_sentiment.scoring.names import shared
from genesys_sentiment.scoring.numbers import is_real
from genesys_sentiment.scoring.packing import fold, pack
from genesys_sentiment.scoring.stints import begins, ends
from genesys_sentiment.scoring.window import TICK

_FARTHEST: Final = 1e12  # seconds: any event time beyond ±32,000 years is damage
_MOMENT: Final = 0.001  # the platform's times are whole milliseconds
_A_DAY: Final = 86_400.0
_LEAP: Final = 60.0  # seconds that a tick may come after its deadline before it is a leap
_EVICT_AT_ONCE: Final = 2  # idle conversations forgotten per new one


class Diagnostics:
    """A stage: every record goes on, and findings follow the one that caused them.

    Each finding is raised once and cleared once: when the contrary is seen, or its conversation
    ends. Times are event times; ``deadline`` is on the clock of ``tick``, as of
    :class:`~genesys_sentiment.scoring.alerts.AlertRules`. One stage belongs to one task.
    """

    def __init__(self, figures: DiagnosticFigures | None = None) -> None:
        self.figures = DiagnosticFigures() if figures is None else figures
        # Packed, see diagnosis_state. The least recently touched is first.
        self._calls: dict[str, bytes] = {}
        self._queues = Queues(self.figures)
        self._deadlines = Deadlines()

    def __call__(self, event: Record, now: float) -> Sequence[Record]:
        """``event``, and what is found by it."""
        if isinstance(event, Score | Skipped):
            return (event, *self._result(event, now))
        if isinstance(event, StateChange):
            return (event, *self._change(event, now))
        return (event,)

    @property
    def deadline(self) -> float | None:
        """When a gap or the end of a grace is due, on the clock of ``tick``; None without one."""
        return self._deadlines.earliest

    def tick(self, now: float) -> Sequence[Record]:
        """What is due at ``now`` though no record came, earliest first.

        Nothing falls due by a tick more than a minute after its deadline: the clock leapt.
        """
        found: list[Diagnosis] = []
        for name in [*self._deadlines.due(now)]:
            call = unpack(self._calls[name])
            due = self._due(call)
            if due is not None and now - due - call.lag > _LEAP:
                call.lag = now - call.clock
            else:
                found += self._settle(name, call, now - call.lag)
            if name in self._calls:
                self._store(name, call)
        return found

    def finish(self, now: float) -> Sequence[Record]:
        """Count the conversations that ended: no late score will come any more."""
        calls = [(name, unpack(packed)) for name, packed in self._calls.items()]
        over = [(name, call) for name, call in calls if call.ended is not None]
        return [each for name, call in over for each in self._end(name, call)]

    def coverage(self) -> Mapping[str, tuple[int, int]]:
        """By queue: conversations with at least one score, and connected conversations (S3-02)."""
        return self._queues.coverage()

    def snapshot(self) -> bytes:
        """All that is known, for ``restore``: ids and numbers, no text."""
        calls = {name: unpack(packed) for name, packed in self._calls.items()}
        return write(calls, self._queues.states)

    def restore(self, data: bytes) -> None:
        """Know what ``snapshot`` knew instead of what is known now.

        Raises ConfigurationError for damaged data, and then changes nothing.
        """
        calls, queues = read(data)
        self._calls, self._queues.states = {}, OrderedDict(queues)
        self._deadlines = Deadlines()
        for name, call in calls.items():
            self._store(shared(name), call)

    def _result(self, event: Score | Skipped, now: float) -> list[Diagnosis]:
        if isinstance(event, Skipped) and event.reason != "no_data":
            return []
        name, at = shared(plain(event.conversation)), event.at
        if not is_real(at, -_FARTHEST, _FARTHEST):
            return []
        found, call = self._visit(name, at, now)
        if call.folded is None and isinstance(event.event, Reading) and event.event.queues:
            call.queue = plain(event.event.queues[0])
            if call.since is not None:
                found += self._connect(call)
        if isinstance(event, Score):
            found += self._scored(name, call, event)
        else:
            found += self._queues.empty(call.queue, at)
        self._store(name, call)
        return found

    def _scored(self, name: str, call: Call, score: Score) -> list[Diagnosis]:
        found: list[Diagnosis] = []
        at = score.at
        call.last = at if call.last is None else max(call.last, at)
        if call.gap:
            call.gap = False
            found.append(finding("sentiment_gap", "cleared", at, conversation=name))
        if isinstance(score.event, Reading):
            found += self._flatness(name, call, score)
            found += self._queues.has_data(call.queue, at)
        if not call.scored:
            call.scored = True
            if call.counted:
                found += self._queues.cover(call.queue, at)
        return found

    def _flatness(self, name: str, call: Call, score: Score) -> list[Diagnosis]:
        if score.polarity_raw != 0.0:
            call.zeros = 0
            if not call.flat:
                return []
            call.flat = False
            return [finding("flat_line", "cleared", score.at, conversation=name)]
        call.zeros += 1
        if call.flat or call.zeros < self.figures.flat_readings:
            return []
        call.flat = True
        return [finding("flat_line", "raised", score.at, conversation=name, readings=call.zeros)]

    def _change(self, change: StateChange, now: float) -> list[Diagnosis]:
        at = change.received if change.at is None else change.at
        begun, ended = begins(change), ends(change)
        name = shared(plain(change.conversation))
        tells = begun or (ended is None and change.queue is not None)
        if not is_real(at, -_FARTHEST, _FARTHEST) or not (tells or name in self._calls):
            return []
        found, call = self._visit(name, at, now)
        # While somebody is connected only who else connects tells of another queue.
        if change.queue is not None and (begun or not call.agents):
            found += self._move(call, plain(change.queue), at)
        if begun:
            if not call.agents:
                call.since, call.ended = at, None
            call.agents.setdefault(_id(change.user), _id(change.communication))
            found += self._connect(call)
        elif ended is not None:
            self._leave(call, change, at, everybody=ended == "conversation")
        self._store(name, call)
        return found

    def _leave(self, call: Call, change: StateChange, at: float, *, everybody: bool) -> None:
        whose, communication = _id(change.user), _id(change.communication)
        # The end of a screen share is not the end of the call that it goes with.
        legs = {call.agents.get(whose), communication} - {None, b""}
        if everybody:
            call.agents.clear()
        elif len(legs) < 2:
            call.agents.pop(whose, None)
        if call.ended is None and not call.agents and (everybody or call.since is not None):
            call.ended = at if call.since is None else max(at, call.since)

    def _move(self, call: Call, queue: str, at: float) -> list[Diagnosis]:
        """The conversation is another queue's now."""
        if queue == call.queue:
            return []
        found = self._queues.miss(call.queue, at) if call.counted and not call.scored else []
        if call.counted:
            call.scored = False
        call.queue, call.counted = queue, False
        return found

    def _connect(self, call: Call) -> list[Diagnosis]:
        """One more connected conversation of its queue, once."""
        if (queue := call.queue) is None or call.counted:
            return []
        call.counted = True
        self._queues.connect(queue)
        return self._queues.cover(queue, call.last or call.clock) if call.scored else []

    def _end(self, name: str, call: Call) -> list[Diagnosis]:
        """The conversation's grace is over; so is what was found in it."""
        del self._calls[name]
        self._deadlines.drop(name)
        at = call.clock if call.ended is None else call.ended + self.figures.grace
        found = [
            finding(kind, "cleared", at, conversation=name)
            for kind, up in (("flat_line", call.flat), ("sentiment_gap", call.gap))
            if up
        ]
        if call.counted and not call.scored and call.ended is not None:
            found += self._queues.miss(call.queue, at)
        return found

    def _settle(self, name: str, call: Call, to: float) -> list[Diagnosis]:
        """What time alone brings to a conversation until ``to``: its end, perhaps."""
        found: list[Diagnosis] = []
        if (gap := self._gap_at(call)) is not None and gap <= to + TICK:
            call.gap = True
            silent = round(gap - self._silent_since(call), 3)
            found.append(finding("sentiment_gap", "raised", gap, conversation=name, seconds=silent))
        if call.ended is not None and call.ended + self.figures.grace + _MOMENT <= to + TICK:
            found += self._end(name, call)
        return found

    def _silent_since(self, call: Call) -> float:
        since = call.since or 0.0
        return since if call.last is None else max(since, call.last)

    def _gap_at(self, call: Call) -> float | None:
        if call.since is None or call.ended is not None or call.gap:
            return None
        return self._silent_since(call) + self.figures.gap + _MOMENT

    def _due(self, call: Call) -> float | None:
        if call.ended is not None:
            return call.ended + self.figures.grace + _MOMENT
        return self._gap_at(call)

    def _store(self, name: str, call: Call) -> None:
        self._calls[name] = pack(call)
        due = self._due(call)
        if due is None:
            self._deadlines.drop(name)
        else:
            self._deadlines.set(name, due + call.lag)

    def _visit(self, name: str, at: float, now: float) -> tuple[list[Diagnosis], Call]:
        """The conversation, as it is when its time has come to ``at``; to be stored afterwards."""
        found: list[Diagnosis] = []
        packed = self._calls.pop(name, None)
        if packed is not None:
            self._calls[name] = packed
            call = unpack(packed)
            found = self._settle(name, call, at)
        if name not in self._calls:
            found += self._make_room(at)
            call = Call(clock=at)
        if at >= call.clock:
            call.clock = at
            # A caller's clock a day and more behind the events is none: a replay's, or a test's.
            call.lag = now - at if now - at > -_A_DAY else 0.0
        return found, call

    def _make_room(self, at: float) -> list[Diagnosis]:
        found: list[Diagnosis] = []
        for _ in range(min(_EVICT_AT_ONCE, len(self._calls))):
            name, call = self._oldest()
            if call.clock <= at - self.figures.idle_eviction:
                found += self._end(name, call)
        while len(self._calls) >= self.figures.max_conversations:
            found += self._end(*self._oldest())
        return found

    def _oldest(self) -> tuple[str, Call]:
        name = next(iter(self._calls))
        return name, unpack(self._calls[name])


def _id(name: str | None) -> bytes:
    return fold(plain(name or ""))
