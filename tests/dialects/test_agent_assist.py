"""The Agent Assist tutorial's language: X-01, S2-03 … S2-06, S2-09, S2-14."""

from __future__ import annotations

import gzip
import json
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.dialects.agent_assist import AgentAssist
from genesys_sentiment.errors import BadFrame, ConfigurationError
from genesys_sentiment.model.events import Suggestion, Suggestions, Unknown
from genesys_sentiment.model.wire import (
    Acknowledged,
    Closing,
    Dialect,
    Drift,
    Heartbeat,
    Pong,
    Refused,
    Token,
    TokenRevoked,
    WireMessage,
)
from genesys_sentiment.streaming.buffer import Buffer
from genesys_sentiment.streaming.counters import Counters

from .test_fuzz import JSON, NOISE

INTERACTION = "11111111-2222-3333-4444-555555555555"
NOW = 1_772_359_400.0
TOKEN = Token(value="a-token", expires=9.0)


def message(**more: Any) -> dict[str, Any]:
    return {
        "interactionId": INTERACTION,
        "suggestions": [
            {
                "id": "s-1",
                "title": "Card blocked",
                "confidence": 0.9,
                "relevanceScore": 0.5,
                "knowledgeArticleId": "article-1",
            },
            {"id": "s-2", "title": "Refund", "confidence": 0.75, "relevanceScore": 1},
        ],
        "metadata": {"processingLatencyMs": 120},
    } | more


def decode(said: Any) -> list[WireMessage]:
    raw = said if isinstance(said, bytes) else json.dumps(said).encode()
    return list(AgentAssist().decode(raw, NOW))


def reason_of(said: Any) -> str:
    with pytest.raises(BadFrame) as caught:
        decode(said)
    return caught.value.reason


def ids() -> Any:
    numbers = count(1)
    return lambda: f"request-{next(numbers)}"


class TestLine:
    def test_address_and_header(self) -> None:
        """S2-03, X-01: the tutorial's endpoint, the token in a header and nowhere else."""
        dialect: Dialect = AgentAssist()
        connect = dialect.connect(TOKEN, None)
        assert connect.url == "wss://api.mypurecloud.com/api/v2/agentassist/websocket"
        assert connect.headers == {"Authorization": "Bearer a-token"}
        assert "a-token" not in repr(connect)
        assert (dialect.name, dialect.uses_channel, dialect.ping) == ("agent_assist", False, None)
        assert (dialect.idle_timeout, dialect.ack_timeout) == (45.0, 10.0)
        assert dialect.renew(TOKEN, str) is None

    def test_address_is_configurable(self) -> None:
        """X-01: a gateway, or a simulator on this machine."""
        gateway = AgentAssist(host="gate.example:8443", path="/genesys/assist")
        assert gateway.connect(TOKEN, None).url == "wss://gate.example:8443/genesys/assist"
        local = AgentAssist(host="127.0.0.1:8080", secure=False)
        assert local.connect(TOKEN, None).url.startswith("ws://127.0.0.1:8080/api/")
        named = AgentAssist(host="localhost:8080", secure=False)
        assert named.connect(TOKEN, None).url.startswith("ws://localhost:8080/api/")

    @pytest.mark.parametrize(
        "options",
        [
            {"host": "user:secret@api.example"},
            {"host": "api.example/path"},
            {"host": "api.example?x"},
            {"host": "api.exam\nple"},
            {"host": "exаmple.com"},
            {"host": ""},
            {"host": "api.example:0"},
            {"path": "api"},
            {"path": "/api/../admin"},
            {"path": "/api?token=x"},
            {"path": "/api\r\nX-Evil: 1"},
            {"host": "api.example", "secure": False},
            {"window": 0.0},
            {"window": float("nan")},
            {"idle_timeout": float("inf")},
            {"ack_timeout": -1.0},
            {"suggestion_types": ()},
            {"suggestion_types": ("know ledge",)},
        ],
    )
    def test_refuses_what_cannot_work(self, options: dict[str, Any]) -> None:
        """S2-03, C5-29: what could lead a token elsewhere is refused, and not repeated."""
        with pytest.raises(ConfigurationError) as caught:
            AgentAssist(**options)
        assert "secret" not in str(caught.value)

    @pytest.mark.parametrize("token", [None, Token(value="a\r\nX-Evil: 1", expires=1.0)])
    def test_needs_a_sound_token(self, token: Token | None) -> None:
        """S2-03, C5-29."""
        with pytest.raises(ConfigurationError):
            AgentAssist().connect(token, None)


