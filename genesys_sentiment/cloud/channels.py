"""Notification channels and what is subscribed on them."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from weakref import WeakValueDictionary

from attrs import frozen

from genesys_sentiment.cloud.instants import from_iso
from genesys_sentiment.cloud.regions import Endpoints, check_connect_uri
from genesys_sentiment.cloud.rest import Rest
from genesys_sentiment.errors import (
    ConfigurationError,
    LimitExceeded,
    NotFound,
    ProtocolError,
)
from genesys_sentiment.model.events import TopicRefused
from genesys_sentiment.model.wire import Channel

MOST_TOPICS = 1000
"""Topics on one channel; a combined topic counts once."""

LONGEST_TOPIC = 200
"""Characters of one topic, combined or not."""

_CHANNELS = "/api/v2/notifications/channels"
_CHANNEL = f"{_CHANNELS}/{{channel}}"
_SUBSCRIPTIONS = f"{_CHANNEL}/subscriptions"

_VISIBLE = re.compile(r"[!-~]+")
_CONVERSATION = re.compile(
    r"\.conversations?\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE
)


@frozen
class Subscription:
    """What became of the topics that were asked for, as they were spelled.

    Every topic is in one of the two: ``permitted`` delivers events, ``refused`` says why not.
    """

    permitted: tuple[str, ...] = ()
    refused: tuple[TopicRefused, ...] = ()


class Channels:
    """Channels of one OAuth client. Changes of one channel are made one after the other.

    An OAuth client has 20 channels at most: making the 21st removes the one that was used longest
    ago. A channel lives 24 h from its last subscription. ``now`` is the wall clock that a
    refusal's ``received`` is read from.
    """

    def __init__(
        self, rest: Rest, endpoints: Endpoints, *, now: Callable[[], float] = time.time
    ) -> None:
        self._rest = rest
        self._endpoints = endpoints
        self._now = now
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def create(self) -> Channel:
        """Make a channel. Raises ProtocolError where its connectUri leads elsewhere."""
        answer = await self._rest.request("POST", _CHANNELS)
        return self._channel(answer.body)

    async def list(self) -> tuple[Channel, ...]:
        """The channels that this OAuth client has."""
        params = {"includechannels": "oauthclient"}
        answer = await self._rest.request("GET", _CHANNELS, params=params)
        return tuple(self._channel(one) for one in _entities(answer.body))

    async def exists(self, channel: Channel) -> bool:
        """Whether the platform still has the channel."""
        try:
            await self._rest.request("HEAD", _CHANNEL, ids={"channel": channel.id})
        except NotFound:
            return False
        return True

    async def topics(self, channel: Channel) -> tuple[str, ...]:
        """What is subscribed now, as the platform spells it. Raises NotFound for a lost channel."""
        answer = await self._rest.request("GET", _SUBSCRIPTIONS, ids={"channel": channel.id})
        names = (one.get("id") for one in _entities(answer.body))
        return tuple(name for name in names if isinstance(name, str))

    async def add(self, channel: Channel, topics: Sequence[str]) -> Subscription:
        """Subscribe to more topics. Raises NotFound for a lost channel, LimitExceeded."""
        return await self._subscribe("POST", channel, _checked(topics))

    async def replace(self, channel: Channel, topics: Sequence[str]) -> Subscription:
        """Subscribe to these topics and no other. Raises NotFound, LimitExceeded."""
        return await self._subscribe("PUT", channel, _checked(topics))

    async def clear(self, channel: Channel) -> None:
        """Subscribe to nothing. Raises NotFound for a lost channel."""
        async with self._lock(channel):
            await self._rest.request("DELETE", _SUBSCRIPTIONS, ids={"channel": channel.id})

    async def _subscribe(
        self, method: str, channel: Channel, topics: tuple[str, ...]
    ) -> Subscription:
        if not topics:
            if method == "PUT":
                await self.clear(channel)
            return Subscription()
        async with self._lock(channel):
            answer = await self._rest.request(
                method,
                _SUBSCRIPTIONS,
                ids={"channel": channel.id},
                params={"ignoreErrors": "true"},  # else one forbidden topic refuses them all
                json=[{"id": topic} for topic in topics],
            )
        return _subscription(topics, _entities(answer.body), self._now())

    def _lock(self, channel: Channel) -> asyncio.Lock:
        """The channel's lock: the platform lets the last of several changes win."""
        return self._locks.setdefault(channel.id, asyncio.Lock())

    def _channel(self, body: object) -> Channel:
        fields = body if isinstance(body, dict) else {}
        name, uri = fields.get("id"), fields.get("connectUri")
        if not isinstance(name, str) or not name or not isinstance(uri, str):
            raise ProtocolError("a channel answer has no id or no connectUri")
        check_connect_uri(uri, self._endpoints)
        return Channel(id=name, connect_uri=uri, expires=from_iso(fields.get("expires")))


