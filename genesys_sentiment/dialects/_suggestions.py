"""Agent Assist and Copilot suggestion bodies as suggestions. Pure: no I/O."""

from __future__ import annotations

from typing import Any, Final

from genesys_sentiment.dialects._bodies import Body, Envelope, moment, number, owner, with_unread
from genesys_sentiment.errors import BadFrame
from genesys_sentiment.model.events import Suggestion
from genesys_sentiment.model.wire import WireMessage


@with_unread("startIndex endIndex")
class Answer(Body):
    answer: str | None = None


@with_unread("uri metadata searchId versionId variationIds")
class Knowledge(Body):
    title: str | None = None
    snippets: list[str] | None = None
    confidence: Any = None
    document_id: str | None = None
    knowledge_answer: Answer | None = None


@with_unread("libraryId")
class Canned(Body):
    response_id: str | None = None


@with_unread("data")
class Script(Body):
    script_id: str | None = None
    page_id: str | None = None


@with_unread("name")
class Source(Body):
    url: str | None = None


class ThirdParty(Body):
    text: str | None = None
    title: str | None = None
    sources: list[Source] | None = None


@with_unread("confidence detectedSlots")
class Intent(Body):
    intent: str | None = None
    intent_id: str | None = None


class Feedback(Body):
    rating: str | None = None


@with_unread(
    "mediaType externalContactId assistantId messageId queryStatement"
    " queryReformulationContext participantType"
)
class Context(Body):
    queue_id: str | None = None
    user_id: str | None = None
    utterance_id: str | None = None
    language: str | None = None


@with_unread("conversationIntents")
class SuggestionBody(Body):
    event_time: Any = None
    conversation_id: str | None = None
    suggestion_id: str | None = None
    state: str | None = None
    trigger_type: str | None = None
    engagement_type: str | None = None
    feedback: Feedback | None = None
    context: Context | None = None
    active_intent: Intent | None = None
    knowledge_search: Knowledge | None = None
    knowledge_article: Knowledge | None = None
    canned_response: Canned | None = None
    script: Script | None = None
    third_party_suggestion: ThirdParty | None = None


_KNOWN: Final[dict[str, frozenset[str | None]]] = {
    "state": frozenset(
        {None, "Unknown", "Suggested", "Accepted", "Dismissed", "Failed", "Rated", "Triggered"}
    ),
    "triggerType": frozenset(
        {None, "Unknown", "Fallback", "ConversationStart", "ConversationTransfer"}
        | {"ConversationEnd", "Intent", "Sentiment"}
    ),
    "engagementType": frozenset({None, "Unknown", "Dismissed", "Copied", "Opened", "Feedback"}),
    "rating": frozenset({None, "Unknown", "Negative", "Positive"}),
}
_NO_CONTEXT: Final = Context()
_NO_SEARCH: Final = Knowledge()


def suggestion(
    body: SuggestionBody,
    envelope: Envelope,
    received: float,
    language: str | None,
    names: list[str],
) -> list[WireMessage]:
    """One Suggestion. The agent's reaction is another event with the same suggestion id."""
    if not body.suggestion_id:
        raise BadFrame("no_suggestion")
    rating = body.feedback.rating if body.feedback is not None else None
    _notice(names, state=body.state, triggerType=body.trigger_type)
    _notice(names, engagementType=body.engagement_type, rating=rating)
    context = body.context or _NO_CONTEXT
    title, text, reference = _content(body)
    search = body.knowledge_search or _NO_SEARCH
    return [
        Suggestion(
            conversation=owner(body.conversation_id, envelope.topic_name),
            suggestion=body.suggestion_id,
            kind=envelope.topic_name.lower().partition(".suggestions.")[2],
            state=body.state,
            trigger=body.trigger_type,
            engagement=body.engagement_type,
            rating=rating,
            title=title,
            text=text,
            reference=reference,
            confidence=number(search.confidence, "suggestion.confidence", names),
            queue=context.queue_id,
            user=context.user_id,
            utterance=context.utterance_id,
            language=context.language,
            at=moment(body.event_time, "suggestion.eventTime", names),
            received=received,
        )
    ]


def _notice(names: list[str], **values: str | None) -> None:
    names += [
        f"suggestion.{key}={value}" for key, value in values.items() if value not in _KNOWN[key]
    ]


def _content(body: SuggestionBody) -> tuple[str | None, str | None, str | None]:
    """Title, text and reference of whatever is suggested."""
    knowledge = body.knowledge_search or body.knowledge_article
    if knowledge is not None:
        answer = knowledge.knowledge_answer.answer if knowledge.knowledge_answer else None
        snippet = knowledge.snippets[0] if knowledge.snippets else None
        return knowledge.title, answer or snippet, knowledge.document_id
    if body.canned_response is not None:
        return None, None, body.canned_response.response_id
    if body.script is not None:
        return None, None, body.script.page_id or body.script.script_id
    action = body.third_party_suggestion
    if action is not None:
        return action.title, action.text, action.sources[0].url if action.sources else None
    if body.active_intent is not None:
        return body.active_intent.intent, None, body.active_intent.intent_id
    return None, None, None
