"""When something about the data is a finding, and what is said of it. Pure: no I/O."""

from __future__ import annotations

from math import inf
from types import MappingProxyType
from typing import Final

from attrs import frozen

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.alerts import AlertState, Diagnosis
from genesys_sentiment.scoring.numbers import is_real

_ADVICE: Final = MappingProxyType(
    {
        "flat_line": (
            "Every score is exactly 0.0: the language of the speech model is probably not the one "
            "that is spoken (en-US and en-GB are two). Compare the queue's language with it."
        ),
        "sentiment_gap": (
            "The conversation is connected and no score comes: nobody speaks, transcription "
            "stopped, or masking and secure pause leave nothing to judge. Masking stays on."
        ),
        "no_data": (
            "The platform sends readings without a score: the licence of the add-on is missing, "
            "or the policy or the subscription leaves the score out."
        ),
        "no_coverage": (
            "Conversations of this queue are connected and never scored: no speech and text "
            "analytics policy, transcription setting or programme covers the queue."
        ),
    }
)


@frozen(kw_only=True)
class DiagnosticFigures:
    """When something is a finding.

    ``flat_readings``: platform readings in a row that are all 0.0 (S3-13). ``gap``: seconds
    connected without a score, strict (S3-17). ``empty_readings``: readings in a row without a
    score, of a queue or, where no queue is known, of all (S3-01). ``uncovered``: connected
    conversations of a queue in a row that ended without a score (S3-02). ``grace``: seconds after
    a conversation's end in which a late score still counts (S3-12). ``idle_eviction``: seconds
    without a record after which a conversation may be forgotten. ``max_conversations``,
    ``max_queues``: held at once; beyond it the one longest without a record goes.

    Raises ConfigurationError that lists every problem.
    """

    flat_readings: int = 10
    gap: float = 120.0
    empty_readings: int = 10
    uncovered: int = 3
    grace: float = 5.0
    idle_eviction: float = 4 * 3600.0
    max_conversations: int = 100_000
    max_queues: int = 10_000

    def __attrs_post_init__(self) -> None:
        problems = [
            f"{name} must be a whole number from 1 to 10,000,000"
            for name in (
                "flat_readings",
                "empty_readings",
                "uncovered",
                "max_conversations",
                "max_queues",
            )
            if not isinstance(getattr(self, name), int)
            or not is_real(getattr(self, name), 1, 10_000_000)
        ]
        problems += [
            f"{name} must be a finite number of at least 0"
            for name in ("gap", "grace", "idle_eviction")
            if not is_real(getattr(self, name), 0.0, inf)
        ]
        if problems:
            raise ConfigurationError("diagnostics: " + "; ".join(problems))


def finding(
    kind: str,
    state: AlertState,
    at: float,
    *,
    conversation: str | None = None,
    queue: str | None = None,
    **figures: float,
) -> Diagnosis:
    """A finding, with the advice that belongs to its kind."""
    return Diagnosis(
        kind=kind,
        state=state,
        at=at,
        conversation=conversation,
        queue=queue,
        figures=tuple(figures.items()),
        advice=_ADVICE[kind],
    )
