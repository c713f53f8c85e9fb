"""One sink and its place in the log: takes batches, sends them, settles what became of them."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from typing import Literal

from attrs import evolve

from genesys_sentiment.clock import Clock
from genesys_sentiment.delivery.book import Batch, Book, Sent, Verdict, understood
from genesys_sentiment.delivery.breaker import Breaker
from genesys_sentiment.delivery.log import Consumer, Settlement
from genesys_sentiment.delivery.retrying import asked
from genesys_sentiment.delivery.states import SinkState
from genesys_sentiment.delivery.waiting import Nap, limit
from genesys_sentiment.errors import LogFailed, LogFull, SinkFailed
from genesys_sentiment.model.entries import Entry, Lane, Receipt, Sink
from genesys_sentiment.model.histogram import FARTHEST, Histogram

_log = logging.getLogger(__name__)

_SHORTEST_NAP = 0.05
"""Seconds: no wait is shorter, so that nothing can make a lane spin."""

_LOOKED_AT = 10
"""Entries to park behind others, at most, in search of one to send, while sends fail."""

_SETTLING = (1.0, 5.0)
"""Seconds before the second and the third attempt to settle a batch."""


class SinkLane:
    """Serves one sink until it is told to leave: one batch at a time.

    ``settled`` is called after each settlement, and when it ends.
    """

    def __init__(
        self,
        sink: Sink,
        consumer: Consumer,
        *,
        clock: Clock,
        receipts: frozenset[str] = frozenset(),
        written: Callable[[Receipt], Entry],
        settled: Callable[[], None] = lambda: None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.consumer = consumer
        self._sink = sink
        self._lane: Lane = getattr(sink, "lane", None) or Lane()
        self._clock = clock
        self._settled = settled
        self._book = Book(sink.name, self._lane.retry, receipts, chance, written)
        self._breaker = Breaker(self._lane.breaking, self._lane.retry.longest_wait)
        self._nap = Nap(clock)
        self._offset = clock.wall() - clock.monotonic()
        self._until: float | None = None
        self._fresh_turn = False
        # Sends fail, and what comes waits behind what failed: taking more of it only parks it.
        self._stuck = False
        self._end: Literal["disabled", "failed", "ended"] | None = None
        self._error: str | None = None
        self._sends = self._failed = self._unreceipted = self._undecided = 0
        self._latency = Histogram()
        self._lag = Histogram()
        self.broken: Exception | None = None

    @property
    def state(self) -> SinkState:
        """How it is."""
        state = self._end or self._breaker.state
        return SinkState(
            state=state,
            probe=self._breaker.wait(self._clock.monotonic()) if state == "open" else None,
            error=self._error,
            sends=self._sends,
            failed=self._failed,
            unreceipted=self._unreceipted,
            undecided=self._undecided,
            latency=self._latency.snapshot(),
            lag=self._lag.snapshot(),
        )

    def steady(self) -> float:
        """The wall clock as it was when the lane was made: what is due does not move when somebody
        sets the machine's."""
        return self._clock.monotonic() + self._offset

    def nudge(self) -> None:
        """Something may be due that was not."""
        self._nap.wake()

    def leave(self, until: float) -> None:
        """End as soon as nothing can be sent any more before ``until``, by the monotonic clock."""
        self._until = until
        self._nap.wake()

    async def run(self) -> None:
        """Serve. Ends when told to leave, when the sink is disabled, and when the log fails:
        ``broken`` is its error then."""
        try:
            while self._end is None:
                batch = await self._next()
                if batch.taken:
                    await self._serve(batch)
                    await asyncio.sleep(0)  # nothing else may wait for a backlog
                elif not await self._rest():
                    break
        except Exception as error:  # noqa: BLE001 - the log's border: the delivery raises it
            self._end, self.broken = "failed", error
            _log.error("sink %s is not served any more: %s", self._sink.name, type(error).__name__)
        finally:
            self._end = self._end or "ended"
            self._settled()

    async def _next(self) -> Batch:
        """What to send now; nothing taken: wait."""
        if self._breaker.state == "closed":
            batch = await self._again(self._lane.batch)
            if batch.taken or self._stuck:
                return batch
            return await self._fresh(self._lane.batch)
        if self._breaker.wait(self._clock.monotonic()) > 0.0:
            return Batch(self._lane)
        # By turns: neither one that spoils every send nor a dead conversation keeps it down.
        first, second = self._again, self._fresh
        if self._fresh_turn:
            first, second = second, first
        self._fresh_turn = not self._fresh_turn
        batch = await first(1)
        return batch if batch.taken else await second(1)

    async def _again(self, most: int) -> Batch:
        batch = Batch(self._lane)
        batch.again(await self.consumer.unpark(self.steady(), most))
        return batch

    async def _fresh(self, most: int) -> Batch:
        """Entries that were never taken, and what comes within ``linger`` seconds of the first."""
        step = most if self._breaker.works else min(most, _LOOKED_AT)
        taken = await self.consumer.take(step, self._lane.size)
        if not taken:
            return Batch(self._lane)
        batch = Batch(self._lane, await self.consumer.parked_conversations())
        batch.add(taken)
        until = self._clock.monotonic() + (self._lane.linger if most > 1 else 0.0)
        while len(batch.send) < most and batch.room:
            if not self._breaker.works and len(batch.held) >= _LOOKED_AT:
                break
            taken = await self.consumer.take(
                min(batch.room, step), max(self._lane.size - batch.size, 1)
            )
            if taken:
                batch.add(taken)
            elif not batch.send or not await self._more(until):
                break
        return batch

    async def _more(self, until: float) -> bool:
        """Whether there may be more before that time. Who leaves does not wait for it."""
        left = until - self._clock.monotonic()
        if left <= 0.0 or self._until is not None:
            return False
        await self._nap.rest(left, self.consumer.wait)
        return True

    async def _rest(self) -> bool:
        """Wait until there may be something to do. False: nothing that is worth waiting for."""
        now = self._clock.monotonic()
        pause = self._breaker.wait(now)
        wait: float | None = pause
        if not pause:
            due = await self.consumer.next_due()
            wait = None if due is None else due - self.steady()
        if self._until is not None and (wait is None or now + wait >= self._until):
            return False
        seconds = None if wait is None else max(wait, _SHORTEST_NAP)
        await self._nap.rest(seconds, None if pause or self._stuck else self.consumer.wait)
        return True

    async def _serve(self, batch: Batch) -> None:
        if batch.undecided:
            self._undecided += batch.undecided
            _log.warning(
                "sink %s: Lane.only raised, %d entries go", self._sink.name, batch.undecided
            )
        self._stuck = not batch.send and bool(batch.held) and not self._breaker.works
        if not batch.send:
            await self._settle(self._book.settle(batch, self._unsent()))
            return
        worked = self._breaker.works
        if self._breaker.state != "closed":
            self._breaker.probe(self._clock.monotonic())
        began = self._clock.monotonic()
        verdict = await self._send([each.entry for each in batch.send])
        now = self._clock.monotonic()
        sent = Sent(
            at=self._clock.wall(),
            steady=self.steady(),
            took=now - began,
            verdict=verdict,
            counts=worked or not verdict.down,
        )
        works_again = self._judge(now, batch, verdict)
        settlement = self._book.settle(batch, sent)
        await self._settle(settlement)
        self._measure(settlement, sent)
        if works_again:
            await self.consumer.hurry(self.steady())

    def _unsent(self) -> Sent:
        at, steady = self._clock.wall(), self.steady()
        return Sent(at=at, steady=steady, took=0.0, verdict=Verdict(), counts=False)

    async def _send(self, entries: list[Entry]) -> Verdict:
        self._sends += 1
        error: SinkFailed | None = None
        ends: asyncio.Timeout | None = None
        try:
            async with limit(self._clock, self._lane.timeout) as ends:
                await self._sink.send(entries)
        except SinkFailed as failed:
            error = failed
            self._error = failed.failures[0].reason if failed.failures else self._error
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            error = self._bug(len(entries), "CancelledError")  # of something that it waited for
        except Exception as bug:  # noqa: BLE001 - the sink's border: counted and logged
            late = ends is not None and ends.expired()
            error = self._bug(len(entries), "timeout" if late else type(bug).__name__)
        return understood(error, len(entries))

    def _bug(self, size: int, reason: str) -> SinkFailed:
        # The type only: the message may quote what somebody said.
        level = logging.WARNING if self._breaker.state == "closed" else logging.DEBUG
        _log.log(level, "sink %s failed with a batch of %d: %s", self._sink.name, size, reason)
        self._error = reason
        return SinkFailed.whole(size, reason)

    def _judge(self, now: float, batch: Batch, verdict: Verdict) -> bool:
        """What the send says of the sink. True if it was down and works again."""
        if verdict.disabled:
            self._end = "disabled"
            _log.error("sink %s wants nothing any more: not served until restart", self._sink.name)
            return False
        if not verdict.down:
            works_again = self._breaker.succeeded(now)
            if works_again:
                _log.warning("sink %s works again", self._sink.name)
            return works_again
        self._failed += 1
        was = self._breaker.state
        repeated = all(each.tries for each in batch.send)
        if was == "closed" and repeated and verdict.after is None and self._breaker.worked(now):
            return False  # it works for others: what failed before says nothing of the sink
        self._breaker.failed(now, asked(self._lane.retry, verdict.after))
        if was == "closed" != self._breaker.state:
            _log.warning("sink %s is down (%s): left alone", self._sink.name, self._error)
        return False

    def _measure(self, settlement: Settlement, sent: Sent) -> None:
        if settlement.sent:
            self._latency.add(sent.took)
        for entry in settlement.sent:
            if entry.at is not None and abs(sent.at - entry.at) < FARTHEST:
                self._lag.add(sent.at - entry.at)

    async def _settle(self, settlement: Settlement) -> None:
        """Never lost, never spinning: a log that cannot keep it is asked three times."""
        for pause in (*_SETTLING, None):
            try:
                await self._settle_once(settlement)
            except LogFailed as error:
                if pause is None:
                    raise
                _log.warning("sink %s: cannot settle a batch: %s", self._sink.name, error)
                await self._clock.sleep(pause)
            else:
                self._settled()
                return

    async def _settle_once(self, settlement: Settlement) -> None:
        try:
            await self.consumer.settle(settlement)
        except LogFull:
            if not settlement.receipts:
                raise
            # Settling is what makes room: it must not wait for room.
            await self.consumer.settle(evolve(settlement, receipts=()))
            self._unreceipted += len(settlement.receipts)
            _log.warning(
                "sink %s: no room for %d receipts", self._sink.name, len(settlement.receipts)
            )
