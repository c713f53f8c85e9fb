"""The full path for platform-scored events, beside what one would write by hand, in one run.

Loopback WebSocket → decode → deduplicate → score → callback, with the sender in another process
and 1,000 live conversations. Contenders take turns; medians are printed, as µs per event and as
ratios: the machines this runs on are noisy, so only ratios of one run mean anything.

    python benchmarks/pipeline.py [--events 100000] [--rounds 5] [--long 1000000]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable
from itertools import repeat
from pathlib import Path
from typing import Annotated

import aiohttp
import orjson
import pydantic
import websockets

from genesys_sentiment.cloud.channels import Subscription
from genesys_sentiment.delivery.delivery import Delivery
from genesys_sentiment.dialects.notifications import Notifications
from genesys_sentiment.model.results import Score
from genesys_sentiment.model.wire import Channel
from genesys_sentiment.scoring.policy import Policy
from genesys_sentiment.scoring.scorer import Scorer
from genesys_sentiment.streaming.score import score
from genesys_sentiment.streaming.stream import Stream, StreamOptions
from genesys_sentiment.streaming.transport import AiohttpTransport

Contender = Callable[[str, int], Awaitable[int]]


async def floor(url: str, events: int) -> int:
    """(a) aiohttp's receive and orjson.loads, nothing else."""
    seen = 0
    async with aiohttp.ClientSession() as session, session.ws_connect(url, decode_text=False) as ws:
        while True:
            message = await ws.receive()
            if message.type is not aiohttp.WSMsgType.TEXT:
                return seen
            orjson.loads(message.data)
            seen += 1


class _Body(pydantic.BaseModel):
    conversationId: str  # noqa: N815
    sentimentOverallScore: Annotated[float, pydantic.Field(ge=-1, le=1)]  # noqa: N815
    sentimentTrendScore: float | None = None  # noqa: N815
    queueIds: list[str] = []  # noqa: N815
    divisionIds: list[str] = []  # noqa: N815
    flowIds: list[str] = []  # noqa: N815


class _Metadata(pydantic.BaseModel):
    CorrelationId: str


class _Envelope(pydantic.BaseModel):
    topicName: str  # noqa: N815
    version: str
    eventBody: _Body  # noqa: N815
    metadata: _Metadata


class _Scored(pydantic.BaseModel):
    conversation: str
    polarity: str
    polarity_raw: float
    segments: int
    scored_at: float


async def by_hand(url: str, events: int) -> int:
    """(b) websockets and pydantic: parse, validate, deduplicate, window, score, callback."""
    seen: set[str] = set()
    order: deque[str] = deque()
    windows: dict[str, deque[tuple[float, float]]] = {}
    got: list[int] = [0]

    async def callback(scored: _Scored) -> None:
        got[0] += 1

    async with websockets.connect(url) as ws:
        async for message in ws:
            event = _Envelope.model_validate_json(message)
            correlation = event.metadata.CorrelationId
            if correlation in seen:
                continue
            seen.add(correlation)
            order.append(correlation)
            if len(order) > 100_000:
                seen.discard(order.popleft())
            now = time.time()
            body = event.eventBody
            window = windows.setdefault(body.conversationId, deque())
            while window and window[0][0] <= now - 30:
                window.popleft()
            raw = body.sentimentOverallScore
            window.append((now, raw))
            label = "positive" if raw >= 0.6 else "negative" if raw <= -0.3 else "neutral"
            await callback(
                _Scored(
                    conversation=body.conversationId,
                    polarity=label,
                    polarity_raw=raw,
                    segments=len(window),
                    scored_at=now,
                )
            )
    return got[0]


class _OneChannel:
    """Channels of a server that has only a socket."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def create(self) -> Channel:
        return Channel(id="benchmark", connect_uri=self._url)

    async def add(self, channel: Channel, topics: object) -> Subscription:
        return Subscription()

    replace = add


async def library(url: str, events: int) -> int:
    """This library, as its README uses it."""
    got: list[int] = [0]
    done = asyncio.Event()

    def callback(scored: Score) -> None:
        got[0] += 1
        if got[0] == events:
            done.set()

    options = StreamOptions(delays=lambda: repeat(60.0))
    async with (
        aiohttp.ClientSession() as session,
        Stream(
            Notifications(),
            AiohttpTransport(session),
            channels=_OneChannel(url),
            options=options,
        ) as stream,
        Delivery() as delivery,
    ):
        registration = delivery.subscribe(callback, only=Score)
        consuming = asyncio.create_task(delivery.consume(score(stream, Scorer(Policy()))))
        consuming.add_done_callback(lambda _: done.set())
        await done.wait()
        await stream.close()
        await consuming
        if stream.counters.problems() or registration.counters.problems():
            raise RuntimeError("the accounting does not add up")
    return got[0]


def measure(contender: Contender, port: int, events: int) -> tuple[float, float]:
    """µs per event: wall clock, and this process's own CPU."""
    url = f"ws://127.0.0.1:{port}/{events}"
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
    contenders: tuple[Contender, ...] = (floor, by_hand, library)
    sender = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("sender.py"))], stdout=subprocess.PIPE
    )
    try:
        assert sender.stdout is not None
        port = int(sender.stdout.readline())
        for contender in contenders:
            measure(contender, port, 10_000)
        figures = _rounds(contenders, port, arguments.events, arguments.rounds)
        _print(figures, arguments.events)
        if arguments.long:
            _flatness(port, arguments.long, arguments.rounds)
    finally:
        sender.kill()
        sender.wait()


def _rounds(
    contenders: tuple[Contender, ...], port: int, events: int, rounds: int
) -> dict[str, list[tuple[float, float]]]:
    figures: dict[str, list[tuple[float, float]]] = {each.__name__: [] for each in contenders}
    for _ in range(rounds):
        for contender in contenders:
            figures[contender.__name__].append(measure(contender, port, events))
    return figures


def _print(figures: dict[str, list[tuple[float, float]]], events: int) -> None:
    print(f"{events} events, medians of {len(figures['floor'])} rounds in turns")
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


def _flatness(port: int, long: int, rounds: int) -> None:
    short = statistics.median(measure(library, port, 10_000)[0] for _ in range(rounds * 3))
    wall, _ = measure(library, port, long)
    print(f"library: {short:.2f} µs/event at 10,000, {wall:.2f} at {long}: × {wall / short:.2f}")


if __name__ == "__main__":
    main()
