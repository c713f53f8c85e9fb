"""Real sockets: TLS, redirects, resets, silence, size. C4, C5-11, C5-16, C5-28."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from genesys_sentiment.cloud.exchange import LARGEST_BODY, Reply, exchange
from genesys_sentiment.cloud.regions import endpoints
from genesys_sentiment.cloud.rest import Rest
from genesys_sentiment.cloud.tokens import ClientCredentials
from genesys_sentiment.errors import CertificateRefused, CloudError, ConnectionFailed
from tests.cloud.support import Clock, Handed, at, serve, steady

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl command")


async def get(session: aiohttp.ClientSession, url: str, timeout: float = 2.0) -> Reply:
    return await exchange(session, "GET", URL(url), headers={}, timeout=timeout)


@pytest.fixture
async def raw() -> AsyncIterator[Callable[[bytes, bool], Any]]:
    """Starts servers that send some bytes to whoever connects, and then close or stay silent."""
    servers: list[asyncio.Server] = []
    writers: list[asyncio.StreamWriter] = []

    async def start(answer: bytes, close: bool) -> int:
        async def meet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writers.append(writer)
            writer.write(answer)
            if close:
                writer.transport.abort() if not answer else writer.close()

        server = await asyncio.start_server(meet, "127.0.0.1", 0)
        servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    yield start
    for writer in writers:
        writer.transport.abort()
    for server in servers:
        server.close()
        await server.wait_closed()


async def test_a_refused_connection(session: aiohttp.ClientSession) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        port = unheard.getsockname()[1]
        with pytest.raises(ConnectionFailed, match=r"no connection to 127\.0\.0\.1") as caught:
            await get(session, f"http://127.0.0.1:{port}/")
    assert caught.value.host == "127.0.0.1"
    assert isinstance(caught.value.__cause__, aiohttp.ClientConnectorError)


async def test_c5_11_a_name_that_does_not_resolve() -> None:
    class NoNames(aiohttp.abc.AbstractResolver):
        async def resolve(self, *_: Any, **__: Any) -> list[aiohttp.abc.ResolveResult]:
            raise OSError("no such name")

        async def close(self) -> None:
            pass

    connector = aiohttp.TCPConnector(resolver=NoNames())
    async with aiohttp.ClientSession(connector=connector) as session:
        with pytest.raises(ConnectionFailed, match=r"nowhere\.invalid does not resolve"):
            await get(session, "https://nowhere.invalid/")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnogz",
    ],
    ids=["reset", "no-http", "cut-off", "no-gzip"],
)
async def test_an_answer_that_breaks_off(
    session: aiohttp.ClientSession, raw: Callable[[bytes, bool], Any], answer: bytes
) -> None:
    port = await raw(answer, True)
    with pytest.raises(ConnectionFailed, match=r"127\.0\.0\.1"):
        await get(session, f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal"], ids=["all", "body"]
)
async def test_silence_is_given_up(
    session: aiohttp.ClientSession, raw: Callable[[bytes, bool], Any], answer: bytes
) -> None:
    """S1-01: every call has its time limit."""
    port = await raw(answer, False)
    with pytest.raises(ConnectionFailed, match=r"did not answer within 0\.03 s"):
        await get(session, f"http://127.0.0.1:{port}/", timeout=0.03)


async def test_c5_16_an_answer_without_end_is_read_up_to_the_bound(
    session: aiohttp.ClientSession, aiohttp_server: Callable[..., Any]
) -> None:
    async def answer(_: web.Request) -> web.Response:
        response = web.Response(body=b"0" * (LARGEST_BODY + 1))
        response.enable_compression(web.ContentCoding.gzip)
        return response

    server = await serve(answer, aiohttp_server)
    with pytest.raises(CloudError, match="larger than"):
        await get(session, f"http://127.0.0.1:{server.port}/")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_never_followed(
    session: aiohttp.ClientSession, clock: Clock, aiohttp_server: Callable[..., Any], status: int
) -> None:
    """Neither the token nor the body reaches another address."""
    seen: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.path)
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    where = at(await serve(answer, aiohttp_server))
    rest = Rest(where, Handed(), session, sleep=clock.sleep, delays=steady())
    with pytest.raises(CloudError, match="redirects are not followed"):
        await rest.request("POST", "/api/v2/thing", json={"private": 1})
    assert seen == ["/api/v2/thing"]


async def test_a_path_prefix_of_a_gateway_is_kept(
    session: aiohttp.ClientSession, aiohttp_server: Callable[..., Any]
) -> None:
    """S1-01: a base URL with its slashes."""

    async def answer(request: web.Request) -> web.Response:
        return web.json_response([request.raw_path])

    port = (await serve(answer, aiohttp_server)).port
    where = endpoints(f"http://127.0.0.1:{port}/genesys/api/", f"http://127.0.0.1:{port}")
    rest = Rest(where, Handed(), session)
    got = await rest.request("GET", "/api/v2/things/{thing}", ids={"thing": "a/b"}, params={"n": 1})
    assert got.body == ["/genesys/api/api/v2/things/a%2Fb?n=1"]


@pytest.fixture
def certificate(tmp_path: Path) -> ssl.SSLContext:
    """A self-signed certificate of localhost."""
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-subj", "/CN=localhost", "-keyout", str(key), "-out", str(cert)),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


@needs_openssl
async def test_c5_28_a_self_signed_certificate_is_fatal_at_once(
    session: aiohttp.ClientSession, clock: Clock, certificate: ssl.SSLContext
) -> None:
    met: list[object] = []
    server = await asyncio.start_server(
        lambda *streams: met.append(streams), "localhost", 0, ssl=certificate
    )
    base = f"https://localhost:{server.sockets[0].getsockname()[1]}"
    where = endpoints(base, base)
    # The server's side of a failed handshake is not ours to complain of.
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    try:
        tokens = ClientCredentials("id", "secret", where, session, sleep=clock.sleep)
        with pytest.raises(CertificateRefused, match="no trusted TLS connection to localhost"):
            await tokens.get()
        rest = Rest(where, Handed(), session, sleep=clock.sleep)
        with pytest.raises(CertificateRefused) as caught:
            await rest.request("GET", "/api/v2/thing")
    finally:
        server.close()
        await server.wait_closed()
    assert caught.value.host == "localhost"
    assert (clock.slept, met) == ([], [])


async def test_c5_28_plain_http_where_tls_was_expected_is_fatal(
    session: aiohttp.ClientSession, raw: Callable[[bytes, bool], Any]
) -> None:
    port = await raw(b"HTTP/1.1 400 Bad Request\r\n\r\n", True)
    with pytest.raises(CertificateRefused):
        await get(session, f"https://127.0.0.1:{port}/")


async def test_a_line_cut_during_the_handshake_may_be_tried_again(
    session: aiohttp.ClientSession, raw: Callable[[bytes, bool], Any]
) -> None:
    port = await raw(b"", True)
    with pytest.raises(ConnectionFailed) as caught:
        await get(session, f"https://127.0.0.1:{port}/")
    assert not isinstance(caught.value, CertificateRefused)
