"""A day in seconds: the simulator and the library's stream on one virtual clock, real sockets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from attrs import define, field

from genesys_sentiment.clock import VirtualClock
from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.cloud.regions import endpoints
from genesys_sentiment.dialects.notifications import Notifications
from genesys_sentiment.model.events import Event, Gap
from genesys_sentiment.simulator import OnClock, Simulator
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
    async with Cloud(where, simulator.client_id, simulator.client_secret, clock=clock) as cloud:
        stream = Stream(
            Notifications(),
            OnClock(AiohttpTransport(cloud.session), clock),
            tokens=cloud.tokens,
            channels=cloud.channels,
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
    """C4-11: the token lives 2 hours, the channel 24: what must be renewed is, again and again."""
    clock = VirtualClock(1_800_000_000.0, speed=100_000.0)
    async with Simulator(clock=clock, token_lifetime=7_200.0) as simulator:
        async with living(simulator, clock) as life:
            await until(lambda: clock.monotonic() >= 6.5 * 3600.0)
            assert life.stream.counters.problems() == ()
        assert simulator.token_requests >= 4
        assert simulator.connections >= 4
        assert simulator.open_sockets <= 1
