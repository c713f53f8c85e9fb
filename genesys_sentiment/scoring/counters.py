"""The scorer's accounting (S0-23). Pure: no I/O."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen


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
