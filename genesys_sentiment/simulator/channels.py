"""Notification channels: topics, limits, eviction, and who hears an event."""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from uuid import uuid4

from attrs import define, field, frozen

from genesys_sentiment.clock import Clock
from genesys_sentiment.simulator import topics
from genesys_sentiment.simulator.answers import bad_request, missing_permissions
from genesys_sentiment.simulator.languages.language import Line

MAX_TOPICS = 1000
"""Topics on one channel; a combined topic counts once."""
_ALPHABET = string.ascii_lowercase + string.digits


@define(kw_only=True, eq=False)
class Channel:
    """One channel. ``topics`` maps what the client asked for to the individual topics of it."""

    id: str = field(repr=False)
    token: str = field(repr=False)
    expires: float
    used: float
    topics: dict[str, Sequence[str]] = field(factory=dict)
    listener: Line | None = None
    _heard: dict[str, str] = field(factory=dict)

    def subscribe(self, accepted: Sequence[str], *, replace: bool) -> None:
        """Add topics, or replace all of them. Raises PlatformError beyond 1,000."""
        wanted = {} if replace else dict(self.topics)
        for name in accepted:
            wanted[name] = topics.split(name)
        if len(wanted) > MAX_TOPICS:
            raise bad_request(f"A channel cannot have more than {MAX_TOPICS} topics")
        self.topics = wanted
        self._heard = {each.lower(): each for names in wanted.values() for each in names}

    def unsubscribe(self, names: Sequence[str]) -> None:
        """Drop some topics; unknown ones are no error."""
        self.subscribe([name for name in self.topics if name not in set(names)], replace=True)

    def hears(self, topic: str) -> bool:
        """Whether an event of this individual topic belongs to it."""
        return topic.lower() in self._heard


@frozen(kw_only=True)
class Verdict:
    """What the platform says of one topic a client asked for."""

    topic: str
    reason: str | None = None
    missing: tuple[str, ...] = ()

    def listing(self, *, stated: bool) -> dict[str, Any]:
        """As a ChannelTopic; the state is only given with ``ignoreErrors``."""
        shown: dict[str, Any] = {"id": self.topic}
        if stated:
            shown["state"] = "Rejected" if self.reason else "Permitted"
        if self.reason:
            shown["rejectionReason"] = self.reason
        if self.missing:
            shown["missingPermissions"] = list(self.missing)
        return shown


class Channels:
    """All channels of the organisation.

    ``alive`` tells whether a token still counts: no channel outlives its token.
    ``limit``: channels per token owner; one more evicts the oldest used, idle ones first.
    ``lifetime``: seconds; subscribing starts it anew. ``denied``: permissions that are missing.
    """

    def __init__(
        self,
        alive: Callable[[str], bool],
        limit: int,
        lifetime: float,
        denied: set[str],
        clock: Clock,
    ) -> None:
        self._alive = alive
        self.limit = limit
        self.lifetime = lifetime
        self.denied = denied
        self._clock = clock
        self._channels: dict[str, Channel] = {}

    def __iter__(self) -> Iterator[Channel]:
        return iter(tuple(self._channels.values()))

    def create(self, token: str) -> Channel:
        """A new channel; where there are too many, another one goes."""
        self.sweep()
        while len(self._channels) >= self.limit:
            self.evict(
                min(
                    self._channels.values(),
                    key=lambda channel: (channel.listener is not None, channel.used),
                )
            )
        now = self._clock.wall()
        name = "streaming-0-" + "".join(secrets.choice(_ALPHABET) for _ in range(26))
        channel = Channel(id=name, token=token, expires=now + self.lifetime, used=now)
        self._channels[name] = channel
        return channel

    def find(self, name: str) -> Channel | None:
        """A live channel, None where there is none of that name."""
        self.sweep()
        return self._channels.get(name)

    def evict(self, channel: Channel) -> None:
        """Forget a channel; its socket closes with 1001."""
        self._channels.pop(channel.id, None)
        if channel.listener is not None:
            channel.listener.leave(1001)

    def touch(self, channel: Channel) -> None:
        """The client subscribed: the channel lives its full time again."""
        channel.used = self._clock.wall()
        channel.expires = channel.used + self.lifetime

    def sweep(self) -> None:
        """Forget the channels whose life, or whose token's life, is over."""
        now = self._clock.wall()
        for channel in self:
            if channel.expires <= now or not self._alive(channel.token):
                self.evict(channel)

    def judge(self, names: Sequence[str]) -> list[Verdict]:
        """What the platform says of each topic. The first of equal names counts."""
        return [self._judge(name) for name in dict.fromkeys(names)]

    def publish(self, topic: str, body: Mapping[str, Any]) -> int:
        """Hand an event to every open socket whose channel hears it; to how many it went."""
        listeners = [
            channel.listener
            for channel in self
            if channel.listener is not None and channel.hears(topic)
        ]
        if not listeners:
            return 0
        text = envelope(topic, body)
        return sum(listener.offer(text) for listener in listeners)

    def _judge(self, name: str) -> Verdict:
        if len(name) > topics.MAX_TOPIC_LENGTH:
            return Verdict(topic=name, reason="The topic is too long")
        found = [topics.find(each) for each in topics.split(name)]
        if not found or None in found:
            return Verdict(topic=name, reason="The topic is not valid")
        needed = {topic.permission for topic in found if topic is not None}
        missing = tuple(sorted(each for each in needed if each in self.denied))
        if missing:
            return Verdict(topic=name, reason="Missing permissions", missing=missing)
        return Verdict(topic=name)


def accept_all(verdicts: Sequence[Verdict]) -> None:
    """Without ``ignoreErrors`` one refused topic refuses the call. Raises PlatformError."""
    missing = sorted({name for verdict in verdicts for name in verdict.missing})
    if missing:
        raise missing_permissions(*missing)
    refused = next((verdict for verdict in verdicts if verdict.reason), None)
    if refused is not None:
        raise bad_request(f"{refused.reason}: {refused.topic}")


def envelope(topic: str, body: Mapping[str, Any]) -> str:
    """An event as it goes over the socket."""
    return json.dumps(
        {
            "topicName": topic,
            "version": "2",
            "eventBody": body,
            "metadata": {"CorrelationId": str(uuid4())},
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )
