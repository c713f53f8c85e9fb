"""The platform's event envelope, over whichever transport it comes. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Raw, Struct

from genesys_sentiment.dialects import _readings, _snapshots, _suggestions, _transcription
from genesys_sentiment.dialects._bodies import UNREADABLE, Envelope, conversation_in, drift, salvage
from genesys_sentiment.dialects._bounds import MAX_FRAME, check_size
from genesys_sentiment.dialects._controls import control, reply
from genesys_sentiment.dialects._depth import too_deep
from genesys_sentiment.dialects.topics import MAX_LENGTH, SUGGESTION_KINDS
from genesys_sentiment.errors import BadFrame
from genesys_sentiment.model.events import Unknown
from genesys_sentiment.model.wire import WireMessage


def read(frame: bytes, received: float, language: str | None) -> list[WireMessage]:
    """What one envelope says that arrived at ``received`` (seconds since the epoch).

    ``language`` is what an utterance gets whose transcript names none. A Drift comes last where
    the frame held fields or values that this library does not know.
    Raises BadFrame and nothing else, whatever the bytes are.
    """
    if len(frame) > MAX_FRAME:
        raise BadFrame("too_large")
    names: list[str] = []
    try:
        # msgspec checks only the strings that it reads; a text frame is UTF-8 all over.
        frame.isascii() or str(frame, "utf-8")
        check_size(frame)
        envelope = _decode_envelope(frame)
    except msgspec.ValidationError:
        envelope = salvage(frame, Envelope, "envelope", names)
    except RecursionError:
        raise BadFrame("too_deep") from None
    except UNREADABLE:
        raise BadFrame("json") from None
    topic = envelope.topic_name
    # A name that is too long for a topic is not remembered: what a frame says stays in no cache.
    route = _find(topic) if len(topic) <= MAX_LENGTH else _find.__wrapped__(topic)
    # What is read by shape is shallow; only what is kept or pruned as it came can be deep.
    if route is _OTHER and too_deep(bytes(envelope.event_body)):
        raise BadFrame("too_deep")
    _, _, decode, build, shape, kind = route
    try:
        body = decode(envelope.event_body)
    except msgspec.ValidationError:
        body = salvage(envelope.event_body, shape, kind, names)
    except UNREADABLE:
        raise BadFrame("body") from None
    messages = build(body, envelope, received, language, names)
    if names:
        messages.append(drift(names))
    return messages


_Build = Callable[[Any, Envelope, float, str | None, list[str]], list[WireMessage]]


class _Route(NamedTuple):
    """Topics that begin and end so, how their body is read, and what is made of it."""

    start: str | tuple[str, ...]
    end: str
    read: Callable[[Raw], Any]
    build: _Build
    shape: type[Struct]
    kind: str


def _route(
    kind: str, start: str | tuple[str, ...], end: str, shape: type[Struct], build: _Build
) -> _Route:
    return _Route(start, end, msgspec.json.Decoder(shape).decode, build, shape, kind)


@lru_cache(maxsize=16_384)
def _find(name: str) -> _Route:
    """The route of a topic. A conversation's topics come again and again: they are remembered."""
    topic = name.lower()
    route = _ROUTES.get(topic[topic.rfind(".") + 1 :])
    if route is not None and topic.startswith(route.start) and topic.endswith(route.end):
        return route
    return _DETAIL if topic.startswith(_DETAIL.start) else _OTHER


def _routes() -> dict[str, _Route]:
    """Routes by the last part of the topic's name, in lower case."""
    conversations = "v2.conversations."
    found = [
        _route(
            "sentiment",
            "v2.speechandtextanalytics.conversation.",
            ".sentiment",
            _readings.Sentiment,
            _readings.sentiment,
        ),
        _route(
            "transcription",
            conversations,
            ".transcription",
            _transcription.Transcription,
            _transcription.transcription,
        ),
    ]
    found += [
        _route(
            "suggestion",
            conversations,
            f".suggestions.{kind}",
            _suggestions.SuggestionBody,
            _suggestions.suggestion,
        )
        for kind in SUGGESTION_KINDS
    ]
    found += [
        _route(
            "conversation",
            ("v2.routing.queues.", "v2.users."),
            end,
            _snapshots.Conversation,
            _snapshots.conversation,
        )
        for end in (
            ".conversations",
            *(f".conversations.{medium}" for medium in _snapshots.MEDIUM_OF_TOPIC),
        )
    ]
    return {route.end.rpartition(".")[2]: route for route in found}


def _other(
    body: Raw, envelope: Envelope, received: float, language: str | None, names: list[str]
) -> list[WireMessage]:
    """Control messages, answers to what was sent on the socket, and topics without a use here."""
    topic = envelope.topic_name
    if not topic:
        return [reply(envelope)]
    said = control(topic.lower(), body, names)
    if said is not None:
        return [said]
    return [
        Unknown(
            topic=topic,
            body=bytes(body),
            conversation=conversation_in(topic),
            correlation=envelope.correlation,
            received=received,
        )
    ]


_DETAIL: Final = _route(
    "detail", "v2.detail.events.conversation.", "", _readings.DetailEvent, _readings.detail
)
_OTHER: Final = _Route("", "", lambda body: body, _other, Struct, "other")
_ROUTES: Final = _routes()
_decode_envelope: Final = msgspec.json.Decoder(Envelope).decode
