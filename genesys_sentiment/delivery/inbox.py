"""Between whoever gives records and the log: a bounded queue, appended from in groups."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Final

from genesys_sentiment.clock import Clock
from genesys_sentiment.delivery.log import Log
from genesys_sentiment.delivery.waiting import Nap
from genesys_sentiment.errors import LogFull
from genesys_sentiment.model.entries import Entry

_log = logging.getLogger(__name__)

MOST: Final = 10_000
"""Entries that wait to be appended."""

MOST_BYTES: Final = 16 * 1_048_576
"""Bytes of body that wait to be appended."""

_GROUP: Final = 100
_GROUP_BYTES: Final = 1_048_576
_GATHERING: Final = 0.05
"""Seconds that the first of a group waits for others, if nobody waits for it."""
_AGAIN: Final = 1.0
"""Seconds after which a full log is asked again, if no sink has settled anything before."""


class Inbox:
    """Entries in their order, and the one task that appends them."""

    def __init__(self, log: Log, clock: Clock) -> None:
        self._log = log
        self._queue: deque[Entry] = deque()
        self._bytes = 0
        self._accepted = self._safe = 0
        self._hasty = 0
        self._nap = Nap(clock)
        self._gathers = self._is_full = self._said = False
        self._moved = asyncio.Event()
        self.broken: Exception | None = None

    def __len__(self) -> int:
        return len(self._queue)

    def accept(self, entry: Entry) -> int:
        """Take an entry, now: its number, for :meth:`safe`. Whoever gives more awaits ``room``."""
        self.check()
        self._queue.append(entry)
        self._bytes += len(entry.body)
        self._accepted += 1
        if entry.urgent:
            self._hasty = self._accepted
        if len(self._queue) == 1 or (self._gathers and self._hurried()):
            self._nap.wake()
        return self._accepted

    async def room(self) -> None:
        """Wait until there is room for another entry."""
        if self._accepted % _GROUP == 0:
            await asyncio.sleep(0)  # a source that never waits must not keep others from running
        while len(self._queue) >= MOST or self._bytes >= MOST_BYTES:
            await self._move()

    async def safe(self, number: int | None = None) -> None:
        """Wait until that one, or all that was accepted, is in the log. Cancelling is harmless.

        Raises what the log raised.
        """
        wanted = self._accepted if number is None else number
        if self._safe < wanted:
            self._hasty = max(self._hasty, wanted)
            if self._gathers:
                self._nap.wake()
        while self._safe < wanted:
            await self._move()
        self.check()

    def again(self) -> None:
        """The log may have room again."""
        if self._is_full:
            self._nap.wake()

    def check(self) -> None:
        """Raise what ended it, if something did."""
        if self.broken is not None:
            raise self.broken

    async def run(self) -> None:
        """Append until cancelled, or until the log fails: then ``broken`` is set."""
        try:
            while True:
                if not self._queue:
                    await self._nap.rest(None)
                elif not self._hurried():
                    await self._gather()
                else:
                    await self._append()
        except Exception as error:  # noqa: BLE001 - the log's border: raised to who gives records
            self.broken = error
            _log.error("nothing can be kept any more: %s", type(error).__name__)
            self._moved.set()

    async def _gather(self) -> None:
        self._gathers = True
        try:
            await self._nap.rest(_GATHERING)
        finally:
            self._gathers = False
        self._hasty = max(self._hasty, self._safe + 1)

    def _hurried(self) -> bool:
        return self._hasty > self._safe or len(self._queue) >= _GROUP or self._bytes >= _GROUP_BYTES

    async def _append(self) -> None:
        group = self._group()
        try:
            await self._log.append(group)
        except LogFull:
            await self._wait_for_room()
            return
        for each in group:
            self._queue.popleft()
            self._bytes -= len(each.body)
        self._safe += len(group)
        self._said = self._said and bool(self._queue)
        self._moved.set()

    async def _wait_for_room(self) -> None:
        if not self._said:
            # Once, until everything that waited has found room.
            _log.warning("the log is full: waiting until a sink catches up")
            self._said = True
        self._is_full = True
        try:
            await self._nap.rest(_AGAIN)
        finally:
            self._is_full = False

    def _group(self) -> list[Entry]:
        group: list[Entry] = []
        size = 0
        for entry in self._queue:
            size += len(entry.body)
            if group and (len(group) == _GROUP or size > _GROUP_BYTES):
                break
            group.append(entry)
        return group

    async def _move(self) -> None:
        self.check()
        self._moved.clear()
        await self._moved.wait()
