"""Frames that were made to do harm, in every language: one value in one field of a sound event."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from genesys_sentiment.dialects.agent_assist import AgentAssist
from genesys_sentiment.dialects.eventbridge import decode_event
from genesys_sentiment.dialects.interaction_stream import InteractionStream
from genesys_sentiment.dialects.interaction_topics import InteractionTopics
from genesys_sentiment.dialects.notifications import Notifications
from genesys_sentiment.dialects.realtime_analytics import RealtimeAnalytics
from genesys_sentiment.model.wire import WireMessage

from . import frames

NOW: Final = 1_772_359_400.0
MIB: Final = 1_048_576

ESCAPES: Final = json.dumps("a\r\nb\x1b[2J\x00\x7f\u009b\u2028").encode()
"""A text that would begin lines, clear a terminal and end a C string."""


@frozen
class Language:
    """``frame(value)`` puts a JSON text where nobody looks, ``scored`` where the number belongs,
    ``named`` where the conversation's id does, ``said`` where a text does."""

    name: str
    decode: Callable[[bytes, float], Sequence[WireMessage]]
    frame: Callable[[bytes], bytes]
    scored: Callable[[bytes], bytes]
    named: Callable[[bytes], bytes]
    said: Callable[[bytes], bytes]


def _with(template: Mapping[str, Any]) -> Callable[[bytes], bytes]:
    before, after = json.dumps(template).encode().split(b'"HERE"')
    return lambda value: before + value + after


def _notification(topic: str, body: Mapping[str, Any]) -> Callable[[bytes], bytes]:
    return _with(json.loads(frames.frame(topic, body)))


def _event(inner: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    return lambda value: b'{"source":"aws.partner/genesys.com/x","detail":' + inner(value) + b"}"


_SCORED: Final = _notification(frames.SENTIMENT, frames.sentiment(sentimentOverallScore="HERE"))
_NAMED: Final = _notification(frames.SENTIMENT, frames.sentiment(conversationId="HERE"))
_NEW: Final = _notification(frames.SENTIMENT, frames.sentiment(mood="HERE"))
_TEXT: Final = _notification(
    frames.TRANSCRIPTION,
    frames.transcription(frames.transcript(alternatives=[{"transcript": "HERE"}])),
)
_ITEM: Final = {"id": "s-1", "title": "t"}
_STATE: Final = {
    "sequence": 1,
    "id": "c",
    "type": "voice",
    "status": "queued",
    "channelType": "voice",
    "timestamp": "2026-03-01T10:00:00Z",
}


def _assist(**more: Any) -> Callable[[bytes], bytes]:
    return _with({"interactionId": "c", "suggestions": [_ITEM]} | more)


def _scored(**more: Any) -> Callable[[bytes], bytes]:
    data = {"id": "c", "sentiment": {"polarity": 0.5}} | more
    return _with({"type": "v2.interaction", "data": data})


def _agent(**more: Any) -> Callable[[bytes], bytes]:
    said = {"conversationId": "c", "agentId": "a", "sentiment": {"score": 0.5}, "state": "x"}
    return _with(said | more)


def _eventbridge(raw: bytes, received: float) -> Sequence[WireMessage]:
    return decode_event(raw, received)


LANGUAGES: Final = (
    Language("notifications", Notifications().decode, _NEW, _SCORED, _NAMED, _TEXT),
    Language(
        "agent_assist",
        AgentAssist().decode,
        _assist(mood="HERE"),
        _assist(suggestions=[_ITEM | {"confidence": "HERE"}]),
        _assist(interactionId="HERE"),
        _assist(suggestions=[_ITEM | {"content": "HERE"}]),
    ),
    Language(
        "interaction_stream",
        InteractionStream().decode,
        _with(_STATE | {"mood": "HERE"}),
        _with(_STATE | {"sequence": "HERE"}),
        _with(_STATE | {"id": "HERE"}),
        _with(_STATE | {"attributes": {"note": "HERE"}}),
    ),
    Language(
        "interaction_topics",
        InteractionTopics().decode,
        _scored(mood="HERE"),
        _scored(sentiment={"polarity": "HERE"}),
        _scored(id="HERE"),
        _scored(segments=[{"id": "u", "text": "HERE"}]),
    ),
    Language(
        "realtime_analytics",
        RealtimeAnalytics().decode,
        _agent(mood="HERE"),
        _agent(sentiment={"score": "HERE"}),
        _agent(conversationId="HERE"),
        _agent(state="HERE"),
    ),
    Language(
        "eventbridge", _eventbridge, _event(_NEW), _event(_SCORED), _event(_NAMED), _event(_TEXT)
    ),
)


def full(start: bytes, item: bytes, end: bytes, most: int = MIB, size: int = MIB - 600) -> bytes:
    """``item`` again and again, ``most`` times, as far as a frame has room."""
    return start + item * min((size - len(start) - len(end)) // len(item), most) + end


def members(most: int, name: bytes = b"", value: bytes = b"1") -> bytes:
    """An object of so many members, each of another name, as far as a frame has room."""
    found, room = [], MIB - 600
    for place in range(most):
        member = b'"%s%x":%s' % (name, place, value)
        room -= len(member) + 1
        if room < 0:
            break
        found.append(member)
    return b"{" + b",".join(found) + b"}"


def costly() -> Iterator[tuple[str, bytes]]:
    """Values near the bounds, on both sides, that cost a parser most for their bytes."""
    face = "😀".encode()
    yield "a million members", members(10**6)
    yield "members", members(49_900)
    yield "members of wide letters", members(49_900, face)
    yield "small numbers", full(b"[", b"1,", b"1]", 99_900)
    yield "too many numbers", full(b"[", b"1,", b"1]")
    yield "fractions", full(b"[", b"1.5,", b"1]", 99_900)
    yield "small strings", full(b"[", b'"ab",', b'""]', 49_900)
    yield "small wide strings", full(b"[", b'"' + face + b'",', b'""]', 49_900)
    yield "too many strings", full(b"[", b'"",', b'""]')
    yield "objects", full(b"[", b"{},", b"{}]", 4_900)
    yield "objects of a member", full(b"[", b'{"a":1},', b"{}]", 4_900)
    yield "too many objects", full(b"[", b"{},", b"{}]")
    yield "arrays", full(b"[", b"[1],", b"[]]", 4_900)
    yield "too many arrays", full(b"[", b"[],", b"[]]")
    yield "deep", b"[" * 58 + b"]" * 58
    yield "too deep", b"[" * 500_000 + b"]" * 500_000
    yield "too deep objects", b'{"a":' * 160_000 + b"1" + b"}" * 160_000
    yield "a long string", b'"' + b"x" * 262_000 + b'"'
    yield "too long a string", b'"' + b"x" * (MIB - 600) + b'"'
    yield "escapes", b'"' + b"\\u0041" * 43_000 + b'"'
    yield "too many escapes", b'"' + b"\\u0041" * 174_000 + b'"'
    yield "pairs", b'"' + b"\\ud83d\\ude00" * 21_000 + b'"'
    yield "backslashes", b'"' + b"\\\\" * 500_000 + b'"'
    yield "quotes", b'"' * 1_000_000
    yield "long strings", full(b"[", b'"' + b"x" * 250_000 + b'",', b'""]')
    yield "long wide strings", full(b"[", b'"' + b"x" * 250_000 + face + b'",', b'""]')
    yield "digits", b"9" * (MIB - 800)
    yield "digits of a fraction", b"0." + b"9" * (MIB - 800)
    yield "an exponent", b"1e" + b"9" * (MIB - 800)
    yield "spaces", b" " * (MIB - 800) + b"1"
