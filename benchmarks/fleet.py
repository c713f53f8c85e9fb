"""Many channels in one process: what an event costs, how long it takes, and what is remembered.

The platform is another process (``fleet_sender.py``): it has sockets only, so that no REST call
and no server's rule is measured. In this process a ``Fleet`` reads its channels and
``score(fleet, Scorer())`` consumes it; the floor reads as many sockets with aiohttp and
``orjson.loads`` and does nothing else. Both take turns, and medians are printed: the machines this
runs on are noisy, so only ratios of one run mean anything. Each figure also is a line of JSON.

1. Offered 5,000 events a second over 20 channels of 1,000 topics: CPU, and the latency from the
   sender's clock to the record. Once with the platform's readings, once with an utterance to be
   analysed between any two of them.
2. As fast as they are read, over 1, 5 and 20 sockets.
3. Memory for each live conversation, and a full garbage collection (``fleet_memory.py``).

    python benchmarks/fleet.py [--seconds 12] [--rate 5000] [--rounds 5] [--events 100000]
        [--live 10000 100000]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from array import array
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import repeat
from pathlib import Path
from statistics import median
from typing import IO, Literal

import aiohttp
import orjson
from attrs import field, frozen
from fleet_calls import conversation
from fleet_memory import STAGES
from fleet_sender import number_of

from genesys_sentiment.cloud.channels import Subscription
from genesys_sentiment.dialects import topics
from genesys_sentiment.dialects.notifications import Notifications
from genesys_sentiment.model.events import Reading
from genesys_sentiment.model.results import Score
from genesys_sentiment.model.wire import Channel
from genesys_sentiment.scoring.policy import Policy
from genesys_sentiment.scoring.scorer import Scorer
from genesys_sentiment.streaming.fleet import Fleet
from genesys_sentiment.streaming.fleet_harbor import MOST_CHANNELS
from genesys_sentiment.streaming.score import score
from genesys_sentiment.streaming.stream import StreamOptions
from genesys_sentiment.streaming.transport import AiohttpTransport

ROOM = 1_000
"""Topics of a channel."""
SOCKETS = (1, 5, MOST_CHANNELS)
_SETTLING = 0.5
"""Seconds after which a fleet has subscribed to what it wants."""
OPTIONS = StreamOptions(delays=lambda: repeat(60.0), subscribe_spacing=0.0)


@frozen
class Run:
    """What is sent: ``rate`` events a second over all sockets, 0 as fast as they are read."""

    sockets: int
    kind: str
    events: int
    rate: int = 0


@frozen
class Found:
    """One run: seconds of wall clock and of this process's CPU, latencies in seconds, sorted."""

    wall: float
    cpu: float
    latencies: Sequence[float] = field(repr=False)

    def share(self, part: float) -> float:
        """A percentile of the latencies, in µs."""
        return self.latencies[min(int(len(self.latencies) * part), len(self.latencies) - 1)] * 1e6


Begin = Callable[[], None]
Contender = Callable[[str, Run, Begin], Awaitable[Sequence[tuple[int, float]]]]
"""Connects, says that the sending may begin, and gives each event's number and when it was had."""


async def floor(url: str, run: Run, begin: Begin) -> Sequence[tuple[int, float]]:
    """aiohttp's receive and orjson.loads on every socket, nothing else."""
    had: list[tuple[int, float]] = []

    async def read(ws: aiohttp.ClientWebSocketResponse[Literal[False]]) -> None:
        while (message := await ws.receive()).type is aiohttp.WSMsgType.TEXT:
            body = orjson.loads(message.data)["eventBody"]
            had.append((_number(body), time.perf_counter()))

    async with aiohttp.ClientSession() as session:
        sockets = [await session.ws_connect(url, decode_text=False) for _ in range(run.sockets)]
        reading = [asyncio.create_task(read(ws)) for ws in sockets]
        begin()
        await asyncio.gather(*reading)
    return had


