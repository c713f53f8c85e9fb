"""A life: the simulator and a watched stream on one virtual clock, over real sockets."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial

import aiohttp
from attrs import define, field, frozen

from genesys_sentiment.clock import VirtualClock
from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.cloud.delays import full_jitter
from genesys_sentiment.cloud.regions import endpoints
from genesys_sentiment.model.events import Event
from genesys_sentiment.model.wire import Connect
from genesys_sentiment.simulator import Names, OnClock, Proxy, Simulator
from genesys_sentiment.simulator.ledger import Emitted
from genesys_sentiment.streaming.counters import Counters
from genesys_sentiment.streaming.stream import Stream, StreamOptions
from genesys_sentiment.streaming.transport import AiohttpTransport, Socket, Transport
from genesys_sentiment.streaming.watch import watch
from tests.life.calls import Arrival, arrivals
from tests.life.faults import FAULTS, Stroke, World, strokes
from tests.life.oracle import Verdict, judge

EPOCH = 1_800_000_000.0
_LINGER = 180.0
"""Seconds after the last conversation and the last fault."""
_BUDGET, _WINDOW = 20, 300.0
"""Attempts to connect in so many seconds, at most."""


@frozen(kw_only=True)
class Programme:
    """What happens. ``token_life`` and ``rollover`` are seconds; ``speed``: of time, at most."""

    seed: int
    hours: float = 24.0
    conversations: int = 1_000
    faults: int = 100
    token_life: float = 7_200.0
    rollover: float = 3_000.0
    speed: float = 1e9


@frozen(kw_only=True)
class Outcome:
    """What came of a life. ``rollovers``: connections that were opened beside another one.

    ``said``, ``events`` and ``cuts`` are what the ``verdict`` was made of. ``problems`` is empty,
    or the stream broke its promise.
    """

    programme: Programme
    seconds: float
    hours: float
    verdict: Verdict
    counters: Counters
    faults: Counter[str]
    renewals: int
    rollovers: int
    channels: int
    said: Sequence[Emitted] = field(repr=False)
    events: Sequence[Event] = field(repr=False)
    cuts: Mapping[str, Sequence[str]] = field(repr=False)
    problems: tuple[str, ...] = field(factory=tuple)


@define
class Dialled:
    """A transport that notes when it is asked, and how many of its sockets are open."""

    transport: Transport
    clock: VirtualClock
    attempts: list[float] = field(factory=list)
    open_sockets: int = 0
    beside: int = 0

    async def open(self, connect: Connect) -> Socket:
        """As the other one does."""
        self.attempts.append(self.clock.monotonic())
        others = self.open_sockets
        socket = await self.transport.open(connect)
        self.open_sockets += 1
        self.beside += others > 0
        return _Counted(socket, self)

    def busiest(self) -> int:
        """The most attempts that began within five minutes."""
        times, first, most = self.attempts, 0, 0
        for last, at in enumerate(times):
            while times[first] <= at - _WINDOW:
                first += 1
            most = max(most, last - first + 1)
        return most


class _Counted:
    def __init__(self, socket: Socket, dialled: Dialled) -> None:
        self._socket = socket
        self._dialled = dialled
        self.receive, self.send = socket.receive, socket.send

    async def close(self, timeout: float) -> None:
        self._dialled.open_sockets -= 1
        await self._socket.close(timeout)


@define
class Day:
    """Everything that a life runs on."""

    programme: Programme
    clock: VirtualClock
    chance: random.Random
    simulator: Simulator
    proxy: Proxy
    names: Names
    cloud: Cloud
    dialled: Dialled
    events: list[Event] = field(factory=list)

    def stream(self) -> Stream:
        """One that watches the queue."""
        return watch(
            self.cloud,
            queues=[self.simulator.queue_id],
            transport=self.dialled,
            clock=self.clock,
            options=StreamOptions(
                rollover=self.programme.rollover,
                delays=partial(full_jitter, random=self.chance.random),
            ),
        )


@asynccontextmanager
async def _day(programme: Programme) -> AsyncIterator[Day]:
    clock = VirtualClock(EPOCH, speed=programme.speed)
    names = Names()
    simulator = Simulator(
        clock=clock,
        seed=programme.seed,
        token_lifetime=programme.token_life,
        rate_limit=300,
        languages=(),
    )
    connector = aiohttp.TCPConnector(resolver=names, use_dns_cache=False)
    async with (
        simulator,
        Proxy(f"127.0.0.1:{simulator.port}") as proxy,
        aiohttp.ClientSession(connector=connector) as session,
    ):
        simulator.locate(f"localhost:{proxy.address.rpartition(':')[2]}")
        where = endpoints(simulator.api_url, simulator.login_url)
        async with Cloud(
            where, simulator.client_id, simulator.client_secret, session=session, clock=clock
        ) as cloud:
            dialled = Dialled(OnClock(AiohttpTransport(session), clock), clock)
            chance = random.Random(programme.seed)
            yield Day(programme, clock, chance, simulator, proxy, names, cloud, dialled)


async def live(programme: Programme, strikes: Sequence[Stroke] | None = None) -> Outcome:
    """Live through a programme, and judge it. ``strikes``: instead of random faults."""
    # In debug mode every task that is made notes its stack: a day then takes three times as long.
    asyncio.get_running_loop().set_debug(False)
    begun = time.monotonic()
    async with _day(programme) as day:
        coming = arrivals(programme.conversations, programme.hours, day.chance)
        striking = strikes or strokes(programme.faults, programme.hours, day.chance)
        stream = day.stream()
        async with stream:
            reading = asyncio.create_task(_read(stream, day.events), name="life reader")
            cuts = await _pass(day, stream, coming, striking)
            await stream.close()
            ended = await reading
        return _outcome(day, stream.counters, striking, cuts, ended, time.monotonic() - begun)


async def _read(stream: Stream, events: list[Event]) -> Exception | None:
    try:
        async for event in stream:
            events.append(event)  # noqa: PERF401 - they are looked at when it raises, too
    except Exception as error:  # noqa: BLE001 - a finding
        return error
    return None


async def _pass(
    day: Day, stream: Stream, coming: Sequence[Arrival], striking: Sequence[Stroke]
) -> dict[str, list[str]]:
    """Let the day pass; which utterances were cut short."""
    async with asyncio.TaskGroup() as group:
        world = World(
            simulator=day.simulator,
            proxy=day.proxy,
            names=day.names,
            clock=day.clock,
            chance=day.chance,
            group=group,
        )
        world.await_sockets()
        await stream.ready()
        for arrival in coming:
            group.create_task(_play(day, arrival), name=arrival.call.name)
        for stroke in striking:
            await day.clock.sleep(stroke.at - day.clock.monotonic())
            world.await_sockets()
            FAULTS[stroke.name](world)
    await day.clock.sleep(_LINGER)
    return world.cuts


async def _play(day: Day, arrival: Arrival) -> None:
    await day.clock.sleep(arrival.at - day.clock.monotonic())
    day.simulator.calls = (arrival.call,)
    await day.simulator.play()


def _outcome(
    day: Day,
    counters: Counters,
    striking: Sequence[Stroke],
    cuts: Mapping[str, Sequence[str]],
    ended: Exception | None,
    seconds: float,
) -> Outcome:
    said = day.simulator.ledger
    verdict = judge(said, day.events, cuts)
    busiest = day.dialled.busiest()
    problems = [*verdict.problems(), *counters.problems()]
    if ended is not None:
        problems.append(f"the stream ended: {ended!r}")
    if busiest > _BUDGET:
        problems.append(f"{busiest} attempts within {_WINDOW:g} s")
    if counters.yielded != len(day.events):
        problems.append(f"{counters.yielded} events yielded, {len(day.events)} came")
    if len(day.simulator.conversations) != day.programme.conversations:
        problems.append(f"only {len(day.simulator.conversations)} conversations took place")
    return Outcome(
        programme=day.programme,
        seconds=seconds,
        hours=day.clock.monotonic() / 3600.0,
        verdict=verdict,
        counters=counters,
        faults=Counter(stroke.name for stroke in striking),
        renewals=day.simulator.token_requests - 1,
        rollovers=day.dialled.beside,
        channels=day.simulator.requests["POST /api/v2/notifications/channels"],
        said=said,
        events=day.events,
        cuts=cuts,
        problems=tuple(problems),
    )
