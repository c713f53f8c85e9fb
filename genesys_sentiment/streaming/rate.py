"""How many frames a second come at present. Pure: no I/O."""

from __future__ import annotations

from collections import deque

WINDOW = 60.0
"""Seconds that a rate looks back: a mean over a whole day says nothing of now (S4-14)."""

_STEP = 1.0


class Rate:
    """A rolling mean from a counter that only grows. ``now`` is monotonic seconds."""

    def __init__(self) -> None:
        self.due = 0.0
        self._samples: deque[tuple[float, int]] = deque()

    def note(self, now: float, total: int) -> None:
        """What the counter says; to be called when ``due``, at most once a second."""
        self.due = now + _STEP
        self._samples.append((now, total))
        self._forget(now)

    def per_second(self, now: float, total: int) -> float:
        """The mean of the last minute, or of what there was of it; 0.0 before the beginning."""
        self._forget(now)
        if not self._samples:
            return 0.0
        since, before = self._samples[0]
        return (total - before) / max(now - since, _STEP)

    def _forget(self, now: float) -> None:
        """Keep one sample that is a minute old: the mean reaches back to it."""
        while len(self._samples) > 1 and self._samples[1][0] <= now - WINDOW:
            self._samples.popleft()
