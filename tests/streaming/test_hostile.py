"""Hostile frames through the session and through real sockets: counted, and the stream goes on."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

import pytest

from genesys_sentiment.dialects.agent_assist import AgentAssist
from genesys_sentiment.dialects.interaction_stream import InteractionStream
from genesys_sentiment.dialects.interaction_topics import InteractionTopics
from genesys_sentiment.dialects.notifications import Notifications
from genesys_sentiment.dialects.realtime_analytics import RealtimeAnalytics
from genesys_sentiment.model.events import Unreadable
from genesys_sentiment.model.export import to_json
from genesys_sentiment.model.results import Score
from genesys_sentiment.model.wire import Dialect
from genesys_sentiment.simulator import Say, Simulator, builtin_calls
from genesys_sentiment.streaming.actions import Action
from genesys_sentiment.streaming.memory import Memory
from genesys_sentiment.streaming.session import Session
from genesys_sentiment.streaming.watch import watch
from tests.dialects import frames
from tests.dialects.frames import frame
from tests.dialects.hostile import ESCAPES, LANGUAGES, MIB, NOW, Language, costly
from tests.streaming.simulated import QUICK, Everything, caught_up, client

DIALECTS: tuple[Dialect, ...] = (
    Notifications(),
    AgentAssist(),
    InteractionStream(),
    InteractionTopics(),
    RealtimeAnalytics(),
)
SPOKEN = [
    (dialect, language)
    for dialect in DIALECTS
    for language in LANGUAGES
    if language.name == dialect.name
]


def hostile(language: Language) -> list[bytes]:
    """Frames that are refused, frames that are made harmless, and some just within bounds."""
    values = [b"NaN", b"1e999", b"9" * 5_000, b"true", b'"\\ud800"', b'"\xff"', b"[]", ESCAPES]
    places = (language.frame, language.scored, language.named, language.said)
    found = [place(value) for place in places for value in values]
    found += [language.frame(value) for _, value in costly()]
    return [b"", b"\x1f\x8b\x00", b"[" * 100, bytes(256), *found]


@pytest.mark.parametrize(("dialect", "language"), SPOKEN, ids=[each.name for each in DIALECTS])
def test_a_session_survives_everything(dialect: Dialect, language: Language) -> None:
    """C5-15, C5-16, C5-17: each frame ends in one count, each refusal has a reason, all export."""
    memory = Memory()
    session = Session(dialect, memory, now=0.0, wall=NOW)
    raw = hostile(language)
    refused = 0
    for now, each in enumerate(raw, 1):
        for event in session.receive(each, float(now)):
            assert not isinstance(event, Action)
            line = to_json(event, text=True)
            assert len(line.decode().splitlines()) == 1
            if isinstance(event, Unreadable):
                refused += 1
                assert event.reason.isidentifier()
                assert event.length == len(each)
    counters = memory.counters
    assert (counters.received, counters.invalid) == (len(raw), refused)
    assert refused > 20
    assert counters.problems() == ()
    assert len(memory.drift) <= 257
    before = counters.eventful
    sound = language.frame(b'"sound"').replace(b'"c"', b'"d"').replace(b"-0.25", b"-0.5")
    assert session.receive(sound.replace(b'"trend', b'"x'), 1e4)
    assert counters.eventful == before + 1


def participants(count: int, legs: int) -> bytes:
    """A conversation of so many participants with so many calls each."""
    calls = [{"id": f"c{leg}", "state": "connected"} for leg in range(legs)]
    people = [
        {"id": f"p{person}", "calls": [each | {"id": f"{person}-{each['id']}"} for each in calls]}
        for person in range(count)
    ]
    return frame(frames.QUEUE_TOPIC, {"id": "c", "participants": people})


def messages() -> bytes:
    """A chat of 4,900 messages."""
    said = [{"messageId": f"m{place}", "messageStatus": "sent"} for place in range(4_900)]
    body = {"id": "c", "participants": [{"id": "p", "state": "connected", "messages": said}]}
    return frame(f"{frames.USER_TOPIC}.messages", body)


def transcripts() -> bytes:
    """A thousand utterances in one message."""
    each = {"alternatives": [{"transcript": "hello"}], "channel": "EXTERNAL"}
    said = [each | {"utteranceId": f"u{place}"} for place in range(1_000)]
    return frame(frames.TRANSCRIPTION, frames.transcription(*said))


@pytest.mark.parametrize(
    "crowd",
    [
        lambda: participants(900, 3),
        lambda: participants(1, 4_900),
        messages,
        transcripts,
    ],
    ids=["participants", "calls", "messages", "transcripts"],
)
def test_a_crowd_costs_a_session_little(crowd: Callable[[], bytes]) -> None:
    """C5-16: what is within bounds is also cheap to compare, to deduplicate and to tell."""
    raw = crowd()
    seconds = 1.0
    for _ in range(5):
        session = Session(Notifications(), Memory(), now=0.0, wall=NOW)
        began = time.process_time()
        events = session.receive(raw, 1.0)
        seconds = min(seconds, time.process_time() - began)
        assert len(events) > 200
    assert seconds < 0.05


async def test_the_stream_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    """C5-15, C5-16, C5-17: over a real socket; every refusal is an event, then calls score."""
    caplog.set_level(logging.INFO)
    raw = hostile(LANGUAGES[0])
    simulator = Simulator(builtin_calls()[:1], speed=60, wait=0.3)
    async with simulator, client(simulator) as cloud:
        simulator.script = [Say(tuple(raw))]
        async with watch(cloud, queues=[simulator.queue_id], options=QUICK) as stream:
            async with Everything(stream) as everything:
                await stream.ready()
                async with asyncio.timeout(20):
                    while stream.counters.received < len(raw):
                        await asyncio.sleep(0.01)
                await simulator.play()
                await caught_up(stream, simulator)
                await stream.close()
    unreadable = [each for each in everything.records if isinstance(each, Unreadable)]
    assert len(unreadable) == stream.counters.invalid > 20
    assert {"json", "nodes", "too_deep", "string", "body"} <= {each.reason for each in unreadable}
    assert any(isinstance(each, Score) for each in everything.records)
    assert (stream.counters.connections, everything.gaps) == (1, [])
    assert stream.counters.problems() == ()
    assert caplog.text.replace("\n", "").isprintable()
    assert "9999" not in caplog.text


async def test_a_frame_beyond_the_bound_ends_the_connection_and_not_the_stream() -> None:
    """C5-16: closed with 1009, a gap says so, and the next connection goes on."""
    simulator = Simulator(builtin_calls()[:1], speed=60, wait=0.3)
    async with simulator, client(simulator) as cloud:
        simulator.script = [Say((bytes(MIB + 1),))]
        async with watch(cloud, queues=[simulator.queue_id], options=QUICK) as stream:
            async with Everything(stream) as everything:
                async with asyncio.timeout(20):
                    while stream.counters.connections < 2:
                        await asyncio.sleep(0.01)
                await stream.ready()
                await simulator.play()
                async with asyncio.timeout(20):
                    while stream.counters.received < simulator.frames_sent.total() - 1:
                        await asyncio.sleep(0.01)
                await stream.close()
    assert [gap.reason for gap in everything.gaps] == ["disconnected"]
    assert any(isinstance(each, Score) for each in everything.records)
    assert stream.counters.problems() == ()
