"""What became of a batch, entry by entry: the books of one sink. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from attrs import Factory, define, field, frozen

from genesys_sentiment.delivery.log import Dead, Parked, Settlement
from genesys_sentiment.delivery.retrying import delay, given_up
from genesys_sentiment.errors import Failure, SinkFailed
from genesys_sentiment.model.entries import Entry, Lane, Receipt, Retry

_MOST: Final = 10
"""Times a batch that is taken to fill one, where most of it is for other sinks."""

_NOTHING: Final = Failure(-1, "held back", tried=False)


@define
class Batch:
    """What was taken from a log: for one ``send``, ``held`` for a later one, ``passed`` by.

    ``size``: bytes of the bodies in ``send``. ``behind``: lanes of which something is parked that
    is not in the batch. ``undecided``: entries that go through because ``Lane.only`` raised.
    """

    lane: Lane
    behind: frozenset[str] = frozenset()
    send: list[Parked] = field(factory=list)
    held: list[Parked] = field(factory=list)
    passed: list[Entry] = field(factory=list)
    size: int = 0
    undecided: int = 0
    _cut: bool = field(default=False, init=False)

    @property
    def taken(self) -> int:
        """How many entries are in it."""
        return len(self.send) + len(self.held) + len(self.passed)

    @property
    def room(self) -> int:
        """How many more entries to take for it."""
        if self._cut or self.size >= self.lane.size or self.taken >= _MOST * self.lane.batch:
            return 0
        return self.lane.batch - len(self.send)

    def add(self, taken: Sequence[Entry]) -> None:
        """Entries as they came from the log."""
        for entry in taken:
            if not self._wants(entry):
                self.passed.append(entry)
            elif entry.lane in self.behind:
                self.held.append(Parked(entry=entry))
            else:
                self._put(Parked(entry=entry), self.lane.batch)

    def again(self, parked: Sequence[Parked]) -> None:
        """Entries whose turn has come again: with each try of one, half as many go with it.

        Where a receiver takes a batch as a whole or not at all, the one that spoils it ends alone.
        """
        limit = self.lane.batch
        for each in parked:
            limit = max(1, min(limit, self.lane.batch >> each.tries))
            self._put(each, limit)

    def _wants(self, entry: Entry) -> bool:
        try:
            return self.lane.wants(entry)
        except Exception:  # noqa: BLE001 - the user's border: counted
            self.undecided += 1
            return True

    def _put(self, one: Parked, limit: int) -> None:
        size = len(one.entry.body)
        fits = len(self.send) < limit and self.size + size <= self.lane.size
        if self.send and (self._cut or not fits):
            # Once one did not fit, all others wait behind it: so each stays in its order.
            self._cut = True
            self.held.append(one)
        else:
            self.send.append(one)
            self.size += size


@frozen
class Verdict:
    """How a send ended: ``failures`` by their place in the batch.

    ``down``: nothing went through, although trying again may help. ``after``: seconds that the
    receiver asked for then. ``disabled``: it wants nothing any more.
    """

    failures: dict[int, Failure] = Factory(dict)
    down: bool = False
    after: float | None = None
    disabled: bool = False


def understood(error: SinkFailed | None, size: int) -> Verdict:
    """What a sink said of a batch of ``size``.

    Whoever names an entry that was not in the batch cannot be believed about the others.
    """
    if error is None:
        return Verdict()
    if any(not 0 <= each.index < size for each in error.failures):
        error = SinkFailed.whole(size, "misreported")
    failures = {each.index: each for each in error.failures}
    helps = [each for each in failures.values() if each.retry and each.tried]
    waits = [each.after for each in helps if each.after is not None]
    down = len(failures) == size and bool(helps)
    return Verdict(failures, down, max(waits, default=None) if down else None, error.disabled)


@frozen(kw_only=True)
class Sent:
    """One send: when it ended by the wall clock, how long it took, and how. ``steady``: the same
    moment by a clock that nobody sets, which next tries are due by. ``counts``: whether a failure
    is a try, or only one more sign that the sink is down."""

    at: float
    steady: float
    took: float
    verdict: Verdict
    counts: bool


class Book:
    """Judges sends for one sink. ``chance`` gives numbers of 0…1; ``receipts``: kinds of entries
    that get a receipt when they are delivered; those that are given up always do."""

    def __init__(
        self,
        sink: str,
        retry: Retry,
        receipts: frozenset[str],
        chance: Callable[[], float],
        written: Callable[[Receipt], Entry],
    ) -> None:
        self._sink = sink
        self._retry = retry
        self._receipts = receipts
        self._chance = chance
        self._written = written

    def settle(self, batch: Batch, sent: Sent) -> Settlement:
        """Where every entry of a batch goes now.

        Behind one that is parked, all others of its conversation are, with no try counted.
        """
        delivered: list[Parked] = []
        parked: list[Parked] = []
        dead: list[Dead] = []
        blocked = set(batch.behind)
        for index, one in enumerate(batch.send):
            failure = sent.verdict.failures.get(index)
            if failure is None:
                delivered.append(one)
            elif (ended := self._judged(one, failure, sent, blocked)) is not None:
                dead.append(ended)
            else:
                parked.append(self._parked(one, failure, sent, blocked))
        parked += (self._parked(one, _NOTHING, sent, blocked) for one in batch.held)
        return Settlement(
            sent=[one.entry for one in delivered],
            passed=batch.passed,
            parked=parked,
            dead=dead,
            receipts=self._written_receipts(delivered, dead, sent),
        )

    def _judged(self, one: Parked, failure: Failure, sent: Sent, blocked: set[str]) -> Dead | None:
        if one.entry.lane in blocked or not self._tried(failure, sent):
            return None
        tries = one.tries + 1
        if not given_up(self._retry, failure, tries):
            return None
        return Dead(entry=one.entry, tries=tries, reason=failure.reason, at=sent.at)

    def _parked(self, one: Parked, failure: Failure, sent: Sent, blocked: set[str]) -> Parked:
        first = one.entry.lane not in blocked
        blocked.add(one.entry.lane)
        if not first or not failure.tried:
            # What was only held back comes next, if nothing of its conversation is before it.
            due = sent.steady if first else None
            return Parked(entry=one.entry, tries=one.tries, due=due, reason=one.reason)
        tries = one.tries + self._tried(failure, sent)
        wait = delay(self._retry, failure, tries, self._chance())
        return Parked(entry=one.entry, tries=tries, due=sent.steady + wait, reason=failure.reason)

    def _tried(self, failure: Failure, sent: Sent) -> bool:
        return failure.tried and sent.counts and not sent.verdict.disabled

    def _written_receipts(
        self, delivered: Sequence[Parked], dead: Sequence[Dead], sent: Sent
    ) -> list[Entry]:
        made = [self._died(each) for each in dead if each.entry.kind != "receipt"]
        made += (
            self._arrived(each, sent)
            for each in delivered
            # A receipt gets none: there would be no end of it.
            if each.entry.kind in self._receipts and each.entry.kind != "receipt"
        )
        return [self._written(each) for each in made]

    def _died(self, dead: Dead) -> Receipt:
        return Receipt(
            conversation=dead.entry.conversation,
            at=dead.at,
            sink=self._sink,
            record=dead.entry.id,
            kind=dead.entry.kind,
            outcome="dead",
            attempts=dead.tries,
            reason=dead.reason,
        )

    def _arrived(self, one: Parked, sent: Sent) -> Receipt:
        entry = one.entry
        return Receipt(
            conversation=entry.conversation,
            at=sent.at,
            sink=self._sink,
            record=entry.id,
            kind=entry.kind,
            outcome="delivered",
            attempts=one.tries + 1,
            latency=round(sent.took, 6),
            lag=None if entry.at is None else round(sent.at - entry.at, 6),
        )
