"""A consumer of the journal, on the loop's side: what it took, and from where it goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol, TypeVar

from genesys_sentiment.delivery import _journal_parked as parking
from genesys_sentiment.delivery._journal_rows import to_row
from genesys_sentiment.delivery._journal_store import Batch, Stand, Store, named
from genesys_sentiment.delivery._journal_tail import Tail
from genesys_sentiment.delivery.log import Dead, Parked, Settlement, Tally
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.entries import Entry

T = TypeVar("T")


class Ask(Protocol):
    """Has work done on the store; ``done`` hears of it even if the caller was cancelled."""

    async def __call__(
        self,
        work: Callable[[Store], T],
        done: Callable[[T | None, BaseException | None], None] | None = None,
    ) -> T:
        """The result, or the error."""
        ...


class JournalConsumer:
    """One sink's place in a journal, see :class:`~genesys_sentiment.delivery.log.Consumer`."""

    def __init__(self, name: str, key: int, cursor: int, tail: Tail, ask: Ask) -> None:
        self._name = name
        self._key = key
        self._tail = tail
        self._ask = ask
        self._cursor = cursor
        self._taken = cursor
        self._far = tail.last
        """Up to here the file is read: of what was deleted already, memory may still have some."""
        self._open: set[int] = set()
        self._generation = tail.generation
        self._parked: frozenset[str] | None = None
        """What is parked, as long as nothing changes it: asked for with every batch."""
        self._cuts = 0

    @property
    def flight(self) -> range:
        """The sequences behind the last settled one, up to the last taken."""
        return range(self._cursor + 1, self._taken + 1)

    async def take(self, limit: int, size: int) -> Sequence[Entry]:
        """The next entries behind those taken last; see the protocol.

        What was appended a moment ago comes from memory.
        """
        tail, after = self._tail, self._taken
        tail.check()
        salvaged = self._generation != tail.generation
        far = salvaged or after < self._far
        near = None if far else tail.after(after, limit, size)
        if near is None:
            behind = None if salvaged and not self._open else after
            found, position, stand = await self._ask(
                lambda store: store.take(self._key, behind, limit, size)
            )
            if behind is not None and self._again(stand):
                return await self.take(limit, size)
            self._generation = self._generation if self._open else stand.generation
            self._taken = position
            self._cursor = stand.cursor
        else:
            found = near
            self._taken = after + len(found)
        self._open.update(each.sequence for each in found)
        return found

    async def wait(self) -> None:
        """Until there may be something to take; returns as well when the journal is closed."""
        await self._tail.beyond(self._taken, self._generation)

    async def unpark(self, now: float, limit: int) -> Sequence[Parked]:
        """Parked entries whose turn it is; see the protocol."""
        found, stand = await self._ask(lambda store: store.unpark(self._key, now, limit))
        self._again(stand)
        self._open.update(each.entry.sequence for each in found)
        return found

    async def next_due(self) -> float | None:
        """When the next parked conversation is due, wall-clock seconds."""
        if self._parked == frozenset():
            return None
        return await self._ask(lambda store: parking.next_due(store.db, self._key))

    async def parked_conversations(self) -> frozenset[str]:
        """The lane of every parked entry."""
        if self._parked is not None and self._cuts == self._tail.cuts:
            return self._parked
        return await self._ask(
            lambda store: parking.conversations(store.db, self._key),
            partial(self._know, self._tail.cuts),
        )

    async def hurry(self, now: float) -> None:
        """Make everything that is parked due now."""
        await self._ask(lambda store: parking.hurry(store.db, self._key, now))

    async def settle(self, settlement: Settlement) -> None:
        """Make safe what became of the batch. Raises ConfigurationError where it is not exact."""
        self._tail.check()
        self._exact(settlement)
        receipts = [to_row(each) for each in settlement.receipts]
        batch = Batch(self._key, self._taken, self._generation)
        given, self._open = self._open, set()
        await self._ask(
            lambda store: store.settle(batch, settlement, receipts),
            partial(self._settled, given, batch, bool(settlement.parked)),
        )

    async def tally(self) -> Tally:
        """The accounting at this moment."""
        return await self._ask(lambda store: store.tallies()[self._name])

    async def dead(self, limit: int = 100, after: int = -1) -> Sequence[Dead]:
        """Dead letters, oldest first."""
        return await self._ask(lambda store: store.dead(self._key, limit, after))

    async def retry(self, ids: Sequence[str] | None, now: float) -> int:
        """Park dead letters again."""
        return await self._ask(
            lambda store: store.retry(self._key, ids, now), lambda value, error: self._know(0, None)
        )

    async def discard(self, ids: Sequence[str] | None) -> int:
        """Drop dead letters for good."""
        return await self._ask(lambda store: store.discard(self._key, ids))

    def _exact(self, settlement: Settlement) -> None:
        given = [each.sequence for each in named(settlement)]
        if len(given) != len(self._open) or set(given) != self._open:
            raise ConfigurationError(
                f"a settlement of {self._name} names {len(given)} entries, of which "
                f"{len(self._open.intersection(given))} are among the {len(self._open)} that were "
                "taken: give each of those exactly once"
            )

    def _settled(
        self,
        given: set[int],
        batch: Batch,
        parked: bool,
        stand: Stand | None,
        error: BaseException | None,
    ) -> None:
        if stand is None:
            self._open |= given
        elif not self._again(stand):
            if parked or any(each <= self._cursor for each in given):
                self._parked = None
            self._cursor = stand.cursor

    def _again(self, stand: Stand) -> bool:
        """Whether the file was salvaged since: then it goes on from where it stands in the new one,
        as soon as it has settled what it took from the old one, which comes again.
        """
        if stand.generation == self._generation:
            return False
        self._parked = None
        if not self._open:
            self._generation = stand.generation
            self._taken = self._cursor = stand.cursor
        return not self._open

    def _know(
        self, cuts: int, parked: frozenset[str] | None, error: BaseException | None = None
    ) -> None:
        self._cuts, self._parked = cuts, parked
