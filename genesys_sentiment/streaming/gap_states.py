"""Which states changed in gaps, as far as analytics knows (S4-16)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence

from attrs import define, frozen

from genesys_sentiment.clock import Clock
from genesys_sentiment.cloud.backfill import snapshots_in, snapshots_of
from genesys_sentiment.cloud.details import MOST_IDS, Details
from genesys_sentiment.model.events import Gap
from genesys_sentiment.model.wire import Snapshot
from genesys_sentiment.streaming.gap_agenda import Pace
from genesys_sentiment.streaming.gap_ledger import Entry


@frozen
class Look:
    """A gap to ask about, for the first time or ``again``."""

    entry: Entry
    again: bool = False

    @property
    def gap(self) -> Gap:
        """The gap."""
        return self.entry.gap


@define
class GapStates:
    """Asks analytics about gaps. ``queues`` are those that are watched."""

    details: Details
    queues: Sequence[str]
    pace: Pace
    clock: Clock

    def together(self, looks: Sequence[Look]) -> Iterator[Sequence[Look]]:
        """What one question is about: a gap of the stream, or many that are of one conversation."""
        for again in (False, True):
            ones = [each for each in looks if each.gap.conversation and each.again is again]
            for start in range(0, len(ones), MOST_IDS):
                yield ones[start : start + MOST_IDS]
        for each in looks:
            if each.gap.conversation is None:
                yield (each,)

    async def find(
        self, looks: Sequence[Look], followed: Callable[[], Collection[str]]
    ) -> AsyncIterator[Snapshot]:
        """The conversations of gaps as they are now. Raises what :meth:`Details.find` raises.

        Of the stream's: those of the queues, and then those that are followed anyway.
        """
        gap, now = looks[0].gap, self.clock.wall
        if gap.conversation is not None:
            await self.pace.turn()
            gaps = [each.gap for each in looks]
            for snapshot in await snapshots_in(self.details, gaps, now=now):
                yield snapshot
            return
        found: set[str] = set()
        if self.queues:
            await self.pace.turn()
            for snapshot in await snapshots_of(self.details, gap, queues=self.queues, now=now):
                found.add(snapshot.conversation)
                yield snapshot
        others = [each for each in followed() if each not in found]
        for start in range(0, len(others), MOST_IDS):
            await self.pace.turn()
            named = others[start : start + MOST_IDS]
            for snapshot in await snapshots_of(self.details, gap, conversations=named, now=now):
                yield snapshot
