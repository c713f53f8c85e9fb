"""What the checks of a log are made of: entries of their own, and consumers that see only them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final

from genesys_sentiment.delivery.log import Consumer, Dead, Log, Parked, Settlement, Tally
from genesys_sentiment.model.entries import Entry

_SIZE: Final = 1_000_000
_ROUNDS: Final = 10_000
"""Batches of others' entries that a log may hold in front of those of a check."""


class PromiseBroken(AssertionError):
    """An implementation does not keep a promise of its protocol. ``promise`` names it."""

    def __init__(self, promise: str, found: str) -> None:
        super().__init__(f"{promise}: {found}")
        self.promise = promise


def require(holds: bool, promise: str, found: object) -> None:
    """Raises PromiseBroken unless it holds."""
    if not holds:
        raise PromiseBroken(promise, str(found))


class Probe:
    """One check's own entries and consumers: a log that is used already is as good as a new one."""

    def __init__(self) -> None:
        self.mark = f"check-{secrets.token_hex(4)}"

    def name(self, name: str) -> str:
        """A consumer's name that nobody else has."""
        return f"{self.mark}.{name}"

    def entry(self, number: int, lane: str | None = "a", *, urgent: bool = False) -> Entry:
        """An entry that differs in every field from one of another number."""
        return Entry(
            id=f"{self.mark}:{number}",
            kind=f"kind-{number % 3}",
            conversation=None if lane is None else f"{self.mark}-{lane}",
            at=None if number % 5 == 4 else 1.7e9 + number,
            body=f'{{"number":{number},"text":"é…\u2028{number}"}}'.encode(),
            urgent=urgent,
        )

    def entries(self, *numbers: int, lane: str | None = "a") -> list[Entry]:
        """Some of them, of one conversation."""
        return [self.entry(number, lane) for number in numbers]

    def lane(self, lane: str) -> str:
        """The name of a conversation of :meth:`entry`."""
        return f"{self.mark}-{lane}"

    def ids(self, *numbers: int) -> list[str]:
        """The ids of :meth:`entry`."""
        return [f"{self.mark}:{number}" for number in numbers]

    async def consumer(self, log: Log, name: str) -> Consumer:
        """A consumer that has everything behind it that was in the log."""
        consumer = await log.consumer(self.name(name))
        await self.skip(consumer)
        return consumer

    async def skip(self, consumer: Consumer) -> None:
        """Pass by everything that is waiting."""
        for _ in range(_ROUNDS):
            taken = await consumer.take(100, _SIZE)
            if not taken:
                return
            await consumer.settle(Settlement(passed=taken))
        raise PromiseBroken("take ends", "it gave more and more, and nothing was appended")

    async def take(self, consumer: Consumer, limit: int = 100) -> list[Entry]:
        """A batch of the check's own entries."""
        taken = list(await consumer.take(limit, _SIZE))
        others = [each.id for each in taken if not each.id.startswith(self.mark)]
        require(not others, "what was settled does not come again", others)
        return taken

    async def take_oldest(self, consumer: Consumer) -> list[Entry]:
        """What a new consumer gets of the check's own; whatever is older is passed by."""
        for _ in range(_ROUNDS):
            taken = list(await consumer.take(1, _SIZE))
            if not taken or taken[0].id.startswith(self.mark):
                return taken + await self.take(consumer)
            await consumer.settle(Settlement(passed=taken))
        raise PromiseBroken("take ends", "it gave more and more, and nothing was appended")


def ids(found: Sequence[Entry | Parked | Dead]) -> list[str]:
    """Which they are."""
    return [each.id if isinstance(each, Entry) else each.entry.id for each in found]


def change(before: Tally, after: Tally) -> dict[str, int]:
    """What of a tally is different, and by how much."""
    names = ("offered", "sent", "dropped", "dead", "waiting", "parked", "passed", "quarantined")
    differences = {name: getattr(after, name) - getattr(before, name) for name in names}
    return {name: value for name, value in differences.items() if value}
