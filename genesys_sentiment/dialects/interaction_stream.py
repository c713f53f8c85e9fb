"""Numbered state changes of interactions behind a filter, as a tutorial describes them.

Pure: no I/O. No real organisation has this endpoint: there, the topics of queues and users say
what changes. ``docs/dialects.md`` says what the tutorial leaves open and what is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final, Literal, TypeAlias
from urllib.parse import quote

import msgspec
from attrs import field, frozen

from genesys_sentiment.dialects._address import bearer, socket_url
from genesys_sentiment.dialects._bodies import UNREADABLE, drift
from genesys_sentiment.dialects._bounds import MAX_FRAME, MAX_STRING, check
from genesys_sentiment.dialects._instants import instant
from genesys_sentiment.dialects._replies import SaidAnyhow, codes_of, control, rest
from genesys_sentiment.dialects._settings import positive, positive_or_none
from genesys_sentiment.errors import BadFrame, ConfigurationError
from genesys_sentiment.model.events import StateChange
from genesys_sentiment.model.wire import (
    Acknowledged,
    Channel,
    Connect,
    Refused,
    Request,
    Token,
    WireMessage,
)

TYPES: Final = ("voice", "chat", "email")
STATUSES: Final = ("queued", "ringing", "connected", "completed")

_REGION: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_WORD: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TokenIn: TypeAlias = Literal["query", "header"]

_FILTER: Final = "filter"
_REFRESH: Final = "refresh"
"""Neither message has an id: these stand for them, so that an answer finds its request."""

_LAST_SEQUENCE: Final = 2**53
_MAX_ATTRIBUTES: Final = 256
_FIELDS: Final = frozenset(
    {"sequence", "id", "type", "status", "channelType", "timestamp", "attributes"}
)


def _words(value: Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


@frozen(kw_only=True)
class InteractionStream:
    """The dialect of the interaction stream's tutorial. It has no topics: the filter says it all.

    ``region`` makes the host ``api.{region}.genesyscloud.com``; ``host`` (with a port where it
    needs one) replaces it. ``path`` says where; not ``secure`` is for a server on this machine.
    ``types`` and ``statuses`` are the filter. ``credentials_in``: the tutorial puts the token
    into the address, which proxies and logs like to keep; ``header`` is for a server that takes
    that, too.
    ``ack_timeout``: seconds to wait until the filter is acknowledged; None for a server that does
    not, as the tutorial shows none. ``idle_timeout``: seconds without any frame until the line
    counts as dead: more than 45 for a server without heartbeats.
    Raises ConfigurationError for what cannot work.
    """

    name: ClassVar[str] = "interaction_stream"
    ping: ClassVar[None] = None
    ping_interval: ClassVar[float] = 30.0
    uses_channel: ClassVar[bool] = False
    pacing: ClassVar[float] = 0.0

    region: str = "my"
    host: str | None = None
    path: str = "/api/v2/interactions/stream"
    secure: bool = True
    types: tuple[str, ...] = field(default=TYPES, converter=_words)
    statuses: tuple[str, ...] = field(default=STATUSES, converter=_words)
    credentials_in: _TokenIn = "query"
    ack_timeout: float | None = field(default=None, validator=positive_or_none)
    idle_timeout: float = field(default=45.0, validator=positive)

    def __attrs_post_init__(self) -> None:
        if not _REGION.fullmatch(self.region):
            raise ConfigurationError("the region must be one plain label, such as my")
        self._url()
        for name, words in (("types", self.types), ("statuses", self.statuses)):
            if not words or not all(_WORD.fullmatch(word) for word in words):
                raise ConfigurationError(f"{name} must name at least one, in plain words")
        if self.credentials_in not in ("query", "header"):
            raise ConfigurationError("credentials_in must be 'query' or 'header'")

    def connect(self, token: Token | None, channel: Channel | None) -> Connect:
        """Where the token goes is the dialect's choice. Raises ConfigurationError without one."""
        headers = bearer(token)
        if self.credentials_in == "header" or token is None:
            return Connect(url=self._url(), headers=headers)
        return Connect(url=f"{self._url()}?access_token={quote(token.value, safe='')}")

    def subscribe(
        self, topics: Sequence[str], now: float, reference: Callable[[], str]
    ) -> Sequence[Request]:
        """The filter, whatever the topics are."""
        wanted = {"filter": {"types": self.types, "status": self.statuses}}
        return (Request(text=_text(wanted), reference=_FILTER, topics=tuple(topics)),)

    def unsubscribe(self, topics: Sequence[str], reference: Callable[[], str]) -> Sequence[Request]:
        """Nothing: there is no word for it."""
        return ()

    def renew(self, token: Token, reference: Callable[[], str]) -> Request:
        """The message that gives an open connection its new token."""
        message = {"type": "refresh", "access_token": token.value}
        return Request(text=_text(message), reference=_REFRESH)

    def decode(self, frame: bytes, received: float) -> Sequence[WireMessage]:
        """Read one frame that arrived at ``received`` (seconds since the epoch).

        A Drift comes last where an event held fields that the tutorial does not name. Raises
        BadFrame and nothing else, whatever the bytes are; its reason names the field.
        """
        if len(frame) > MAX_FRAME:
            raise BadFrame("too_large")
        check(frame)
        try:
            message = msgspec.json.decode(frame)
        except UNREADABLE:
            raise BadFrame("json") from None
        if not isinstance(message, dict):
            raise BadFrame("body")
        if "sequence" not in message and not {"id", "status"} <= message.keys():
            return (self._control(message, frame, received),)
        if len(frame) > MAX_STRING:
            raise BadFrame("attributes")  # all else is short, and these are copied
        more = sorted(message.keys() - _FIELDS)
        event = _event(message, more, received)
        return (event, drift([f"interaction.{name}" for name in more])) if more else (event,)

    def _url(self) -> str:
        host = f"api.{self.region}.genesyscloud.com" if self.host is None else self.host
        return socket_url(host, self.path, secure=self.secure)

    def _control(self, message: dict[str, Any], frame: bytes, received: float) -> WireMessage:
        about = message.get("error")
        if message.get("type") is None and about is not None:
            message = {"type": "error", **message}
        fields = {each.encode_name for each in msgspec.structs.fields(SaidAnyhow)}
        known = {name: value for name, value in message.items() if name in fields}
        heard = msgspec.convert(known, SaidAnyhow)
        answer = control(heard) or rest(heard, frame, received)
        if isinstance(answer, Acknowledged):
            return Acknowledged(_whose(heard, answer.reference))
        if isinstance(answer, Refused):
            rejected = message.get("rejected")
            return self._refusal(heard, answer.reference, rejected)
        return answer

    def _refusal(self, heard: SaidAnyhow, reference: str | None, rejected: object) -> Refused:
        whose = _FILTER if isinstance(rejected, dict) else _whose(heard, reference)
        if whose == _REFRESH:
            # What the server says of a token may repeat the token.
            return Refused(_REFRESH, ", ".join(sorted(codes_of(heard))) or "token refused")
        if whose == _FILTER:
            return Refused(_FILTER, self._rejected(heard, rejected))
        return Refused(whose, heard.why())

    def _rejected(self, heard: SaidAnyhow, rejected: object) -> str:
        """Which of our values were refused: those that the server names."""
        text = (
            msgspec.json.encode(rejected).decode() if rejected else f"{heard.message} {heard.error}"
        )
        said_words = {word.casefold() for word in _WORD.findall(text[:4096])}
        named = [
            f"{name} {', '.join(found)}"
            for name, words in (("types", self.types), ("statuses", self.statuses))
            if (found := [word for word in words if word.casefold() in said_words])
        ]
        return (
            f"the filter was rejected: {'; '.join(named) or heard.why()} (the tutorial's"
            f" types are {', '.join(TYPES)}; its statuses are {', '.join(STATUSES)})"
        )


