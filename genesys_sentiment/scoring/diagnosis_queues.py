"""What is found out about queues. Pure: no I/O.

Coverage (S3-02) and readings without data (S3-01).
"" stands for the conversations of which no queue is known.
"""

from __future__ import annotations

from collections import OrderedDict

from genesys_sentiment.model.alerts import Diagnosis
from genesys_sentiment.scoring.diagnosis_state import Queue
from genesys_sentiment.scoring.diagnostic_figures import DiagnosticFigures, finding


class Queues:
    """Counts by queue; ``states`` has the least recently used first."""

    def __init__(self, figures: DiagnosticFigures) -> None:
        self._figures = figures
        self.states: OrderedDict[str, Queue] = OrderedDict()

    def coverage(self) -> dict[str, tuple[int, int]]:
        """Covered and connected conversations of every queue that had one."""
        return {
            name: (state.covered, state.connected)
            for name, state in self.states.items()
            if name and state.connected
        }

    def connect(self, queue: str) -> None:
        """One more connected conversation."""
        self._state(queue).connected += 1

    def cover(self, queue: str | None, at: float) -> list[Diagnosis]:
        """A connected conversation has its first score."""
        state = self._state(queue)
        state.covered += 1
        state.missed = 0
        if not state.uncovered:
            return []
        state.uncovered = False
        return [finding("no_coverage", "cleared", at, queue=queue)]

    def miss(self, queue: str | None, at: float) -> list[Diagnosis]:
        """A connected conversation is over, or another queue's, without a score."""
        state = self._state(queue)
        state.missed += 1
        if state.uncovered or state.missed < self._figures.uncovered:
            return []
        state.uncovered = True
        return [
            finding(
                "no_coverage",
                "raised",
                at,
                queue=queue,
                conversations=state.missed,
                connected=state.connected,
            )
        ]

    def empty(self, queue: str | None, at: float) -> list[Diagnosis]:
        """A platform reading without a score."""
        state = self._state(queue)
        state.empty += 1
        if state.no_data or state.empty < self._figures.empty_readings:
            return []
        state.no_data = True
        return [finding("no_data", "raised", at, queue=queue, readings=state.empty)]

    def has_data(self, queue: str | None, at: float) -> list[Diagnosis]:
        """A platform reading with a score: of its queue, and so of the organisation."""
        found: list[Diagnosis] = []
        for name in sorted({"", queue or ""}):
            state = self.states.get(name)
            if state is None:
                continue
            state.empty = 0
            if state.no_data:
                state.no_data = False
                found.append(finding("no_data", "cleared", at, queue=name or None))
        return found

    def _state(self, queue: str | None) -> Queue:
        name = queue or ""
        state = self.states.get(name)
        if state is None:
            state = self.states[name] = Queue()
            if len(self.states) > self._figures.max_queues:
                self.states.popitem(last=False)
        self.states.move_to_end(name)
        return state