def _checked(topics: Sequence[str]) -> tuple[str, ...]:
    """Each topic once, in order; topics that differ in case are the same."""
    if isinstance(topics, str):
        raise ConfigurationError("topics must be a sequence of topics, not one text")
    unique: dict[str, str] = {}
    for topic in topics:
        unique.setdefault(topic.casefold(), topic)
    wanted = tuple(unique.values())
    if any(not _VISIBLE.fullmatch(topic) for topic in wanted):
        raise ConfigurationError("a topic is empty or holds spaces, control or other characters")
    longest = max(map(len, wanted), default=0)
    if longest > LONGEST_TOPIC:
        raise LimitExceeded(
            f"a topic has {longest} characters, {LONGEST_TOPIC} are allowed: combine fewer",
            status=400,
        )
    if len(wanted) > MOST_TOPICS:
        raise LimitExceeded(
            f"{len(wanted)} topics for one channel, {MOST_TOPICS} are allowed: combine topics of "
            "one id, or spread them over several channels",
            status=400,
        )
    return wanted


def _subscription(
    topics: Iterable[str], entities: Iterable[Mapping[str, Any]], received: float
) -> Subscription:
    answers = {str(entity.get("id")).casefold(): entity for entity in entities}
    permitted: list[str] = []
    refused: list[TopicRefused] = []
    for topic in topics:
        why = _refusal(topic.casefold(), answers)
        if why is None:
            permitted.append(topic)
            continue
        reason, missing = why
        about = _CONVERSATION.search(topic)
        refused.append(
            TopicRefused(
                topic=topic,
                reason=reason,
                missing=missing,
                conversation=about[1] if about else None,
                received=received,
            )
        )
    return Subscription(tuple(permitted), tuple(refused))


def _refusal(
    topic: str, answers: Mapping[str, Mapping[str, Any]]
) -> tuple[str, tuple[str, ...]] | None:
    """Why ``topic`` is not subscribed, and which permissions it wants; None where it is.

    A combined topic that is not answered as such may be answered by its parts.
    """
    asked = [topic] if topic in answers else _parts(topic)
    for name in asked:
        entity = answers.get(name)
        if entity is None:
            return "not in the answer", ()
        state = entity.get("state")
        if state is None or str(state).casefold() == "permitted":
            continue  # listings without a state hold what is subscribed
        reason = entity.get("rejectionReason")
        missing = entity.get("missingPermissions")
        return (
            reason if isinstance(reason, str) and reason else str(state),
            tuple(str(one) for one in missing) if isinstance(missing, list) else (),
        )
    return None


def _parts(topic: str) -> list[str]:
    start, combined, rest = topic.partition("?")
    return [f"{start}.{part}" for part in rest.split("&")] if combined else [topic]


def _entities(body: object) -> list[dict[str, Any]]:
    listed = body.get("entities") if isinstance(body, dict) else body
    if not isinstance(listed, list):
        raise ProtocolError("a listing has no entities")
    return [one for one in listed if isinstance(one, dict)]
