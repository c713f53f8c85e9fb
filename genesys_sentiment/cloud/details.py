"""The analytics details query: which conversations touched a span of time, page by page."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from genesys_sentiment.cloud.instants import from_iso, to_iso
from genesys_sentiment.cloud.loose import as_object, each, objects, text
from genesys_sentiment.cloud.paging import Page, collect
from genesys_sentiment.cloud.rest import Rest
from genesys_sentiment.errors import ConfigurationError

PAGE_SIZE = 100
"""Conversations asked for at once."""

MOST_PAGES = 200
"""20,000 conversations: as many topics as 20 channels of 1,000 can hold."""

MOST_IDS = 100
"""Conversations named in one query; more are asked for in several."""

_QUERY = "/api/v2/analytics/conversations/details/query"
_ONE = "/api/v2/analytics/conversations/{conversation}/details"
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MEDIUM = re.compile(r"[A-Za-z]{1,32}")


@frozen(kw_only=True)
class Detail:
    """A conversation as analytics knows it, which lags some seconds behind.

    ``started`` and ``ended`` are seconds since the epoch, None where not sent; without an end it
    is live. ``queues`` and ``communications`` are ids, ``media`` kinds (``voice``, ``message``…),
    each once, in the platform's order. ``participants`` are as the platform sends them.
    """

    conversation: str
    started: float | None = None
    ended: float | None = None
    queues: tuple[str, ...] = ()
    communications: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    participants: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)


class Details:
    """Asks analytics for conversations. Needs analytics:conversationDetail:view."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def find(
        self,
        *,
        since: float,
        until: float,
        conversations: Sequence[str] | None = None,
        queues: Sequence[str] | None = None,
        media: Sequence[str] | None = None,
        live: bool = False,
    ) -> tuple[Detail, ...]:
        """Conversations that touched ``since``…``until`` (seconds since the epoch).

        ``conversations``, ``queues`` and ``media`` narrow it down: one of each must fit; None is
        any, and an empty list fits nothing. ``live`` leaves out those that ended. Each comes once,
        though pages shift while conversations begin; one may be missed where another ends between
        two pages. To find a conversation by id, ``since`` must lie before its end: begin at its
        start, not at an hour ago. Raises ConfigurationError, LimitExceeded beyond 20,000, and what
        :meth:`Rest.request` raises.
        """
        narrow = (("conversationId", conversations, _ID), ("queueId", queues, _ID))
        named, queued, kinds = (
            _any_of(dimension, values, form)
            for dimension, values, form in (*narrow, ("mediaType", media, _MEDIUM))
        )
        query = _query(since, until)
        if [] in (named, queued, kinds):
            return ()
        if live:
            query["conversationFilters"] = [
                {"type": "and", "predicates": [_predicate("conversationEnd", "notExists")]}
            ]
        segments = [{"type": "or", "predicates": one} for one in (queued, kinds) if one]
        if segments:
            query["segmentFilters"] = segments
        found: dict[str, Detail] = {}
        for batch in _batches(named):
            filters = [*query.get("conversationFilters", []), *batch]
            asked = {**query, "conversationFilters": filters} if filters else query
            found |= {one.conversation: one for one in await self._all(asked)}
        return tuple(found.values())

    async def get(self, conversation: str) -> Detail:
        """One conversation, whenever it began. Raises NotFound: no such, or not there yet."""
        answer = await self._rest.request("GET", _ONE, ids={"conversation": conversation})
        body = as_object(answer.body, "a conversation's detail")
        return _detail({"conversationId": conversation, **body}) or Detail(
            conversation=conversation
        )

    async def _all(self, query: Mapping[str, Any]) -> tuple[Detail, ...]:
        async def ask(number: str | None) -> Page[Detail]:
            page = int(number or 1)
            paging = {"pageSize": PAGE_SIZE, "pageNumber": page}
            answer = await self._rest.request("POST", _QUERY, json={**query, "paging": paging})
            body = as_object(answer.body, "a details query's answer")
            total = body.get("totalHits")
            listed = tuple(
                one for one in map(_detail, objects(body.get("conversations"))) if one is not None
            )
            over = not listed or (isinstance(total, int) and page * PAGE_SIZE >= total)
            return Page(listed, None if over else str(page + 1))

        return await collect(
            ask,
            lambda one: one.conversation,
            most=MOST_PAGES,
            advice="ask for fewer queues or a shorter time",
        )


def _query(since: float, until: float) -> dict[str, Any]:
    if not (math.isfinite(until) and 0 <= since < until):
        raise ConfigurationError("the time asked for must begin before it ends")
    return {
        "interval": f"{to_iso(since)}/{to_iso(until)}",
        "order": "asc",
        "orderBy": "conversationStart",
    }


def _any_of(
    dimension: str, values: Sequence[str] | None, form: re.Pattern[str]
) -> list[dict[str, str]] | None:
    if values is None:
        return None
    if isinstance(values, str) or not all(form.fullmatch(value) for value in values):
        raise ConfigurationError(f"{dimension}: give a sequence of plain ids or names")
    return [_predicate(dimension, "matches", value) for value in dict.fromkeys(values)]


def _predicate(dimension: str, operator: str, value: str | None = None) -> dict[str, str]:
    predicate = {"type": "dimension", "dimension": dimension, "operator": operator}
    return predicate if value is None else {**predicate, "value": value}


def _batches(named: Sequence[dict[str, str]] | None) -> Iterable[list[dict[str, Any]]]:
    """The filters by conversation, a query each; one query without where none is named."""
    if named is None:
        return [[]]
    return [
        [{"type": "or", "predicates": list(named[start : start + MOST_IDS])}]
        for start in range(0, len(named), MOST_IDS)
    ]


def _detail(fields: Mapping[str, Any]) -> Detail | None:
    name = text(fields.get("conversationId"))
    if name is None:
        return None
    participants = tuple(objects(fields.get("participants")))
    sessions = [one for person in participants for one in objects(person.get("sessions"))]
    segments = [segment for one in sessions for segment in objects(one.get("segments"))]
    return Detail(
        conversation=name,
        started=from_iso(fields.get("conversationStart")),
        ended=from_iso(fields.get("conversationEnd")),
        queues=each(segments, "queueId"),
        communications=each(sessions, "sessionId"),
        media=each(sessions, "mediaType"),
        participants=participants,
    )
