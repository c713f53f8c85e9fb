"""A companion that asks analytics about every gap of its stream (S4-16)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Sequence

from genesys_sentiment.clock import Clock
from genesys_sentiment.cloud.backfill import snapshots_of
from genesys_sentiment.cloud.details import Details
from genesys_sentiment.errors import GenesysSentimentError
from genesys_sentiment.model.events import Event, Gap
from genesys_sentiment.model.wire import Snapshot
from genesys_sentiment.streaming.companions import Outlet
from genesys_sentiment.streaming.memory import Memory
from genesys_sentiment.streaming.options import BackfillOptions

_log = logging.getLogger(__name__)


class GapBackfill:
    """Tells what changed in a gap, with ``source="backfill"``, one gap after another.

    ``queues`` are those that are watched, ``followed`` names the conversations that are.
    ``memory`` is the stream's: what came live is not said again, and no state goes backwards.
    A gap of our own buffer (``dropped``) is not asked about: the states in it are known.
    """

    def __init__(
        self,
        details: Details,
        memory: Memory,
        clock: Clock,
        *,
        queues: Sequence[str] = (),
        followed: Callable[[], Collection[str]] = tuple,
        options: BackfillOptions | None = None,
    ) -> None:
        self._options = options or BackfillOptions()
        self._details = details
        self._memory = memory
        self._clock = clock
        self._queues = tuple(queues)
        self._followed = followed
        self._gaps: asyncio.Queue[tuple[float, Gap]] = asyncio.Queue(self._options.limit)

    def observe(self, event: Event) -> None:
        """Note a gap, and when to ask about it."""
        if isinstance(event, Gap):
            try:
                self._gaps.put_nowait((self._clock.monotonic() + self._options.delay, event))
            except asyncio.QueueFull:
                self._memory.counters.unrecovered += 1
                _log.warning("a gap is not asked about: %d others wait", self._options.limit)

    async def run(self, outlet: Outlet) -> None:
        """Ask about one gap after another until cancelled."""
        counters, clock = self._memory.counters, self._clock
        free = clock.monotonic()
        try:
            while True:
                due, gap = await self._gaps.get()
                counters.unrecovered += 1  # until it is
                await clock.sleep(max(due, free) - clock.monotonic())
                try:
                    await self._recover(gap, outlet)
                except GenesysSentimentError as error:
                    _log.warning("a gap could not be asked about: %s", type(error).__name__)
                else:
                    counters.unrecovered -= 1
                free = clock.monotonic() + self._options.spacing
        finally:
            counters.unrecovered += self._gaps.qsize()

    async def _recover(self, gap: Gap, outlet: Outlet) -> None:
        async for snapshot in self._found(gap):
            # Compared and told without a pause: nothing that comes live can get in between.
            await outlet.room()
            outlet.tell(self._memory.snapshots.observe(snapshot, source="backfill"))
            await asyncio.sleep(0)

    async def _found(self, gap: Gap) -> AsyncIterator[Snapshot]:
        """Its conversation, or those of the queues and then those that are followed anyway."""
        found: set[str] = set()
        others = [] if gap.conversation is None else [gap.conversation]
        if not others:
            if self._queues:
                for snapshot in await self._ask(gap, queues=self._queues):
                    found.add(snapshot.conversation)
                    yield snapshot
            others = [each for each in self._followed() if each not in found]
        for snapshot in await self._ask(gap, conversations=others):
            yield snapshot

    async def _ask(
        self,
        gap: Gap,
        *,
        queues: Sequence[str] | None = None,
        conversations: Sequence[str] | None = None,
    ) -> tuple[Snapshot, ...]:
        return await snapshots_of(
            self._details, gap, queues=queues, conversations=conversations, now=self._clock.wall
        )
