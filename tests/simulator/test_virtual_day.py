"""A day in seconds: the simulator and the library's stream on one virtual clock, real sockets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
from attrs import define, field

from genesys_sentiment.clock import VirtualClock
from genesys_sentiment.cloud.channels import Channels
from genesys_sentiment.cloud.regions import endpoints
from genesys_sentiment.cloud.rest import Rest
from genesys_sentiment.cloud.tokens import ClientCredentials
from genesys_sentiment.dialects.notifications import Notifications
from genesys_sentiment.model.events import Event, Gap
from genesys_sentiment.simulator import Abort, HalfOpen, OnClock, Simulator
from genesys_sentiment.streaming.stream import Stream
from genesys_sentiment.streaming.transport import AiohttpTransport

PRESENCE = "v2.users.7.presence"


@define
class Life:
    """A stream and what it gave."""

    stream: Stream
    events: list[Event] = field(factory=list)

    @property
    def gaps(self) -> list[str]:
        return [event.reason for event in self.events if isinstance(event, Gap)]


@asynccontextmanager
async def living(simulator: Simulator, clock: VirtualClock) -> AsyncIterator[Life]:
    """Everything of the client that asks for the time asks the virtual clock."""
    # In debug mode every task that is made notes its stack: a day then takes three times as long.
    asyncio.get_running_loop().set_debug(False)
    where = endpoints(simulator.api_url, simulator.login_url)
    async with aiohttp.ClientSession() as session:
        tokens = ClientCredentials(
            simulator.client_id,
            simulator.client_secret,
            where,
            session,
            monotonic=clock.monotonic,
            now=clock.wall,
            sleep=clock.sleep,
        )
        rest = Rest(
            where, tokens, session, monotonic=clock.monotonic, now=clock.wall, sleep=clock.sleep
        )
        stream = Stream(
            Notifications(),
            OnClock(AiohttpTransport(session), clock),
            tokens=tokens,
            channels=Channels(rest, where),
            topics=[PRESENCE],
            clock=clock,
        )
        async with stream:
            life = Life(stream)

            async def keep() -> None:
                async for event in stream:
                    life.events.append(event)

            keeping = asyncio.create_task(keep())
            await stream.ready()
            try:
                yield life
            finally:
                await stream.close()
                await asyncio.wait({keeping})
                await tokens.aclose()
        keeping.result()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


async def test_22_hours_of_heartbeats_and_nothing_happens() -> None:
    """One channel, one socket, no gap; every 30 s a heartbeat that came in time."""
    clock, begun = VirtualClock(1_800_000_000.0, speed=200_000.0), time.monotonic()
    async with Simulator(clock=clock, token_lifetime=2 * 86_400.0) as simulator:
        async with living(simulator, clock) as life:
            await until(lambda: clock.monotonic() >= 22 * 3600.0)
            counters = life.stream.counters
        assert life.gaps == []
        assert simulator.connections == 1
        assert counters.control >= 22 * 120 - 2
    assert time.monotonic() - begun < 60.0


async def test_tokens_and_a_channel_end_in_virtual_time_and_are_renewed() -> None:
    """C4: the token lives 2 hours, the channel 24: what has to be renewed is, again and again."""
    clock = VirtualClock(1_800_000_000.0, speed=100_000.0)
    async with Simulator(clock=clock, token_lifetime=7_200.0) as simulator:
        async with living(simulator, clock) as life:
            await until(lambda: clock.monotonic() >= 6.5 * 3600.0)
            assert life.stream.counters.problems() == ()
        assert simulator.token_requests >= 4
        assert simulator.connections >= 4
        assert simulator.open_sockets <= 1


async def test_a_half_open_line_costs_45_virtual_seconds() -> None:
    """C5-9, C5-10: within the dialect's own patience; what real time takes comes on top."""
    clock = VirtualClock(1_800_000_000.0, speed=500.0)
    async with Simulator(clock=clock) as simulator:
        simulator.script = [HalfOpen(after=100.0), Abort(after=100.0)]
        async with living(simulator, clock) as life:
            await until(lambda: simulator.connections == 2)
            assert 100.0 < clock.monotonic() <= 100.0 + 45.0 + 45.0
            await until(lambda: life.gaps == ["silent"])
            await until(lambda: life.gaps == ["silent", "disconnected"])
        gaps = [event for event in life.events if isinstance(event, Gap)]
        assert gaps[0].until - gaps[0].since <= 45.0 + 45.0


async def test_a_thousand_accepts_and_drops_make_no_storm() -> None:
    """C5-6: at most 20 connections in five minutes, one socket at a time, and then it lives."""
    clock = VirtualClock(1_800_000_000.0, speed=5_000.0)
    async with Simulator(clock=clock) as simulator:
        simulator.script = [Abort()] * 1_000
        async with living(simulator, clock) as life:
            await until(lambda: clock.monotonic() >= 1_800.0)
            assert 10 <= simulator.connections <= 20 * 6 + 20
            assert life.stream.counters.attempts <= 20 * 6 + 20
            assert simulator.open_sockets <= 1
            simulator.script = []
            known = simulator.connections
            await until(lambda: simulator.open_sockets == 1)
            since = clock.monotonic()
            await until(lambda: clock.monotonic() >= since + 600.0)
            assert simulator.connections <= known + 2
            assert life.stream.counters.problems() == ()
