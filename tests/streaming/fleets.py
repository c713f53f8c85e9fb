"""What the tests of fleets share: topics by the hundred, and others' channels beside ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import UUID

from attrs import define, field

from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.dialects import topics
from genesys_sentiment.dialects.notifications import Notifications
from genesys_sentiment.model.events import Event, Gap, Reading, TopicRefused
from genesys_sentiment.model.wire import Channel
from genesys_sentiment.simulator import Simulator
from genesys_sentiment.streaming.fleet import Fleet
from genesys_sentiment.streaming.transport import AiohttpTransport
from tests.streaming.simulated import QUICK


def conversations(count: int, first: int = 0) -> list[str]:
    """Ids that look as the platform's do."""
    return [str(UUID(int=(1 << 100) + number)) for number in range(first, first + count)]


def both(names: Iterable[str]) -> list[str]:
    """The two topics of each conversation that every stream wants."""
    return [topic for each in names for topic in (topics.transcription(each), sentiment(each))]


def sentiment(name: str) -> str:
    """The topic that ``say`` uses."""
    return topics.sentiment(name)


def say(simulator: Simulator, name: str, score: float = 0.5) -> int:
    """The platform says something of a conversation; to how many sockets."""
    body = {"conversationId": name, "sentimentOverallScore": score}
    return simulator.publish(sentiment(name), body)


def fleet_of(cloud: Cloud, **settings: Any) -> Fleet:
    """A fleet of the simulator's organisation."""
    settings = {"channels": cloud.channels, "options": QUICK, **settings}
    transport = AiohttpTransport(cloud.session)
    return Fleet(Notifications(), transport, tokens=cloud.tokens, **settings)


@define
class Reader:
    """Reads a fleet in the background and keeps every event, in order."""

    fleet: Fleet
    events: list[Event] = field(factory=list)
    _task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Reader:
        self._task = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.fleet.close()
        assert self._task is not None
        await self._task
        assert self.fleet.counters.problems() == ()

    async def _read(self) -> None:
        async for event in self.fleet:
            self.events.append(event)

    async def has(self, count: int, kind: type = Reading, timeout: float = 20) -> None:
        """Wait until so many events of a kind have come."""
        async with asyncio.timeout(timeout):
            while sum(isinstance(each, kind) for each in self.events) < count:
                await asyncio.sleep(0.01)

    @property
    def readings(self) -> list[str]:
        """Whose readings came, in order."""
        return [each.conversation for each in self.events if isinstance(each, Reading)]

    @property
    def refused(self) -> list[TopicRefused]:
        """The refused topics, in order."""
        return [each for each in self.events if isinstance(each, TopicRefused)]

    @property
    def gaps(self) -> list[Gap]:
        """The gaps, in order."""
        return [each for each in self.events if isinstance(each, Gap)]


@asynccontextmanager
async def others(cloud: Cloud, count: int) -> AsyncIterator[Sequence[Channel]]:
    """Somebody else's channels: subscribed, and each read by a socket."""
    async with AsyncExitStack() as stack:
        made = []
        for name in conversations(count, 900_000):
            channel = await cloud.channels.create()
            await cloud.channels.replace(channel, both([name]))
            await stack.enter_async_context(cloud.session.ws_connect(channel.connect_uri))
            made.append(channel)
        yield made
