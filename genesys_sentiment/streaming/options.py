"""What can be set of a stream. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from attrs import field, frozen

from genesys_sentiment.cloud.delays import full_jitter
from genesys_sentiment.errors import ConfigurationError
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
    (That nobody calls at night looks the same.) ``subscribe_spacing``: between two subscription
    calls on one channel. ``buffer_events`` and ``buffer_bytes`` bound what waits for the reader
    of the stream (give or take what one read of the socket brings), ``overflow`` says what
    happens then. ``delays`` makes the waits between connections. Raises ConfigurationError for
    figures that cannot work.
    """

    open_timeout: float = field(default=10.0, validator=_positive)
    close_timeout: float = field(default=1.0, validator=_not_negative)
    survival: float = field(default=30.0, validator=_not_negative)
    stale_after: float = field(default=300.0, validator=_positive)
    subscribe_spacing: float = field(default=1.0, validator=_not_negative)
    buffer_events: int = field(default=10_000, validator=_positive)
    buffer_bytes: int = field(default=16 * 1024 * 1024, validator=_positive)
    overflow: Overflow = "block"
    delays: Callable[[], Iterator[float]] = full_jitter