def _number(body: dict[str, object]) -> int:
    trend = body.get("sentimentTrendScore")
    if isinstance(trend, float):
        return number_of(trend, None)
    return number_of(None, body["transcripts"][0]["utteranceId"])  # type: ignore[index]


class _Channels:
    """Channels of a platform that has sockets only: everything is permitted, at once."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._made = 0

    async def create(self) -> Channel:
        self._made += 1
        return Channel(id=f"benchmark-{self._made}", connect_uri=self._url)

    async def list(self) -> tuple[Channel, ...]:
        return ()

    async def topics(self, channel: Channel) -> tuple[str, ...]:
        return ()

    async def clear(self, channel: Channel) -> None:
        return None

    async def add(self, channel: Channel, wanted: Sequence[str]) -> Subscription:
        return Subscription(permitted=tuple(wanted))

    replace = add


async def library(url: str, run: Run, begin: Begin) -> Sequence[tuple[int, float]]:
    """A fleet whose channels are full, and a scorer."""
    had: list[tuple[int, float]] = []
    names = [conversation(each) for each in range(run.sockets * ROOM // 2)]
    wanted = [
        each for name in names for each in (topics.transcription(name), topics.sentiment(name))
    ]
    async with aiohttp.ClientSession() as session:
        fleet = Fleet(
            Notifications(),
            AiohttpTransport(session),
            channels=_Channels(url),
            topics=wanted,
            most=run.sockets,
            options=OPTIONS,
            calls=10_000_000,
        )
        async with fleet:
            await fleet.ready()
            await asyncio.sleep(_SETTLING)
            begin()
            async for scored in score(fleet, Scorer(Policy()), only=Score):
                event = scored.event
                trend = event.trend if isinstance(event, Reading) and event.trend else 0.0
                had.append((number_of(trend, scored.utterance), time.perf_counter()))
                if len(had) == run.events:
                    break
            if fleet.channels != run.sockets or fleet.counters.problems():
                raise RuntimeError("the accounting does not add up")
    return had


class Platform:
    """The sender's process."""

    def __init__(self) -> None:
        path = Path(__file__).with_name("fleet_sender.py")
        self._process = subprocess.Popen(
            [sys.executable, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._url = f"ws://127.0.0.1:{int(self._read().readline())}/"

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def measure(self, contender: Contender, run: Run) -> Found:
        """One run: from the moment at which everything is connected to the last event."""
        self._say(f"{run.sockets} {run.kind} {run.events} {run.rate}")
        started: list[float] = []

        def begin() -> None:
            if self._read().readline() != b"open\n":
                raise RuntimeError("the sender has not got its connections")
            started[:] = (time.perf_counter(), time.process_time())
            self._say("go")

        async def both() -> Sequence[tuple[int, float]]:
            return await contender(self._url, run, begin)

        had = asyncio.run(both())
        cpu = time.process_time() - started[1]
        last = max(at for _, at in had)
        sent = array("d")
        sent.frombytes(self._read().read(int(self._read().readline())))
        if sorted(number for number, _ in had) != list(range(run.events)):
            raise RuntimeError(f"{contender.__name__} did not get every event once")
        late = sorted(at - sent[number] for number, at in had) if run.rate else []
        return Found(last - started[0], cpu, late)

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()

    def _read(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout


def offered(platform: Platform, kind: str, rate: int, seconds: float, rounds: int) -> None:
    """So many events a second over 20 channels: CPU and latencies beside the floor's."""
    run = Run(MOST_CHANNELS, kind, round(rate * seconds), rate)
    found = _rounds(platform, run, rounds)
    print(
        f"{kind}: {rate} events/s offered for {seconds:g} s over {run.sockets} channels of {ROOM}"
    )
    print(f"{'contender':10} {'CPU %':>6} {'p50 µs':>8} {'p99 µs':>8} {'p99.9 µs':>9}")
    for name, values in found.items():
        figures: dict[str, float] = {"cpu": median(each.cpu / each.wall for each in values)}
        for label, part in (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)):
            figures[label] = median(each.share(part) for each in values)
        print("{:10} {:6.1f} {:8.0f} {:8.0f} {:9.0f}".format(name, *_percent(figures)))
        _line(offered=rate, kind=kind, sockets=run.sockets, contender=name, **figures)
    ratio = median(
        ours.share(0.99) / bare.share(0.99)
        for ours, bare in zip(found["library"], found["floor"], strict=True)
    )
    print(f"library / floor, p99: {ratio:.2f}   (goal: p99 at most 1 ms and at most 2)")


def _percent(figures: dict[str, float]) -> list[float]:
    return [figures["cpu"] * 100, figures["p50"], figures["p99"], figures["p99.9"]]


def sockets(platform: Platform, events: int, rounds: int) -> None:
    """What an event costs over 1, 5 and 20 sockets, as fast as they are read."""
    found: dict[tuple[int, str], list[Found]] = {}
    for _ in range(rounds):
        for count in SOCKETS:
            for name, values in _rounds(platform, Run(count, "readings", events), 1).items():
                found.setdefault((count, name), []).extend(values)
    print(f"{events} readings as fast as they are read, medians of {rounds} rounds in turns")
    print(f"{'sockets':>7} {'contender':10} {'µs/event':>9} {'CPU µs':>7} {'to 1 socket':>11}")
    for (count, name), values in found.items():
        wall, cpu = (
            median(getattr(each, what) / events * 1e6 for each in values)
            for what in ("wall", "cpu")
        )
        ratio = median(each.cpu / one.cpu for each, one in zip(values, found[1, name], strict=True))
        print(f"{count:7} {name:10} {wall:9.2f} {cpu:7.2f} {ratio:11.2f}")
        _line(sockets=count, contender=name, wall_us=wall, cpu_us=cpu, to_one=ratio)
    print(f"library, {SOCKETS[-1]} sockets to one: the goal is at most 1.25")


def _rounds(platform: Platform, run: Run, rounds: int) -> dict[str, list[Found]]:
    found: dict[str, list[Found]] = {}
    for _ in range(rounds):
        for contender in (floor, library):
            found.setdefault(contender.__name__, []).append(platform.measure(contender, run))
    return found


def memory(live: Iterable[int]) -> None:
    """What live conversations take, and a full garbage collection beside them."""
    path = Path(__file__).with_name("fleet_memory.py")
    print("memory: bytes of RSS for each live conversation, all stages up to the one named")
    print(f"{'live':>7} {'up to':12} {'bytes each':>10} {'full gc ms':>10}")
    for count in live:
        for stages in range(1, len(STAGES) + 1):
            command = [sys.executable, str(path), str(count), str(stages)]
            line = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
            found = json.loads(line)
            print(
                f"{count:7} {STAGES[stages - 1]:12} {found['bytes']:10.0f} {found['gc_ms']:10.1f}"
            )
            print(line, end="")
    print("the goals are at most 1,000 bytes and at most 50 ms")


def _line(**figures: object) -> None:
    print(json.dumps(figures))


def main() -> None:
    """All three, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=5_000)
    parser.add_argument("--seconds", type=float, default=12.0, help="0 leaves the latencies out")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--events", type=int, default=100_000, help="0 leaves the sockets out")
    parser.add_argument("--live", type=int, nargs="*", default=[10_000, 100_000])
    arguments = parser.parse_args()
    platform = Platform()
    try:
        for contender in (floor, library):
            platform.measure(contender, Run(1, "mixed", 5_000))
        for kind in ("readings", "mixed") if arguments.seconds else ():
            offered(platform, kind, arguments.rate, arguments.seconds, arguments.rounds)
        if arguments.events:
            sockets(platform, arguments.events, arguments.rounds)
    finally:
        platform.close()
    memory(arguments.live)


if __name__ == "__main__":
    main()
