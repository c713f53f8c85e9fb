"""A chat's sentiment as the payload that is forwarded, and what became of it. Pure: no I/O.

The rows S1-10…S1-12, S1-17 and S1-19. Sinks send; nothing here does.
"""

from __future__ import annotations

import re
from typing import Final

from attrs import frozen

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.export import iso
from genesys_sentiment.scoring.identity import stable_uuid
from genesys_sentiment.scoring.numbers import is_real
from genesys_sentiment.scoring.rounding import round_half_up
from genesys_sentiment.scoring.shares import Assessment

ESCALATION_THRESHOLD: Final = 0.8
"""Of the negative share, where none is given (S1-11)."""

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def sentiment_matrix(
    conversation: str,
    assessment: Assessment,
    *,
    event: str,
    at: float,
    threshold: float | None = None,
) -> dict[str, object]:
    """The tutorial's payload of one ``scored`` assessment (S1-10), ready for its schema.

    ``event`` names what the assessment is of, as far as the caller can tell two apart: a record's
    id, or the time at which a chat ended. ``at`` is its time, seconds since the epoch. The same
    conversation and ``event`` give the same ``forwardingId``, in every retry and after a restart.
    ``threshold`` 0…1: None means 0.8, and 0 means 0. Shares and confidence have 4 decimals;
    ``confidence`` is left out where there is none (the schema wants a number). The conversation's
    id is taken in either case and written in lower case.

    Raises ConfigurationError for an assessment that is not ``scored``, an id that is no UUID, a
    time or a threshold that is none.
    """
    shares = assessment.shares
    if shares is None or assessment.outcome != "scored":
        raise ConfigurationError(
            f"nothing to forward, the outcome is {assessment.outcome}: forward scored ones only"
        )
    if not _UUID.fullmatch(conversation):
        raise ConfigurationError("the conversation's id must be a UUID")
    if threshold is not None and not is_real(threshold, 0.0, 1.0):
        raise ConfigurationError("the escalation threshold must be a number from 0 to 1")
    if (timestamp := iso(at)) is None:
        raise ConfigurationError("at must be seconds since the epoch")
    conversation = conversation.lower()
    matrix: dict[str, object] = {
        "polarity": shares.polarity,
        "positive": shares.positive,
        "neutral": shares.neutral,
        "negative": shares.negative,
    }
    if assessment.confidence is not None:
        matrix["confidence"] = round_half_up(assessment.confidence)
    return {
        "conversationId": conversation,
        "sentimentMatrix": matrix,
        "escalationThreshold": ESCALATION_THRESHOLD if threshold is None else threshold,
        "forwardingId": stable_uuid("sentiment", conversation, event),
        "timestamp": timestamp,
    }


@frozen(kw_only=True)
class Sent:
    """What one sink did with a payload. Times are seconds since the epoch.

    ``began`` is when it was handed to the sink, ``ended`` when the sink answered or gave up;
    ``error`` names the error's type, None if it was delivered.
    """

    sink: str
    began: float
    ended: float
    error: str | None = None

    @property
    def latency(self) -> int:
        """Whole milliseconds in this sink; never below 0, though wall clocks may go back."""
        return _milliseconds(self.ended - self.began)


@frozen(kw_only=True)
class Forwarded:
    """The result of forwarding one conversation's sentiment (S1-19), good or bad.

    ``at`` is the event's time. ``forwarding`` is the payload's ``forwardingId``, None where there
    was nothing to forward.
    """

    conversation: str
    assessment: Assessment
    at: float
    forwarding: str | None = None
    sent: tuple[Sent, ...] = ()

    @property
    def success(self) -> bool:
        """Whether there was something to forward, and every sink took it."""
        return bool(self.sent) and all(each.error is None for each in self.sent)

    @property
    def latencies(self) -> dict[str, int]:
        """Whole milliseconds by sink, of those that delivered."""
        return {each.sink: each.latency for each in self.sent if each.error is None}

    @property
    def end_to_end(self) -> int | None:
        """Whole milliseconds from the event to the last delivery; None unless all succeeded."""
        if not self.success:
            return None
        return _milliseconds(max(each.ended for each in self.sent) - self.at)


def _milliseconds(seconds: float) -> int:
    return max(int(round_half_up(seconds * 1000.0, 0)), 0)
