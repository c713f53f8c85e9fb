"""Events and a countable analyzer for the tests of scoring."""

from __future__ import annotations

from typing import Any

from genesys_sentiment.analysis.analyzer import Analysis
from genesys_sentiment.model.events import Reading, Utterance
from genesys_sentiment.model.results import Record, Score, Skipped

START = 1_800_000_000.0
"""An event time with milliseconds that a float cannot hold exactly."""


class Fixed:
    """An analyzer that says what it was told to; no words where the text is only dots."""

    name = "fixed"

    def __init__(self, **answer: Any) -> None:
        self.languages = frozenset({"en", "es"})
        self.answer: dict[str, Any] = {"polarity": 0.0, "label": "neutral", "confidence": 0.5}
        self.answer |= answer
        self.asked: list[tuple[str, str]] = []

    def __call__(self, text: str, language: str) -> Analysis:
        self.asked.append((text, language))
        return Analysis(**{"words": len(text.replace(".", "").split()), **self.answer})


def utterance(text: str = "hello", at: float | None = START, **changes: Any) -> Utterance:
    """A final English utterance of conversation ``c``."""
    values = {"conversation": "c", "utterance": "u", "language": "en-US", "at": at}
    return Utterance(text=text, **{**values, **changes})


def reading(score: Any = 0.0, at: float | None = START, **changes: Any) -> Reading:
    """A platform reading of conversation ``c``."""
    return Reading(score=score, at=at, **{"conversation": "c", **changes})


def scored(records: Any) -> Score:
    """The only record, which must be a Score."""
    (record,) = records
    assert isinstance(record, Score)
    return record


def skipped(records: Any) -> Skipped:
    """The only record, which must be a Skipped."""
    (record,) = records
    assert isinstance(record, Skipped)
    return record


def kinds(records: Any) -> list[str]:
    """``score`` or the reason of each record."""
    return [_kind(record) for record in records]


def _kind(record: Record) -> str:
    if isinstance(record, Skipped):
        return record.reason
    return type(record).__name__.lower()
