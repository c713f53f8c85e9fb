"""The dialect of the sentiment scorer's tutorial (S0), frame by frame."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.dialects.interaction_topics import InteractionTopics, interaction
from genesys_sentiment.errors import BadFrame, ConfigurationError
from genesys_sentiment.model.events import Reading, Unknown
from genesys_sentiment.model.results import Score, Skipped
from genesys_sentiment.model.values import ABSENT
from genesys_sentiment.model.wire import (
    Acknowledged,
    Closing,
    Heartbeat,
    Pong,
    Refused,
    Token,
    TokenRevoked,
    WireMessage,
)
from genesys_sentiment.scoring.policy import Policy
from genesys_sentiment.scoring.scorer import Scorer

CALL = "6b1f2c3d-1111-4222-8333-444455556666"
DIALECT = InteractionTopics()
TOKEN = Token(value="canary-token", expires=1e9)


def references() -> Callable[[], str]:
    numbers: Iterator[int] = count(1)
    return lambda: f"id-{next(numbers)}"


def segment(**more: Any) -> dict[str, Any]:
    return {
        "id": "s-1",
        "timestamp": 1_772_359_200_500,
        "participant": "customer",
        "text": "my card was declined twice",
    } | more


def data(**more: Any) -> dict[str, Any]:
    return {
        "id": CALL,
        "language": "en-US",
        "segments": [segment()],
        "sentiment": {"polarity": -0.42, "confidence": 0.81, "label": "negative"},
        "emotion": {"label": "anger", "confidence": 0.7},
    } | more


def frame(body: Any = None, **more: Any) -> bytes:
    message = {"type": "v2.interaction", "data": data() if body is None else body}
    return json.dumps(message | more).encode()


def one(raw: bytes) -> WireMessage:
    (message,) = DIALECT.decode(raw, 5.0)
    return message


def reading(**more: Any) -> Reading:
    message = one(frame(data(**more)))
    assert isinstance(message, Reading)
    return message


def test_where_and_how_it_connects() -> None:
    """S0-08: the address, the bearer header and the user agent are the tutorial's."""
    connect = InteractionTopics(host="api.example.com").connect(TOKEN, None)
    assert connect.url == "wss://api.example.com/api/v2/websocket"
    assert connect.headers == {
        "Authorization": "Bearer canary-token",
        "User-Agent": "Genesys-Sentiment-Scorer/1.0",
    }
    assert "canary" not in repr(connect)


def test_the_endpoint_is_configurable() -> None:
    """X-01, S0-08."""
    dialect = InteractionTopics(host="127.0.0.1:8080", path="/gateway/ws", secure=False)
    assert dialect.connect(TOKEN, None).url == "ws://127.0.0.1:8080/gateway/ws"


@pytest.mark.parametrize(
    "options",
    [
        {"host": "user:secret@example.com"},
        {"host": "example.com/path"},
        {"host": "example.com?x=1"},
        {"host": "exa\r\nmple.com"},
        {"host": ""},
        {"path": "/../etc"},
        {"path": "no-slash"},
        {"path": "/a?b=c"},
        {"host": "example.com", "secure": False},
        {"pacing": -0.1},
        {"pacing": float("nan")},
        {"ack_timeout": 0.0},
        {"idle_timeout": float("inf")},
    ],
)
def test_what_cannot_work_is_refused(options: dict[str, Any]) -> None:
    """S0-07, S0-08: no user, path, query or control characters in the host; TLS but on loopback."""
    with pytest.raises(ConfigurationError) as caught:
        InteractionTopics(**options)
    assert "secret" not in str(caught.value)


def test_without_a_token_it_does_not_connect() -> None:
    with pytest.raises(ConfigurationError):
        DIALECT.connect(None, None)


