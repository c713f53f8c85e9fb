"""A place in a log in memory."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

from attrs import evolve

from genesys_sentiment.delivery.log import Dead, Parked, Settlement, Tally
from genesys_sentiment.delivery.memory_parking import Parking
from genesys_sentiment.errors import LogFailed
from genesys_sentiment.model.entries import Entry

_MOST_DEAD: Final = 1000
"""Dead letters kept; of more, the oldest are dropped."""


class MemoryConsumer:
    """A :class:`Consumer`. ``rows`` is the log's own: entries by sequence, oldest first."""

    def __init__(
        self, name: str, rows: OrderedDict[int, Entry], settled: Callable[[Settlement], None]
    ) -> None:
        self._name = name
        self._rows = rows
        self._settled = settled
        self._done = self._next = next(iter(rows), 0)
        self._taken: dict[int, Entry] = {}
        self._parking = Parking()
        self._dead: dict[int, Dead] = {}
        self._tally = Tally(offered=len(rows), waiting=len(rows))
        self._more = asyncio.Event()
        self._closed = False

    @property
    def done(self) -> int:
        """It needs no row before this one."""
        return self._next if not self._taken else self._done

    @property
    def parked_size(self) -> tuple[int, int]:
        """How many entries it has parked, and the bytes of their bodies."""
        return len(self._parking), self._parking.size

    def holds(self, sequence: int) -> bool:
        """Whether it is busy with that row."""
        return sequence in self._taken

    def appended(self, count: int) -> None:
        """There are more rows."""
        self._count(offered=count, waiting=count)
        self._more.set()

    def dropped(self, sequence: int) -> None:
        """A row is gone that it may not have seen."""
        if sequence >= self._next:
            self._count(dropped=1, waiting=-1)

    async def take(self, limit: int, size: int) -> Sequence[Entry]:
        """The next entries."""
        self._check()
        found: list[Entry] = []
        last = next(reversed(self._rows), -1)
        self._next = max(self._next, next(iter(self._rows), self._next))
        while self._next <= last and len(found) < limit:
            entry = self._rows.get(self._next)
            if entry is not None:
                size -= len(entry.body)
                if found and size < 0:
                    break
                found.append(entry)
            self._next += 1
        if not self._taken and found:
            self._done = found[0].sequence
        self._taken.update((each.sequence, each) for each in found)
        return found

    async def wait(self) -> None:
        """Until there is more."""
        while next(reversed(self._rows), -1) < self._next:
            self._check()
            self._more.clear()
            await self._more.wait()

    async def unpark(self, now: float, limit: int) -> Sequence[Parked]:
        """What is due, the conversation that is due longest first."""
        self._check()
        return self._parking.due(now, limit)

    async def next_due(self) -> float | None:
        """When the next one is."""
        self._check()
        return self._parking.next_due()

    async def parked_conversations(self) -> frozenset[str]:
        """Of which something is parked."""
        self._check()
        return self._parking.lanes

    async def hurry(self, now: float) -> None:
        """All is due."""
        self._check()
        self._parking.hurry(now)

    async def settle(self, settlement: Settlement) -> None:
        """Move on. Raises LogFailed for entries that it was not busy with: they were settled."""
        self._check()
        ended = [*settlement.sent, *settlement.passed, *(each.entry for each in settlement.dead)]
        all_of = [*ended, *(each.entry for each in settlement.parked)]
        numbers = {each.sequence for each in all_of}
        strange = [n for n in numbers if n not in self._taken and n not in self._parking]
        if strange or len(numbers) != len(all_of) or not self._taken.keys() <= numbers:
            raise LogFailed(f"{self._name}: a settlement must name each entry of its batch once")
        fresh, before = len(self._taken), len(self._parking)
        self._taken.clear()
        self._parking.remove(ended)
        self._parking.add(settlement.parked)
        self._dead.update((each.entry.sequence, each) for each in settlement.dead)
        self._count(
            offered=-len(settlement.passed),
            passed=len(settlement.passed),
            sent=len(settlement.sent),
            dead=len(settlement.dead),
            waiting=-fresh,
            parked=len(self._parking) - before,
        )
        self._forget()
        self._settled(settlement)

    async def tally(self) -> Tally:
        """The accounting."""
        return self._tally

    async def dead(self, limit: int = 100, after: int = -1) -> Sequence[Dead]:
        """Dead letters."""
        found = [self._dead[each] for each in sorted(self._dead) if each > after]
        return found[:limit]

    async def retry(self, ids: Sequence[str] | None, now: float) -> int:
        """Try dead letters again."""
        self._check()
        found = self._exhume(ids)
        self._parking.add([Parked(entry=each.entry, due=now) for each in found])
        self._count(dead=-len(found), parked=len(found))
        return len(found)

    async def discard(self, ids: Sequence[str] | None) -> int:
        """Drop dead letters."""
        self._check()
        found = self._exhume(ids)
        self._count(dead=-len(found), dropped=len(found))
        return len(found)

    def close(self) -> int:
        """Drop what is left: how many."""
        self._closed = True
        lost = self._tally.pending
        self._count(dropped=lost, waiting=-self._tally.waiting, parked=-self._tally.parked)
        self._taken.clear()
        self._parking = Parking()
        self._more.set()
        return lost

    def problems(self) -> Sequence[str]:
        """What does not agree with the tally."""
        waiting = len(self._taken) + sum(1 for each in self._rows if each >= self._next)
        counted = {
            "waiting": (0 if self._closed else waiting, self._tally.waiting),
            "parked": (len(self._parking), self._tally.parked),
            "dead": (len(self._dead), self._tally.dead),
        }
        said = [f"{held} {name}, {told} told" for name, (held, told) in counted.items()]
        wrong = [
            each for each, (held, told) in zip(said, counted.values(), strict=True) if held != told
        ]
        return (*self._tally.problems(), *wrong)

    def _exhume(self, ids: Sequence[str] | None) -> list[Dead]:
        found = [each for each in self._dead.values() if ids is None or each.entry.id in ids]
        for each in found:
            del self._dead[each.entry.sequence]
        return found

    def _forget(self) -> None:
        while len(self._dead) > _MOST_DEAD:
            del self._dead[next(iter(self._dead))]
            self._count(dead=-1, dropped=1)

    def _count(self, **changes: int) -> None:
        self._tally = evolve(
            self._tally,
            **{name: getattr(self._tally, name) + change for name, change in changes.items()},
        )

    def _check(self) -> None:
        if self._closed:
            raise LogFailed("the log in memory is closed: make a new one")
