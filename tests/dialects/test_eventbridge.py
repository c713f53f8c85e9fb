"""The platform's native feed: X-01, the same envelope read by the same code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.dialects.eventbridge import decode_event, decode_record
from genesys_sentiment.dialects.notifications import Notifications
from genesys_sentiment.errors import BadFrame
from genesys_sentiment.model.events import Reading, StateChange, Unknown, Utterance
from genesys_sentiment.model.wire import Drift, Snapshot, WireMessage
from genesys_sentiment.streaming.memory import Seen

from . import frames
from .frames import CONVERSATION, CORRELATION
from .test_fuzz import JSON, NOISE

NOW = 1_772_359_400.0
DETAIL_TOPIC = f"v2.detail.events.conversation.{CONVERSATION}.customer.end"


def lambda_event(topic: str, body: Any, **more: Any) -> dict[str, Any]:
    """What a Lambda function gets, as far as the platform's feed is known."""
    return {
        "version": "0",
        "id": "e0e0e0e0-1111-4222-8333-444455556666",
        "detail-type": topic.replace(CONVERSATION, "{id}"),
        "source": "aws.partner/genesys.com/cloud/an-organization/events",
        "account": "123456789012",
        "time": "2026-03-01T10:00:30Z",
        "region": "eu-central-1",
        "resources": [],
        "detail": {
            "topicName": topic,
            "version": "2",
            "eventBody": body,
            "metadata": {"CorrelationId": CORRELATION},
            "timestamp": "2026-03-01T10:00:20.500Z",
        },
    } | more


def reason_of(event: Any, **options: Any) -> str:
    with pytest.raises(BadFrame) as caught:
        decode_event(event, NOW, **options)
    return caught.value.reason


BODIES = [
    (frames.TRANSCRIPTION, frames.transcription(frames.transcript())),
    (frames.QUEUE_TOPIC, frames.snapshot()),
    (f"v2.conversations.{CONVERSATION}.suggestions.intent", frames.suggestion()),
    (DETAIL_TOPIC, frames.detail()),
    (f"v2.conversations.{CONVERSATION}.transcription", frames.transcription(mood="new")),
]


@pytest.mark.parametrize(("topic", "body"), BODIES)
def test_says_what_the_socket_says(topic: str, body: Any) -> None:
    """X-01: what has a time of its own is the same value on both ways, so it is known on both."""
    event = lambda_event(topic, body)
    expected = list(Notifications().decode(frames.frame(topic, body), NOW))
    assert list(decode_event(event, NOW)) == expected
    assert list(decode_event(json.dumps(event).encode(), NOW)) == expected
    record = {"messageId": "m", "eventSource": "aws:sqs", "body": json.dumps(event)}
    assert list(decode_record(record, NOW)) == expected


def test_a_snapshot_is_a_snapshot() -> None:
    """X-01."""
    (snapshot,) = decode_event(lambda_event(frames.QUEUE_TOPIC, frames.snapshot()), NOW)
    assert isinstance(snapshot, Snapshot)


def test_time_falls_back_to_the_envelopes() -> None:
    """X-01: a sentiment has no time of its own; detail.timestamp, then the event's time."""
    event = lambda_event(frames.SENTIMENT, frames.sentiment())
    (reading,) = decode_event(event, NOW)
    assert isinstance(reading, Reading)
    assert (reading.at, reading.score) == (1_772_359_220.5, -0.25)
    del event["detail"]["timestamp"]
    (reading,) = decode_event(event, NOW)
    assert isinstance(reading, Reading)
    assert reading.at == 1_772_359_230.0
    event["time"] = "some time"
    (reading,) = decode_event(event, NOW)
    assert isinstance(reading, Reading)
    assert reading.at is None


def test_a_time_of_its_own_is_kept() -> None:
    """X-01: when it happened, not when it was sent."""
    (change,) = decode_event(lambda_event(DETAIL_TOPIC, frames.detail()), NOW)
    assert isinstance(change, StateChange)
    assert (change.state, change.at) == ("customer.end", 1_772_359_300.25)


def test_unknown_topics_pass() -> None:
    """C5-18: with the time of the envelope."""
    (unknown,) = decode_event(lambda_event("v2.quality.evaluations", {"x": 1}), NOW)
    assert isinstance(unknown, Unknown)
    assert (unknown.topic, unknown.at) == ("v2.quality.evaluations", 1_772_359_220.5)


def test_new_fields_are_named() -> None:
    """C5-18: in the body and in the envelope; what AWS adds around it is not the platform's."""
    event = lambda_event(frames.SENTIMENT, frames.sentiment(mood=1), new=1)
    event["detail"]["other"] = 1
    *_, drift = decode_event(event, NOW)
    assert drift == Drift(("envelope.other", "sentiment.mood"))


def test_delivered_twice_is_one_event() -> None:
    """X-01: at least once; the consumer drops what it has seen, by id, on whichever way it came."""
    body = frames.transcription(frames.transcript())
    event = lambda_event(frames.TRANSCRIPTION, body)
    arrived = [
        *decode_event(event, NOW),
        *decode_event(event | {"id": "another delivery"}, NOW + 60),
        *Notifications().decode(frames.frame(frames.TRANSCRIPTION, body), NOW + 1),
    ]
    seen = Seen()
    fresh = [
        each for each in arrived if isinstance(each, Utterance) and seen.add(each.id, each.received)
    ]
    assert len(fresh) == 1


