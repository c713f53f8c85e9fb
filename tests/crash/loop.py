"""The crash loop: a stream whose process is killed again and again, and the judgement of it."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attrs import asdict, evolve, field, frozen

from genesys_sentiment.sinks.audit_files import verify
from genesys_sentiment.sinks.audit_lines import AUDITED
from tests.crash.books import Ledger, Verdict, judge, read_ledger
from tests.crash.child import AUDIT_KEY, BATCHES, RECEIPTS, Orders
from tests.crash.scene import Arrivals, calls, receiver
from tests.project import ROOT

_EARLY = 0.2
"""Share of the kills that come while the process is starting; the others, while it delivers."""
_STARTING = 0.6
_DELIVERING = 0.7
"""Seconds within which a kill comes, after the start and after the first record was safe."""
_TORN = 0.2
"""Share of the kills that leave unfinished lines. Ours are written in one piece, which a kill does
not tear: what a disk that was full or a loss of power leaves is put there by this loop."""
_PATIENCE = 30.0
_DRAINING = 600.0


@frozen(kw_only=True)
class Outcome:
    """What came of a loop. ``problems`` is empty, or the delivery broke its promise.

    ``given`` and ``safe``: records that were given to the deliveries, and those acknowledged.
    ``early``: kills that came while the process was starting. ``repaired``: audit lines that a
    kill left unfinished.
    """

    kills: int
    seconds: float
    given: int
    safe: int
    verdicts: dict[str, Verdict]
    audit_lines: int
    audit_files: int
    repaired: int
    receipts: int
    early: int
    problems: tuple[str, ...] = field(factory=tuple)


async def _process() -> Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.crash.child"), cwd=ROOT, stdin=PIPE, stdout=PIPE
    )


async def _end(process: Process) -> bytes:
    """Kill it if it still runs; what it had to say."""
    if process.returncode is None:
        process.send_signal(signal.SIGKILL)
    said, _ = await process.communicate()
    return said


def _tell(process: Process, orders: Orders) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(asdict(orders)).encode() + b"\n")


async def _delivers(ledger: Path, process: Process) -> None:
    """Wait until the process has said that a record is safe."""
    start = _size(ledger)
    async with asyncio.timeout(_PATIENCE):
        while not _safe_behind(ledger, start):
            if process.returncode is not None:
                raise RuntimeError(f"the process ended by itself, with {process.returncode}")
            await asyncio.sleep(0.01)


def _size(ledger: Path) -> int:
    return ledger.stat().st_size if ledger.exists() else 0


def _safe_behind(ledger: Path, start: int) -> bool:
    if _size(ledger) <= start:
        return False
    with ledger.open("rb") as file:
        file.seek(start)
        return any(line.startswith(b"safe\t") for line in file)


async def _kill_one(process: Process, ledger: Path, orders: Orders, chance: random.Random) -> bool:
    """Start one and kill it at a random moment. Whether that was while it was starting."""
    early = chance.random() < _EARLY
    _tell(process, orders)
    if early:
        await asyncio.sleep(chance.uniform(0.0, _STARTING))
    else:
        await _delivers(ledger, process)
        await asyncio.sleep(chance.uniform(0.0, _DELIVERING))
    if process.returncode is not None:
        raise RuntimeError(f"the process ended by itself, with {process.returncode}")
    return early


async def crash_loop(kills: int, seed: int) -> Outcome:
    """Kill so many processes, each on the journal of the one before, then drain and judge."""
    chance = random.Random(seed)
    began, early = time.monotonic(), 0
    with tempfile.TemporaryDirectory(prefix="crash-") as place:
        folder = Path(place)
        arrivals = Arrivals(folder)
        async with calls() as simulator, receiver(arrivals, random.Random(seed)) as hook:
            orders = Orders(
                folder=str(folder),
                api=simulator.api_url,
                login=simulator.login_url,
                client=simulator.client_id,
                secret=simulator.client_secret,
                queue=simulator.queue_id,
                hook=hook,
            )
            coming = await _process()
            for run in range(kills):
                process, coming = coming, await _process()
                try:
                    early += await _kill_one(
                        process, folder / "ledger.tsv", evolve(orders, run=run), chance
                    )
                except BaseException:
                    await _end(coming)
                    raise
                finally:
                    await _end(process)
                arrivals.read()
                arrivals.next()
                if chance.random() < _TORN:
                    _tear(folder)
            arrivals.slow = 0.0
            _tell(coming, evolve(orders, run=kills, drain=True))
            said = await _drained(coming)
        arrivals.read()
        return _judge(folder, arrivals, said, kills, early, time.monotonic() - began)


def _tear(folder: Path) -> None:
    for name in ("audit.jsonl", "records.jsonl"):
        if (folder / name).exists():
            with (folder / name).open("ab") as file:
                file.write(b'{"eventType":"sentiment_sc')


async def _drained(process: Process) -> dict[str, Any]:
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_DRAINING):
            line = await process.stdout.readline()
            await process.wait()
    finally:
        await _end(process)
    if process.returncode:
        raise RuntimeError(f"the last run failed with {process.returncode}")
    books: dict[str, Any] = json.loads(line)
    return books


def _judge(
    folder: Path, arrivals: Arrivals, said: dict[str, Any], kills: int, early: int, seconds: float
) -> Outcome:
    ledger = read_ledger((folder / "ledger.tsv").read_text("utf-8"))
    verdicts = {
        name: judge(ledger, runs, kinds=AUDITED if name == "audit" else None)
        for name, runs in arrivals.runs.items()
    }
    both = map(sum, zip(verdicts["audit"].twice, arrivals.receipts_twice, strict=True))
    verdicts["audit"] = evolve(verdicts["audit"], twice=tuple(both))
    verified = verify(folder / "audit.jsonl", AUDIT_KEY)
    problems = [
        *(f"at start: {each}" for each in ledger.starts if each),
        *(f"{sink}: {each}" for sink in BATCHES for each in verdicts[sink].problems(BATCHES[sink])),
        *(f"books: {each}" for each in (*said["problems"], *said["reconcile"])),
        *_missing_receipts(ledger, arrivals),
    ]
    problems += (
        f"{name}: {tally[end]} {end}"
        for name, tally in said["tallies"].items()
        for end in ("dead", "dropped", "quarantined", "parked", "waiting")
        if tally[end]
    )
    return Outcome(
        kills=kills,
        early=early,
        seconds=seconds,
        given=len(ledger.given),
        safe=ledger.safe.total(),
        verdicts=verdicts,
        audit_lines=verified.lines,
        audit_files=verified.files,
        repaired=arrivals.repaired,
        receipts=sum(map(len, arrivals.receipts.values())),
        problems=tuple(problems),
    )


def _missing_receipts(ledger: Ledger, arrivals: Arrivals) -> Iterator[str]:
    for each in ledger.given:
        if each.kind in RECEIPTS and each.id in ledger.safe:
            for sink in BATCHES:
                if each.id not in arrivals.receipts[sink]:
                    yield f"no receipt of {sink} for {each.id}"
