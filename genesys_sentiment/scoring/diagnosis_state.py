"""What the diagnostics remember of a conversation and of a queue: numbers. Pure: no I/O.

A conversation is kept packed between two records: as an object it would take three times the
memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Final

import msgspec
from msgspec import Struct

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.scoring.packing import fold, pack, unfold

VERSION: Final = 2
"""Of the snapshot's form. Another one is refused."""


class Call(Struct, array_like=True, gc=False):
    """One conversation. Event times; None where there is no such time.

    ``clock``: of its newest record, ``lag`` how far the caller's clock was ahead of it. ``agents``
    are connected now, with the communication that began it. ``since``: connected, ``ended``:
    over; ``last``: its newest score. ``zeros``: readings of 0.0 in a row. ``counted`` and
    ``scored``: among its queue's connected and covered ones. ``flat`` and ``gap``: found, and not
    over. Ids are folded.
    """

    clock: float
    lag: float = 0.0
    folded: bytes | None = None
    agents: dict[bytes, bytes] = {}
    since: float | None = None
    ended: float | None = None
    last: float | None = None
    zeros: int = 0
    counted: bool = False
    scored: bool = False
    flat: bool = False
    gap: bool = False

    @property
    def queue(self) -> str | None:
        """The queue's id."""
        return None if self.folded is None else unfold(self.folded)

    @queue.setter
    def queue(self, name: str) -> None:
        self.folded = fold(name)


class Queue(Struct, array_like=True, gc=False):
    """One queue. ``missed``: conversations in a row that ended without a score; ``empty``:
    readings in a row without one. ``uncovered`` and ``no_data``: found, and not over.
    """

    connected: int = 0
    covered: int = 0
    missed: int = 0
    empty: int = 0
    uncovered: bool = False
    no_data: bool = False


class _Snapshot(Struct, kw_only=True):
    version: int
    calls: dict[str, Call]
    queues: dict[str, Queue]


unpack: Final = msgspec.msgpack.Decoder(Call).decode
_decode: Final = msgspec.msgpack.Decoder(_Snapshot).decode


def write(calls: Mapping[str, Call], queues: Mapping[str, Queue]) -> bytes:
    """A snapshot."""
    return pack(_Snapshot(version=VERSION, calls=dict(calls), queues=dict(queues)))


def read(data: bytes) -> tuple[dict[str, Call], dict[str, Queue]]:
    """What :func:`write` wrote. Raises ConfigurationError for anything else."""
    try:
        snapshot = _decode(data)
        for call in snapshot.calls.values():
            _ = call.queue  # a folded id that is none raises ValueError
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise ConfigurationError("not a snapshot of diagnostics, or it is damaged") from None
    if snapshot.version != VERSION:
        raise ConfigurationError(
            f"snapshot of version {snapshot.version}: this release reads version {VERSION}"
        )
    for call in snapshot.calls.values():
        times = (call.clock, call.lag, call.since, call.ended, call.last)
        if not all(time is None or isfinite(time) for time in times):
            raise ConfigurationError("this snapshot of diagnostics is damaged")
    return snapshot.calls, snapshot.queues