def test_one_request_for_each_interaction() -> None:
    """S0-10: op, topic and an id of its own; UNSUBSCRIBE in the same style."""
    topics = [interaction(CALL), interaction("other-1")]
    first, second = DIALECT.subscribe(topics, 0.0, references())
    assert json.loads(first.text) == {
        "op": "SUBSCRIBE",
        "topic": f"v2.interaction.{CALL}",
        "id": "id-1",
    }
    assert first.text.startswith('{"op":"SUBSCRIBE","topic":"v2.interaction.')
    assert (first.reference, first.topics) == ("id-1", (topics[0],))
    assert (second.reference, second.topics) == ("id-2", (topics[1],))
    (drop,) = DIALECT.unsubscribe(topics[:1], references())
    assert json.loads(drop.text)["op"] == "UNSUBSCRIBE"


@pytest.mark.parametrize(
    "topic", ["v2.interaction.a.b", "v2.interaction.", 'v2.interaction.a"', "v2.users.a", CALL]
)
def test_an_id_cannot_change_the_topic(topic: str) -> None:
    """S0-10: the tutorial puts any text into the topic and cuts it at its dots to get it back."""
    # The tutorial: topic = "v2.interaction." + id; id = topic.split(".").pop()
    assert f"v2.interaction.{'a.b'}".split(".").pop() != "a.b"
    with pytest.raises(ConfigurationError):
        DIALECT.subscribe([topic], 0.0, references())
    with pytest.raises(ConfigurationError):
        interaction("a.b")


def test_pacing_is_half_a_second_and_a_setting() -> None:
    """S0-10."""
    assert (InteractionTopics().pacing, InteractionTopics().ack_timeout) == (0.5, None)
    assert InteractionTopics(pacing=0.05, ack_timeout=3.0).pacing == 0.05


def test_the_token_is_renewed_by_another_connection() -> None:
    """S0-08: there is no word for it on an open one."""
    assert DIALECT.renew(TOKEN, references()) is None  # type: ignore[func-returns-value]


def test_an_event() -> None:
    """S0-12: the interaction is data.id; its numbers as they came, its segments as utterances."""
    found = reading(segments=[segment(), segment(id="s-2", participant="agent", timestamp=1.8e9)])
    assert (found.conversation, found.language, found.received) == (CALL, "en-US", 5.0)
    assert (found.score, found.confidence) == (-0.42, 0.81)
    assert (found.emotion, found.emotion_confidence) == ("anger", 0.7)
    assert [each.utterance for each in found.segments] == ["s-1", "s-2"]
    assert [each.participant for each in found.segments] == ["customer", "agent"]
    assert [each.at for each in found.segments] == [1_772_359_200.5, 1.8e9]
    assert found.segments[0].text == "my card was declined twice"
    assert (found.utterance, found.at) == ("s-2", 1.8e9)


@pytest.mark.parametrize(
    ("sentiment", "score", "confidence"),
    [
        ({"polarity": 0.0, "confidence": 0.0}, 0.0, 0.0),
        ({"polarity": None, "confidence": None}, None, None),
        ({"label": "neutral"}, ABSENT, ABSENT),
        (None, None, None),
        ({"polarity": 1}, 1.0, ABSENT),
    ],
)
def test_absent_null_and_zero_are_three_things(
    sentiment: Any, score: object, confidence: object
) -> None:
    """S0-15: the tutorial makes polarity 0 and neutral of what was not sent."""
    found = reading(sentiment=sentiment)
    assert (found.score, found.confidence) == (score, confidence)
    # The tutorial: sentiment = data.sentiment || {polarity: 0, confidence: 0, label: "neutral"}
    theirs = (sentiment or {"polarity": 0, "confidence": 0}).get("polarity")
    assert (theirs == 0) >= (sentiment is None)


