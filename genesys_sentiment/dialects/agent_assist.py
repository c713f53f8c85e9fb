"""Agent Assist suggestions over one WebSocket, as a tutorial describes it. Pure: no I/O.

No real organisation has this endpoint: there, suggestions come by the Notifications service. See
``docs/dialects.md``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

import msgspec
from attrs import field, frozen
from msgspec import Raw

from genesys_sentiment.dialects._address import bearer, socket_url
from genesys_sentiment.dialects._bodies import Body, drift, moment, number, salvage
from genesys_sentiment.dialects._bounds import MAX_FRAME
from genesys_sentiment.dialects._inflate import MAGIC, inflate
from genesys_sentiment.dialects._replies import Said, control, identity, read, rest, words
from genesys_sentiment.dialects._settings import positive, positive_or_none
from genesys_sentiment.dialects.topics import check_id
from genesys_sentiment.errors import BadFrame, ConfigurationError
from genesys_sentiment.model.events import Suggestion, Suggestions
from genesys_sentiment.model.values import fingerprint
from genesys_sentiment.model.wire import Channel, Connect, Request, Token, WireMessage

_MAX_SUGGESTIONS: Final = 1_000  # of one message, so that no frame keeps us busy
_KIND: Final = "agent_assist"


def _words(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(words)


@frozen(kw_only=True)
class AgentAssist:
    """The dialect of the Agent Assist tutorial. A topic is the id of an interaction.

    ``host`` (with a port where it needs one) and ``path`` say where; not ``secure`` is for a
    server on this machine. ``window``: seconds before the subscription whose transcript the
    suggestions rest on. ``suggestion_types``: which ones are asked for. ``idle_timeout``: seconds
    without any frame until the line counts as dead. ``ack_timeout``: seconds to wait for an
    acknowledgement; None for a server that gives none.
    Raises ConfigurationError for what cannot work.
    """

    name: ClassVar[str] = "agent_assist"
    ping: ClassVar[None] = None
    ping_interval: ClassVar[float] = 30.0
    uses_channel: ClassVar[bool] = False
    pacing: ClassVar[float] = 0.0

    host: str = "api.mypurecloud.com"
    path: str = "/api/v2/agentassist/websocket"
    secure: bool = True
    window: float = field(default=300.0, validator=positive)
    suggestion_types: tuple[str, ...] = field(default=("knowledge", "process"), converter=_words)
    idle_timeout: float = field(default=45.0, validator=positive)
    ack_timeout: float | None = field(default=10.0, validator=positive_or_none)

    def __attrs_post_init__(self) -> None:
        socket_url(self.host, self.path, secure=self.secure)
        for each in self.suggestion_types:
            check_id(each)
        if not self.suggestion_types:
            raise ConfigurationError("suggestion_types is empty: name at least one")

    def connect(self, token: Token | None, channel: Channel | None) -> Connect:
        """The token goes in the header. Raises ConfigurationError without one."""
        url = socket_url(self.host, self.path, secure=self.secure)
        return Connect(url=url, headers=bearer(token))

    def subscribe(
        self, topics: Sequence[str], now: float, reference: Callable[[], str]
    ) -> Sequence[Request]:
        """One request for each interaction. The window ends ``now``, whenever that is.

        Raises ConfigurationError for an id that is none, or a window that ends as it starts.
        """
        start, end = _iso(now - self.window), _iso(now)
        if not start < end:
            raise ConfigurationError("the context window must start before it ends")
        more = {
            "contextWindow": {"start": start, "end": end},
            "suggestionTypes": list(self.suggestion_types),
        }
        return [_request("subscribe", topic, more, reference()) for topic in topics]

    def unsubscribe(self, topics: Sequence[str], reference: Callable[[], str]) -> Sequence[Request]:
        """One request for each interaction. The tutorial has none: it is made in its style."""
        return [_request("unsubscribe", topic, {}, reference()) for topic in topics]

    def renew(self, token: Token, reference: Callable[[], str]) -> None:
        """The token is looked at when the connection opens, and not again."""

    def decode(self, frame: bytes, received: float) -> Sequence[WireMessage]:
        """Read one frame, text or gzip, that arrived at ``received`` (seconds since the epoch).

        A Drift comes last where the frame held fields or values that cannot be used.
        Raises BadFrame and nothing else, whatever the bytes are.
        """
        if len(frame) > MAX_FRAME:
            raise BadFrame("too_large")
        text = inflate(frame) if frame.startswith(MAGIC) else frame
        names: list[str] = []
        said = read(text, _decoder, _Frame, _KIND, names)
        said_so = control(said)
        if said_so is not None:
            return [said_so]
        if said.suggestions is None:
            return [rest(said, text, received)]
        messages: list[WireMessage] = [_suggestions(said, text, received, names)]
        if names:
            messages.append(drift(names))
        return messages


class _Metadata(Body):
    processing_latency_ms: Any = None


class _Item(Body):
    id: Any = None
    type: Any = None
    title: Any = None
    content: Any = None
    confidence: Any = None
    relevance_score: Any = None
    knowledge_article_id: Any = None


class _Frame(Said):
    interaction_id: Any = None
    suggestions: list[Raw] | None = None
    metadata: _Metadata | None = None


_decoder: Final = msgspec.json.Decoder(_Frame)
_decode_item: Final = msgspec.json.Decoder(_Item).decode


def _request(kind: str, topic: str, more: dict[str, Any], request_id: str) -> Request:
    said = {"type": kind, "interactionId": check_id(topic), **more, "requestId": request_id}
    return Request(text=json.dumps(said), reference=request_id, topics=(topic,))


def _iso(at: float) -> str:
    try:
        whole = datetime.fromtimestamp(at, UTC)
    except (ValueError, OverflowError, OSError):
        raise ConfigurationError("the time of a subscription is no time") from None
    return whole.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _suggestions(said: _Frame, text: bytes, received: float, names: list[str]) -> Suggestions:
    conversation = identity(said.interaction_id)
    if conversation is None:
        raise BadFrame("no_conversation")
    raw = said.suggestions or []
    if len(raw) > _MAX_SUGGESTIONS:
        raise BadFrame("body")
    at = moment(said.timestamp, f"{_KIND}.timestamp", names)
    return Suggestions(
        conversation=conversation,
        message=identity(said.id) or fingerprint(text),
        suggestions=tuple(
            _suggestion(item, conversation, at, received, names) for item in _items(raw, names)
        ),
        latency=_latency(said.metadata, names),
        at=at,
        received=received,
    )


def _items(raw: Iterable[Raw], names: list[str]) -> Iterable[_Item]:
    """What is no object is named and counts as one that says nothing; the others live."""
    for each in raw:
        try:
            yield _decode_item(each)
        except msgspec.ValidationError:
            try:
                yield salvage(each, _Item, f"{_KIND}.suggestions", names)
            except BadFrame:
                names.append(f"{_KIND}.suggestions")
                yield _Item()


def _suggestion(
    item: _Item, conversation: str, at: float | None, received: float, names: list[str]
) -> Suggestion:
    """As it was given: whether its numbers are usable is for the Assist stage to judge."""
    where = f"{_KIND}.suggestions"
    name = identity(item.id)
    if name is None:
        names.append(f"{where}.id")
    article = words(item.knowledge_article_id, f"{where}.knowledgeArticleId", names)
    kind = words(item.type, f"{where}.type", names)
    return Suggestion(
        conversation=conversation,
        suggestion=name or "",
        kind=kind or ("knowledge" if article else "suggestion"),
        title=words(item.title, f"{where}.title", names),
        text=words(item.content, f"{where}.content", names),
        reference=article,
        confidence=number(item.confidence, f"{where}.confidence", names),
        relevance=number(item.relevance_score, f"{where}.relevanceScore", names),
        at=at,
        received=received,
    )


def _latency(metadata: _Metadata | None, names: list[str]) -> float | None:
    """Seconds. None where it was not sent, which is not 0."""
    where = f"{_KIND}.metadata.processingLatencyMs"
    stated = None if metadata is None else number(metadata.processing_latency_ms, where, names)
    if stated is None or stated >= 0:
        return None if stated is None else stated / 1000
    names.append(where)
    return None
