"""Pure: no I/O. Which conversations a details query finds: on the platform, and in tutorial S1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from genesys_sentiment.simulator.answers import bad_request
from genesys_sentiment.simulator.conversation import Conversation, ordered
from genesys_sentiment.simulator.languages.readings import label, mood

_PAGE = 25
_LARGEST_PAGE = 100


def details_query(
    conversations: Iterable[Conversation], body: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The platform's: interval, filters, order and paging. Raises PlatformError 400."""
    since, until = _interval(body.get("interval"))
    filters = [*_items(body, "conversationFilters"), *_items(body, "segmentFilters")]
    paging = body.get("paging") or {}
    if not isinstance(paging, dict):
        raise bad_request("paging must be an object")
    size = whole(paging.get("pageSize", _PAGE), 1, _LARGEST_PAGE)
    number = whole(paging.get("pageNumber", 1), 1, 100_000)
    found = ordered(
        [
            conversation
            for conversation in conversations
            if conversation.matches(since, until)
            and all(_passes(conversation, each) for each in filters)
        ],
        newest_first=body.get("order") == "desc",
    )
    page = found[(number - 1) * size : number * size]
    answer: dict[str, Any] = {"totalHits": len(found)}
    if page:
        answer["conversations"] = [conversation.details() for conversation in page]
    return answer


def sentiment_query(
    conversations: Iterable[Conversation], body: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The tutorial's (S1), which the platform does not have: ``view`` is ``sentiment``.

    A conversation without a scored turn of the customer is not found. Raises PlatformError 400.
    """
    since, until = _moment(body.get("dateFrom")), _moment(body.get("dateTo"))
    condition = body.get("filter") or {}
    clauses = _items(condition, "clauses") if isinstance(condition, dict) else [condition]
    size = whole(body.get("pageSize", _PAGE), 1, _LARGEST_PAGE)
    first = whole(body.get("nextPageToken") or 0, 0, 1_000_000)
    wanted = [str(each) for each in _items(body, "metrics")]
    found = [
        {
            "conversationId": conversation.id,
            "metrics": [
                {"name": name, "value": metrics[name]} for name in wanted if name in metrics
            ],
        }
        for conversation in conversations
        if conversation.matches(since, until)
        and all(_is_among(conversation, each) for each in clauses)
        and (metrics := _shares(conversation))
    ]
    more = first + size < len(found)
    token = str(first + size) if more else None
    return {"entities": found[first : first + size], "nextPageToken": token}


def _shares(conversation: Conversation) -> Mapping[str, float]:
    """The overall score, and which shares of the customer's turns have which label."""
    moods = [mood(each.turn) for each in conversation.spoken if each.turn.speaker == "caller"]
    scores = [each.score for each in moods if each.score is not None]
    if not scores:
        return {}
    labels = [label(score) for score in scores]
    analysed = conversation.sentiment
    overall = sum(scores) / len(scores) if analysed is None else analysed[0]
    return {"sentimentOverallScore": overall} | {
        f"sentiment{name.capitalize()}": labels.count(name) / len(labels)
        for name in ("positive", "neutral", "negative")
    }


def _is_among(conversation: Conversation, clause: object) -> bool:
    if not isinstance(clause, dict):
        raise bad_request("A clause must be an object")
    has = {"conversationId": conversation.id, "medium": conversation.medium}
    name = clause.get("type")
    if name not in has:
        raise bad_request(f"The simulator has no clause {name}")
    return has[name] in [str(each).lower() for each in _items(clause, "in")]


def _dimension(conversation: Conversation, name: str) -> set[str]:
    """The values of one dimension; empty where the conversation has none."""
    values = {
        "conversationId": conversation.id,
        "conversationEnd": "" if conversation.ended is None else str(conversation.ended),
        "queueId": conversation.queue,
        "userId": conversation.agent if conversation.alerted is not None else "",
        "mediaType": conversation.medium,
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
    times: Sequence[str] = str(value).split("/")
    if len(times) != 2:
        raise bad_request("interval must be two ISO 8601 times with a slash between")
    return _moment(times[0]), _moment(times[1])


def _moment(value: object) -> float:
    try:
        return datetime.fromisoformat(str(value)).timestamp()
    except ValueError as error:
        raise bad_request("A time must be ISO 8601") from error


def whole(value: object, low: int, high: int) -> int:
    """A page's number, size or cursor. Raises PlatformError 400 beyond its bounds."""
    try:
        number = int(str(value))
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise bad_request(f"A page number or size must be {low} to {high}")
    return number
