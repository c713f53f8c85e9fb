"""Which of many deadlines is next. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heappop, heappush, heapreplace


class Deadlines:
    """One deadline per key; setting, dropping and asking for the earliest cost O(log n).

    The heap has an entry for each key that is not later than its deadline. One that is earlier
    than that, because the deadline was put off, goes to its place when it surfaces: most are put
    off again before that. Those of dropped keys stay until then, or until they outnumber the rest.
    """

    def __init__(self) -> None:
        self._live: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self._live)

    def set(self, key: str, at: float) -> None:
        """``key`` is due at ``at``, whatever it was before."""
        before = self._live.get(key)
        self._live[key] = at
        if before is not None and before <= at:
            return
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
        heap, live = self._heap, self._live
        while heap:
            at, key = heap[0]
            due = live.get(key)
            if due == at:
                return at
            if due is not None and due > at:
                heapreplace(heap, (due, key))
            else:
                heappop(heap)  # dropped, or there is another entry, which is earlier
        return None

    def due(self, now: float) -> Iterator[str]:
        """Take out every key whose deadline has come, earliest first."""
        while (earliest := self.earliest) is not None and earliest <= now:
            key = heappop(self._heap)[1]
            del self._live[key]
            yield key
