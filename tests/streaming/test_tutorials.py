"""What the tutorials' own connection logic does, beside ours, on virtual time."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import islice
from pathlib import Path

import pytest

from genesys_sentiment.clock import VirtualClock
from genesys_sentiment.cloud.delays import full_jitter
from genesys_sentiment.dialects.agent_assist import AgentAssist
from genesys_sentiment.dialects.interaction_stream import InteractionStream
from genesys_sentiment.dialects.interaction_topics import InteractionTopics
from genesys_sentiment.errors import (
    AuthError,
    ConfigurationError,
    ConnectionLost,
    HandshakeRefused,
    ProtocolError,
)
from genesys_sentiment.model.events import Gap, TopicRefused, Utterance
from genesys_sentiment.model.wire import Connect, Token
from genesys_sentiment.streaming.pacing import Pacing
from genesys_sentiment.streaming.plan import TopicList
from genesys_sentiment.streaming.recording import Recorder, replay
from genesys_sentiment.streaming.requests import NOT_ACKNOWLEDGED
from genesys_sentiment.streaming.scripted import Scripted, Step
from genesys_sentiment.streaming.stream import Stream
from genesys_sentiment.streaming.transport import Socket
from genesys_sentiment.streaming.verdict import judge
from tests.streaming.test_requests import Asking
from tests.streaming.toys import ONE_SECOND, Toy, everything, names

QUIET = Toy(ping=None)


def lost(code: int) -> ConnectionLost:
    return ConnectionLost("lost", host="h", code=code)


@pytest.mark.parametrize("code", [1000, 1001, 1005, 1006, 1011, 1012, 1013, 4001])
async def test_every_end_that_is_not_ours_is_followed_by_another_attempt(code: int) -> None:
    """A5 Close 1001, S2-07, S3-15, S4-07, S4-19: what is normal for S2 is no reason to stop."""
    theirs_reconnects = code not in (1000, 1001)  # S2's list of normal closes
    script = Scripted(["u1", lost(code)], ["u2"])
    stream = Stream(QUIET, script, options=ONE_SECOND, clock=script.clock)
    assert names(await everything(stream)) == ["u1", "gap disconnected", "u2"]
    assert stream.counters.connections == 2 > theirs_reconnects


def test_the_close_codes_lead_to_different_things() -> None:
    """S4-19: the tutorial treats every close alike; C4's table does not."""
    kinds = {code: judge(lost(code)).kind for code in (1001, 1006, 1002, 1008, 4001, 4003)}
    assert kinds == {
        1001: "again",
        1006: "again",
        1002: "protocol",
        1008: "protocol",
        4001: "token",
        4003: "fatal",
    }
    assert isinstance(judge(lost(4001)).error, AuthError)
    assert isinstance(judge(lost(1008)).error, ProtocolError)


def test_the_first_attempt_after_a_loss_begins_within_five_seconds() -> None:
    """S3-15; S2-07 and S4-07: the first delays of the tutorials are 2 s and 1 s and ever the same.

    Their later ones grow without a cap (S4: 512 s at the tenth), and the counter starts again with
    every handshake: a server that accepts and drops is called every second.
    """
    for _ in range(200):
        pacing = Pacing(full_jitter)
        verdict = judge(lost(1006))
        delays = []
        now = 0.0
        for _attempt in range(12):
            pacing.attempt(now)
            delays.append(pacing.delay(verdict, now, 0.0))
            now += delays[-1]
        assert delays[0] <= 5.0
        assert max(delays) <= 60.0
    assert [1000 * 2**n for n in (0, 9)] == [1_000, 512_000], "S4, milliseconds"
    assert max(islice(full_jitter(), 50)) <= 60.0


class Provider:
    """Another token for each one that is refused."""

    def __init__(self) -> None:
        self.number = 1

    async def get(self, refused: str | None = None) -> Token:
        """The present one."""
        if refused == f"t{self.number}":
            self.number += 1
        return Token(value=f"t{self.number}", expires=1e9)