def test_without_the_fields_there_is_nothing() -> None:
    """S0-15: a missing sentiment is no neutral one, and a missing emotion none at all."""
    body = data()
    del body["sentiment"], body["emotion"]
    found = one(frame(body))
    assert isinstance(found, Reading)
    assert (found.score, found.confidence) == (ABSENT, ABSENT)
    assert (found.emotion, found.emotion_confidence) == (ABSENT, ABSENT)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"segments": None}, "segments_missing"),
        ({"segments": []}, "segments_missing"),
        ({"language": None}, "language_missing"),
        ({"language": "xx"}, "language_unsupported"),
        ({"sentiment": None}, "no_data"),
        ({"sentiment": {"polarity": 7.0, "confidence": 0.5}}, "invalid"),
    ],
)
def test_what_is_missing_reaches_the_scorer_as_such(change: Any, reason: str) -> None:
    """S0-13, S0-14: distinct outcomes, and none of them poisons the next event."""
    scorer = Scorer(Policy.interactions(min_interval=0.0))
    (skipped,) = scorer(reading(**change), 5.0)
    assert isinstance(skipped, Skipped)
    assert skipped.reason == reason
    (score,) = scorer(reading(), 6.0)
    assert isinstance(score, Score)
    assert score.polarity == "negative"


def test_what_an_empty_list_does_in_the_tutorial() -> None:
    """S0-13: there it poisons the interaction's window for ever; here it is one skipped event."""
    window: list[dict[str, Any] | None] = []

    def theirs(segments: list[dict[str, Any]], now: int) -> int:
        kept = [each for each in window if each["timestamp"] > now - 30_000]  # type: ignore[index]
        window[:] = [*kept, segments[-1] if segments else None]
        return len(window)

    theirs([], 0)
    with pytest.raises(TypeError):
        theirs([segment()], 1)
    scorer = Scorer(Policy.interactions(min_interval=0.0))
    scorer(reading(segments=[]), 5.0)
    assert isinstance(scorer(reading(), 6.0)[0], Score)


@pytest.mark.parametrize(
    "change",
    [
        {"sentiment": {"polarity": "0.9"}},
        {"sentiment": {"polarity": True}},
        {"sentiment": "positive"},
        {"emotion": ["joy"]},
        {"segments": {}},
        {"segments": [1]},
        {"segments": [{}] * 1_001},
        {"language": 1},
        {"id": 7},
    ],
)
def test_types_are_strict(change: Any) -> None:
    """S0-13, C5-15: a text or a truth is no number, whatever it looks like."""
    with pytest.raises(BadFrame) as caught:
        DIALECT.decode(frame(data(**change)), 5.0)
    assert caught.value.reason == "body"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "json"),
        (b"[]", "envelope"),
        (b"{}", "no_type"),
        (b'{"type":"v2.interaction"}', "no_data"),
        (b'{"type":"v2.interaction","data":{}}', "no_conversation"),
        (b'{"type":"v2.interaction","data":7}', "body"),
        (b'{"type":"v2.interaction","data":{"id":"a","sentiment":{"polarity":NaN}}}', "json"),
        (b"\xff", "utf8"),
        (b" " * 1_048_577, "too_large"),
    ],
)
def test_what_cannot_be_read(raw: bytes, reason: str) -> None:
    with pytest.raises(BadFrame) as caught:
        DIALECT.decode(raw, 5.0)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("message", "meaning"),
    [
        ({"op": "ACK", "id": "x"}, Acknowledged("x")),
        ({"op": "SUBSCRIBED", "id": "x"}, Acknowledged("x")),
        ({"type": "ack", "requestId": "x"}, Acknowledged("x")),
        ({"type": "ack"}, Acknowledged(None)),
        ({"op": "ERROR", "id": "x", "message": "unknown topic"}, Refused("x", "unknown topic")),
        (
            {"op": "ERROR", "id": "x", "message": "bad token " + "aB3-" * 20 + " given"},
            Refused("x", "bad token _ given"),
        ),
        ({"id": "x", "status": "ok"}, Acknowledged("x")),
        ({"requestId": "x", "error": "denied"}, Refused("x", "denied")),
        ({"type": "error", "id": "x", "code": 429}, Refused("x", "429")),
        ({"type": "error"}, Refused(None, "refused")),
        ({"type": "error", "code": 401}, TokenRevoked()),
        ({"type": "heartbeat", "data": 7}, Heartbeat()),
        ({"op": "PING"}, Heartbeat()),
        ({"type": "pong"}, Pong()),
        ({"type": "closing"}, Closing()),
    ],
)
def test_every_kind_of_frame_is_told_apart(message: Any, meaning: WireMessage) -> None:
    """S0-12: data, acknowledgement, error, heartbeat, closing, unknown."""
    assert one(json.dumps(message).encode()) == meaning


