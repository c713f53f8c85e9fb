"""The full path for platform-scored events, beside what one would write by hand, in one run.

Loopback WebSocket → decode → deduplicate → score → callback, with the sender in another process
and 1,000 live conversations. Two contests: the small events of the Notifications service
(``readings.py``) and the tutorial's of about 950 bytes (``interactions.py``). Contenders take
turns; medians are printed, as µs per event and as ratios: the machines this runs on are noisy, so
only ratios of one run mean anything.

    python benchmarks/pipeline.py [--events 100000] [--rounds 5] [--long 1000000]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import time
from pathlib import Path

from contest import Contender, Contest
from interactions import INTERACTIONS
from readings import READINGS

CONTESTS = (READINGS, INTERACTIONS)


def measure(contest: Contest, contender: Contender, port: int, events: int) -> tuple[float, float]:
    """µs per event: wall clock, and this process's own CPU."""
    url = f"ws://127.0.0.1:{port}/{contest.path}/{events}"
    wall, cpu = time.perf_counter(), time.process_time()
    got = asyncio.run(_run(contender, url, events))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    if got != events:
        raise RuntimeError(f"{contender.__name__} got {got} of {events} events")
    return wall / events * 1e6, cpu / events * 1e6


async def _run(contender: Contender, url: str, events: int) -> int:
    return await contender(url, events)


def main() -> None:
    """Run the contenders in turns and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--long", type=int, default=1_000_000, help="0 leaves the long run out")
    arguments = parser.parse_args()
    sender = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("sender.py"))], stdout=subprocess.PIPE
    )
    try:
        assert sender.stdout is not None
        port = int(sender.stdout.readline())
        for contest in CONTESTS:
            for contender in contest.contenders:
                measure(contest, contender, port, 10_000)
            figures = _rounds(contest, port, arguments.events, arguments.rounds)
            _print(contest, figures, arguments.events)
            if arguments.long:
                _flatness(contest, port, arguments.long, arguments.rounds)
    finally:
        sender.kill()
        sender.wait()


def _rounds(
    contest: Contest, port: int, events: int, rounds: int
) -> dict[str, list[tuple[float, float]]]:
    figures: dict[str, list[tuple[float, float]]] = {}
    for _ in range(rounds):
        for contender in contest.contenders:
            found = measure(contest, contender, port, events)
            figures.setdefault(contender.__name__, []).append(found)
    return figures


def _print(contest: Contest, figures: dict[str, list[tuple[float, float]]], events: int) -> None:
    print(f"{contest.title}: {events} events, medians of {len(figures['floor'])} rounds in turns")
    print(f"{'contender':10} {'µs/event':>9} {'CPU µs':>7} {'events/s':>9}")
    for name, values in figures.items():
        wall = statistics.median(wall for wall, _ in values)
        cpu = statistics.median(cpu for _, cpu in values)
        print(f"{name:10} {wall:9.2f} {cpu:7.2f} {1e6 / wall:9.0f}")
    against = {name: [wall for wall, _ in values] for name, values in figures.items()}
    ours = against["library"]
    to_floor = statistics.median(a / b for a, b in zip(ours, against["floor"], strict=True))
    to_hand = statistics.median(b / a for a, b in zip(ours, against["by_hand"], strict=True))
    print(f"library / (a) aiohttp + orjson.loads   {to_floor:.2f}   (goal: at most 2)")
    print(f"(b) websockets + pydantic / library    {to_hand:.2f}   (goal: at least 3)")


def _flatness(contest: Contest, port: int, long: int, rounds: int) -> None:
    library = contest.library
    short = statistics.median(measure(contest, library, port, 10_000)[0] for _ in range(rounds * 3))
    wall, _ = measure(contest, library, port, long)
    print(f"library: {short:.2f} µs/event at 10,000, {wall:.2f} at {long}: × {wall / short:.2f}")


if __name__ == "__main__":
    main()
