"""How long things took, counted in buckets of fixed bounds. Pure: no I/O.

Adding costs the same however much was added, and so does the memory: under 8 KiB. What two
processes counted can be added up, because the bounds never differ.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate
from math import ceil, inf, sqrt
from typing import Any, Final, Self

from attrs import frozen

from genesys_sentiment.errors import ConfigurationError

GROWTH: Final = 1.1
"""Each bound is this many times the one before."""

BOUNDS: Final = tuple(1e-5 * GROWTH**step for step in range(189))
"""Seconds, from 10 µs to 605 s. Bucket 0 is below the first, the last one from the last bound on.

Bucket ``n`` in between begins at ``BOUNDS[n - 1]`` and ends before ``BOUNDS[n]``.
"""

RELATIVE_ERROR: Final = sqrt(GROWTH) - 1.0
"""How far a quantile may be from the true one, as a share of it (4.9 %): see ``quantile``."""

FARTHEST: Final = 1e12
"""Seconds: what took 32,000 years is damage, and so is what took as long backwards."""

_BUCKETS: Final = len(BOUNDS) + 1
_LAYOUT: Final = 1
_NONE: Final = (0,) * _BUCKETS


@frozen(kw_only=True)
class Latencies:
    """What a Histogram held at one moment; adding two gives one of both.

    ``counts``: how many fell into each bucket (see ``BOUNDS``). ``total``: the sum, in seconds.
    ``least`` and ``most``: the extremes in seconds, None where nothing was counted. ``early``:
    how many ended before they began, because two clocks disagree; they are in no other figure.
    """

    counts: tuple[int, ...] = _NONE
    total: float = 0.0
    least: float | None = None
    most: float | None = None
    early: int = 0

    @property
    def count(self) -> int:
        """How many, without the early ones."""
        return sum(self.counts)

    @property
    def mean(self) -> float | None:
        """Seconds, exact but for rounding; None where nothing was counted."""
        count = self.count
        return self.total / count if count else None

    def quantile(self, share: float) -> float | None:
        """The latency, in seconds, that a ``share`` (0…1) of all did not exceed; None for none.

        Of ``count`` sorted latencies it stands for number ``share * count``, rounded up, and is
        at most ``RELATIVE_ERROR`` of the true one away. Below 10 µs it may be 5 µs away. From
        605 s on it is the largest of all. The first and the last are exact.
        Raises ConfigurationError for a share outside of 0…1.
        """
        if not 0.0 <= share <= 1.0:
            raise ConfigurationError("a quantile's share must be from 0 to 1, such as 0.99")
        if self.least is None or self.most is None:
            return None
        count = self.count
        rank = max(ceil(share * count), 1)
        if rank == 1:
            return self.least
        bucket = next(n for n, below in enumerate(accumulate(self.counts)) if below >= rank)
        if bucket == _BUCKETS - 1 or rank == count:
            return self.most
        middle = sqrt(BOUNDS[bucket - 1] * BOUNDS[bucket]) if bucket else BOUNDS[0] / 2.0
        return min(max(middle, self.least), self.most)

    def __add__(self, other: Latencies) -> Latencies:
        """Both together."""
        least = [each.least for each in (self, other) if each.least is not None]
        most = [each.most for each in (self, other) if each.most is not None]
        return Latencies(
            counts=tuple(a + b for a, b in zip(self.counts, other.counts, strict=True)),
            total=self.total + other.total,
            least=min(least, default=None),
            most=max(most, default=None),
            early=self.early + other.early,
        )

    def as_dict(self) -> dict[str, Any]:
        """For JSON: ``from_dict`` makes the same of it. Only buckets that hold something."""
        return {
            "layout": _LAYOUT,
            "buckets": {str(n): count for n, count in enumerate(self.counts) if count},
            "total": self.total,
            "least": self.least,
            "most": self.most,
            "early": self.early,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """What ``as_dict`` gave. Raises ConfigurationError for anything else."""
        try:
            return cls._read(data)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError):
            raise ConfigurationError("damaged latencies: give what as_dict gave") from None

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        counts = [0] * _BUCKETS
        for name, count in data["buckets"].items():
            number = int(name)
            if type(count) is not int or count < 1 or str(number) != name or number < 0:
                raise ValueError
            counts[number] = count
        total, least, most, early = (data[name] for name in ("total", "least", "most", "early"))
        filled = [number for number, count in enumerate(counts) if count]
        if filled:
            if not {type(total), type(least), type(most)} <= {int, float}:
                raise TypeError
            extremes = [bisect_right(BOUNDS, least), bisect_right(BOUNDS, most)]
            total, least, most = float(total), float(least), float(most)
            sound = extremes == [filled[0], filled[-1]] and 0.0 <= least <= most <= total * 1.001
            sound = sound and most < FARTHEST and total < inf
        else:
            sound = (total, least, most) == (0.0, None, None)
        if not sound or data["layout"] != _LAYOUT or type(early) is not int or early < 0:
            raise ValueError
        return cls(counts=tuple(counts), total=total, least=least, most=most, early=early)


class Histogram:
    """Counts latencies. One belongs to one task; it is not safe to share between threads."""

    __slots__ = ("_counts", "_early", "_least", "_most", "_total")

    def __init__(self) -> None:
        self._counts = [0] * _BUCKETS
        self._total = 0.0
        self._least = inf
        self._most = -inf
        self._early = 0

    def add(self, seconds: float) -> None:
        """Count one. A negative one is ``early`` and nothing else.

        Raises ValueError for what is not finite, or beyond ``FARTHEST``; it is not counted.
        """
        if 0.0 <= seconds < FARTHEST:
            self._counts[bisect_right(BOUNDS, seconds)] += 1
            self._total += seconds
            if seconds < self._least:
                self._least = seconds
            if seconds > self._most:
                self._most = seconds
        elif -FARTHEST < seconds < 0.0:
            self._early += 1
        else:
            raise ValueError("a latency must be a finite number of seconds")

    def snapshot(self) -> Latencies:
        """A copy of this moment."""
        empty = self._most < 0.0
        return Latencies(
            counts=tuple(self._counts),
            total=self._total,
            least=None if empty else self._least,
            most=None if empty else self._most,
            early=self._early,
        )
