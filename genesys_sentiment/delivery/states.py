"""How a sink is served at a moment. Pure: no I/O."""

from __future__ import annotations

from typing import Literal, TypeAlias

from attrs import frozen

from genesys_sentiment.delivery.breaker import BreakerState
from genesys_sentiment.model.histogram import Latencies

LaneState: TypeAlias = BreakerState | Literal["disabled", "failed", "ended"]


@frozen(kw_only=True)
class SinkState:
    """How one sink is at a moment.

    ``state``: ``closed`` (works), ``open`` (down, left alone), ``half_open`` (one entry is being
    tried), ``disabled`` (its receiver wants nothing any more), ``failed`` (its log does not keep
    what became of a batch) or ``ended``. ``probe``: seconds until it is tried again, None unless
    open. ``error``: the last failure's reason or type, None if there was none. ``sends`` were
    made, ``failed`` of them wholly. ``unreceipted``: receipts for which the log had no room.
    ``undecided``: entries that went because ``Lane.only`` raised. ``latency``: what a send took;
    ``lag``: from the event to its delivery, of every entry with a
    time (S1-17).
    """

    state: LaneState
    probe: float | None = None
    error: str | None = None
    sends: int = 0
    failed: int = 0
    unreceipted: int = 0
    undecided: int = 0
    latency: Latencies
    lag: Latencies
