"""What can go wrong on a socket. A fault is one small object; a script is some of them.

``Simulator.script`` holds one entry for each upgrade to come: None for a socket that behaves,
``Refuse`` for an upgrade that is answered with a status, a fault, or several faults played one
after the other. Accept-then-drop is ``Abort()``. Faults that change the events which go out are in
``bends``.

A new fault is any object with ``async def __call__(self, wire)``.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeAlias

from attrs import field, frozen

from genesys_sentiment.simulator.answers import Refuse

GARBAGE: tuple[str | bytes, ...] = (
    "",
    "not json",
    '{"topicName":',
    "null",
    "[]",
    '{"topicName":7,"eventBody":[]}',
    '{"topicName":"v2.conversations.x.transcription","eventBody":{"transcripts":NaN}}',
    "[" * 5000 + "]" * 5000,
    b"\x00\xff\xfe binary",
)
"""Frames that no client should trip over."""
_TURN = 50
"""Frames of a flood after which others get their turn."""


@frozen
class Raw:
    """Bytes for the TCP connection as they stand: no WebSocket frame is put round them."""

    data: bytes = field(repr=False)


Frame: TypeAlias = str | bytes | Raw
"""What goes out: a text frame, a binary frame, or bytes without one."""
Bend: TypeAlias = Callable[[str | bytes], Sequence[Frame]]
"""What becomes of one event: the frames that go out instead of it, now."""


class Wire(Protocol):
    """What a fault may do with a socket."""

    def say(self, frame: Frame) -> None:
        """Send a frame as it stands; bytes go as a binary frame."""
        ...

    def leave(self, code: int) -> None:
        """Close with a code, after the frames that are already waiting."""
        ...

    def abort(self) -> None:
        """Reset the connection: no close frame, an RST on the network."""
        ...

    def mute(self) -> None:
        """From now on send nothing at all, not even heartbeats; the connection stays."""
        ...

    def freeze(self) -> None:
        """From now on neither send nor read: what the client says is not even received."""
        ...

    def hold(self) -> None:
        """From now on frames wait, until ``release``."""
        ...

    def release(self) -> None:
        """Send what was held, and go on."""
        ...

    def slow(self, seconds: float) -> None:
        """From now on every frame takes so long to leave."""
        ...

    def bend(self, bend: Bend) -> None:
        """From now on change the events (not heartbeats, not answers) that go out."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait on the simulator's clock."""
        ...


class Fault(Protocol):
    """Something that goes wrong with one socket. It runs beside the socket's traffic."""

    async def __call__(self, wire: Wire, /) -> None: ...


Script: TypeAlias = Refuse | Fault | Sequence[Fault] | None
"""One socket's fate."""


@frozen
class Abort:
    """Reset the connection. ``after``: seconds of the simulator's clock, here and below."""

    after: float = 0.0

    async def __call__(self, wire: Wire, /) -> None:
        await wire.sleep(self.after)
        wire.abort()


@frozen
class Close:
    """Close properly, with a code."""

    code: int = 1001
    after: float = 0.0

    async def __call__(self, wire: Wire, /) -> None:
        await wire.sleep(self.after)
        wire.leave(self.code)


@frozen
class Mute:
    """Say nothing more, and do not close."""

    after: float = 0.0

    async def __call__(self, wire: Wire, /) -> None:
        await wire.sleep(self.after)
        wire.mute()


@frozen
class HalfOpen:
    """As if all packets were dropped: nothing more is said or heard, a goodbye has no answer."""

    after: float = 0.0

    async def __call__(self, wire: Wire, /) -> None:
        await wire.sleep(self.after)
        wire.freeze()


@frozen
class Pause:
    """Say nothing for ``seconds``, heartbeats neither; then all that waited, and go on."""

    seconds: float
    after: float = 0.0

    async def __call__(self, wire: Wire, /) -> None:
        await wire.sleep(self.after)
        wire.hold()
        await wire.sleep(self.seconds)
        wire.release()


@frozen
class Slow:
    """From now on every frame takes ``seconds`` to leave, one after the other."""

    seconds: float
    after: float = 0.0

    async def __call__(self, wire: Wire, /) -> None:
        await wire.sleep(self.after)
        wire.slow(self.seconds)


@frozen
class Say:
    """Send frames as they stand; by default some garbage."""

    frames: tuple[Frame, ...] = GARBAGE
    after: float = 0.0

    async def __call__(self, wire: Wire, /) -> None:
        await wire.sleep(self.after)
        for frame in self.frames:
            wire.say(frame)


def _unasked(number: int) -> str:
    return json.dumps({"topicName": "v2.users.flood.presence", "eventBody": {"n": number}})


@frozen
class Flood:
    """Send ``count`` frames as fast as they go; without ``frame``, events nobody asked for.

    ``frame`` makes each from its number. A client that does not keep up loses what comes on top
    of 10,000 waiting frames, as any slow client does.
    """

    count: int = 1_000
    frame: Callable[[int], Frame] = _unasked
    after: float = 0.0

    async def __call__(self, wire: Wire, /) -> None:
        await wire.sleep(self.after)
        for number in range(self.count):
            wire.say(self.frame(number))
            if number % _TURN == 0:
                await asyncio.sleep(0)


@frozen
class AnnounceClosing:
    """Announce maintenance, and close ``grace`` seconds later (about 60 on the platform)."""

    grace: float = 60.0
    after: float = 0.0

    async def __call__(self, wire: Wire, /) -> None:
        await wire.sleep(self.after)
        wire.say(system("v2.system.socket_closing", {"message": "The socket is closing"}))
        await wire.sleep(self.grace)
        wire.leave(1001)


@frozen
class Do:
    """Do something else at a moment of this socket's life: ``Do(simulator.revoke_tokens)``."""

    action: Callable[[], Awaitable[None] | object]
    after: float = 0.0

    async def __call__(self, wire: Wire, /) -> None:
        await wire.sleep(self.after)
        done = self.action()
        if isinstance(done, Awaitable):
            await done


def system(topic: str, body: dict[str, str]) -> str:
    """A system message as it goes over the socket."""
    return json.dumps({"topicName": topic, "version": "2", "eventBody": body, "metadata": {}})
