"""When to connect again: how long to wait, and when to give up. Pure: no I/O, now is given.

A handshake proves nothing: only a connection that survived makes the next delay shorter, and no
more than 20 connections are tried in any five minutes, whatever the delays say. Both exist
because reconnect storms do: 276,379 connections in one day in paperclip-plugin-discord 71.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

from genesys_sentiment.streaming.verdict import REFUSALS, Verdict


class Pacing:
    """Delays between connections of one stream. All times are monotonic seconds.

    ``delays`` makes a fresh sequence of delays. ``survival`` is how long a connection must have
    lived to start a fresh one. At most ``budget`` attempts begin in any ``window``.
    """

    def __init__(
        self,
        delays: Callable[[], Iterator[float]],
        *,
        survival: float = 30.0,
        budget: int = 20,
        window: float = 300.0,
    ) -> None:
        self._make = delays
        self._delays = delays()
        self._survival = survival
        self._window = window
        self._attempts: deque[float] = deque(maxlen=budget)
        self._protocol_errors: deque[float] = deque(maxlen=REFUSALS)
        self._refusals = 0

    def attempt(self, now: float) -> None:
        """A connection is being tried."""
        self._attempts.append(now)

    def delay(self, verdict: Verdict, now: float, lived: float) -> float:
        """Seconds until the next attempt, after a connection that was open ``lived`` seconds."""
        self._came_to_be(now - lived)
        if self.survived(lived):
            self._delays = self._make()
        return self._within_budget(max(next(self._delays), verdict.after), now)

    def pause(self, now: float, lived: float) -> float:
        """Seconds until another connection is tried beside one that has been open so long.

        One that survived is replaced at once; who has to replace every new one does it ever slower.
        """
        self._came_to_be(now - lived)
        if self.survived(lived):
            self._delays = self._make()
            return self._within_budget(0.0, now)
        return self._within_budget(next(self._delays), now)

    def survived(self, lived: float) -> bool:
        """Whether a connection that was open ``lived`` seconds counts as good."""
        return lived >= self._survival

    def is_over(self, verdict: Verdict, now: float, lived: float = 0.0) -> bool:
        """Whether this is the end: fatal as such, or once too often in a row.

        A connection that survived before it ended shows that the token was good until then.
        """
        if self.survived(lived):
            self._refusals = 0
        if verdict.kind == "token":
            self._refusals += 1
            return self._refusals >= REFUSALS
        if verdict.kind == "protocol":
            self._protocol_errors.append(now)
            errors = self._protocol_errors
            return len(errors) == REFUSALS and now - errors[0] <= self._window
        return verdict.kind == "fatal"

    def _came_to_be(self, then: float) -> None:
        """The last attempt reached the server by ``then``: asking for a channel takes its time."""
        if self._attempts:
            self._attempts[-1] = max(self._attempts[-1], then)

    def _within_budget(self, wait: float, now: float) -> float:
        if len(self._attempts) == self._attempts.maxlen:
            return max(wait, self._attempts[0] + self._window - now)
        return wait
