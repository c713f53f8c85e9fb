"""How many REST calls a fleet makes: one allowance for all its channels. Pure: no I/O."""

from __future__ import annotations

from math import inf

from genesys_sentiment.errors import ConfigurationError

WINDOW = 60.0
"""Seconds over which the platform counts."""


class Budget:
    """At most ``calls`` calls begin in any 60 seconds, a fifth of them at once, the rest evenly.

    The platform allows 300 a minute and token, counted over windows whose beginning nobody knows:
    so the bound holds for every one. (The generic cell rate algorithm.) Raises ConfigurationError
    for fewer than 5.
    """

    def __init__(self, calls: int) -> None:
        if calls < 5:
            raise ConfigurationError(f"{calls} calls a minute: allow at least 5")
        burst = calls // 5
        self._interval = WINDOW / (calls - burst)
        self._ahead = (burst - 1) * self._interval
        self._due = -inf

    def take(self, now: float) -> float:
        """Take the next call's place; seconds from ``now`` (monotonic) until it may begin."""
        self._due = max(self._due, now)
        wait = max(self._due - self._ahead - now, 0.0)
        self._due += self._interval
        return wait
