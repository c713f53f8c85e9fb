"""Pure: no I/O. The topics this platform knows, their permissions, and how they are combined.

Names are those of the platform's own topic list (``GET …/availabletopics``). Which permission a
topic asks for is documented for transcription only; for the others it is an assumption.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from attrs import field, frozen

MAX_TOPIC_LENGTH = 200
"""Characters in one topic string, combined or not (Genesys' own streaming client)."""

_DETAILS = [
    "acd.start",
    "acd.end",
    "customer.start",
    "customer.end",
    "user.start",
    "user.end",
    "flow.start",
    "flow.end",
    "flow.outcome",
    "voicemail.start",
    "voicemail.end",
    "acw",
    "wrapup",
    "contact",
    "attributes",
    "outbound",
]
_MEDIA = [
    "calls",
    "callbacks",
    "chats",
    "emails",
    "messages",
    "cobrowseSessions",
    "screenshares",
    "videos",
]
_SUGGESTIONS = [
    "intent",
    "knowledge.search",
    "knowledge.article",
    "response",
    "script",
    "thirdpartyaction",
]
_ANALYTICS = "speechAndTextAnalytics:data:view"
_LIVE = "conversation:communication:view"


@frozen(kw_only=True)
class Topic:
    """One kind of topic. ``pattern`` matches a topic of this kind, whatever its ids and case."""

    template: str
    permission: str | None
    pattern: re.Pattern[str] = field(repr=False, eq=False)

    def listing(self) -> dict[str, Any]:
        """As ``availabletopics`` shows it."""
        needed = [self.permission] if self.permission else []
        return {
            "id": self.template,
            "description": f"Events of {self.template}",
            "requiresPermissions": needed,
            "permissionDetails": [
                {
                    "type": "requiresPermission",
                    "permissions": needed,
                    "allowsCurrentUser": False,
                    "enforced": True,
                }
            ],
            "enforced": True,
            "visibility": "Public",
            "transports": ["Websocket", "EventBridge"],
            "topicParameters": re.findall(r"\{(\w+)\}", self.template),
        }


def _topic(template: str, permission: str | None) -> Topic:
    escaped = re.escape(template).replace(r"\{id\}", r"[^.\s?&]+")
    return Topic(
        template=template,
        permission=permission,
        pattern=re.compile(escaped, re.IGNORECASE),
    )


def _catalogue() -> Iterator[Topic]:
    yield _topic("v2.conversations.{id}.transcription", "conversation:transcription:view")
    for kind in _SUGGESTIONS:
        yield _topic(f"v2.conversations.{{id}}.suggestions.{kind}", "conversation:suggestion:view")
    for kind in ("sentiment", "empathy", "topics"):
        yield _topic(f"v2.speechandtextanalytics.conversation.{{id}}.{kind}", _ANALYTICS)
    yield _topic("v2.speechandtextanalytics.conversations.{id}.categories", _ANALYTICS)
    for owner in ("v2.routing.queues.{id}", "v2.users.{id}"):
        yield _topic(f"{owner}.conversations", _LIVE)
        for medium in _MEDIA:
            yield _topic(f"{owner}.conversations.{medium}", _LIVE)
    yield _topic("v2.users.{id}.presence", None)
    yield _topic("v2.users.{id}.routingStatus", None)
    yield _topic("v2.users.{id}.station", None)
    for kind in _DETAILS:
        yield _topic(f"v2.detail.events.conversation.{{id}}.{kind}", "analytics:conversation:view")
    yield _topic("v2.detail.events.agent.{id}.state", "analytics:conversation:view")
    yield _topic("v2.analytics.conversation.{id}.metrics", "analytics:conversation:view")
    yield _topic("v2.analytics.queues.{id}.observations", "analytics:queueObservation:view")
    yield _topic("v2.analytics.queues.{id}.activity", "analytics:queueObservation:view")


TOPICS: tuple[Topic, ...] = tuple(_catalogue())
"""Every topic that can be subscribed, system topics aside."""


def find(name: str) -> Topic | None:
    """The kind of one individual topic, None where the platform has no such topic."""
    return next((topic for topic in TOPICS if topic.pattern.fullmatch(name)), None)


def split(name: str) -> Sequence[str]:
    """The individual topics of a combined one: ``a.b?c&d`` stands for ``a.b.c`` and ``a.b.d``."""
    prefix, mark, kinds = name.partition("?")
    return [f"{prefix}.{kind}" for kind in kinds.split("&")] if mark else [name]
