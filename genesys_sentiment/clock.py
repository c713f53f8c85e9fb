"""The clocks of a stream: the machine's, and one that tests and recordings move themselves."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left, insort
from math import inf
from typing import Protocol

_FEW, _MANY = 5, 1_000
"""Turns of the event loop after which time passes although somebody still runs: whoever waits for
the time by turning round would stop it for ever."""
_CALM = 2
"""Looks at an idle loop, one after the other; between two the loop has asked its sockets."""


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
    """A clock on which hours pass in no time; ``epoch`` is where its wall time begins.

    Sleepers wake in the order of their times, those of the same time in the order in which they
    went to sleep; sleeping beside each other adds nothing up. Between two of them, whatever can
    run has run, sockets of the same event loop included (what other threads and processes do is
    not waited for).

    ``automatic``: whenever nobody can run but sleepers wait, time jumps to the first of them.
    Else time passes only by ``advance`` and ``elapse``. ``speed``: how many of its seconds pass in
    a real one at most, which real sockets need; None: as fast as it goes, and then an automatic
    clock waits for others who run no longer than five turns of the event loop.
    """

    def __init__(
        self, epoch: float = 0.0, speed: float | None = None, *, automatic: bool = True
    ) -> None:
        self._now = 0.0
        self._epoch = epoch
        self._speed = speed
        self._automatic = automatic
        self._until = inf if automatic else 0.0
        self._turns = _FEW if automatic and not speed else _MANY
        self._order = 0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._watched: asyncio.AbstractEventLoop | None = None
        self._jump: asyncio.TimerHandle | None = None
        self._target = inf

    def monotonic(self) -> float:
        """Seconds since it began."""
        return self._now

    def wall(self) -> float:
        """The epoch plus the seconds since it began."""
        return self._epoch + self._now

    def set_wall(self, seconds: float) -> None:
        """Somebody sets the machine's clock: ``wall`` goes on from there, nobody wakes."""
        self._epoch = seconds - self._now

    def advance(self, seconds: float) -> None:
        """Let time pass at once, as when the machine was suspended.

        Whoever slept until then wakes, in order, and finds it that late.
        """
        self._now += max(seconds, 0.0)
        while self._sleepers and self._sleepers[0][0] <= self._now:
            _wake(self._sleepers.pop(0)[2])

    async def elapse(self, seconds: float) -> None:
        """Let time pass step by step: everybody who sleeps until then wakes at their own time.

        Returns when whatever can run has run. One at a time.
        """
        until = self._now + max(seconds, 0.0)
        self._until = max(self._until, until)
        try:
            await self.let_pass(seconds)
            while self._sleepers and self._sleepers[0][0] <= until:  # noqa: ASYNC110 - a turn
                await asyncio.sleep(0)
            await _rest()
        finally:
            if not self._automatic:
                self._until = self._now

    async def sleep(self, seconds: float) -> None:
        """Let time pass, giving others their turn."""
        await self.let_pass(seconds)

    async def let_pass(self, seconds: float) -> None:
        """What ``sleep`` does, for whoever moves a clock that others only look at."""
        if not seconds > 0.0:
            await asyncio.sleep(0)
            return
        loop = asyncio.get_running_loop()
        self._order += 1
        sleeper = (self._now + seconds, self._order, loop.create_future())
        insort(self._sleepers, sleeper)
        self._watch(loop, sleeper[0])
        try:
            await sleeper[2]
        finally:
            place = bisect_left(self._sleepers, sleeper)
            if self._sleepers[place : place + 1] == [sleeper]:
                del self._sleepers[place]

    def _watch(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        if self._jump is not None and due < self._target:
            self._jump.cancel()
            self._jump = self._watched = None
        if self._watched is not loop:
            self._watched = loop
            loop.call_soon(self._look, loop, 0, 0)

    def _look(self, loop: asyncio.AbstractEventLoop, turns: int, calm: int) -> None:
        due = self._sleepers[0][0] if self._sleepers else inf
        if due == inf or due > self._until:
            self._watched = None
            return
        calm = calm + 1 if _idle(loop) else 0
        if calm < _CALM and turns < self._turns:
            loop.call_soon(self._look, loop, turns + 1, calm)
        elif self._speed:
            self._target = due
            self._jump = loop.call_later((due - self._now) / self._speed, self._arrive, loop, due)
        else:
            self._arrive(loop, due)

    def _arrive(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        """It is ``due``; who slept until then may have been cancelled meanwhile."""
        self._jump = None
        self._now = max(self._now, due)
        if self._sleepers and self._sleepers[0][0] <= self._now:
            _wake(self._sleepers.pop(0)[2])
        loop.call_soon(self._look, loop, 0, 0)


def _wake(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)


def _idle(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether nobody but the caller can run. A loop that does not show it counts as busy."""
    ready = getattr(loop, "_ready", None)
    return ready is not None and not ready


async def _rest() -> None:
    loop, calm = asyncio.get_running_loop(), 0
    for _ in range(_MANY):
        await asyncio.sleep(0)
        calm = calm + 1 if _idle(loop) else 0
        if calm >= _CALM:
            return
