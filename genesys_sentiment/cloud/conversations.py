"""Conversations by REST: which are live in a queue, and what one looks like now."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

from genesys_sentiment.cloud.instants import from_iso, to_iso
from genesys_sentiment.cloud.rest import Rest
from genesys_sentiment.errors import ConfigurationError, LimitExceeded, ProtocolError

PAGE_SIZE = 100
"""Conversations asked for at once."""

MOST_PAGES = 200
"""20,000 conversations: as many topics as 20 channels of 1,000 can hold."""

_QUERY = "/api/v2/analytics/conversations/details/query"
_ONE = "/api/v2/conversations/{conversation}"
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@frozen(kw_only=True)
class LiveConversation:
    """A conversation that had not ended when it was asked for.

    ``started`` is seconds since the epoch, None where not sent. ``queues`` and ``communications``
    are ids, ``media`` kinds (``voice``, ``message``…), each once, in the platform's order.
    """

    conversation: str
    started: float | None = None
    queues: tuple[str, ...] = ()
    communications: tuple[str, ...] = ()
    media: tuple[str, ...] = ()


class Conversations:
    """Reads conversations. Needs analytics:conversationDetail:view and
    conversation:communication:view."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def live(
        self, queues: Sequence[str], *, since: float, until: float
    ) -> tuple[LiveConversation, ...]:
        """Conversations of ``queues`` that touched ``since``…``until`` and have not ended.

        Times are seconds since the epoch. Each conversation comes once, though pages shift while
        conversations begin; one may be missed where another ends between two pages, so ask again
        from time to time. No queues: none. Raises ConfigurationError, LimitExceeded beyond
        20,000, and what :meth:`Rest.request` raises.
        """
        found: dict[str, LiveConversation] = {}
        if not queues:
            return ()
        query = _query(queues, since, until)
        for page in range(1, MOST_PAGES + 1):
            query["paging"] = {"pageSize": PAGE_SIZE, "pageNumber": page}
            answer = await self._rest.request("POST", _QUERY, json=query)
            listed, total = _page(answer.body)
            fresh = {one.conversation: one for one in listed if one.conversation not in found}
            found |= fresh
            # A page without anything new ends it too: a server that repeats itself does not loop.
            if not fresh or (total is not None and page * PAGE_SIZE >= total):
                return tuple(found.values())
        raise LimitExceeded(
            f"more than {MOST_PAGES * PAGE_SIZE} live conversations: ask for fewer queues or a "
            "shorter time",
            status=200,
        )

    async def get(self, conversation: str) -> dict[str, Any]:
        """The conversation as it is now, as the platform sends it. Raises NotFound."""
        answer = await self._rest.request("GET", _ONE, ids={"conversation": conversation})
        if not isinstance(answer.body, dict):
            raise ProtocolError("a conversation's answer is no object")
        return answer.body


def _query(queues: Sequence[str], since: float, until: float) -> dict[str, Any]:
    if isinstance(queues, str) or not all(_ID.fullmatch(queue) for queue in queues):
        raise ConfigurationError("queues must be a sequence of queue ids")
    if not (math.isfinite(until) and 0 <= since < until):
        raise ConfigurationError("the time asked for must begin before it ends")
    return {
        "interval": f"{to_iso(since)}/{to_iso(until)}",
        "order": "asc",
        "orderBy": "conversationStart",
        "conversationFilters": [
            {"type": "and", "predicates": [_predicate("conversationEnd", "notExists")]}
        ],
        "segmentFilters": [
            {"type": "or", "predicates": [_predicate("queueId", "matches", one) for one in queues]}
        ],
    }


def _predicate(dimension: str, operator: str, value: str | None = None) -> dict[str, str]:
    predicate = {"type": "dimension", "dimension": dimension, "operator": operator}
    return predicate if value is None else {**predicate, "value": value}


def _page(body: object) -> tuple[list[LiveConversation], int | None]:
    fields = body if isinstance(body, dict) else None
    if fields is None:
        raise ProtocolError("a details query's answer is no object")
    total = fields.get("totalHits")
    listed = [one for one in map(_live, _dicts(fields.get("conversations"))) if one is not None]
    return listed, total if isinstance(total, int) else None


def _live(fields: Mapping[str, Any]) -> LiveConversation | None:
    name = fields.get("conversationId")
    if not isinstance(name, str) or not name:
        return None
    sessions = [
        session
        for participant in _dicts(fields.get("participants"))
        for session in _dicts(participant.get("sessions"))
    ]
    segments = [segment for one in sessions for segment in _dicts(one.get("segments"))]
    return LiveConversation(
        conversation=name,
        started=from_iso(fields.get("conversationStart")),
        queues=_each(segments, "queueId"),
        communications=_each(sessions, "sessionId"),
        media=_each(sessions, "mediaType"),
    )


def _dicts(value: object) -> Iterator[dict[str, Any]]:
    return (one for one in value if isinstance(one, dict)) if isinstance(value, list) else iter(())


def _each(items: Iterable[Mapping[str, Any]], name: str) -> tuple[str, ...]:
    values = (item.get(name) for item in items)
    return tuple(dict.fromkeys(value for value in values if isinstance(value, str) and value))
