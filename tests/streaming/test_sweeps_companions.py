"""C5-20: a stream with companions, left at every turn: what they have not found is counted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from attrs import frozen

from genesys_sentiment.clock import SystemClock
from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.model.events import Event, Gap, Reading
from genesys_sentiment.model.wire import (
    CommunicationState,
    ParticipantState,
    Snapshot,
    WireMessage,
)
from genesys_sentiment.simulator import Simulator
from genesys_sentiment.streaming.final_sentiment import FinalSentiment
from genesys_sentiment.streaming.memory import Memory
from genesys_sentiment.streaming.options import BackfillOptions
from genesys_sentiment.streaming.stream import Stream
from genesys_sentiment.streaming.watch import watch
from tests.simulator.client import short_call
from tests.streaming.simulated import QUICK, client
from tests.streaming.sweeping import cancelled, ended, in_use, sweep, until
from tests.streaming.toys import Line, Lines, Toy, turns

CALLS = [short_call(f"judged-{n}", sentiment={"overall": 0.5, "trend": 0.1}) for n in range(3)]
GAPS = BackfillOptions(delay=0.0, spacing=0.0)


@asynccontextmanager
async def platform() -> AsyncIterator[tuple[Simulator, Cloud]]:
    """The calls are over, and what REST says of them is there."""
    simulator = Simulator(CALLS, speed=500, wait=0.0)
    async with simulator, client(simulator) as cloud:
        await simulator.play()
        for name in simulator.conversations:
            while not isinstance(await cloud.sentiments.get(name), Reading):
                await asyncio.sleep(0.01)
        yield simulator, cloud


@frozen(kw_only=True)
class Ending(Toy):
    """A frame is the id of a conversation that has just ended."""

    ping: str | None = None

    def decode(self, frame: bytes, received: float) -> Sequence[WireMessage]:
        """It was connected, and is over."""
        name = frame.decode()
        return [_snapshot(name, state, received) for state in ("connected", "disconnected")]


def _snapshot(name: str, state: str, received: float) -> Snapshot:
    leg = CommunicationState(communication="k", medium="call", state=state)
    person = ParticipantState(participant="p", purpose="customer", communications=(leg,))
    return Snapshot(conversation=name, participants=(person,), received=received)


class Slow(Line):
    """Its goodbye takes some milliseconds: companions go on meanwhile."""

    async def close(self, timeout: float) -> None:
        """Count it."""
        await super().close(timeout)
        await asyncio.sleep(0.01)


def ended_calls(simulator: Simulator, cloud: Cloud, memory: Memory) -> Stream:
    """A stream that hears of the end of each conversation, with the companion that asks."""
    lines = Lines(Slow)
    companion = FinalSentiment(cloud.rest, memory, SystemClock())

    def make() -> Line:
        line = Slow()
        for name in simulator.conversations:
            line.frames.put_nowait(name.encode())
        return line

    lines.make = make
    return Stream(Ending(), lines, memory=memory, companions=[companion])


async def read(stream: Stream, into: list[Event]) -> None:
    """Keep everything."""
    async for event in stream:
        into.append(event)  # noqa: PERF401 - cancelled, it keeps what came


def accounted(stream: Stream, events: list[Event]) -> None:
    """Each event once; each conversation that ended is told, or counted as unanswered."""
    counters = stream.counters
    assert counters.problems() == ()
    assert len({each.id for each in events}) == len(events)
    asked = {each.conversation for each in events if getattr(each, "state", "") == "disconnected"}
    found = [each.conversation for each in events if isinstance(each, Reading)]
    assert len(found) + counters.unanswered == len(asked)
    assert set(found) <= asked


@pytest.mark.parametrize("hurry", [False, True])
async def test_leaving_at_every_turn_of_asking_for_sentiments(hurry: bool) -> None:
    """C5-20, C5-25: told or counted as unanswered, each. ``hurry``: the leaving is cancelled."""
    async with platform() as (simulator, cloud):

        async def once(at: int) -> bool:
            stream, events = ended_calls(simulator, cloud, Memory()), list[Event]()
            async with stream:
                reading = asyncio.create_task(read(stream, events))
                await turns(at)
                over = sum(isinstance(each, Reading) for each in events) == len(CALLS)
                closing = asyncio.create_task(stream.close())
                if hurry:
                    await turns((1, 2, 3, 5)[at % 4])
                    closing.cancel()
                await ended(closing)
                await reading
            while (event := stream.poll()) is not None:
                events.append(event)
            accounted(stream, events)
            await until(lambda: in_use(cloud.session) == 0)
            return not over

        assert await sweep(once) >= 5


@pytest.mark.parametrize("hurry", [False, True])
async def test_leaving_at_every_turn_of_asking_about_gaps(hurry: bool) -> None:
    """C5-20, C5-25: no gap is counted as unrecovered twice, nor one that there was not."""
    async with platform() as (simulator, cloud):

        async def once(at: int) -> bool:
            stream, events = gapped(simulator, cloud), list[Event]()
            async with stream:
                await stream.ready()
                reading = asyncio.create_task(read(stream, events))
                await simulator.abort_sockets()
                await until(lambda: stream.counters.gaps > 0)
                await turns(at)
                closing = asyncio.create_task(stream.close())
                if hurry:
                    await turns((1, 2, 3, 5)[at % 4])
                    closing.cancel()
                await ended(closing)
                await reading
            await gone(simulator, cloud, stream, events)
            return at < 120

        assert await sweep(once, dense=6, step=19) > 8


def gapped(simulator: Simulator, cloud: Cloud) -> Stream:
    """A stream that asks what happened in its gaps."""
    names = simulator.conversations
    queues = [simulator.queue_id]
    return watch(cloud, queues=queues, conversations=names, backfill=GAPS, options=QUICK)


async def gone(simulator: Simulator, cloud: Cloud, stream: Stream, events: list[Event]) -> None:
    """Nothing of it is there any more, and it adds up."""
    while (event := stream.poll()) is not None:
        events.append(event)
    counters = stream.counters
    assert counters.problems() == ()
    assert len({each.id for each in events}) == len(events)
    assert 0 <= counters.unrecovered <= sum(isinstance(each, Gap) for each in events)
    await until(lambda: in_use(cloud.session) == 0)
    await until(lambda: simulator.open_sockets == 0)


async def test_a_whole_use_cancelled_at_every_await() -> None:
    """C5-20: entering, reading, leaving in one task, while the companion asks."""
    async with platform() as (simulator, cloud):

        async def once(at: int) -> bool:
            stream, events = ended_calls(simulator, cloud, Memory()), list[Event]()

            async def use() -> None:
                async with stream:
                    while sum(isinstance(each, Reading) for each in events) < len(CALLS):
                        events.append(await anext(stream))

            struck = await cancelled(use(), at)
            while (event := stream.poll()) is not None:
                events.append(event)
            accounted(stream, events)
            await until(lambda: in_use(cloud.session) == 0)
            return struck

        assert await sweep(once) >= 2
