"""How well a stream does, for whoever looks after it. Pure: no I/O."""

from __future__ import annotations

from math import inf

from genesys_sentiment.streaming.line import Line
from genesys_sentiment.streaming.memory import Memory
from genesys_sentiment.streaming.options import StreamOptions


class Health:
    """Of one stream. ``now`` is monotonic seconds; ``lines`` are those that are open.

    ``patience``: seconds without any frame after which a line is dead. ``last_error``: what ended
    the last connection or attempt. Of the last connection: ``broke``, why it ended; ``lived``, for
    how long; ``whole_until``, until when nothing can be missing, seconds since the epoch, None
    before the first one ended.
    """

    def __init__(self, memory: Memory, options: StreamOptions, patience: float) -> None:
        self._memory = memory
        self._options = options
        self.lines: list[Line] = []
        self._patience = patience
        self._proven = -inf
        self._open_since = inf
        self.last_error: Exception | None = None
        self.whole_until: float | None = None
        self.broke = "disconnected"
        self.lived = 0.0

    def begin(self, now: float) -> None:
        """The stream begins: until now nobody could expect anything."""
        self._proven = self._memory.last_event = now

    def opened(self, line: Line) -> None:
        """There is a connection again. Those that take over from it belong to it."""
        self._open_since = line.opened
        self.lines.append(line)

    def failed(self, error: Exception, *, ended: bool) -> None:
        """A connection ended by ``error``, or there was none to end."""
        self.last_error = error
        if not ended:
            self.lived = 0.0

    def closed(self, line: Line, old: Line | None, now: float) -> None:
        """The connection ended; ``old`` is the one before it, which may still be open."""
        self._open_since = inf
        self.lived = now - line.opened
        self._proven = max(self._proven, *(each.session.liveness.proven for each in self.lines))
        settled = line.settled.is_set()
        if old is not None and old in self.lines:
            # Not everything may have come by it yet, from before there was another one.
            whole = min(old.whole_until, line.whole_until) if settled else old.whole_until
            self.whole_until = whole
        elif self.whole_until is None or settled:
            self.whole_until = line.whole_until

    def degraded(self, now: float) -> bool:
        """Whether the last trouble is not over: no connection since has survived."""
        trouble = self.last_error is not None
        return trouble and now - self._open_since < self._options.survival

    def stale(self, now: float) -> bool:
        """Whether events are not to be counted on, or have not come for ``stale_after`` seconds."""
        proven = max((each.session.liveness.proven for each in self.lines), default=self._proven)
        quiet = now - self._memory.last_event >= self._options.stale_after
        return quiet or now - proven >= self._patience
