"""Whether a line lives, and until when all that was sent on it has come. Pure: no I/O."""

from __future__ import annotations

from collections import deque
from math import inf

from genesys_sentiment.model.wire import Dialect
from genesys_sentiment.streaming.actions import Send


class Liveness:
    """One line's signs of life. ``now`` is monotonic seconds.

    ``heard``: when the last frame came; whoever reads it says so.

    A frame that comes proves little: it may have been held on its way, and others behind it still
    be. An answer proves more: it comes after everything that was sent before it. Answers name no
    ping, so they are taken in turn. A ping is given up when a frame comes as long after it as a
    line may be silent; if no answer has come by then, none ever does.
    """

    def __init__(self, dialect: Dialect, now: float) -> None:
        self._ping = dialect.ping
        self._interval = inf if dialect.ping is None else dialect.ping_interval
        self._patience = dialect.idle_timeout
        self.heard = now
        self._excused = now
        self._pinged = now
        self._owed: deque[float] = deque()
        self._answered = -inf
        self._deaf = dialect.ping is None
        self._limit = inf
        self._doubted = inf

    @property
    def proven(self) -> float:
        """When events could last be counted on. A slow reader's time is excused."""
        return min(max(self.heard, self._excused), self._doubted)

    @property
    def whole(self) -> float:
        """What had been sent until then has come: when the last ping was sent that was answered.

        Where pings are not answered, when the last frame came. -inf: nothing has been proven yet.
        """
        return min(self.heard if self._deaf else self._answered, self._limit)

    @property
    def deadline(self) -> float:
        """When ``silent`` or ``due`` change their minds although no frame came."""
        silence = max(self.heard, self._excused) + self._patience
        return min(silence, self._pinged + self._interval)

    def silent(self, now: float) -> bool:
        """Whether nothing came for so long that the line is dead."""
        return now >= max(self.heard, self._excused) + self._patience

    def due(self, now: float) -> Send | None:
        """The next ping, when it is time. They go on where nobody answers: they keep lines open."""
        if self._ping is None or now < self._pinged + self._interval:
            return None
        return self._send(self._ping, now)

    def challenge(self, now: float) -> Send | None:
        """A ping whose answer is waited for; None where none is to be expected."""
        return None if self._ping is None or self._deaf else self._send(self._ping, now)

    def answered(self, since: float) -> bool:
        """Whether a ping was that was sent then or later."""
        return self._answered >= since

    def pong(self) -> None:
        """An answer came."""
        self._forgo()
        if self._owed:
            self._answered = self._owed.popleft()
            self._deaf = False

    def excuse(self, now: float) -> None:
        """Time that the reader spent waiting for room is not the line's silence."""
        self._excused = now

    def doubt(self, now: float) -> None:
        """Events are not to be counted on any more, but as long as they come, they are good."""
        self._doubted = min(self._doubted, now)

    def lose(self, now: float) -> None:
        """No events come any more. Heartbeats and answers may go on, and prove nothing new."""
        self.doubt(now)
        self._limit = self.whole

    def _send(self, ping: str, now: float) -> Send:
        self._forgo()
        self._pinged = now
        self._owed.append(now)
        return Send(ping)

    def _forgo(self) -> None:
        # A frame that came so much later was sent later: the ping was passed over.
        while self._owed and self.heard >= max(self._owed[0], self._excused) + self._patience:
            self._owed.popleft()
            self._deaf = self._answered == -inf
