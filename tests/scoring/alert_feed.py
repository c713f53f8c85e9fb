"""Drives an alert or diagnostics stage with times relative to START."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from genesys_sentiment.model.alerts import Alert, Diagnosis
from genesys_sentiment.model.events import Reading, StateChange, Utterance
from genesys_sentiment.model.results import Record, Score, Skipped
from genesys_sentiment.scoring.stage import Stage
from tests.scoring.helpers import START


def score(value: float, at: float, **changes: Any) -> Score:
    """The score of an utterance of the customer in conversation ``c``, ``at`` seconds in."""
    event = Utterance(
        conversation=changes.pop("conversation", "c"),
        utterance=changes.pop("utterance", f"u{at}"),
        participant=changes.pop("participant", "customer"),
        communication=changes.pop("communication", None),
        text="…",
    )
    return _score(event, value, at, changes)


def platform(value: float, at: float, **changes: Any) -> Score:
    """The score of a platform reading of the whole conversation ``c``."""
    event = Reading(
        conversation=changes.pop("conversation", "c"),
        queues=changes.pop("queues", ()),
        score=value,
        at=START + at,
    )
    return _score(event, value, at, changes)


def no_data(at: float, *, conversation: str = "c", **changes: Any) -> Skipped:
    """A platform reading without a score."""
    event = Reading(conversation=conversation, score=None, at=START + at, **changes)
    return Skipped(event=event, reason="no_data", at=START + at, detail="null")


def change(state: str, at: float, **changes: Any) -> StateChange:
    """The call of agent ``a`` in conversation ``c`` changed."""
    values: dict[str, Any] = {
        "conversation": "c",
        "subject": "call",
        "purpose": "agent",
        "user": "a",
    }
    return StateChange(**{**values, "state": state, "at": START + at, **changes})


class Feed:
    """Gives records to a stage, with a clock that shows the records' own time plus ``lag``."""

    def __init__(self, stage: Stage, lag: float = 0.0) -> None:
        self.stage = stage
        self.lag = lag
        self.out: list[Record] = []

    def __call__(self, *records: Any) -> list[Any]:
        """What follows from the records, apart from the records."""
        found: list[Record] = []
        for record in records:
            first, *rest = self.stage(record, record.at + self.lag)
            assert first is record
            found += rest
        self.out += found
        return found

    def tick(self, at: float) -> list[Any]:
        """What follows from time alone, ``at`` seconds in."""
        found = list(self.stage.tick(START + at + self.lag))
        self.out += found
        return found

    def wait(self) -> list[Any]:
        """Tick exactly at the stage's deadline."""
        deadline = self.stage.deadline
        assert deadline is not None
        found = list(self.stage.tick(deadline))
        self.out += found
        return found

    @property
    def deadline(self) -> float | None:
        """The stage's deadline in seconds from START, to the millisecond."""
        deadline = self.stage.deadline
        return None if deadline is None else round(deadline - START - self.lag, 3)


def told(records: Iterable[Record]) -> list[tuple[str, str, float]]:
    """(rule, state or reason, when) of alerts, seconds from START to the millisecond."""
    return [
        (each.rule, each.reason or each.state, round(each.at - START, 3))
        for each in records
        if isinstance(each, Alert)
    ]


def findings(records: Iterable[Record]) -> list[tuple[str, str, float]]:
    """(kind, state, when) of diagnoses."""
    return [
        (each.kind, each.state, round(each.at - START, 3))
        for each in records
        if isinstance(each, Diagnosis)
    ]


def _score(event: Utterance | Reading, value: float, at: float, changes: dict[str, Any]) -> Score:
    plain = Score(
        event=event,
        language="en",
        polarity="negative" if value <= -0.3 else "neutral",
        polarity_raw=value,
        confidence=None,
        emotion="unknown",
        emotion_confidence=0.0,
        sarcasm_flag=False,
        context_segment_count=1,
        at=START + at,
        scored_at=START + at,
        method="platform",
    )
    return attrs.evolve(plain, **changes)
