"""The faults of a life: from the whole kit, each made from a random number generator."""

from __future__ import annotations

import asyncio
import json
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from hashlib import blake2b
from math import inf

from attrs import define, field, frozen

from genesys_sentiment.clock import VirtualClock
from genesys_sentiment.simulator import (
    AnnounceClosing,
    AnswerGarbage,
    AnswerHalf,
    AnswerLate,
    AnswerNothing,
    Duplicate,
    Flood,
    HalfOpen,
    Mute,
    Names,
    On,
    Pause,
    Proxy,
    Refuse,
    Say,
    Simulator,
    Split,
)
from genesys_sentiment.simulator.faults import Fault, Frame, Wire

CLOSE_CODES = (
    *(1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013, 1014, 3000, 4000, 4001),
)
"""Every close code after which a stream connects again; 4003 is the end."""

_BETWEEN = 0.4
"""Seconds that a frame is late when the order is changed: less than what a stream allows it."""


@frozen
class Attend:
    """The fate of every socket: it is known as long as it lives."""

    wires: list[Wire]

    async def __call__(self, wire: Wire, /) -> None:
        self.wires.append(wire)
        try:
            await wire.sleep(inf)
        finally:
            self.wires.remove(wire)


@frozen
class Cut:
    """Cuts events short, and notes which utterances were in them, and the frames' digests."""

    count: int
    digests: defaultdict[str, list[str]]

    async def __call__(self, wire: Wire, /) -> None:
        left = iter(range(self.count))

        def bend(frame: str | bytes) -> Sequence[Frame]:
            if isinstance(frame, bytes) or next(left, None) is None:
                return (frame,)
            short = frame[: len(frame) // 2]
            digest = blake2b(short.encode(), digest_size=8).hexdigest()
            for transcript in json.loads(frame)["eventBody"].get("transcripts", ()):
                self.digests[transcript["utteranceId"]].append(digest)
            return (short,)

        wire.bend(bend)


@frozen
class Lag:
    """For a while every frame takes so long to leave."""

    seconds: float
    until: float

    async def __call__(self, wire: Wire, /) -> None:
        wire.slow(self.seconds)
        await wire.sleep(self.until)
        wire.slow(0.0)


@frozen
class Shuffle:
    """Events in the wrong order, as ``Reorder``, but with a patience on the simulator's clock."""

    span: int
    keep: Callable[[Awaitable[None]], None]

    async def __call__(self, wire: Wire, /) -> None:
        held: list[str | bytes] = []

        async def late() -> None:
            await wire.sleep(_BETWEEN)
            for frame in held:
                wire.say(frame)
            held.clear()

        def bend(frame: str | bytes) -> Sequence[Frame]:
            if not held:
                self.keep(late())
            held.insert(0, frame)
            if len(held) < self.span:
                return ()
            frames = tuple(held)
            held.clear()
            return frames

        wire.bend(bend)


@define(kw_only=True)
class World:
    """What faults strike. ``wires``: the sockets that are open."""

    simulator: Simulator
    proxy: Proxy
    names: Names
    clock: VirtualClock
    chance: random.Random
    group: asyncio.TaskGroup
    wires: list[Wire] = field(factory=list)
    cuts: defaultdict[str, list[str]] = field(factory=lambda: defaultdict(list))

    def keep(self, what: Awaitable[None]) -> None:
        """Let something go on beside everything else."""
        self.group.create_task(_run(what), name="fault")

    def strike(self, fault: Fault) -> None:
        """Every open socket."""
        for wire in tuple(self.wires):
            self.keep(fault(wire))

    def await_sockets(self, *refusals: Refuse) -> None:
        """The next upgrades are refused; every socket after them is known."""
        waiting = [fate for fate in self.simulator.script if isinstance(fate, Refuse)]
        self.simulator.script = [*refusals, *waiting, *[Attend(self.wires)] * 1_000]

    def abort(self) -> None:
        """Every open socket."""
        for wire in tuple(self.wires):
            wire.abort()

    async def later(self, seconds: float, action: Callable[[], object]) -> None:
        """Do something then."""
        await self.clock.sleep(seconds)
        action()


async def _run(what: Awaitable[None]) -> None:
    await what


def _close(world: World) -> None:
    code = world.chance.choice(CLOSE_CODES)
    for wire in tuple(world.wires):
        wire.leave(code)


def _refuse(world: World) -> None:
    world.await_sockets(
        *(
            Refuse(world.chance.choice((503, 429, 502)), retry_after=world.chance.randint(1, 20))
            for _ in range(world.chance.randint(1, 4))
        )
    )
    world.abort()


def _drop(world: World) -> None:
    """Accept, then drop: some sockets in a row live no longer than a moment."""
    drops = [world.chance.uniform(0.0, 2.0) for _ in range(world.chance.randint(1, 4))]

    async def again() -> None:
        for after in drops:
            while not world.wires:
                await world.clock.sleep(0.25)
            await world.clock.sleep(after)
            world.abort()

    world.abort()
    world.keep(again())


def _rate_limit(world: World) -> None:
    world.simulator.rate_limit = world.chance.randint(2, 12)

    def over() -> None:
        world.simulator.rate_limit = 300

    world.keep(world.later(world.chance.uniform(60.0, 240.0), over))


def _rest(world: World) -> None:
    fates = (
        *(Refuse(500), Refuse(429, retry_after=3), Refuse(503), AnswerLate(3.0)),
        *(AnswerNothing(), AnswerNothing(done=True), AnswerHalf(), AnswerGarbage(status=502)),
    )
    paths = (
        "/api/v2/notifications/channels",
        "/api/v2/notifications/channels/{id}/subscriptions",
        "/api/v2/analytics/*",
    )
    world.simulator.rest_script = [
        On("*", path, *world.chance.choices(fates, k=world.chance.randint(1, 3))) for path in paths
    ]
    if world.chance.random() < 0.5:
        world.abort()


def _login(world: World) -> None:
    failures: list[int | Refuse] = [Refuse(429, retry_after=2), 503, 500]
    world.simulator.token_failures = failures[: world.chance.randint(1, 3)]
    world.simulator.expire_tokens()


def _dns(world: World) -> None:
    world.names.failing = True

    def over() -> None:
        world.names.failing = False

    world.keep(world.later(world.chance.uniform(10.0, 60.0), over))
    world.proxy.reset()


_Strike = Callable[[World], object]

FAULTS: dict[str, _Strike] = {
    "abort": World.abort,
    "close": _close,
    "mute": lambda world: world.strike(Mute()),
    "half open": lambda world: world.strike(HalfOpen()),
    "refuse": _refuse,
    "accept then drop": _drop,
    "announce closing": lambda world: world.strike(
        AnnounceClosing(grace=world.chance.choice((5.0, 60.0)))
    ),
    "duplicate": lambda world: world.strike(Duplicate(world.chance.randint(2, 3))),
    "reorder": lambda world: world.strike(Shuffle(world.chance.randint(2, 4), world.keep)),
    "garbage": lambda world: world.strike(Say()),
    "truncate": lambda world: world.strike(Cut(world.chance.randint(1, 5), world.cuts)),
    "slow": lambda world: world.strike(Lag(world.chance.uniform(0.05, 0.2), 300.0)),
    "pause": lambda world: world.strike(Pause(world.chance.uniform(5.0, 40.0))),
    "long pause": lambda world: world.strike(Pause(world.chance.uniform(46.0, 90.0))),
    "flood": lambda world: world.strike(Flood(world.chance.randint(100, 2_000))),
    "split": lambda world: world.strike(Split(world.chance.randint(7, 90))),
    "evict": lambda world: world.simulator.evict_channels(),
    "open elsewhere": lambda world: world.simulator.open_elsewhere(20),
    "take subscriptions": lambda world: world.simulator.take_subscriptions(),
    "revoke token": lambda world: world.simulator.revoke_tokens(),
    "expire token": lambda world: world.simulator.expire_tokens(),
    "login": _login,
    "rate limit": _rate_limit,
    "rest": _rest,
    "proxy reset": lambda world: world.proxy.reset(),
    "proxy half close": lambda world: world.proxy.half_close(),
    "dns": _dns,
}


@frozen
class Stroke:
    """A fault and when it comes, in seconds of the day."""

    at: float
    name: str


def strokes(count: int, hours: float, chance: random.Random) -> list[Stroke]:
    """So many faults in so many hours; every kind, once all others have been."""
    names: list[str] = []
    while len(names) < count:
        names += chance.sample(sorted(FAULTS), len(FAULTS))
    times = sorted(chance.uniform(60.0, hours * 3600.0 - 300.0) for _ in range(count))
    return [Stroke(at, name) for at, name in zip(times, names, strict=False)]