class TestSubscribe:
    def test_message(self) -> None:
        """S2-04: the tutorial's message, one for each interaction, each with its own id."""
        requests = AgentAssist().subscribe([INTERACTION, "another"], NOW, ids())
        assert [each.reference for each in requests] == ["request-1", "request-2"]
        assert [each.topics for each in requests] == [(INTERACTION,), ("another",)]
        assert json.loads(requests[0].text) == {
            "type": "subscribe",
            "interactionId": INTERACTION,
            "contextWindow": {
                "start": "2026-03-01T09:58:20.000Z",
                "end": "2026-03-01T10:03:20.000Z",
            },
            "suggestionTypes": ["knowledge", "process"],
            "requestId": "request-1",
        }

    def test_window_slides(self) -> None:
        """S2-04: subscribed again after a reconnect, the window ends at that moment.

        The tutorial's is made once and passed on: an hour later it still ends an hour ago.
        """
        dialect = AgentAssist(window=300.0)

        def window(now: float) -> Any:
            (request,) = dialect.subscribe([INTERACTION], now, ids())
            return json.loads(request.text)["contextWindow"]

        frozen_at_start = window(NOW)
        again = frozen_at_start  # what connectWithRetry sends each time
        assert again["end"] == "2026-03-01T10:03:20.000Z"
        assert window(NOW + 3_600) == {
            "start": "2026-03-01T10:58:20.000Z",
            "end": "2026-03-01T11:03:20.000Z",
        }

    @pytest.mark.parametrize("now", [float("nan"), float("inf"), 1e18])
    def test_no_time_no_window(self, now: float) -> None:
        """S2-04: start before end, or nothing is sent."""
        with pytest.raises(ConfigurationError):
            AgentAssist().subscribe([INTERACTION], now, ids())

    def test_start_is_before_end(self) -> None:
        """S2-04: a window that is nothing once it is written in milliseconds."""
        with pytest.raises(ConfigurationError, match="start before"):
            AgentAssist(window=1e-6).subscribe([INTERACTION], NOW + 0.0005, ids())

    @pytest.mark.parametrize("topic", ["", "a b", 'x","type":"y', "a\n", "../x"])
    def test_ids_are_checked(self, topic: str) -> None:
        """S2-04, C5-29."""
        with pytest.raises(ConfigurationError):
            AgentAssist().subscribe([topic], NOW, ids())
        with pytest.raises(ConfigurationError):
            AgentAssist().unsubscribe([topic], ids())

    def test_unsubscribe(self) -> None:
        """S2-04: the way back, with an id of its own."""
        (request,) = AgentAssist().unsubscribe([INTERACTION], ids())
        assert (request.reference, request.topics) == ("request-1", (INTERACTION,))
        assert json.loads(request.text) == {
            "type": "unsubscribe",
            "interactionId": INTERACTION,
            "requestId": "request-1",
        }


