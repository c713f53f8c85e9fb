"""The platform's clock: wall time that runs faster while calls are played. Never runs back."""

from __future__ import annotations

from genesys_sentiment.clock import Clock


class PlatformClock:
    """Seconds since the epoch, as the simulated platform sees them.

    It starts at the wall time of ``clock``, runs on its monotonic time (so a jump of the wall
    clock does not touch it) and ``rate`` times as fast as that.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rate = 1.0
        self._wall = clock.wall()
        self._since = clock.monotonic()

    def now(self) -> float:
        """The platform's time."""
        return self._wall + (self._clock.monotonic() - self._since) * self._rate

    def wall(self) -> float:
        """The wall time of the clock under it, in which clients name intervals."""
        return self._clock.wall()

    def run(self, rate: float) -> None:
        """From now on run ``rate`` times as fast as the clock under it."""
        self._wall, self._since, self._rate = self.now(), self._clock.monotonic(), rate

    async def sleep_until(self, moment: float) -> None:
        """Return when the platform's time has reached ``moment``."""
        await self._clock.sleep(max(0.0, moment - self.now()) / self._rate)

    async def wait(self, seconds: float) -> None:
        """Wait on the clock under it, whatever the rate."""
        await self._clock.sleep(seconds)
