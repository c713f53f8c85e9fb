"""Topic names of the Notifications service: building, combining, splitting. Pure: no I/O.

The service has no wildcards: every topic names one queue, user or conversation. An id goes into
a topic only after :func:`check_id`, so no id can change what is subscribed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from genesys_sentiment.errors import ConfigurationError

MAX_LENGTH = 200
"""Characters of one topic, combined or not: the platform's limit."""

DETAIL_KINDS = (
    "acd.end",
    "acd.start",
    "acw",
    "attributes",
    "contact",
    "customer.end",
    "customer.start",
    "flow.end",
    "flow.outcome",
    "flow.start",
    "outbound",
    "user.end",
    "user.start",
    "voicemail.end",
    "voicemail.start",
    "wrapup",
)
"""Every kind of detail event of a conversation that the platform names."""

SUGGESTION_KINDS = (
    "intent",
    "knowledge.article",
    "knowledge.search",
    "response",
    "script",
    "thirdpartyaction",
)
"""Every kind of Agent Assist or Copilot suggestion that has a topic."""

_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_TOPIC = re.compile(r"[!-~]+")
_PART = re.compile(r"[A-Za-z]+")


def check_id(value: str) -> str:
    """``value``, if it can be an id: 1…64 letters, digits and hyphens (a UUID is).

    Raises ConfigurationError: dots, slashes or control characters would make another topic.
    """
    if not _ID.fullmatch(value):
        raise ConfigurationError(
            f"{value[:80]!r} is not an id: give 1 to 64 letters, digits and hyphens, such as a UUID"
        )
    return value


def transcription(conversation: str) -> str:
    """Live transcripts of a conversation. Permission ``conversation:transcription:view``."""
    return f"v2.conversations.{check_id(conversation)}.transcription"


def sentiment(conversation: str) -> str:
    """The platform's own overall sentiment of a conversation."""
    return f"v2.speechandtextanalytics.conversation.{check_id(conversation)}.sentiment"


def suggestions(conversation: str) -> tuple[str, ...]:
    """All kinds of Agent Assist and Copilot suggestions for a conversation."""
    prefix = f"v2.conversations.{check_id(conversation)}.suggestions"
    return tuple(f"{prefix}.{kind}" for kind in SUGGESTION_KINDS)


def queue_conversations(queue: str) -> str:
    """Snapshots of every conversation of a queue: the way to discover them."""
    return f"v2.routing.queues.{check_id(queue)}.conversations"


def user_conversations(user: str) -> str:
    """Snapshots of every conversation of a user (an agent)."""
    return f"v2.users.{check_id(user)}.conversations"


def detail_events(conversation: str, *kinds: str) -> tuple[str, ...]:
    """Detail events of a conversation, such as ``customer.end``; all kinds where none is named."""
    prefix = f"v2.detail.events.conversation.{check_id(conversation)}"
    unknown = sorted(set(kinds).difference(DETAIL_KINDS))
    if unknown:
        known = ", ".join(DETAIL_KINDS)
        raise ConfigurationError(f"no detail event {unknown[0][:80]!r}; there are: {known}")
    return tuple(f"{prefix}.{kind}" for kind in kinds or DETAIL_KINDS)


def combine(topics: Iterable[str]) -> tuple[str, ...]:
    """As few topics as say the same, each at most 200 characters, sorted.

    Topics that differ in their last part only become one, as Genesys' own client does it:
    ``v2.users.{id}?presence&routingStatus``. Events still arrive under the single topics' names.
    Raises ConfigurationError for what cannot be a topic.
    """
    single = sorted({each for topic in topics for each in split(topic)})
    groups: dict[str, list[str]] = {}
    alone: list[str] = []
    for topic in single:
        stem, _, last = topic.rpartition(".")
        # A last part that may be an id is not a part of one object: it stays alone.
        members = groups.setdefault(stem, []) if stem and _PART.fullmatch(last) else alone
        members.append(topic)
    combined = (name for stem, members in groups.items() for name in _pack(stem, members))
    return tuple(sorted([*alone, *combined]))


def split(topic: str) -> tuple[str, ...]:
    """The single topics that ``topic`` stands for: the way back from :func:`combine`.

    Raises ConfigurationError for what cannot be a topic: longer than 200 characters, or with
    anything but visible ASCII in it.
    """
    if len(topic) > MAX_LENGTH or not _TOPIC.fullmatch(topic):
        raise ConfigurationError(
            f"{topic[:80]!r} is not a topic: it has 1 to {MAX_LENGTH} visible ASCII characters"
        )
    stem, mark, parts = topic.partition("?")
    if not mark:
        return (topic,)
    if not all(_PART.fullmatch(part) for part in parts.split("&")):
        raise ConfigurationError(f"{topic[:80]!r} is not a topic: after ? come names joined by &")
    single = tuple(f"{stem}.{part}" for part in parts.split("&"))
    return tuple(dict.fromkeys(single))


def _pack(stem: str, members: list[str]) -> list[str]:
    """Fill topics of at most ``MAX_LENGTH`` characters, in order."""
    packed: list[list[str]] = []
    length = 0
    for member in members:
        part = len(member) - len(stem)
        if packed and length + part <= MAX_LENGTH:
            packed[-1].append(member)
            length += part
        else:
            packed.append([member])
            length = len(member)
    return [_join(stem, group) for group in packed]


def _join(stem: str, group: list[str]) -> str:
    if len(group) == 1:
        return group[0]
    return f"{stem}?{'&'.join(member[len(stem) + 1 :] for member in group)}"
