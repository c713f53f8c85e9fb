"""The platform's way of writing a moment. Pure: no I/O."""

from __future__ import annotations

from datetime import UTC, datetime

from genesys_sentiment.errors import ConfigurationError


def from_iso(text: object) -> float | None:
    """Seconds since the epoch; None for anything but a date and time with its zone."""
    try:
        at = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return at.timestamp() if at is not None and at.tzinfo is not None else None


def to_iso(at: float) -> str:
    """``at`` in UTC with milliseconds and a Z. Raises ConfigurationError beyond year 9999."""
    try:
        moment = datetime.fromtimestamp(at, UTC)
    except (ValueError, OverflowError, OSError):
        raise ConfigurationError("a time is out of range") from None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
