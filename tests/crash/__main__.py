"""``python -m tests.crash --kills 200 --seed 1``: the crash loop in its long form, ``make crash``.

Kills with SIGKILL. A loss of power is not simulated: that what SQLite has synced
(``synchronous=FULL``) is there afterwards is taken from SQLite and from the disk.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys

from tests.crash.child import BATCHES
from tests.crash.loop import Outcome, crash_loop


def report(outcome: Outcome) -> str:
    """The figures of a loop as text."""
    lines = [
        f"{outcome.kills} kills in {outcome.seconds:.0f} s, {outcome.early} of them during start",
        f"records: {outcome.given} given, {outcome.safe} acknowledged",
        (
            f"audit: {outcome.audit_lines} lines in {outcome.audit_files} files hold"
            f" ({outcome.receipts} receipts), {outcome.repaired} torn ends repaired"
        ),
    ]
    for name, verdict in outcome.verdicts.items():
        lines.append(
            f"{name:8} lost {len(verdict.lost)}, out of order {len(verdict.misplaced)},"
            f" twice {sum(verdict.twice)} (most after one kill {max(verdict.twice)},"
            f" batch {BATCHES[name]}), {verdict.kept} kept without an acknowledgement"
        )
    lines += outcome.problems[:20] or ["no problems"]
    return "\n".join(lines)


def main() -> None:
    """Run it; exit code 1 for broken promises."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None)
    arguments = parser.parse_args()
    seed = secrets.randbits(32) if arguments.seed is None else arguments.seed
    print(f"seed {seed}", flush=True)  # noqa: T201 - what it is for
    outcome = asyncio.run(crash_loop(arguments.kills, seed))
    print(report(outcome))  # noqa: T201
    sys.exit(1 if outcome.problems else 0)


if __name__ == "__main__":
    main()
