"""What a stream remembers from one connection to the next. Pure: no I/O."""

from __future__ import annotations

from collections import Counter, OrderedDict

from attrs import define, field

from genesys_sentiment.scoring.transitions import Tracker
from genesys_sentiment.streaming.counters import Counters

_DRIFT_NAMES = 256


class Seen:
    """The ids of the events of late, bounded by number and age.

    An id is forgotten ``ttl`` seconds after it was last seen, or when ``limit`` newer ones have
    come. The defaults are generous for what needs them: overlaps of a reconnect or a rollover.
    """

    def __init__(self, limit: int = 100_000, ttl: float = 3600.0) -> None:
        self._limit = limit
        self._ttl = ttl
        self._times: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._times)

    def add(self, event_id: str, now: float) -> bool:
        """Remember an id; True when it is new. ``now`` is monotonic seconds."""
        times = self._times
        known = event_id in times
        times[event_id] = now
        if known:
            times.move_to_end(event_id)
            return False
        oldest = next(iter(times))
        while len(times) > self._limit or times[oldest] < now - self._ttl:
            del times[oldest]
            oldest = next(iter(times))
        return True


@define
class Memory:
    """Deduplication, the conversations' states and the accounting: all that outlives a socket."""

    seen: Seen = field(factory=Seen)
    tracker: Tracker = field(factory=Tracker)
    counters: Counters = field(factory=Counters)
    drift: Counter[str] = field(factory=Counter)

    def note_drift(self, names: tuple[str, ...]) -> None:
        """Count unknown fields and values by name; beyond 256 names they share one."""
        self.counters.drift += 1
        for name in names:
            known = name in self.drift or len(self.drift) < _DRIFT_NAMES
            self.drift[name if known else "(others)"] += 1
