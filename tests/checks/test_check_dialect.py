"""The contract check passes over the dialects, and names what a broken one breaks."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import pytest
from attrs import evolve

from genesys_sentiment.checks.dialect import PromiseBroken, check_dialect
from genesys_sentiment.dialects.agent_assist import AgentAssist
from genesys_sentiment.dialects.interaction_stream import InteractionStream
from genesys_sentiment.dialects.interaction_topics import InteractionTopics
from genesys_sentiment.dialects.notifications import Notifications
from genesys_sentiment.dialects.realtime_analytics import RealtimeAnalytics, conversations
from genesys_sentiment.errors import BadFrame
from genesys_sentiment.model.events import Suggestions
from genesys_sentiment.model.wire import Connect, Request
from tests.dialects import frames
from tests.dialects.hostile import LANGUAGES
from tests.fuzz.seeds import notifications

SOUND = {
    each.name: [each.frame(b"1"), each.scored(b"0.5"), each.named(b'"k"'), each.said(b'"hello"')]
    for each in LANGUAGES
}
SOUND["interaction_stream"][1] = LANGUAGES[2].scored(b"7")
# Without a time of its own an event of this language is as old as its frame, and so is its id.
SOUND["realtime_analytics"] = [
    each[:-1] + b',"timestamp":"2026-03-01T10:00:00Z"}' for each in SOUND["realtime_analytics"]
]
DIALECTS: dict[str, tuple[Any, Sequence[bytes], Sequence[str]]] = {
    "notifications": (
        Notifications(),
        list(notifications()),
        [frames.SENTIMENT, frames.QUEUE_TOPIC],
    ),
    "agent_assist": (AgentAssist(), SOUND["agent_assist"], [frames.CONVERSATION, frames.CALL]),
    "interaction_stream": (InteractionStream(), SOUND["interaction_stream"], ["all"]),
    "interaction_topics": (
        InteractionTopics(),
        SOUND["interaction_topics"],
        ["v2.interaction.a", "v2.interaction.b"],
    ),
    "realtime_analytics": (
        RealtimeAnalytics(),
        SOUND["realtime_analytics"],
        [conversations(), conversations(queue=frames.QUEUE)],
    ),
}


@pytest.mark.parametrize("name", DIALECTS)
def test_every_dialect_keeps_its_promises(name: str) -> None:
    dialect, sound, topics = DIALECTS[name]
    check_dialect(dialect, sound, topics=topics)


class Bent:
    """A sound dialect, but for what a subclass replaces."""

    def __init__(self) -> None:
        self.sound = AgentAssist()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sound, name)


class _Trusting(Bent):
    def decode(self, frame: bytes, received: float) -> Any:
        json.loads(frame)
        return self.sound.decode(frame, received)


class _Talkative(Bent):
    def decode(self, frame: bytes, received: float) -> Any:
        try:
            return self.sound.decode(frame, received)
        except BadFrame:
            raise BadFrame(f"cannot read {frame!r}") from None


class _Strict(Bent):
    def decode(self, frame: bytes, received: float) -> Any:
        if b"checkMember" in frame:
            raise BadFrame("member")
        return self.sound.decode(frame, received)


class _Raw(Bent):
    def decode(self, frame: bytes, received: float) -> Any:
        self.sound.decode(frame, received)
        return [json.loads(frame)]


class _Nothing(Bent):
    def decode(self, frame: bytes, received: float) -> Any:
        self.sound.decode(frame, received)


class _Refusing(Bent):
    def decode(self, frame: bytes, received: float) -> Any:
        raise BadFrame("json")


class _Counting(Bent):
    def __init__(self) -> None:
        super().__init__()
        self.number = count()

    def decode(self, frame: bytes, received: float) -> Any:
        found = self.sound.decode(frame, received)
        return [
            evolve(each, message=f"m-{next(self.number)}")
            if isinstance(each, Suggestions)
            else each
            for each in found
        ]


class _Remembering(Bent):
    """What came before, but for its id, gets into what comes."""

    def __init__(self) -> None:
        super().__init__()
        self.number = count(1)

    def decode(self, frame: bytes, received: float) -> Any:
        found = self.sound.decode(frame, received)
        return [
            evolve(each, latency=float(next(self.number)))
            if isinstance(each, Suggestions)
            else each
            for each in found
        ]


class _Timeless(Bent):
    def decode(self, frame: bytes, received: float) -> Any:
        return self.sound.decode(frame, 0.0)


class _Web(Bent):
    def connect(self, token: Any, channel: Any) -> Any:
        return Connect(url=self.sound.connect(token, channel).url.replace("wss:", "https:"))


class _Anonymous(Bent):
    def connect(self, token: Any, channel: Any) -> Any:
        return Connect(url="wss://example.com/")


class _Half(Bent):
    def subscribe(self, topics: Sequence[str], *rest: Any) -> Any:
        return self.sound.subscribe(topics[:1], *rest)


class _Same(Bent):
    def subscribe(self, topics: Sequence[str], now: float, reference: Any) -> Any:
        return self.sound.subscribe(topics, now, lambda: "r")


class _Plain(Bent):
    def renew(self, token: Any, reference: Any) -> Any:
        return token.value


class _Showing(Bent):
    def renew(self, token: Any, reference: Any) -> Any:
        return Request(text="{}", reference=token.value)


class _Greedy(Bent):
    def unsubscribe(self, topics: Sequence[str], reference: Any) -> Any:
        return self.sound.unsubscribe([*topics, frames.QUEUE], reference)


class _Hasty(Bent):
    ping_interval = 0.0


BROKEN: dict[str, Callable[[], Any]] = {
    "decode raises BadFrame and nothing else": _Trusting,
    "BadFrame has a short reason": _Talkative,
    "a member that nobody knows": _Strict,
    "messages are of known types": _Raw,
    "decode gives a sequence": _Nothing,
    "a sound frame is read": _Refusing,
    "an event that comes again has the same id": _Counting,
    "the same frame gives the same messages": _Remembering,
    "events tell when their frame arrived": _Timeless,
    "connect gives a Connect": _Web,
    "connect raises ConfigurationError": _Anonymous,
    "subscribe asks for each topic once": _Half,
    "each request has a reference": _Same,
    "what is sent is a Request": _Plain,
    "no secret is in a repr": _Showing,
    "unsubscribe drops nothing else": _Greedy,
    "intervals are seconds": _Hasty,
}


@pytest.mark.parametrize("promise", BROKEN)
def test_a_broken_promise_is_named(promise: str) -> None:
    _, sound, topics = DIALECTS["agent_assist"]
    with pytest.raises(PromiseBroken) as caught:
        check_dialect(BROKEN[promise](), sound, topics=topics)
    assert caught.value.promise.startswith(promise)


def test_without_a_frame_there_is_nothing_to_check() -> None:
    with pytest.raises(ValueError, match="sound frames"):
        check_dialect(AgentAssist(), [])