class TestSuggestions:
    def test_event(self) -> None:
        """S2-05, S2-09, X-01: one message, its numbers as they were given."""
        assert decode(message(timestamp="2026-03-01T10:00:00Z", id="m-1")) == [
            Suggestions(
                conversation=INTERACTION,
                message="m-1",
                suggestions=(
                    Suggestion(
                        conversation=INTERACTION,
                        suggestion="s-1",
                        kind="knowledge",
                        title="Card blocked",
                        reference="article-1",
                        confidence=0.9,
                        relevance=0.5,
                        at=1_772_359_200.0,
                        received=NOW,
                    ),
                    Suggestion(
                        conversation=INTERACTION,
                        suggestion="s-2",
                        kind="suggestion",
                        title="Refund",
                        confidence=0.75,
                        relevance=1.0,
                        at=1_772_359_200.0,
                        received=NOW,
                    ),
                ),
                latency=0.12,
                at=1_772_359_200.0,
                received=NOW,
            )
        ]

    def test_gzip_says_the_same(self) -> None:
        """S2-05: text, and the same text compressed, are one event."""
        raw = json.dumps(message()).encode()
        assert decode(gzip.compress(raw)) == decode(raw)

    def test_the_tutorials_parser_loses_text_frames(self) -> None:
        """S2-05: every frame arrives as bytes, and the tutorial takes only gzip from bytes."""

        def parse_frame(data: bytes | str) -> Any:
            if isinstance(data, bytes):
                if data[:2] != b"\x1f\x8b":
                    return None
                return json.loads(gzip.decompress(data))
            return json.loads(data)

        raw = json.dumps(message()).encode()
        assert parse_frame(raw) is None
        assert isinstance(decode(raw)[0], Suggestions)

    @pytest.mark.parametrize("metadata", [None, {}, {"processingLatencyMs": None}])
    def test_no_latency_is_none(self, metadata: Any) -> None:
        """S2-09: not 0, as `metadata.processingLatencyMs or 0` has it."""
        (event,) = decode(message(metadata=metadata))
        assert isinstance(event, Suggestions)
        assert event.latency is None
        theirs = (metadata or {}).get("processingLatencyMs") or 0
        assert theirs == 0

    def test_zero_is_a_latency(self) -> None:
        """S2-09."""
        (event,) = decode(message(metadata={"processingLatencyMs": 0}))
        assert isinstance(event, Suggestions)
        assert event.latency == 0.0

    @pytest.mark.parametrize("stated", ["12", True, -1, [1]])
    def test_latency_of_another_type(self, stated: Any) -> None:
        """S2-09, C5-15: named, and the suggestions live."""
        event, drift = decode(message(metadata={"processingLatencyMs": stated}))
        assert isinstance(event, Suggestions)
        assert event.latency is None
        assert drift == Drift(("agent_assist.metadata.processingLatencyMs",))

    def test_numbers_out_of_scale_are_left_to_the_stage(self) -> None:
        """A5 Score scale: 95 of a scale to 100 stays 95, and nobody guesses 0.95."""
        (event,) = decode(message(suggestions=[{"id": "s", "confidence": 95}]))
        assert isinstance(event, Suggestions)
        assert event.suggestions[0].confidence == 95.0

    @pytest.mark.parametrize("stated", ["0.9", True, [0.9], {"a": 1}, 2**80])
    def test_what_is_no_number(self, stated: Any) -> None:
        """C5-15: a text or a bool is no confidence; the suggestion and its neighbours live."""
        event, drift = decode(
            message(suggestions=[{"id": "s-1", "confidence": stated}, {"id": "s-2"}])
        )
        assert isinstance(event, Suggestions)
        assert [each.suggestion for each in event.suggestions] == ["s-1", "s-2"]
        assert [each.confidence for each in event.suggestions] == [None, None]
        assert drift == Drift(("agent_assist.suggestions.confidence",))

    def test_items_that_are_none(self) -> None:
        """C5-15: named; one that has no id cannot be accepted, yet it was offered."""
        event, drift = decode(message(suggestions=[7, None, {"title": "x"}, {"id": "s"}]))
        assert isinstance(event, Suggestions)
        assert [each.suggestion for each in event.suggestions] == ["", "", "", "s"]
        assert drift == Drift(("agent_assist.suggestions", "agent_assist.suggestions.id"))

    def test_texts_that_are_none(self) -> None:
        """C5-15: a title of another type is named; the suggestion lives."""
        event, drift = decode(message(suggestions=[{"id": "s", "title": 5, "confidence": 0.8}]))
        assert isinstance(event, Suggestions)
        assert [(each.title, each.confidence) for each in event.suggestions] == [(None, 0.8)]
        assert drift == Drift(("agent_assist.suggestions.title",))

    def test_new_fields(self) -> None:
        """C5-18: named, and nothing is lost."""
        event, drift = decode(message(mood="x", suggestions=[{"id": "s", "colour": 1}]))
        assert isinstance(event, Suggestions)
        assert len(event.suggestions) == 1
        assert drift == Drift(("agent_assist.mood", "agent_assist.suggestions.colour"))

    def test_no_suggestions_is_an_answer_too(self) -> None:
        """S2-09."""
        (event,) = decode(message(suggestions=[]))
        assert isinstance(event, Suggestions)
        assert event.suggestions == ()

    def test_the_same_frame_has_the_same_id(self) -> None:
        """S2-05: repeated after a reconnect it is known; another one is not."""
        (first,) = decode(message())
        (again,) = AgentAssist().decode(json.dumps(message()).encode(), NOW + 60)
        (other,) = decode(message(metadata={"processingLatencyMs": 121}))
        assert isinstance(first, Suggestions)
        assert isinstance(again, Suggestions)
        assert isinstance(other, Suggestions)
        assert first.id == again.id != other.id

    @pytest.mark.parametrize("who", [None, "", 7, "a b", "a\n", "x" * 129])
    def test_whose(self, who: Any) -> None:
        """S2-05, C5-29: suggestions for nobody are of no use."""
        assert reason_of(message(interactionId=who)) == "no_conversation"


