"""Recorded connections: frames with their times, written as they come, replayed at any speed.

A recording is JSON lines. The first names the format and the time it began (seconds since the
epoch); every other has ``t`` (seconds since then) and one of ``open`` (the connection's number),
``frame`` (a text), ``bytes`` (base64, where a frame is no text), ``lost`` (a close code) or
``left`` (the number of a connection that we closed). ``on`` is the number of the connection that
something came on, by default the last one; ``beside`` says that the one before goes on.
It holds what was said in the conversations: treat it like them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self, TypeAlias

import msgspec
from attrs import define, field

from genesys_sentiment.clock import Clock, SystemClock, VirtualClock
from genesys_sentiment.dialects.notifications import Notifications
from genesys_sentiment.errors import ConfigurationError, ConnectionLost
from genesys_sentiment.model.wire import Connect, Dialect
from genesys_sentiment.streaming.scripted import Scripted, ScriptedSocket, Step
from genesys_sentiment.streaming.stream import Stream
from genesys_sentiment.streaming.transport import Socket, Transport

FORMAT = "genesys-sentiment-recording/1"

_ABNORMAL = 1006
_LATER = 1.0

Bytes: TypeAlias = bytes


class Recorder:
    """A transport that writes down what comes through another one. A context manager.

    The file is written line by line and flushed when it is left.
    """

    def __init__(self, transport: Transport, path: Path, clock: Clock | None = None) -> None:
        self._transport = transport
        self._path = path
        self._clock = clock or SystemClock()
        self._began = 0.0
        self._opened = 0
        self._live: set[int] = set()
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        self._file = self._path.open("wb")
        self._began = self._clock.monotonic()
        self._line({"format": FORMAT, "began": self._clock.wall()})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    async def open(self, connect: Connect) -> Socket:
        """Open through the other transport and note it."""
        socket = await self._transport.open(connect)
        self._opened += 1
        self.note(open=self._opened, **({"beside": True} if self._live else {}))
        self._live.add(self._opened)
        return _RecordedSocket(socket, self, self._opened)

    def ended(self, number: int, **how: int) -> None:
        """A connection ended; the first time counts."""
        if number in self._live:
            self._live.remove(number)
            self.note(**how)

    def note(self, **what: object) -> None:
        """Write one line with the time it has now."""
        self._line({"t": round(self._clock.monotonic() - self._began, 6), **what})

    def _line(self, what: dict[str, object]) -> None:
        if self._file is not None:
            self._file.write(msgspec.json.encode(what) + b"\n")


class _RecordedSocket:
    def __init__(self, socket: Socket, recorder: Recorder, number: int) -> None:
        self._socket = socket
        self._recorder = recorder
        self._number = number
        self.send = socket.send

    async def close(self, timeout: float) -> None:
        self._recorder.ended(self._number, left=self._number)
        await self._socket.close(timeout)

    async def receive(self, timeout: float) -> Sequence[bytes]:
        try:
            frames = await self._socket.receive(timeout)
        except ConnectionLost as error:
            self._recorder.ended(self._number, lost=error.code, on=self._number)
            raise
        for frame in frames:
            try:
                self._recorder.note(frame=frame.decode(), on=self._number)
            except UnicodeDecodeError:
                self._recorder.note(bytes=frame, on=self._number)
        return frames


class Recording(Scripted):
    """A transport that replays a recording; ``replay`` makes a stream of it.

    ``speed`` is how many recorded seconds pass in a real one; None replays as fast as possible.
    Every event has the times it had: the same recording gives the same events. Raises
    ConfigurationError for a file that is no recording, naming the line.
    """

    def __init__(self, path: Path, *, speed: float | None = None) -> None:
        began, connections = _read(path)
        super().__init__(
            *(connection.steps for connection in connections), clock=_RecordedClock(began, speed)
        )
        self._starts = [connection.start for connection in connections]

    async def open(self, connect: Connect) -> Socket:
        """Start the next connection, at the time it was opened; what came since then comes now."""
        socket = await super().open(connect)
        early = self._starts[self.opened - 1] - self.clock.monotonic()
        await self.clock.let_pass(early)
        if isinstance(socket, ScriptedSocket):
            socket.pause = min(early, 0.0)
        return socket


class _RecordedClock(VirtualClock):
    """Only the recording moves it: the delays of a replay are other ones than were recorded."""

    async def sleep(self, seconds: float) -> None:
        """Give others their turn."""
        await asyncio.sleep(0)


def replay(path: Path, dialect: Dialect | None = None, *, speed: float | None = None) -> Stream:
    """A stream of what was recorded, ``dialect`` being what was spoken (by default the real one).

    It ends with the recording. Raises what ``Recording`` raises.
    """
    recording = Recording(path, speed=speed)
    return Stream(
        dialect or Notifications(),
        recording,
        tokens=recording,
        channels=recording,
        clock=recording.clock,
    )


class _Head(msgspec.Struct):
    format: str
    began: float


class _Line(msgspec.Struct):
    t: float
    open: int | None = None
    frame: str | None = None
    bytes: Bytes | None = None
    lost: int | None = None
    left: int | None = None
    on: int | None = None
    beside: bool = False


@define
class _Connection:
    """One recorded connection: its steps, from ``start`` on (seconds since the recording began)."""

    start: float
    steps: list[Step] = field(factory=list)
    now: float = field(init=False)
    ended: bool = False

    def __attrs_post_init__(self) -> None:
        self.now = self.start

    def add(self, at: float, step: Step) -> None:
        """Something came at this time."""
        self.steps += (at - self.now, step)
        self.now = at

    def end(self, at: float, code: int) -> None:
        """The last thing; nothing comes after it."""
        if not self.ended:
            self.ended = True
            self.add(at, _lost(code))


def _read(path: Path) -> tuple[float, list[_Connection]]:
    """When the recording began, and its connections. Raises ConfigurationError."""
    try:
        head, *lines = path.read_bytes().splitlines() or [b""]
    except OSError as error:
        raise ConfigurationError(f"cannot read the recording {path}: {error.strerror}") from None
    number = 1
    try:
        began = _decode_head(head)
        connections: list[_Connection] = []
        now = 0.0
        for number, content in enumerate(lines, 2):  # noqa: B007 - names the line in the error
            now = _add(connections, _decode_line(content), now)
    except (msgspec.DecodeError, ValueError):
        raise ConfigurationError(f"{path}, line {number}: not a line of a recording") from None
    for connection in connections[:-1]:
        connection.end(max(now, connection.now), _ABNORMAL)
    return began, connections


def _decode_head(content: Bytes) -> float:
    head = msgspec.json.decode(content, type=_Head)
    if head.format != FORMAT:
        raise ValueError
    return head.began


_decode_line = msgspec.json.Decoder(_Line).decode


def _add(connections: list[_Connection], line: _Line, now: float) -> float:
    """Append a line's step at its time; ``now`` is the time of the line before it."""
    if line.t < now:
        raise ValueError
    if line.open is not None:
        if connections and not line.beside:
            # We left it ourselves then. Whoever replays with other limits may not have left yet.
            connections[-1].end(line.t, _ABNORMAL)
        connections.append(_Connection(line.t))
        return line.t
    number = line.left or line.on or len(connections)
    if not 1 <= number <= len(connections):
        raise ValueError
    connection = connections[number - 1]
    if line.frame is not None:
        connection.add(line.t, line.frame)
    elif line.bytes is not None:
        connection.add(line.t, line.bytes)
    elif line.lost is not None:
        connection.end(line.t, line.lost)
    elif line.left is None:
        raise ValueError
    elif number < len(connections):
        connection.end(line.t + _LATER, _ABNORMAL)  # whoever replays it leaves at this very time
    return line.t


def _lost(code: int) -> ConnectionLost:
    return ConnectionLost(f"the recorded connection ended: {code}", host="-", code=code)
