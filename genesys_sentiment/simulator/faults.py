"""What can go wrong on a channel's socket. A fault is one small object; a script is some of them.

``Simulator.script`` holds one entry for each upgrade to come: None for a socket that behaves,
``Refuse`` for an upgrade that is answered with a status, a fault, or several faults played one
after the other. Accept-then-drop is ``Abort()``.

A new fault is any object with ``async def __call__(self, wire)``.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Protocol, TypeAlias

from attrs import frozen

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


class Wire(Protocol):
    """What a fault may do with a socket."""

    def say(self, frame: str | bytes) -> None:
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


class Fault(Protocol):
    """Something that goes wrong with one socket. It runs beside the socket's traffic."""

    async def __call__(self, wire: Wire, /) -> None: ...


Script: TypeAlias = Refuse | Fault | Sequence[Fault] | None
"""One socket's fate."""


@frozen
class Abort:
    """Reset the connection. ``after``: real seconds, here and below."""

    after: float = 0.0

    async def __call__(self, wire: Wire, /) -> None:
        await asyncio.sleep(self.after)
        wire.abort()


@frozen
class Close:
    """Close properly, with a code."""

    code: int = 1001
    after: float = 0.0

    async def __call__(self, wire: Wire, /) -> None:
        await asyncio.sleep(self.after)
        wire.leave(self.code)


@frozen
class Mute:
    """Say nothing more, and do not close."""

    after: float = 0.0

    async def __call__(self, wire: Wire, /) -> None:
        await asyncio.sleep(self.after)
        wire.mute()


@frozen
class Say:
    """Send frames as they stand; by default some garbage."""

    frames: tuple[str | bytes, ...] = GARBAGE
    after: float = 0.0

    async def __call__(self, wire: Wire, /) -> None:
        await asyncio.sleep(self.after)
        for frame in self.frames:
            wire.say(frame)


@frozen
class AnnounceClosing:
    """Announce maintenance, and close ``grace`` seconds later (about 60 on the platform)."""

    grace: float = 60.0
    after: float = 0.0

    async def __call__(self, wire: Wire, /) -> None:
        await asyncio.sleep(self.after)
        wire.say(system("v2.system.socket_closing", {"message": "The socket is closing"}))
        await asyncio.sleep(self.grace)
        wire.leave(1001)


def system(topic: str, body: dict[str, str]) -> str:
    """A system message as it goes over the socket."""
    return json.dumps({"topicName": topic, "version": "2", "eventBody": body, "metadata": {}})