class TestBackpressure:
    def test_pending_events_are_counted_and_none_is_lost(self) -> None:
        """S2-06: the limit is on what waits, in number and bytes, and reading makes room again.

        The tutorial counts its listeners, which are one however much waits; and the frame in hand
        when it pauses is dropped.
        """

        def pauses(listeners: int, limit: int = 100) -> bool:
            return listeners == 0 or listeners > limit

        assert not any(pauses(listeners=1) for _ in range(1_000))  # nothing ever stops it
        buffer = Buffer(Counters(), limit=100, limit_bytes=50_000, overflow="block")
        events = [decode(message(id=f"m-{number}"))[0] for number in range(100)]
        for number, event in enumerate(events):
            assert isinstance(event, Suggestions)
            assert not buffer.full, number
            buffer.put(event, 10, NOW)
        assert buffer.full
        taken = [buffer.poll()]
        assert not buffer.full
        while (event := buffer.poll()) is not None:
            taken.append(event)
        assert taken == events

    def test_bytes_count_too(self) -> None:
        """S2-06: a few large frames fill the buffer as well."""
        buffer = Buffer(Counters(), limit=100, limit_bytes=50_000, overflow="block")
        (event,) = decode(message())
        assert isinstance(event, Suggestions)
        buffer.put(event, 60_000, NOW)
        assert buffer.full
        assert buffer.poll() is event
        assert not buffer.full


class TestRouting:
    @pytest.mark.parametrize(
        ("said", "expected"),
        [
            ({"type": "heartbeat"}, Heartbeat()),
            ({"type": "KeepAlive", "timestamp": 1}, Heartbeat()),
            ({"type": "pong"}, Pong()),
            ({"type": "subscribed", "requestId": "r-1"}, Acknowledged("r-1")),
            ({"type": "ack", "requestId": "r-1", "status": "ok"}, Acknowledged("r-1")),
            ({"type": "subscribe", "requestId": "r-1", "status": 200}, Acknowledged("r-1")),
            ({"requestId": "r-1"}, Acknowledged("r-1")),
            ({"status": "ok"}, Acknowledged(None)),
            ({"type": "ack", "requestId": "r-1", "status": "failed"}, Refused("r-1", "failed")),
            (
                {"type": "error", "requestId": "r-1", "code": "quota.exceeded", "message": "a b"},
                Refused("r-1", "quota.exceeded"),
            ),
            ({"requestId": "r-1", "error": {"code": "x y\n"}}, Refused("r-1", "x_y_")),
            ({"requestId": "r-1", "status": 403}, Refused("r-1", "403")),
            ({"type": "error", "message": "Bearer abc is bad"}, Refused(None, "refused")),
            ({"type": "error", "code": 401}, TokenRevoked()),
            ({"type": "error", "code": "TOKEN_EXPIRED", "requestId": "r"}, TokenRevoked()),
            ({"type": "closing"}, Closing()),
        ],
    )
    def test_control_is_no_suggestion(self, said: Any, expected: WireMessage) -> None:
        """S2-14: acks, heartbeats, errors and closing are typed, not passed on as suggestions.

        An error's text is not repeated: it may hold what was sent.
        """
        assert decode(said) == [expected]
        assert decode(gzip.compress(json.dumps(said).encode())) == [expected]

    def test_unknown(self) -> None:
        """S2-14, C5-18: kept as it came."""
        said = {"type": "weather.report", "sun": True}
        (event,) = decode(said)
        assert isinstance(event, Unknown)
        assert event.topic == "weather.report"
        assert json.loads(event.body) == said

    def test_the_tutorials_pipeline_passes_everything_on(self) -> None:
        """S2-14: without routing, an error is a message without suggestions like any other."""

        def pipeline(raw: Any) -> Any:
            return [each for each in raw.get("suggestions") or [] if each["confidence"] >= 0.75]

        error = {"type": "error", "requestId": "r-1", "code": "forbidden"}
        assert pipeline(error) == pipeline(message(suggestions=[])) == []
        assert decode(error) == [Refused("r-1", "forbidden")]


