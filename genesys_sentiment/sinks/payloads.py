"""What a receiver is told of an entry, where it wants something else than the record. Pure: no I/O.

A payload is a function of an entry and the wall clock: any function with these two arguments is
one. Without text in the entry there is none in a payload.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from genesys_sentiment.contracts.validation import validate
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.entries import Entry
from genesys_sentiment.model.export import iso
from genesys_sentiment.scoring.identity import stable_uuid

SOURCE: Final = "genesys.sentiment.forwarder"
"""Where events come from, for EventBridge (S1-15) and as a CloudEvent's ``source``."""

Payload: TypeAlias = Callable[[Entry, float], Mapping[str, object] | None]
"""From an entry and now, seconds since the epoch. None: there is nothing to tell of it. Raises
ConfigurationError for an entry that it is not for."""


def chat_sentiment(entry: Entry, now: float) -> Mapping[str, object]:
    """The chat tutorial's payload of a ``forward`` entry, as its schema has it (S1-10).

    The same at every try: ``timestamp`` is the event's. ``confidence`` is left out where there is
    none. Raises ConfigurationError for another entry, or one that breaks the schema.
    """
    values = _values(entry, "forward", "chat_sentiment")
    names = ("polarity", "positive", "neutral", "negative", "confidence")
    payload = {
        "conversationId": values["conversationId"],
        "sentimentMatrix": {name: values[name] for name in names if values[name] is not None},
        "escalationThreshold": values["threshold"],
        "forwardingId": values["forwardingId"],
        "timestamp": values["at"],
    }
    problems = validate("chat_sentiment", payload)
    if problems:
        said = ", ".join(f"{each.path} {each.rule}" for each in problems)
        raise ConfigurationError(f"no payload for chat_sentiment, made by forward()? ({said})")
    return payload


def crm_sync(entry: Entry, now: float) -> Mapping[str, object]:
    """What a CRM is told of a ``forward`` entry (S1-16). ``syncTimestamp`` is the time of the try.

    Raises what :func:`chat_sentiment` does.
    """
    data = chat_sentiment(entry, now)
    return {"event": "sentiment.forwarded", "data": data, "syncTimestamp": iso(now)}


def accepted(entry: Entry) -> bool:
    """Whether an ``acceptance`` entry says that a suggestion was accepted: for ``Lane.only``."""
    return entry.kind == "acceptance" and entry.values["reaction"] == "accepted"


def assist_sync(entry: Entry, now: float) -> Mapping[str, object] | None:
    """What a knowledge platform is told when a suggestion was accepted; else None (S2-12).

    Its sink's lane: ``Lane(kinds=frozenset({"acceptance"}), only=accepted)``.

    The same at every try: ``exportedAt`` is the time of the acceptance, and ``idempotencyKey`` is
    a UUID of the conversation, suggestion and reaction. ``acceptanceRate`` is 0…1, None while
    nothing was shown; ``acceptedArticleId`` None where the suggestion named no article.
    Raises ConfigurationError for an entry of another kind.
    """
    values = _values(entry, "acceptance", "assist_sync")
    if values["reaction"] != "accepted":
        return None
    return {
        "type": "agent_assist_sync",
        "interactionId": values["conversationId"],
        "suggestionId": values["suggestionId"],
        "acceptedArticleId": values["reference"],
        "acceptanceRate": values["rate"],
        "exportedAt": values["at"],
        "idempotencyKey": stable_uuid("agent_assist_sync", entry.id),
    }


def cloud_event(entry: Entry, now: float) -> Mapping[str, object]:
    """Any entry as a CloudEvent 1.0 in structured mode; the record is its ``data``.

    ``subject`` (the conversation) and ``time`` (the event's) are left out where there is none, as
    CloudEvents knows no null. ``sequence`` is its extension of that name: 20 digits that grow
    within a conversation, to be compared as text.
    """
    values = entry.values
    optional: dict[str, object] = {
        "subject": entry.conversation,
        "time": values.get("at"),
        "sequence": None if entry.sequence < 0 else f"{entry.sequence:020d}",
    }
    return {
        "specversion": "1.0",
        "id": entry.id,
        "source": SOURCE,
        "type": f"genesys.sentiment.{entry.kind}",
        **{name: value for name, value in optional.items() if value},
        "datacontenttype": "application/json",
        "data": values,
    }


def _values(entry: Entry, kind: str, payload: str) -> dict[str, Any]:
    if entry.kind != kind:
        raise ConfigurationError(
            f"{payload} is for {kind!r} entries, not for {entry.kind!r}: "
            f"give its sink a Lane(kinds=frozenset({{{kind!r}}}))"
        )
    return entry.values
