"""The sinks of a delivery while it runs: their lanes, their log, and what is on its way there."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final

from genesys_sentiment.clock import Clock
from genesys_sentiment.delivery.inbox import Inbox
from genesys_sentiment.delivery.lane import SinkLane
from genesys_sentiment.delivery.log import Log, Tally
from genesys_sentiment.delivery.states import SinkState
from genesys_sentiment.delivery.waiting import limit, to_its_end
from genesys_sentiment.errors import ConfigurationError, LogFailed
from genesys_sentiment.model.entries import Entry, Lane, Receipt, Sink

_log = logging.getLogger(__name__)

_NAME: Final = re.compile(r"[A-Za-z0-9._:-]{1,100}", re.ASCII)
_LAST_CHANCE: Final = 1.0
"""Seconds that an accepted record has to be kept at least, and a cancelled lane for tidying up."""

_CLOSING: Final = 5.0
"""Seconds that a sink has for closing."""


def checked(sinks: Sequence[Sink]) -> tuple[Sink, ...]:
    """Raises ConfigurationError for what cannot be served."""
    names: set[str] = set()
    for sink in sinks:
        given: object = sink
        name: object = getattr(given, "name", None)
        if not isinstance(given, Sink) or not isinstance(name, str):
            raise ConfigurationError(f"{type(given).__name__} is no sink: it needs name and send")
        if not _NAME.fullmatch(name):
            raise ConfigurationError(
                f"a sink's name has 1 to 100 letters, digits, '-', '_', '.' or ':', not {name!r}"
            )
        if name in names:
            raise ConfigurationError(f"two sinks are named {name!r}: their places would be one")
        if not isinstance(getattr(sink, "lane", None) or Lane(), Lane):
            raise ConfigurationError(f"the lane of sink {name!r} must be a Lane")
        names.add(name)
    return tuple(sinks)


class Serving:
    """One lane for each sink, and the inbox before their log. Closes the log and the sinks."""

    def __init__(
        self,
        sinks: Sequence[Sink],
        log: Log,
        clock: Clock,
        *,
        receipts: frozenset[str],
        written: Callable[[Receipt], Entry],
    ) -> None:
        self._sinks = sinks
        self._clock = clock
        self._receipts = receipts
        self._written = written
        self._lanes: dict[str, SinkLane] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._writer: asyncio.Task[None] | None = None
        self._last: dict[str, Tally] | None = None
        self.log = log
        self.inbox = Inbox(log, clock)

    async def start(self) -> None:
        """Begin. What went wrong before the first lane runs is raised, and all is closed."""
        try:
            for sink in self._sinks:
                self._lanes[sink.name] = SinkLane(
                    sink,
                    await self.log.consumer(sink.name),
                    clock=self._clock,
                    receipts=self._receipts,
                    written=self._written,
                    settled=self.inbox.again,
                )
        except BaseException:
            await to_its_end(self.close())
            raise
        self._writer = asyncio.create_task(self.inbox.run(), name="genesys-inbox")
        for name, lane in self._lanes.items():
            self._tasks.add(asyncio.create_task(lane.run(), name=f"genesys-sink-{name}"))

    def lane(self, name: str) -> SinkLane:
        """That of one sink. Raises ConfigurationError."""
        try:
            return self._lanes[name]
        except KeyError:
            raise ConfigurationError(
                f"no sink {name!r} is being served: there are {sorted(self._lanes)}"
            ) from None

    def check(self) -> None:
        """Raise what keeps records from being kept, or from being settled."""
        if self._writer is None:
            raise ConfigurationError("enter the delivery first: async with Delivery(…)")
        if self._writer.done():
            self.inbox.check()
            raise ConfigurationError("the delivery is over")
        for lane in self._lanes.values():
            if lane.broken is not None:
                raise lane.broken

    async def retry(self, name: str, ids: Sequence[str] | None) -> int:
        """Dead letters of one sink are tried again."""
        lane = self.lane(name)
        count = await lane.consumer.retry(ids, lane.steady())
        lane.nudge()
        return count

    async def tallies(self) -> dict[str, Tally]:
        """The accounting of each sink."""
        try:
            return {name: await lane.consumer.tally() for name, lane in self._lanes.items()}
        except LogFailed:
            if self._last is None:
                raise
            return self._last  # a log that is closed may not tell any more

    def states(self) -> dict[str, SinkState]:
        """How each sink is."""
        return {name: lane.state for name, lane in self._lanes.items()}

    async def drain(self, seconds: float) -> None:
        """Append what was accepted, and send what can be sent in so many seconds."""
        until = self._clock.monotonic() + seconds
        await self._within(max(seconds, _LAST_CHANCE), self._kept())
        for lane in self._lanes.values():
            lane.leave(until)
        await self._within(until - self._clock.monotonic(), asyncio.wait(self._tasks))

    async def _within(self, seconds: float, what: Awaitable[object]) -> None:
        with suppress(TimeoutError):
            async with limit(self._clock, seconds):
                await what

    async def _kept(self) -> None:
        # What the log raised is raised when all is closed: see ``problem``.
        with suppress(Exception):
            await self.inbox.safe()

    def problem(self) -> Exception | None:
        """What the log raised, if it did."""
        broken = [self.inbox.broken, *(lane.broken for lane in self._lanes.values())]
        return next((each for each in broken if each is not None), None)

    async def close(self) -> None:
        """End, whatever is left: lanes, sinks, the log."""
        tasks = {*self._tasks, *([self._writer] if self._writer is not None else [])}
        for task in tasks:
            task.cancel()
        if tasks:
            # Bounded: a sink may refuse to be cancelled.
            await asyncio.wait(tasks, timeout=_LAST_CHANCE)
        if len(self.inbox):
            _log.error("%d records could not be kept: the log took no more", len(self.inbox))
        await asyncio.gather(*(self._close_sink(each) for each in self._sinks))
        with suppress(LogFailed):
            self._last = await self.tallies()
        await self.log.close()

    async def _close_sink(self, sink: Sink) -> None:
        close = getattr(sink, "close", None)
        if close is None:
            return
        try:
            async with asyncio.timeout(_CLOSING):
                await close()
        except Exception as error:  # noqa: BLE001 - the sink's border
            _log.warning("sink %s did not close: %s", sink.name, type(error).__name__)