class TestBadFrames:
    @pytest.mark.parametrize(
        ("raw", "reason"),
        [
            (b"", "json"),
            (b"{", "json"),
            (b"hello", "json"),
            (b"\x00\x01\x02\xff\xfe", "utf8"),
            (b"\x1f\x8bnot gzip at all", "gzip"),
            (gzip.compress(b"\xff"), "utf8"),
            (gzip.compress(gzip.compress(b"{}")), "utf8"),
            (b"[]", "body"),
            (b'"x"', "body"),
            (b"{}", "no_type"),
            (b'{"type":5}', "no_type"),
            (b'{"suggestions":"x"}', "body"),
            (b'{"interactionId":"i","suggestions":[{"confidence":NaN}]}', "json"),
            (b'{"interactionId":"i","suggestions":[{"title":"\\ud800"}]}', "json"),
            (b'{"interactionId":"i","suggestions":[' + b"{}," * 1_000 + b"{}]}", "body"),
            (b'{"type":' + b"[" * 64 + b"]" * 64 + b"}", "too_deep"),
            (b" " * 1_048_577, "too_large"),
        ],
    )
    def test_reasons(self, raw: bytes, reason: str) -> None:
        """S2-05, C5-15, C5-16, C5-17: each is refused with a word that holds none of it."""
        assert reason_of(raw) == reason


def survive(raw: bytes) -> None:
    try:
        messages = AgentAssist().decode(raw, NOW)
    except BadFrame as error:
        reason = error.reason
    else:
        reason = "none"
        assert messages
        for each in messages:
            hash(each)
            assert isinstance(getattr(each, "id", ""), str)
    assert reason.isidentifier()


@given(st.binary(max_size=300), st.booleans())
def test_random_bytes(raw: bytes, packed: bool) -> None:
    """C5-17: BadFrame or values, whatever the bytes are."""
    survive(gzip.compress(raw) if packed else raw)


@given(st.data(), st.booleans())
def test_mutated_frames(data: st.DataObject, packed: bool) -> None:
    """C5-15, C5-17."""
    raw = json.dumps(message()).encode()
    raw = gzip.compress(raw) if packed else raw
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(raw)))
        end = data.draw(st.integers(start, min(len(raw), start + 30)))
        raw = raw[:start] + data.draw(NOISE | st.binary(max_size=6)) + raw[end:]
    survive(raw)


_KEYS = "type id requestId interactionId suggestions metadata timestamp status code error x"
KEYS = st.sampled_from(_KEYS.split())


@given(st.dictionaries(KEYS, JSON, max_size=6), JSON)
def test_any_json(said: Any, item: Any) -> None:
    """C5-15, C5-18."""
    survive(json.dumps(said).encode())
    survive(json.dumps(message(suggestions=[item])).encode())
