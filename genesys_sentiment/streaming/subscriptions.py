"""Keeps a channel's subscriptions as the plan wants them, within the platform's limits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeAlias

from genesys_sentiment.clock import Clock
from genesys_sentiment.dialects.topics import combine, split
from genesys_sentiment.errors import GenesysSentimentError
from genesys_sentiment.model.events import Event, TopicRefused
from genesys_sentiment.model.wire import Channel
from genesys_sentiment.streaming.plan import Plan
from genesys_sentiment.streaming.verdict import judge

_Call: TypeAlias = Callable[[Channel, Sequence[str]], Awaitable["Subscribed"]]

TOPICS_PER_CHANNEL = 1000
"""Genesys' limit. Whether a combined topic counts once is not confirmed, so each counts here."""

_PAUSE = 5.0
"""Seconds after a REST error that may pass, on top of the REST client's own patience."""

_log = logging.getLogger(__name__)


class Subscribed(Protocol):
    """What became of the topics of one call."""

    @property
    def permitted(self) -> Sequence[str]: ...
    @property
    def refused(self) -> Sequence[TopicRefused]: ...


class Channels(Protocol):
    """The channel calls of the REST API that a stream needs (``cloud.Channels`` has them)."""

    async def create(self) -> Channel: ...
    async def add(self, channel: Channel, topics: Sequence[str]) -> Subscribed: ...
    async def replace(self, channel: Channel, topics: Sequence[str]) -> Subscribed: ...


class Subscriptions:
    """One channel's topics. A new channel is a new object.

    Refused topics are not asked for again on this channel. Calls are ``spacing`` seconds apart:
    whatever changed meanwhile goes out in one call.
    """

    def __init__(
        self,
        channels: Channels,
        channel: Channel,
        plan: Plan,
        emit: Callable[[Event], None],
        clock: Clock,
        *,
        spacing: float,
    ) -> None:
        self._channels = channels
        self._channel = channel
        self._plan = plan
        self._emit = emit
        self._clock = clock
        self._spacing = spacing
        self._applied: set[str] = set()
        self._refused: set[str] = set()
        self._said: set[str] = set()
        self._called = -spacing
        self._changed = asyncio.Event()
        self._version = -1

    def poke(self) -> None:
        """Look at the plan again, if it has changed."""
        if self._plan.version != self._version:
            self._changed.set()

    async def replace_all(self) -> None:
        """Make the channel's list what the plan wants, whatever it was before."""
        await self._replace(self._fitting())

    def confirm(self) -> None:
        """Say that what is subscribed arrives from now on: the socket is open."""
        for event in self._plan.subscribed(self._applied, self._clock.wall()):
            self._emit(event)

    async def follow(self) -> None:
        """Follow the plan until cancelled. Raises REST errors that waiting does not cure.

        One that may pass costs time, not the connection: what is subscribed already goes on.
        """
        while True:
            await self._changed.wait()
            await self._clock.sleep(self._called + self._spacing - self._clock.monotonic())
            self._changed.clear()
            try:
                await self._update()
            except GenesysSentimentError as error:
                verdict = judge(error)
                if verdict.kind != "again":
                    raise
                _log.warning("topics could not be subscribed, trying again: %s", error)
                self._changed.set()
                await self._clock.sleep(max(verdict.after, _PAUSE))
            else:
                self.confirm()

    async def _update(self) -> None:
        topics = self._fitting()
        if not self._applied.issubset(topics):
            await self._replace(topics)
        elif new := [topic for topic in topics if topic not in self._applied]:
            await self._apply(self._channels.add, new)

    async def _replace(self, topics: Sequence[str]) -> None:
        await self._apply(self._channels.replace, topics)
        self._applied.intersection_update(topics)

    def _fitting(self) -> list[str]:
        """The wanted topics that one channel can hold, one by one, longest wanted first."""
        self._version = self._plan.version
        single = dict.fromkeys(each for topic in self._plan.wanted for each in split(topic))
        topics = [topic for topic in single if topic not in self._refused]
        for topic in topics[TOPICS_PER_CHANNEL:]:
            self._refuse(TopicRefused(topic=topic, reason="channel_full"))
        return topics[:TOPICS_PER_CHANNEL]

    async def _apply(self, call: _Call, topics: Sequence[str]) -> None:
        self._called = self._clock.monotonic()
        answer = await call(self._channel, combine(topics))
        self._applied.update(topic for each in answer.permitted for topic in split(each))
        alone = [each for each in answer.refused if len(split(each.topic)) == 1]
        combined = [each.topic for each in answer.refused if each not in alone]
        if combined:
            # A combined topic is refused as a whole: only asking one by one tells which part.
            parts = [topic for each in combined for topic in split(each)]
            answer = await self._channels.add(self._channel, parts)
            self._applied.update(answer.permitted)
            alone += answer.refused
        for refused in alone:
            self._refused.add(refused.topic)
            self._applied.discard(refused.topic)
            self._refuse(refused)

    def _refuse(self, refused: TopicRefused) -> None:
        if refused.topic not in self._said:
            self._said.add(refused.topic)
            self._emit(refused)
