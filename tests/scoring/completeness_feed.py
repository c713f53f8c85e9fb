"""Drives a completeness stage with times relative to START."""

from __future__ import annotations

from typing import Any

from genesys_sentiment.model.completed import Completed
from genesys_sentiment.model.events import Gap, Reading, StateChange, Utterance
from genesys_sentiment.model.results import Record
from genesys_sentiment.scoring.completeness import Completeness
from genesys_sentiment.scoring.completeness_rules import CompletenessRules
from tests.scoring.helpers import START


def said(came: float, utterance: str | None = None, /, **changes: Any) -> Utterance:
    """Something that was said in conversation ``c``, and arrived ``came`` seconds in."""
    values: dict[str, Any] = {"conversation": "c", "text": "…", "received": START + came}
    return Utterance(**{**values, "utterance": utterance or f"u{came}", **changes})


def call(state: str, came: float, whose: str = "customer", /, **changes: Any) -> StateChange:
    """The call of a participant of conversation ``c`` changed, as told ``came`` seconds in."""
    values: dict[str, Any] = {
        "conversation": "c",
        "subject": "call",
        "participant": whose,
        "purpose": whose,
        "communication": f"{whose}-call",
        "received": START + came,
        "at": START + came,
    }
    return StateChange(**{**values, "state": state, **changes})


def session(state: str, came: float, /, **changes: Any) -> StateChange:
    """The transcription of the customer's call."""
    values = {"subject": "transcription", "participant": None, "purpose": None}
    return call(state, came, **{**values, **changes})


def detail(kind: str, came: float, whose: str = "customer", /, **changes: Any) -> StateChange:
    """A detail event."""
    return call(kind, came, whose, **{"subject": "detail", **changes})


def final(came: float, /, **changes: Any) -> Reading:
    """The platform's final sentiment of conversation ``c``."""
    values: dict[str, Any] = {"conversation": "c", "score": 0.5, "source": "backfill"}
    return Reading(**{**values, "received": START + came, **changes})


def gap(since: float, until: float, conversation: str | None = None, **changes: Any) -> Gap:
    """A gap, of the whole stream unless a conversation is named."""
    values: dict[str, Any] = {"reason": "disconnected", "conversation": conversation}
    return Gap(**{**values, "since": START + since, "until": START + until, **changes})


def at_of(record: Any) -> float:
    """When a record arrived, in seconds from START."""
    event = getattr(record, "event", record)
    return float((event.until if isinstance(event, Gap) else event.received) - START)


class Feed:
    """Gives records to a stage, on a clock that shows their arrival plus ``lag``."""

    def __init__(self, lag: float = 0.0, **rules: Any) -> None:
        self.stage = Completeness(CompletenessRules(**rules))
        self.lag = lag
        self.out: list[Record] = []

    def __call__(self, *records: Any, now: float | None = None) -> list[Completed]:
        """What is complete by the records."""
        found: list[Completed] = []
        for record in records:
            at = at_of(record) if now is None else now
            out = self.stage(record, START + at + self.lag)
            assert [each for each in out if each is record] == [record]
            self.out += out
            found += [each for each in out if isinstance(each, Completed)]
        return found

    def tick(self, at: float) -> list[Completed]:
        """What is complete ``at`` seconds in."""
        found = [*self.stage.tick(START + at + self.lag)]
        self.out += found
        assert all(isinstance(each, Completed) for each in found)
        return found  # type: ignore[return-value]

    def wait(self) -> list[Completed]:
        """Tick exactly at the stage's deadline."""
        deadline = self.stage.deadline
        assert deadline is not None
        return self.tick(deadline - START - self.lag)

    def finish(self, at: float) -> list[Completed]:
        """The end of the stream."""
        found = [*self.stage.finish(START + at + self.lag)]
        self.out += found
        return found  # type: ignore[return-value]

    @property
    def deadline(self) -> float | None:
        """The stage's deadline in seconds from START, to the millisecond."""
        deadline = self.stage.deadline
        return None if deadline is None else round(deadline - START - self.lag, 3)

    @property
    def told(self) -> list[Completed]:
        """Every Completed so far."""
        return [each for each in self.out if isinstance(each, Completed)]


def when(completed: Completed) -> float:
    """Seconds from START, to the millisecond."""
    return round(completed.at - START, 3)
