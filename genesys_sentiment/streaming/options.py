"""What can be set of a stream. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import isfinite
from typing import Any

from attrs import field, frozen

from genesys_sentiment.cloud.delays import full_jitter
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.scoring.scale import POLARITY, Scale
from genesys_sentiment.streaming.buffer import Overflow


def _positive(_options: Any, attribute: Any, value: float) -> None:
    if not value > 0:
        raise ConfigurationError(f"{attribute.name} is {value}: give a number above 0")


def _not_negative(_options: Any, attribute: Any, value: float) -> None:
    if not value >= 0:
        raise ConfigurationError(f"{attribute.name} is {value}: give 0 or more")


@frozen(kw_only=True)
class StreamOptions:
    """What can be set of a stream. All times in seconds; sources: reference figures in docs.

    ``open_timeout``: for the handshake. ``close_timeout``: for saying goodbye. ``survival``: how
    long a connection must live to count as good. ``stale_after``: how long without an event until
    the stream calls itself stale: a server may go on with heartbeats and keep the events to itself.
    (That nobody calls at night looks the same.) ``rollover``: how old a channel grows until another
    one takes its place; the platform ends it at 24 h. ``subscribe_spacing``: between two
    subscription calls on one channel. ``buffer_events`` and ``buffer_bytes`` bound what waits for
    the reader of the stream (give or take what one read of the socket brings), ``overflow`` says
    what happens then. ``delays`` makes the waits between connections. Raises ConfigurationError
    for figures that cannot work.
    """

    open_timeout: float = field(default=10.0, validator=_positive)
    close_timeout: float = field(default=1.0, validator=_not_negative)
    survival: float = field(default=30.0, validator=_not_negative)
    stale_after: float = field(default=300.0, validator=_positive)
    rollover: float = field(default=23 * 3600.0, validator=_positive)
    subscribe_spacing: float = field(default=1.0, validator=_not_negative)
    buffer_events: int = field(default=10_000, validator=_positive)
    buffer_bytes: int = field(default=16 * 1024 * 1024, validator=_positive)
    overflow: Overflow = "block"
    delays: Callable[[], Iterator[float]] = full_jitter


def _finite(options: Any, attribute: Any, value: float) -> None:
    _not_negative(options, attribute, value)
    if not isfinite(value):
        raise ConfigurationError(f"{attribute.name} is {value}: give a finite number")


def _second_or_more(options: Any, attribute: Any, value: float) -> None:
    _finite(options, attribute, value)
    if value < 1:
        raise ConfigurationError(f"{attribute.name} is {value}: give at least 1 s")


def _again(options: Any, attribute: Any, value: float | None) -> None:
    if value is not None:
        _finite(options, attribute, value)


@frozen(kw_only=True)
class BackfillOptions:
    """How gaps are asked about. Raises ConfigurationError for figures that cannot work.

    ``delay``: seconds from a gap to the first question, because analytics lags; how long is
    documented nowhere, the default is a guess. ``again``: seconds from its answer to the same
    question once more, None for never. ``patience``: seconds that the transcript of an ended
    conversation is asked for, ``every``: the least seconds between two questions for the same.

    ``spacing``: seconds between any two questions, ``at_once``: conversations asked about at the
    same time. With the defaults that is 60 questions a minute, each mostly one call (analytics
    answers 100 conversations in one), of the 300 calls a minute that one token may make; a
    ``Fleet`` keeps to 150. ``limit``: gaps and conversations in them that are asked about or wait;
    more are given up.
    """

    delay: float = field(default=10.0, validator=_finite)
    again: float | None = field(default=60.0, validator=_again)
    patience: float = field(default=600.0, validator=_finite)
    every: float = field(default=30.0, validator=_second_or_more)
    spacing: float = field(default=1.0, validator=_finite)
    at_once: int = field(default=4, validator=_positive)
    limit: int = field(default=10_000, validator=_positive)


@frozen(kw_only=True)
class FinalSentimentOptions:
    """How ended conversations are asked about. Raises ConfigurationError as above.

    ``patience``: seconds that one is asked about, ``every``: the least seconds between two
    questions, to which a random delay that grows comes. ``at_once``: conversations asked about
    at the same time; with the defaults that is at most 80 of the 300 calls a minute that one
    token may make. ``limit``: those that wait for their turn; more are given up. ``scale``: that
    of the platform's scores, see ``cloud.Sentiments``.
    """

    patience: float = field(default=600.0, validator=_finite)
    every: float = field(default=15.0, validator=_second_or_more)
    at_once: int = field(default=20, validator=_positive)
    limit: int = field(default=1_000, validator=_positive)
    scale: Scale = POLARITY
