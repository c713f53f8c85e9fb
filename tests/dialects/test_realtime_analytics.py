"""The agent sentiment tutorial's language: X-01, S3-01, S3-03 … S3-05, S3-07, A5 "Score scale"."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.dialects.realtime_analytics import (
    RealtimeAnalytics,
    conversations,
    host_of_region,
)
from genesys_sentiment.errors import BadFrame, ConfigurationError
from genesys_sentiment.model.events import ABSENT, Reading, StateChange, Unknown
from genesys_sentiment.model.wire import (
    Closing,
    Dialect,
    Drift,
    Heartbeat,
    Refused,
    Token,
    TokenRevoked,
    WireMessage,
)

from .frames import CONVERSATION, QUEUE, USER
from .test_fuzz import JSON, NOISE

NOW = 1_772_359_400.0
TOKEN = Token(value="a-token", expires=9.0)


def event(**more: Any) -> dict[str, Any]:
    return {
        "type": "conversation",
        "conversationId": CONVERSATION,
        "agentId": USER,
        "queueId": QUEUE,
        "timestamp": "2026-03-01T10:00:00Z",
        "state": "connected",
        "sentiment": {"score": -0.6, "label": "negative"},
    } | more


def decode(said: Any, **options: Any) -> list[WireMessage]:
    raw = said if isinstance(said, bytes) else json.dumps(said).encode()
    return list(RealtimeAnalytics(**options).decode(raw, NOW))


def reading(said: Any, **options: Any) -> Reading:
    found = [each for each in decode(said, **options) if isinstance(each, Reading)]
    assert len(found) == 1
    return found[0]


def subscription(topics: list[str], **options: Any) -> Any:
    (request,) = RealtimeAnalytics(**options).subscribe(topics, NOW, str)
    assert request.reference is None
    assert request.topics == tuple(topics)
    return json.loads(request.text)


class TestLine:
    def test_address_and_header(self) -> None:
        """S3-03, X-01: the tutorial's endpoint, the token in a header and nowhere else."""
        dialect: Dialect = RealtimeAnalytics()
        connect = dialect.connect(TOKEN, None)
        assert connect.url == "wss://api.genesyscloud.com/api/v2/analytics/websocket"
        assert connect.headers == {"Authorization": "Bearer a-token"}
        assert "a-token" not in repr(connect)
        assert (dialect.name, dialect.uses_channel) == ("realtime_analytics", False)
        assert (dialect.ping, dialect.ack_timeout) == (None, None)
        assert dialect.renew(TOKEN, str) is None

    def test_regional_host(self) -> None:
        """S3-03: the tutorial's own example of a region."""
        host = host_of_region("ap-southeast-1")
        assert host == "ap-southeast-1.api.genesyscloud.com"
        assert RealtimeAnalytics(host=host).connect(TOKEN, None).url.startswith(f"wss://{host}/")

    @pytest.mark.parametrize(
        "region", ["", "my", "eu-west", "evil.example/eu-west-1", "EU-WEST-1", "eu-west-1\n"]
    )
    def test_region_is_checked(self, region: str) -> None:
        """S3-03: a region is a name, not a part of an address."""
        with pytest.raises(ConfigurationError):
            host_of_region(region)

    @pytest.mark.parametrize(
        "options",
        [
            {"host": "https://api.genesyscloud.com"},
            {"host": "user:secret@api.example"},
            {"host": "api.example/x?y"},
            {"path": "/api/v2/analytics/websocket?access_token=secret"},
            {"host": "api.example", "secure": False},
        ],
    )
    def test_host_is_checked(self, options: dict[str, Any]) -> None:
        """S3-03: no user, path, query or scheme in it, and none of it in the error."""
        with pytest.raises(ConfigurationError) as caught:
            RealtimeAnalytics(**options)
        assert "secret" not in str(caught.value)

    def test_needs_a_token(self) -> None:
        """S3-03."""
        with pytest.raises(ConfigurationError):
            RealtimeAnalytics().connect(None, None)


