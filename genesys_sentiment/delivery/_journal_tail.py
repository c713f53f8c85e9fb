"""The newest entries of a journal, in memory: who keeps up never reads the file."""

from __future__ import annotations

import asyncio
from typing import Final

from genesys_sentiment.delivery._journal_entries import News
from genesys_sentiment.errors import LogFailed
from genesys_sentiment.model.entries import Entry

_MOST: Final = 8192
_BYTES: Final = 8 * 1_048_576
"""Entries, and bytes of their bodies, that are kept; half of them go when it is more."""


class Tail:
    """``last``: the newest sequence that is safe. ``cuts``: how often entries were taken away.

    ``generation``: of the file, see :class:`~genesys_sentiment.delivery._journal_store.Batch`.
    """

    def __init__(self, last: int) -> None:
        self.last = last
        self.cuts = 0
        self.generation = 0
        self._closed = False
        self._entries: list[Entry] = []
        self._first = last + 1
        self._bytes = 0
        self._moved = asyncio.Event()

    def hear(self, news: News, last: int, generation: int) -> None:
        """A group is safe."""
        salvaged, self.generation = generation != self.generation, generation
        if news.cut:
            self.cuts += 1
            self._entries = []
            self._bytes = 0
            self._first = last + 1
        elif news.entries:
            self._entries += news.entries
            self._bytes += sum(len(each.body) for each in news.entries)
            while len(self._entries) > _MOST or self._bytes > _BYTES:
                self._halve()
        if last > self.last or salvaged:
            self.last = max(last, self.last)
            self._wake()

    def after(self, taken: int, limit: int, size: int) -> list[Entry] | None:
        """The entries behind ``taken``; None where they are not all in memory."""
        index = taken + 1 - self._first
        if index < 0:
            return None
        found = self._entries[index : index + limit]
        total = 0
        for place, entry in enumerate(found):
            total += len(entry.body)
            if total > size and place:
                return found[:place]
        return found

    async def beyond(self, taken: int, generation: int) -> None:
        """Until there is something behind ``taken``, or another file, or the end."""
        while self.last <= taken and self.generation == generation and not self._closed:
            await self._moved.wait()

    def close(self) -> None:
        """Nothing comes any more."""
        self._closed = True
        self._wake()

    def check(self) -> None:
        """Raises LogFailed when it is closed."""
        if self._closed:
            raise LogFailed(CLOSED)

    def _halve(self) -> None:
        half = max(len(self._entries) // 2, 1)
        self._bytes -= sum(len(each.body) for each in self._entries[:half])
        del self._entries[:half]
        self._first += half

    def _wake(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()


CLOSED: Final = "the journal is closed: open another on the same file"
