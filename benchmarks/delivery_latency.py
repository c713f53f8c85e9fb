"""At steady rates: how long a record takes until it is safe, and whether the sinks keep up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

from delivery_parts import SINKS, Counting, record, records

from genesys_sentiment.delivery.delivery import Delivery
from genesys_sentiment.delivery.journal import Journal
from genesys_sentiment.model.results import Record

RATES = (100, 1000, 5000)
SECONDS = 5.0
KEEPING_UP = 10_000
_TURN = 0.001
_LOOK = 0.25


def latencies(folder: Path) -> None:
    """Print the percentiles for each rate."""
    print("put until safe, one record for each put")
    for rate in RATES:
        took = sorted(asyncio.run(_at(rate, folder / f"{rate}.db")))
        median, high = took[len(took) // 2], took[int(len(took) * 0.99)]
        print(
            f"{rate:5} records/s: p50 {median * 1e3:.1f} ms, p99 {high * 1e3:.1f} ms,"
            f" most {took[-1] * 1e3:.1f} ms"
        )


async def _at(rate: int, path: Path) -> list[float]:
    count = int(rate * SECONDS)
    took: list[float] = []
    sinks = [Counting(f"sink-{number}", count) for number in range(SINKS)]

    async def put(number: int) -> None:
        began = time.perf_counter()
        await delivery.put(record(number))
        took.append(time.perf_counter() - began)

    async with Delivery(sinks, log=Journal(path)) as delivery:
        began, given = time.perf_counter(), 0
        async with asyncio.TaskGroup() as group:
            while given < count:
                due = min(count, int((time.perf_counter() - began) * rate))
                for number in range(given, due):
                    group.create_task(put(number))
                given = max(given, due)
                await asyncio.sleep(_TURN)
    return took


def keeping_up(folder: Path, seconds: float) -> None:
    """Print what waits for the sinks at the rate that is the goal."""
    path = folder / "steady.db"
    most, cpu = asyncio.run(_steady(path, int(KEEPING_UP * seconds)))
    print(
        f"{KEEPING_UP} records/s for {seconds:.0f} s: at most {most} waiting for a sink, the file"
        f" has {path.stat().st_size / 1e6:.0f} MB, {100 * cpu / seconds:.0f} % of one CPU"
    )


async def _steady(path: Path, count: int) -> tuple[int, float]:
    given = records(min(count, KEEPING_UP))
    sinks = [Counting(f"sink-{number}", count) for number in range(SINKS)]
    most, cpu = 0, time.process_time()
    async with Delivery(sinks, log=Journal(path)) as delivery:
        consuming = asyncio.create_task(delivery.consume(_paced(given, count)))
        while not consuming.done():
            await asyncio.wait({consuming}, timeout=_LOOK)
            most = max(most, *(each.waiting for each in (await delivery.tallies()).values()))
        await consuming
        for sink in sinks:
            await sink.done.wait()
        return most, time.process_time() - cpu


async def _paced(given: list[Record], count: int) -> AsyncIterator[Record]:
    began, number = time.perf_counter(), 0
    while number < count:
        due = min(count, int((time.perf_counter() - began) * KEEPING_UP))
        while number < due:
            yield given[number % len(given)]
            number += 1
        await asyncio.sleep(_TURN)
