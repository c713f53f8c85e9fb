"""Sentiment of agents over an analytics WebSocket, as a tutorial describes it. Pure: no I/O.

No real organisation has this endpoint, and the platform's sentiment is the customer's. See
``docs/dialects.md`` for what there is instead.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isfinite
from typing import Any, ClassVar, Final

import msgspec
from attrs import Attribute, field, frozen
from msgspec import UNSET, UnsetType

from genesys_sentiment.dialects._address import bearer, socket_url
from genesys_sentiment.dialects._bodies import Body, drift, moment
from genesys_sentiment.dialects._bounds import MAX_FRAME
from genesys_sentiment.dialects._replies import Said, control, identity, read, rest, words
from genesys_sentiment.dialects.topics import check_id
from genesys_sentiment.errors import BadFrame, ConfigurationError
from genesys_sentiment.model.events import ABSENT, Reading, StateChange
from genesys_sentiment.model.wire import Channel, Connect, Request, Token, WireMessage

SCORE: Final = "sentiment.score"
"""The field without which there is nothing to score: the server omits what is not asked for."""

FEWEST_SECONDS: Final = 10.0
"""A shorter heartbeat may run into the gateway's rate limit: the tutorial warns of 5 s."""

_KIND: Final = "realtime_analytics"
_FIELD: Final = re.compile(r"[A-Za-z]\w{0,63}(?:\.\w{1,64}){0,7}", re.ASCII)
_NAME: Final = re.compile(r"[A-Za-z]{1,64}")
_REGION: Final = re.compile(r"[a-z]{2,4}(?:-[a-z]{1,16}){1,3}-[0-9]")


def host_of_region(region: str) -> str:
    """The tutorial's host of an AWS region. Raises ConfigurationError for what cannot be one."""
    if not _REGION.fullmatch(region):
        raise ConfigurationError("the region must be an AWS region name such as ap-southeast-1")
    return f"{region}.api.genesyscloud.com"


def conversations(*, queue: str | None = None, agent: str | None = None) -> str:
    """The topic of the conversations of a queue, of an agent, or of both.

    Neither: those that the dialect's own ``filters`` let through.
    Raises ConfigurationError for an id that is none.
    """
    given = {"queueId": queue, "agentId": agent}
    parts = [f"{name}={check_id(value)}" for name, value in given.items() if value is not None]
    return ";".join(["conversation", *parts])


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(names)


