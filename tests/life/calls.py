"""A day's conversations, made from a random number generator. Pure: no I/O."""

from __future__ import annotations

import random

from attrs import frozen

from genesys_sentiment.simulator.call_files import DEFAULT_LANGUAGE, Call, Sentiment, Turn

_WORDS = (
    *("my", "parcel", "is", "late", "again", "and", "nobody", "knows", "where", "it", "may"),
    *("be", "thank", "you", "that", "is", "very", "kind", "of", "him", "terrible"),
)
_FIRST, _LAST = 30.0, 600.0
"""Seconds of the day before the first and after the last arrival."""


@frozen
class Arrival:
    """A conversation and when it comes, in seconds of the day."""

    at: float
    call: Call


def arrivals(count: int, hours: float, chance: random.Random) -> list[Arrival]:
    """So many conversations in so many hours, in their order: of 5 to 10 utterances each."""
    end = hours * 3600.0 - _LAST
    times = sorted(chance.uniform(_FIRST, end) for _ in range(count))
    return [Arrival(at, _call(f"call-{number}", chance)) for number, at in enumerate(times)]


def _call(name: str, chance: random.Random) -> Call:
    turns: list[Turn] = []
    start = 0.0
    for index in range(chance.randint(5, 10)):
        start += chance.uniform(2.0, 30.0)
        # Four words and more are sent as unfinished text first.
        words = chance.choices(_WORDS, k=chance.choice((2, 3, 3, 8, 14)))
        turns.append(
            Turn(
                index=index,
                speaker="agent" if chance.random() < 0.5 else "caller",
                start=start,
                duration=0.4 * len(words),
                text=" ".join(words),
                language=DEFAULT_LANGUAGE,
            )
        )
        start = turns[-1].end
    return Call(name=name, turns=tuple(turns), sentiment=Sentiment(overall=-0.2, trend=0.1))
