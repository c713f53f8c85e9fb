"""The aiohttp transport over real sockets, against a server that misbehaves as told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from genesys_sentiment.errors import (
    CertificateRefused,
    ConnectionFailed,
    ConnectionLost,
    HandshakeRefused,
)
from genesys_sentiment.model.wire import Connect
from genesys_sentiment.streaming.transport import MAX_FRAME, AiohttpTransport, Socket

Act = Callable[[web.WebSocketResponse, web.Request], Awaitable[None]]
Serve = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def served(handler: Serve) -> AsyncIterator[str]:
    """The address of a server with one handler."""
    app = web.Application()
    app.router.add_get("/{rest:.*}", handler)
    server = TestServer(app)
    await server.start_server(shutdown_timeout=0.01)
    try:
        yield f"ws://127.0.0.1:{server.port}/secret-channel"
    finally:
        await server.close()


class Peer:
    """The server's side of one socket: what it does, and which close code it saw."""

    def __init__(self, act: Act) -> None:
        self._act = act
        self.code: int | None = None
        self.texts: list[str] = []
        self.done = asyncio.Event()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Upgrade, act, then read until the end."""
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        try:
            with suppress(ConnectionError):
                await self._act(socket, request)
                while not socket.closed:
                    message = await socket.receive()
                    if message.type is aiohttp.WSMsgType.TEXT:
                        self.texts.append(message.data)
        finally:
            self.code = socket.close_code
            self.done.set()
        return socket


@asynccontextmanager
async def connected(act: Act) -> AsyncIterator[tuple[Socket, Peer]]:
    peer = Peer(act)
    async with served(peer.serve) as url, aiohttp.ClientSession() as session:
        socket = await AiohttpTransport(session).open(Connect(url=url))
        try:
            yield socket, peer
        finally:
            await socket.close(0.05)


async def nothing(socket: web.WebSocketResponse, request: web.Request) -> None:
    """The server only listens."""


async def until_lost(socket: Socket) -> tuple[list[bytes], ConnectionLost]:
    frames: list[bytes] = []
    while True:
        try:
            frames += await socket.receive(1.0)
        except ConnectionLost as error:
            return frames, error


async def test_a_batch_holds_everything_that_has_come() -> None:
    async def talk(socket: web.WebSocketResponse, request: web.Request) -> None:
        await socket.send_str("one")
        await socket.send_bytes(b"two")
        await socket.send_str("drei ü")

    async with connected(talk) as (socket, _peer):
        await asyncio.sleep(0.02)
        assert await socket.receive(1.0) == (b"one", b"two", "drei ü".encode())
        assert await socket.receive(0.0) == ()


async def test_a_timeout_and_a_cancellation_lose_no_frame() -> None:
    """C5-20: aiohttp's own timeout and ours are different things."""
    go = asyncio.Event()

    async def talk(socket: web.WebSocketResponse, request: web.Request) -> None:
        await go.wait()
        await socket.send_str("late")

    async with connected(talk) as (socket, _peer):
        assert await socket.receive(0.01) == ()
        waiting = asyncio.create_task(_receive(socket))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting})
        go.set()
        assert await socket.receive(1.0) == (b"late",)


async def _receive(socket: Socket) -> object:
    return await socket.receive(10.0)


async def test_sending_and_the_closing_handshake() -> None:
    async with connected(nothing) as (socket, peer):
        await socket.send("ping")
        await asyncio.sleep(0.01)
        await socket.close(1.0)
        await peer.done.wait()
    assert peer.texts == ["ping"]
    assert peer.code == 1000


@pytest.mark.parametrize("code", [1000, 1001, 1012, 4001, 4003])
async def test_the_peers_close_code_comes_after_its_frames(code: int) -> None:
    async def leave(socket: web.WebSocketResponse, request: web.Request) -> None:
        await socket.send_str("last words")
        await socket.close(code=code)

    async with connected(leave) as (socket, _peer):
        frames, error = await until_lost(socket)
        assert (frames, error.code, error.host) == ([b"last words"], code, "127.0.0.1")
        with pytest.raises(ConnectionLost):
            await socket.receive(0.0)


@pytest.mark.parametrize("how", ["abort", "close"])
async def test_a_line_that_just_ends_is_1006(how: str) -> None:
    """C4: with RST or with FIN, and aiohttp calls the second one 1000."""

    async def end(socket: web.WebSocketResponse, request: web.Request) -> None:
        await socket.send_str("last words")
        await asyncio.sleep(0.01)
        assert request.transport is not None
        getattr(request.transport, how)()

    async with connected(end) as (socket, _peer):
        frames, error = await until_lost(socket)
        assert (frames, error.code) == ([b"last words"], 1006)


async def test_sending_on_a_lost_line_leaves_the_news_to_receive() -> None:
    """The frames before the end and the close code are not lost to a ping that failed."""

    async def leave(socket: web.WebSocketResponse, request: web.Request) -> None:
        await socket.send_str("last words")
        await socket.close(code=4001)

    async with connected(leave) as (socket, peer):
        await peer.done.wait()
        await asyncio.sleep(0.01)
        await socket.send("ping")
        frames, error = await until_lost(socket)
        assert (frames, error.code) == ([b"last words"], 4001)


async def test_a_frame_that_is_too_large_ends_the_line_with_1009() -> None:
    """C5-16."""

    async def shout(socket: web.WebSocketResponse, request: web.Request) -> None:
        await socket.send_bytes(bytes(MAX_FRAME + 1))

    async with connected(shout) as (socket, _peer):
        _frames, error = await until_lost(socket)
        assert error.code == 1009


