"""What the contests share: the floor, and the library's own way from a stream to a callback."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import repeat

import aiohttp
import orjson
from attrs import frozen

from genesys_sentiment.delivery.delivery import Delivery
from genesys_sentiment.model.results import Score
from genesys_sentiment.scoring.policy import Policy
from genesys_sentiment.scoring.scorer import Scorer
from genesys_sentiment.streaming.score import score
from genesys_sentiment.streaming.stream import Stream, StreamOptions

Contender = Callable[[str, int], Awaitable[int]]
"""Takes an address and how many events come from there; gives how many it handled."""

OPTIONS = StreamOptions(delays=lambda: repeat(60.0))


@frozen
class Contest:
    """``path`` is what the sender is asked for; the contenders are ``floor`` and two others."""

    title: str
    path: str
    by_hand: Contender
    library: Contender

    @property
    def contenders(self) -> tuple[Contender, ...]:
        """In the order of their turns."""
        return (floor, self.by_hand, self.library)


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


async def delivered(stream: Stream, policy: Policy, events: int) -> int:
    """Enter the stream, score, deliver to a callback; how many came. As the README uses it."""
    got: list[int] = [0]
    done = asyncio.Event()

    def callback(scored: Score) -> None:
        got[0] += 1
        if got[0] == events:
            done.set()

    async with stream, Delivery() as delivery:
        registration = delivery.subscribe(callback, only=Score)
        consuming = asyncio.create_task(delivery.consume(score(stream, Scorer(policy))))
        consuming.add_done_callback(lambda _: done.set())
        await done.wait()
        await stream.close()
        await consuming
        if stream.counters.problems() or registration.counters.problems():
            raise RuntimeError("the accounting does not add up")
    return got[0]