class TestSubscribe:
    def test_message(self) -> None:
        """S3-04, X-01: the tutorial's message."""
        assert subscription([conversations(queue=QUEUE, agent=USER)]) == {
            "action": "subscribe",
            "events": [
                {
                    "type": "conversation",
                    "filters": {"queueId": QUEUE, "agentId": USER},
                    "fields": ["sentiment.score", "sentiment.label", "state"],
                }
            ],
            "heartbeat": 30,
        }

    def test_filters_of_the_dialect_hold_where_a_topic_has_none(self) -> None:
        """S3-04."""
        said = subscription(
            [conversations(), conversations(agent="a-2"), conversations(queue="q-2")],
            filters={"queueId": "q-1"},
        )
        assert [each["filters"] for each in said["events"]] == [
            {"queueId": "q-1"},
            {"queueId": "q-1", "agentId": "a-2"},
            {"queueId": "q-2"},
        ]

    def test_unsubscribe(self) -> None:
        """S3-04: the way back names the same."""
        topics = [conversations(queue=QUEUE)]
        (request,) = RealtimeAnalytics().unsubscribe(topics, str)
        assert json.loads(request.text) == subscription(topics) | {"action": "unsubscribe"}
        assert RealtimeAnalytics().unsubscribe([], str) == ()

    @pytest.mark.parametrize(
        "topic", ["", "queue", "conversation;queueId", "conversation;queueId=a b", "conversation;"]
    )
    def test_topics_are_checked(self, topic: str) -> None:
        """S3-04, C5-29."""
        with pytest.raises(ConfigurationError):
            RealtimeAnalytics().subscribe([topic], NOW, str)

    @pytest.mark.parametrize("bad", ['x","agentId":"y', "a.b", "", "a\n"])
    def test_ids_are_checked(self, bad: str) -> None:
        """S3-04, C5-29."""
        with pytest.raises(ConfigurationError):
            conversations(queue=bad)
        with pytest.raises(ConfigurationError):
            RealtimeAnalytics(filters={"queueId": bad})

    def test_a_score_must_be_asked_for(self) -> None:
        """S3-04: without the field no event ever has a score, so it is refused before."""
        with pytest.raises(ConfigurationError, match=r"sentiment\.score"):
            RealtimeAnalytics(fields=("sentiment.label", "state"))
        meant = RealtimeAnalytics(fields=("state",), without_score=True)
        assert [each for each in meant.warnings if "sentiment.score" in each]
        assert RealtimeAnalytics().warnings == ()

    @pytest.mark.parametrize("name", ["", "a b", ".score", 'x"', "a" * 99])
    def test_fields_are_names(self, name: str) -> None:
        """S3-04."""
        with pytest.raises(ConfigurationError):
            RealtimeAnalytics(fields=("sentiment.score", name))


class TestHeartbeat:
    def test_default(self) -> None:
        """S3-05: 30 s, and the line is dead after one and a half of them."""
        dialect = RealtimeAnalytics()
        assert (dialect.heartbeat, dialect.idle_timeout) == (30, 45.0)
        assert RealtimeAnalytics(heartbeat=60).idle_timeout == 90.0

    @pytest.mark.parametrize(("seconds", "warned"), [(5, True), (9, True), (10, False)])
    def test_too_often(self, seconds: int, warned: bool) -> None:
        """S3-05: 5 s runs into a rate limit; below 10 there is a warning."""
        dialect = RealtimeAnalytics(heartbeat=seconds)
        assert bool(dialect.warnings) is warned
        assert all("rate limit" in each for each in dialect.warnings)
        assert subscription(["conversation"], heartbeat=seconds)["heartbeat"] == seconds

    @pytest.mark.parametrize("seconds", [0, -1, 3601, True, 1.5, None])
    def test_no_heartbeat_is_refused(self, seconds: Any) -> None:
        """S3-05: without one the server closes an idle line."""
        with pytest.raises(ConfigurationError):
            RealtimeAnalytics(heartbeat=seconds)

    @pytest.mark.parametrize("seconds", [30.0, 0.0, float("nan"), float("inf")])
    def test_the_line_outlives_a_heartbeat(self, seconds: float) -> None:
        """S3-05."""
        with pytest.raises(ConfigurationError):
            RealtimeAnalytics(idle_timeout=seconds)


