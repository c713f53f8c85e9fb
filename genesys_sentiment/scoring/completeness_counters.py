"""The accounting of completeness. Pure: no I/O."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class CompletenessCounters:
    """What became of every record: offered = observed + after + passed.

    ``observed`` told something of a conversation or a gap. ``after`` are utterances and readings
    of conversations that were told as completed already: more than 0 says that the grace is too
    short. ``passed`` is everything else. All of them go on unchanged. ``completed`` counts what
    was told, ``withdrawn`` the ends that were none because the conversation went on.
    ``conversations`` are held now, ``ending`` of them are over and waited for.
    """

    offered: int
    observed: int
    after: int
    passed: int
    completed: int
    withdrawn: int
    conversations: int
    ending: int

    @property
    def balanced(self) -> bool:
        """Whether the identity holds; it always does."""
        return self.offered == self.observed + self.after + self.passed
