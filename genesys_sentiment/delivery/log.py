"""What a log is: entries in order, and each consumer's place among them.

Made so that a database in a file and a broker's partitions can both be one. ``sequence`` numbers
grow within a conversation, not over all of them; a consumer sees only what the log gave to it, and
it settles whole batches: a single cursor for each partition is enough to keep its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from attrs import frozen

from genesys_sentiment.model.entries import Entry


@frozen(kw_only=True)
class Parked:
    """An entry that waits for another try, or behind one of its conversation that does.

    ``tries`` so far; ``due``: wall-clock seconds since the epoch, None for one that waits behind
    another; ``reason`` of the last failure, None if it was never tried.
    """

    entry: Entry
    tries: int = 0
    due: float | None = None
    reason: str | None = None


@frozen(kw_only=True)
class Dead:
    """An entry that was given up, and why. ``at``: wall-clock seconds since the epoch."""

    entry: Entry
    tries: int
    reason: str
    at: float


@frozen(kw_only=True)
class Settlement:
    """What became of a batch; made safe as one, or not at all.

    Every entry taken or unparked since the last settlement is in exactly one of ``sent``,
    ``passed`` (not for this sink), ``parked`` and ``dead``. ``receipts`` are appended with it.
    """

    sent: Sequence[Entry] = ()
    passed: Sequence[Entry] = ()
    parked: Sequence[Parked] = ()
    dead: Sequence[Dead] = ()
    receipts: Sequence[Entry] = ()


@frozen(kw_only=True)
class Tally:
    """The accounting of one consumer: ``offered = sent + dropped + dead + pending``.

    ``pending`` = ``waiting`` (not yet settled) + ``parked``. ``passed`` entries were not for it and
    are not offered; which of the waiting ones are for it is known when they are settled.
    ``dropped``: lost because the log was full and its policy said so, or discarded by somebody.
    ``quarantined``: damaged rows that could not be read again, counted as dropped, too.
    """

    offered: int = 0
    sent: int = 0
    dropped: int = 0
    dead: int = 0
    waiting: int = 0
    parked: int = 0
    passed: int = 0
    quarantined: int = 0

    @property
    def pending(self) -> int:
        """Not yet at its end."""
        return self.waiting + self.parked

    def problems(self) -> tuple[str, ...]:
        """The identity, if it does not hold."""
        ended = self.sent + self.dropped + self.dead + self.pending
        return () if self.offered == ended else (f"offered {self.offered}, accounted for {ended}",)


class Consumer(Protocol):
    """One sink's place in a log. One batch at a time: take or unpark, then settle.

    What was taken and not settled comes again after a restart, and nothing else does.
    """

    async def take(self, limit: int, size: int) -> Sequence[Entry]:
        """The next entries behind those taken last: at most ``limit``, and ``size`` bytes of body
        (but one at least). Empty when there are none now."""
        ...

    async def wait(self) -> None:
        """Until there may be something to take. Cancelling loses nothing."""
        ...

    async def unpark(self, now: float, limit: int) -> Sequence[Parked]:
        """Parked entries whose turn it is, at most ``limit``, in order within a conversation.

        A conversation's turn comes when its first parked entry is due; those behind it come with
        it. They stay parked until they are settled.
        """
        ...

    async def next_due(self) -> float | None:
        """When the next parked conversation is due, wall-clock seconds; None if none is parked."""
        ...

    async def parked_conversations(self) -> frozenset[str]:
        """The ``lane`` of every parked entry: whatever comes for these must wait behind them."""
        ...

    async def hurry(self, now: float) -> None:
        """Make everything that is parked due now: the sink works again."""
        ...

    async def settle(self, settlement: Settlement) -> None:
        """Make safe what became of the batch, and move on. Raises what :meth:`Log.append` does."""
        ...

    async def tally(self) -> Tally:
        """The accounting at this moment."""
        ...

    async def dead(self, limit: int = 100, after: int = -1) -> Sequence[Dead]:
        """Dead letters, oldest first, behind the ``sequence`` ``after``."""
        ...

    async def retry(self, ids: Sequence[str] | None, now: float) -> int:
        """Park dead letters again, due now, with no tries: those ids, or None for all. How many."""
        ...

    async def discard(self, ids: Sequence[str] | None) -> int:
        """Drop dead letters for good: those ids, or None for all. How many."""
        ...


class Log(Protocol):
    """An append-only log of entries."""

    async def append(self, entries: Sequence[Entry]) -> None:
        """Returns when they are safe. Cancelling does not take them back.

        Raises LogFull (then none of them was kept) and LogFailed.
        """
        ...

    async def consumer(self, name: str) -> Consumer:
        """The place of that name: where it stood; a new one begins with the oldest entry kept.

        One at a time for each name: raises ConfigurationError for one that is in use.
        """
        ...

    async def reconcile(self) -> Sequence[str]:
        """Counts everything again and says what does not agree with the tallies; empty if right."""
        ...

    async def close(self) -> None:
        """Make safe what was accepted, and let go. May be called again."""
        ...
