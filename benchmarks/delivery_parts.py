"""What the contenders of ``delivery.py`` share: records, sinks that count, a plain table."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from genesys_sentiment.model.entries import Entry
from genesys_sentiment.model.events import Utterance
from genesys_sentiment.model.export import to_json
from genesys_sentiment.model.results import Record, Score

SINKS = 3
CONVERSATIONS = 1000


def record(number: int) -> Score:
    """A score as the embedded analyzer makes them, about 600 bytes of JSON."""
    conversation = f"5e1c0a3e-3a4e-4b0c-9c52-{number % CONVERSATIONS:012d}"
    event = Utterance(
        conversation=conversation,
        communication=f"8a1f0d7b-2e6f-4b0c-9c52-{number % CONVERSATIONS:012d}",
        utterance=f"1f81eb52-5198-4599-803e-{number:012d}",
        text="I lost my card, and this is terrible.",
        participant="customer",
        language="en-US",
        received=1_790_000_000.0 + number / 1000,
    )
    return Score(
        event=event,
        language="en-US",
        polarity="negative",
        polarity_raw=-0.62,
        confidence=0.81,
        emotion="sadness",
        emotion_confidence=0.5,
        sarcasm_flag=False,
        context_segment_count=7,
        at=1_790_000_000.0 + number / 1000,
        scored_at=1_790_000_000.5 + number / 1000,
        method="embedded",
        evidence=("lost", "terrible"),
    )


def records(count: int) -> list[Record]:
    """Several, made before anything is measured."""
    return [record(number) for number in range(count)]


def bodies(count: int) -> list[bytes]:
    """The same as what leaves."""
    return [to_json(record(number)) for number in range(count)]


async def served(given: Iterable[Record]) -> AsyncIterator[Record]:
    """As a stream gives them."""
    for each in given:
        yield each


class Counting:
    """A sink of this process that has everything at once. ``done`` when it has ``wanted``."""

    def __init__(self, name: str, wanted: int) -> None:
        self.name = name
        self.got = 0
        self.done = asyncio.Event()
        self._wanted = wanted

    async def send(self, entries: Sequence[Entry], /) -> None:
        """Count."""
        self.got += len(entries)
        if self.got >= self._wanted:
            self.done.set()


@contextmanager
def plain_table(path: Path) -> Iterator[sqlite3.Connection]:
    """A table that is as safe as the journal, and commits by itself."""
    table = sqlite3.connect(path, isolation_level=None)
    try:
        table.execute("PRAGMA journal_mode=WAL")
        table.execute("PRAGMA synchronous=FULL")
        table.execute("CREATE TABLE records (id INTEGER PRIMARY KEY, body BLOB)")
        yield table
    finally:
        table.close()