def _pairs(filters: Mapping[str, str] | Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    pairs = filters.items() if isinstance(filters, Mapping) else filters
    return tuple((_filter_name(name), check_id(value)) for name, value in pairs)


def _filter_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ConfigurationError("a filter has a name such as queueId or agentId")
    return name


@frozen(kw_only=True)
class RealtimeAnalytics:
    """The dialect of the agent sentiment tutorial. See :func:`conversations` for its topics.

    ``host`` (with a port where it needs one) and ``path`` say where; not ``secure`` is for a
    server on this machine. ``filters`` (``queueId``, ``agentId``) hold for every topic that does
    not say otherwise. ``fields``: what events shall have; one that is not asked for does not come,
    so ``sentiment.score`` must be among them, unless ``without_score`` says that this is meant.
    ``heartbeat``: seconds between the server's. ``idle_timeout``: seconds without any frame until
    the line counts as dead, half a heartbeat more than one unless given. ``scale``: the two ends of
    the scores that come; readings are always on −1…1, and what was out of scale stays out of it.
    Raises ConfigurationError for what cannot work; ``warnings`` say what may not.
    """

    name: ClassVar[str] = "realtime_analytics"
    ping: ClassVar[None] = None
    ping_interval: ClassVar[float] = 30.0
    uses_channel: ClassVar[bool] = False
    pacing: ClassVar[float] = 0.0
    ack_timeout: ClassVar[None] = None

    host: str = "api.genesyscloud.com"
    path: str = "/api/v2/analytics/websocket"
    secure: bool = True
    filters: tuple[tuple[str, str], ...] = field(default=(), converter=_pairs)
    fields: tuple[str, ...] = field(default=(SCORE, "sentiment.label", "state"), converter=_names)
    without_score: bool = field(default=False)
    heartbeat: int = field(default=30)
    idle_timeout: float = field()
    scale: tuple[float, float] = field(default=(-1.0, 1.0))

    @idle_timeout.default
    def _patience(self) -> float:
        # The heartbeat has not been looked at yet: it may be anything.
        return 1.5 * self.heartbeat if type(self.heartbeat) is int else 0.0

    def __attrs_post_init__(self) -> None:
        socket_url(self.host, self.path, secure=self.secure)

    @fields.validator
    def _fields_are_names(self, _: Attribute[Any], value: tuple[str, ...]) -> None:
        if not all(_FIELD.fullmatch(each) for each in value):
            raise ConfigurationError("fields are names such as sentiment.score or state")

    @without_score.validator
    def _score_is_asked_for(self, _: Attribute[Any], value: bool) -> None:
        if SCORE not in self.fields and not value:
            raise ConfigurationError(
                f"{SCORE} is not among the fields: the server sends no score that is not asked"
                " for. Add it, or say without_score=True"
            )

    @heartbeat.validator
    def _beats(self, _: Attribute[Any], value: int) -> None:
        if type(value) is not int or not 1 <= value <= 3600:
            raise ConfigurationError("heartbeat is in whole seconds, 1 to 3600")

    @idle_timeout.validator
    def _outlasts_a_heartbeat(self, _: Attribute[Any], value: float) -> None:
        if not (value > self.heartbeat and isfinite(value)):
            raise ConfigurationError("idle_timeout must be longer than one heartbeat")

    @scale.validator
    def _is_a_scale(self, _: Attribute[Any], value: tuple[float, float]) -> None:
        low, high = value
        if not (isfinite(low) and isfinite(high) and low < high):
            raise ConfigurationError("scale is its lower and its upper end, such as (-1.0, 1.0)")

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the settings allow and the tutorial advises against, a sentence each."""
        found = []
        if self.heartbeat < FEWEST_SECONDS:
            found.append(
                f"a heartbeat of {self.heartbeat} s may run into the gateway's rate limit: 30 s"
                " is recommended"
            )
        if SCORE not in self.fields:
            found.append(f"{SCORE} is not asked for: no event will have a score")
        return tuple(found)

    def connect(self, token: Token | None, channel: Channel | None) -> Connect:
        """The token goes in the header. Raises ConfigurationError without one."""
        url = socket_url(self.host, self.path, secure=self.secure)
        return Connect(url=url, headers=bearer(token))

    def subscribe(
        self, topics: Sequence[str], now: float, reference: Callable[[], str]
    ) -> Sequence[Request]:
        """One request for all topics; it has no id, so the server cannot acknowledge it.

        Raises ConfigurationError for what is no topic.
        """
        return self._requests("subscribe", topics)

    def unsubscribe(self, topics: Sequence[str], reference: Callable[[], str]) -> Sequence[Request]:
        """One request for all topics. The tutorial has none: it is made in its style."""
        return self._requests("unsubscribe", topics)

    def renew(self, token: Token, reference: Callable[[], str]) -> None:
        """The token is looked at when the connection opens, and not again."""

    def decode(self, frame: bytes, received: float) -> Sequence[WireMessage]:
        """Read one frame that arrived at ``received`` (seconds since the epoch).

        A Drift comes last where the frame held fields or values that cannot be used.
        Raises BadFrame and nothing else, whatever the bytes are.
        """
        if len(frame) > MAX_FRAME:
            raise BadFrame("too_large")
        names: list[str] = []
        said = read(frame, _decoder, _Frame, _KIND, names)
        said_so = control(said)
        if said_so is not None:
            return [said_so]
        if said.conversation_id is None and said.sentiment is UNSET:
            return [rest(said, frame, received)]
        messages = self._events(said, received, names)
        if names:
            messages.append(drift(names))
        return messages

    def _requests(self, action: str, topics: Sequence[str]) -> Sequence[Request]:
        if not topics:
            return ()
        said: dict[str, Any] = {"action": action, "events": [self._wanted(each) for each in topics]}
        said["heartbeat"] = self.heartbeat
        return (Request(text=json.dumps(said), topics=tuple(topics)),)

    def _wanted(self, topic: str) -> dict[str, Any]:
        kind, *parts = topic.split(";")
        if kind != "conversation":
            raise ConfigurationError("a topic begins with conversation: see conversations()")
        own = _pairs([(name, value) for name, _, value in (each.partition("=") for each in parts)])
        return {
            "type": kind,
            "filters": {**dict(self.filters), **dict(own)},
            "fields": list(self.fields),
        }

    def _events(self, said: _Frame, received: float, names: list[str]) -> list[WireMessage]:
        """The state first: what follows from it, such as whose score it is, is known then."""
        conversation = identity(said.conversation_id)
        if conversation is None:
            raise BadFrame("no_conversation")
        agent = identity(said.agent_id)
        queue = identity(said.queue_id)
        at = moment(said.timestamp, f"{_KIND}.timestamp", names)
        state = words(said.state, f"{_KIND}.state", names)
        events: list[WireMessage] = []
        if state:
            events.append(
                StateChange(
                    conversation=conversation,
                    subject="conversation",
                    state=state.lower(),
                    participant=agent,
                    purpose=None if agent is None else "agent",
                    user=agent,
                    queue=queue,
                    count=round((received if at is None else at) * 1000),
                    at=at,
                    received=received,
                )
            )
        # A score that was asked for and did not come is absent, and that is worth knowing.
        if said.sentiment is not UNSET or SCORE in self.fields:
            events.append(
                Reading(
                    conversation=conversation,
                    score=self._score(said.sentiment),
                    participant="agent",
                    queues=() if queue is None else (queue,),
                    correlation=_correlation(said, agent, at, received),
                    at=at,
                    received=received,
                )
            )
        return events

    def _score(self, sentiment: _Sentiment | UnsetType | None) -> Any:
        if sentiment is None:
            return None
        if sentiment is UNSET or sentiment.score is UNSET:
            return ABSENT
        low, high = self.scale
        if sentiment.score is None or (low, high) == (-1.0, 1.0):
            return sentiment.score
        scaled = (2 * sentiment.score - low - high) / (high - low)
        # Twice a number may be none any more: what was out of scale by far stays as it came.
        return scaled if isfinite(scaled) else sentiment.score


class _Sentiment(Body):
    score: float | UnsetType | None = UNSET
    label: Any = None


class _Frame(Said):
    conversation_id: Any = None
    agent_id: Any = None
    queue_id: Any = None
    media_type: Any = None
    sentiment: _Sentiment | UnsetType | None = UNSET
    state: Any = None


_decoder: Final = msgspec.json.Decoder(_Frame)


def _correlation(said: _Frame, agent: str | None, at: float | None, received: float) -> str:
    """What tells equal scores apart: the event's id, else its agent and its time.

    Without an id and a time of its own, each frame is taken for a new one: the same score twice
    is more likely than the same event twice, and a lost reading is worse than a repeated one.
    """
    own = identity(said.id)
    if own is not None:
        return own
    return agent or "" if at is not None else f"{agent or ''}@{received:.6f}"
