"""A TCP proxy before any server, with the faults of a network: in this process, on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self

from attrs import define

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.simulator.resets import reset

_CHUNK = 64 * 1024
"""Bytes that are read at once."""
_WAITING = 16
"""Chunks that may be on their way in one direction; the sender waits for more than that."""
_PULSE = 0.01
"""Seconds between looks whether a black hole is over."""


@define(kw_only=True)
class Way:
    """What becomes of the bytes in one direction. May be changed at any time.

    ``latency``: seconds that every byte takes. ``bandwidth``: bytes a second, None: no limit.
    ``slices``: at most so many bytes go out in one write, None: as they come. ``black_hole``:
    nothing arrives, no error either, nor the other side's end; what was sent meanwhile comes when
    the hole is gone, as TCP sends again. ``truncate``: each connection ends after so many bytes of
    this direction, None: it does not.
    """

    latency: float = 0.0
    bandwidth: float | None = None
    slices: int | None = None
    black_hole: bool = False
    truncate: int | None = None


class Proxy:
    """Listens on loopback and passes everything on to ``host:port``, present and new connections.

    ``up`` is what becomes of bytes towards the server, ``down`` of those towards the client.
    An asynchronous context manager; leaving resets what is still open. A direction holds 1 MiB
    and the sockets' own buffers at most. Raises ConfigurationError for a target that is none.
    """

    def __init__(self, target: str) -> None:
        host, _, port = target.removeprefix("http://").rstrip("/").rpartition(":")
        if not host or not port.isdecimal():
            raise ConfigurationError("a proxy's target is host:port or http://host:port")
        self.up = Way()
        self.down = Way()
        self.connections = 0
        self._target = (host, int(port))
        self._server: asyncio.Server | None = None
        self._links: set[_Link] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._begin, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.close()
        self.reset()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    @property
    def address(self) -> str:
        """``host:port``, where it listens."""
        if self._server is None:
            raise RuntimeError("enter the proxy first: async with Proxy(…)")
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"{host}:{port}"

    @property
    def url(self) -> str:
        """The same as the base URL of an API."""
        return f"http://{self.address}"

    @property
    def open_connections(self) -> int:
        """How many connections it holds now; ``connections`` were accepted in all."""
        return len(self._links)

    def reset(self) -> None:
        """Reset every connection on both sides: an RST, no farewell."""
        for link in tuple(self._links):
            link.reset()

    def half_close(self) -> None:
        """End the direction towards the client (FIN) on every connection; the other goes on."""
        for link in tuple(self._links):
            link.half_close()

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.create_task(self._pass_on(reader, writer), name="proxy connection")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            server = await asyncio.open_connection(*self._target, limit=_CHUNK)
        except BaseException as error:
            reset(writer.transport)
            if isinstance(error, OSError):
                return
            raise
        link = _Link((reader, writer), server)
        self._links.add(link)
        try:
            await link.carry(self.up, self.down)
        finally:
            self._links.discard(link)
            link.reset()


class _Link:
    """One client's connection and the one to the server that belongs to it."""

    def __init__(
        self,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        server: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        self._client, self._server = client, server
        self._ways: tuple[asyncio.Task[None], ...] = ()

    def reset(self) -> None:
        for _, writer in (self._client, self._server):
            if not writer.transport.is_closing():
                reset(writer.transport)

    def half_close(self) -> None:
        self._ways[1].cancel()
        with suppress(OSError):
            self._client[1].write_eof()

    async def carry(self, up: Way, down: Way) -> None:
        """Both directions, until both have ended or one of them broke."""
        ways = self._ways = (
            asyncio.create_task(_carry(self._client[0], self._server[1], up), name="proxy up"),
            asyncio.create_task(_carry(self._server[0], self._client[1], down), name="proxy down"),
        )
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for task in ways:
                task.cancel()
            await asyncio.wait(ways)
        errors = [task.exception() for task in ways if not task.cancelled()]
        if len(errors) == len(ways) and not any(errors):
            await self._finish()
        for error in errors:
            if error is not None and not isinstance(error, OSError):
                raise error

    async def _finish(self) -> None:
        """What is still on its way arrives."""
        for _, writer in (self._client, self._server):
            with suppress(OSError):
                writer.close()
                await writer.wait_closed()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way) -> None:
    """Everything of one direction, and its end. Raises OSError when the connection breaks."""
    queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_WAITING)
    reading = asyncio.create_task(_read(reader, queue), name="proxy read")
    carried = 0
    try:
        while True:
            came, data = await queue.get()
            await _wait(way, came)
            if not data:
                if reading.done():
                    await reading
                writer.write_eof()
                return
            if way.truncate is not None:
                data = data[: max(way.truncate - carried, 0)]
            for piece in _pieces(data, way.slices):
                writer.write(piece)
                await writer.drain()
                if way.bandwidth is not None:
                    await asyncio.sleep(len(piece) / way.bandwidth)
                elif way.slices is not None:
                    await asyncio.sleep(0)  # else the kernel is handed them together
            carried += len(data)
            if way.truncate is not None and carried >= way.truncate:
                writer.close()
                await writer.wait_closed()
                raise ConnectionResetError("cut short")
    finally:
        reading.cancel()
        await asyncio.wait({reading})


async def _read(reader: asyncio.StreamReader, queue: asyncio.Queue[tuple[float, bytes]]) -> None:
    """Take what comes, as long as there is room for it; an empty one at the end."""
    now = asyncio.get_running_loop().time
    data = b"-"
    try:
        while data:
            data = await reader.read(_CHUNK)
            await queue.put((now(), data))
    except OSError:
        await queue.put((now(), b""))
        raise


async def _wait(way: Way, came: float) -> None:
    now = asyncio.get_running_loop().time
    while way.black_hole:  # noqa: ASYNC110 - a plain value that a test sets
        await asyncio.sleep(_PULSE)
    late = came + way.latency - now()
    if late > 0:
        await asyncio.sleep(late)


def _pieces(data: bytes, size: int | None) -> Iterator[bytes]:
    step = size or len(data) or 1
    return (data[at : at + step] for at in range(0, len(data), step))
