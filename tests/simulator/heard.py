"""The library's stream on a simulator, and what it gave compared with what was spoken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from attrs import define, field

from genesys_sentiment.dialects.notifications import Notifications
from genesys_sentiment.model.events import Event, Gap, Utterance
from genesys_sentiment.simulator import LocalCloud, local_cloud
from genesys_sentiment.streaming.stream import Stream
from genesys_sentiment.streaming.watch import watch
from tests.streaming.simulated import QUICK

PATIENT = Notifications(idle_timeout=10.0, ping_interval=1.0)
IMPATIENT = Notifications(idle_timeout=0.5, ping_interval=0.1)


def quick(**settings: Any) -> AbstractAsyncContextManager[LocalCloud]:
    """The stream subscribes quickly, so nobody needs to wait long."""
    return local_cloud(**({"wait": 0.3} | settings))


@define
class Heard:
    """What a stream gave, and what it should have given."""

    local: LocalCloud
    stream: Stream
    events: list[Event] = field(factory=list)

    @property
    def gaps(self) -> list[Gap]:
        return [event for event in self.events if isinstance(event, Gap)]

    @property
    def utterances(self) -> list[str]:
        return [
            each.utterance for each in self.events if isinstance(each, Utterance) and each.final
        ]

    @property
    def missing(self) -> set[str]:
        spoken = {each.utterance for each in self.local.simulator.ledger if each.final}
        assert spoken, "nothing was played"
        return spoken - set(self.utterances)

    def check(self) -> None:
        """Each once; missing only with a Gap; every frame and event counted; no storm."""
        assert len(self.utterances) == len(set(self.utterances))
        assert not self.missing or self.gaps
        assert self.stream.counters.problems() == ()
        assert self.stream.counters.attempts <= 8


@asynccontextmanager
async def listening(local: LocalCloud, dialect: Notifications = PATIENT) -> AsyncIterator[Heard]:
    stream = watch(local.cloud, queues=[local.simulator.queue_id], options=QUICK, dialect=dialect)
    async with stream:
        heard = Heard(local, stream)

        async def keep() -> None:
            async for event in stream:
                heard.events.append(event)

        keeping = asyncio.create_task(keep())
        try:
            yield heard
        finally:
            await stream.close()
            await asyncio.wait({keeping})
    keeping.result()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


async def play(local: LocalCloud, heard: Heard) -> None:
    """The whole call, and then until nothing more comes."""
    await local.simulator.play()
    seen = -1
    while seen != len(heard.events):
        seen = len(heard.events)
        await asyncio.sleep(0.15)