def test_an_unknown_kind_is_kept() -> None:
    """S0-12, C5-18: and unknown fields disturb nobody."""
    raw = json.dumps({"type": "v3.surprise", "data": {"a": 1}}).encode()
    found = one(raw)
    assert isinstance(found, Unknown)
    assert (found.topic, found.body) == ("v3.surprise", raw)
    assert reading(novelty={"a": [1]}, sentiment={"polarity": 0.5, "new": 1}).score == 0.5


def test_a_refusals_text_is_harmless() -> None:
    """C5-30: it goes into logs and events."""
    message = {"op": "ERROR", "id": "x", "message": "no\r\n\x1b[31m<b>" + "x" * 1_000}
    found = one(json.dumps(message).encode())
    assert isinstance(found, Refused)
    assert len(found.reason) <= 200
    assert found.reason.isprintable()
    assert "<" not in found.reason


def test_the_same_event_has_the_same_id_and_another_one_another() -> None:
    """C5-13: the event has no id; its last segment, its time and its figures tell it apart."""
    assert reading().id == reading().id
    assert reading().id != reading(sentiment={"polarity": 0.1}).id
    assert reading().id != reading(segments=[segment(id="s-9")]).id
    bare = [{"text": "yes"}]
    assert reading(segments=bare).id != reading(segments=[{"text": "no"}]).id


VALID = (
    frame(),
    frame(data(segments=[segment(), segment(id="s-2")])),
    b'{"op":"ACK","id":"x"}',
    b'{"op":"ERROR","id":"x","message":"no"}',
)
NOISE = st.sampled_from(
    [b"NaN", b"1e999", b"9" * 5_000, b'"\\ud800"', b"\xff", b"null", b"true", b"[" * 5_000, b"{}"]
)


def survive(raw: bytes) -> None:
    try:
        messages, reason = DIALECT.decode(raw, 5.0), "none"
    except BadFrame as error:
        messages, reason = (), error.reason
    assert reason.isidentifier(), "a fixed word, never the frame's content"
    for each in messages:
        hash(each)
        assert isinstance(getattr(each, "id", ""), str)


@given(st.binary(max_size=300))
def test_random_bytes(raw: bytes) -> None:
    """C5-15, C5-17: BadFrame and nothing else."""
    survive(raw)


@given(st.sampled_from(VALID), st.data())
def test_mutated_frames(raw: bytes, draw: st.DataObject) -> None:
    """C5-15, C5-16: BadFrame and nothing else."""
    for _ in range(draw.draw(st.integers(1, 4))):
        start = draw.draw(st.integers(0, len(raw)))
        end = draw.draw(st.integers(start, min(len(raw), start + 40)))
        raw = raw[:start] + draw.draw(NOISE | st.binary(max_size=6)) + raw[end:]
    survive(raw)


_KEYS = (
    "type data op id segments sentiment emotion polarity confidence label language"
    " timestamp text participant message code error"
)
KEYS = st.sampled_from(_KEYS.split())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=20,
)


@given(JSON)
def test_any_json(value: Any) -> None:
    """C5-15: BadFrame and nothing else."""
    survive(json.dumps(value).encode())
    survive(frame(value))
