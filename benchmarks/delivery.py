"""Records through a journal to three sinks, beside what one would use instead, in one run.

Records in memory → delivery → a journal on the disk (``synchronous=FULL``) → three sinks in this
process that only count. Beside it the same with the log in memory, persist-queue's SQLiteAckQueue
(one put, one get and one ack for each record, to a single sink: three sinks would need three
queues), and a plain table with one commit for each record and no sink at all. Contenders take
turns; medians are printed. Then a longer run, how long a record takes until it is safe, whether the
sinks keep up at the rate that is the goal, and a restart with a backlog, in a process of its own.
All of it depends on the disk: what one fsync costs is printed, and only ratios of one run mean
anything.

    python benchmarks/delivery.py [--records 50000] [--rounds 5] [--long 500000]
        [--waiting 1000000]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

import persistqueue
from delivery_backlog import fill, restart
from delivery_latency import KEEPING_UP, keeping_up, latencies
from delivery_parts import SINKS, Counting, bodies, plain_table, records, served

from genesys_sentiment.delivery.delivery import Delivery
from genesys_sentiment.delivery.journal import Journal
from genesys_sentiment.delivery.memory_log import MemoryLog

Contender = Callable[[int, Path], float]
"""Takes how many records and an empty folder; gives the seconds that they took."""

DIFFERENT = 100_000
"""Records that are made beforehand; a longer run begins again with the first."""
SLOW = 20
"""Contenders that commit every record get one in so many: their cost does not depend on it."""


def journal(count: int, folder: Path) -> float:
    """The library: a journal and three sinks."""
    return asyncio.run(_delivered(count, Journal(folder / "journal.db")))


def memory(count: int, folder: Path) -> float:
    """The library without a journal."""
    return asyncio.run(_delivered(count, MemoryLog()))


async def _delivered(count: int, log: Journal | MemoryLog) -> float:
    given = islice(cycle(records(min(count, DIFFERENT))), count)
    sinks = [Counting(f"sink-{number}", count) for number in range(SINKS)]
    async with Delivery(sinks, log=log) as delivery:
        began = time.perf_counter()
        await delivery.consume(served(given))
        for sink in sinks:
            await sink.done.wait()
        took = time.perf_counter() - began
        if wrong := await delivery.reconcile():
            raise RuntimeError(f"the accounting does not add up: {wrong}")
    return took


def persist_queue(count: int, folder: Path) -> float:
    """persist-queue: put, get and ack, for one sink."""
    given = bodies(count)
    queue = persistqueue.SQLiteAckQueue(str(folder / "queue"))
    began = time.perf_counter()
    for body in given:
        queue.put(body)
    for _ in given:
        queue.ack(queue.get())
    took = time.perf_counter() - began
    queue.close()
    return took


def row_by_row(count: int, folder: Path) -> float:
    """A table, and a commit for each record; nobody reads it."""
    given = bodies(count)
    with plain_table(folder / "table.db") as table:
        began = time.perf_counter()
        for body in given:
            table.execute("INSERT INTO records (body) VALUES (?)", (body,))
        return time.perf_counter() - began


FAST: tuple[Contender, ...] = (journal, memory)
CONTENDERS: tuple[Contender, ...] = (*FAST, persist_queue, row_by_row)


def fsync(folder: Path, times: int = 200) -> float:
    """Median seconds of one write of a page and its fsync."""
    number = os.open(folder / "fsync", os.O_WRONLY | os.O_CREAT)
    took: list[float] = []
    try:
        for _ in range(times):
            os.write(number, bytes(4096))
            began = time.perf_counter()
            os.fsync(number)
            took.append(time.perf_counter() - began)
    finally:
        os.close(number)
    return statistics.median(took)


def _measure(contender: Contender, count: int) -> float:
    """µs per record."""
    count = count if contender in FAST else max(count // SLOW, 1)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        return contender(count, Path(folder)) / count * 1e6


def main() -> None:
    """Run the contenders in turns and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--long", type=int, default=500_000, help="0 leaves the long run out")
    parser.add_argument("--waiting", type=int, default=1_000_000, help="0 leaves the restart out")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        print(f"fsync {fsync(Path(folder)) * 1e3:.2f} ms, load {os.getloadavg()[0]:.1f}")
    for contender in CONTENDERS:
        _measure(contender, 2_000)
    figures: dict[str, list[float]] = {}
    for _ in range(arguments.rounds):
        for contender in CONTENDERS:
            figures.setdefault(contender.__name__, []).append(
                _measure(contender, arguments.records)
            )
    _print(figures, arguments.records)
    if arguments.long:
        _flatness(arguments.long, statistics.median(figures["journal"]))
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        latencies(Path(folder))
        if arguments.long:
            keeping_up(Path(folder), arguments.long / KEEPING_UP)
    if arguments.waiting:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            path = Path(folder) / "journal.db"
            fill(path, arguments.waiting)
            restart(path, arguments.waiting)


def _print(figures: dict[str, list[float]], count: int) -> None:
    rounds = len(figures["journal"])
    print(f"{count} records, {SINKS} sinks: medians of {rounds} rounds in turns")
    print(f"{'contender':14} {'µs/record':>9} {'records/s':>9} {'slowest':>9}")
    for name, values in figures.items():
        median = statistics.median(values)
        print(f"{name:14} {median:9.1f} {1e6 / median:9.0f} {1e6 / max(values):9.0f}")
    print("journal: the goal is at least 10000 records/s")
    for name in ("persist_queue", "row_by_row"):
        pairs = zip(figures[name], figures["journal"], strict=True)
        print(f"{name} / journal: {statistics.median(a / b for a, b in pairs):.1f}")


def _flatness(count: int, short: float) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        long = journal(count, Path(folder)) / count * 1e6
        size = (Path(folder) / "journal.db").stat().st_size
    print(
        f"journal: {long:.1f} µs/record at {count}: × {long / short:.2f}; its file grew to"
        f" {size / 1e6:.0f} MB, because nothing slows down who gives the records"
    )


if __name__ == "__main__":
    main()
