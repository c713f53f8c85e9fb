"""The clocks of a stream: the machine's, and one that tests and recordings move themselves."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """What a stream asks about time. ``sleep`` waits on the same clock, in seconds."""

    def monotonic(self) -> float:
        """Seconds that only grow."""
        ...

    def wall(self) -> float:
        """Seconds since the epoch; may be set by somebody."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; not at all when ``seconds`` is not positive."""
        ...


class SystemClock:
    """The machine's clocks."""

    monotonic = staticmethod(time.monotonic)
    wall = staticmethod(time.time)

    async def sleep(self, seconds: float) -> None:
        """Wait on the event loop."""
        await asyncio.sleep(seconds)


class VirtualClock:
    """Time passes only when somebody sleeps or advances it; ``epoch`` is where it begins.

    ``speed``: how many of its seconds pass in a real one while sleeping; None: as fast as it goes.
    """

    def __init__(self, epoch: float = 0.0, speed: float | None = None) -> None:
        self._now = 0.0
        self._epoch = epoch
        self._speed = speed

    def monotonic(self) -> float:
        """Seconds since it began."""
        return self._now

    def wall(self) -> float:
        """The epoch plus the seconds since it began."""
        return self._epoch + self._now

    def advance(self, seconds: float) -> None:
        """Let time pass at once."""
        self._now += max(seconds, 0.0)

    async def sleep(self, seconds: float) -> None:
        """Let time pass, giving others their turn."""
        await self.let_pass(seconds)

    async def let_pass(self, seconds: float) -> None:
        """What ``sleep`` does, for whoever moves a clock that others only look at."""
        await asyncio.sleep(seconds / self._speed if self._speed else 0)
        self.advance(seconds)