class Doorkeeper(Scripted):
    """Lets in who comes with the second token."""

    shown: tuple[str, ...] = ()

    async def open(self, connect: Connect) -> Socket:
        """401 for the others."""
        token = connect.headers["token"]
        self.shown += (token,)
        if token != "t2":
            raise HandshakeRefused("no", host="h", status=401)
        return await super().open(connect)


class Showing(Toy):
    """Shows the token in a header."""

    def connect(self, token: Token | None, channel: object) -> Connect:
        """That is all."""
        return Connect(url="wss://h", headers={"token": token.value if token else ""})


async def test_after_a_refusal_the_next_token_is_another_one() -> None:
    """S2-07: after 4001 the tutorial takes the token from its cache again, and again."""
    cache = "t1"
    theirs = [cache for _ in range(10)]  # getToken() gives what is not expired by the clock
    assert set(theirs) == {"t1"}
    door = Doorkeeper(["u1"])
    stream = Stream(
        Showing(ping=None), door, tokens=Provider(), options=ONE_SECOND, clock=door.clock
    )
    assert names(await everything(stream)) == ["u1"]
    assert door.shown == ("t1", "t2")


async def test_leaving_is_no_reason_to_connect_again() -> None:
    """S4-09: the tutorial's own close event starts its reconnect; S2-13: the iteration ends."""
    reconnects: list[int] = []

    def on_close(code: int) -> None:
        reconnects.append(code)

    on_close(1000)  # ws.close(1000) emits close, whoever closed
    assert reconnects == [1000]
    script = Scripted(["u1", 3600.0], ["never"])
    async with Stream(QUIET, script, options=ONE_SECOND, clock=script.clock) as stream:
        await anext(stream)
    assert [event async for event in stream] == []
    assert script.opened == 1


async def test_two_streams_do_not_see_each_others_events() -> None:
    """S2-13: a global emitter gives every event to every stream; state belongs to a stream."""
    scripts = [Scripted([f"u{number}", f"u{number}9"]) for number in (1, 2)]
    streams = [Stream(QUIET, script, clock=script.clock) for script in scripts]
    assert [names(await everything(stream)) for stream in streams] == [["u1", "u19"], ["u2", "u29"]]


async def test_a_stream_sends_topics_apart_and_reads_meanwhile() -> None:
    """S0-10: pacing never blocks what arrives; without answers there are none to wait for."""
    steps: list[Step] = [step for number in range(8) for step in (f"u{number}", 0.25)]
    script = Timed(steps)
    stream = Stream(
        Asking(ping=None, ack_timeout=None),
        script,
        topics=["a", "b", "c"],
        options=ONE_SECOND,
        clock=script.clock,
    )
    events = await everything(stream)
    assert script.times == [(0.0, "+a"), (0.5, "+b"), (1.0, "+c")]
    received = [each.received for each in events if isinstance(each, Utterance)]
    assert received == [0.25 * number for number in range(8)]


class Timed(Scripted):
    """Notes when something was sent."""

    def __init__(self, *connections: list[Step]) -> None:
        super().__init__(*connections)
        self.times: list[tuple[float, str]] = []

    async def open(self, connect: Connect) -> Socket:
        """The scripted socket, with an eye on what is sent."""
        socket = await super().open(connect)
        return _TimedSocket(socket, self)


class _TimedSocket:
    def __init__(self, socket: Socket, script: Timed) -> None:
        self._script = script
        self.receive = socket.receive
        self.close = socket.close

    async def send(self, text: str) -> None:
        self._script.times.append((self._script.clock.monotonic(), text))


