"""A restart with a backlog: when the first entry is delivered, and what memory that takes.

``python benchmarks/delivery_backlog.py JOURNAL COUNT`` is the process that is restarted. It
has in memory what a program that streams and scores has.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from attrs import evolve
from delivery_parts import SINKS, Counting, record

from genesys_sentiment.delivery.delivery import Delivery
from genesys_sentiment.delivery.journal import Journal
from genesys_sentiment.delivery.outward import Outward
from genesys_sentiment.model.entries import Entry
from genesys_sentiment.scoring.scorer import Scorer
from genesys_sentiment.sinks.webhook import Webhook
from genesys_sentiment.streaming.watch import watch

_GROUP = 1000
_DRAINING = 10.0
"""Seconds after which memory is looked at again, if it is not delivered by then."""
_LIMIT = 1 << 32
"""Bytes: the file must hold the backlog."""


def fill(path: Path, count: int) -> None:
    """Make a journal in which so many entries wait for each of the sinks."""
    began = time.perf_counter()
    asyncio.run(_fill(path, count))
    took, size = time.perf_counter() - began, path.stat().st_size
    print(f"{count} entries waiting: written in {took:.1f} s, {size / 1e6:.0f} MB")


async def _fill(path: Path, count: int) -> None:
    outward = Outward()
    async with Journal(path, limit=_LIMIT) as journal:
        for number in range(SINKS):
            await journal.consumer(f"sink-{number}")
        sample = outward.entry(record(0))
        for first in range(0, count, _GROUP):
            numbers = range(first, min(first + _GROUP, count))
            await journal.append([evolve(sample, id=f"score:{n}") for n in numbers])


def restart(path: Path, count: int) -> None:
    """Start a process on it, and say what it found."""
    began = time.time()
    said = subprocess.run(
        [sys.executable, __file__, str(path), str(count)], stdout=subprocess.PIPE, check=True
    ).stdout
    found = json.loads(said)
    print(
        f"restart with {count} waiting: first delivery {found['first'] - began:.2f} s after the"
        f" start of the process (goal 5), RSS {found['early']:.0f} MB then and"
        f" {found['late']:.0f} MB after at most {_DRAINING:.0f} s (goal 200;"
        f" {found['alone']:.0f} MB before the journal was opened),"
        f" {found['rate']:.0f} records/s to each of {SINKS} sinks"
    )


class _First(Counting):
    """A sink that notes when its first batch came."""

    def __init__(self, name: str, wanted: int) -> None:
        super().__init__(name, wanted)
        self.first = asyncio.Event()
        self.at = 0.0

    async def send(self, entries: Sequence[Entry], /) -> None:
        """Count."""
        if not self.got:
            self.at = time.time()
            self.first.set()
        await super().send(entries)


async def _restarted(path: Path, count: int) -> dict[str, float]:
    before_all = _rss()
    sinks = [_First(f"sink-{number}", count) for number in range(SINKS)]
    async with Delivery(sinks, log=Journal(path, limit=_LIMIT), drain=0.0):
        for sink in sinks:
            await sink.first.wait()
        early, before = _rss(), sum(sink.got for sink in sinks)
        began = time.perf_counter()
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAINING):
                for sink in sinks:
                    await sink.done.wait()
        rate = (sum(sink.got for sink in sinks) - before) / (time.perf_counter() - began) / SINKS
    return {
        "alone": before_all,
        "first": max(sink.at for sink in sinks),
        "early": early,
        "late": _rss(),
        "rate": rate,
    }


def _rss() -> float:
    """The most so far, in MB."""
    status = Path("/proc/self/status")
    if status.exists():
        # What getrusage says there begins with the size of the process that started this one.
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) * 1024 / 1e6
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1e6 if sys.platform == "darwin" else 1e6 / 1024)


if __name__ == "__main__":
    program = (watch, Scorer(), Webhook("https://example.invalid/"))
    print(json.dumps(asyncio.run(_restarted(Path(sys.argv[1]), int(sys.argv[2])))))
