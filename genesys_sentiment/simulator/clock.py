"""The platform's clock: wall time that runs faster while calls are played. Never runs back."""

from __future__ import annotations

import asyncio
import time


class PlatformClock:
    """Seconds since the epoch, as the simulated platform sees them.

    It starts at the wall clock's time, runs on the monotonic clock (so a jump of the wall clock
    does not touch it) and ``rate`` times as fast as that.
    """

    def __init__(self) -> None:
        self._rate = 1.0
        self._wall = time.time()
        self._since = time.monotonic()

    def now(self) -> float:
        """The platform's time."""
        return self._wall + (time.monotonic() - self._since) * self._rate

    def run(self, rate: float) -> None:
        """From now on run ``rate`` times as fast as real time."""
        self._wall, self._since, self._rate = self.now(), time.monotonic(), rate

    async def sleep_until(self, moment: float) -> None:
        """Return when the platform's time has reached ``moment``."""
        await asyncio.sleep(max(0.0, moment - self.now()) / self._rate)
