"""The network under a stream: opens a socket, sends texts, hands over what came. Nothing else.

A transport is anything with ``open``; a socket anything with these three methods. The same stream
runs over aiohttp, over a recording and over a script.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections import deque
from collections.abc import Coroutine, Sequence
from contextvars import ContextVar
from typing import Any, Protocol

import aiohttp
from yarl import URL

from genesys_sentiment.cloud.retry import retry_after
from genesys_sentiment.errors import (
    CertificateRefused,
    ConnectionFailed,
    ConnectionLost,
    HandshakeRefused,
)
from genesys_sentiment.model.wire import Connect

MAX_FRAME = 1024 * 1024
"""Bytes of one frame on the wire; a larger one closes the socket with 1009."""

_AHEAD_FRAMES = 256
_AHEAD_BYTES = 4 * MAX_FRAME
_NO_CODE = 1005
_ABNORMAL = 1006


class Finished(Exception):
    """A transport has nothing more to give, ever: the stream ends as if it had been left."""


class Socket(Protocol):
    """One open connection."""

    async def receive(self, timeout: float) -> Sequence[bytes]:
        """All frames that have come, at least one; empty when none came for ``timeout`` seconds.

        Cancelling loses no frame. Raises ConnectionLost after the last frame was handed over.
        """
        ...

    async def send(self, text: str) -> None:
        """Send one text frame. That the connection is lost, ``receive`` says, after what came."""
        ...

    async def close(self, timeout: float) -> None:
        """Say goodbye with 1000, wait ``timeout`` seconds for the answer, drop the line. Once."""
        ...


class Transport(Protocol):
    """Opens sockets."""

    async def open(self, connect: Connect) -> Socket:
        """Connect. Raises HandshakeRefused, CertificateRefused, ConnectionFailed."""
        ...


_upgrading: ContextVar[bool] = ContextVar("genesys-upgrading", default=False)


async def _refuse_redirect(
    _session: aiohttp.ClientSession,
    _context: object,
    redirect: aiohttp.TraceRequestRedirectParams,
) -> None:
    if _upgrading.get():
        response = redirect.response
        response.close()
        raise HandshakeRefused(
            f"{redirect.url.host} answered the WebSocket upgrade with {response.status}",
            host=redirect.url.host or "?",
            status=response.status,
        )


_NO_REDIRECTS = aiohttp.TraceConfig()
"""A redirect would carry a secret URL to somebody else, and ``ws_connect`` has no switch for it."""
_NO_REDIRECTS.on_request_redirect.append(_refuse_redirect)
_NO_REDIRECTS.freeze()


class AiohttpTransport:
    """WebSockets by aiohttp. The session is the caller's: who opened it closes it.

    It gets a trace that refuses redirects of WebSocket upgrades, and of nothing else.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        if _NO_REDIRECTS not in session.trace_configs:
            session.trace_configs.append(_NO_REDIRECTS)

    async def open(self, connect: Connect) -> Socket:
        """Connect; errors name the host and never the URL, which may be secret."""
        host = URL(connect.url).host or "?"
        upgrading = _upgrading.set(True)
        try:
            # aiohttp's own heartbeat loses frames under a slow reader, so liveness is the
            # session's.
            socket = await self._session.ws_connect(
                connect.url,
                headers=connect.headers,
                max_msg_size=MAX_FRAME,
                decode_text=False,
                autoclose=True,
                timeout=aiohttp.ClientWSTimeout(ws_close=5.0),
            )
        except aiohttp.WSServerHandshakeError as error:
            header = error.headers.get("Retry-After") if error.headers else None
            raise HandshakeRefused(
                f"{host} answered the WebSocket upgrade with {error.status}",
                host=host,
                status=error.status,
                retry_after=retry_after(header, time.time()),
            ) from None
        except (
            aiohttp.ClientConnectorCertificateError,
            aiohttp.ClientConnectorSSLError,
        ) as error:
            if isinstance(error.__cause__, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
                raise ConnectionFailed(
                    f"{host} broke off the TLS handshake", host=host
                ) from None  # that may pass, unlike a bad certificate
            raise CertificateRefused(
                f"the TLS certificate of {host} could not be verified: check the host name, this"
                " machine's clock and its certificate store",
                host=host,
            ) from None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ConnectionFailed(
                f"cannot connect to {host}: {type(error).__name__}", host=host
            ) from None
        finally:
            _upgrading.reset(upgrading)
        return _AiohttpSocket(socket, host)


class _AiohttpSocket:
    """One task reads aiohttp's socket into a short bounded queue; ``receive`` takes it all.

    The one pending read outlives every timeout of ``receive``, so cancelling loses nothing.
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse[bool], host: str) -> None:
        self._socket = socket
        self._host = host
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._came = asyncio.Event()
        self._taken = asyncio.Event()
        self._lost: ConnectionLost | None = None
        self._reader = asyncio.create_task(self._read(), name="genesys-socket-reader")

    async def receive(self, timeout: float) -> Sequence[bytes]:
        if not self._frames:
            if self._lost is not None:
                raise self._lost
            self._came.clear()
            try:
                async with asyncio.timeout(timeout):
                    await self._came.wait()
            except TimeoutError:
                return ()
            if not self._frames:
                return await self.receive(0)
        frames = tuple(self._frames)
        self._frames.clear()
        self._bytes = 0
        self._taken.set()
        return frames

    async def send(self, text: str) -> None:
        # The frames that came before, and the peer's close code, are still to be handed over.
        with contextlib.suppress(aiohttp.ClientError, OSError):
            await self._socket.send_str(text)

    async def close(self, timeout: float) -> None:
        self._taken.set()
        # Closing first and ending the pending read after keeps the handshake: the other way
        # round aiohttp skips it and the peer sees 1006.
        closing = asyncio.create_task(self._socket.close(), name="genesys-socket-close")
        try:
            await asyncio.wait({closing}, timeout=timeout)
        finally:
            await _undisturbed(self._drop(closing))

    async def _drop(self, closing: asyncio.Task[bool]) -> None:
        # A peer that goes on talking keeps aiohttp waiting for ever; cancelled, it drops the
        # connection, unless it still waits for the reader: so the reader ends first.
        self._reader.cancel()
        await asyncio.wait({self._reader})
        closing.cancel()
        await asyncio.wait({closing})

    async def _read(self) -> None:
        code = _ABNORMAL
        try:
            while True:
                message = await self._socket.receive()
                if message.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                    code = self._code(message.type, message.data)
                    return
                frame = message.data
                self._frames.append(frame)
                self._bytes += len(frame)
                self._came.set()
                if len(self._frames) >= _AHEAD_FRAMES or self._bytes >= _AHEAD_BYTES:
                    self._taken.clear()
                    await self._taken.wait()
        finally:
            self._lost = ConnectionLost(
                f"connection to {self._host} ended with {code}", host=self._host, code=code
            )
            self._came.set()

    def _code(self, kind: aiohttp.WSMsgType, data: Any) -> int:
        """aiohttp calls a line that just ends 1000, and a close frame without a code 0."""
        if kind is aiohttp.WSMsgType.CLOSE:
            return data or _NO_CODE
        if kind is aiohttp.WSMsgType.ERROR:
            return self._socket.close_code or _ABNORMAL
        return _ABNORMAL


async def _undisturbed(what: Coroutine[Any, Any, None]) -> None:
    """Do something that takes a few turns to its end; a cancellation comes out after that."""
    task = asyncio.create_task(what, name="genesys-socket-drop")
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    task.result()
