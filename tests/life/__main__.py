"""``python -m tests.life --seed 1``: a day of 1,000 conversations and 100 faults, ``make life``."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys

from tests.life.life import Outcome, Programme, live


def report(outcome: Outcome) -> str:
    """The figures of a life as text."""
    programme, verdict, counters = outcome.programme, outcome.verdict, outcome.counters
    lines = [
        (
            f"seed {programme.seed}: {outcome.hours:.1f} h in {outcome.seconds:.1f} s,"
            f" {programme.conversations} conversations"
        ),
        (
            f"utterances: {verdict.finals} said, {verdict.arrived_finals} arrived; with revisions"
            f" {verdict.said} said, {verdict.arrived} arrived, {verdict.in_gaps} in gaps,"
            f" {verdict.cut} in unreadable frames, {len(verdict.lost)} lost,"
            f" {len(verdict.twice)} twice, {len(verdict.invented)} never said"
        ),
        (
            f"gaps: {counters.gaps} {dict(verdict.reasons)}; of all {verdict.open_gaps:.0f} s,"
            f" the longest {verdict.longest:.1f} s; of conversations {verdict.late:.0f} s"
        ),
        (
            f"{outcome.renewals} tokens renewed, {outcome.rollovers} rollovers,"
            f" {counters.attempts} attempts, {counters.connections} connections,"
            f" {outcome.channels} channels"
        ),
        f"frames: {counters.as_dict()}",
        f"faults: {sum(outcome.faults.values())} {dict(sorted(outcome.faults.items()))}",
    ]
    lines += outcome.problems[:20] or ["no problems"]
    return "\n".join(lines)


def main() -> None:
    """Run it; exit code 1 for broken promises."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="the first one; default: random")
    parser.add_argument("--seeds", type=int, default=1, help="how many lives, one seed each")
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--conversations", type=int, default=1_000)
    parser.add_argument("--faults", type=int, default=100)
    parser.add_argument("--speed", type=float, default=1e9)
    arguments = parser.parse_args()
    first = secrets.randbits(32) if arguments.seed is None else arguments.seed
    problems = 0
    for seed in range(first, first + arguments.seeds):
        programme = Programme(
            seed=seed,
            hours=arguments.hours,
            conversations=arguments.conversations,
            faults=arguments.faults,
            speed=arguments.speed,
        )
        outcome = asyncio.run(live(programme))
        print(report(outcome), flush=True)  # noqa: T201 - what it is for
        problems += len(outcome.problems)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
