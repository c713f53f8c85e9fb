"""Whether to try again, and when. Pure: no I/O; the time is an argument."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Literal, TypeAlias

Verdict: TypeAlias = Literal["ok", "renew", "retry", "wait", "fatal"]
"""What a status asks for: nothing, a new token, another try, a wait first, or an error."""

LONGEST = 300.0
"""Seconds that a Retry-After can ask for; more is cut down to this."""

_TRANSIENT = frozenset({408, 425, 500, 502, 503, 504})
_SECONDS = re.compile(r"[+-]?\d+(?:\.\d*)?", re.ASCII)


def judge_status(status: int) -> Verdict:
    """What an HTTP status asks for. A redirect is fatal: it is never followed."""
    if 200 <= status < 300:
        return "ok"
    if status == 401:
        return "renew"
    if status == 429:
        return "wait"
    return "retry" if status in _TRANSIENT else "fatal"


def retry_after(value: str | None, now: float, *, longest: float = LONGEST) -> float | None:
    """Seconds to wait by a Retry-After header, 0…``longest``; None where it says nothing readable.

    Both forms of RFC 9110: seconds, or an HTTP date, which is compared with ``now`` (seconds
    since the epoch). Negative seconds and past dates are 0.
    """
    text = (value or "").strip()
    if not text or len(text) > 64:
        return None
    seconds = float(text) if _SECONDS.fullmatch(text) else _until(text, now)
    return None if seconds is None else min(max(seconds, 0.0), longest)


def _until(date: str, now: float) -> float | None:
    try:
        at = parsedate_to_datetime(date)
        # "-0000" and a missing zone give a naive time; HTTP dates are UTC.
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - now
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


class Patience:
    """How long one call goes on trying: its delays, and the moment at which it gives up.

    ``until`` is on the clock whose ``now`` is given to :meth:`wait`.
    """

    def __init__(self, delays: Iterator[float], until: float) -> None:
        self._delays = delays
        self._until = until

    def wait(self, now: float, at_least: float | None = None) -> float | None:
        """Seconds to wait before the next try; None when it would come too late.

        The random delay comes on top of ``at_least``, so that many callers told to wait equally
        long do not return at the same moment, and a Retry-After of 0 makes no hot loop.
        """
        seconds = next(self._delays) + (at_least or 0.0)
        return seconds if now + seconds < self._until else None
