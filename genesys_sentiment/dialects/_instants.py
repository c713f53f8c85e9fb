"""Times as they are written on the wire. Pure: no I/O."""

from __future__ import annotations

from datetime import datetime
from typing import Final

MILLISECONDS_FROM: Final = 1e11
"""A number from here on is milliseconds since the epoch, a smaller one seconds.

As milliseconds that is March 1973, as seconds the year 5138: neither is a time of a conversation.
"""

LAST_MOMENT: Final = 253_402_300_800_000.0
"""The end of the year 9999, in milliseconds."""


def instant(value: object) -> float | None:
    """A time of which a tutorial does not say how it is written, in seconds since the epoch.

    ISO 8601 with a zone, or seconds or milliseconds since the epoch.

    None for anything else. A leap second (``:60``) is the first second of the next minute.
    """
    if type(value) is int or type(value) is float:
        if not 0 <= value < LAST_MOMENT:
            return None
        return value / 1000 if value >= MILLISECONDS_FROM else float(value)
    return iso(value) if isinstance(value, str) else None


def iso(text: str) -> float | None:
    """Seconds since the epoch from ISO 8601; None without a zone, or where it is no time."""
    leap = text[16:19] == ":60"
    try:
        at = datetime.fromisoformat(f"{text[:16]}:59{text[19:]}" if leap else text)
        # Without a zone it is anybody's guess, and a wrong time is worse than none.
        return at.timestamp() + leap if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
