"""How long a conversation that ended is waited for, and what is kept. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from attrs import frozen

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.scoring.numbers import is_real


@frozen(kw_only=True)
class CompletenessRules:
    """When nothing more is expected of a conversation. All times are seconds.

    ``grace``: after the end. Transcripts lag up to about 35 s behind speech (the platform's
    default; 2 to 4 s with its option Low Latency Transcription), and 10 s are added.
    ``quiet``: at least so long after the last late utterance: one that comes even later than the
    platform says shows that it is behind, and more may follow. ``longest``: of that, in all, after
    the end.

    ``sentiment``: how long after the end the platform's own final sentiment is waited for; a
    little more than the patience of the stream's ``FinalSentimentOptions``. None: it is not waited
    for, as without ``final_sentiment`` nobody asks. ``gaps``: the same for gaps of which is not
    told yet what stayed missing; None as without ``backfill`` nobody asks.

    ``max_conversations``: held at once; beyond it the one longest without an event goes.
    ``idle_eviction``: without an event, until a conversation is taken to be over.

    Raises ConfigurationError that lists every problem.
    """

    grace: float = 45.0
    quiet: float = 10.0
    longest: float = 180.0
    sentiment: float | None = None
    gaps: float | None = None
    max_conversations: int = 100_000
    idle_eviction: float = 4 * 3600.0

    def __attrs_post_init__(self) -> None:
        problems = list(_problems(self))
        if problems:
            raise ConfigurationError("completeness: " + "; ".join(problems))


def _problems(rules: CompletenessRules) -> Iterator[str]:
    for name in ("grace", "quiet", "longest", "idle_eviction"):
        if not is_real(getattr(rules, name), 0.0, inf):
            yield f"{name} must be a finite number of seconds, 0 or more"
    for name in ("sentiment", "gaps"):
        value = getattr(rules, name)
        if value is not None and not is_real(value, 0.0, inf):
            yield f"{name} must be a finite number of seconds, 0 or more, or None"
    most: object = rules.max_conversations
    if not isinstance(most, int) or not is_real(most, 1, 10_000_000):
        yield "max_conversations must be a whole number from 1 to 10,000,000"
