"""Leaving the simulator takes less than a second, whatever its clients do."""

from __future__ import annotations

import asyncio
import time

import pytest

from genesys_sentiment.simulator import Mute, Simulator, builtin_calls
from tests.simulator.client import Client, closed, eventually, open_socket

PRESENCE = "v2.users.7.presence"


async def test_with_open_sockets_and_calls() -> None:
    simulator = Simulator(builtin_calls(), speed=50, wait=0)
    async with Client(await simulator.__aenter__()) as client:
        playing = asyncio.create_task(simulator.play())
        async with client.listen() as socket:
            await eventually(lambda: len(simulator.ledger) > 3)
            begun = time.monotonic()
            await simulator.__aexit__(None, None, None)
            assert time.monotonic() - begun < 1
            await closed(socket)
            assert socket.close_code == 1001
        await playing


async def test_with_a_client_that_never_answers() -> None:
    """It neither reads nor answers the close: its kernel buffers are full."""
    simulator = Simulator()
    async with Client(await simulator.__aenter__()) as client:
        channel = await client.channel()
        await client.subscribe(channel, PRESENCE)
        host, port = simulator.api_url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
        path = channel["connectUri"].partition(":")[2].partition(":")[2].partition("/")[2]
        writer.write(
            f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        await reader.readuntil(b"\r\n\r\n")
        for _ in range(200):
            simulator.publish(PRESENCE, {"filler": "x" * 100_000})
        await asyncio.sleep(0.05)
        begun = time.monotonic()
        await simulator.__aexit__(None, None, None)
        assert time.monotonic() - begun < 1
        writer.transport.abort()


async def test_with_connections_that_say_nothing() -> None:
    simulator = Simulator()
    async with Client(await simulator.__aenter__()) as client:
        host, port = simulator.api_url.removeprefix("http://").split(":")
        _, idle = await asyncio.open_connection(host, int(port))
        _, half = await asyncio.open_connection(host, int(port))
        half.write(b"POST /oauth/token HTTP/1.1\r\nContent-Length: 100\r\n\r\n")
        simulator.script = [Mute()]
        async with client.listen():
            begun = time.monotonic()
            await simulator.__aexit__(None, None, None)
            assert time.monotonic() - begun < 1
        for writer in (idle, half):
            writer.transport.abort()


async def test_a_reset_socket_is_gone() -> None:
    async with Simulator() as simulator, Client(simulator) as client, client.listen():
        await simulator.abort_sockets()
        await eventually(lambda: simulator.open_sockets == 0)


async def test_a_taken_port_is_an_error_and_leaves_nothing() -> None:
    async with Simulator() as simulator:
        port = int(simulator.api_url.rpartition(":")[2])
        with pytest.raises(OSError, match="address"):
            await Simulator(port=port).__aenter__()


async def test_a_slow_reader_does_not_hold_up_the_others() -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        slow, quick = await client.channel(), await client.channel()
        for channel in (slow, quick):
            await client.subscribe(channel, PRESENCE)
        async with open_socket(slow), open_socket(quick) as socket:
            for number in range(100):
                assert simulator.publish(PRESENCE, {"n": number, "x": "x" * 50_000}) == 2
            for _ in range(100):
                await asyncio.wait_for(socket.recv(), 2)
