"""What every command that shows a stream does: read, score, show, and end cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Iterator
from typing import Any, cast

from genesys_sentiment.cli.codes import FINE, TROUBLE
from genesys_sentiment.cli.outgoing import Outgoing
from genesys_sentiment.cli.tally import Tally, summary
from genesys_sentiment.cli.views import View
from genesys_sentiment.errors import PermissionDenied
from genesys_sentiment.model.events import TopicRefused
from genesys_sentiment.model.export import Exported
from genesys_sentiment.model.results import Record
from genesys_sentiment.scoring.completeness import Completeness
from genesys_sentiment.scoring.scorer import Scorer
from genesys_sentiment.streaming.score import score
from genesys_sentiment.streaming.stream import Stream

_DRAIN = 2.0
"""Seconds for showing what was received already when a run ends."""


class Run:
    """One run of a stream. ``limit``: ends after that many records; None: does not.

    ``outgoing``: where what is shown goes as well; None: nowhere. It is left when the run ends.
    ``watched``: the topics that the run is about. When every one of them is refused there is
    nothing to wait for, and PermissionDenied is raised.
    """

    def __init__(
        self,
        stream: Stream,
        view: View,
        *,
        outgoing: Outgoing | None = None,
        limit: int | None = None,
        watched: frozenset[str] = frozenset(),
    ) -> None:
        self._stream = stream
        self._view = view
        self._outgoing = outgoing or Outgoing()
        self._limit = limit
        self._watched = watched
        self._refused: dict[str, TopicRefused] = {}
        self._scorer = Scorer()
        self._tally = Tally()

    async def until(self, over: Awaitable[object], *, patient: bool = False) -> int:
        """Show everything until ``over`` is, or a signal, the limit or a closed pipe ends it.

        At the end the reader of our output gets 2 s for the rest, as long as it likes where that
        is ``patient`` or the limit was reached, and no signal came.
        The exit code. Raises what ended the stream, or ``over``.
        """
        started = time.time()
        with stopping() as stop:
            ends: list[asyncio.Future[Any]] = [
                asyncio.ensure_future(over),
                asyncio.create_task(stop.wait(), name="genesys-stop"),
                asyncio.create_task(self._view.broken.wait(), name="genesys-broken"),
            ]
            try:
                async with self._outgoing:
                    await self._read_until(ends)
            except BaseException:
                # What was received before counts; of what never began there is nothing to say.
                await self._finish(self._summary(started) if self._tally.records else None)
                raise
            finally:
                await _cancel(*ends)
            found = self._summary(started)
            patient = patient or self._tally.records == self._limit
            written = await self._finish(found, until=stop if patient else None)
        return self._judge(cast(list[str], found["problems"]), written=written)

    async def _read_until(self, ends: list[asyncio.Future[Any]]) -> None:
        async with ending(self._read()) as reader:
            async with self._stream:
                await asyncio.wait({reader, *ends}, return_when=asyncio.FIRST_COMPLETED)
            # The stream has been left: its iteration ends after what it still holds.
            await asyncio.wait({reader}, timeout=_DRAIN)
            if reader.done():
                reader.result()
        if ends[0].done():
            ends[0].result()

    async def _read(self) -> None:
        async with contextlib.aclosing(self._shown()) as records:
            await self._outgoing.take(records)

    async def _shown(self) -> AsyncGenerator[Record, None]:
        scored = score(self._stream, self._scorer, Completeness())
        records = cast(AsyncGenerator[Record, None], scored)
        async with contextlib.aclosing(records):
            async for record in records:
                self._tally.add(record)
                self._view.show(record)
                yield record
                if isinstance(record, TopicRefused):
                    self._note_refusal(record)
                if self._tally.records == self._limit:
                    return
                await self._view.room()

    def _note_refusal(self, refused: TopicRefused) -> None:
        if refused.topic not in self._watched:
            return
        self._refused[refused.topic] = refused
        if len(self._refused) == len(self._watched):
            missing = sorted({name for each in self._refused.values() for name in each.missing})
            reasons = sorted({each.reason for each in self._refused.values()})
            advice = (
                f"give the OAuth client a role with {', '.join(missing)}"
                if missing
                else f"check the ids and topics ({', '.join(reasons)})"
            )
            raise PermissionDenied(
                f"every topic that should be watched was refused: {advice}", missing=missing
            )

    def _summary(self, started: float) -> Exported:
        return summary(
            self._tally,
            self._stream.counters,
            self._scorer.counters,
            self._outgoing.tallies,
            started=started,
            ended=time.time(),
            problems=self._outgoing.problems(self._tally.records),
        )

    async def _finish(self, found: Exported | None, until: asyncio.Event | None = None) -> bool:
        """Show the rest, for 2 s, or as long as it takes ``until`` then; whether it was shown."""
        async with ending(self._view.finish(found)) as shown:
            if until is not None:
                async with ending(until.wait()) as hurried:
                    await asyncio.wait({shown, hurried}, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({shown}, timeout=_DRAIN)
            if shown.done():
                shown.result()
            return shown.done()

    def _judge(self, problems: list[str], *, written: bool) -> int:
        """The exit code, after saying what is wrong."""
        wrong = [f"the accounting does not add up: {problem}" for problem in problems]
        if dropped := self._stream.counters.dropped:
            wrong.append(f"{dropped} events were lost")
        wrong += self._outgoing.lost()
        if self._view.error is not None:
            wrong.append(f"standard output: {self._view.error.strerror}")
        if not written:
            wrong.append("standard output was not read: the last records are missing there")
        for each in (*wrong, *self._outgoing.waiting()):
            print(f"genesys-sentiment: {each}", file=sys.stderr)
        return TROUBLE if wrong else FINE


@contextlib.contextmanager
def stopping() -> Iterator[asyncio.Event]:
    """An event that Ctrl-C and SIGTERM set, instead of what they do otherwise."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    taken = []
    for number in (signal.SIGINT, signal.SIGTERM):
        # Not on Windows, where Ctrl-C goes on to cancel the run.
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)
            taken.append(number)
    try:
        yield stop
    finally:
        for number in taken:
            loop.remove_signal_handler(number)


@contextlib.asynccontextmanager
async def ending(over: Awaitable[object]) -> AsyncIterator[asyncio.Future[Any]]:
    """``over`` as a task that does not outlive the block."""
    task: asyncio.Future[Any] = asyncio.ensure_future(over)
    try:
        yield task
    finally:
        await _cancel(task)


async def _cancel(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.exception()  # seen: whoever cares has asked for the result
