"""Keeps a channel's subscriptions as the plan wants them, within the platform's limits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeAlias

from genesys_sentiment.dialects.topics import combine, split
from genesys_sentiment.model.events import Event, TopicRefused
from genesys_sentiment.model.wire import Channel
from genesys_sentiment.streaming.clock import Clock
from genesys_sentiment.streaming.plan import Plan

_Call: TypeAlias = Callable[[Channel, Sequence[str]], Awaitable["Subscribed"]]

TOPICS_PER_CHANNEL = 1000
"""Genesys' limit; a combined topic counts once (their own client counts so)."""


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
        topics = self._fitting()
        self._applied.intersection_update(topics)
        await self._apply(self._channels.replace, topics)

    async def follow(self) -> None:
        """Follow the plan until cancelled. Raises what the REST calls raise."""
        while True:
            await self._changed.wait()
            await self._clock.sleep(self._called + self._spacing - self._clock.monotonic())
            self._changed.clear()
            topics = self._fitting()
            if not self._applied.issubset(topics):
                await self.replace_all()
            elif new := [topic for topic in topics if topic not in self._applied]:
                await self._apply(self._channels.add, new)

    def _fitting(self) -> list[str]:
        """The wanted topics that one channel can hold, longest wanted first."""
        self._version = self._plan.version
        topics = [topic for topic in self._plan.wanted if topic not in self._refused]
        for topic in topics[TOPICS_PER_CHANNEL:]:
            self._refuse(TopicRefused(topic=topic, reason="channel_full"))
        return topics[:TOPICS_PER_CHANNEL]

    async def _apply(self, call: _Call, topics: Sequence[str]) -> None:
        self._called = self._clock.monotonic()
        answer = await call(self._channel, combine(topics))
        self._applied.update(topic for each in answer.permitted for topic in split(each))
        parts = [topic for each in answer.refused for topic in split(each.topic)]
        if len(parts) > len(answer.refused):
            # A combined topic is refused as a whole: only asking one by one tells which part.
            answer = await self._channels.add(self._channel, parts)
            self._applied.update(answer.permitted)
        for refused in answer.refused:
            self._refused.add(refused.topic)
            self._refuse(refused)
        for event in self._plan.subscribed(self._applied, self._clock.wall()):
            self._emit(event)

    def _refuse(self, refused: TopicRefused) -> None:
        if refused.topic not in self._said:
            self._said.add(refused.topic)
            self._emit(refused)
