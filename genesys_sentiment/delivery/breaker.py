"""Whether a sink counts as down, and when it is tried again. Pure: no I/O.

``now`` is any clock that only grows, in seconds.
"""

from __future__ import annotations

from collections import deque
from typing import Final, Literal, TypeAlias

from genesys_sentiment.model.entries import Breaking

BreakerState: TypeAlias = Literal["closed", "open", "half_open"]
_Signal: TypeAlias = Literal["succeeded", "failed", "tripped", "probed"]

# An illegal step is a missing key: while it is open nothing is sent, so nothing ends.
_NEXT: Final[dict[tuple[BreakerState, _Signal], BreakerState]] = {
    ("closed", "succeeded"): "closed",
    ("closed", "failed"): "closed",
    ("closed", "tripped"): "open",
    ("open", "probed"): "half_open",
    ("half_open", "succeeded"): "closed",
    ("half_open", "tripped"): "open",
}

_REMEMBERED: Final = 1000
"""Sends of a window that are looked at; of more, the latest."""


class Breaker:
    """Closed: everything is sent. Open: nothing is. Half-open: one probe is on its way.

    A failed send is one of which nothing went through although trying again may help.
    ``longest_wait``: the most seconds that a receiver can ask to be left alone.
    """

    def __init__(self, settings: Breaking, longest_wait: float) -> None:
        self._settings = settings
        self._longest = longest_wait
        self._state: BreakerState = "closed"
        self._row = 0
        self._sends: deque[tuple[float, bool]] = deque(maxlen=_REMEMBERED)
        self._until = 0.0

    @property
    def state(self) -> BreakerState:
        """Where it stands."""
        return self._state

    @property
    def works(self) -> bool:
        """Whether the last send went through, or there was none yet."""
        return self._row == 0

    def worked(self, now: float) -> bool:
        """Whether a send went through within the window."""
        window = self._settings.window
        return any(not failed and now - at <= window for at, failed in self._sends)

    def wait(self, now: float) -> float:
        """Seconds until the next probe may be sent; 0 when one may be now, or all may."""
        return max(self._until - now, 0.0) if self._state == "open" else 0.0

    def probe(self, now: float) -> bool:
        """Whether one entry may be tried now. If so, its send must end before there is another."""
        if self._state != "open" or self._until > now:
            return False
        self._step("probed")
        return True

    def succeeded(self, now: float) -> bool:
        """A send ended and the sink works. True if it was down before."""
        closed = self._state != "closed"
        self._step("succeeded")
        self._row = 0
        if closed:
            self._sends.clear()
        self._sends.append((now, False))
        return closed

    def failed(self, now: float, after: float | None = None) -> None:
        """A send failed. ``after``: seconds that the receiver asked for, None where it did not.

        A receiver that asks is left alone at once, for as long as it asked and no longer, until
        it counts as down by its failures as well.
        """
        self._row += 1
        self._sends.append((now, True))
        asked = 0.0 if after is None else min(after, self._longest)
        down = self._down(now)
        if self._state == "closed" and not down and asked <= 0.0:
            self._step("failed")
            return
        self._step("tripped")
        self._until = now + (
            asked if asked > 0.0 and not down else max(self._settings.pause, asked)
        )

    def _down(self, now: float) -> bool:
        settings = self._settings
        recent = [failed for at, failed in self._sends if now - at <= settings.window]
        share = sum(recent) >= settings.failing * len(recent)
        return self._row >= settings.consecutive or (len(recent) >= settings.sends and share)

    def _step(self, signal: _Signal) -> None:
        self._state = _NEXT[self._state, signal]
