"""A platform made for tests, on a virtual clock: channels, sockets, tokens that end, maintenance.

Scripts play each socket alone; here one utterance goes out on every socket that is subscribed at
that moment, so that whole days of it can be accounted for.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from attrs import define, field, frozen

from genesys_sentiment.clock import VirtualClock
from genesys_sentiment.cloud.channels import Subscription
from genesys_sentiment.errors import ConnectionLost, HandshakeRefused, LimitExceeded
from genesys_sentiment.model.wire import Channel, Connect, Token
from genesys_sentiment.streaming.transport import Socket
from tests.streaming.toys import Toy


@frozen(kw_only=True)
class Channelled(Toy):
    """The toy language on channels."""

    ping: str | None = None
    uses_channel: bool = True

    def connect(self, token: Token | None, channel: Channel | None) -> Connect:
        """Where the channel is."""
        assert channel is not None
        return Connect(url=channel.connect_uri)


@define(eq=False)
class Wire:
    """One socket, fed by the platform."""

    platform: Platform
    channel: str
    number: int
    opened: float
    frames: deque[bytes] = field(factory=deque)
    lost: ConnectionLost | None = None
    closed: float | None = None
    _came: asyncio.Event = field(factory=asyncio.Event)

    @property
    def alive(self) -> bool:
        """Whether something that is said here arrives."""
        return self.lost is None and self.closed is None

    def say(self, frame: str) -> None:
        """Something comes."""
        if self.alive:
            self.frames.append(frame.encode())
            self._came.set()

    def end(self, code: int = 1001) -> None:
        """The platform closes it."""
        self.lost = self.lost or ConnectionLost("closed", host="h", code=code)
        self._came.set()

    async def receive(self, timeout: float) -> Sequence[bytes]:
        """What came."""
        if not self.frames and self.lost is None:
            self._came.clear()
            await first(self._came, self.platform.clock, timeout)
        if self.frames:
            frames = tuple(self.frames)
            self.frames.clear()
            return frames
        if self.lost is not None:
            raise self.lost
        return ()

    async def send(self, text: str) -> None:
        """Nobody reads it."""

    async def close(self, timeout: float) -> None:
        """Once."""
        assert self.closed is None
        self.closed = self.platform.clock.monotonic()


async def first(event: asyncio.Event, clock: VirtualClock, seconds: float) -> None:
    """Wait for an event, so long at most."""
    tasks = [asyncio.create_task(event.wait()), asyncio.create_task(clock.sleep(seconds))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


@define(eq=False)
class Platform:
    """Transport, channels and tokens of a stream, all in one.

    A channel ends 24 h after it was made, and with its token. ``refusals``: statuses that the next
    handshakes are refused with (None: not this one). ``slow``: seconds that a handshake takes.
    ``most``: channels with a socket; no other is made then.
    """

    clock: VirtualClock = field(factory=lambda: VirtualClock(automatic=False))
    token_life: float = 86_400.0
    channel_life: float = 86_400.0
    slow: float = 0.0
    most: int = 20
    refusals: list[int | None] = field(factory=list)
    greeting: str | None = None
    token_error: Exception | None = None
    wires: list[Wire] = field(factory=list)
    attempts: list[float] = field(factory=list)
    calls: list[tuple[float, str, int]] = field(factory=list)
    said: list[str] = field(factory=list)
    tokens: list[str] = field(factory=list)
    _topics: dict[str, set[str]] = field(factory=dict)
    _ends: dict[str, float] = field(factory=dict)
    _token: Token | None = None

    @property
    def live(self) -> list[Wire]:
        """The sockets that are open."""
        return [each for each in self.wires if each.alive]

    async def get(self, refused: str | None = None) -> Token:
        """Another one 300 s before the end, or when one was refused."""
        now = self.clock.monotonic()
        token = self._token
        if token is None or token.value == refused or now >= token.expires - 300.0:
            if token is not None and self.token_error is not None:
                raise self.token_error
            token = Token(value=f"t{len(self.tokens) + 1}", expires=now + self.token_life)
            self._token = token
            self.tokens.append(token.value)
        return token

    async def create(self) -> Channel:
        """Another one."""
        assert self._token is not None
        if len(self.live) >= self.most:
            raise LimitExceeded("no room for another channel", status=400)
        name = f"c{len(self._topics) + 1}"
        now = self.clock.monotonic()
        self._topics[name] = set()
        self._ends[name] = min(now + self.channel_life, self._token.expires)
        self.calls.append((now, "create", 0))
        return Channel(id=name, connect_uri=name, expires=self.clock.wall() + self.channel_life)

    async def add(self, channel: Channel, topics: Sequence[str]) -> Subscription:
        """Every topic is permitted."""
        self.calls.append((self.clock.monotonic(), "add", len(topics)))
        self._topics[channel.id].update(topics)
        return Subscription(permitted=tuple(topics))

    async def replace(self, channel: Channel, topics: Sequence[str]) -> Subscription:
        """These and no others."""
        self.calls.append((self.clock.monotonic(), "replace", len(topics)))
        self._topics[channel.id] = set(topics)
        return Subscription(permitted=tuple(topics))

    async def open(self, connect: Connect) -> Socket:
        """A socket of a channel; the one before it ends."""
        self.attempts.append(self.clock.monotonic())
        await self.clock.sleep(self.slow)
        status = self.refusals.pop(0) if self.refusals else None
        now = self.clock.monotonic()
        if status is not None or now >= self._ends[connect.url]:
            raise HandshakeRefused("no", host="h", status=status or 404)
        for each in self.live:
            if each.channel == connect.url:
                each.end()
        wire = Wire(self, connect.url, len(self.wires), now)
        self.wires.append(wire)
        if self.greeting is not None:
            wire.say(self.greeting)
        return wire

    def publish(self) -> None:
        """One more utterance, on every socket whose channel has topics."""
        name = f"u{len(self.said) + 1}"
        self.said.append(name)
        for wire in self.live:
            if self._topics[wire.channel]:
                wire.say(name)

    def forget_topics(self) -> None:
        """Every channel loses its subscriptions."""
        for topics in self._topics.values():
            topics.clear()

    async def run(self, seconds: float, every: float = 20.0) -> None:
        """Utterances and heartbeats, until so much time has passed."""
        until = self.clock.monotonic() + seconds
        while self.clock.monotonic() < until:
            await self.clock.elapse(every)
            for wire in self.live:
                if self.clock.monotonic() >= self._ends[wire.channel]:
                    wire.end()
                wire.say("heartbeat")
            self.publish()
        await self.clock.elapse(0.001)
