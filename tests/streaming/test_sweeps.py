"""C5-20, C5-25: a transport and a stream over real sockets, cancelled at every await."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import aiohttp
import pytest
from aiohttp import web

from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.dialects.notifications import Notifications
from genesys_sentiment.errors import ConnectionLost
from genesys_sentiment.model.events import Event, Reading
from genesys_sentiment.model.wire import Connect
from genesys_sentiment.simulator import Simulator
from genesys_sentiment.streaming.memory import Memory
from genesys_sentiment.streaming.stream import Stream
from genesys_sentiment.streaming.transport import AiohttpTransport, Socket
from tests.streaming.fleets import conversations, say, sentiment
from tests.streaming.simulated import QUICK, client
from tests.streaming.sweeping import cancelled, ended, in_use, sweep, until
from tests.streaming.test_transport import served
from tests.streaming.toys import turns

NAME = conversations(1)[0]


class Peer:
    """The server's side of sockets: how many are open; it talks when told, or never answers."""

    def __init__(self, *, mute: bool = False) -> None:
        self.open = 0
        self.sockets: list[web.WebSocketResponse] = []
        self._mute = mute

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Upgrade and read; a mute one hears nothing, its client's goodbye neither."""
        socket = web.WebSocketResponse(autoclose=not self._mute, timeout=0.05)
        self.open += 1
        try:
            await socket.prepare(request)
            self.sockets.append(socket)
            if self._mute:
                assert request.transport is not None
                while not request.transport.is_closing():
                    await asyncio.sleep(0.001)
            else:
                async for _message in socket:
                    pass
        finally:
            self.open -= 1
        return socket


@asynccontextmanager
async def network(*, mute: bool = False) -> AsyncIterator[tuple[Peer, str, aiohttp.ClientSession]]:
    """A server of sockets, its address, and a session."""
    peer = Peer(mute=mute)
    async with served(peer.serve) as url, aiohttp.ClientSession() as session:
        yield peer, url, session


async def test_opening_a_socket_cancelled_at_every_await() -> None:
    """C5-20, C5-25: the connection is given back, and the server sees its end."""
    async with network() as (peer, url, session):
        transport = AiohttpTransport(session)

        async def once(at: int) -> bool:
            opened: list[Socket] = []

            async def connect() -> None:
                opened.append(await transport.open(Connect(url=url)))

            struck = await cancelled(connect(), at)
            for socket in opened:
                await socket.close(1.0)
            assert len(opened) == (not struck)
            assert in_use(session) == 0
            await until(lambda: peer.open == 0)
            return struck

        assert await sweep(once) >= 3


async def test_receiving_cancelled_at_every_await() -> None:
    """C5-20: what comes then, or came meanwhile, the next one gets: once, in order."""
    async with network() as (peer, url, session):
        socket = await AiohttpTransport(session).open(Connect(url=url))
        await until(lambda: bool(peer.sockets))
        got: list[bytes] = []
        said: list[bytes] = []

        async def receive(most: int) -> None:
            while len(got) < most:
                got.extend(await socket.receive(1.0))

        async def once(at: int) -> bool:
            for _ in range(2):
                said.append(f"{len(said)}".encode())
                await peer.sockets[0].send_bytes(said[-1])
            struck = await cancelled(receive(len(said)), at)
            await receive(len(said))
            assert got == said
            return struck

        assert await sweep(once) >= 1
        await socket.close(1.0)


@pytest.mark.parametrize("mute", [False, True])
async def test_closing_a_socket_cancelled_at_every_await(mute: bool) -> None:
    """C5-20, C5-25: the line is dropped all the same, whether the peer answers or not.

    Regression: cancelled in its second await, the goodbye went on for five seconds.
    """
    async with network(mute=mute) as (peer, url, session):

        async def once(at: int) -> bool:
            socket = await AiohttpTransport(session).open(Connect(url=url))
            struck = await cancelled(socket.close(0.01), at)
            assert in_use(session) == 0
            with pytest.raises(ConnectionLost):
                await socket.receive(1.0)
            await until(lambda: peer.open == 0)
            return struck

        assert await sweep(once) >= 1


