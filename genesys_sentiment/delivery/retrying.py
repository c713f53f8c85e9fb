"""When an entry that did not go through is tried again, or that it is not. Pure: no I/O."""

from __future__ import annotations

from math import isnan

from genesys_sentiment.errors import Failure
from genesys_sentiment.model.entries import Retry


def asked(retry: Retry, after: float | None) -> float:
    """The seconds that a receiver asked for, at most ``longest_wait``; 0 where it did not."""
    if after is None or isnan(after):
        return 0.0
    return min(max(after, 0.0), retry.longest_wait)


def given_up(retry: Retry, failure: Failure, tries: int) -> bool:
    """Whether an entry is a dead letter after so many tries that counted."""
    return tries > len(retry.delays) or (not failure.retry and tries >= retry.refusals)


def delay(retry: Retry, failure: Failure, tries: int, chance: float) -> float:
    """Seconds until its next try. ``chance``: 0…1, how much of the jitter is added.

    Never sooner than the receiver asked for.
    """
    if not retry.delays:
        return asked(retry, failure.after)
    planned = retry.delays[min(max(tries, 1), len(retry.delays)) - 1]
    return max(planned * (1.0 + retry.jitter * chance), asked(retry, failure.after))
