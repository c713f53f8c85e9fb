"""The process that is killed: a stream through a delivery with a journal to three sinks.

It imports everything, waits for one line of JSON on standard input, and starts. ``drain``: it
delivers what is left, says as one line of JSON how the books stand, and ends.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path

from attrs import asdict, frozen

from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.cloud.regions import endpoints
from genesys_sentiment.delivery.delivery import Delivery
from genesys_sentiment.delivery.journal import Journal
from genesys_sentiment.model.entries import Lane, Sink
from genesys_sentiment.model.export import to_dict
from genesys_sentiment.model.results import Record
from genesys_sentiment.scoring.scorer import Scorer
from genesys_sentiment.sinks.audit import Audit
from genesys_sentiment.sinks.audit_lines import AUDITED
from genesys_sentiment.sinks.file import FileSink
from genesys_sentiment.sinks.webhook import Webhook
from genesys_sentiment.streaming.score import score
from genesys_sentiment.streaming.stream import StreamOptions
from genesys_sentiment.streaming.watch import watch

AUDIT_KEY = b"the key of the crash loop's audit"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
RUN = "x-run"
"""The header in which the webhook tells which process it is of."""
RECEIPTS = frozenset({"score"})
BATCHES = {"audit": 100, "file": 20, "webhook": 20}
"""Entries of one batch, by the name of the sink: the most that a kill may deliver twice."""

_ROTATE = 262_144
"""Bytes of an audit file: small, so that kills meet files that are being put aside."""


@frozen(kw_only=True)
class Orders:
    """What the process is told. ``hook``: the address of the webhook's receiver; ``run``: how
    many were killed before."""

    folder: str
    api: str
    login: str
    client: str
    secret: str
    queue: str
    hook: str
    run: int = 0
    drain: bool = False


def sinks(orders: Orders) -> tuple[Sink, ...]:
    """An audit that rotates, a file and a webhook."""
    folder = Path(orders.folder)
    return (
        Audit(
            folder / "audit.jsonl",
            key=AUDIT_KEY,
            rotate=_ROTATE,
            lane=Lane(kinds=AUDITED, batch=BATCHES["audit"]),
        ),
        FileSink(folder / "records.jsonl", lane=Lane(batch=BATCHES["file"])),
        Webhook(
            orders.hook,
            name="webhook",
            secret=SECRET,
            headers={RUN: str(orders.run)},
            allow_private=True,
            lane=Lane(batch=BATCHES["webhook"], timeout=20.0),
        ),
    )


class Ledger:
    """What was given to the delivery, and of which it said that it is safe.

    Written without ``fsync``: what a write has handed to the system outlives a killed process.
    """

    def __init__(self, path: Path) -> None:
        self._number = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def note(self, word: str, *values: str) -> None:
        """One line."""
        os.write(self._number, ("\t".join((word, *values)) + "\n").encode())


async def _stream(orders: Orders, delivery: Delivery, ledger: Ledger) -> None:
    keeping: set[asyncio.Task[None]] = set()

    async def keep(record: Record) -> None:
        ledger.note("given", str(to_dict(record)["type"]), record.conversation or "", record.id)
        await delivery.put(record)
        ledger.note("safe", record.id)

    where = endpoints(orders.api, orders.login)
    async with Cloud(where, orders.client, orders.secret) as cloud:
        options = StreamOptions(delays=_soon, subscribe_spacing=0.02)
        async with watch(cloud, queues=[orders.queue], options=options) as stream:
            async for record in score(stream, Scorer()):
                task = asyncio.create_task(keep(record))
                keeping.add(task)
                task.add_done_callback(keeping.discard)
                task.add_done_callback(_must_work)


def _soon() -> Iterator[float]:
    return repeat(0.05)


def _must_work(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        print(repr(error), file=sys.stderr, flush=True)  # noqa: T201 - what the parent reads
        os._exit(1)


async def _drain(delivery: Delivery) -> None:
    while any(each.pending for each in (await delivery.tallies()).values()):
        await asyncio.sleep(0.05)
    tallies = await delivery.tallies()
    books = {
        "tallies": {name: asdict(each) for name, each in tallies.items()},
        "problems": [problem for each in tallies.values() for problem in each.problems()],
        "reconcile": list(await delivery.reconcile()),
    }
    print(json.dumps(books), flush=True)  # noqa: T201 - what it is for


async def main(orders: Orders) -> None:
    """Deliver until killed, or until nothing is left."""
    # A parent that is gone leaves nobody to kill it.
    asyncio.get_running_loop().add_reader(sys.stdin, os._exit, 1)
    ledger = Ledger(Path(orders.folder) / "ledger.tsv")
    async with Journal(Path(orders.folder) / "journal.db") as journal:
        wrong = [*await journal.reconcile()]
        wrong += (each for t in (await journal.tallies()).values() for each in t.problems())
        if journal.salvaged is not None:
            wrong.append("the file was damaged")
        ledger.note("start", "; ".join(wrong))
        async with Delivery(sinks(orders), log=journal, receipts=RECEIPTS, drain=5.0) as delivery:
            if orders.drain:
                await _drain(delivery)
            else:
                await _stream(orders, delivery, ledger)


if __name__ == "__main__":
    asyncio.run(main(Orders(**json.loads(sys.stdin.readline()))))