def stream_of(cloud: Cloud, memory: Memory | None = None) -> Stream:
    """A stream of one conversation of the simulator's."""
    return Stream(
        Notifications(),
        AiohttpTransport(cloud.session),
        tokens=cloud.tokens,
        channels=cloud.channels,
        topics=[sentiment(NAME)],
        memory=memory,
        options=QUICK,
    )


async def collect(stream: Stream, into: list[Event], most: int = 1_000) -> None:
    """Keep events, until there are so many."""
    while len(into) < most:
        with suppress(StopAsyncIteration):
            into.append(await anext(stream))
            continue
        return


def scores(events: Sequence[Event]) -> list[float]:
    """What the readings say, in order."""
    return [each.score for each in events if isinstance(each, Reading)]  # type: ignore[misc]


@pytest.mark.parametrize("hurry", [False, True])
async def test_leaving_at_every_turn_of_connecting(hurry: bool) -> None:
    """C5-20, C5-25: token, channel, subscription, handshake; and somebody else connects at once.

    ``hurry``: some turns later the leaving itself is cancelled.
    """
    async with Simulator() as simulator, client(simulator) as cloud:

        async def once(at: int) -> bool:
            simulator.expire_tokens()
            stream = stream_of(cloud)
            async with stream:
                await turns(at)
                over = stream.state == "open"
                closing = asyncio.create_task(stream.close())
                if hurry:
                    await turns((1, 2, 3, 5)[at % 4])
                    closing.cancel()
                await ended(closing)
            assert stream.state == "done"
            assert stream.counters.problems() == ()
            await until(lambda: in_use(cloud.session) == 0)
            await until(lambda: simulator.open_sockets == 0)
            return not over

        assert await sweep(once) > 25
        async with asyncio.timeout(2), stream_of(cloud) as stream:
            await stream.ready()
            assert say(simulator, NAME) == 1


async def test_a_consumer_cancelled_at_every_await() -> None:
    """C5-20: whoever reads on gets the rest, each once, in order."""
    async with Simulator() as simulator, client(simulator) as cloud, stream_of(cloud) as stream:
        await stream.ready()
        said: list[float] = []
        got: list[Event] = []

        async def once(at: int) -> bool:
            want = len(said) + 5

            async def talk() -> None:
                for number in range(5):
                    said.append(len(said) % 100 / 100)
                    assert say(simulator, NAME, said[-1]) == 1
                    await turns(number)

            talking = asyncio.create_task(talk())
            struck = await cancelled(collect(stream, got, want), at)
            await talking
            async with asyncio.timeout(2):
                await collect(stream, got, want)
            assert scores(got) == said
            return struck

        assert await sweep(once) >= 2
        assert stream.counters.problems() == ()


async def test_a_whole_use_cancelled_at_every_await() -> None:
    """C5-20, C5-25: entering, reading and leaving in one task; nothing comes twice after that."""
    async with Simulator() as simulator, client(simulator) as cloud:
        memory, got, said = Memory(), list[Event](), list[float]()

        async def once(at: int) -> bool:
            stream = stream_of(cloud, memory)

            async def use() -> None:
                async with stream:
                    await stream.ready()
                    for _ in range(3):
                        said.append(len(said) % 100 / 100)
                        assert say(simulator, NAME, said[-1]) == 1
                        await collect(stream, got, len(got) + 1)

            struck = await cancelled(use(), at)
            while (event := stream.poll()) is not None:
                got.append(event)
            assert stream.counters.problems() == ()
            await until(lambda: in_use(cloud.session) == 0)  # the token is for all: it may come
            await until(lambda: simulator.open_sockets == 0)
            heard = scores(got)
            assert len(said) - len(heard) <= struck
            assert heard == said[: len(heard)]
            said[:] = heard
            return struck

        assert await sweep(once) >= 5
