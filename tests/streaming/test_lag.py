"""The lag of the event loop, on the real loop: S2-14."""

from __future__ import annotations

import asyncio
import time
from math import inf, nan

import pytest

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.streaming.lag import LoopLag

NAME = "genesys-loop-lag"


def tasks() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name() == NAME]


async def until_more(lag: LoopLag, count: int = 1) -> None:
    """Until that many more figures are there, 20 seconds at most."""
    wanted = lag.latencies.count + count
    async with asyncio.timeout(20):
        while lag.latencies.count < wanted:
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("after", [0.0, 0.004, 0.011, 0.017])
async def test_what_blocks_the_loop_shows(after: float) -> None:
    """S2-14: wherever in the interval it happens; nothing else in the program says so."""
    async with LoopLag(interval=0.02) as lag:
        await until_more(lag)
        loop = asyncio.get_running_loop()
        loop.call_later(after, time.sleep, 0.06)
        await asyncio.sleep(after + 0.01)
        await until_more(lag)
    assert lag.worst is not None
    assert lag.worst >= 0.06 - 0.02 / 5
    assert lag.latencies.most == lag.worst
    assert lag.latencies.early == 0


async def test_a_loop_that_waits_is_not_late() -> None:
    """S2-14: what is awaited blocks nobody, however long it takes."""
    async with LoopLag(interval=0.01) as lag:
        await asyncio.sleep(0.05)
        await until_more(lag, 3)
    least = lag.latencies.least
    assert least is not None
    assert 0.0 <= least < 0.05


async def test_the_last_figure_recovers_and_the_worst_stays() -> None:
    async with LoopLag(interval=0.01) as lag:
        asyncio.get_running_loop().call_later(0.001, time.sleep, 0.04)
        await until_more(lag)
        first = lag.worst
        async with asyncio.timeout(20):
            while lag.last == first:
                await asyncio.sleep(0.005)
    assert first is not None
    assert lag.last is not None
    assert lag.worst is not None
    assert lag.worst >= first >= 0.03


async def test_it_runs_only_while_it_is_entered() -> None:
    """S2-14: one task, which is gone when it was left; what was measured stays."""
    lag = LoopLag(interval=0.005)
    assert (tasks(), lag.last, lag.worst, lag.latencies.count) == ([], None, None, 0)
    async with lag:
        assert tasks() == [NAME]
        with pytest.raises(RuntimeError):
            await lag.__aenter__()
        assert tasks() == [NAME]
        await until_more(lag, 2)
    assert tasks() == []
    count = lag.latencies.count
    await asyncio.sleep(0.02)
    assert lag.latencies.count == count
    async with lag:
        await until_more(lag)
    assert tasks() == []


async def test_it_leaves_nothing_behind_when_the_inside_fails_or_is_cancelled() -> None:
    lag = LoopLag()
    with pytest.raises(ValueError, match="inside"):
        async with lag:
            raise ValueError("inside")
    assert tasks() == []

    async def inside() -> None:
        async with lag:
            await asyncio.sleep(10)

    task = asyncio.create_task(inside())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert tasks() == []


@pytest.mark.parametrize("interval", [0.0, -1.0, inf, nan])
def test_an_interval_is_a_positive_number(interval: float) -> None:
    with pytest.raises(ConfigurationError):
        LoopLag(interval)