async def test_a_server_that_never_answers_the_close() -> None:
    """opentelemetry-python 4638: the goodbye is bounded, and the line is dropped."""
    hold = asyncio.Event()

    async def ignore(socket: web.WebSocketResponse, request: web.Request) -> None:
        await hold.wait()

    async with connected(ignore) as (socket, _peer):
        async with asyncio.timeout(2):
            await socket.close(0.02)
        hold.set()


@pytest.mark.parametrize("timeout", [0.0, 0.02])
async def test_a_server_that_goes_on_talking(timeout: float) -> None:
    gone = asyncio.Event()

    async def talk(socket: web.WebSocketResponse, request: web.Request) -> None:
        try:
            while True:
                await socket.send_str("blah")
                await asyncio.sleep(0.001)
        finally:
            gone.set()

    async with connected(talk) as (socket, _peer):
        await socket.receive(1.0)
        async with asyncio.timeout(2):
            await socket.close(timeout)
            await gone.wait()


async def test_closing_cancelled_in_between_drops_the_line() -> None:
    hold = asyncio.Event()

    async def ignore(socket: web.WebSocketResponse, request: web.Request) -> None:
        await hold.wait()

    async with connected(ignore) as (socket, peer):
        closing = asyncio.create_task(socket.close(60.0))
        await asyncio.sleep(0.01)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        hold.set()
        async with asyncio.timeout(2):
            await peer.done.wait()


async def test_the_reader_stops_when_it_is_far_ahead_and_goes_on_later() -> None:
    """Backpressure reaches the peer: 1,024 frames wait here, no more; none is lost."""

    async def flood(socket: web.WebSocketResponse, request: web.Request) -> None:
        for number in range(3000):
            await socket.send_str(str(number))

    async with connected(flood) as (socket, _peer):
        await asyncio.sleep(0.05)
        batches: list[Sequence[bytes]] = []
        while sum(map(len, batches)) < 3000:
            batches.append(await socket.receive(1.0))
            assert batches[-1]
        assert max(map(len, batches)) <= 1024
        assert [int(each) for batch in batches for each in batch] == list(range(3000))


@pytest.mark.parametrize("status", [401, 403, 404, 429, 503])
async def test_a_refused_upgrade(status: int) -> None:
    async def refuse(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={"Retry-After": "7"})

    async with served(refuse) as url, aiohttp.ClientSession() as session:
        with pytest.raises(HandshakeRefused) as caught:
            await AiohttpTransport(session).open(Connect(url=url))
    assert (caught.value.status, caught.value.retry_after) == (status, 7.0)
    assert caught.value.host == "127.0.0.1"
    assert "secret-channel" not in repr(caught.value)


async def test_a_redirect_is_refused_and_not_followed() -> None:
    """C2: it would take us, and what our URL says, to somebody else."""
    paths = []

    async def redirect(request: web.Request) -> web.StreamResponse:
        paths.append(request.path)
        raise web.HTTPFound("/elsewhere")

    async with served(redirect) as url, aiohttp.ClientSession() as session:
        transport = AiohttpTransport(session)
        AiohttpTransport(session)
        assert len(session.trace_configs) == 1
        with pytest.raises(HandshakeRefused) as caught:
            await transport.open(Connect(url=url))
        assert caught.value.status == 302
        assert paths == ["/secret-channel"]


async def test_other_requests_of_the_session_may_be_redirected() -> None:
    async def redirect(request: web.Request) -> web.StreamResponse:
        if request.path == "/elsewhere":
            return web.Response(text="here")
        raise web.HTTPFound("/elsewhere")

    async with served(redirect) as url, aiohttp.ClientSession() as session:
        AiohttpTransport(session)
        async with session.get(url.replace("ws:", "http:")) as answer:
            assert await answer.text() == "here"


async def test_nobody_there() -> None:
    """C5-11: the error names the host and not the URL."""
    url = f"ws://127.0.0.1:{unused_port()}/secret-channel"
    async with aiohttp.ClientSession() as session:
        with pytest.raises(ConnectionFailed) as caught:
            await AiohttpTransport(session).open(Connect(url=url))
    assert caught.value.host == "127.0.0.1"
    assert "127.0.0.1" in str(caught.value)
    assert "secret-channel" not in str(caught.value)


async def test_the_headers_of_the_dialect_are_sent() -> None:
    seen = []

    async def look(socket: web.WebSocketResponse, request: web.Request) -> None:
        seen.append(request.headers["Authorization"])

    async with served(Peer(look).serve) as url, aiohttp.ClientSession() as session:
        connect = Connect(url=url, headers={"Authorization": "Bearer t"})
        socket = await AiohttpTransport(session).open(connect)
        await socket.close(0.5)
    assert seen == ["Bearer t"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(b"", ConnectionFailed), (b"HTTP/1.1 400 Bad Request\r\n\r\n", CertificateRefused)],
    ids=["cut off", "no TLS"],
)
async def test_tls_that_is_cut_off_may_pass_and_tls_that_fails_does_not(
    answer: bytes, kind: type[ConnectionFailed]
) -> None:
    """C4-2 (1015), C4-10, C5-28: a bad partner is fatal, a line cut in the handshake is not."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(64)
        writer.write(answer)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(handle, "127.0.0.1")
    async with server, aiohttp.ClientSession() as session:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ConnectionFailed) as caught:
            await AiohttpTransport(session).open(Connect(url=f"wss://127.0.0.1:{port}/x"))
    assert type(caught.value) is kind
