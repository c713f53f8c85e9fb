"""A companion that asks for the platform's own sentiment when a conversation has ended (S1-21)."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import OrderedDict
from typing import Final

from genesys_sentiment.clock import Clock
from genesys_sentiment.cloud.rest import Rest
from genesys_sentiment.cloud.sentiment import Sentiments
from genesys_sentiment.errors import GenesysSentimentError
from genesys_sentiment.model.events import ABSENT, Absent, Event, Reading, StateChange
from genesys_sentiment.model.results import Skipped
from genesys_sentiment.streaming.companions import Outlet
from genesys_sentiment.streaming.memory import Memory
from genesys_sentiment.streaming.options import FinalSentimentOptions
from genesys_sentiment.streaming.verdict import judge

_REMEMBERED: Final = 50_000
"""Conversations of which is known that they were asked about, or what was said of them live."""

_log = logging.getLogger(__name__)


class FinalSentiment:
    """Tells one ``Reading`` with ``source="backfill"`` of each conversation that ended.

    It ended when the stream's ``memory`` says so (``Snapshots.phase``). A reading without a score
    (ABSENT: nothing was sent) says that there was none until the patience ran out, one that is
    not a number (NaN) that the platform's was not on the scale; the Scorer makes ``no_data`` and
    ``invalid`` of them. Not told: what the topic has said live already, and that there is no
    score of a conversation that went on after all; that one is asked about when it ends again.
    """

    def __init__(
        self,
        rest: Rest,
        memory: Memory,
        clock: Clock,
        options: FinalSentimentOptions | None = None,
    ) -> None:
        self._options = options or FinalSentimentOptions()
        self._memory = memory
        self._clock = clock
        self._sentiments = Sentiments(
            rest,
            scale=self._options.scale,
            now=clock.wall,
            monotonic=clock.monotonic,
            sleep=clock.sleep,
        )
        self._ended: asyncio.Queue[str] = asyncio.Queue(self._options.limit)
        self._asked: OrderedDict[str, None] = OrderedDict()
        self._live: OrderedDict[str, tuple[float, float | Absent | None]] = OrderedDict()

    def observe(self, event: Event) -> None:
        """Note a conversation that ended, and what is said of a whole one live."""
        if isinstance(event, StateChange):
            name = event.conversation
            if name not in self._asked and self._memory.snapshots.phase(name) == "ended":
                self._ask(name)
        elif isinstance(event, Reading) and event.source == "live" and event.utterance is None:
            self._note(event)

    async def run(self, outlet: Outlet) -> None:
        """Ask about several conversations at once, until cancelled."""
        slots = asyncio.Semaphore(self._options.at_once)
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    await slots.acquire()
                    conversation = await self._ended.get()
                    self._memory.counters.unanswered += 1  # until it is
                    task = group.create_task(
                        self._settle(conversation, outlet), name="genesys-final-sentiment"
                    )
                    task.add_done_callback(lambda _task: slots.release())
        finally:
            self._memory.counters.unanswered += self._ended.qsize()

    def _note(self, reading: Reading) -> None:
        if isinstance(reading.score, float):
            self._live[reading.conversation] = (reading.score, reading.trend)
            if len(self._live) > _REMEMBERED:
                self._live.popitem(last=False)

    def _ask(self, conversation: str) -> None:
        self._asked[conversation] = None
        if len(self._asked) > _REMEMBERED:
            self._asked.popitem(last=False)
        try:
            self._ended.put_nowait(conversation)
        except asyncio.QueueFull:
            self._memory.counters.unanswered += 1
            _log.warning("a sentiment is not asked for: %d others wait", self._options.limit)

    async def _settle(self, conversation: str, outlet: Outlet) -> None:
        found = await self._answer(conversation)
        if found is None:
            return
        await outlet.room()
        if outlet.ended:
            return  # nobody is told any more: it stays unanswered
        self._memory.counters.unanswered -= 1
        live = self._live.get(conversation)
        if isinstance(found, Reading):
            if live == (found.score, found.trend):
                self._memory.counters.duplicates += 1
            else:
                outlet.tell((found,))
        elif found.reason == "invalid":
            outlet.tell((_without_score(found, math.nan),))
        elif self._memory.snapshots.phase(conversation) not in ("ended", None):
            self._asked.pop(conversation, None)
        elif live is None:
            outlet.tell((_without_score(found, ABSENT),))

    async def _answer(self, conversation: str) -> Reading | Skipped | None:
        """The sentiment, or that there is none; None where REST failed and waiting is no cure."""
        every, monotonic = self._options.every, self._clock.monotonic
        until = monotonic() + self._options.patience
        while True:
            try:
                return await self._sentiments.wait(
                    conversation, patience=max(until - monotonic(), 0.0), every=every
                )
            except GenesysSentimentError as error:
                _log.warning("a sentiment could not be asked for: %s", type(error).__name__)
                verdict = judge(error)
            pause = max(verdict.after, every)
            if verdict.kind != "again" or monotonic() + pause >= until:
                return None
            await self._clock.sleep(pause)


def _without_score(found: Skipped, score: float | Absent) -> Reading:
    """That there is none, as an event."""
    return Reading(
        conversation=found.conversation, score=score, received=found.at, source="backfill"
    )
