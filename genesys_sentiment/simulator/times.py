"""Pure: no I/O. The platform's two ways to write a time."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(moment: float) -> str:
    """Seconds since the epoch as text: UTC, milliseconds, ``Z``."""
    text = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def milliseconds(seconds: float) -> int:
    """Whole milliseconds, as the platform's ``…Ms`` fields hold them."""
    return round(seconds * 1000)
