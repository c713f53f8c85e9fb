"""What a stream remembers from one connection to the next. Pure: no I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from math import inf

from attrs import define, field

from genesys_sentiment.scoring.snapshots import Snapshots
from genesys_sentiment.streaming.counters import Counters
from genesys_sentiment.streaming.rate import Rate

_DRIFT_NAMES = 256


class Seen:
    """The keys of the events of late, in two generations, bounded by number and age.

    A key is remembered until ``limit`` newer ones have come or ``ttl`` seconds have passed since
    it was last seen, and forgotten when that has happened twice over. The defaults are generous
    for what needs them: overlaps of a reconnect or a rollover. Only hashes of 60 bits are kept, an
    eighth of the memory: that two of 100,000 keys share one is a matter of 1 in 10⁸ lists of them.
    """

    def __init__(self, limit: int = 50_000, ttl: float = 1800.0) -> None:
        self._limit = limit
        self._ttl = ttl
        self._young: set[int] = set()
        self._old: set[int] = set()
        self._turn = -inf

    def __len__(self) -> int:
        return len(self._young | self._old)

    def add(self, key: Hashable, now: float) -> bool:
        """Remember a key; True when it is new. ``now`` is monotonic seconds."""
        if now >= self._turn or len(self._young) >= self._limit:
            self._age(now)
        mark = hash(key) >> 4  # a number of 60 bits takes 32 bytes, one of 64 bits 48
        if mark in self._young:
            return False
        self._young.add(mark)
        return mark not in self._old

    def _age(self, now: float) -> None:
        on_time = now < self._turn + self._ttl
        self._old = self._young if on_time else set()
        self._young = set()
        self._turn = self._turn + self._ttl if self._turn <= now and on_time else now + self._ttl


@define
class Memory:
    """Deduplication, the conversations' states and the accounting: all that outlives a socket.

    ``last_event``: when the last one came, monotonic seconds.
    """

    seen: Seen = field(factory=Seen)
    snapshots: Snapshots = field(factory=Snapshots)
    counters: Counters = field(factory=Counters)
    drift: Counter[str] = field(factory=Counter)
    rate: Rate = field(factory=Rate)
    last_event: float = -inf

    def note_drift(self, names: tuple[str, ...]) -> None:
        """Count unknown fields and values by name; beyond 256 names they share one."""
        self.counters.drift += 1
        for name in names:
            known = name in self.drift or len(self.drift) < _DRIFT_NAMES
            self.drift[name if known else "(others)"] += 1
