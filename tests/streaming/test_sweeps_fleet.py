"""C5-20, C5-25: a fleet of three channels over real sockets, left and cancelled at every turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.model.events import Event, Reading
from genesys_sentiment.simulator import Simulator
from genesys_sentiment.streaming.fleet import Fleet
from genesys_sentiment.streaming.memory import Memory
from tests.streaming.fleets import both, conversations, fleet_of, say
from tests.streaming.simulated import client
from tests.streaming.sweeping import cancelled, ended, in_use, sweep, until
from tests.streaming.toys import turns

NAMES = conversations(6)


@pytest.fixture(autouse=True)
def _small_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four topics fill a channel: six conversations need three."""
    monkeypatch.setattr("genesys_sentiment.streaming.fleet.TOPICS_PER_CHANNEL", 4)


@asynccontextmanager
async def platform() -> AsyncIterator[tuple[Simulator, Cloud]]:
    """The simulator and its client, which has a token."""
    async with Simulator() as simulator, client(simulator) as cloud:
        await cloud.tokens.get()
        yield simulator, cloud


def fleet_over(cloud: Cloud, memory: Memory | None = None) -> Fleet:
    """As many calls as it likes: this is not about the limit."""
    return fleet_of(cloud, topics=both(NAMES), calls=60_000, memory=memory)


async def left(simulator: Simulator, cloud: Cloud, fleet: Fleet) -> None:
    """Nothing of it is there any more."""
    assert fleet.state == "done"
    assert fleet.counters.problems() == ()
    await until(lambda: in_use(cloud.session) == 0)
    await until(lambda: simulator.open_sockets == 0)
    assert len(await cloud.channels.list()) <= 20


@pytest.mark.parametrize("hurry", [False, True])
async def test_leaving_at_every_turn_of_beginning(hurry: bool) -> None:
    """C5-20, C5-25: listing, making channels, subscribing, connecting. ``hurry``: some turns
    later the leaving is cancelled as well."""
    async with platform() as (simulator, cloud):

        async def once(at: int) -> bool:
            simulator.evict_channels()
            fleet = fleet_over(cloud)
            async with fleet:
                await turns(at)
                over = simulator.open_sockets == 3 and fleet.state == "open"
                await leave(fleet, (1, 2, 3, 5)[at % 4] if hurry else None)
            await left(simulator, cloud, fleet)
            return not over

        assert await sweep(once, dense=10, step=5) > 8


async def leave(fleet: Fleet, later: int | None) -> None:
    """Close it, and cancel that so many turns later."""
    closing = asyncio.create_task(fleet.close())
    if later is not None:
        await turns(later)
        closing.cancel()
    await ended(closing)


@pytest.mark.parametrize("hurry", [False, True])
async def test_leaving_at_every_turn_of_a_rollover_of_all(hurry: bool) -> None:
    """C5-20, C5-25: three channels take over from three, and somebody leaves."""
    async with platform() as (simulator, cloud):

        async def once(at: int) -> bool:
            simulator.evict_channels()
            fleet = fleet_over(cloud)
            async with fleet:
                await fleet.ready()
                simulator.announce_closing()
                await turns(at)
                over = simulator.open_sockets == 6 or at > 150
                await leave(fleet, (1, 2, 3, 5, 8)[at % 5] if hurry else None)
            await left(simulator, cloud, fleet)
            return not over

        assert await sweep(once, dense=6, step=17) > 5


async def test_a_whole_use_cancelled_at_every_await() -> None:
    """C5-20: entering, reading and leaving in one task; nothing that was heard comes again."""
    async with platform() as (simulator, cloud):
        memory, got, said = Memory(), list[Event](), 0

        async def once(at: int) -> bool:
            nonlocal said
            simulator.evict_channels()
            fleet = fleet_over(cloud, memory)
            began = len(got)

            async def use() -> None:
                nonlocal said
                async with fleet:
                    await fleet.ready()
                    for name in NAMES:
                        said += 1
                        assert say(simulator, name, said % 1_000 / 1_000) == 1
                    while len(got) < began + len(NAMES):
                        got.append(await anext(fleet))

            struck = await cancelled(use(), at)
            while (event := fleet.poll()) is not None:
                got.append(event)
            await left(simulator, cloud, fleet)
            heard = [each.score for each in got if isinstance(each, Reading)]
            assert len(heard) == len(got) == len(set(heard))
            if not struck:
                assert len(got) - began == len(NAMES)
            return struck

        assert await sweep(once) >= 4


async def test_a_consumer_cancelled_at_every_await() -> None:
    """C5-20: whoever reads on gets the rest of all channels, each once."""
    async with platform() as (simulator, cloud), fleet_over(cloud) as fleet:
        await fleet.ready()
        got, said = list[Event](), 0

        async def read(most: int) -> None:
            while len(got) < most:
                got.append(await anext(fleet))

        async def once(at: int) -> bool:
            nonlocal said

            async def talk() -> None:
                nonlocal said
                for name in NAMES:
                    said += 1
                    assert say(simulator, name, said % 1_000 / 1_000) == 1
                    await turns(said % 3)

            want = said + len(NAMES)
            talking = asyncio.create_task(talk())
            struck = await cancelled(read(want), at)
            await talking
            async with asyncio.timeout(2):
                await read(want)
            scores = [each.score for each in got if isinstance(each, Reading)]
            assert sorted(map(str, scores)) == sorted(str(n / 1_000) for n in range(1, said + 1))
            return struck

        assert await sweep(once) >= 2
        assert fleet.counters.problems() == ()
