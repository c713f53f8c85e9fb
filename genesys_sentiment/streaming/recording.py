"""Recorded connections: frames with their times, written as they come, replayed at any speed.

A recording is JSON lines. The first names the format and the time it began (seconds since the
epoch); every other has ``t`` (seconds since then) and one of ``open`` (the connection's number),
``frame`` (a text), ``bytes`` (base64, where a frame is no text) or ``lost`` (a close code).
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
from genesys_sentiment.streaming.scripted import Scripted, Step
from genesys_sentiment.streaming.stream import Stream
from genesys_sentiment.streaming.transport import Socket, Transport

FORMAT = "genesys-sentiment-recording/1"

_ABNORMAL = 1006

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
        self.note(open=self._opened)
        return _RecordedSocket(socket, self)

    def note(self, **what: object) -> None:
        """Write one line with the time it has now."""
        self._line({"t": round(self._clock.monotonic() - self._began, 6), **what})

    def _line(self, what: dict[str, object]) -> None:
        if self._file is not None:
            self._file.write(msgspec.json.encode(what) + b"\n")


class _RecordedSocket:
    def __init__(self, socket: Socket, recorder: Recorder) -> None:
        self._socket = socket
        self._note = recorder.note
        self.send = socket.send
        self.close = socket.close

    async def receive(self, timeout: float) -> Sequence[bytes]:
        try:
            frames = await self._socket.receive(timeout)
        except ConnectionLost as error:
            self._note(lost=error.code)
            raise
        for frame in frames:
            try:
                self._note(frame=frame.decode())
            except UnicodeDecodeError:
                self._note(bytes=frame)
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
        """Start the next connection, at the time it was opened."""
        socket = await super().open(connect)
        await self.clock.let_pass(self._starts[self.opened - 1] - self.clock.monotonic())
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


@define
class _Connection:
    """One recorded connection: its steps, from ``start`` on (seconds since the recording began)."""

    start: float
    steps: list[Step] = field(factory=list)


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
    return began, connections


def _decode_head(content: Bytes) -> float:
    head = msgspec.json.decode(content, type=_Head)
    if head.format != FORMAT:
        raise ValueError
    return head.began


_decode_line = msgspec.json.Decoder(_Line).decode


def _add(connections: list[_Connection], line: _Line, now: float) -> float:
    """Append a line's step at its time; ``now`` is the time of the line before it."""
    if line.t < now or (line.open is None and not connections):
        raise ValueError
    if connections:
        steps = connections[-1].steps
        steps.append(line.t - now)
    if line.open is not None:
        if connections and not isinstance(connections[-1].steps[-2:][0], ConnectionLost):
            # We left it ourselves then. Whoever replays with other limits may not have left yet.
            steps.append(_lost(_ABNORMAL))
        connections.append(_Connection(line.t))
    elif line.frame is not None:
        steps.append(line.frame)
    elif line.bytes is not None:
        steps.append(line.bytes)
    elif line.lost is not None:
        steps.append(_lost(line.lost))
    else:
        raise ValueError
    return line.t


def _lost(code: int) -> ConnectionLost:
    return ConnectionLost(f"the recorded connection ended: {code}", host="-", code=code)
