"""Plays many calls at once, on a clock that runs faster meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from genesys_sentiment.simulator.call_files import Call
from genesys_sentiment.simulator.clock import PlatformClock
from genesys_sentiment.simulator.conversation import Ids
from genesys_sentiment.simulator.player import Player


class Stage:
    """Where calls are played. ``stagger``: real seconds between their arrivals.

    ``seed`` makes the ids, together with a call's name and how often calls were played before.
    """

    def __init__(self, player: Player, clock: PlatformClock, *, seed: int, stagger: float) -> None:
        self._player = player
        self._clock = clock
        self._seed = seed
        self._stagger = stagger
        self._playing: set[asyncio.Task[None]] = set()
        self._plays = 0

    async def play(self, calls: Sequence[Call], speed: float) -> None:
        """Play calls until all have ended, or until the stage is cleared."""
        tasks = {
            asyncio.create_task(
                self._play(call, number * self._stagger, self._plays), name=f"play {call.name}"
            )
            for number, call in enumerate(calls)
        }
        self._plays += 1
        if not tasks:
            return
        self._playing |= tasks
        self._clock.run(speed)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            self._playing -= tasks
            if not self._playing:
                self._clock.run(1.0)
        for task in tasks:
            if not task.cancelled():
                task.result()

    async def clear(self) -> None:
        """End every call that is being played."""
        playing = set(self._playing)
        for task in playing:
            task.cancel()
        if playing:
            await asyncio.wait(playing)

    async def _play(self, call: Call, delay: float, times: int) -> None:
        await self._clock.wait(delay)
        await self._player.play(call, Ids.of("simulator", self._seed, call.name, times))
