"""Streams in the languages of S0 and S4 over the simulator's real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
import pytest

from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.dialects.interaction_stream import InteractionStream
from genesys_sentiment.dialects.interaction_topics import InteractionTopics, interaction
from genesys_sentiment.model.events import Event, Gap, Reading, StateChange, TopicRefused
from genesys_sentiment.model.results import Score
from genesys_sentiment.model.wire import Dialect
from genesys_sentiment.scoring.policy import Policy
from genesys_sentiment.scoring.scorer import Scorer
from genesys_sentiment.simulator import InteractionStream as SimulatedStream
from genesys_sentiment.simulator import InteractionTopics as SimulatedTopics
from genesys_sentiment.simulator import Simulator
from genesys_sentiment.simulator.conversation import Ids
from genesys_sentiment.streaming.stream import Stream
from genesys_sentiment.streaming.transport import AiohttpTransport
from tests.simulator.client import short_call
from tests.streaming.hurry import Brief, Hurried, Hurry
from tests.streaming.simulated import QUICK, Everything, client

ID = Ids.of("simulator", 0, "short", 0)("conversation")
LINES = [
    ("agent", "how can i help you"),
    ("caller", "i am very angry this is terrible"),
    ("caller", "thank you that is wonderful"),
]


def topics_at(simulator: Simulator, *, ack_timeout: float | None = 1.0) -> InteractionTopics:
    return InteractionTopics(
        host=_host(simulator), secure=False, pacing=0.01, ack_timeout=ack_timeout
    )


def stream_at(simulator: Simulator, types: Sequence[str] = ("voice",)) -> InteractionStream:
    return InteractionStream(
        host=_host(simulator), secure=False, types=types, ack_timeout=1.0, idle_timeout=1e5
    )


def _host(simulator: Simulator) -> str:
    return simulator.api_url.removeprefix("http://").rstrip("/")


def open_stream(cloud: Cloud, dialect: Dialect, *topics: str) -> Stream:
    return Stream(
        dialect,
        AiohttpTransport(cloud.session),
        tokens=cloud.tokens,
        topics=topics,
        options=QUICK,
    )


@asynccontextmanager
async def listening(stream: Stream) -> AsyncIterator[Everything]:
    """Score what comes, without the gate; the stream is left in any case."""
    scorer = Scorer(Policy.interactions(min_interval=0.0))
    async with stream, Everything(stream, scorer) as everything:
        try:
            await stream.ready()
            yield everything
        finally:
            await stream.close()


async def until(condition: object) -> None:
    """Until it holds, ten seconds at most."""
    async with asyncio.timeout(10):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("acks", [True, False])
async def test_scored_interactions(acks: bool) -> None:
    """S0-08, S0-09, S0-10, S0-11, S0-12: subscribed, scored; a server may acknowledge or not."""
    language = SimulatedTopics(acks=acks)
    simulator = Simulator([short_call("short", *LINES)], speed=100, wait=0, languages=[language])
    async with simulator, client(simulator) as cloud:
        dialect = topics_at(simulator, ack_timeout=1.0 if acks else None)
        stream = open_stream(cloud, dialect, interaction(ID))
        async with listening(stream) as everything:
            await asyncio.sleep(0.03)
            await simulator.play()
            await until(lambda: len(everything.outcomes(ID)) == 3)
    scores = [each for each in everything.records if isinstance(each, Score)]
    assert [each.polarity for each in scores][-2:] == ["negative", "positive"]
    assert all(isinstance(each.event, Reading) for each in scores)
    assert [each.context_segment_count for each in scores] == sorted(
        each.context_segment_count for each in scores
    )
    assert stream.counters.problems() == ()
    assert stream.counters.control == acks


async def test_a_reconnect_subscribes_everything_again() -> None:
    """S0-10: the tutorial's own set of subscribed topics survives and nothing is asked for again.

    Its logic beside ours: what was subscribed once is skipped for ever.
    """
    subscribed: set[str] = set()
    asked: list[str] = []
    for _connection in range(2):
        for topic in (interaction(ID),):
            if topic not in subscribed:
                asked.append(topic)
                subscribed.add(topic)
    assert len(asked) == 1
    simulator = Simulator([short_call("short", *LINES)], speed=100, wait=0)
    async with simulator, client(simulator) as cloud:
        stream = open_stream(cloud, topics_at(simulator), interaction(ID))
        async with listening(stream) as everything:
            await until(lambda: stream.counters.control == 1)
            simulator.close_sockets(1001)
            await until(lambda: stream.counters.control == 2)
            await simulator.play()
            await until(lambda: len(everything.outcomes(ID)) == 3)
    assert stream.counters.connections == 2
    assert [gap.reason for gap in everything.gaps] == ["disconnected"]


async def test_a_topic_that_is_refused_is_told() -> None:
    """S0-12: the error finds its topic by the request's id, and the other topic lives."""
    simulator = Simulator(wait=0, languages=[SimulatedTopics(pacing=30.0)])
    async with simulator, client(simulator) as cloud:
        stream = open_stream(cloud, topics_at(simulator), interaction(ID), interaction("other"))
        async with stream:
            refused = await asyncio.wait_for(anext(stream), 2)
    assert isinstance(refused, TopicRefused)
    assert (refused.topic, refused.reason) == (interaction("other"), "too many requests")


