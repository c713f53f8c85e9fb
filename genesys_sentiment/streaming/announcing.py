"""What a stream has to say itself, among the events that came to it."""

from __future__ import annotations

from genesys_sentiment.clock import Clock
from genesys_sentiment.model.events import Event, Gap, TopicRefused
from genesys_sentiment.streaming.buffer import Buffer
from genesys_sentiment.streaming.memory import Memory


class Announcer:
    """Gives events of a stream's own making their place in order, and counts them."""

    def __init__(self, buffer: Buffer, memory: Memory, clock: Clock) -> None:
        self._buffer = buffer
        self._memory = memory
        self._clock = clock

    def gap(self, reason: str, since: float) -> None:
        """Events may be missing since then, seconds since the epoch, and until now."""
        until = max(since, self._clock.wall())  # the wall clock may have been set back
        self.tell(Gap(reason=reason, since=since, until=until))

    def tell(self, event: Event) -> None:
        """A gap each time; that a topic was refused, once."""
        counters = self._memory.counters
        if isinstance(event, Gap):
            counters.gaps += 1
        elif isinstance(event, TopicRefused):
            if not self._memory.seen.add(event.id, self._clock.monotonic()):
                return
            counters.refused += 1
        self._buffer.put(event, 0, self._clock.wall())