async def test_what_nobody_acknowledges_is_told() -> None:
    """S0-10: the tutorial marks a topic as subscribed when it sends, and never learns otherwise."""
    script = Timed(["u1", 40.0, "u2"])
    stream = Stream(Asking(ping=None), script, topics=["a"], options=ONE_SECOND, clock=script.clock)
    events = await everything(stream)
    assert [text for _, text in script.times] == ["+a", "+a", "+a"]
    refused = [each for each in events if isinstance(each, TopicRefused)]
    assert [(each.topic, each.reason) for each in refused] == [("a", NOT_ACKNOWLEDGED)]


async def test_new_topics_go_first_after_a_reconnect() -> None:
    """S0-10, S0-09: every topic again on every connection, a new one before the old ones."""
    plan = TopicList(["a", "b"])
    script = Timed([3.0, "u1", lost(1006)], [3.0, "u2"])
    stream = Stream(
        Asking(ping=None, ack_timeout=None),
        script,
        topics=plan,
        options=ONE_SECOND,
        clock=script.clock,
    )
    events = []
    async with stream:
        async for event in stream:
            events.append(event)
            if isinstance(event, Utterance):
                plan.add("c")
    assert [text for _, text in script.times] == ["+a", "+b", "+c", "+a", "+b"]
    assert any(isinstance(event, Gap) for event in events)


@pytest.mark.parametrize("topic", ["v2.interaction.a.b", "v2.users.x", "x"])
async def test_a_topic_of_another_language_is_raised(topic: str) -> None:
    """S0-10: an id that would change the topic is an error of the caller's, told at once."""
    script = Scripted([60.0, "never"])
    stream = Stream(InteractionTopics(), script, tokens=script, topics=[topic], clock=script.clock)
    async with stream:
        with pytest.raises(ConfigurationError):
            await anext(stream)


async def test_the_context_window_slides() -> None:
    """S2-04: frozen when it was first computed, it points to the past after a reconnect."""
    frozen_start = 1_000.0 - 300.0
    script = Scripted([5.0, lost(1006)], [5.0], clock=VirtualClock(1_000.0))
    stream = Stream(
        AgentAssist(window=300.0),
        script,
        tokens=script,
        topics=["a-1"],
        options=ONE_SECOND,
        clock=script.clock,
    )
    await everything(stream)
    windows = [json.loads(text)["contextWindow"] for text in script.sent]
    starts = [datetime.fromisoformat(each["start"]).timestamp() for each in windows]
    ends = [datetime.fromisoformat(each["end"]).timestamp() for each in windows]
    assert ends == [1_000.0, 1_006.0]
    assert starts == [frozen_start, frozen_start + 6.0]


async def test_a_recording_of_another_language_is_replayed(tmp_path: Path) -> None:
    """S4-18: raw messages are what a recorder keeps; replayed, they give the same events."""
    event = {
        "sequence": 1,
        "id": "i-1",
        "type": "interaction",
        "status": "queued",
        "channelType": "voice",
        "timestamp": "2026-03-01T10:00:00Z",
    }
    dialect = InteractionStream()
    script = Scripted(['{"type":"subscribed"}', 1.5, json.dumps(event)])
    with Recorder(script, tmp_path / "s4", script.clock) as recorder:
        stream = Stream(dialect, recorder, tokens=script, clock=script.clock)
        recorded = await everything(stream)
    assert len(recorded) == 1
    assert await everything(replay(tmp_path / "s4", dialect)) == recorded


async def test_topics_are_added_and_removed_while_the_stream_runs() -> None:
    """S0-11: public; the tutorial's facade has no way to subscribe to anything."""
    plan = TopicList()
    script = Timed(["u1", 2.0, "u2", 2.0, "u3", 2.0])
    stream = Stream(
        Asking(ping=None, ack_timeout=None),
        script,
        topics=plan,
        options=ONE_SECOND,
        clock=script.clock,
    )
    async with stream:
        async for event in stream:
            if names([event]) == ["u1"]:
                plan.add("a", "b")
            elif names([event]) == ["u2"]:
                plan.remove("a", "never there")
    assert [text for _, text in script.times] == ["+a", "+b", "-a"]
