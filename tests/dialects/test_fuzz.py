"""Whatever the bytes are, decoding raises BadFrame or gives values (C5-15, C5-16, C5-17)."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.dialects.notifications import Notifications, snapshot_from_rest
from genesys_sentiment.errors import BadFrame
from genesys_sentiment.model.events import Unknown
from genesys_sentiment.model.wire import Drift, WireMessage

from . import frames
from .frames import CONVERSATION, frame

DIALECT = Notifications()

TOPICS = (
    frames.TRANSCRIPTION,
    frames.SENTIMENT,
    frames.QUEUE_TOPIC,
    f"{frames.USER_TOPIC}.messages",
    f"v2.conversations.{CONVERSATION}.suggestions.knowledge.search",
    f"v2.detail.events.conversation.{CONVERSATION}.acw",
    "channel.metadata",
    "v2.system.no_longer_subscribed.x",
)
VALID = (
    frame(frames.TRANSCRIPTION, frames.transcription(frames.transcript())),
    frame(frames.SENTIMENT, frames.sentiment()),
    frame(frames.QUEUE_TOPIC, frames.snapshot()),
    frame(f"v2.conversations.{CONVERSATION}.suggestions.intent", frames.suggestion()),
    frame(f"v2.detail.events.conversation.{CONVERSATION}.acw", frames.detail()),
    frame("channel.metadata", {"message": "pong"}),
)
_KEYS = (
    "id conversationId transcripts alternatives transcript status participants calls messages"
    " state held user eventTime connectedTime sentimentOverallScore queueIds suggestionId"
    " knowledgeSearch feedback context message reason wrapup offsetMs confidence x"
)
KEYS = st.sampled_from(_KEYS.split())
NOISE = st.sampled_from(
    [
        b"NaN",
        b"Infinity",
        b"1e999",
        b"9" * 5_000,
        b'"\\ud800"',
        b"\xff",
        b"\x00",
        b"null",
        b"true",
        b"[" * 5_000,
        b'{"a":' * 5_000,
        b'"id":1,"id":2,',
        b"-",
        b"{}",
        b"[]",
        b'""',
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=20,
)


def survive(raw: bytes) -> list[WireMessage]:
    """Decode; check what is true of every answer."""
    try:
        messages = list(DIALECT.decode(raw, 5.0))
    except BadFrame as error:
        reason = error.reason
        messages = []
    else:
        reason = "none"
    assert reason.isidentifier(), "a fixed word, never the frame's content"
    assert sum(isinstance(each, Drift) for each in messages) <= 1
    for each in messages:
        hash(each)
        assert getattr(each, "received", 5.0) == 5.0
        assert isinstance(getattr(each, "id", ""), str)
    return messages


@given(st.binary(max_size=400))
def test_random_bytes(raw: bytes) -> None:
    survive(raw)


@given(st.sampled_from(VALID), st.data())
def test_mutated_frames(raw: bytes, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(raw)))
        end = data.draw(st.integers(start, min(len(raw), start + 40)))
        raw = raw[:start] + data.draw(NOISE | st.binary(max_size=6)) + raw[end:]
    survive(raw)


@given(st.sampled_from(VALID), st.integers(0, 2_000))
def test_truncated_frames(raw: bytes, length: int) -> None:
    if length < len(raw):
        assert survive(raw[:length]) == []


@given(st.sampled_from(TOPICS), JSON)
def test_any_json_as_a_body(topic: str, body: Any) -> None:
    survive(frame(topic, body))


@given(st.text(max_size=40), st.dictionaries(KEYS, JSON, max_size=3))
def test_any_topic(topic: str, body: Any) -> None:
    for each in survive(frame(topic, body)):
        if isinstance(each, Unknown):
            assert json.loads(each.body) == json.loads(json.dumps(body))


@given(st.dictionaries(KEYS, JSON, max_size=6))
def test_any_rest_answer(body: Any) -> None:
    try:
        snapshot_from_rest(json.dumps(body).encode(), 5.0)
    except BadFrame:
        return
    assert body["id"]
