"""Conversations by REST: which are live in a queue, and what one looks like now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from genesys_sentiment.cloud.details import Details
from genesys_sentiment.cloud.loose import as_object
from genesys_sentiment.cloud.rest import Rest

_ONE = "/api/v2/conversations/{conversation}"


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
        self._details = Details(rest)

    async def live(
        self, queues: Sequence[str], *, since: float, until: float
    ) -> tuple[LiveConversation, ...]:
        """Conversations of ``queues`` that touched ``since``…``until`` and have not ended.

        Times are seconds since the epoch. No queues: none. One may be missed where another ends
        between two pages, so ask again from time to time. Raises what :meth:`Details.find` does.
        """
        if not queues:
            return ()
        found = await self._details.find(since=since, until=until, queues=queues, live=True)
        return tuple(
            LiveConversation(
                conversation=one.conversation,
                started=one.started,
                queues=one.queues,
                communications=one.communications,
                media=one.media,
            )
            for one in found
        )

    async def get(self, conversation: str) -> dict[str, Any]:
        """The conversation as it is now, as the platform sends it. Raises NotFound."""
        answer = await self._rest.request("GET", _ONE, ids={"conversation": conversation})
        return as_object(answer.body, "a conversation's answer")
