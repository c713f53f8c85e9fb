"""The library's stream on networks that fail: names, resets, black holes, one byte at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from genesys_sentiment.simulator import Do, LocalCloud, Proxy
from tests.simulator.heard import IMPATIENT, listening, play, quick, until


async def test_a_name_that_stops_resolving_is_waited_for() -> None:
    """C5-11: the line breaks while the DNS is down; it is found again without a restart."""
    async with quick(heartbeat=0.05) as local:
        async with listening(local) as heard:
            await heard.stream.ready()
            before = local.names.asked["localhost"]
            local.names.failing = True
            await local.simulator.abort_sockets()
            await until(lambda: local.names.asked["localhost"] >= before + 2)
            local.names.failing = False
            await until(lambda: heard.stream.counters.connections == 2)
            await until(lambda: [gap.reason for gap in heard.gaps] == ["disconnected"])
        assert heard.stream.counters.problems() == ()
        assert heard.stream.counters.attempts <= 20


@asynccontextmanager
async def through_a_proxy(**settings: float) -> AsyncIterator[tuple[LocalCloud, Proxy]]:
    """Sockets go through the proxy; REST does not."""
    async with quick(heartbeat=0.05, **settings) as local:
        async with Proxy(local.simulator.api_url.replace("localhost", "127.0.0.1")) as proxy:
            local.simulator.locate(proxy.address)
            yield local, proxy


@pytest.mark.parametrize(
    "faults",
    [{"slices": 1}, {"latency": 0.05}, {"bandwidth": 200_000.0}, {"slices": 3, "latency": 0.02}],
    ids=str,
)
async def test_a_slow_or_sliced_network_loses_nothing(faults: dict[str, float]) -> None:
    """C6-4."""
    async with through_a_proxy() as (local, proxy):
        for name, value in faults.items():
            setattr(proxy.down, name, value)
        async with listening(local) as heard:
            await heard.stream.ready()
            await play(local, heard)
            await until(lambda: not heard.missing)
        heard.check()
        assert heard.missing == set()


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("reset", "disconnected"),
        ("half_close", "disconnected"),
        ("truncate", "disconnected"),
        ("black_hole", "silent"),
    ],
)
async def test_a_network_that_breaks_is_a_gap(fault: str, reason: str) -> None:
    """C5-10: the black hole tells nobody anything, least of all that it is one."""
    async with through_a_proxy(speed=80) as (local, proxy):

        def strike() -> None:
            if fault == "truncate":
                proxy.down.truncate = 1
            elif fault == "black_hole":
                proxy.down.black_hole = proxy.up.black_hole = True
            else:
                getattr(proxy, fault)()

        def mend() -> None:
            proxy.down.truncate = None
            proxy.down.black_hole = proxy.up.black_hole = False

        local.simulator.script = [(Do(strike, after=0.45), Do(mend, after=0.5))]
        async with listening(local, IMPATIENT) as heard:
            await heard.stream.ready()
            playing = asyncio.create_task(local.simulator.play())
            await until(lambda: heard.stream.counters.attempts >= 2)
            mend()
            await until(lambda: heard.stream.counters.connections >= 2)
            await playing
            await until(lambda: bool(heard.gaps))
        heard.check()
        assert reason in {gap.reason for gap in heard.gaps}
