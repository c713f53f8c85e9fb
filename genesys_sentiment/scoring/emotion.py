"""From what a platform or analyzer calls an emotion to a policy's emotions (S0-19). Pure."""

from __future__ import annotations

from collections.abc import Collection

from genesys_sentiment.model.events import ABSENT, Absent

UNKNOWN = "unknown"
"""No emotion was named."""

UNCATEGORIZED = "uncategorized"
"""An emotion was named that the policy does not know."""


def classify_emotion(raw: str | Absent | None, emotions: Collection[str]) -> tuple[str, str | None]:
    """(label, raw). Case does not matter; ``raw`` comes back only with ``uncategorized``."""
    if raw is None or raw is ABSENT:
        return UNKNOWN, None
    if raw in emotions:
        return raw, None
    folded = raw.strip().casefold()
    if folded in emotions:
        return folded, None
    return (UNCATEGORIZED, raw) if folded else (UNKNOWN, None)
