"""Pure: no I/O. The topics this platform knows, their permissions, and how they are combined.

Names are those of the platform's own topic list (``GET …/availabletopics``). Which permission a
topic asks for is documented for transcription only; for the others it is an assumption.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from attrs import field, frozen

MAX_TOPIC_LENGTH = 200
"""Characters in one topic string, combined or not (Genesys' own streaming client)."""

_LIVE = "conversation:communication:view"
_ANALYTICS = "analytics:conversation:view"
_QUEUES = "analytics:queueObservation:view"
_SPEECH = "speechAndTextAnalytics:data:view"
_HINTS = "conversation:suggestion:view"

_MEDIA = (
    "calls callbacks chats emails messages cobrowseSessions screenshares videos socialexpressions"
)
_TRANSITIONS = (
    "acd.start acd.end customer.start customer.end user.start user.end flow.start flow.end "
    "flow.outcome voicemail.start voicemail.end acw wrapup contact attributes outbound"
)

_CATALOGUE: tuple[tuple[str, str | None, str], ...] = (
    ("v2.conversations.{id}", "conversation:transcription:view", "transcription"),
    (
        "v2.conversations.{id}.suggestions",
        _HINTS,
        "intent knowledge.search knowledge.article response script thirdpartyaction",
    ),
    ("v2.conversations.{id}", _HINTS, "agentchecklist"),
    ("v2.speechandtextanalytics.conversation.{id}", _SPEECH, "sentiment empathy topics"),
    ("v2.speechandtextanalytics.conversations.{id}", _SPEECH, "categories"),
    ("v2.routing.queues.{id}", _LIVE, "conversations"),
    ("v2.routing.queues.{id}.conversations", _LIVE, _MEDIA),
    ("v2.users.{id}", _LIVE, "conversations conversations.summaries"),
    ("v2.users.{id}.conversations", _LIVE, _MEDIA),
    ("v2.users.{id}", None, "presence routingStatus station"),
    ("v2.detail.events.conversation.{id}", _ANALYTICS, _TRANSITIONS),
    ("v2.detail.events.agent.{id}", _ANALYTICS, "state"),
    ("v2.analytics.conversation.{id}", _ANALYTICS, "metrics"),
    ("v2.analytics.queues.{id}", _QUEUES, "observations activity"),
    ("v2.analytics.users.{id}", _ANALYTICS, "aggregates"),
)
"""What is before the last segments, the permission (None: none needed), and those segments."""


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
                    "type": "requiresPermissions",
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


TOPICS: tuple[Topic, ...] = tuple(
    _topic(f"{prefix}.{kind}", permission)
    for prefix, permission, kinds in _CATALOGUE
    for kind in kinds.split()
)
"""Every topic that can be subscribed, system topics aside."""


def find(name: str) -> Topic | None:
    """The kind of one individual topic, None where the platform has no such topic."""
    return next((topic for topic in TOPICS if topic.pattern.fullmatch(name)), None)


def split(name: str) -> Sequence[str]:
    """The individual topics of a combined one: ``a.b?c&d`` stands for ``a.b.c`` and ``a.b.d``."""
    prefix, mark, kinds = name.partition("?")
    return [f"{prefix}.{kind}" for kind in kinds.split("&")] if mark else [name]
