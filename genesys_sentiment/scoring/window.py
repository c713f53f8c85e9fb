"""The context window of one conversation (S0-17): times in bytes, oldest first. Pure: no I/O.

Numbers, not objects: 8 bytes a segment (see the state table in the performance reference).
"""

from __future__ import annotations

from array import array
from bisect import bisect_right, insort
from collections.abc import Iterable
from struct import Struct
from typing import Final

TICK = 1e-6
"""Seconds. The platform's times are whole milliseconds, but seconds since the epoch in a float
are exact to 0.24 µs only: two times closer than this are the same time."""

SIZE: Final = 8
"""Bytes of one time."""

_time: Final = Struct("d")
_pack, _at = _time.pack, _time.unpack_from


def enter(times: bytes, at: float, span: float, cap: int) -> bytes:
    """The window, moved to ``at``, with the segment spoken then."""
    if times:
        oldest, newest = _at(times)[0], _at(times, len(times) - SIZE)[0]
        if oldest <= at - span + TICK or at < newest or len(times) >= cap * SIZE:
            return enter_all(times, at, (at,), span, cap)
    return times + _pack(at)


def enter_all(times: bytes, at: float, spoken: Iterable[float], span: float, cap: int) -> bytes:
    """The window, moved to ``at``, with those segments in it, each at its place in time.

    What is ``span`` seconds before ``at``, or earlier, is forgotten: exactly ``span`` is too old.
    Beyond ``cap`` the oldest goes.
    """
    numbers = array("d", times)
    del numbers[: bisect_right(numbers, at - span + TICK)]
    for time in spoken:
        insort(numbers, time)
        if len(numbers) > cap:
            del numbers[0]
    return numbers.tobytes()
