"""Which conversations a gap concerns: each is noted before anything more is heard of it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection
from typing import Final, NoReturn

from attrs import frozen

from genesys_sentiment.clock import Clock
from genesys_sentiment.model.events import Gap
from genesys_sentiment.streaming.gap_agenda import Agenda
from genesys_sentiment.streaming.gap_ledger import Entry, Ledger, Part
from genesys_sentiment.streaming.gap_matching import Heard
from genesys_sentiment.streaming.gap_states import Look

_AT_ONCE: Final = 100
"""Conversations noted without a pause, in about 2 ms: nobody else has a turn meanwhile."""


@frozen
class _Waiting:
    """A gap of the stream, the conversations that are not noted yet, and when to ask about it."""

    entry: Entry
    names: dict[str, None]
    due: float


class Notes:
    """Notes gaps in the ledger, and what was heard around them; then they are to be looked at.

    A gap of the stream concerns all that are ``followed``, thousands maybe: ``run`` notes them
    some at a time. ``concern`` says that something is about to be heard of one. ``delay``:
    seconds after which a gap is asked about.
    """

    def __init__(
        self,
        ledger: Ledger,
        heard: Heard,
        looks: Agenda[Look],
        clock: Clock,
        parts: Collection[Part],
        followed: Callable[[], Collection[str]],
        delay: float,
    ) -> None:
        self._ledger = ledger
        self._heard = heard
        self._looks = looks
        self._clock = clock
        self._parts = parts
        self._followed = followed
        self._delay = delay
        self._waiting: deque[_Waiting] = deque()
        self._news = asyncio.Event()

    def note(self, gap: Gap) -> None:
        """There was a gap; one that is noted already changes nothing."""
        now = self._clock.monotonic()
        entry = self._ledger.open(gap, self._parts, now)
        if entry is None:
            return
        due = now + self._delay
        if gap.conversation is not None:
            self._heard.concern(gap, gap.conversation)
            self._looks.put(due, Look(entry))
            return
        names = dict.fromkeys(reversed(tuple(self._followed())))
        self._waiting.append(_Waiting(entry, names, due))
        self._news.set()

    def concern(self, conversation: str) -> None:
        """Note it now, if it waits: it will be heard of, and what was before must be kept."""
        for each in self._waiting:
            if conversation in each.names:
                del each.names[conversation]
                self.join(each.entry, conversation)

    def join(self, entry: Entry, conversation: str) -> None:
        """A gap of the stream concerns a conversation."""
        if self._ledger.join(entry, conversation, self._parts, self._clock.monotonic()):
            self._heard.concern(entry.gap, conversation)

    async def run(self) -> NoReturn:
        """Note what waits, and have it looked at, until cancelled."""
        while True:
            while not self._waiting:
                self._news.clear()
                await self._news.wait()
            first = self._waiting[0]
            for _ in range(min(_AT_ONCE, len(first.names))):
                self.join(first.entry, first.names.popitem()[0])
            if not first.names:
                self._waiting.popleft()
                self._looks.put(first.due, Look(first.entry))
            await asyncio.sleep(0)
