"""A process of its own that uses a journal, and says on standard output what is safe.

``append PATH``: append batches and settle them for two consumers, until it is killed.
``fill PATH``: append until the disk is full, then show that settling goes on and makes room.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from itertools import count

from genesys_sentiment.delivery._journal_consumer import JournalConsumer
from genesys_sentiment.delivery.journal import Journal
from genesys_sentiment.delivery.log import Settlement
from genesys_sentiment.errors import LogFull
from genesys_sentiment.model.entries import Entry


def entry(number: int, size: int = 500, *, urgent: bool = False) -> Entry:
    return Entry(
        id=f"score:{number}",
        kind="score",
        conversation=f"c-{number % 7}",
        at=float(number),
        body=b"x" * size,
        urgent=urgent,
    )


def say(word: str, found: Sequence[int]) -> None:
    print(word, *found, flush=True)  # noqa: T201 - what it is for


async def append(path: str) -> None:
    async with Journal(path) as journal:
        numbers = count((await journal.tallies())["a"].offered if await journal.tallies() else 0)

        async def produce() -> None:
            while True:
                mine = [next(numbers) for _ in range(3)]
                await journal.append([entry(number) for number in mine])
                say("safe", mine)

        async def settle(consumer: JournalConsumer) -> None:
            while True:
                await consumer.wait()
                taken = await consumer.take(10, 1 << 20)
                await consumer.settle(Settlement(sent=taken))

        async with asyncio.TaskGroup() as group:
            for name in ("a", "b"):
                group.create_task(settle(await journal.consumer(name)))
            await journal.consumer("later")
            for _ in range(8):
                group.create_task(produce())


async def fill(path: str) -> None:
    async with Journal(path, limit=1 << 26) as journal:
        consumer = await journal.consumer("a")
        kept = await _until_full(journal, urgent=False)
        say("full", [kept])
        settled = 0
        while taken := await consumer.take(100, 1 << 20):
            await consumer.settle(
                Settlement(sent=taken, receipts=[entry(-1, 100, urgent=True)] * (settled == 0))
            )
            settled += len(taken)
        say("settled", [settled])
        say("again", [await _until_full(journal, urgent=False)])
        say("wrong", [len(await journal.reconcile())])


async def _until_full(journal: Journal, *, urgent: bool) -> int:
    for number in count():
        try:
            await journal.append([entry(number, urgent=urgent)] * 10)
        except LogFull:
            return number * 10
    raise AssertionError


if __name__ == "__main__":
    asyncio.run({"append": append, "fill": fill}[sys.argv[1]](sys.argv[2]))
