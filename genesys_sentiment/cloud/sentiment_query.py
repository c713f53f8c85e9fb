"""The details query as the chat sentiment tutorial has it (S1-04), with an end to its paging.

The real platform's details query knows no sentiment: there ask ``Sentiments``. This is for servers
that speak as the tutorial does.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from genesys_sentiment.cloud.instants import to_iso
from genesys_sentiment.cloud.loose import as_object, objects, text
from genesys_sentiment.cloud.paging import Page, collect
from genesys_sentiment.cloud.rest import Rest
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.scoring.shares import Assessment, SharePolicy, assess_metrics

PAGE_SIZE = 100
MOST_PAGES = 50
MOST_CONVERSATIONS = 100
"""Conversations that one question may name."""

_QUERY = "/api/v2/analytics/conversations/details/query"
_METRICS = ("sentimentOverallScore", "sentimentPositive", "sentimentNeutral", "sentimentNegative")
_WORD = re.compile(r"[A-Za-z0-9_-]{1,64}")


class SentimentQuery:
    """Asks as the tutorial does. ``policy`` judges what comes; ``now`` is the wall clock, where
    the time that is asked for ends."""

    def __init__(
        self,
        rest: Rest,
        *,
        policy: SharePolicy | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._rest = rest
        self._policy = policy
        self._now = now

    async def get(
        self, conversations: Sequence[str], *, since: float, media: Sequence[str] = ("chat",)
    ) -> dict[str, Assessment]:
        """What is found of every conversation that was asked for, in that order.

        The outcome ``no_data`` means: ask again later. ``since`` is seconds since the epoch: the
        start of the earliest conversation, else one that is older than the window is missed. All
        entities of all pages count; of one conversation's entities, a later one adds what the
        earlier ones left out. Raises ConfigurationError, LimitExceeded beyond 50 pages, and what
        :meth:`Rest.request` raises.
        """
        wanted = _words(conversations, "conversations")
        query = self._query(wanted, _words(media, "media"), since)
        if not wanted:
            return {}
        entities = await collect(
            lambda token: self._page(query, token),
            repr,  # entities have no id; the same one twice says nothing new
            most=MOST_PAGES,
            advice="ask for fewer conversations or a shorter time",
        )
        metrics: dict[str, list[dict[str, Any]]] = {one: [] for one in wanted}
        for entity in entities:
            # Without an id it can only be about the one that was asked for.
            about = text(entity.get("conversationId")) or (wanted[0] if len(wanted) == 1 else "")
            metrics.get(about, []).extend(objects(entity.get("metrics")))
        return {one: assess_metrics(metrics[one], policy=self._policy) for one in wanted}

    def _query(self, wanted: list[str], kinds: list[str], since: float) -> dict[str, Any]:
        until = self._now()
        if not (math.isfinite(since) and 0 <= since < until):
            raise ConfigurationError("since must be a time before now: the conversation's start")
        return {
            "dateFrom": to_iso(since),
            "dateTo": to_iso(until),
            "view": "sentiment",
            "metrics": list(_METRICS),
            "groupBy": [],
            "filter": {
                "type": "and",
                "clauses": [
                    {"type": "conversationId", "in": wanted},
                    {"type": "medium", "in": kinds},
                ],
            },
            "pageSize": PAGE_SIZE,
        }

    async def _page(self, query: Mapping[str, Any], token: str | None) -> Page[dict[str, Any]]:
        asked = query if token is None else {**query, "nextPageToken": token}
        answer = await self._rest.request("POST", _QUERY, json=asked)
        body = as_object(answer.body, "a sentiment query's answer")
        return Page(tuple(objects(body.get("entities"))), text(body.get("nextPageToken")))


def _words(values: Sequence[str], what: str) -> list[str]:
    if isinstance(values, str) or not all(_WORD.fullmatch(value) for value in values):
        raise ConfigurationError(f"{what} must be a sequence of plain ids or names")
    unique = list(dict.fromkeys(values))
    if len(unique) > MOST_CONVERSATIONS:
        raise ConfigurationError(f"{len(unique)} {what}: ask for {MOST_CONVERSATIONS} at most")
    return unique
