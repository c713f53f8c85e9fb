"""What a crash loop is made in: calls without end, a receiver, and what arrived so far."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from genesys_sentiment.simulator import Call, Pace, Simulator
from genesys_sentiment.simulator.call_files import parse_call
from genesys_sentiment.sinks.audit_files import rotated_path
from genesys_sentiment.sinks.signature import verify
from tests.crash.child import BATCHES, RUN, SECRET

_SPEED = 40.0
_PLAYERS = 3
_BURSTS = Pace(lag=1.75, bundle=9.0, revisions=True)
"""Several utterances at once, so that groups and batches are more than one record."""
_SLOW = 0.008
"""Seconds that the receiver takes at most, so that kills meet batches on their way."""


class Lines:
    """The new whole lines of a file that grows, across the files that were put aside."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._number = 1
        self._offset = 0

    def fresh(self) -> Iterator[dict[str, Any]]:
        """What has come since the last time."""
        while True:
            aside = rotated_path(self._path, self._number)
            over = aside.exists()
            file = aside if over else self._path
            if file.exists():
                with file.open("rb") as opened:
                    opened.seek(self._offset)
                    whole = opened.read().rpartition(b"\n")[0]
                if whole:
                    self._offset += len(whole) + 1
                    yield from map(msgspec.json.decode, whole.split(b"\n"))
            if not over:
                return
            self._number += 1
            self._offset = 0


class Arrivals:
    """What arrived at each sink, run by run."""

    def __init__(self, folder: Path) -> None:
        self.runs: dict[str, list[list[str]]] = {name: [] for name in BATCHES}
        self.receipts: defaultdict[str, set[str]] = defaultdict(set)
        self.receipts_twice: list[int] = []
        self.repaired = 0
        self.slow = _SLOW
        self._audit = Lines(folder / "audit.jsonl")
        self._file = Lines(folder / "records.jsonl")
        self.next()

    def next(self) -> None:
        """Another run begins."""
        for runs in self.runs.values():
            runs.append([])
        self.receipts_twice.append(0)

    def posted(self, run: int, body: bytes) -> None:
        """At the webhook's receiver, which may read it when its run has been killed already."""
        self.runs["webhook"][run].append(msgspec.json.decode(body)["id"])

    def read(self) -> None:
        """What the run has left in the files."""
        self.runs["file"][-1] += (line["id"] for line in self._file.fresh())
        for line in self._audit.fresh():
            if line["eventType"] == "audit_repaired":
                self.repaired += 1
            elif line["eventType"] == "delivery":
                known = self.receipts[line["sink"]]
                self.receipts_twice[-1] += line["delivered"] in known
                known.add(line["delivered"])
            else:
                self.runs["audit"][-1].append(line["recordId"])


@asynccontextmanager
async def receiver(arrivals: Arrivals, chance: random.Random) -> AsyncIterator[str]:
    """The webhook's receiver, which checks every signature; its address."""

    async def serve(request: web.BaseRequest) -> web.Response:
        body = await request.read()
        verify(body, request.headers, SECRET, now=time.time())
        arrivals.posted(int(request.headers[RUN]), body)
        await asyncio.sleep(chance.uniform(0.0, arrivals.slow))
        return web.Response(status=204)

    runner = web.ServerRunner(web.Server(serve, access_log=None), shutdown_timeout=0.2)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    finally:
        await runner.cleanup()


def _call(name: str) -> Call:
    said = ("This is terrible.", "I lost my card.", "Thank you, that is wonderful.")
    turns = [
        {
            "speaker": "caller" if number % 2 else "agent",
            "start_ms": number * 1500,
            "duration_ms": 1000,
            "text": said[number % 3],
        }
        for number in range(120)
    ]
    header = {"language": "en-US", "sentiment": {"overall": -0.2, "trend": 0.1}}
    return parse_call(name, "\n".join(map(json.dumps, [header, *turns])), f"{name}.jsonl")


@asynccontextmanager
async def calls() -> AsyncIterator[Simulator]:
    """A simulator that never stops playing calls."""

    async def play(simulator: Simulator, offset: float) -> None:
        await asyncio.sleep(offset)
        while True:
            await simulator.play()

    several = [_call(f"call-{number}") for number in range(3)]
    async with Simulator(several, speed=_SPEED, wait=0.3, stagger=0.1, pace=_BURSTS) as simulator:
        players = [
            asyncio.create_task(play(simulator, number * 1.2), name=f"player-{number}")
            for number in range(_PLAYERS)
        ]
        try:
            yield simulator
        finally:
            for player in players:
                player.cancel()
            await asyncio.wait(players)
