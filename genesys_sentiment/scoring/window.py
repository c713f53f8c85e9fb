"""The context window of one conversation (S0-17): times in an array, oldest first. Pure: no I/O.

Numbers, not objects: 8 bytes a segment (see the state table in the performance reference).
"""

from __future__ import annotations

from array import array
from bisect import bisect_right, insort

TICK = 1e-6
"""Seconds. The platform's times are whole milliseconds, but seconds since the epoch in a float
are exact to 0.24 µs only: two times closer than this are the same time."""


def enter(times: array[float], at: float, span: float, cap: int) -> None:
    """Move the window to ``at`` and add the segment spoken then."""
    if times and (times[0] <= at - span + TICK or at < times[-1] or len(times) >= cap):
        slide(times, at, span)
        insert(times, at, cap)
    else:
        times.append(at)


def slide(times: array[float], at: float, span: float) -> None:
    """Forget what is ``span`` seconds before ``at``, or earlier. Exactly ``span`` is too old."""
    del times[: bisect_right(times, at - span + TICK)]


def insert(times: array[float], at: float, cap: int) -> None:
    """Add one segment at its place in time; beyond ``cap`` the oldest goes."""
    insort(times, at)
    if len(times) > cap:
        del times[0]
