"""A conversation's sentiment on its way to other systems: a frozen value. Pure: no I/O."""

from __future__ import annotations

from attrs import frozen

from genesys_sentiment.model.values import Polarity


@frozen(kw_only=True)
class Forward:
    """How much of a chat was positive, neutral and negative, to be forwarded (S1-10, S1-12).

    ``forwarding`` is its UUID: the same for the same conversation and event, in every retry and
    after a restart. ``at`` is event time, seconds since the epoch. The three shares and
    ``confidence`` are 0…1 with 4 decimals; ``confidence`` is None where there is none.
    ``threshold`` (0…1) is the negative share above which the chat is escalated.
    """

    conversation: str
    forwarding: str
    at: float
    polarity: Polarity
    positive: float
    neutral: float
    negative: float
    threshold: float
    confidence: float | None = None

    @property
    def escalated(self) -> bool:
        """Whether the negative share is above the threshold (S1-14)."""
        return self.negative > self.threshold

    @property
    def id(self) -> str:
        """Its forwarding."""
        return f"forward:{self.forwarding}"
