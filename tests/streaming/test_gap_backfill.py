"""A stream that asks by itself what happened in its gaps: S4-16, against the simulator."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise, repeat
from typing import Any

import pytest
from attrs import evolve

from genesys_sentiment.clock import VirtualClock
from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.cloud.details import Detail, Details
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.events import Event, Gap, StateChange
from genesys_sentiment.simulator import Simulator
from genesys_sentiment.streaming.gap_backfill import GapBackfill
from genesys_sentiment.streaming.memory import Memory
from genesys_sentiment.streaming.options import BackfillOptions, StreamOptions
from genesys_sentiment.streaming.stream import Stream
from genesys_sentiment.streaming.watch import watch
from tests.simulator.client import short_call
from tests.streaming.simulated import QUICK, Everything, caught_up, client, silent_api

DETAILS = "POST /api/v2/analytics/conversations/details/query"
SOON = BackfillOptions(delay=0.1, again=None, spacing=0.05)
AWAY = StreamOptions(delays=lambda: repeat(0.7), subscribe_spacing=0.05)
"""Away long enough for a call to be answered, spoken and ended meanwhile."""


def calls(events: Iterable[object], source: str) -> list[tuple[str | None, str, str | None]]:
    """The states of calls, by purpose, with the state before."""
    return [
        (event.purpose, event.state, event.before)
        for event in events
        if isinstance(event, StateChange) and (event.subject, event.source) == ("call", source)
    ]


def once(events: Iterable[Event]) -> bool:
    """Whether no event came twice."""
    return set(Counter(event.id for event in events).values()) <= {1}


def told(everything: Everything) -> list[Gap]:
    """The gaps as they were told first."""
    return [gap for gap in everything.gaps if gap.unrecovered is None]


def watching(cloud: Cloud, simulator: Simulator, **more: object) -> Stream:
    given = {"queues": [simulator.queue_id], "options": AWAY, "backfill": SOON, **more}
    return watch(cloud, **given)  # type: ignore[call-overload, no-any-return]


async def until(stream: Stream, **least: int) -> None:
    """Wait until counters have grown to that, 20 seconds at most."""
    async with asyncio.timeout(20):
        while any(getattr(stream.counters, name) < number for name, number in least.items()):
            await asyncio.sleep(0.01)


async def dropped(simulator: Simulator, stream: Stream) -> None:
    """A call rings in the queue; the line breaks; the call is over before the line is back."""
    await stream.ready()
    playing = asyncio.create_task(simulator.play())
    await until(stream, emitted=2)
    await simulator.abort_sockets()
    await playing
    assert stream.counters.connections == 1, "the call was over too late for this test"
    await until(stream, connections=2)


async def test_what_happened_while_the_line_was_lost_comes_by_itself() -> None:
    """S4-16: marked, once, after the Gap; what came live is not said twice; counters add up."""
    simulator = Simulator([short_call()], speed=60, wait=0.2)
    async with simulator, client(simulator) as cloud:
        async with watching(cloud, simulator) as stream, Everything(stream) as everything:
            await dropped(simulator, stream)
            await until(stream, backfilled=1)
            await asyncio.sleep(0.2)
            await stream.close()
    events = [record for record in everything.records if isinstance(record, StateChange | Gap)]
    assert calls(events, "live") == [("customer", "connected", None), ("acd", "connected", None)]
    assert calls(events, "backfill") == [
        ("customer", "disconnected", "connected"),
        ("acd", "disconnected", "connected"),
        ("agent", "disconnected", None),
    ]
    assert once(events)
    (gap,) = told(everything)
    marked = [
        event for event in events if isinstance(event, StateChange) and event.source != "live"
    ]
    assert min(map(events.index, marked)) > events.index(gap)
    assert len(marked) == stream.counters.backfilled
    # Two discoveries, one question about the gap; by id as well where the played time ran ahead.
    assert simulator.requests[DETAILS] in (3, 4)
    assert {each.unrecovered for each in everything.gaps if each is not gap} == {()}
    assert stream.counters.gaps == 1
    assert stream.counters.unrecovered == 1, "left before the transcript could be asked for"
    assert stream.counters.problems() == ()
    assert everything.scorer.counters.balanced


async def test_without_the_option_nothing_is_asked() -> None:
    simulator = Simulator([short_call()], speed=60, wait=0.2)
    async with simulator, client(simulator) as cloud:
        stream = watching(cloud, simulator, backfill=False)
        async with stream, Everything(stream) as everything:
            await dropped(simulator, stream)
            await asyncio.sleep(0.3)
            await stream.close()
    assert calls(everything.records, "backfill") == []
    assert stream.counters.backfilled == 0
    assert simulator.requests[DETAILS] == 2, "discovery only, once a connection"


async def test_a_call_that_was_followed_by_its_id_is_asked_about_by_it() -> None:
    """S4-16: no queue is watched, so analytics is asked for the conversations that are."""
    simulator = Simulator([short_call()], speed=60, wait=0.2)
    async with simulator, client(simulator) as cloud:
        # Where the call's id is known before it rings: the same seed gives the same ids.
        async with Simulator([short_call()], speed=600, wait=0) as other:
            await other.play()
        named = other.conversations
        stream = watching(cloud, simulator, queues=(), conversations=named)
        async with stream, Everything(stream) as everything:
            await stream.ready()
            playing = asyncio.create_task(simulator.play())
            await until(stream, emitted=2)
            await simulator.abort_sockets()
            await playing
            await until(stream, connections=2, backfilled=3)
            await stream.close()
    states = [state for _, state, _ in calls(everything.records, "backfill")]
    assert states[-3:] == ["disconnected"] * 3
    assert everything.gaps[0].conversation in (None, *named)


async def test_a_call_that_is_still_going_on_is_brought_up_to_date() -> None:
    """S4-16: what was found agrees with what comes live after it; neither repeats the other."""
    simulator = Simulator([short_call("long", *[("caller", "i wait")] * 60)], speed=60, wait=0.2)
    async with simulator, client(simulator) as cloud:
        async with watching(cloud, simulator) as stream, Everything(stream) as everything:
            await stream.ready()
            playing = asyncio.create_task(simulator.play())
            await until(stream, emitted=2)
            await simulator.abort_sockets()
            await until(stream, connections=2, backfilled=1)
            await playing
            await caught_up(stream, simulator)
            await stream.close()
    events = [record for record in everything.records if isinstance(record, StateChange)]
    assert ("agent", "connected", None) in calls(events, "backfill")
    assert ("agent", "disconnected", "connected") in calls(events, "live")
    assert once(events)
    assert stream.counters.problems() == ()


@pytest.mark.parametrize("status", [403, 400])
async def test_a_refusal_is_counted_and_the_stream_lives(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """S4-16: logged by its type, without what it was about."""
    simulator = Simulator([short_call()], speed=60, wait=0.2)
    caplog.set_level(logging.WARNING, "genesys_sentiment.streaming.gap_backfill")
    async with simulator, client(simulator) as cloud:
        async with watching(cloud, simulator, queues=(), topics=_of(simulator)) as stream:
            async with Everything(stream) as everything:
                await stream.ready()
                # One conversation is followed, so there is something to ask about.
                playing = asyncio.create_task(simulator.play())
                await until(stream, emitted=2)
                await simulator.abort_sockets()
                await until(stream, connections=2)
                simulator.api_failures = [status]
                await until(stream, unrecovered=1)
                await playing
                await asyncio.sleep(0.2)
                assert stream.state == "open"
                await stream.close()
    assert len(everything.gaps) >= 1
    assert stream.counters.unrecovered == 1
    kind = "PermissionDenied" if status == 403 else "CloudError"
    ours = (each for each in caplog.records if each.name.startswith("genesys_sentiment"))
    assert [record.getMessage() for record in ours] == [f"a gap could not be asked about: {kind}"]


def _of(simulator: Simulator) -> list[str]:
    """The queue's topic as it stands: its conversations are followed, and nothing is discovered."""
    return [f"v2.routing.queues.{simulator.queue_id}.conversations"]


