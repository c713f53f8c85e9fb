"""C5-20, C5-25: cancelled at every turn while one channel takes over from another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from genesys_sentiment.model.events import Event, Gap, Utterance
from genesys_sentiment.streaming.memory import Memory
from genesys_sentiment.streaming.stream import Stream
from tests.streaming.platform import Channelled, Platform
from tests.streaming.sweeping import Turning, cancelled, ended, sweep
from tests.streaming.toys import ONE_SECOND, turns


def stream_of(platform: Platform, memory: Memory) -> Stream:
    """All its calls take turns."""
    turning = Turning(platform)
    return Stream(
        Channelled(),
        turning,
        tokens=turning,
        channels=turning,
        topics=["a"],
        memory=memory,
        options=ONE_SECOND,
        clock=platform.clock,
    )


async def read(stream: Stream, into: list[Event]) -> None:
    """Keep everything."""
    async for event in stream:
        into.append(event)  # noqa: PERF401 - cancelled, it keeps what came


def heard(events: list[Event]) -> list[str]:
    """The utterances, in order."""
    return [each.utterance for each in events if isinstance(each, Utterance)]


def trouble(platform: Platform, kind: str) -> Iterator[None]:
    """What makes another channel take over, in steps of half a second; and what goes
    wrong with that."""
    if kind == "token":
        platform._token = None  # the next one asked for is another one
    platform.live[0].say("revoked" if kind == "token" else "closing")
    lost = {"successor lost": 1, "predecessor lost": 0}.get(kind)
    for _ in range(5):
        yield
        platform.clock.advance(0.5)
        platform.publish()
        if lost is not None and len(platform.live) == 2:
            platform.live[lost].end()
            lost = None
    yield


async def live(steps: Iterator[None], at: int) -> bool:
    """So many turns of it; whether it was over before."""
    loop = asyncio.get_running_loop()
    for _ in steps:
        while loop._ready:  # type: ignore[attr-defined]
            if at == 0:
                return False
            at -= 1
            await asyncio.sleep(0)
    return True


KINDS = ["closing", "token", "successor lost", "predecessor lost"]


@asynccontextmanager
async def opened(platform: Platform, memory: Memory) -> AsyncIterator[tuple[Stream, list[Event]]]:
    """A stream that is open and read in the background."""
    stream, events = stream_of(platform, memory), list[Event]()
    async with stream:
        await stream.ready()
        reading = asyncio.create_task(read(stream, events))
        platform.clock.advance(60.0)
        platform.publish()
        await turns()
        yield stream, events
        await stream.close()
        await reading
        while (event := stream.poll()) is not None:
            events.append(event)  # it came after the iteration had ended


@pytest.mark.parametrize("hurry", [False, True])
@pytest.mark.parametrize("kind", KINDS)
async def test_closing_at_every_turn_of_a_rollover(kind: str, hurry: bool) -> None:
    """C5-20, C5-25: every socket is closed. ``hurry``: some turns later the close is cancelled.

    Regressions: a successor that was lost in the same turns made it hang for ever, and a close
    that was cancelled while two lines were open closed one of them.
    """

    async def once(at: int) -> bool:
        platform, memory = Platform(), Memory()
        async with opened(platform, memory) as (stream, events):
            over = await live(trouble(platform, kind), at)
            closing = asyncio.create_task(stream.close())
            if hurry:
                await turns((1, 2, 3, 5)[at % 4])
                closing.cancel()
            await ended(closing)
            assert stream.state == "done"
            assert all(each.closed is not None for each in platform.wires)
        assert stream.counters.problems() == ()
        await goes_on(platform, memory, events)
        return not over

    assert await sweep(once) > 35


@pytest.mark.parametrize("kind", KINDS)
async def test_a_consumer_cancelled_at_every_await_of_a_rollover(kind: str) -> None:
    """C5-20: whoever reads on gets the rest, and all of it once, with no gap."""

    async def once(at: int) -> bool:
        platform, stream_events = Platform(), list[Event]()
        stream = stream_of(platform, Memory())
        async with stream:
            await stream.ready()
            platform.clock.advance(60.0)
            swept = asyncio.create_task(cancelled(read(stream, stream_events), at))
            await live(trouble(platform, kind), 10_000)
            if not swept.done():
                swept.cancel()
                await asyncio.wait({swept})
            struck = not swept.cancelled() and swept.result()
            reading = asyncio.create_task(read(stream, stream_events))
            await turns()
            await stream.close()
            await reading
        assert heard(stream_events) == platform.said
        assert not [each for each in stream_events if isinstance(each, Gap)]
        assert stream.counters.problems() == ()
        return struck

    assert await sweep(once) >= 3


@pytest.mark.parametrize("kind", KINDS[1:3])
async def test_a_whole_use_cancelled_at_every_turn_of_a_rollover(kind: str) -> None:
    """C5-20: entering, reading and leaving in one task; every socket is closed."""

    async def once(at: int) -> bool:
        platform, memory, events = Platform(), Memory(), list[Event]()
        stream = stream_of(platform, memory)

        async def use() -> None:
            async with stream:
                await read(stream, events)

        using = asyncio.create_task(use())
        await turns()
        platform.clock.advance(60.0)
        over = await live(trouble(platform, kind), at)
        using.cancel()
        await ended(using)
        assert using.cancelled(), "cancellation comes out"
        assert all(each.closed is not None for each in platform.wires)
        await read(stream, events)
        assert stream.counters.problems() == ()
        await goes_on(platform, memory, events)
        return not over

    assert await sweep(once) > 35


async def goes_on(platform: Platform, memory: Memory, before: list[Event]) -> None:
    """Another stream with the same memory: nothing that was heard comes again."""
    async with opened(platform, memory) as (stream, after):
        platform.publish()
        await turns()
    names = heard(before) + heard(after)
    assert heard(before) == platform.said[: len(heard(before))]
    assert heard(after) == platform.said[-2:]
    assert len(set(names)) == len(names)
    assert stream.counters.problems() == ()
