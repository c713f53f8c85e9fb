"""The sarcasm rule (S0-20): praise that is unsure of itself, with much feeling. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Collection


def is_sarcastic(
    polarity: float,
    confidence: float | None,
    emotion: str,
    emotion_confidence: float | None,
    *,
    max_confidence: float,
    min_polarity: float,
    min_emotion_confidence: float,
    emotions: Collection[str],
) -> bool:
    """All four at once, every comparison strict. A missing number is never sarcasm."""
    return (
        confidence is not None
        and emotion_confidence is not None
        and confidence < max_confidence
        and polarity > min_polarity
        and emotion_confidence > min_emotion_confidence
        and emotion in emotions
    )
