"""Many channels read as one stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable
from types import TracebackType
from typing import Any, Self

from attrs import evolve

from genesys_sentiment.clock import Clock, SystemClock
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.events import Event
from genesys_sentiment.model.wire import Dialect, Tokens
from genesys_sentiment.streaming.companions import Companion, Outlet, accompanied, buffer_for
from genesys_sentiment.streaming.counters import Counters
from genesys_sentiment.streaming.discovery import Discover
from genesys_sentiment.streaming.fleet_budget import Budget
from genesys_sentiment.streaming.fleet_harbor import MOST_CHANNELS, AllChannels, Harbor
from genesys_sentiment.streaming.fleet_part import Part
from genesys_sentiment.streaming.fleet_placement import Placement
from genesys_sentiment.streaming.fleet_plan import Spread
from genesys_sentiment.streaming.fleet_steering import Steering
from genesys_sentiment.streaming.life import State
from genesys_sentiment.streaming.memory import Memory
from genesys_sentiment.streaming.options import StreamOptions
from genesys_sentiment.streaming.plan import FixedPlan, Following, Plan
from genesys_sentiment.streaming.stream import Stream
from genesys_sentiment.streaming.subscriptions import TOPICS_PER_CHANNEL
from genesys_sentiment.streaming.transport import Transport

_ORDER: tuple[State, ...] = ("waiting", "closing", "opening", "open")
"""From the furthest to being open."""


class Fleet:
    """Events of many channels, in one iterator: a ``Stream`` for more topics than a channel holds.

    It is entered, iterated and left as a ``Stream`` is, and what is true there is true here: its
    options, its counters (they add up over the channels), its gaps, its errors. What ends one
    channel's stream for good ends the fleet.

    ``most``: channels that it opens at most, one after the other as topics need them. All topics
    of a conversation are on one channel, so that its events keep their order. A topic that has
    no place is told as TopicRefused ``no_room`` and gets one when there is room. ``calls``: REST
    calls a minute for channels and subscriptions of all of it; the platform allows 300 a token,
    and whoever else asks has to live, too. ``reclaim``: see ``Harbor``. A gap of one channel is
    told of each of its conversations; ``evicted`` says that somebody opened a channel too many.
    Raises ConfigurationError for figures that cannot work; the iterator raises LimitExceeded where
    there is no room for the first channel.
    """

    def __init__(
        self,
        dialect: Dialect,
        transport: Transport,
        *,
        channels: AllChannels,
        tokens: Tokens | None = None,
        topics: Iterable[str] | Plan = (),
        most: int = MOST_CHANNELS,
        discover: Discover | None = None,
        memory: Memory | None = None,
        companions: Iterable[Companion] = (),
        options: StreamOptions | None = None,
        clock: Clock | None = None,
        calls: int = 150,
        reclaim: bool = False,
    ) -> None:
        if isinstance(topics, str):
            raise ConfigurationError("topics must be several topics, not one text")
        if not 1 <= most <= MOST_CHANNELS:
            raise ConfigurationError(f"{most} channels: give 1 to {MOST_CHANNELS}")
        if not dialect.uses_channel:
            raise ConfigurationError(f"the dialect {dialect.name} has no channels: use a Stream")
        self._dialect = dialect
        self._transport = transport
        self._tokens = tokens
        self._discover = discover
        self._options = options or StreamOptions()
        self._clock = clock or SystemClock()
        self._memory = memory or Memory()
        self._companions = tuple(companions)
        self._buffer = buffer_for(self._companions, self._memory.counters, self._options)
        self._spread = Spread(
            FixedPlan(topics) if isinstance(topics, Iterable) else topics,
            Placement(channels=most, room=TOPICS_PER_CHANNEL),
            lambda: self._steering.notice(),
        )
        harbor = Harbor(
            channels,
            tokens,
            self._clock,
            Budget(calls),
            spacing=self._options.subscribe_spacing,
            reclaim=reclaim,
        )
        self._steering = Steering(
            self._spread, harbor, self._buffer, self._memory.counters, self._make
        )
        self._done = False
        self._task: asyncio.Task[None] | None = None

    @property
    def channels(self) -> int:
        """How many channels are open, or on their way to be."""
        return len(self._steering.parts)

    @property
    def state(self) -> State:
        """``open`` when every channel is, else that of the one that is furthest from it."""
        if self._done:
            return "done"
        states = {stream.state for stream in self._streams}
        return next((each for each in _ORDER if each in states), "opening")

    @property
    def counters(self) -> Counters:
        """The accounting of all channels at this moment, as a copy."""
        return evolve(self._memory.counters, buffered=len(self._buffer))

    @property
    def last_error(self) -> Exception | None:
        """What ended the last connection or attempt of the first channel that has one."""
        errors = (stream.last_error for stream in self._streams)
        return next((error for error in errors if error is not None), None)

    @property
    def drift(self) -> dict[str, int]:
        """Fields and values that this library does not know, by name, with how often."""
        return dict(self._memory.drift)

    @property
    def rate(self) -> float:
        """Frames a second, over the last minute."""
        return self._memory.rate.per_second(self._clock.monotonic(), self._memory.counters.received)

    @property
    def stale(self) -> bool:
        """Whether any channel is, or no event has come for ``stale_after`` seconds on any."""
        quiet = self._clock.monotonic() - self._memory.last_event
        return quiet >= self._options.stale_after or any(each.stale for each in self._streams)

    @property
    def degraded(self) -> bool:
        """Whether any channel is: see ``Stream``."""
        return any(each.degraded for each in self._streams)

    async def ready(self) -> None:
        """Wait until the channels that the topics needed at the beginning are open.

        Returns as well when the fleet ended before that: the iterator tells why.
        """
        await self._steering.settled.wait()
        for stream in self._streams:
            await stream.ready()

    async def __aenter__(self) -> Self:
        if self._task is not None:
            raise RuntimeError("a fleet can be entered once; make another one")
        self._memory.last_event = self._clock.monotonic()
        self._task = asyncio.create_task(self._live(), name="genesys-fleet")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Leave: the iteration ends after what has been buffered. May be called again."""
        if self._task is None:
            return
        self._buffer.end()
        self._task.cancel()
        try:
            await asyncio.wait({self._task})
        except asyncio.CancelledError:
            # Whoever leaves is in a hurry: no goodbye, but no task is left behind either.
            self._task.cancel()
            await asyncio.wait({self._task})
            raise
        finally:
            self._end()

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    def __anext__(self) -> Coroutine[Any, Any, Event]:
        if self._task is None:
            raise RuntimeError("enter the fleet first: async with fleet")
        return self._buffer.get()

    def poll(self) -> Event | None:
        """The next event if one has come already, without waiting; None if not."""
        return self._buffer.poll()

    @property
    def _streams(self) -> list[Stream]:
        return [part.stream for part in self._steering.parts]

    def _make(self, part: Part) -> Stream:
        async def discover() -> Iterable[Following]:
            # Only where queues or users are told of does a connection have news to ask for.
            asked = self._discover if part.share.discovers else None
            return () if asked is None else await asked()

        return Stream(
            self._dialect,
            self._transport,
            tokens=self._tokens,
            channels=part.berth,
            topics=part.share,
            discover=discover,
            memory=self._memory,
            companions=(part.prompt,),
            options=self._options,
            clock=self._clock,
            buffer=part.buffer,
        )

    async def _live(self) -> None:
        outlet = Outlet(self._buffer, self._memory, self._spread, self._clock, ())
        try:
            async with accompanied(self._companions, outlet, _nothing):
                await self._steering.run()
        except Exception as error:  # noqa: BLE001 - the reader's border: the iterator raises it
            self._buffer.end(error)
        finally:
            await self._steering.leave()
            self._end()

    def _end(self) -> None:
        self._done = True
        self._buffer.end()
        self._steering.settled.set()


def _nothing() -> None:
    """A companion's bug cancels the steering: nobody has to be told to try no more."""
