"""How late the event loop is: what a handler that blocks does to everything else."""

from __future__ import annotations

import asyncio
from math import isfinite
from types import TracebackType
from typing import Self

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.histogram import Histogram, Latencies

_LOOKS = 5
"""Timers in an interval: whatever blocks for longer than one of them takes is seen for sure."""


class LoopLag:
    """Measures the event loop that it is entered on; an asynchronous context manager.

    A socket whose reader does not get its turn fills up, and the platform closes it or drops what
    it has for us: this shows the cause before that. Every ``interval`` (seconds) gives one figure:
    how late the latest of its five timers ran. What blocks the loop for B seconds shows with at
    least B - ``interval`` / 5; by default, all that blocks for more than 0.1 s. Nothing is
    measured and nothing runs before it is entered and after it is left; what was measured stays.

    Raises ConfigurationError for an interval that is no positive number of seconds.
    """

    def __init__(self, interval: float = 0.5) -> None:
        if not (isfinite(interval) and interval > 0.0):
            raise ConfigurationError("interval must be a positive number of seconds, such as 0.5")
        self._step = interval / _LOOKS
        self._histogram = Histogram()
        self._last: float | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def last(self) -> float | None:
        """The last interval's figure, in seconds; None before the first is over."""
        return self._last

    @property
    def worst(self) -> float | None:
        """The largest figure so far, in seconds; None before the first interval is over."""
        return self._histogram.snapshot().most

    @property
    def latencies(self) -> Latencies:
        """All figures so far, one for each interval, as a copy."""
        return self._histogram.snapshot()

    async def __aenter__(self) -> Self:
        if self._task is not None:
            raise RuntimeError("the lag is being measured: leave it before entering it again")
        self._task = asyncio.create_task(self._measure(), name="genesys-loop-lag")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    async def _measure(self) -> None:
        time = asyncio.get_running_loop().time
        while True:
            latest = 0.0
            for _look in range(_LOOKS):
                due = time() + self._step
                await asyncio.sleep(self._step)
                latest = max(latest, time() - due)
            self._last = latest
            self._histogram.add(latest)
