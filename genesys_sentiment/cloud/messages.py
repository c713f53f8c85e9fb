"""The texts of digital messages: the platform's events carry only their ids."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from genesys_sentiment.cloud.instants import from_iso
from genesys_sentiment.cloud.loose import as_object, inner, objects, text
from genesys_sentiment.cloud.rest import Rest
from genesys_sentiment.errors import ConfigurationError, NotFound
from genesys_sentiment.model.events import Side, Utterance

MOST_AT_ONCE = 100
"""Messages asked for in one call; more are asked for in several."""

_ONE = "/api/v2/conversations/messages/{conversation}/messages/{message}"
_BULK = "/api/v2/conversations/messages/{conversation}/messages/bulk"
_NORMALIZED: Final = {"useNormalizedMessage": "true"}
_SIDES: Final[Mapping[str, Side]] = {"inbound": "customer", "outbound": "agent"}


@frozen(kw_only=True)
class MessageText:
    """One message as an utterance; ``sentiment`` is the platform's own word about it.

    ``Positive``, ``Negative`` or ``Neutral``; None where it said none or Unknown. It has no number.
    """

    utterance: Utterance
    sentiment: str | None = None


class Messages:
    """Fetches message texts. Needs conversation:message:view or
    conversation:webmessaging:view."""

    def __init__(self, rest: Rest, *, now: Callable[[], float] = time.time) -> None:
        self._rest = rest
        self._now = now

    async def get(self, conversation: str, message: str) -> MessageText | None:
        """One message; None where it does not exist (yet) or has no text, such as a picture."""
        ids = {"conversation": conversation, "message": message}
        try:
            answer = await self._rest.request("GET", _ONE, ids=ids, params=_NORMALIZED)
        except NotFound:
            return None
        fields = as_object(answer.body, "a message")
        return _message(conversation, {"id": message, **fields}, self._now())

    async def many(self, conversation: str, messages: Sequence[str]) -> tuple[MessageText, ...]:
        """Those of ``messages`` that exist and have a text, in the order asked for."""
        if isinstance(messages, str):
            raise ConfigurationError("messages must be a sequence of message ids")
        wanted = list(dict.fromkeys(messages))
        found: dict[str, MessageText] = {}
        for start in range(0, len(wanted), MOST_AT_ONCE):
            answer = await self._rest.request(
                "POST",
                _BULK,
                ids={"conversation": conversation},
                params=_NORMALIZED,
                json=wanted[start : start + MOST_AT_ONCE],
            )
            body = as_object(answer.body, "a listing of messages")
            for fields in objects(body.get("entities")):
                one = _message(conversation, fields, self._now())
                if one is not None:
                    found[one.utterance.utterance] = one
        return tuple(found[name] for name in wanted if name in found)


def _message(conversation: str, fields: Mapping[str, Any], received: float) -> MessageText | None:
    name, normalized = text(fields.get("id")), inner(fields, "normalizedMessage")
    said = text(fields.get("textBody")) or text(normalized.get("text"))
    if name is None or said is None:
        return None
    tag = text(inner(inner(normalized, "enrichment"), "sentimentV2").get("tag"))
    direction = text(fields.get("direction")) or text(normalized.get("direction")) or ""
    return MessageText(
        utterance=Utterance(
            conversation=conversation,
            utterance=name,
            text=said,
            participant=_SIDES.get(direction.lower()),
            at=from_iso(fields.get("timestamp")),
            received=received,
            source="backfill",
        ),
        sentiment=None if tag == "Unknown" else tag,
    )
