"""REST of conversations: the live one, its analytics, its messages."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from genesys_sentiment.simulator.answers import bad_request, json_body, not_found
from genesys_sentiment.simulator.conversation import Conversation
from genesys_sentiment.simulator.details_query import details_query, sentiment_query
from genesys_sentiment.simulator.languages.readings import label, mood
from genesys_sentiment.simulator.register import Register
from genesys_sentiment.simulator.times import iso

_MOST_MESSAGES = 100


class ConversationsApi:
    """Answers from what the register knows."""

    def __init__(self, register: Register) -> None:
        self._register = register

    def routes(self) -> list[web.RouteDef]:
        """What it answers."""
        messages = "/api/v2/conversations/messages/{id}/messages"
        return [
            web.get("/api/v2/conversations/{id}", self.conversation),
            web.get(f"{messages}/{{message}}", self.message),
            web.post(f"{messages}/bulk", self.messages),
            web.post("/api/v2/analytics/conversations/details/query", self.query),
            web.get("/api/v2/analytics/conversations/{id}/details", self.details),
        ]

    async def conversation(self, request: web.Request) -> web.Response:
        """The conversation as it is now."""
        self._register.require("conversation:communication:view")
        return web.json_response(self._register.find(request).resource())

    async def query(self, request: web.Request) -> web.Response:
        """The details query, and what tutorial S1 takes it for."""
        self._register.require("analytics:conversationDetail:view")
        body = await json_body(request)
        if not isinstance(body, dict):
            raise bad_request("The body must be a query")
        answer = sentiment_query if body.get("view") == "sentiment" else details_query
        return web.json_response(answer(self._register.conversations.values(), body))

    async def details(self, request: web.Request) -> web.Response:
        """One conversation as analytics has it."""
        self._register.require("analytics:conversationDetail:view")
        return web.json_response(self._register.find(request).details())

    async def message(self, request: web.Request) -> web.Response:
        """One digital message with its text."""
        self._register.require("conversation:message:view")
        found = _messages(self._register.find(request)).get(request.match_info["message"])
        if found is None:
            raise not_found("message")
        return web.json_response(found)

    async def messages(self, request: web.Request) -> web.Response:
        """Those that exist among the messages whose ids the body lists."""
        self._register.require("conversation:message:view")
        wanted = await json_body(request)
        if not isinstance(wanted, list) or len(wanted) > _MOST_MESSAGES:
            raise bad_request(f"The body must be a list of at most {_MOST_MESSAGES} ids")
        found = _messages(self._register.find(request))
        return web.json_response(
            {"entities": [found[each] for each in map(str, wanted) if each in found]}
        )


def _messages(conversation: Conversation) -> dict[str, Any]:
    """The messages of a digital conversation by id; a call has none."""
    if conversation.medium == "voice":
        return {}
    shown = {}
    for spoken in conversation.spoken:
        turn = spoken.turn
        identity = conversation.utterance(turn)
        score = mood(turn).score
        tag = "Unknown" if score is None else label(score).capitalize()
        shown[identity] = {
            "id": identity,
            "timestamp": iso(spoken.at),
            "direction": "inbound" if turn.speaker == "caller" else "outbound",
            "messengerType": "webmessaging",
            "textBody": turn.text,
            "status": "delivery-success",
            "normalizedMessage": {
                "id": identity,
                "type": "Text",
                "text": turn.text,
                "direction": "Inbound" if turn.speaker == "caller" else "Outbound",
                "enrichment": {"sentimentV2": {"tag": tag}},
            },
        }
    return shown
