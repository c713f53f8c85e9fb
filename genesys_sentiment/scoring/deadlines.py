"""Which of many deadlines is next. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heappop, heappush


class Deadlines:
    """One deadline per key; setting, dropping and asking for the earliest cost O(log n).

    Dropped deadlines stay in the heap until they surface or outnumber the live ones.
    """

    def __init__(self) -> None:
        self._live: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self._live)

    def set(self, key: str, at: float) -> None:
        """``key`` is due at ``at``, whatever it was before."""
        if self._live.get(key) == at:
            return
        self._live[key] = at
        heappush(self._heap, (at, key))
        if len(self._heap) > 2 * len(self._live) + 16:
            self._heap = [(due, name) for name, due in self._live.items()]
            heapify(self._heap)

    def drop(self, key: str) -> None:
        """``key`` is not waited for any longer."""
        self._live.pop(key, None)

    @property
    def earliest(self) -> float | None:
        """The next deadline, None if there is none."""
        heap = self._heap
        while heap and self._live.get(heap[0][1]) != heap[0][0]:
            heappop(heap)
        return heap[0][0] if heap else None

    def due(self, now: float) -> Iterator[str]:
        """Take out every key whose deadline has come, earliest first."""
        while (earliest := self.earliest) is not None and earliest <= now:
            key = heappop(self._heap)[1]
            del self._live[key]
            yield key
