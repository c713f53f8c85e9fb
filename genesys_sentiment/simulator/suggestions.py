"""Pure: no I/O. A knowledge suggestion, as an event and as a REST resource."""

from __future__ import annotations

from typing import Any

from genesys_sentiment.simulator.call_files import Call, Hint
from genesys_sentiment.simulator.conversation import Conversation, assistant_of
from genesys_sentiment.simulator.timeline import Suggested
from genesys_sentiment.simulator.times import iso


def suggestion_event(
    conversation: Conversation, call: Call, step: Suggested, now: float
) -> dict[str, Any]:
    """The body of a knowledge search suggestion event."""
    hint = step.hint
    turn = next((turn for turn in call.turns if turn.index == hint.after), call.turns[0])
    body: dict[str, Any] = {
        "eventTime": iso(now),
        "conversationId": conversation.id,
        "suggestionId": conversation.ids("suggestion", hint.title),
        "state": step.state,
        "triggerType": "Fallback",
        "context": {
            "queueId": conversation.queue,
            "mediaType": conversation.medium.upper(),
            "userId": conversation.agent,
            "assistantId": assistant_of(conversation.queue),
            "utteranceId": conversation.utterance(turn),
            "queryStatement": turn.text,
            "language": turn.language.lower(),
            "participantType": "AGENT" if turn.speaker == "agent" else "CUSTOMER",
        },
        "knowledgeSearch": {
            "title": hint.title,
            "uri": "",
            "snippets": [hint.answer],
            "confidence": hint.confidence,
            "metadata": {},
            "searchId": conversation.ids("search", hint.title),
            "documentId": conversation.ids("document", hint.title),
            "versionId": conversation.ids("version", hint.title),
            "variationIds": [],
            "knowledgeAnswer": {
                "answer": hint.answer,
                "startIndex": 0,
                "endIndex": len(hint.answer),
            },
        },
    }
    if step.state == "Dismissed":
        body["engagementType"] = "Dismissed"
    return body


def suggestion(conversation: Conversation, hint: Hint, state: str, now: float) -> dict[str, Any]:
    """A suggestion as its REST resource shows it."""
    identity = conversation.ids("suggestion", hint.title)
    base = f"/api/v2/conversations/{conversation.id}"
    return {
        "id": identity,
        "conversation": {"id": conversation.id, "selfUri": base},
        "type": "KnowledgeSearch",
        "dateCreated": iso(now),
        "triggerType": "Fallback",
        "state": state,
        "knowledgeSearch": {
            "title": hint.title,
            "snippets": [hint.answer],
            "confidence": hint.confidence,
            "searchId": conversation.ids("search", hint.title),
            "document": {"id": conversation.ids("document", hint.title)},
            "knowledgeAnswer": {
                "answer": hint.answer,
                "startIndex": 0,
                "endIndex": len(hint.answer),
            },
        },
        "selfUri": f"{base}/suggestions/{identity}",
    }
