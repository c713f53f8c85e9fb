"""The accounting of the alert stage. Pure: no I/O."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class AlertCounters:
    """What became of every record: offered = heard + late + unsound + changes + passed.

    ``heard`` are scores that a window took, ``late`` those that came after the grace of their
    conversation or are older than a whole window, ``unsound`` those whose numbers are none.
    ``changes`` are state changes, ``passed`` everything else: all of them go on unchanged.
    ``raised`` and ``cleared`` count alerts, ``conversations`` those that are held now.
    """

    offered: int
    heard: int
    late: int
    unsound: int
    changes: int
    passed: int
    raised: int
    cleared: int
    conversations: int

    @property
    def balanced(self) -> bool:
        """Whether the identity holds; it always does."""
        done = self.heard + self.late + self.unsound + self.changes + self.passed
        return self.offered == done
