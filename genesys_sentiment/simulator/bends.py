"""Faults that change the events of a socket (not its heartbeats, not its answers) on their way."""

from __future__ import annotations

import asyncio
import itertools
import json
import struct
from collections.abc import Sequence

from attrs import frozen

from genesys_sentiment.simulator.faults import Bend, Frame, Raw, Wire

_TEXT, _BINARY, _CONTINUED, _LAST = 0x1, 0x2, 0x0, 0x80


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
class Truncate:
    """Cut ``count`` events short: only ``keep`` (0…1) of each goes out, in a whole frame.

    A frame that is itself cut short, by the end of its connection, is the proxy's work.
    """

    count: int = 1
    keep: float = 0.5
    skip: int = 0

    async def __call__(self, wire: Wire, /) -> None:
        cut = iter(range(self.count))

        def bend(frame: str | bytes) -> Sequence[Frame]:
            if next(cut, None) is None:
                return (frame,)
            return (frame[: int(len(frame) * self.keep)],)

        wire.bend(_later(self.skip, bend))


@frozen
class Split:
    """Send every event as WebSocket fragments of ``size`` bytes each."""

    size: int = 1
    skip: int = 0

    async def __call__(self, wire: Wire, /) -> None:
        wire.bend(_later(self.skip, lambda frame: (_fragments(frame, self.size),)))


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


def _fragments(frame: str | bytes, size: int) -> Raw:
    """The frames of RFC 6455, section 5.4: what a server sends is not masked."""
    kind = _TEXT if isinstance(frame, str) else _BINARY
    data = frame.encode() if isinstance(frame, str) else frame
    pieces = [data[at : at + size] for at in range(0, len(data), size)] or [b""]
    codes = [kind, *[_CONTINUED] * (len(pieces) - 1)]
    codes[-1] |= _LAST
    return Raw(b"".join(_framed(*each) for each in zip(codes, pieces, strict=True)))


def _framed(code: int, piece: bytes) -> bytes:
    length = len(piece)
    if length < 126:
        return struct.pack("!BB", code, length) + piece
    if length < 65_536:
        return struct.pack("!BBH", code, 126, length) + piece
    return struct.pack("!BBQ", code, 127, length) + piece
