"""The TCP proxy: what a network does to bytes, shown on real connections."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from attrs import define, field

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.simulator import Proxy
from tests.simulator.client import eventually


@define
class Server:
    """Keeps what it reads; answers with the same."""

    address: str = ""
    got: bytearray = field(factory=bytearray)
    reads: list[int] = field(factory=list)
    ends: list[str] = field(factory=list)
    writers: list[asyncio.StreamWriter] = field(factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        try:
            while data := await reader.read(1 << 16):
                self.got += data
                self.reads.append(len(data))
                writer.write(data)
            self.ends.append("fin")
        except ConnectionResetError:
            self.ends.append("rst")
        finally:
            writer.close()


@asynccontextmanager
async def proxied() -> AsyncIterator[tuple[Server, Proxy]]:
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.address = f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        async with Proxy(server.address) as proxy:
            yield server, proxy
    finally:
        listening.close()
        for writer in server.writers:
            writer.transport.abort()
        await listening.wait_closed()


@asynccontextmanager
async def dial(proxy: Proxy) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    host, port = proxy.address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def test_it_passes_on_both_directions_and_the_end() -> None:
    async with proxied() as (server, proxy), dial(proxy) as (reader, writer):
        data = bytes(range(256)) * 8_000 + b"\n"
        writer.write(data)
        assert await asyncio.wait_for(reader.readexactly(len(data)), 5) == data
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(), 5) == b""
        assert server.ends == ["fin"]
        assert proxy.connections == 1
        await eventually(lambda: proxy.open_connections == 0)


async def test_latency_is_each_bytes_and_not_each_chunks() -> None:
    async with proxied() as (_, proxy), dial(proxy) as (reader, writer):
        proxy.down.latency = 0.1
        begun = time.monotonic()
        for number in range(40):
            writer.write(b"%d\n" % number)
            await asyncio.sleep(0.002)
        for number in range(40):
            assert await asyncio.wait_for(reader.readline(), 5) == b"%d\n" % number
        assert 0.1 <= time.monotonic() - begun < 2.0, "one after the other they take 4 s"


async def test_bandwidth() -> None:
    async with proxied() as (server, proxy), dial(proxy) as (_, writer):
        proxy.up.bandwidth, proxy.up.slices = 100_000, 1_000
        begun = time.monotonic()
        writer.write(b"x" * 10_000)
        await eventually(lambda: len(server.got) == 10_000)
        assert time.monotonic() - begun >= 0.09


async def test_slices_of_one_byte() -> None:
    async with proxied() as (server, proxy), dial(proxy) as (_, writer):
        proxy.up.slices = 1
        writer.write(b"x" * 200)
        await eventually(lambda: len(server.got) == 200)
        assert len(server.reads) >= 50  # each read of a stream may find two of them


async def test_a_black_hole_swallows_and_gives_back() -> None:
    async with proxied() as (server, proxy), dial(proxy) as (reader, writer):
        proxy.up.black_hole = True
        writer.write(b"hello\n")
        await asyncio.sleep(0.05)
        assert (bytes(server.got), reader.at_eof(), writer.is_closing()) == (b"", False, False)
        proxy.up.black_hole = False
        assert await asyncio.wait_for(reader.readline(), 5) == b"hello\n"
        assert server.ends == []


async def test_a_black_hole_hides_the_other_sides_end() -> None:
    async with proxied() as (server, proxy), dial(proxy) as (reader, writer):
        writer.write(b"hello\n")
        await reader.readline()
        proxy.down.black_hole = True
        server.writers[0].close()
        await asyncio.sleep(0.05)
        assert not reader.at_eof()
        proxy.down.black_hole = False
        assert await asyncio.wait_for(reader.read(), 5) == b""


async def test_what_waits_is_bounded() -> None:
    """A sender of 64 MB into a black hole is held up before the proxy holds 2 MB of it."""
    async with proxied() as (server, proxy), dial(proxy) as (_, writer):
        proxy.up.black_hole = True
        writer.write(b"x" * 64_000_000)
        await asyncio.sleep(0.2)
        left = writer.transport.get_write_buffer_size()
        assert left > 40_000_000
        assert not server.got


async def test_a_reset_is_an_rst_on_both_sides() -> None:
    async with proxied() as (server, proxy), dial(proxy) as (reader, writer):
        writer.write(b"hello\n")
        await reader.readline()
        proxy.reset()
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(reader.read(), 5)
        await eventually(lambda: server.ends == ["rst"])


async def test_half_closed_the_other_direction_goes_on() -> None:
    async with proxied() as (server, proxy), dial(proxy) as (reader, writer):
        writer.write(b"hello\n")
        await reader.readline()
        proxy.half_close()
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.write(b"still there")
        await eventually(lambda: server.got.endswith(b"still there"))
        assert server.ends == []


async def test_truncated_after_so_many_bytes() -> None:
    async with proxied() as (_, proxy), dial(proxy) as (reader, writer):
        proxy.down.truncate = 7
        writer.write(b"hello world\n")
        assert await asyncio.wait_for(reader.read(), 5) == b"hello w"
        await eventually(lambda: proxy.open_connections == 0)


async def test_a_server_that_is_not_there_is_a_reset() -> None:
    async with proxied() as (server, _):
        gone = server.address
    async with Proxy(gone) as proxy, dial(proxy) as (reader, _):
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(reader.read(), 5)


async def test_leaving_leaves_nothing() -> None:
    async with proxied() as (_, proxy):
        host, port = proxy.address.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        await eventually(lambda: proxy.open_connections == 1)
        proxy.up.black_hole = proxy.down.black_hole = True
        writer.write(b"hello\n")
        await asyncio.sleep(0.01)
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.read(), 5)
    writer.transport.abort()


@pytest.mark.parametrize("target", ["", "127.0.0.1", "http://localhost", "host:port"])
def test_a_target_that_is_none_is_refused(target: str) -> None:
    with pytest.raises(ConfigurationError):
        Proxy(target)


def test_before_it_is_entered_it_has_no_address() -> None:
    with pytest.raises(RuntimeError):
        _ = Proxy("127.0.0.1:1").address
