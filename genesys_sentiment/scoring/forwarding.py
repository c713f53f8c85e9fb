"""A chat's sentiment as a record to be forwarded, and what became of it. Pure: no I/O.

The rows S1-10…S1-12, S1-17 and S1-19. A delivery sends the record; the tutorial's payload is made
of it by ``sinks.payloads.chat_sentiment``.
"""

from __future__ import annotations

import re
from typing import Final

from attrs import frozen

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.entries import Receipt
from genesys_sentiment.model.export import iso
from genesys_sentiment.model.forwards import Forward
from genesys_sentiment.scoring.identity import stable_uuid
from genesys_sentiment.scoring.numbers import is_real
from genesys_sentiment.scoring.rounding import round_half_up
from genesys_sentiment.scoring.shares import Assessment

ESCALATION_THRESHOLD: Final = 0.8
"""Of the negative share, where none is given (S1-11)."""

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def forward(
    conversation: str,
    assessment: Assessment,
    *,
    event: str,
    at: float,
    threshold: float | None = None,
) -> Forward:
    """The record of one ``scored`` assessment.

    ``event`` names what the assessment is of, as far as the caller can tell two apart: a record's
    id, or the time at which a chat ended. ``at`` is its time, seconds since the epoch. The same
    conversation and ``event`` give the same ``forwarding``, in every retry and after a restart.
    ``threshold`` 0…1: None means 0.8, and 0 means 0. Shares and confidence get 4 decimals. The
    conversation's id is taken in either case and written in lower case.

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
    if not at or iso(at) is None:
        raise ConfigurationError("at must be seconds since the epoch")
    conversation = conversation.lower()
    confidence = assessment.confidence
    return Forward(
        conversation=conversation,
        forwarding=stable_uuid("sentiment", conversation, event),
        at=at,
        polarity=shares.polarity,
        positive=shares.positive,
        neutral=shares.neutral,
        negative=shares.negative,
        threshold=ESCALATION_THRESHOLD if threshold is None else float(threshold),
        confidence=None if confidence is None else round_half_up(confidence),
    )


@frozen(kw_only=True)
class Forwarded:
    """The result of forwarding one conversation's sentiment (S1-19), good or bad.

    ``forward`` is None where there was nothing to forward; ``assessment`` says why. ``sinks`` are
    the names of those that it is for. ``receipts`` may be of other records, too. A sink that gave
    it up and delivered it later, when somebody had it tried again, delivered it.
    """

    assessment: Assessment
    sinks: tuple[str, ...]
    forward: Forward | None = None
    receipts: tuple[Receipt, ...] = ()

    @property
    def delivered(self) -> dict[str, Receipt]:
        """By sink: where it arrived."""
        return {each.sink: each for each in self._own() if each.outcome == "delivered"}

    @property
    def failed(self) -> dict[str, Receipt]:
        """By sink: where it was given up. What is in neither of the two is still under way."""
        arrived = self.delivered
        return {each.sink: each for each in self._own() if each.sink not in arrived}

    @property
    def success(self) -> bool:
        """Whether there was something to forward, and every sink took it."""
        return bool(self.sinks) and self.delivered.keys() == set(self.sinks)

    @property
    def latencies(self) -> dict[str, int]:
        """Whole milliseconds by sink, of those that delivered (S1-17)."""
        return {
            sink: _milliseconds(each.latency)
            for sink, each in self.delivered.items()
            if each.latency is not None
        }

    @property
    def end_to_end(self) -> int | None:
        """Whole milliseconds from the event to the last delivery; None unless all succeeded."""
        found = self.delivered.values()
        lags = [each.lag for each in found if each.lag is not None]
        return _milliseconds(max(lags)) if self.success and len(lags) == len(found) else None

    def _own(self) -> list[Receipt]:
        if self.forward is None:
            return []
        mine = self.forward.id
        return [each for each in self.receipts if each.record == mine and each.sink in self.sinks]


def _milliseconds(seconds: float) -> int:
    # Wall clocks may go back; a latency does not.
    return max(int(round_half_up(seconds * 1000.0, 0)), 0)