def test_language() -> None:
    """X-01: the same option as a channel's."""
    body = frames.transcription(frames.transcript(dialect=None))
    utterance, *_ = decode_event(lambda_event(frames.TRANSCRIPTION, body), NOW, language="de-DE")
    assert isinstance(utterance, Utterance)
    assert utterance.language == "de-DE"


def test_source_and_account() -> None:
    """X-01: an event of somebody else's is not read as the platform's."""
    event = lambda_event(frames.SENTIMENT, frames.sentiment())
    test_bus = event | {"source": "aws.partner/genesys.com.test/cloud/an-organization/x"}
    assert decode_event(test_bus, NOW)
    foreign = event | {"source": "my.own.service"}
    assert reason_of(foreign) == "source"
    assert reason_of(event | {"source": 5}) == "event"
    assert decode_event(foreign, NOW, source="my.own.")
    assert decode_event(foreign, NOW, source=None)
    assert reason_of(event, account="000000000000") == "account"
    assert decode_event(event, NOW, account="123456789012")


def test_the_pages_lambda_function(capsys: pytest.CaptureFixture[str]) -> None:
    """X-01: docs/dialects.md as it stands: told twice, scored once; a bad one comes back."""
    page = Path(__file__).resolve().parents[2] / "docs" / "dialects.md"
    (code,) = (
        block.partition("```")[0]
        for block in page.read_text("utf-8").split("```python\n")[1:]
        if "def handler" in block
    )
    namespace: dict[str, Any] = {}
    exec(compile(code, str(page), "exec"), namespace)
    body = frames.transcription(frames.transcript())
    good = {"messageId": "m-1", "body": json.dumps(lambda_event(frames.TRANSCRIPTION, body))}
    bad = {"messageId": "m-2", "body": "no event"}
    answer = namespace["handler"]({"Records": [good, bad, good]}, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-2"}]}
    assert capsys.readouterr().out.count("Score(") == 1


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (b"", "json"),
        (b"\xff", "json"),
        (b"{", "json"),
        (b"[]", "event"),
        ({}, "event"),
        ({"detail": {}}, "source"),
        (lambda_event("x", {}) | {"detail": None}, "event"),
        (lambda_event("x", {}) | {"detail": "{}"}, "event"),
        (lambda_event("x", {}) | {"detail": {}}, "no_topic"),
        (lambda_event("x", {}) | {"detail": {"topicName": 7}}, "envelope"),
        (lambda_event(frames.SENTIMENT, {"sentimentOverallScore": "0.5"}), "body"),
        (lambda_event(frames.SENTIMENT, {"sentimentOverallScore": True}), "body"),
        (lambda_event(frames.SENTIMENT, {"sentimentOverallScore": float("nan")}), "event"),
        (lambda_event(frames.SENTIMENT, {"sentimentOverallScore": {1, 2}}), "event"),
        (lambda_event("x", nested(100)), "too_deep"),
        (lambda_event("x", nested(20_000)), "event"),
        (lambda_event("x", "\ud800"), "json"),
        (lambda_event("x", "x" * 1_048_577), "too_large"),
        (b"[" * 500_000, "too_deep"),
    ],
)
def test_unreadable(event: Any, reason: str) -> None:
    """C5-15, C5-16, C5-17: refused with a word that holds none of it, also NaN from Python."""
    assert reason_of(event) == reason


@pytest.mark.parametrize("record", [{}, {"body": None}, {"body": {}}, {"body": "\ud800"}])
def test_a_record_without_an_event(record: Any) -> None:
    """C5-15."""
    with pytest.raises(BadFrame):
        decode_record(record, NOW)


def survive(event: Any) -> list[WireMessage]:
    try:
        messages = list(decode_event(event, NOW, source=None))
    except BadFrame as error:
        reason = error.reason
        messages = []
    else:
        reason = "none"
    assert reason.isidentifier()
    return messages


@given(st.binary(max_size=300))
def test_random_bytes(raw: bytes) -> None:
    """C5-17."""
    survive(raw)


@given(st.sampled_from(BODIES), st.data())
def test_mutated_events(said: tuple[str, Any], data: st.DataObject) -> None:
    """C5-15, C5-17."""
    raw = json.dumps(lambda_event(*said)).encode()
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(raw)))
        end = data.draw(st.integers(start, min(len(raw), start + 40)))
        raw = raw[:start] + data.draw(NOISE | st.binary(max_size=6)) + raw[end:]
    survive(raw)


@given(st.dictionaries(st.sampled_from(["detail", "source", "time", "account"]), JSON), JSON, JSON)
def test_any_object(event: Any, body: Any, stamp: Any) -> None:
    """C5-15, C5-18: whatever a function is called with."""
    survive(event)
    said = lambda_event(frames.SENTIMENT, body)
    said["detail"]["timestamp"] = stamp
    survive(said)
