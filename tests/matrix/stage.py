"""What the rows' tests share: the library's whole stack and the simulator on one virtual clock.

Real HTTP and real WebSockets; only time is not real. What opening a connection takes of real time
comes on top, some milliseconds of it: at 5,000 virtual seconds a second that is half a minute.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from attrs import define, field

from genesys_sentiment.clock import Clock, VirtualClock
from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.cloud.regions import endpoints
from genesys_sentiment.dialects.notifications import Notifications
from genesys_sentiment.errors import ConnectionLost
from genesys_sentiment.model.events import Event, Gap
from genesys_sentiment.model.wire import Connect, Dialect
from genesys_sentiment.simulator import Names, OnClock, Simulator
from genesys_sentiment.streaming.stream import Stream, StreamOptions
from genesys_sentiment.streaming.transport import AiohttpTransport, Socket

PRESENCE = "v2.users.7.presence"
CHANNELS = "/api/v2/notifications/channels"
TOKEN = "/oauth/token"
EPOCH = 1_800_000_000.0
WINDOW, BUDGET = 300.0, 20
ROUGHLY = 1e-6


@define
class Noted:
    """Sockets of the clock's transport, and when what became of them."""

    transport: OnClock
    clock: VirtualClock
    simulator: Simulator
    sockets: list[int] = field(factory=list)
    tried: list[float] = field(factory=list)
    opened: list[float] = field(factory=list)
    heard: list[float] = field(factory=list)
    left: list[float] = field(factory=list)
    codes: list[int] = field(factory=list)
    urls: list[str] = field(factory=list)

    async def open(self, connect: Connect) -> Socket:
        self.tried.append(self.clock.monotonic())
        self.urls.append(connect.url)
        socket = await self.transport.open(connect)
        self.opened.append(self.clock.monotonic())
        self.heard.append(self.clock.monotonic())
        self.sockets.append(self.simulator.open_sockets)
        return _NotedSocket(socket, self)


class _NotedSocket:
    def __init__(self, socket: Socket, notes: Noted) -> None:
        self._socket = socket
        self._notes = notes
        self.send = socket.send

    async def receive(self, timeout: float) -> Sequence[bytes]:
        try:
            frames = await self._socket.receive(timeout)
        except ConnectionLost as lost:
            self._notes.codes.append(lost.code)
            raise
        if frames:
            self._notes.heard.append(self._notes.clock.monotonic())
        return frames

    async def close(self, timeout: float) -> None:
        self._notes.left.append(self._notes.clock.monotonic())
        await self._socket.close(timeout)


@define
class Stage:
    """The parts, and what the stream gave; ``error`` is what its iterator raised."""

    simulator: Simulator
    cloud: Cloud
    names: Names
    clock: VirtualClock
    notes: Noted
    stream: Stream
    events: list[Event] = field(factory=list)
    error: Exception | None = None
    looks: list[tuple[float, bool, bool]] = field(factory=list)

    @property
    def gaps(self) -> list[str]:
        return [event.reason for event in self.events if isinstance(event, Gap)]

    async def at(self, seconds: float) -> None:
        """Until it is that time."""
        await self.clock.sleep(seconds - self.clock.monotonic())

    def has_budget(self) -> bool:
        """At most 20 connections in any five minutes, wherever they begin."""
        pairs = zip(self.notes.tried, self.notes.tried[BUDGET:], strict=False)
        return all(later - first >= WINDOW - ROUGHLY for first, later in pairs)

    def stale_since(self, moment: float) -> float:
        """When the stream was first seen stale after this moment."""
        return next(at for at, stale, _ in self.looks if stale and at >= moment)

    async def consume(self) -> None:
        try:
            async for event in self.stream:
                self.events.append(event)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            self.error = error

    async def look(self, every: float) -> None:
        while True:
            now = self.clock.monotonic()
            self.looks.append((now, self.stream.stale, self.stream.degraded))
            await self.clock.sleep(every)


@asynccontextmanager
async def organisation(
    clock: VirtualClock,
    mine: Clock,
    connector: dict[str, Any] | None = None,
    timeout: float = 10.0,
    **settings: Any,
) -> AsyncIterator[tuple[Simulator, Cloud, Names]]:
    """A simulator, and a client by name, whose clock is ``mine``; each request is a connection."""
    # In debug mode every task that is made notes its stack: everything takes three times as long.
    asyncio.get_running_loop().set_debug(False)
    names = Names()
    async with Simulator(clock=clock, **settings) as simulator:
        simulator.locate(f"localhost:{simulator.port}")
        making = {"use_dns_cache": False, "force_close": True, **(connector or {})}
        async with (
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=names, **making)
            ) as session,
            Cloud(
                endpoints(simulator.api_url, simulator.login_url),
                simulator.client_id,
                simulator.client_secret,
                session=session,
                timeout=timeout,
                clock=mine,
            ) as cloud,
        ):
            yield simulator, cloud, names


@asynccontextmanager
async def staged(
    *script: Any,
    speed: float = 5_000.0,
    dialect: Dialect | None = None,
    topics: Sequence[str] = (PRESENCE,),
    options: StreamOptions | None = None,
    connector: dict[str, Any] | None = None,
    timeout: float = 10.0,
    epoch: float = EPOCH,
    skew: Callable[[VirtualClock], Clock] = lambda clock: clock,
    prepare: Callable[[Simulator], Any] = lambda _: None,
    host: Callable[[Simulator], Dialect] | None = None,
    every: float = 15.0,
    **settings: Any,
) -> AsyncIterator[Stage]:
    """A stream that is being read. ``script``: the fates of its sockets."""
    clock = VirtualClock(epoch, speed=speed)
    mine = skew(clock)
    async with organisation(clock, mine, connector, timeout, **settings) as (
        simulator,
        cloud,
        names,
    ):
        simulator.script = list(script)
        prepare(simulator)
        notes = Noted(OnClock(AiohttpTransport(cloud.session), clock), clock, simulator)
        stream = Stream(
            dialect or (host(simulator) if host else Notifications()),
            notes,
            tokens=cloud.tokens,
            channels=cloud.channels,
            topics=topics,
            options=options,
            clock=mine,
        )
        stage = Stage(simulator, cloud, names, clock, notes, stream)
        async with stream:
            tasks = [
                asyncio.create_task(stage.consume()),
                asyncio.create_task(stage.look(every)),
            ]
            try:
                async with asyncio.timeout(40):
                    yield stage
            finally:
                tasks[1].cancel()
                await stream.close()
                await asyncio.wait(tasks)
        assert stream.counters.problems() == ()


async def until(condition: Callable[[], Any]) -> None:
    """Until it holds; the stage has a limit of its own."""
    while not condition():
        await asyncio.sleep(0.002)