class TestEvents:
    def test_event(self) -> None:
        """S3-03, X-01: whose state, and then the reading."""
        assert decode(event()) == [
            StateChange(
                conversation=CONVERSATION,
                subject="conversation",
                state="connected",
                participant=USER,
                purpose="agent",
                user=USER,
                queue=QUEUE,
                count=1_772_359_200_000,
                at=1_772_359_200.0,
                received=NOW,
            ),
            Reading(
                conversation=CONVERSATION,
                score=-0.6,
                participant="agent",
                queues=(QUEUE,),
                correlation=USER,
                at=1_772_359_200.0,
                received=NOW,
            ),
        ]

    @pytest.mark.parametrize(
        ("more", "score"),
        [
            ({"sentiment": {"score": 0.0}}, 0.0),
            ({"sentiment": {"score": -0.5, "label": None}}, -0.5),
            ({"sentiment": {"score": None, "label": None}}, None),
            ({"sentiment": None}, None),
            ({"sentiment": {"label": "negative"}}, ABSENT),
            ({"sentiment": {}}, ABSENT),
        ],
    )
    def test_absent_null_and_zero_are_three_things(self, more: Any, score: Any) -> None:
        """S3-01, S3-04, S3-07: nothing falsy is dropped, and none is taken for another."""
        assert reading(event(**more)).score is score or reading(event(**more)).score == score
        assert type(reading(event(**more)).score) is type(score)

    def test_a_score_that_was_asked_for_and_did_not_come(self) -> None:
        """S3-04: absent. Where none was asked for, its absence says nothing."""
        said = event()
        del said["sentiment"]
        assert reading(said).score is ABSENT
        (only,) = decode(said, fields=("state",), without_score=True)
        assert isinstance(only, StateChange)

    def test_the_tutorials_processing_drops_and_crashes(self) -> None:
        """S3-07: it drops falsy objects, takes null for a number and needs every score."""
        buffer: list[float] = []

        def process_event(data: Any) -> float | None:
            if not data.get("sentiment"):
                return None
            buffer.append(data["sentiment"]["score"])
            return sum(buffer) / len(buffer)

        assert process_event(event(sentiment={})) is None
        with pytest.raises(KeyError):
            process_event(event(sentiment={"label": "negative"}))
        with pytest.raises(TypeError):
            process_event(event(sentiment={"score": None}))
        scores = [
            reading(event(sentiment=each)).score
            for each in ({}, {"label": "negative"}, {"score": None}, None)
        ]
        assert scores == [ABSENT, ABSENT, None, None]

    @pytest.mark.parametrize("score", ['"-0.5"', "true", "[]", "1e999", "NaN", '""', "9" * 400])
    def test_what_is_no_number(self, score: str) -> None:
        """S3-07, C5-15: a score that cannot be trusted makes the frame unreadable."""
        raw = b'{"conversationId":"c","sentiment":{"score":%s}}' % score.encode()
        with pytest.raises(BadFrame):
            decode(raw)

    @pytest.mark.parametrize("sentiment", ["", 0, False, [], "negative"])
    def test_what_is_no_sentiment(self, sentiment: Any) -> None:
        """S3-07, C5-15."""
        with pytest.raises(BadFrame) as caught:
            decode(event(sentiment=sentiment))
        assert caught.value.reason == "body"

    @pytest.mark.parametrize("score", [-100.0, 1.01, 95])
    def test_out_of_scale_is_left_to_the_scorer(self, score: float) -> None:
        """A5 Score scale: never guessed, never clamped."""
        assert reading(event(sentiment={"score": score})).score == score

    @pytest.mark.parametrize(
        ("scale", "sent", "score"),
        [
            ((-100.0, 100.0), -60, -0.6),
            ((-100.0, 100.0), 0, 0.0),
            ((0.0, 1.0), 0.5, 0.0),
            ((0.0, 1.0), 0, -1.0),
            ((-100.0, 100.0), 150, 1.5),
        ],
    )
    def test_scale_is_explicit(self, scale: Any, sent: float, score: float) -> None:
        """A5 Score scale: what the dialect is told, and what was out of it stays out."""
        assert reading(event(sentiment={"score": sent}), scale=scale).score == score
        nothing: Any
        for nothing in (None, {}):
            assert not isinstance(reading(event(sentiment=nothing), scale=scale).score, float)

    @pytest.mark.parametrize("scale", [(1.0, -1.0), (0.0, 0.0), (0.0, float("inf"))])
    def test_scale_is_one(self, scale: Any) -> None:
        """A5 Score scale."""
        with pytest.raises(ConfigurationError):
            RealtimeAnalytics(scale=scale)

    @pytest.mark.parametrize("state", ["wrapup", "disconnected", "ended", "Wrapup", "new-one"])
    def test_states(self, state: str) -> None:
        """S3-07, C5-18: any state is kept, in lower case, and the score beside it as well."""
        change, last = decode(event(state=state))
        assert isinstance(change, StateChange)
        assert (change.state, change.user) == (state.lower(), USER)
        assert isinstance(last, Reading)

    def test_a_state_that_comes_again_is_another_event(self) -> None:
        """S3-07: connected, hold, connected; the same frame again is the same event."""
        first, later = (
            decode(event(timestamp=f"2026-03-01T10:00:0{second}Z")) for second in (0, 5)
        )
        assert isinstance(first[0], StateChange)
        assert isinstance(later[0], StateChange)
        assert first[0].id != later[0].id
        assert [each.id for each in decode(event())] == [each.id for each in decode(event())]  # type: ignore[union-attr]

    def test_equal_scores_are_not_one_reading(self) -> None:
        """S3-01: two agents at one moment, or frames without id and time, are different events."""
        raw = json.dumps(event(timestamp=None)).encode()
        dialect = RealtimeAnalytics()
        keys = {
            each.key
            for received in (NOW, NOW + 1)
            for each in dialect.decode(raw, received)
            if isinstance(each, Reading)
        }
        keys |= {reading(event(agentId=each)).key for each in ("a-1", "a-2")}
        keys |= {reading(event(timestamp=None, id=each)).key for each in ("e-1", "e-2", "e-2")}
        assert len(keys) == 6

    @pytest.mark.parametrize("at", ["2026-03-01T10:00:00", "yesterday", True, -5])
    def test_bad_time_is_named(self, at: Any) -> None:
        """C5-15."""
        change, read, drift = decode(event(timestamp=at))
        assert isinstance(change, StateChange)
        assert isinstance(read, Reading)
        assert (change.at, read.at) == (None, None)
        assert drift == Drift(("realtime_analytics.timestamp",))

    def test_new_fields(self) -> None:
        """C5-18: named, and nothing is lost."""
        change, read, drift = decode(event(mood=1, sentiment={"score": 0.5, "why": "x"}))
        assert isinstance(change, StateChange)
        assert isinstance(read, Reading)
        assert read.score == 0.5
        assert drift == Drift(("realtime_analytics.sentiment.why", "realtime_analytics.mood"))

    @pytest.mark.parametrize("who", ["", 7, "a\nb", "x" * 129])
    def test_whose(self, who: Any) -> None:
        """C5-29."""
        with pytest.raises(BadFrame) as caught:
            decode(event(conversationId=who))
        assert caught.value.reason == "no_conversation"

    @pytest.mark.parametrize(
        ("said", "expected"),
        [
            ({"type": "heartbeat", "timestamp": 5}, Heartbeat()),
            ({"action": "heartbeat"}, Heartbeat()),
            ({"type": "closing"}, Closing()),
            (
                {"type": "error", "code": "too_many_subscriptions"},
                Refused(None, "too_many_subscriptions"),
            ),
            ({"type": "error", "code": "unauthorized"}, TokenRevoked()),
        ],
    )
    def test_control(self, said: Any, expected: WireMessage) -> None:
        """S3-05: a heartbeat is no event without a sentiment."""
        assert decode(said) == [expected]

    def test_unknown(self) -> None:
        """C5-18."""
        (kept,) = decode({"type": "queue.observation", "x": 1})
        assert isinstance(kept, Unknown)
        assert kept.topic == "queue.observation"

    @pytest.mark.parametrize(
        ("raw", "reason"),
        [
            (b"", "json"),
            (b"\xff\xfe", "utf8"),
            (b"\x1f\x8b", "utf8"),
            (b"[]", "body"),
            (b"{}", "no_type"),
            (b"[" * 5_000, "too_deep"),
            (b"[" + b"1," * 200_000 + b"1]", "nodes"),
            (b'"' + b"x" * 300_000 + b'"', "string"),
            (b" " * 1_048_577, "too_large"),
        ],
    )
    def test_unreadable(self, raw: bytes, reason: str) -> None:
        """C5-15, C5-16, C5-17, C3 Frames."""
        with pytest.raises(BadFrame) as caught:
            decode(raw)
        assert caught.value.reason == reason


def survive(raw: bytes) -> None:
    try:
        messages = RealtimeAnalytics().decode(raw, NOW)
    except BadFrame as error:
        reason = error.reason
    else:
        reason = "none"
        assert messages
        for each in messages:
            hash(each)
            assert isinstance(getattr(each, "id", ""), str)
    assert reason.isidentifier()


@given(st.binary(max_size=300))
def test_random_bytes(raw: bytes) -> None:
    """C5-17."""
    survive(raw)


@given(st.data())
def test_mutated_frames(data: st.DataObject) -> None:
    """C5-15, C5-17."""
    raw = json.dumps(event()).encode()
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(raw)))
        end = data.draw(st.integers(start, min(len(raw), start + 30)))
        raw = raw[:start] + data.draw(NOISE | st.binary(max_size=6)) + raw[end:]
    survive(raw)


_KEYS = "type action conversationId agentId queueId sentiment state timestamp id status error x"


@given(st.dictionaries(st.sampled_from(_KEYS.split()), JSON, max_size=6), JSON)
def test_any_json(said: Any, sentiment: Any) -> None:
    """C5-15, C5-18."""
    survive(json.dumps(said).encode())
    survive(json.dumps(event(sentiment=sentiment)).encode())
