"""Where the fuzzer begins: a sound input of each kind, and the words of every language."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from typing import Final

from genesys_sentiment.dialects.notifications import Notifications
from genesys_sentiment.model.wire import Snapshot
from genesys_sentiment.scoring.alerts import AlertRules
from genesys_sentiment.scoring.assist import Assist
from genesys_sentiment.scoring.scorer import Scorer
from genesys_sentiment.scoring.snapshots import Snapshots
from genesys_sentiment.scoring.tracker import Tracker
from tests.contracts import samples
from tests.dialects import frames
from tests.dialects.frames import CONVERSATION, frame
from tests.fuzz.targets import ANALYZER, NOW, TARGETS

NOISE: Final = (
    b"NaN", b"Infinity", b"1e999", b"-1e999", b"9" * 400, b'"\\ud800"', b'"\\u0000"',
    b"\\u001b[2J",
    b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\x00", b"\r\n",
    b"\x1b[31m", b"null", b"true", b"false",
    b"[" * 65, b'{"a":' * 65, b'"id":1,"id":2,', b"-", b"{}", b"[]", b'""', b",", b":", b"\x1f\x8b",
    b"2026-03-01T10:00:60Z", b"9999-12-31T23:59:60+00:00", b"0001-01-01T00:00:00+23:59", b"1e308",
    b"-0.0", b"9007199254740993", b"18446744073709551616", b"\xe2\x80\xa8", b"\xf0\x9f\x98\x80",
)  # fmt: skip
"""What a mutation may put anywhere."""


def notifications() -> Iterator[bytes]:
    """One frame of each kind of topic."""
    yield frame(frames.TRANSCRIPTION, frames.transcription(frames.transcript()))
    yield frame(frames.SENTIMENT, frames.sentiment())
    yield frame(frames.QUEUE_TOPIC, frames.snapshot())
    flat = {"id": "p", "state": "connected", "messages": [{"messageId": "m", "messageTime": 1}]}
    body = {"id": CONVERSATION, "participants": [flat]}
    yield frame(f"{frames.USER_TOPIC}.messages", body)
    yield frame(f"v2.conversations.{CONVERSATION}.suggestions.intent", frames.suggestion())
    search = {
        "title": "t",
        "snippets": ["s"],
        "confidence": 0.5,
        "knowledgeAnswer": {"answer": "a"},
    }
    more = frames.suggestion(knowledgeSearch=search, feedback={"rating": "Positive"})
    yield frame(f"v2.conversations.{CONVERSATION}.suggestions.knowledge.search", more)
    yield frame(f"v2.detail.events.conversation.{CONVERSATION}.acw", frames.detail())
    yield frame("channel.metadata", {"message": "pong"})
    yield frame("v2.system.no_longer_subscribed.x", {"reason": "r"})
    yield frame("v2.users.x.presence", {"any": [1, "\u001b[2J"]})
    yield b'{"result":"404","correlationId":"c"}'


def tutorials() -> Iterator[bytes]:
    """Events and answers of the other languages."""
    item = {"id": "s", "title": "t", "confidence": 0.9, "relevanceScore": 1, "type": "knowledge"}
    yield _json(interactionId="c", suggestions=[item], metadata={"processingLatencyMs": 120})
    yield gzip.compress(_json(interactionId="c", id="m", suggestions=[item]))
    yield _json(
        sequence=7, id="c", type="voice", status="queued", channelType="voice",
        timestamp="2026-03-01T10:00:00Z", attributes={"a": "b", "n": [1]}, new=True,
    )  # fmt: skip
    segment = {"id": "u", "text": "hi", "timestamp": 1772359200000, "participant": "customer"}
    scored = {"polarity": -0.5, "confidence": 0.9}
    emotion = {"label": "anger", "confidence": 0.8}
    data = {"id": "c", "segments": [segment], "sentiment": scored, "emotion": emotion}
    yield _json(type="v2.interaction", data=data)
    yield _json(
        conversationId="c", agentId="a", queueId="q", sentiment={"score": -0.5, "label": "x"},
        state="CONNECTED", timestamp="2026-03-01T10:00:00Z",
    )  # fmt: skip
    yield _json(type="ack", requestId="r", status=200)
    yield _json(type="error", requestId="r", error={"code": "401"}, message="no")


def others() -> Iterator[bytes]:
    """Events of EventBridge, records, transcripts, calls, states."""
    for each in notifications():
        detail = b'"source":"aws.partner/genesys.com/x","account":"1","time":"2026-03-01T10:00:00Z"'
        yield b"{" + detail + b',"detail":' + each + b"}"
    yield _json(**frames.snapshot())
    for good in samples.GOOD.values():
        yield json.dumps(good).encode()
    phrase = {"text": "hi", "phraseIndex": 0, "startTimeMs": 1, "participantPurpose": "external"}
    part = {
        "transcriptId": "t",
        "phrases": [phrase],
        "analytics": {"sentiment": [{"sentiment": -1, "phraseIndex": 0}]},
    }
    yield _json(conversationId="c", communicationId="d", transcripts=[part])
    turn = b'{"speaker":"caller","start_ms":0,"duration_ms":9,"text":"hi","mood":{"score":0.5}}'
    yield turn
    yield b'{"medium":"chat","sentiment":{"overall":0,"trend":1},"suggestions":[]}\n' + turn
    yield from states()


def states() -> Iterator[bytes]:
    """What the stages give away of themselves, with something in it."""
    (snapshot,) = Notifications().decode(frame(frames.QUEUE_TOPIC, frames.snapshot()), NOW)
    assert isinstance(snapshot, Snapshot)
    snapshots = Snapshots()
    changes = snapshots.observe(snapshot)
    yield snapshots.snapshot()
    said = frame(frames.TRANSCRIPTION, frames.transcription(frames.transcript()))
    for stage in (Scorer(analyzer=ANALYZER), Tracker(), Assist(), AlertRules()):
        for event in [*changes, *Notifications().decode(said, NOW)]:
            stage(event, NOW)  # type: ignore[arg-type]
        yield stage.snapshot()


def seeds() -> Iterator[bytes]:
    """Every text for every target: what is sound for one is noise for another."""
    texts = [*notifications(), *tutorials(), *others()]
    for place in range(len(TARGETS)):
        for text in texts:
            yield bytes([place]) + text


def words() -> list[bytes]:
    """The names in the seeds, and the noise."""
    names = {name for seed in seeds() for name in re.findall(rb'"[\w.]{1,40}"', seed)}
    return [*sorted(names), *NOISE]


def _json(**values: object) -> bytes:
    return json.dumps(values).encode()
