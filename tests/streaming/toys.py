"""A wire language, a transport and channels made for tests: small enough to read at a glance."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from itertools import repeat

from attrs import define, field, frozen

from genesys_sentiment.errors import BadFrame
from genesys_sentiment.model.events import Event, Gap, TopicRefused, Unknown, Utterance
from genesys_sentiment.model.wire import (
    Acknowledged,
    Channel,
    ChannelLost,
    Closing,
    Connect,
    Drift,
    Heartbeat,
    Ignored,
    Pong,
    Request,
    Snapshot,
    Token,
    TokenRevoked,
    WireMessage,
)
from genesys_sentiment.streaming.options import StreamOptions
from genesys_sentiment.streaming.stream import Stream
from genesys_sentiment.streaming.transport import Socket


def second() -> Iterator[float]:
    """Delays of exactly one second."""
    return repeat(1.0)


ONE_SECOND = StreamOptions(delays=second)


@frozen(kw_only=True)
class Toy:
    """Frames are words: ``u1`` is an utterance, ``u1 u2`` two, ``bug`` breaks the dialect."""

    name: str = "toy"
    ping: str | None = "ping"
    ping_interval: float = 30.0
    idle_timeout: float = 45.0
    uses_channel: bool = False
    pacing: float = 0.0
    ack_timeout: float | None = None

    def connect(self, token: Token | None, channel: Channel | None) -> Connect:
        """Nowhere in particular."""
        return Connect(url="wss://toy.example/secret")

    def subscribe(
        self, topics: Sequence[str], now: float, reference: Callable[[], str]
    ) -> Sequence[Request]:
        """One text a topic."""
        return [Request(text=f"subscribe {topic}", topics=(topic,)) for topic in topics]

    def unsubscribe(self, topics: Sequence[str], reference: Callable[[], str]) -> Sequence[Request]:
        """One text a topic."""
        return [Request(text=f"unsubscribe {topic}", topics=(topic,)) for topic in topics]

    def renew(self, token: Token, reference: Callable[[], str]) -> Request | None:
        """Not in this language."""
        return None

    def decode(self, frame: bytes, received: float) -> Sequence[WireMessage]:
        """Each word is a message."""
        return [_message(word, received) for word in frame.decode().split()]


_CONTROL: dict[str, WireMessage] = {
    "heartbeat": Heartbeat(),
    "pong": Pong(),
    "ok": Acknowledged(),
    "ignored": Ignored("said"),
    "closing": Closing(),
    "gone": ChannelLost("another_channel_subscribed"),
    "revoked": TokenRevoked(),
    "drift": Drift(("toy.new",)),
    "nothing": Snapshot(conversation="c"),
}


def _message(word: str, received: float) -> WireMessage:
    if word in _CONTROL:
        return _CONTROL[word]
    if word == "bug":
        raise LookupError("a bug in the dialect")
    if word == "jump":
        return Gap(reason="sequence", since=received, until=received, count=3)
    if word == "refused":
        return TopicRefused(topic="t", reason="no", received=received)
    if word == "unknown":
        return Unknown(topic="t", body=b"{}", received=received)
    if word.startswith("u"):
        return utterance(word, received=received)
    raise BadFrame("word")


def utterance(name: str, conversation: str = "c", received: float = 0.0) -> Utterance:
    """An utterance that says its own name."""
    return Utterance(conversation=conversation, utterance=name, text=name, received=received)


def names(events: Sequence[Event]) -> list[str]:
    """Utterances by name, everything else by type, gaps by reason."""
    return [
        each.utterance
        if isinstance(each, Utterance)
        else f"gap {each.reason}"
        if isinstance(each, Gap)
        else type(each).__name__
        for each in events
    ]


async def everything(stream: Stream) -> list[Event]:
    """All events of a stream that ends by itself; the accounting holds after each."""
    events: list[Event] = []
    async with stream:
        async for event in stream:
            events.append(event)
            assert stream.counters.problems() == ()
    assert stream.counters.problems() == ()
    assert stream.counters.yielded == len(events)
    return events


@define
class Line:
    """A socket that tests feed by hand, on real time. ``hang`` names methods that never return."""

    hang: frozenset[str] = frozenset()
    sent: list[str] = field(factory=list)
    closed: int = 0
    frames: asyncio.Queue[bytes | Exception] = field(factory=asyncio.Queue)

    async def receive(self, timeout: float) -> Sequence[bytes]:
        """One frame."""
        if "receive" in self.hang:
            await asyncio.Event().wait()
        try:
            async with asyncio.timeout(timeout):
                frame = await self.frames.get()
        except TimeoutError:
            return ()
        if isinstance(frame, Exception):
            raise frame
        return (frame,)

    async def send(self, text: str) -> None:
        """Keep it."""
        if "send" in self.hang:
            await asyncio.Event().wait()
        self.sent.append(text)

    async def close(self, timeout: float) -> None:
        """Count it."""
        self.closed += 1
        if "close" in self.hang:
            await asyncio.Event().wait()


@define
class Lines:
    """A transport whose sockets are made by ``make``."""

    make: Callable[[], Line] = Line
    hang: bool = False
    opened: list[Line] = field(factory=list)

    async def open(self, connect: Connect) -> Socket:
        """Make the next socket."""
        if self.hang:
            await asyncio.Event().wait()
        self.opened.append(self.make())
        return self.opened[-1]


async def turns(count: int = 20) -> None:
    """Let everybody else have their turn."""
    for _ in range(count):
        await asyncio.sleep(0)
