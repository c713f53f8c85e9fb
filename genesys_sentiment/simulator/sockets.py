"""Sockets, whatever is spoken on them: frames, faults, and an end that leaves nothing behind."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from aiohttp import WSMsgType, web
from aiohttp.typedefs import Handler

from genesys_sentiment.clock import Clock
from genesys_sentiment.simulator.answers import Refuse, bad_request, scripted
from genesys_sentiment.simulator.faults import Bend, Fault, Frame, Raw, Script
from genesys_sentiment.simulator.languages.language import Happening, Host, Language, Session
from genesys_sentiment.simulator.ledger import Ledger
from genesys_sentiment.simulator.resets import reset

_BACKLOG = 10_000
"""Frames that may wait for a slow client; what comes on top is lost to it."""
_FLUSH = 0.3
"""Seconds that waiting frames, and then the closing handshake, may take."""

_log = logging.getLogger(__name__)


class Connection:
    """One open socket. ``sent`` is told of each frame that went out.

    ``ended`` is set when nothing of it runs any more.
    """

    def __init__(
        self,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport,
        sent: Callable[[], None],
        clock: Clock,
    ) -> None:
        self.ended = asyncio.Event()
        self.sleep = clock.sleep
        self._socket = socket
        self._transport = transport
        self._sent = sent
        self._outgoing: asyncio.Queue[Frame | None] = asyncio.Queue(_BACKLOG)
        self._left = asyncio.Event()
        self._code = 1001
        self._muted = False
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._slowness = 0.0
        self._bends: list[Bend] = []

    def offer(self, frame: str | bytes) -> bool:
        """Take one event to be sent; False where it is lost."""
        if not self._open:
            return False
        frames: Iterable[Frame] = (frame,)
        for bend in self._bends:
            frames = [
                bent
                for each in frames
                for bent in ((each,) if isinstance(each, Raw) else bend(each))
            ]
        for each in frames:
            self.say(each)
        return True

    def say(self, frame: Frame) -> None:
        """Send a frame as it stands."""
        if self._open:
            self._outgoing.put_nowait(frame)

    def bend(self, bend: Bend) -> None:
        """From now on change the events that go out, after whatever changes them already."""
        self._bends.append(bend)

    def leave(self, code: int) -> None:
        """Close with a code, after the frames that are already waiting."""
        if not self._left.is_set():
            self._code = code
            self._finish()

    def abort(self) -> None:
        """Reset the connection."""
        reset(self._transport)
        self._finish()

    def mute(self) -> None:
        """Send nothing more; the connection stays."""
        self._muted = True

    def freeze(self) -> None:
        """Send nothing more, and read nothing."""
        self.mute()
        self._transport.pause_reading()

    def hold(self) -> None:
        """Frames wait, up to the usual number."""
        self._flowing.clear()

    def release(self) -> None:
        """Send what was held."""
        self._flowing.set()

    def slow(self, seconds: float) -> None:
        """Every frame takes so long."""
        self._slowness = seconds

    async def serve(self, session: Session, faults: Sequence[Fault]) -> None:
        """Run until either side ends it. Leaves no task behind."""
        # Task names appear in logs: none holds a channel's id, which opens its socket.
        reader = asyncio.create_task(self._read(session), name="simulator socket: read")
        writer = asyncio.create_task(self._write(), name="simulator socket: write")
        left = asyncio.create_task(self._left.wait(), name="simulator socket: left")
        life = asyncio.create_task(session.live(), name="simulator socket: heartbeat")
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
            tasks = (reader, writer, left, life, fate)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            self._left.set()
            self.ended.set()
        for task in (reader, writer, life, fate):
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error

    @property
    def _open(self) -> bool:
        return not (self._muted or self._left.is_set() or self._outgoing.full())

    def _finish(self) -> None:
        self._left.set()
        if not self._outgoing.full():
            self._outgoing.put_nowait(None)

    async def _read(self, session: Session) -> None:
        while True:
            message = await self._socket.receive()
            if message.type is WSMsgType.TEXT:
                session.hear(message.data)
            elif message.type is not WSMsgType.BINARY:
                return

    async def _write(self) -> None:
        try:
            while (frame := await self._outgoing.get()) is not None:
                await self._flowing.wait()
                if self._slowness:
                    await self.sleep(self._slowness)
                await self._send(frame)
                self._sent()
        except ConnectionError as error:
            _log.debug("a client went away: %s", type(error).__name__)

    async def _send(self, frame: Frame) -> None:
        if isinstance(frame, Raw):
            self._transport.write(frame.data)
        elif isinstance(frame, bytes):
            await self._socket.send_bytes(frame)
        else:
            await self._socket.send_str(frame)

    async def _play(self, faults: Sequence[Fault]) -> None:
        for fault in faults:
            await fault(self)


class Door:
    """Answers upgrades, in any language. ``script`` gives the next sockets' fates."""

    def __init__(self, host: Host, ledger: Ledger, clock: Clock) -> None:
        self._host = host
        self._ledger = ledger
        self._clock = clock
        self._open: dict[Connection, Session] = {}
        self.script: list[Script] = []

    @property
    def connections(self) -> Sequence[Connection]:
        """The sockets that are open now."""
        return tuple(self._open)

    def handler(self, language: Language) -> Handler:
        """What answers the upgrades on a language's path."""

        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._handle(request, language)

        return handle

    def tell(self, happening: Happening) -> None:
        """Something happened on the platform: every session may say so."""
        for session in tuple(self._open.values()):
            session.tell(happening)

    def ready(self, queue: str) -> bool:
        """Whether a client is there to hear of calls in this queue."""
        return any(session.ready(queue) for session in self._open.values())

    def check(self) -> None:
        """Every session looks whether it may go on."""
        for session in tuple(self._open.values()):
            session.check()

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

    async def _handle(self, request: web.Request, language: Language) -> web.StreamResponse:
        response = web.WebSocketResponse(timeout=_FLUSH, compress=False)
        if not response.can_prepare(request):
            raise bad_request("This address is read through a WebSocket")
        begin = language.admit(request, self._host)
        fate = self.script.pop(0) if self.script else None
        if isinstance(fate, Refuse):
            raise scripted(fate)
        await response.prepare(request)
        if request.transport is None:
            return response
        self._ledger.connections += 1
        name = request.match_info.get("id", request.path)
        connection = Connection(
            response,
            request.transport,
            lambda: self._ledger.frames_sent.update({name: 1}),
            self._clock,
        )
        session = self._open[connection] = begin(connection)
        try:
            await connection.serve(session, _faults(fate))
        finally:
            del self._open[connection]
            session.end()
        return response

    async def _all_gone(self) -> None:
        for connection in self.connections:
            await connection.ended.wait()


def _faults(fate: Fault | Sequence[Fault] | None) -> Sequence[Fault]:
    if fate is None:
        return ()
    return fate if isinstance(fate, Sequence) else (fate,)
