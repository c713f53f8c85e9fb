"""The platform's own sentiment of ended conversations, by itself: S1-21, S1-05."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest
from attrs import define, field

from genesys_sentiment.clock import VirtualClock
from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.dialects.notifications import Notifications
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.events import ABSENT, Reading, StateChange
from genesys_sentiment.model.results import Score, Skipped
from genesys_sentiment.model.wire import CommunicationState, ParticipantState, Snapshot
from genesys_sentiment.scoring.scale import Scale
from genesys_sentiment.simulator import Call, Refuse, Simulator
from genesys_sentiment.streaming.final_sentiment import FinalSentiment
from genesys_sentiment.streaming.memory import Memory
from genesys_sentiment.streaming.options import BackfillOptions, FinalSentimentOptions
from genesys_sentiment.streaming.stream import Stream
from genesys_sentiment.streaming.transport import AiohttpTransport
from genesys_sentiment.streaming.watch import watch
from tests.simulator.client import short_call
from tests.streaming.hurry import Hurried, Hurry
from tests.streaming.simulated import Everything, caught_up, client, silent_api
from tests.streaming.test_gap_backfill import AWAY, dropped

ASKED = "GET /api/v2/speechandtextanalytics/conversations/{id}"
JUDGED = short_call("judged", sentiment={"overall": -0.42, "trend": 0.18})
UNJUDGED = short_call("unjudged")
PATIENT = FinalSentimentOptions(patience=3600.0, every=1.0)
BRIEF = FinalSentimentOptions(patience=20.0, every=1.0)


@define
class Run:
    """A stream on a clock that hurries, what came of it, and whom it listened to."""

    simulator: Simulator
    cloud: Cloud
    stream: Stream
    everything: Everything

    @property
    def found(self) -> list[Score | Skipped]:
        """What the scorer made of readings that were asked for."""
        return [
            record
            for record in self.everything.records
            if isinstance(record, Score | Skipped) and record.event.source == "backfill"
        ]

    @property
    def live(self) -> list[Reading]:
        """Whole conversations' readings that came by their topic."""
        events = (getattr(record, "event", None) for record in self.everything.records)
        return [each for each in events if isinstance(each, Reading) and each.source == "live"]

    async def until(self, condition: Callable[[Run], object]) -> None:
        """Wait until it holds, ten seconds at most."""
        async with asyncio.timeout(10):
            while not condition(self):
                await asyncio.sleep(0.005)


@asynccontextmanager
async def running(
    calls: Sequence[Call],
    options: FinalSentimentOptions,
    *,
    linger: float = 0.0,
    speed: float = 30,
    denied: Sequence[str] = (),
) -> AsyncIterator[Run]:
    """The calls are played while the stream listens; it is left afterwards, and adds up.

    With no ``linger`` the sentiment's topic is dropped when a conversation ends.
    """
    simulator = Simulator(calls, speed=speed, wait=0.2, denied_permissions=denied)
    async with simulator, client(simulator) as cloud, Hurry().running() as clock:
        stream = watch(
            cloud,
            queues=[simulator.queue_id],
            linger=linger,
            final_sentiment=options,
            dialect=Notifications(idle_timeout=1e5),
            transport=Hurried(AiohttpTransport(cloud.session), clock),
            clock=clock,
        )
        async with stream, Everything(stream) as everything:
            await stream.ready()
            await simulator.play()
            await caught_up(stream, simulator)
            yield Run(simulator, cloud, stream, everything)
            began = time.monotonic()
            await stream.close()
            assert time.monotonic() - began < 2
    assert stream.counters.problems() == ()
    assert everything.scorer.counters.balanced


async def test_a_conversation_that_ended_brings_one_reading() -> None:
    """S1-21, S1-05: asked for again and again while there is none, and told once."""
    async with running([JUDGED], PATIENT, speed=10) as run:
        await run.until(lambda run: run.found)
        asked = run.simulator.requests[ASKED]
        await asyncio.sleep(0.3)
        assert run.simulator.requests[ASKED] == asked, "it is asked for no more"
    (score,) = run.found
    assert isinstance(score, Score)
    assert (score.conversation, score.polarity_raw) == (run.simulator.conversations[0], -0.42)
    assert isinstance(score.event, Reading)
    assert score.event.trend == 0.18
    assert asked >= 3, "the score appeared after several questions only"
    assert run.live == [], "otherwise the topic had said it"
    assert (run.stream.counters.backfilled, run.stream.counters.unanswered) == (1, 0)


