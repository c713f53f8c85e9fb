"""Lines are served one after the other: each until it ends, or until another one takes over."""

from __future__ import annotations

import asyncio
from typing import NoReturn

from genesys_sentiment.clock import Clock
from genesys_sentiment.streaming.announcing import Announcer
from genesys_sentiment.streaming.buffer import Buffer
from genesys_sentiment.streaming.discovery import Discover, ask
from genesys_sentiment.streaming.handover import Replaced, Succession, first_of, hand_over
from genesys_sentiment.streaming.health import Health
from genesys_sentiment.streaming.life import Life
from genesys_sentiment.streaming.line import Line, say_goodbye
from genesys_sentiment.streaming.reading import begin, read


class Service:
    """What a stream does with an open line. ``opened`` is set when the first one is read."""

    def __init__(
        self,
        succession: Succession,
        buffer: Buffer,
        announcer: Announcer,
        health: Health,
        life: Life,
        clock: Clock,
        *,
        discover: Discover | None,
    ) -> None:
        self._succession = succession
        self._buffer = buffer
        self._announcer = announcer
        self._health = health
        self._life = life
        self._clock = clock
        self._discover = discover
        self.opened = asyncio.Event()

    async def serve(self, line: Line, old: Line | None) -> tuple[Line, Line | None]:
        """Serve a line until another one takes over; returns that one, and which was before it.

        A line that ends while the one before it lives gives its place back. Raises why a line
        ended for which there is no other.
        """
        try:
            await self._serve(line, old)
        except Replaced as replaced:
            self._health.lines.append(replaced.line)
            if self._life.leaving:
                raise asyncio.CancelledError from None
            return replaced.line, line
        except Exception as error:
            # Leaving: a group that fails while it is cancelled swallows the cancellation.
            if self._life.leaving or old not in self._health.lines:
                raise
            if not self._succession.failed(old, line, error):
                raise
            await self._close(line)
            return old, None

    async def _serve(self, line: Line, old: Line | None) -> NoReturn:
        """Hand over what a line brings, and what an ``old`` one still does, until it ends."""
        if line.subscriptions is not None:
            line.subscriptions.confirm()
        try:
            async with asyncio.TaskGroup() as group:
                handover = None
                if old is not None:
                    over = self._hand_over(old, line)
                    handover = group.create_task(over, name="genesys-handover")
                group.create_task(self._read(line), name="genesys-reader")
                renewing = self._succession.renew(line, handover)
                group.create_task(renewing, name="genesys-renewal")
                if line.subscriptions is not None:
                    group.create_task(line.subscriptions.follow(), name="genesys-subscriptions")
                if self._discover is not None:
                    whole = self._health.whole_until if old is None else old.whole_until
                    asking = ask(self._discover, line, self._clock, whole)
                    group.create_task(asking, name="genesys-discovery")
        except BaseExceptionGroup as errors:
            raise first_of(errors) from None
        raise AssertionError("a line is read until it ends")

    async def _read(self, line: Line) -> None:
        await begin(line, self._buffer, self._clock)
        self.opened.set()
        await read(line, self._buffer, self._clock)

    async def _hand_over(self, old: Line, line: Line) -> None:
        await hand_over(old, line, self._buffer, self._clock, self._announcer.gap)
        await self._close(old)

    async def _close(self, line: Line) -> None:
        self._health.lines.remove(line)
        await say_goodbye(line, 0.0)
