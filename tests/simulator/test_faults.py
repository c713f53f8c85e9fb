"""Every verb of a socket's script, shown on the wire."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from genesys_sentiment.simulator import (
    Close,
    Do,
    Flood,
    HalfOpen,
    Pause,
    Proxy,
    Raw,
    Say,
    Simulator,
    Slow,
    Split,
    Truncate,
)
from tests.simulator.client import Client, closed, eventually, frame, open_socket

PRESENCE = "v2.users.7.presence"
EVENT = {"n": 1, "text": "so viel Zeit, ¡qué pena!"}


async def test_a_pause_holds_what_is_said_and_gives_it_all_in_order() -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        simulator.script = [Pause(0.15)]
        begun = time.monotonic()
        async with client.listen(PRESENCE) as socket:
            await asyncio.sleep(0.01)
            for number in range(3):
                assert simulator.publish(PRESENCE, {"n": number}) == 1
            assert [(await frame(socket))["eventBody"]["n"] for _ in range(3)] == [0, 1, 2]
            assert time.monotonic() - begun >= 0.15
            assert simulator.publish(PRESENCE, {"n": 3}) == 1
            assert (await frame(socket))["eventBody"] == {"n": 3}


async def test_slow_is_every_frame() -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        simulator.script = [Slow(0.03)]
        async with client.listen(PRESENCE) as socket:
            begun = time.monotonic()
            for number in range(4):
                simulator.publish(PRESENCE, {"n": number})
            assert [(await frame(socket))["eventBody"]["n"] for _ in range(4)] == [0, 1, 2, 3]
            assert time.monotonic() - begun >= 0.09


async def test_half_open_neither_speaks_nor_hears() -> None:
    """A mute socket answers a goodbye; a half-open one does not even receive it."""
    async with Simulator(heartbeat=0.01) as simulator, Client(simulator) as client:
        simulator.script = [HalfOpen()]
        async with client.listen(PRESENCE) as socket:
            await eventually(lambda: simulator.publish(PRESENCE, {}) == 0)
            begun = time.monotonic()
            await socket.close()
            assert time.monotonic() - begun >= 0.9, "close_timeout of the client is 1 s"
            assert socket.close_code == 1006
            await simulator.abort_sockets()


async def test_a_flood() -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        simulator.script = [Flood(2_000)]
        async with client.listen() as socket:
            numbers = [(await frame(socket))["eventBody"]["n"] for _ in range(2_000)]
        assert numbers == list(range(2_000))


async def test_a_flood_of_ones_own_frames() -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        simulator.script = [Flood(3, frame=lambda number: f"{number}!")]
        async with client.listen() as socket:
            assert [await socket.recv() for _ in range(3)] == ["0!", "1!", "2!"]


async def test_truncated_events_are_cut_and_the_next_are_whole() -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        simulator.script = [Truncate(count=1, keep=0.3)]
        async with client.listen(PRESENCE) as socket:
            for _ in range(2):
                simulator.publish(PRESENCE, EVENT)
            cut = await socket.recv()
            with pytest.raises(json.JSONDecodeError):
                json.loads(cut)
            assert len(cut) > 10
            assert (await frame(socket))["eventBody"] == EVENT


@pytest.mark.parametrize("size", [1, 7, 100_000])
async def test_split_events_come_in_fragments_and_are_whole_again(size: int) -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        simulator.script = [Split(size)]
        async with client.listen(PRESENCE) as socket:
            simulator.publish(PRESENCE, EVENT | {"filler": "é" * 70_000 * (size > 7)})
            pieces = [piece async for piece in socket.recv_streaming()]
            assert json.loads("".join(map(str, pieces)))["eventBody"]["n"] == 1
            assert size > 7 or len(pieces) > 20
            simulator.publish(PRESENCE, EVENT)
            assert (await frame(socket))["eventBody"] == EVENT


async def test_raw_bytes_are_no_frame() -> None:
    """A frame that announces more than comes before the connection ends."""
    async with Simulator() as simulator, Client(simulator) as client:
        announced = Raw(b"\x81\x7d" + b"x" * 10)
        simulator.script = [(Say((announced,)), Do(simulator.abort_sockets, after=0.05))]
        async with client.listen() as socket:
            await closed(socket)
            assert socket.close_code == 1006


async def test_a_frame_cut_by_the_end_of_its_connection() -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        channel = await client.channel()
        await client.subscribe(channel, PRESENCE)
        async with Proxy(simulator.api_url) as proxy:
            simulator.locate(proxy.address)
            uri = channel["connectUri"].split("/channels/")[1]
            async with open_socket(
                {"connectUri": f"ws://{proxy.address}/channels/{uri}"}
            ) as socket:
                proxy.down.truncate = 400
                simulator.publish(PRESENCE, {"filler": "x" * 1_000})
                await closed(socket)
                assert socket.close_code == 1006


async def test_a_script_goes_on_with_do_at_its_time() -> None:
    done: list[str] = []

    async def later() -> None:
        done.append("async")

    async with Simulator() as simulator, Client(simulator) as client:
        simulator.script = [(Do(lambda: done.append("sync")), Do(later), Close(4000))]
        async with client.listen() as socket:
            await closed(socket)
        assert done == ["sync", "async"]


@pytest.mark.parametrize(
    ("verb", "word"),
    [
        ("revoke_tokens", "token_revoked"),
        ("take_subscriptions", "no_longer_subscribed"),
        ("announce_closing", "socket_closing"),
    ],
)
async def test_what_the_platform_does_can_be_scripted(verb: str, word: str) -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        simulator.script = [Do(getattr(simulator, verb), after=0.01)]
        async with client.listen() as socket:
            assert word in (await frame(socket))["topicName"]


async def test_somebody_elses_channel_evicts_ours() -> None:
    """C5-36: the 21st channel, here the second of one. Idle channels go first."""
    async with Simulator(channel_limit=2) as simulator, Client(simulator) as client:
        async with client.listen() as ours:
            simulator.open_elsewhere()
            simulator.open_elsewhere()  # evicts the idle one that was opened just now
            await asyncio.sleep(0.02)
            assert ours.close_code is None
    async with Simulator(channel_limit=1) as simulator, Client(simulator) as client:
        async with client.listen() as ours:
            simulator.open_elsewhere()
            await closed(ours)
            assert ours.close_code == 1001


async def test_the_simulators_seconds_are_its_clocks() -> None:
    from genesys_sentiment.clock import VirtualClock

    clock = VirtualClock(automatic=False)
    simulator = Simulator(heartbeat=1e9, clock=clock)
    async with simulator, Client(simulator) as client:
        simulator.script = [Close(4000, after=3_600.0)]
        async with client.listen() as socket:
            await clock.elapse(3_599.0)
            assert socket.close_code is None
            await clock.elapse(1.0)
            await closed(socket)
            assert socket.close_code == 4000
