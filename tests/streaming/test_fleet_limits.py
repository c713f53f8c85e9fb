"""How often a busy fleet calls, measured where it arrives (S0-12, C4: 300 a minute and token)."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import Sequence

import pytest
from attrs import define, field

from genesys_sentiment.cloud.channels import Channels, Subscription
from genesys_sentiment.model.wire import Channel
from genesys_sentiment.simulator import Simulator
from genesys_sentiment.streaming.plan import TopicList
from tests.streaming.fleets import Reader, both, conversations, fleet_of, say
from tests.streaming.simulated import client

MINUTE = 3.0
"""Seconds that the platform's minute has here: 20 times as fast as it is."""


@define
class Timed:
    """The real calls, and when each of them began: on which channel, None for the others."""

    channels: Channels
    calls: list[tuple[str | None, float]] = field(factory=list)

    def _note(self, channel: Channel | None = None) -> None:
        self.calls.append((None if channel is None else channel.id, time.monotonic()))

    async def create(self) -> Channel:
        """Noted."""
        self._note()
        return await self.channels.create()

    async def list(self) -> tuple[Channel, ...]:
        """Noted."""
        self._note()
        return await self.channels.list()

    async def topics(self, channel: Channel) -> tuple[str, ...]:
        """Noted, but not as a subscription."""
        self._note()
        return await self.channels.topics(channel)

    async def clear(self, channel: Channel) -> None:
        """On leaving only."""
        await self.channels.clear(channel)

    async def add(self, channel: Channel, topics: Sequence[str]) -> Subscription:
        """Noted."""
        self._note(channel)
        return await self.channels.add(channel, topics)

    async def replace(self, channel: Channel, topics: Sequence[str]) -> Subscription:
        """Noted."""
        self._note(channel)
        return await self.channels.replace(channel, topics)


async def test_a_fleet_in_full_change_keeps_the_limits(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """C5-36: conversations come and go on 17 channels; no call is refused, none is too soon.

    The minute is 3 s here, for the platform and for the fleet, and a second between two calls on
    a channel 0.05 s. Unbounded, they would make 1,000 calls a minute.
    """
    monkeypatch.setattr("genesys_sentiment.simulator.accounts.WINDOW", MINUTE)
    monkeypatch.setattr("genesys_sentiment.streaming.fleet_budget.WINDOW", MINUTE)
    monkeypatch.setattr("genesys_sentiment.streaming.fleet.TOPICS_PER_CHANNEL", 40)
    # As busy as can be: what goes is dropped at once, on every channel.
    monkeypatch.setattr("genesys_sentiment.streaming.fleet_plan.DROPS", 0.0)
    monkeypatch.setattr("genesys_sentiment.streaming.fleet_steering._BATCH", 0.05)
    caplog.set_level(logging.DEBUG, "genesys_sentiment.cloud")
    names = conversations(320)
    wanted = TopicList(both(names))
    async with Simulator(rate_limit=300) as simulator, client(simulator) as cloud:
        timed = Timed(cloud.channels)
        fleet = fleet_of(cloud, topics=wanted, channels=timed)
        async with fleet, Reader(fleet) as reader:
            await fleet.ready()
            fresh = itertools.count(1_000)
            until = time.monotonic() + 2.2 * MINUTE
            while time.monotonic() < until:
                leaving, names = names[:20], names[20:]
                names += conversations(20, next(fresh) * 20)
                wanted.remove(*both(leaving))
                wanted.add(*both(names[-20:]))
                await asyncio.sleep(0.05)
            async with asyncio.timeout(2 * MINUTE):
                while not all(say(simulator, name) for name in names):
                    await asyncio.sleep(0.1)
            assert fleet.channels == 17
        assert not reader.gaps
        assert not reader.refused
    assert not [record for record in caplog.records if "again in" in record.getMessage()]
    starts = [start for _, start in timed.calls]
    busiest = max(sum(begin <= each < begin + MINUTE for each in starts) for begin in starts)
    assert 100 < busiest <= 155  # 150, and what the loop's own delays move together
    for channel in {channel for channel, _ in timed.calls if channel is not None}:
        mine = [start for each, start in timed.calls if each == channel]
        assert min(later - earlier for earlier, later in itertools.pairwise(mine)) > 0.045