async def test_what_the_topic_said_is_not_said_again() -> None:
    """S1-21: the same score came live while it was asked for."""
    async with running([JUDGED], PATIENT, linger=1e5) as run:
        await run.until(lambda run: run.stream.counters.duplicates)
        await run.until(lambda run: run.stream.counters.unanswered == 0)
    assert [reading.score for reading in run.live] == [-0.42]
    assert run.found == []


async def test_404_for_ever_is_no_data_once() -> None:
    """S1-05: neither an error nor neutral; the patience has an end."""
    async with running([UNJUDGED], BRIEF) as run:
        await run.until(lambda run: run.found)
        asked = run.simulator.requests[ASKED]
        await asyncio.sleep(0.3)
        assert run.simulator.requests[ASKED] == asked
    (skipped,) = run.found
    assert isinstance(skipped, Skipped)
    assert (skipped.reason, skipped.detail) == ("no_data", "absent")
    assert 2 <= asked <= 20
    assert run.stream.counters.unanswered == 0


async def test_a_score_beyond_the_scale_stays_invalid() -> None:
    """S1-05: no guess at another scale, and no ``no_data`` either."""
    narrow = FinalSentimentOptions(patience=3600.0, every=1.0, scale=Scale(-0.1, 0.1))
    async with running([JUDGED], narrow) as run:
        await run.until(lambda run: run.found)
    (skipped,) = run.found
    assert isinstance(skipped, Skipped)
    assert (skipped.reason, skipped.detail) == ("invalid", "score")
    assert isinstance(skipped.event, Reading)
    assert isinstance(skipped.event.score, float)
    assert math.isnan(skipped.event.score)


async def test_every_conversation_is_asked_about_few_at_once() -> None:
    """S1-21: six that end together, two at a time; each is told once."""
    calls = [
        short_call(f"c{each}", sentiment={"overall": 0.1 * each, "trend": 0.0}) for each in range(6)
    ]
    options = FinalSentimentOptions(patience=3600.0, every=1.0, at_once=2)
    async with running(calls, options) as run:
        await run.until(lambda run: len(run.found) == 6)
    scored = {each.conversation: each.polarity_raw for each in run.found if isinstance(each, Score)}
    assert sorted(scored.values()) == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4, 0.5])
    assert set(scored) == set(run.simulator.conversations)
    assert run.stream.counters.backfilled == 6


def questioners() -> int:
    """How many conversations are asked about now."""
    return sum(task.get_name() == "genesys-final-sentiment" for task in asyncio.all_tasks())


async def test_more_than_may_wait_are_counted_and_so_is_who_is_left() -> None:
    """S1-21: two are asked about, two wait, two are given up; leaving counts the others."""
    calls = [short_call(f"c{each}") for each in range(6)]
    options = FinalSentimentOptions(patience=1e6, every=1e5, at_once=2, limit=2)
    async with running(calls, options) as run:
        await run.until(lambda run: run.simulator.requests[ASKED] == 2)
        assert questioners() == 2
        assert run.stream.counters.unanswered >= 4
    assert run.stream.counters.unanswered == 6
    assert run.simulator.requests[ASKED] == 2
    assert run.found == []