class Asked(Details):
    """Asks analytics as ever, and keeps what about and how many questions were open at once."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud.rest)
        self.spans: list[float] = []
        self.times: list[float] = []
        self.open: list[int] = [0]

    async def find(self, *, since: float, **more: Any) -> tuple[Detail, ...]:
        """Ask."""
        self.spans.append(since)
        self.times.append(time.monotonic())
        self.open.append(self.open[-1] + 1)
        try:
            return await super().find(since=since, **more)
        finally:
            self.open.append(self.open[-1] - 1)


async def test_gaps_that_come_close_together_are_served_one_by_one() -> None:
    """S4-16: one question after the other, each about its own gap."""
    async with Simulator() as simulator, client(simulator) as cloud:
        cloud.details = asked = Asked(cloud)
        spaced = BackfillOptions(delay=0.1, again=None, spacing=0.3)
        stream = watching(cloud, simulator, options=QUICK, backfill=spaced)
        async with stream, Everything(stream) as everything:
            await stream.ready()
            await torn(simulator, stream, 3)
            async with asyncio.timeout(20):
                while len(everything.gaps) < 6:
                    await asyncio.sleep(0.01)
            await stream.close()
    assert len(told(everything)) == 3
    # By queue only: there are no conversations that are followed anyway.
    assert asked.spans == [gap.since for gap in told(everything)]
    assert max(asked.open) == 1
    assert all(later - former > 0.29 for former, later in pairwise(asked.times))
    assert stream.counters.unrecovered == 0


async def torn(simulator: Simulator, stream: Stream, times: int) -> None:
    """The line breaks and comes back, several times."""
    for number in range(2, times + 2):
        await simulator.abort_sockets()
        await until(stream, connections=number)


async def test_more_gaps_than_may_wait_are_counted() -> None:
    """S4-16: what is given up is said to be missing; leaving counts what still waits."""
    async with Simulator() as simulator, client(simulator) as cloud:
        cloud.details = asked = Asked(cloud)
        patient = BackfillOptions(delay=3600.0, limit=1)
        stream = watching(cloud, simulator, options=QUICK, backfill=patient)
        async with stream, Everything(stream) as everything:
            await stream.ready()
            await torn(simulator, stream, 4)
            # One waits, three are given up.
            assert stream.counters.unrecovered == 3
            async with asyncio.timeout(20):
                while len(everything.gaps) < 7:
                    await asyncio.sleep(0.01)
            began = time.monotonic()
            await stream.close()
            assert time.monotonic() - began < 2
    assert stream.counters.unrecovered == len(told(everything)) == 4
    lost = [gap for gap in everything.gaps if gap.unrecovered is not None]
    assert [gap.unrecovered for gap in lost] == [("states", "utterances", "messages")] * 3
    assert [gap.since for gap in lost] == [gap.since for gap in told(everything)[1:]]
    assert asked.spans == []


async def test_leaving_while_analytics_does_not_answer() -> None:
    """S4-09, S4-16: in the middle of a question."""
    async with Simulator() as simulator, client(simulator) as cloud:
        async with silent_api(simulator) as (silent, asked):
            cloud.details = silent.details
            async with watching(cloud, simulator, options=QUICK) as stream:
                await stream.ready()
                await simulator.abort_sockets()
                async with asyncio.timeout(20):
                    await asked.wait()
                began = time.monotonic()
                await stream.close()
                assert time.monotonic() - began < 2
    assert stream.counters.unrecovered == 1


async def test_what_is_noted_of_a_gap() -> None:
    """A gap that was told again, or that is our own, is no reason to ask."""
    async with Simulator() as simulator, client(simulator) as cloud:
        memory = Memory()
        companion = GapBackfill(cloud, memory, VirtualClock(), options=BackfillOptions(limit=1))
        gap = Gap(reason="silent", since=1.0, until=2.0)
        change = StateChange(conversation="c", subject="call", state="connected")
        own = Gap(reason="dropped", since=1.0, until=2.0)
        for event in (change, own, evolve(gap, unrecovered=()), gap):
            companion.observe(event)
        assert memory.counters.unrecovered == 0
        companion.observe(evolve(gap, since=1.5))
        assert memory.counters.unrecovered == 1


@pytest.mark.parametrize(
    "figures",
    [
        {"delay": -1.0},
        {"delay": float("inf")},
        {"delay": float("nan")},
        {"spacing": -1.0},
        {"limit": 0},
        {"again": -1.0},
        {"again": float("nan")},
        {"patience": float("inf")},
        {"every": 0.5},
        {"at_once": 0},
    ],
)
def test_figures_that_cannot_work_are_refused(figures: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError):
        BackfillOptions(**figures)  # type: ignore[arg-type]
