"""What happened in a gap of the stream, as far as analytics knows (S4-16)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from genesys_sentiment.cloud.detail_snapshots import snapshot_of
from genesys_sentiment.cloud.details import Detail, Details
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.events import Gap, Message, StateChange
from genesys_sentiment.model.wire import Snapshot
from genesys_sentiment.scoring.snapshots import Snapshots


async def snapshots_of(
    details: Details,
    gap: Gap,
    *,
    queues: Sequence[str] | None = None,
    conversations: Sequence[str] | None = None,
    media: Sequence[str] | None = None,
    now: Callable[[], float] = time.time,
) -> tuple[Snapshot, ...]:
    """The conversations that were active in ``gap``, as they are now; oldest first.

    ``queues`` and ``conversations`` are those that are watched, None is all of them: one of both
    must be named, unless the gap is of one conversation. Analytics lags some seconds behind, so
    ask a little after the gap, and again if it matters. Raises ConfigurationError and what
    :meth:`Details.find` raises.
    """
    if gap.conversation is not None:
        conversations = [gap.conversation]
    elif queues is None and conversations is None:
        raise ConfigurationError(
            "name the queues or conversations, unless the gap is of one conversation"
        )
    found = await details.find(
        since=gap.since,
        until=_end_of(gap),
        conversations=conversations,
        queues=queues,
        media=media,
    )
    received = now()
    return tuple(snapshot_of(one, received) for one in found if _touched(one, gap))


async def snapshots_in(
    details: Details, gaps: Sequence[Gap], *, now: Callable[[], float] = time.time
) -> tuple[Snapshot, ...]:
    """The same of many gaps, each of one conversation, with as few calls as that takes.

    Raises ConfigurationError and what :meth:`Details.find` raises.
    """
    named: dict[str, list[Gap]] = {}
    for gap in gaps:
        if gap.conversation is None:
            raise ConfigurationError(
                "gaps that are asked about together are each of a conversation"
            )
        named.setdefault(gap.conversation, []).append(gap)
    if not named:
        return ()
    found = await details.find(
        since=min(gap.since for gap in gaps),
        until=max(map(_end_of, gaps)),
        conversations=list(named),
    )
    received = now()
    return tuple(
        snapshot_of(one, received)
        for one in found
        if any(_touched(one, gap) for gap in named.get(one.conversation, ()))
    )


def _end_of(gap: Gap) -> float:
    """The platform wants an interval, however short."""
    return max(gap.until, gap.since + 1.0)


def _touched(one: Detail, gap: Gap) -> bool:
    began = one.started is None or one.started <= gap.until
    return began and (one.ended is None or one.ended >= gap.since)


async def backfill(
    details: Details,
    gap: Gap,
    known: Snapshots,
    *,
    queues: Sequence[str] | None = None,
    media: Sequence[str] | None = None,
    now: Callable[[], float] = time.time,
) -> tuple[StateChange | Message, ...]:
    """What is new about the conversations of a gap, each with ``source="backfill"``.

    ``known`` is what the stream compares its snapshots with: what came live before is not said
    again, what comes live later is not either, and no state goes backwards. Raises what
    :func:`snapshots_of` raises.
    """
    found = await snapshots_of(details, gap, queues=queues, media=media, now=now)
    return tuple(change for one in found for change in known.observe(one, source="backfill"))
