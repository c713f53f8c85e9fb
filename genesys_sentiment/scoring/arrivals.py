"""The clock by which events arrived. Pure: no I/O."""

from __future__ import annotations

from typing import Final

from genesys_sentiment.scoring.numbers import is_real

_FARTHEST: Final = 1e12  # seconds: any time beyond 32,000 years is damage
_A_DAY: Final = 86_400.0


class ArrivalClock:
    """Times of arrival: local ones, so that those of all conversations can be compared.

    ``newest`` is the latest so far, None before the first; ``lag`` is how far the caller's clock
    was ahead of it: little in a live stream, years in a replay.
    """

    def __init__(self, newest: float | None = None, lag: float = 0.0) -> None:
        self.newest = newest
        self.lag = lag

    def note(self, received: float, now: float) -> float:
        """When an event arrived: ``received``, or ``now`` where it does not say."""
        moment = received if received and is_real(received, 0.0, _FARTHEST) else now
        if self.newest is None or moment >= self.newest:
            self.newest = moment
            # A caller's clock a day and more behind the events is none: a replay's, or a test's.
            self.lag = now - moment if now - moment > -_A_DAY else 0.0
        return moment

    def at(self, now: float) -> float:
        """The caller's ``now`` on this clock, which never goes back."""
        return now if self.newest is None else max(self.newest, now - self.lag)

    def wait_from(self, now: float) -> bool:
        """Stand still until ``now``: that time passed without anybody listening.

        False before the first event, when there is nothing to stand at.
        """
        if self.newest is None:
            return False
        self.lag = now - self.newest
        return True
