"""The scorer's accounting (S0-23). Pure: no I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from attrs import frozen

from genesys_sentiment.model.histogram import Histogram, Latencies


@frozen(kw_only=True)
class ScorerCounters:
    """What became of every event, at one moment: offered = scored + skipped + passed + withheld.

    ``skipped`` counts by reason. ``passed`` were none of the scorer's business and went through.
    ``withheld`` are behind the gate now. ``conversations`` are held now, ``evicted`` were
    forgotten because they were idle or too many.
    """

    offered: int
    scored: int
    skipped: Mapping[str, int]
    passed: int
    withheld: int
    conversations: int
    evicted: int

    @property
    def balanced(self) -> bool:
        """Whether the identity holds; it always does."""
        done = self.scored + sum(self.skipped.values()) + self.passed
        return self.offered == done + self.withheld


@frozen(kw_only=True)
class ScorerReport:
    """Counters and latencies of the same moment.

    ``latency`` is from the time of an event to its ``scored_at``. An event without a time of its
    own has none, so it is not measured: ``scored`` = ``latency.count`` + ``latency.early`` +
    ``untimed``. What the gate withheld was waited for, and that is part of it.
    """

    counters: ScorerCounters
    latency: Latencies

    @property
    def untimed(self) -> int:
        """How many scores have no latency."""
        return self.counters.scored - self.latency.count - self.latency.early


class Accounts:
    """What a scorer counts on the way."""

    __slots__ = ("_latency", "_measure", "evicted", "offered", "passed", "scored", "skipped")

    def __init__(self) -> None:
        self.offered = self.scored = self.passed = self.evicted = 0
        self.skipped: Counter[str] = Counter()
        self._latency = Histogram()
        self._measure = self._latency.add

    def note_scored(self, at: float | None, now: float) -> None:
        """An event of the time ``at`` was scored. When it came is no replacement for None."""
        self.scored += 1
        if at is not None:
            try:
                self._measure(now - at)
            except ValueError:
                return  # now is no time

    def counters(self, *, withheld: int, conversations: int) -> ScorerCounters:
        """The counts of this moment."""
        return ScorerCounters(
            offered=self.offered,
            scored=self.scored,
            skipped=dict(self.skipped),
            passed=self.passed,
            withheld=withheld,
            conversations=conversations,
            evicted=self.evicted,
        )

    def latency(self) -> Latencies:
        """The latencies of this moment."""
        return self._latency.snapshot()