async def test_state_changes() -> None:
    """S4-01, S4-03, S4-10, S4-18: filter, acknowledgement, typed events, one after the other."""
    simulator = Simulator([short_call()], speed=200, wait=0)
    async with simulator, client(simulator) as cloud:
        stream = open_stream(cloud, stream_at(simulator))
        async with stream:
            await stream.ready()
            await until(lambda: stream.counters.control == 1)
            await simulator.play()
            events = [await asyncio.wait_for(anext(stream), 2) for _ in range(4)]
    changes = [each for each in events if isinstance(each, StateChange)]
    assert [each.state for each in changes] == ["queued", "ringing", "connected", "completed"]
    assert [each.sequence for each in changes] == [1, 2, 3, 4]
    assert {each.conversation for each in changes} == {ID}
    assert len({each.id for each in changes}) == 4


async def test_a_refused_filter_is_told() -> None:
    """S4-03: with the rejected values by name."""
    async with Simulator() as simulator, client(simulator) as cloud:
        stream = open_stream(cloud, stream_at(simulator, types=("voice", "fax")))
        async with stream:
            refused = await asyncio.wait_for(anext(stream), 2)
    assert isinstance(refused, TopicRefused)
    assert refused.topic == "interaction_stream"
    assert "types fax" in refused.reason


async def test_an_expired_token_is_replaced() -> None:
    """S4-19, S4-06: 4001 asks the provider for another token, for the next handshake."""
    simulator = Simulator([short_call()], speed=200, wait=0)
    async with simulator, client(simulator) as cloud:
        stream = open_stream(cloud, stream_at(simulator))
        async with stream:
            await stream.ready()
            await until(lambda: stream.counters.control == 1)
            simulator.expire_tokens()
            await until(lambda: stream.counters.control == 2)
            await simulator.play()
            events = [await asyncio.wait_for(anext(stream), 2) for _ in range(3)]
    assert isinstance(events[0], Gap)
    assert simulator.token_requests == 2
    assert stream.counters.connections == 2


async def test_leaving_ends_it() -> None:
    """S4-09, S2-13: our own close opens nothing again, and the iteration ends."""
    async with Simulator() as simulator, client(simulator) as cloud:
        stream = open_stream(cloud, stream_at(simulator))
        async with stream:
            await stream.ready()
        assert [event async for event in stream] == []
        await asyncio.sleep(0.05)
        assert (simulator.connections, simulator.open_sockets) == (1, 0)


@pytest.mark.parametrize("acks", [True, False])
async def test_tokens_are_renewed_while_events_come(acks: bool) -> None:
    """S4-04: on the open socket; without an acknowledgement a second one takes over, no gap."""
    language = SimulatedStream(acks=acks)
    simulator = Simulator([short_call()], speed=200, wait=0, languages=[language])
    async with simulator, client(simulator) as cloud, Hurry().running() as clock:
        dialect = InteractionStream(host=_host(simulator), secure=False, idle_timeout=1e5)
        stream = Stream(
            dialect,
            Hurried(AiohttpTransport(cloud.session), clock),
            tokens=Brief(cloud, clock),
            options=QUICK,
            clock=clock,
        )
        events: list[Event] = []
        async with stream:
            await stream.ready()
            if acks:
                await until(lambda: stream.counters.control >= 3)
            else:
                await until(lambda: stream.counters.connections == 2)
            await until(lambda: simulator.open_sockets == 1)
            await simulator.play()
            events = [await asyncio.wait_for(anext(stream), 2) for _ in range(4)]
            assert stream.state == "open"
    assert all(isinstance(each, StateChange) for each in events)
    assert stream.counters.gaps == 0
    if acks:
        assert simulator.connections == 1
    assert simulator.token_requests >= 2


async def test_no_token_is_shown(caplog: pytest.LogCaptureFixture) -> None:
    """S4-01: not in a log at any level, a repr or an error, though it is in the address."""
    caplog.set_level(0)
    async with Simulator() as simulator, client(simulator) as cloud:
        token = await cloud.tokens.get()
        dialect = stream_at(simulator)
        stream = open_stream(cloud, dialect)
        async with stream:
            await stream.ready()
            simulator.close_sockets(1011)
            await until(lambda: stream.counters.connections == 2)
            shown = f"{stream.last_error!r} {dialect.connect(token, None)!r} {stream!r}"
    written = [
        record.getMessage() for record in caplog.records if record.name.startswith("genesys")
    ]
    assert token.value not in shown + "\n".join(written)
    assert not isinstance(stream.last_error, aiohttp.ClientError)
