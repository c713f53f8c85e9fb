"""The tracker's accounting. Pure: no I/O."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class TrackerCounters:
    """What became of every event, at one moment; ``offered`` is the sum of the next seven.

    ``moved`` changed the state; ``unchanged`` said what was known and ``repeated`` had come
    before: nothing follows from those two. ``late`` came after newer ones and ``stray`` had a
    number that does not fit: both came back without having been applied. ``passed`` were none of
    the tracker's business, ``held`` wait for earlier ones.
    ``unexpected`` of the moved were no step that the table knows. ``gaps`` were said, ``restarts``
    are jumps that proved real, ``evicted`` the interactions forgotten, ``conversations`` those
    held now.
    """

    offered: int
    moved: int
    unchanged: int
    repeated: int
    late: int
    stray: int
    passed: int
    held: int
    unexpected: int
    gaps: int
    restarts: int
    evicted: int
    conversations: int

    @property
    def balanced(self) -> bool:
        """Whether the identity holds; it always does."""
        silent = self.unchanged + self.repeated + self.held
        return self.offered == self.moved + self.late + self.stray + self.passed + silent
