"""Where a fleet gets its channels: never one too many, and never more calls than are allowed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from math import inf
from typing import Protocol, TypeAlias

from genesys_sentiment.clock import Clock
from genesys_sentiment.errors import GenesysSentimentError, LimitExceeded, NotFound, RateLimited
from genesys_sentiment.model.wire import Channel, Tokens
from genesys_sentiment.streaming.fleet_budget import Budget
from genesys_sentiment.streaming.subscriptions import Channels, Subscribed

_Call: TypeAlias = Callable[[Channel, Sequence[str]], Awaitable[Subscribed]]

MOST_CHANNELS = 20
"""Channels of one user and OAuth client; one more removes another, idle ones first."""

_OVERLAP = 60.0
"""Seconds that a channel whose successor was made counts as being read."""

_AGAIN = 60.0
"""Seconds after which it is looked again whether there is room: that may take 20 calls."""

_LIFE = 24 * 3600.0
"""Seconds that a channel lives from its last subscription."""

_log = logging.getLogger(__name__)


class AllChannels(Channels, Protocol):
    """The channel calls that a fleet needs (``cloud.Channels`` has them)."""

    async def list(self) -> tuple[Channel, ...]: ...
    async def topics(self, channel: Channel) -> tuple[str, ...]: ...
    async def clear(self, channel: Channel) -> None: ...


class Harbor:
    """All channels of a fleet. ``berth`` gives one part of it its own, as ``Channels``.

    Before a channel is made, those of the OAuth client are listed: others' are respected. One on
    which nothing is subscribed is left over, and counts for nothing: the platform removes idle
    ones first. ``reclaim``: others' are not asked about, and may be removed.
    """

    def __init__(
        self,
        channels: AllChannels,
        tokens: Tokens | None,
        clock: Clock,
        budget: Budget,
        *,
        spacing: float,
        limit: int = MOST_CHANNELS,
        reclaim: bool = False,
    ) -> None:
        self.channels = channels
        self.tokens = tokens
        self.clock = clock
        self.spacing = spacing
        self.making = asyncio.Lock()
        self._budget = budget
        self._limit = limit
        self._reclaim = reclaim
        self._reserved = 0
        self._ours: set[str] = set()
        self._berths: list[Berth] = []

    async def reserve(self, wanted: int) -> int:
        """How many of ``wanted`` channels may be made; each is for the next ``berth``."""
        async with self.making:
            granted = max(min(wanted, await self.free(wanted)), 0)
            self._reserved += granted
            return granted

    def berth(self, in_use: Callable[[], bool], available: Callable[[bool], None]) -> Berth:
        """Another channel's, which was reserved. ``in_use``: whether its present one is read.

        ``available`` hears that its channel is gone and no other can be made, and that one was.
        """
        self._reserved -= 1
        berth = Berth(self, in_use, available)
        self._berths.append(berth)
        return berth

    async def free(self, wanted: int) -> int:
        """How many channels there is room for; counts no further than it must."""
        now = self.clock.monotonic()
        free = self._limit - self._reserved - sum(each.held(now) for each in self._berths)
        if self._reclaim:
            return free
        await self.turn()
        listed = await self.channels.list()
        self._ours.intersection_update(each.id for each in listed)
        others = [each for each in listed if each.id not in self._ours]
        while others and free - len(others) < wanted:
            if await self._used(others[-1]):
                free -= 1
            others.pop()
        return free - len(others)

    async def make(self) -> Channel:
        """Make a channel; whether there is room has been looked at."""
        await self.turn()
        channel = await self.channels.create()
        self._ours.add(channel.id)
        return channel

    async def turn(self) -> None:
        """Wait until another call may begin."""
        await self.clock.sleep(self._budget.take(self.clock.monotonic()))

    async def leave(self, timeout: float) -> None:
        """Subscribe to nothing, so that what is left over can be told. Not waited for long."""
        held = [each.channel for each in self._berths if each.channel is not None]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout), asyncio.TaskGroup() as group:
                for channel in held:
                    group.create_task(self._clear(channel), name="genesys-channel-clear")

    async def _used(self, channel: Channel) -> bool:
        await self.turn()
        try:
            return bool(await self.channels.topics(channel))
        except NotFound:
            return False

    async def _clear(self, channel: Channel) -> None:
        with contextlib.suppress(GenesysSentimentError):
            await self.channels.clear(channel)


class Berth:
    """The channels of one part of a fleet, one after the other: ``Channels`` of its stream."""

    def __init__(
        self, harbor: Harbor, in_use: Callable[[], bool], available: Callable[[bool], None]
    ) -> None:
        self._harbor = harbor
        self._in_use = in_use
        self._available = available
        self._calling = asyncio.Lock()
        self._called = -inf
        self._overlap = -inf
        self._subscribed = -inf
        self._token: str | None = None
        self._away = False
        self.channel: Channel | None = None
        self.evicted = False

    def held(self, now: float) -> int:
        """How many channels it has, or needs."""
        return 0 if self._away else 1 + (now < self._overlap)

    async def create(self) -> Channel:
        """Make a channel where there is room; the first has been reserved.

        Raises RateLimited where there is none for a successor: the present one is read on, and
        asks again. One whose channel is gone waits for room.
        """
        harbor, told = self._harbor, False
        while True:
            async with harbor.making:
                if self.channel is None or await self._room():
                    self._token = await self._present()
                    self.channel, self._away = await harbor.make(), False
                    if self._in_use():
                        self._overlap = harbor.clock.monotonic() + _OVERLAP
                    if told:
                        self._available(True)
                    return self.channel
            if not told:
                told = True
                _log.warning("no room for a channel of ours that is gone, waiting for it")
                self._available(False)
            await harbor.clock.sleep(_AGAIN)

    async def add(self, channel: Channel, topics: Sequence[str]) -> Subscribed:
        """Subscribe to more topics, when it is this channel's turn."""
        return await self._subscribe(self._harbor.channels.add, channel, topics)

    async def replace(self, channel: Channel, topics: Sequence[str]) -> Subscribed:
        """Subscribe to these topics, when it is this channel's turn."""
        return await self._subscribe(self._harbor.channels.replace, channel, topics)

    async def _subscribe(self, call: _Call, channel: Channel, topics: Sequence[str]) -> Subscribed:
        clock = self._harbor.clock
        async with self._calling:
            # A refused combination is asked for again in parts at once: that waits as well.
            await clock.sleep(self._called + self._harbor.spacing - clock.monotonic())
            await self._harbor.turn()
            self._called = clock.monotonic()
            try:
                answer = await call(channel, topics)
            except NotFound:
                if channel == self.channel:
                    self.evicted = await self._removed()
                raise
        self._subscribed = clock.monotonic()
        return answer

    async def _removed(self) -> bool:
        """Whether it is gone before its time, so that the limit of 20 is all that explains it."""
        early = self._harbor.clock.monotonic() < self._subscribed + _LIFE
        return early and self._token == await self._present()

    async def _present(self) -> str | None:
        tokens = self._harbor.tokens
        return None if tokens is None else (await tokens.get()).value

    async def _room(self) -> bool:
        in_use = self._in_use()
        self._away = not in_use
        free = await self._harbor.free(1)
        if free >= 1:
            return True
        if in_use:
            raise RateLimited(
                f"no room for a channel that takes over: {MOST_CHANNELS} are in use",
                retry_after=_AGAIN,
            )
        return False


def no_room(what: str) -> LimitExceeded:
    """What to do when the OAuth client has no room for another channel."""
    return LimitExceeded(
        f"there is no room for {what}: {MOST_CHANNELS} channels of this user and OAuth client are"
        " in use. Give this process an OAuth client of its own, or end what uses the others; those"
        " of a process that was killed stay until its token ends: reclaim=True may remove them",
        status=400,
    )
