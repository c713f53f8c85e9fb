"""Sinks that keep a ledger of what they got, and fail as they are told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence

from genesys_sentiment.delivery.delivery import Delivery
from genesys_sentiment.errors import Failure, SinkFailed
from genesys_sentiment.model.entries import Breaking, Entry, Lane, Retry
from genesys_sentiment.model.events import Utterance

Behaviour = Callable[[Sequence[Entry]], Awaitable[Iterable[Failure] | None]]


def said(number: int, conversations: int = 7) -> Utterance:
    return Utterance(
        conversation=f"c{number % conversations}", utterance=str(number), text="x", received=1.0
    )


def entry(number: int, conversation: str | None = "c", *, urgent: bool = False) -> Entry:
    return Entry(
        id=f"e{number}",
        kind="alert" if urgent else "score",
        conversation=conversation,
        at=None,
        body=b"%d" % number,
        urgent=urgent,
    )


class Ledger:
    """A sink. ``got``: what was delivered, in order, by conversation."""

    def __init__(
        self, name: str = "ledger", behaviour: Behaviour | None = None, lane: Lane | None = None
    ) -> None:
        self.name = name
        self.lane = lane or Lane()
        self.behaviour = behaviour
        self.batches: list[list[str]] = []
        self.got: dict[str | None, list[str]] = defaultdict(list)
        self.closed = 0

    async def send(self, entries: Sequence[Entry]) -> None:
        self.batches.append([each.id for each in entries])
        failures = list(await self.behaviour(entries) or ()) if self.behaviour else []
        failed = {each.index for each in failures}
        for index, each in enumerate(entries):
            if index not in failed:
                self.got[each.conversation].append(each.id)
        if failures:
            raise SinkFailed(failures)

    async def close(self) -> None:
        self.closed += 1

    @property
    def count(self) -> int:
        return sum(len(each) for each in self.got.values())

    def in_order(self, conversations: int = 7) -> None:
        """Every number of every conversation once, in its order."""
        for name, ids in self.got.items():
            numbers = [int(each.rpartition(":")[2].removeprefix("e")) for each in ids]
            assert numbers == sorted(set(numbers)), name


def failing(entries: Sequence[Entry], bad: Callable[[Entry], bool]) -> list[Failure]:
    """Those, and as the rule is, all behind them in their conversations."""
    failures: list[Failure] = []
    blocked: set[str] = set()
    for index, each in enumerate(entries):
        if each.lane in blocked:
            failures.append(Failure(index, "behind", tried=False))
        elif bad(each):
            blocked.add(each.lane)
            failures.append(Failure(index, "bad"))
    return failures


async def sound(delivery: Delivery) -> None:
    """The accounting identity, and the log's own count of everything."""
    for name, tally in (await delivery.tallies()).items():
        assert tally.problems() == (), name
    assert list(await delivery.reconcile()) == []


QUICK = Lane(retry=Retry(delays=(5.0, 60.0), jitter=0.0), breaking=Breaking(pause=30.0))
