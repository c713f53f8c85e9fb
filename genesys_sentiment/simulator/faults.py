"""What can go wrong on a socket. A fault is one small object; a script is some of them.

``Simulator.script`` holds one entry for each upgrade to come: None for a socket that behaves,
``Refuse`` for an upgrade that is answered with a status, a fault, or several faults played one
after the other. Accept-then-drop is ``Abort()``.

A new fault is any object with ``async def __call__(self, wire)``.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Sequence
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


Bend: TypeAlias = Callable[[str | bytes], Sequence[str | bytes]]
"""What becomes of one event: the frames that go out instead of it, now."""


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

    def bend(self, bend: Bend) -> None:
        """From now on change the events (not heartbeats, not answers) that go out."""
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


@frozen
class Duplicate:
    """Send every event ``times`` times. ``skip``, here and below: but the first so many events."""

    times: int = 2
    skip: int = 0

    async def __call__(self, wire: Wire, /) -> None:
        wire.bend(_later(self.skip, lambda frame: (frame,) * self.times))


@frozen
class Lose:
    """Lose ``count`` events; those after them are sent."""

    count: int = 1
    skip: int = 0

    async def __call__(self, wire: Wire, /) -> None:
        lost = iter(range(self.count))
        wire.bend(_later(self.skip, lambda frame: (frame,) if next(lost, None) is None else ()))


@frozen
class Reorder:
    """Send events in the wrong order: ``span`` of them at a time, the last one first.

    Events that wait longer than ``patience`` real seconds for their span are sent all the same.
    """

    span: int = 2
    skip: int = 0
    patience: float = 0.2

    async def __call__(self, wire: Wire, /) -> None:
        held: list[str | bytes] = []

        def release() -> Sequence[str | bytes]:
            frames = tuple(held)
            held.clear()
            return frames

        def late() -> None:
            for frame in release():
                wire.say(frame)

        def bend(frame: str | bytes) -> Sequence[str | bytes]:
            if not held:
                asyncio.get_running_loop().call_later(self.patience, late)
            held.insert(0, frame)
            return release() if len(held) >= self.span else ()

        wire.bend(_later(self.skip, bend))


@frozen
class Renumber:
    """Let ``sequence`` begin at ``first`` again, in the middle of a stream that has such numbers.

    ``count``: only so many events; those after them have the number that they always had.
    """

    first: int = 1
    skip: int = 0
    count: int | None = None

    async def __call__(self, wire: Wire, /) -> None:
        end = None if self.count is None else self.first + self.count
        numbers = iter(range(self.first, end)) if end is not None else itertools.count(self.first)

        def bend(frame: str | bytes) -> Sequence[str | bytes]:
            number = next(numbers, None)
            if number is None:
                return (frame,)
            return (json.dumps(json.loads(frame) | {"sequence": number}),)

        wire.bend(_later(self.skip, bend))


def _later(skip: int, bend: Bend) -> Bend:
    early = iter(range(skip))
    return lambda frame: bend(frame) if next(early, None) is None else (frame,)


def system(topic: str, body: dict[str, str]) -> str:
    """A system message as it goes over the socket."""
    return json.dumps({"topicName": topic, "version": "2", "eventBody": body, "metadata": {}})
