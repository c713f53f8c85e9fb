"""The companions that ``watch`` gives its stream."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from genesys_sentiment.clock import Clock
from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.streaming.companions import Companion
from genesys_sentiment.streaming.final_sentiment import FinalSentiment
from genesys_sentiment.streaming.gap_backfill import GapBackfill
from genesys_sentiment.streaming.memory import Memory
from genesys_sentiment.streaming.options import BackfillOptions, FinalSentimentOptions


def company(
    cloud: Cloud,
    memory: Memory,
    clock: Clock,
    *,
    queues: Sequence[str],
    followed: Callable[[], Collection[str]],
    suggestions: bool,
    backfill: bool | BackfillOptions,
    final_sentiment: bool | FinalSentimentOptions,
) -> tuple[Companion, ...]:
    """Those that are wanted: True is with the usual options. ``suggestions``: they are watched."""
    chosen: list[Companion] = []
    if backfill:
        chosen.append(
            GapBackfill(
                cloud,
                memory,
                clock,
                queues=queues,
                followed=followed,
                suggestions=suggestions,
                options=None if backfill is True else backfill,
            )
        )
    if final_sentiment:
        options = None if final_sentiment is True else final_sentiment
        chosen.append(FinalSentiment(cloud.rest, memory, clock, options))
    return tuple(chosen)