async def test_a_missing_permission_is_counted_and_the_stream_lives(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """S1-05: asked once, logged by its type, and no reading is made up."""
    caplog.set_level(logging.WARNING, "genesys_sentiment.streaming.final_sentiment")
    async with running([JUDGED], PATIENT, denied=["recording:recording:view"]) as run:
        await run.until(lambda run: caplog.records)
        await asyncio.sleep(0.3)
        assert run.stream.state == "open"
    assert run.simulator.requests[ASKED] == 1
    assert run.stream.counters.unanswered == 1
    assert run.found == []
    (record,) = caplog.records
    assert record.getMessage() == "a sentiment could not be asked for: PermissionDenied"


async def test_an_outage_is_outlasted() -> None:
    """S1-05: REST fails for longer than it tries by itself; the patience is longer still."""
    simulator = Simulator([JUDGED], speed=30, wait=0.2)
    async with simulator, client(simulator) as cloud, Hurry().running() as clock:
        cloud.rest._deadline = 0.05  # gives up at once
        companion = FinalSentiment(cloud.rest, memory := Memory(), clock, PATIENT)
        await simulator.play()
        conversation = simulator.conversations[0]
        memory.snapshots.observe(over(conversation))
        outlet = Kept()
        simulator.api_failures = [Refuse(503), 500, 502]
        companion.observe(ended(conversation))
        async with going(companion, outlet), asyncio.timeout(20):
            while not outlet.kept:
                await asyncio.sleep(0.005)
    assert [reading.score for reading in outlet.kept] == [-0.42]
    assert memory.counters.unanswered == 0


async def test_what_ended_in_a_gap_is_asked_about_as_well() -> None:
    """S4-16, S1-21: the backfill tells the end, and the end asks for the sentiment."""
    simulator = Simulator([JUDGED], speed=60, wait=0.2)
    async with simulator, client(simulator) as cloud:
        stream = watch(
            cloud,
            queues=[simulator.queue_id],
            options=AWAY,
            backfill=BackfillOptions(delay=0.1),
            final_sentiment=True,
        )
        async with stream, Everything(stream) as everything:
            await dropped(simulator, stream)
            async with asyncio.timeout(20):
                while not any(_asked_for(record) for record in everything.records):
                    await asyncio.sleep(0.01)
            began = time.monotonic()
            await stream.close()
            assert time.monotonic() - began < 2
    (score,) = (record for record in everything.records if _asked_for(record))
    last = [each for each in everything.records if isinstance(each, StateChange)][-1]
    assert (last.state, last.source) == ("disconnected", "backfill")
    assert everything.records.index(score) > everything.records.index(last)
    assert stream.counters.problems() == ()


def _asked_for(record: object) -> bool:
    return isinstance(record, Score) and record.event.source == "backfill"


async def test_leaving_while_the_platform_does_not_answer() -> None:
    """S4-09, S1-21: in the middle of a question."""
    simulator = Simulator([JUDGED], speed=60, wait=0.2)
    async with simulator, client(simulator) as cloud:
        async with silent_api(simulator) as (silent, asked):
            cloud.rest = silent.rest
            stream = watch(cloud, queues=[simulator.queue_id], final_sentiment=True)
            async with stream:
                await stream.ready()
                playing = asyncio.create_task(simulator.play())
                async with asyncio.timeout(20):
                    await asked.wait()
                began = time.monotonic()
                await stream.close()
                assert time.monotonic() - began < 2
            await playing
    assert stream.counters.unanswered == 1


def over(conversation: str, state: str = "disconnected") -> Snapshot:
    """A conversation of one agent."""
    call = CommunicationState(communication=f"k-{state}", medium="call", state=state)
    agent = ParticipantState(participant=f"p-{state}", purpose="agent", communications=(call,))
    return Snapshot(conversation=conversation, participants=(agent,))


def ended(conversation: str) -> StateChange:
    """That its call is over."""
    return StateChange(conversation=conversation, subject="call", state="disconnected")


@define
class Kept:
    """Keeps what is told."""

    kept: list[Reading] = field(factory=list)
    ended: bool = False

    async def room(self) -> None:
        """Always."""

    def tell(self, events: Sequence[Reading]) -> None:
        """Keep."""
        self.kept += events


@asynccontextmanager
async def going(companion: FinalSentiment, outlet: Kept) -> AsyncIterator[None]:
    """The companion runs in here, without a stream."""
    running = asyncio.create_task(companion.run(outlet))  # type: ignore[arg-type]
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait({running})


async def test_a_conversation_that_goes_on_is_asked_about_when_it_ends_again() -> None:
    """S1-21: that it was over was true for a moment only; no score is no news then."""
    async with Simulator() as simulator, client(simulator) as cloud:
        memory, clock, outlet = Memory(), VirtualClock(), Kept()
        companion = FinalSentiment(cloud.rest, memory, clock, BRIEF)
        memory.snapshots.observe(over("c"))
        companion.observe(ended("c"))
        memory.snapshots.observe(over("c", "connected"))  # another agent
        async with going(companion, outlet), asyncio.timeout(20):
            while "c" in companion._asked:
                await asyncio.sleep(0.005)
            assert outlet.kept == []
            memory.snapshots.forget("c")
            memory.snapshots.observe(over("c"))
            companion.observe(ended("c"))
            companion.observe(ended("c"))
            while not outlet.kept:
                await asyncio.sleep(0.005)
    assert [reading.score for reading in outlet.kept] == [ABSENT]
    assert memory.counters.unanswered == 0


@pytest.mark.parametrize(
    "figures",
    [{"patience": float("inf")}, {"patience": -1.0}, {"every": 0.5}, {"at_once": 0}, {"limit": 0}],
)
def test_figures_that_cannot_work_are_refused(figures: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError):
        FinalSentimentOptions(**figures)  # type: ignore[arg-type]