def _text(message: Mapping[str, Any]) -> str:
    return msgspec.json.encode(message).decode()


def _whose(heard: SaidAnyhow, reference: str | None) -> str | None:
    """Which of the two messages an answer is about; None where it does not say."""
    if reference in (_FILTER, _REFRESH):
        return reference
    texts = (heard.type, heard.op, heard.message, heard.error, *codes_of(heard))
    words = " ".join(map(str, texts)).casefold()
    if "refresh" in words or "token" in words:
        return _REFRESH
    return _FILTER if "filter" in words or "subscribed" in words else None


def _event(message: dict[str, Any], more: Sequence[str], received: float) -> StateChange:
    """A state change. Fields that the tutorial does not name are kept among the attributes."""
    sequence = message.get("sequence")
    if type(sequence) is not int or not 0 <= sequence <= _LAST_SEQUENCE:
        raise BadFrame("sequence")
    at = instant(message.get("timestamp"))
    if at is None:
        raise BadFrame("timestamp")
    attributes = message.get("attributes")
    if attributes is None:
        attributes = {}
    if not isinstance(attributes, dict) or len(attributes) + len(more) > _MAX_ATTRIBUTES:
        raise BadFrame("attributes")
    return StateChange(
        conversation=_word(message, "id"),
        subject="interaction",
        state=_word(message, "status"),
        medium=_word(message, "channelType"),
        sequence=sequence,
        attributes=tuple(
            (name, _shown(value))
            for name, value in (
                ("type", _word(message, "type")),
                *attributes.items(),
                *((name, message[name]) for name in more),
            )
        ),
        at=at,
        received=received,
    )


def _word(message: dict[str, Any], name: str) -> str:
    value = message.get(name)
    if not isinstance(value, str) or not value:
        raise BadFrame(_REASONS[name])
    return value


_REASONS: Final = {
    "id": "no_conversation",
    "type": "type",
    "status": "status",
    "channelType": "channel_type",
}


def _shown(value: object) -> str:
    """A text as it is, anything else as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
