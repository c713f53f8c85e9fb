"""From a polarity to its label (S0-18). Pure: no I/O."""

from __future__ import annotations

from genesys_sentiment.model.values import Polarity


def polarity_label(value: float, positive: float, negative: float) -> Polarity:
    """``value`` ≥ ``positive`` is positive, ≤ ``negative`` is negative, the rest is neutral."""
    if value >= positive:
        return "positive"
    return "negative" if value <= negative else "neutral"
