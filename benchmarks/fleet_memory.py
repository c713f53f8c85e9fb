"""What live conversations cost in memory, and a full garbage collection beside them.

A process of its own for each figure (``python fleet_memory.py CONVERSATIONS STAGES``), so that
none finds memory that another one has left. It feeds the frames of ``fleet_calls`` to a session,
as a connection does, and what comes of them through the first stages of a user's pipeline;
``STAGES`` are how many. It prints one line of JSON.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from fleet_calls import BEGAN, PER_CONVERSATION, frame

from genesys_sentiment.dialects import topics
from genesys_sentiment.dialects.notifications import Notifications
from genesys_sentiment.model.results import Record
from genesys_sentiment.scoring.alerts import AlertRules
from genesys_sentiment.scoring.diagnostics import Diagnostics
from genesys_sentiment.scoring.policy import Policy
from genesys_sentiment.scoring.scorer import Scorer
from genesys_sentiment.scoring.stage import Stage
from genesys_sentiment.streaming.memory import Memory
from genesys_sentiment.streaming.session import Session
from genesys_sentiment.streaming.watching import Watcher

STAGES = ("stream", "Scorer", "AlertRules", "Diagnostics")
"""What each further one adds. The stream is: deduplication, states, who is followed."""


class Process:
    """What a user's process holds while conversations are live."""

    def __init__(self, stages: int) -> None:
        made: tuple[Stage, ...] = (Scorer(Policy()), AlertRules(), Diagnostics())
        self.stages = made[: stages - 1]
        self.memory = Memory()
        self.watcher = Watcher(self.memory.snapshots, _topics, wall=float(BEGAN))
        self.session = Session(
            Notifications(), self.memory, now=0.0, wall=float(BEGAN), observer=self.watcher
        )
        self.records: Counter[str] = Counter()

    def take(self, number: int, step: int) -> None:
        """One frame comes."""
        at, data = frame(number, step)
        records: Sequence[Record] = self.session.receive(data, at - BEGAN)  # type: ignore[assignment]
        for stage in self.stages:
            records = [each for record in records for each in stage(record, at)]
        self.records.update(type(each).__name__ for each in records)

    def live(self, conversations: int) -> None:
        """So many go on at the same time."""
        for step in range(PER_CONVERSATION):
            for number in range(conversations):
                self.take(number, step)


def _topics(name: str) -> tuple[str, ...]:
    return topics.transcription(name), topics.sentiment(name)


def resident() -> int:
    """Bytes that this process has in memory."""
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * resource.getpagesize()


def collections() -> tuple[float, float]:
    """Milliseconds of a full collection where there is no garbage, medians of five: wall, CPU.

    Everything stands still for as long as the wall clock says; CPU leaves out what others take.
    """
    took = []
    for _ in range(5):
        wall, cpu = time.perf_counter(), time.process_time()
        gc.collect()
        took.append((time.perf_counter() - wall, time.process_time() - cpu))
    walls, cpus = zip(*took, strict=True)
    return statistics.median(walls) * 1e3, statistics.median(cpus) * 1e3


def measure(conversations: int, stages: int) -> dict[str, object]:
    """Bytes for each of them, and milliseconds of a full garbage collection with and without."""
    Process(len(STAGES)).live(1)  # what is made once is made
    process = Process(stages)
    empty = collections()
    before = resident()
    process.live(conversations)
    full = collections()
    return {
        "live": conversations,
        "stages": STAGES[:stages],
        "bytes": (resident() - before) / conversations,
        "gc_ms": full[0],
        "gc_cpu_ms": full[1],
        "gc_empty_cpu_ms": empty[1],
        "records": process.records,
    }


def main() -> None:
    """One figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("conversations", type=int)
    parser.add_argument("stages", type=int, choices=range(1, len(STAGES) + 1))
    arguments = parser.parse_args()
    print(json.dumps(measure(arguments.conversations, arguments.stages)))


if __name__ == "__main__":
    main()
