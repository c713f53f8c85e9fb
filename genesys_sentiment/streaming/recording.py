"""Recorded connections: frames with their times, written as they come, replayed at any speed.

A recording is JSON lines. The first names the format and the time it began (seconds since the
epoch); every other has ``t`` (seconds since then) and one of ``open`` (the connection's number),
``frame`` (a text), ``bytes`` (base64, where a frame is no text) or ``lost`` (a close code).
It holds what was said in the conversations: treat it like them.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import msgspec

from genesys_sentiment.errors import ConfigurationError, ConnectionLost
from genesys_sentiment.model.wire import Connect
from genesys_sentiment.streaming.clock import Clock, SystemClock, VirtualClock
from genesys_sentiment.streaming.scripted import Scripted, Step
from genesys_sentiment.streaming.transport import Socket, Transport

FORMAT = "genesys-sentiment-recording/1"


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
                self._note(bytes=base64.b64encode(frame).decode())
        return frames


class Recording(Scripted):
    """A transport that replays a recording; give the stream ``clock=recording.clock``.

    ``speed`` is how many recorded seconds pass in a real one; None replays as fast as possible.
    Every event has the times it had: the same recording gives the same events. Raises
    ConfigurationError for a file that is no recording, naming the line.
    """

    def __init__(self, path: Path, *, speed: float | None = None) -> None:
        lines = _read(path)
        began = next(lines)["began"]
        super().__init__(*_connections(lines), clock=VirtualClock(began, speed))


def _read(path: Path) -> Iterator[dict[str, Any]]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"cannot read the recording {path}: {error.strerror}") from None
    for number, line in enumerate(content.splitlines(), 1):
        try:
            entry: dict[str, Any] = msgspec.json.decode(line, type=dict)
            if number == 1 and entry["format"] != FORMAT:
                raise KeyError
        except (msgspec.DecodeError, KeyError):
            raise ConfigurationError(f"{path}, line {number}: not a line of a recording") from None
        yield entry


def _connections(lines: Iterator[dict[str, Any]]) -> list[list[Step]]:
    connections: list[list[Step]] = []
    now = 0.0
    for line in lines:
        if "open" in line:
            connections.append([])
        steps = connections[-1]
        steps.append(float(line["t"] - now))
        now = line["t"]
        if "frame" in line:
            steps.append(line["frame"])
        elif "bytes" in line:
            steps.append(base64.b64decode(line["bytes"]))
        elif "lost" in line:
            code = line["lost"]
            lost = ConnectionLost(f"the recorded connection ended: {code}", host="-", code=code)
            steps.append(lost)
    return connections
