"""What the runs against the simulator share: a client of it, and a consumer that keeps it all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import chain, repeat

from attrs import define, field

from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.cloud.regions import endpoints
from genesys_sentiment.model.events import Gap
from genesys_sentiment.model.results import Record, Score, Skipped
from genesys_sentiment.scoring.scorer import Scorer
from genesys_sentiment.simulator import Simulator
from genesys_sentiment.streaming.score import score
from genesys_sentiment.streaming.stream import Stream, StreamOptions


def soon() -> Iterator[float]:
    """Delays short enough for a test, long enough that a gap has a length."""
    return chain((0.02, 0.04, 0.08), repeat(0.1))


QUICK = StreamOptions(delays=soon, subscribe_spacing=0.05)


@asynccontextmanager
async def client(simulator: Simulator, secret: str | None = None) -> AsyncIterator[Cloud]:
    """A cloud client of the simulator."""
    where = endpoints(simulator.api_url, simulator.login_url)
    async with Cloud(where, simulator.client_id, secret or simulator.client_secret) as cloud:
        yield cloud


@asynccontextmanager
async def silent_api(simulator: Simulator) -> AsyncIterator[tuple[Cloud, asyncio.Event]]:
    """A cloud client whose API takes questions and never answers, and when it was asked."""
    asked, over = asyncio.Event(), asyncio.Event()

    async def keep(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        try:
            await over.wait()
        finally:
            writer.close()

    server = await asyncio.start_server(keep, "127.0.0.1", 0)
    where = endpoints(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", simulator.login_url)
    try:
        async with Cloud(where, simulator.client_id, simulator.client_secret) as cloud:
            yield cloud, asked
    finally:
        over.set()
        server.close()
        await server.wait_closed()


@define
class Everything:
    """Scores a stream in the background and keeps every record, in order."""

    stream: Stream
    scorer: Scorer = field(factory=Scorer)
    records: list[Record] = field(factory=list)
    _task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Everything:
        self._task = asyncio.create_task(self._consume())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        assert self._task is not None
        if kind is not None:
            await self.stream.close()  # a test that failed has not got that far
        await self._task

    async def _consume(self) -> None:
        async for record in score(self.stream, self.scorer):
            self.records.append(record)

    @property
    def gaps(self) -> list[Gap]:
        """The gaps, in order."""
        return [record for record in self.records if isinstance(record, Gap)]

    def outcomes(self, conversation: str | None = None) -> list[Score | Skipped]:
        """Scores and skipped final utterances, in order, of one conversation or of all."""
        return [
            record
            for record in self.records
            if isinstance(record, Score | Skipped)
            and (not isinstance(record, Skipped) or record.reason != "not_final")
            and conversation in (None, record.conversation)
        ]


async def caught_up(stream: Stream, simulator: Simulator) -> None:
    """Wait until the stream has received all that the simulator sent, ten seconds at most."""
    async with asyncio.timeout(10):
        while stream.counters.received < simulator.frames_sent.total():
            await asyncio.sleep(0.01)
