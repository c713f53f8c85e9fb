"""The socket of a channel: heartbeats, pings, events, and whatever the script lets go wrong."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import struct
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from aiohttp import WSMsgType, web

from genesys_sentiment.simulator.answers import (
    PlatformError,
    Refuse,
    bad_credentials,
    bad_request,
    scripted,
)
from genesys_sentiment.simulator.channels import Channel, Channels, accept_all
from genesys_sentiment.simulator.faults import Fault, Script
from genesys_sentiment.simulator.ledger import Ledger

_BACKLOG = 10_000
"""Frames that may wait for a slow client; what comes on top is lost to it."""
_FLUSH = 0.3
"""Seconds that waiting frames, and then the closing handshake, may take."""

_log = logging.getLogger(__name__)


class Connection:
    """One open socket of ``channel``. ``ended`` is set when nothing of it runs any more."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport,
        channel: Channel,
        channels: Channels,
        ledger: Ledger,
    ) -> None:
        self.channel = channel
        self.ended = asyncio.Event()
        self._socket = socket
        self._transport = transport
        self._channels = channels
        self._ledger = ledger
        self._outgoing: asyncio.Queue[str | bytes | None] = asyncio.Queue(_BACKLOG)
        self._left = asyncio.Event()
        self._code = 1001
        self._muted = False

    def offer(self, text: str) -> bool:
        """Take one event to be sent; False where it is lost."""
        if self._muted or self._left.is_set() or self._outgoing.full():
            return False
        self._outgoing.put_nowait(text)
        return True

    def say(self, frame: str | bytes) -> None:
        """Send a frame as it stands."""
        if not (self._muted or self._left.is_set() or self._outgoing.full()):
            self._outgoing.put_nowait(frame)

    def leave(self, code: int) -> None:
        """Close with a code, after the frames that are already waiting."""
        if not self._left.is_set():
            self._code = code
            self._finish()

    def abort(self) -> None:
        """Reset the connection: without lingering, closing sends an RST."""
        raw = self._transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()
        self._finish()

    def mute(self) -> None:
        """Send nothing more; the connection stays."""
        self._muted = True

    async def serve(self, heartbeat: float, faults: Sequence[Fault]) -> None:
        """Run until either side ends it. Leaves no task behind."""
        # Task names appear in logs: none holds the channel's id, which opens its socket.
        reader = asyncio.create_task(self._read(), name="simulator socket: read")
        writer = asyncio.create_task(self._write(), name="simulator socket: write")
        left = asyncio.create_task(self._left.wait(), name="simulator socket: left")
        beat = asyncio.create_task(self._beat(heartbeat), name="simulator socket: heartbeat")
        fate = asyncio.create_task(self._play(faults), name="simulator socket: script")
        try:
            await asyncio.wait({reader, writer, left}, return_when=asyncio.FIRST_COMPLETED)
            if left.done():
                await asyncio.wait({writer}, timeout=_FLUSH)
            # aiohttp skips the handshake when a pending receive is cancelled before close().
            async with asyncio.timeout(2 * _FLUSH):
                await self._socket.close(code=self._code)
        except TimeoutError:
            # The client reads nothing: not even the close frame can be written.
            self._transport.abort()
        finally:
            tasks = (reader, writer, left, beat, fate)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            self._left.set()
            self.ended.set()
        for task in (reader, writer, beat, fate):
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error

    def _finish(self) -> None:
        self._left.set()
        if not self._outgoing.full():
            self._outgoing.put_nowait(None)

    async def _read(self) -> None:
        while True:
            message = await self._socket.receive()
            if message.type is WSMsgType.TEXT:
                self._answer(message.data)
            elif message.type is not WSMsgType.BINARY:
                return

    async def _write(self) -> None:
        try:
            while (frame := await self._outgoing.get()) is not None:
                if isinstance(frame, bytes):
                    await self._socket.send_bytes(frame)
                else:
                    await self._socket.send_str(frame)
                self._ledger.frames_sent[self.channel.id] += 1
        except ConnectionError as error:
            _log.debug("a client went away: %s", type(error).__name__)

    async def _beat(self, interval: float) -> None:
        while True:
            await asyncio.sleep(interval)
            self.say(_metadata("WebSocket Heartbeat"))

    async def _play(self, faults: Sequence[Fault]) -> None:
        for fault in faults:
            await fault(self)

    def _answer(self, text: str) -> None:
        try:
            asked = json.loads(text)
        except (ValueError, RecursionError):
            asked = None
        if not isinstance(asked, dict):
            self.say(json.dumps({"result": "400", "status": "error", "message": "bad request"}))
        elif asked.get("message") == "ping":
            self.say(_metadata("pong"))
        elif asked.get("message") in ("subscribe", "unsubscribe"):
            self.say(json.dumps(self._subscribe(asked)))

    def _subscribe(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        # Subscribing over the socket is known from third-party clients only.
        names = asked.get("topics")
        reply: dict[str, Any] = {"result": "200", "status": f"{asked['message']}d"}
        if "correlationId" in asked:
            reply["correlationId"] = asked["correlationId"]
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            return reply | {"result": "400", "status": "error", "message": "topics are missing"}
        try:
            if asked["message"] == "unsubscribe":
                self.channel.unsubscribe(names)
            else:
                accept_all(self._channels.judge(names))
                self.channel.subscribe(names, replace=False)
        except PlatformError as error:
            return reply | {"result": "400", "status": "failure", "message": error.message}
        self._channels.touch(self.channel)
        return reply


class Door:
    """Answers the upgrade of a connectUri. ``script`` gives the next sockets' fates."""

    def __init__(self, channels: Channels, ledger: Ledger, heartbeat: float) -> None:
        self._channels = channels
        self._ledger = ledger
        self._heartbeat = heartbeat
        self._open: set[Connection] = set()
        self.script: list[Script] = []

    @property
    def connections(self) -> Sequence[Connection]:
        """The sockets that are open now."""
        return tuple(self._open)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """A client opens its connectUri. Raises PlatformError 401 for a channel that is gone."""
        response = web.WebSocketResponse(timeout=_FLUSH, compress=False)
        if not response.can_prepare(request):
            raise bad_request("A channel is read through a WebSocket")
        channel = self._channels.find(request.match_info["id"])
        if channel is None:
            raise bad_credentials()
        fate = self.script.pop(0) if self.script else None
        if isinstance(fate, Refuse):
            raise scripted(fate)
        await response.prepare(request)
        if request.transport is None:
            return response
        self._ledger.connections += 1
        connection = Connection(response, request.transport, channel, self._channels, self._ledger)
        if channel.listener is not None:
            channel.listener.leave(1001)
        channel.listener = connection
        channel.used = time.time()
        self._open.add(connection)
        try:
            await connection.serve(self._heartbeat, _faults(fate))
        finally:
            self._open.discard(connection)
            if channel.listener is connection:
                channel.listener = None
        return response

    async def shut(self, patience: float) -> None:
        """Close every socket; reset those that have not left after ``patience`` seconds."""
        self.each(lambda connection: connection.leave(1001))
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._all_gone()
        self.each(Connection.abort)
        await self._all_gone()

    def each(self, act: Callable[[Connection], None]) -> None:
        """Do something with every open socket."""
        for connection in self.connections:
            act(connection)

    async def _all_gone(self) -> None:
        for connection in self.connections:
            await connection.ended.wait()


def _faults(fate: Fault | Sequence[Fault] | None) -> Sequence[Fault]:
    if fate is None:
        return ()
    return fate if isinstance(fate, Sequence) else (fate,)


def _metadata(message: str) -> str:
    return json.dumps({"topicName": "channel.metadata", "eventBody": {"message": message}})
