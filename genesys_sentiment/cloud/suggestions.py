"""A conversation's suggestions by REST, and what the agent did with them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeAlias, get_args

from genesys_sentiment.cloud.instants import from_iso
from genesys_sentiment.cloud.loose import as_object, inner, number, objects, text
from genesys_sentiment.cloud.paging import Page, collect, cursor_of
from genesys_sentiment.cloud.rest import Rest
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.events import Suggestion

PAGE_SIZE = 200
"""Suggestions asked for at once: the platform's most."""

MOST_PAGES = 50

Engagement: TypeAlias = Literal["Dismissed", "Copied", "Opened", "Feedback"]
Rating: TypeAlias = Literal["Positive", "Negative"]

_LIST = "/api/v2/conversations/{conversation}/suggestions"
_ENGAGEMENT = f"{_LIST}/{{suggestion}}/engagement"
_KINDS: Final[Mapping[str, str]] = {
    "KnowledgeSearch": "knowledge.search",
    "KnowledgeArticle": "knowledge.article",
    "CannedResponse": "response",
    "Script": "script",
    "ThirdPartySuggestion": "thirdpartyaction",
}
"""The types of REST that a topic has, by the topic's suffix."""


class ConversationSuggestions:
    """Reads suggestions and says what became of them. Needs conversation:suggestion:view and
    conversation:suggestionEngagement:add. ``now`` is the wall clock."""

    def __init__(self, rest: Rest, *, now: Callable[[], float] = time.time) -> None:
        self._rest = rest
        self._now = now

    async def list(
        self, conversation: str, *, kind: str | None = None, state: str | None = None
    ) -> tuple[Suggestion, ...]:
        """Every suggestion of a conversation, each once: good after a gap of the stream.

        ``kind`` and ``state`` are the platform's words (``KnowledgeSearch``, ``Suggested``).
        Raises NotFound, LimitExceeded beyond 10,000, and what :meth:`Rest.request` raises.
        """
        narrow = {"type": kind, "state": state}
        params = {name: value for name, value in narrow.items() if value is not None}

        async def ask(cursor: str | None) -> Page[Suggestion]:
            after = {} if cursor is None else {"after": cursor}
            answer = await self._rest.request(
                "GET",
                _LIST,
                ids={"conversation": conversation},
                params={**params, "pageSize": PAGE_SIZE, **after},
            )
            body = as_object(answer.body, "a listing of suggestions")
            read = (
                _suggestion(conversation, one, self._now()) for one in objects(body.get("entities"))
            )
            return Page([one for one in read if one], cursor_of(body.get("nextUri")))

        return await collect(
            ask, lambda one: one.suggestion, most=MOST_PAGES, advice="narrow it by kind or state"
        )

    async def engage(
        self,
        conversation: str,
        suggestion: str,
        engagement: Engagement,
        rating: Rating | None = None,
    ) -> None:
        """Tell the platform what the agent did with a suggestion.

        ``Feedback`` comes with a rating, the others without. A lost answer is asked for again, so
        the platform may hear the same twice; it says no more than once. Raises ConfigurationError
        before anything is sent, NotFound, and what :meth:`Rest.request` raises.
        """
        if engagement not in get_args(Engagement):
            raise ConfigurationError(f"an engagement is one of {', '.join(get_args(Engagement))}")
        if rating not in (get_args(Rating) if engagement == "Feedback" else (None,)):
            raise ConfigurationError(
                "Feedback has a rating, Positive or Negative; others have none"
            )
        body: dict[str, Any] = {"engagementType": engagement}
        if rating is not None:
            body["feedback"] = {"rating": rating}
        ids = {"conversation": conversation, "suggestion": suggestion}
        await self._rest.request("POST", _ENGAGEMENT, ids=ids, json=body)


def _suggestion(conversation: str, fields: Mapping[str, Any], received: float) -> Suggestion | None:
    name, kind = text(fields.get("id")), text(fields.get("type")) or "unknown"
    if name is None:
        return None
    context = inner(fields, "context")
    title, content, reference, confidence = _content(fields)
    return Suggestion(
        conversation=conversation,
        suggestion=name,
        kind=_KINDS.get(kind, kind.lower()),
        state=text(fields.get("state")),
        trigger=text(fields.get("triggerType")),
        engagement=text(fields.get("engagementType")),
        rating=text(inner(fields, "feedback").get("rating")),
        title=title,
        text=content,
        reference=reference,
        confidence=confidence,
        queue=text(context.get("queueId")),
        user=text(context.get("userId")),
        utterance=text(context.get("utteranceId")),
        language=text(context.get("language")),
        at=from_iso(fields.get("dateCreated")),
        received=received,
        source="backfill",
    )


def _content(
    fields: Mapping[str, Any],
) -> tuple[str | None, str | None, str | None, float | None]:
    """Title, text, reference and confidence of whatever is suggested."""
    knowledge = inner(fields, "knowledgeSearch") or inner(fields, "knowledgeArticle")
    if knowledge:
        snippets = knowledge.get("snippets")
        first = text(snippets[0]) if isinstance(snippets, list) and snippets else None
        answer = text(inner(knowledge, "knowledgeAnswer").get("answer"))
        document = text(inner(knowledge, "document").get("id"))
        reference = document or text(knowledge.get("documentId"))
        sure = number(knowledge.get("confidence"))
        return text(knowledge.get("title")), answer or first, reference, sure
    canned, script = inner(fields, "cannedResponse"), inner(fields, "script")
    action = inner(fields, "thirdPartySuggestion")
    reference = (
        text(canned.get("responseId"))
        or text(inner(canned, "response").get("id"))
        or text(script.get("pageId"))
        or text(script.get("scriptId"))
        or text(inner(script, "script").get("id"))
    )
    return text(action.get("title")), text(action.get("text")), reference, None
