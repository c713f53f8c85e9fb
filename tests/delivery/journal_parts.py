"""What the tests of the journal share."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from genesys_sentiment.delivery._journal_store import Store
from genesys_sentiment.delivery.journal import Journal
from genesys_sentiment.delivery.log import Consumer, Settlement
from genesys_sentiment.model.entries import Entry

LARGE = 1 << 30
"""A size of batch that bounds nothing."""


def entry(
    number: int, conversation: str | None = "c-1", *, size: int = 20, urgent: bool = False
) -> Entry:
    """An entry of ``size`` bytes."""
    return Entry(
        id=f"score:{number}",
        kind="alert" if urgent else "score",
        conversation=conversation,
        at=1.7e9 + number,
        body=b'{"secret":"' + b"x" * size + b'"}',
        urgent=urgent,
    )


def entries(*numbers: int, size: int = 20) -> list[Entry]:
    """Some of one conversation."""
    return [entry(number, size=size) for number in numbers]


def numbers(found: Sequence[Entry]) -> list[int]:
    """Which they are."""
    return [int(each.id.partition(":")[2]) for each in found]


async def drain(consumer: Consumer) -> list[int]:
    """Take and settle all there is."""
    found: list[int] = []
    while taken := await consumer.take(100, LARGE):
        await consumer.settle(Settlement(sent=taken))
        found += numbers(taken)
    return found


async def kept(journal: Journal, count: int) -> None:
    """Wait until it has deleted what is settled, and so many rows are left."""
    async with asyncio.timeout(5.0):
        while await journal._ask(_rows) != count:
            await asyncio.sleep(0.05)  # it deletes when nobody wants anything


def _rows(store: Store) -> int:
    count: int = store.db.execute("SELECT count(*) FROM entries").fetchone()[0]
    return count


def crashed(journal: Journal, number: int = 0) -> Path:
    """What a kill would leave of it now: a copy of its files, as they are on the disk."""
    path = journal.path.with_name(f"crashed-{number}.db")
    for end in ("", "-wal"):
        source = Path(f"{journal.path}{end}")
        if source.exists():
            shutil.copy(source, f"{path}{end}")
    return path


def change(path: Path, statement: str, *values: Any) -> list[Any]:
    """Do it to a file that nobody has open."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        return connection.execute(statement, values).fetchall()
    finally:
        connection.close()
