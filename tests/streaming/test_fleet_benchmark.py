"""The benchmark of fleets runs and prints every figure; what they are is another matter."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from tests.project import ROOT

SMALL = ("--rate=400", "--seconds=0.25", "--rounds=1", "--events=300", "--live=20")


async def test_the_benchmark_prints_every_figure() -> None:
    lines = [json.loads(line) for line in await _output() if line.startswith("{")]
    contenders = ("floor", "library")
    assert [(each["kind"], each["contender"]) for each in lines if "offered" in each] == [
        (kind, contender) for kind in ("readings", "mixed") for contender in contenders
    ]
    assert [(each["sockets"], each["contender"]) for each in lines if "to_one" in each] == [
        (count, contender) for count in (1, 5, 20) for contender in contenders
    ]
    memory = [each for each in lines if "live" in each]
    assert [each["stages"][-1] for each in memory] == [
        "stream",
        "Scorer",
        "AlertRules",
        "Diagnostics",
    ]
    for each in memory:
        # Three of two calls, and that each of them is transcribed.
        assert each["records"]["StateChange"] == 20 * 5
    assert memory[-1]["records"]["Score"] == 20 * 8
    assert all(_positive(each, "cpu", "p50", "wall_us", "cpu_us", "gc_ms") for each in lines)


def _positive(line: dict[str, Any], *names: str) -> bool:
    return all(line[name] > 0 for name in names if name in line)


async def _output() -> list[str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "benchmarks" / "fleet.py"),
        *SMALL,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), 120)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    assert process.returncode == 0
    return output.decode().splitlines()
