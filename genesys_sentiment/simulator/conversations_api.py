"""REST of conversations: the live one, its analytics, its sentiment, its suggestions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aiohttp import web

from genesys_sentiment.simulator.answers import bad_request, missing_permissions, not_found
from genesys_sentiment.simulator.conversation import Conversation, ordered
from genesys_sentiment.simulator.notifications_api import json_body

_PAGE = 25
_LARGEST_PAGE = 100
_LARGEST_SUGGESTION_PAGE = 200


class ConversationsApi:
    """Answers from the conversations it is given. ``denied`` are missing permissions."""

    def __init__(self, conversations: Mapping[str, Conversation], denied: set[str]) -> None:
        self._conversations = conversations
        self._denied = denied

    def routes(self) -> list[web.RouteDef]:
        """What it answers."""
        return [
            web.get("/api/v2/conversations/{id}", self.conversation),
            web.get("/api/v2/conversations/{id}/suggestions", self.suggestions),
            web.post("/api/v2/analytics/conversations/details/query", self.query),
            web.get("/api/v2/speechandtextanalytics/conversations/{id}", self.sentiment),
        ]

    async def conversation(self, request: web.Request) -> web.Response:
        """The conversation as it is now."""
        self._require("conversation:communication:view")
        return web.json_response(self._find(request).resource())

    async def sentiment(self, request: web.Request) -> web.Response:
        """What the analysis found; 404 until it is done."""
        self._require("recording:recording:view", "speechAndTextAnalytics:data:view")
        conversation = self._find(request)
        if conversation.sentiment is None:
            raise not_found("conversation")
        overall, trend = conversation.sentiment
        link = f"/api/v2/conversations/{conversation.id}"
        return web.json_response(
            {
                "conversation": {"id": conversation.id, "selfUri": link},
                "sentimentScore": overall,
                "sentimentTrend": trend,
                "sentimentTrendClass": trend_class(trend),
                "empathyScores": [],
            }
        )

    async def suggestions(self, request: web.Request) -> web.Response:
        """The suggestions of a conversation, oldest first, by cursor."""
        self._require("conversation:suggestion:view")
        found = [
            suggestion
            for suggestion in self._find(request).suggestions
            if request.query.get("type") in (None, suggestion["type"])
            and request.query.get("state") in (None, suggestion["state"])
        ]
        size = _whole(request.query.get("pageSize", _PAGE), 1, _LARGEST_SUGGESTION_PAGE)
        first = _whole(request.query.get("after", 0), 0, max(len(found), 1))
        path = request.path
        listing: dict[str, Any] = {"entities": found[first : first + size], "selfUri": path}
        if first + size < len(found):
            listing["nextUri"] = f"{path}?after={first + size}&pageSize={size}"
        return web.json_response(listing)

    async def query(self, request: web.Request) -> web.Response:
        """The details query: interval, filters, order and paging."""
        self._require("analytics:conversationDetail:view")
        body = await json_body(request)
        if not isinstance(body, dict):
            raise bad_request("The body must be a query")
        since, until = _interval(body.get("interval"))
        filters = [*_items(body, "conversationFilters"), *_items(body, "segmentFilters")]
        paging = body.get("paging") or {}
        if not isinstance(paging, dict):
            raise bad_request("paging must be an object")
        size = _whole(paging.get("pageSize", _PAGE), 1, _LARGEST_PAGE)
        number = _whole(paging.get("pageNumber", 1), 1, 100_000)
        found = ordered(
            [
                conversation
                for conversation in self._conversations.values()
                if conversation.matches(since, until)
                and all(_passes(conversation, each) for each in filters)
            ],
            newest_first=body.get("order") == "desc",
        )
        page = found[(number - 1) * size : number * size]
        answer: dict[str, Any] = {"totalHits": len(found)}
        if page:
            answer["conversations"] = [conversation.details() for conversation in page]
        return web.json_response(answer)

    def _find(self, request: web.Request) -> Conversation:
        conversation = self._conversations.get(request.match_info["id"].lower())
        if conversation is None:
            raise not_found("conversation")
        return conversation

    def _require(self, *permissions: str) -> None:
        missing = [each for each in permissions if each in self._denied]
        if missing:
            raise missing_permissions(*missing)


def trend_class(trend: float) -> str:
    """The platform's words for a trend; its bounds are ±0.2 and ±0.55 (help article)."""
    if abs(trend) < 0.2:
        return "NoChange"
    words = ("Improving", "SlightlyImproving") if trend > 0 else ("Declining", "SlightlyDeclining")
    return words[0] if abs(trend) >= 0.55 else words[1]


def _dimension(conversation: Conversation, name: str) -> set[str]:
    """The values of one dimension; empty where the conversation has none."""
    values = {
        "conversationId": conversation.id,
        "conversationEnd": "" if conversation.ended is None else str(conversation.ended),
        "queueId": conversation.queue,
        "userId": conversation.agent if conversation.alerted is not None else "",
        "mediaType": "voice",
        "originatingDirection": "inbound",
        "direction": "inbound",
    }
    if name not in values:
        raise bad_request(f"The simulator has no dimension {name}")
    return {values[name]} - {""}


def _passes(conversation: Conversation, condition: object) -> bool:
    """Whether a filter or a clause lets a conversation through."""
    if not isinstance(condition, dict):
        raise bad_request("A filter must be an object")
    parts = [_holds(conversation, each) for each in _items(condition, "predicates")]
    parts += [_passes(conversation, each) for each in _items(condition, "clauses")]
    return any(parts) if condition.get("type") == "or" else all(parts)


def _holds(conversation: Conversation, predicate: object) -> bool:
    if not isinstance(predicate, dict):
        raise bad_request("A predicate must be an object")
    values = _dimension(conversation, str(predicate.get("dimension")))
    match predicate.get("operator") or "matches":
        case "exists":
            return bool(values)
        case "notExists":
            return not values
        case "matches":
            return str(predicate.get("value")).lower() in {value.lower() for value in values}
        case other:
            raise bad_request(f"Unknown operator {other}")


def _items(body: Mapping[str, Any], name: str) -> list[Any]:
    value = body.get(name) or []
    if not isinstance(value, list):
        raise bad_request(f"{name} must be a list")
    return value


def _interval(value: object) -> tuple[float, float]:
    try:
        since, until = str(value).split("/")
        return datetime.fromisoformat(since).timestamp(), datetime.fromisoformat(until).timestamp()
    except ValueError as error:
        raise bad_request("interval must be two ISO 8601 times with a slash between") from error


def _whole(value: object, low: int, high: int) -> int:
    try:
        number = int(str(value))
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise bad_request(f"A page number or size must be {low} to {high}")
    return number
