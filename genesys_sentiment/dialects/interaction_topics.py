"""Scored interactions, subscribed one by one, as a tutorial describes them. Pure: no I/O.

No real organisation has this endpoint: there, the Notifications service brings transcripts and
an overall sentiment. ``docs/dialects.md`` says what the tutorial leaves open and what is read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Annotated, Any, ClassVar, Final

import msgspec
from attrs import field, frozen
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from genesys_sentiment.dialects._address import bearer, socket_url
from genesys_sentiment.dialects._bodies import UNREADABLE
from genesys_sentiment.dialects._bounds import MAX_FRAME, check
from genesys_sentiment.dialects._instants import instant
from genesys_sentiment.dialects._replies import SaidAnyhow, control, rest
from genesys_sentiment.dialects._settings import positive, positive_or_none
from genesys_sentiment.dialects.topics import check_id
from genesys_sentiment.errors import BadFrame, ConfigurationError
from genesys_sentiment.model.events import Reading, Utterance
from genesys_sentiment.model.values import ABSENT, Side, fingerprint
from genesys_sentiment.model.wire import Channel, Connect, Request, Token, WireMessage

USER_AGENT: Final = "Genesys-Sentiment-Scorer/1.0"

_PREFIX: Final = "v2.interaction."
_TYPE: Final = "v2.interaction"


def interaction(conversation: str) -> str:
    """The topic of one interaction. Raises ConfigurationError for what cannot be an id."""
    return _PREFIX + check_id(conversation)


@frozen(kw_only=True)
class InteractionTopics:
    """The dialect of the sentiment scorer's tutorial. Topics are ``v2.interaction.{id}``.

    ``host`` (with a port where it needs one) and ``path`` say where; not ``secure`` is for a
    server on this machine. ``pacing``: seconds between two requests, the tutorial's 0.5.
    ``ack_timeout``: seconds to wait for an acknowledgement; None for a server that gives none, as
    the tutorial shows none. ``idle_timeout``: seconds without any frame until the line counts as
    dead: more than 45 for a server without heartbeats.
    Raises ConfigurationError for what cannot work.
    """

    name: ClassVar[str] = "interaction_topics"
    ping: ClassVar[None] = None
    ping_interval: ClassVar[float] = 30.0
    uses_channel: ClassVar[bool] = False

    host: str = "api.mypurecloud.com"
    path: str = "/api/v2/websocket"
    secure: bool = True
    pacing: float = field(default=0.5)
    ack_timeout: float | None = field(default=None, validator=positive_or_none)
    idle_timeout: float = field(default=45.0, validator=positive)

    def __attrs_post_init__(self) -> None:
        socket_url(self.host, self.path, secure=self.secure)
        if not (self.pacing >= 0 and isfinite(self.pacing)):
            raise ConfigurationError(f"pacing is {self.pacing}: give seconds, 0 or more")

    def connect(self, token: Token | None, channel: Channel | None) -> Connect:
        """The token goes in the header. Raises ConfigurationError without one."""
        url = socket_url(self.host, self.path, secure=self.secure)
        return Connect(url=url, headers={**bearer(token), "User-Agent": USER_AGENT})

    def subscribe(
        self, topics: Sequence[str], now: float, reference: Callable[[], str]
    ) -> Sequence[Request]:
        """One request for each topic. Raises ConfigurationError for what is no topic of these."""
        return [_request("SUBSCRIBE", topic, reference()) for topic in topics]

    def unsubscribe(self, topics: Sequence[str], reference: Callable[[], str]) -> Sequence[Request]:
        """One request for each topic. The tutorial has none: it is made in its style."""
        return [_request("UNSUBSCRIBE", topic, reference()) for topic in topics]

    def renew(self, token: Token, reference: Callable[[], str]) -> None:
        """The token is looked at when the connection opens, and not again."""

    def decode(self, frame: bytes, received: float) -> Sequence[WireMessage]:
        """Read one frame that arrived at ``received`` (seconds since the epoch).

        Raises BadFrame and nothing else, whatever the bytes are.
        """
        if len(frame) > MAX_FRAME:
            raise BadFrame("too_large")
        check(frame)
        try:
            message = _decode(frame)
        except msgspec.ValidationError:
            return (_other(frame, received, "body"),)
        except UNREADABLE:
            raise BadFrame("json") from None
        data = message.data
        if message.type != _TYPE or data is UNSET:
            return (_other(frame, received, "no_data"),)
        return (_reading(data, frame, received),)


class _Segment(Struct, gc=False):
    id: str | None = None
    text: str | None = None
    timestamp: int | float | str | None = None
    participant: str | None = None
    language: str | None = None
    confidence: float | None = None


class _Sentiment(Struct, gc=False):
    polarity: float | UnsetType | None = UNSET
    confidence: float | UnsetType | None = UNSET


class _Emotion(Struct, gc=False):
    label: str | UnsetType | None = UNSET
    confidence: float | UnsetType | None = UNSET


class _Data(Struct, gc=False):
    id: str | None = None
    language: str | None = None
    segments: Annotated[list[_Segment], Meta(max_length=1_000)] | None = None
    sentiment: _Sentiment | UnsetType | None = UNSET
    emotion: _Emotion | UnsetType | None = UNSET


class _Message(Struct, gc=False):
    type: str | None = None
    data: _Data | UnsetType = UNSET


class _Control(SaidAnyhow):
    """A frame that is no event; ``data`` may be anything then."""

    data: Raw = Raw()


_decode: Final = msgspec.json.Decoder(_Message).decode
_decode_control: Final = msgspec.json.Decoder(_Control).decode

_SIDES: Final[dict[str | None, Side | None]] = {
    "customer": "customer",
    "external": "customer",
    "agent": "agent",
    "internal": "agent",
}


def _request(op: str, topic: str, reference: str) -> Request:
    if not topic.startswith(_PREFIX):
        raise ConfigurationError(f"topics of this dialect begin with {_PREFIX} and end with an id")
    check_id(topic[len(_PREFIX) :])
    text = msgspec.json.encode({"op": op, "topic": topic, "id": reference}).decode()
    return Request(text=text, reference=reference, topics=(topic,))


def _reading(data: _Data, frame: bytes, received: float) -> Reading:
    """An event. It has no id and no time of its own: those of its last segment tell it apart."""
    conversation = data.id
    if not conversation:
        raise BadFrame("no_conversation")
    segments = _utterances(data, conversation, received)
    at = utterance = correlation = None
    if segments:
        last = segments[-1]
        at, utterance = last.at, last.utterance
    if at is None:
        correlation = fingerprint(frame)
    score, confidence = _pair(data.sentiment, "polarity")
    emotion, emotion_confidence = _pair(data.emotion, "label")
    return Reading(
        conversation=conversation,
        score=score,
        confidence=confidence,
        emotion=emotion,
        emotion_confidence=emotion_confidence,
        utterance=utterance,
        language=data.language,
        segments=segments,
        correlation=correlation,
        at=at,
        received=received,
    )


def _pair(value: Any, name: str) -> tuple[Any, Any]:
    """What is said and how surely: absent, null and a value are three things."""
    if value is UNSET:
        return ABSENT, ABSENT
    if value is None:
        return None, None
    said_so, confidence = getattr(value, name), value.confidence
    return (
        ABSENT if said_so is UNSET else said_so,
        ABSENT if confidence is UNSET else confidence,
    )


def _utterances(data: _Data, conversation: str, received: float) -> tuple[Utterance, ...]:
    language = data.language
    return tuple(
        [
            Utterance(
                conversation=conversation,
                # Without an id, it is whatever was said at that time, or else in this place.
                utterance=each.id or f"{place if each.timestamp is None else each.timestamp}",
                text=each.text or "",
                participant=_SIDES.get(each.participant),
                language=each.language or language,
                confidence=each.confidence,
                at=instant(each.timestamp),
                received=received,
            )
            for place, each in enumerate(data.segments or ())
        ]
    )


def _other(frame: bytes, received: float, reason: str) -> WireMessage:
    """A frame that is no event; ``reason`` says what is wrong with it if it claims to be one."""
    try:
        message = _decode_control(frame)
    except msgspec.ValidationError:
        raise BadFrame("envelope") from None
    except UNREADABLE:
        raise BadFrame("json") from None
    if message.type == _TYPE:
        raise BadFrame(reason)
    return control(message) or rest(message, frame, received)
