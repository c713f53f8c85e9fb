"""From a pipeline to whoever asked for its records."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Sequence
from types import TracebackType
from typing import Self

from genesys_sentiment.clock import Clock, SystemClock
from genesys_sentiment.delivery.inbox import Inbox
from genesys_sentiment.delivery.log import Dead, Log, Tally
from genesys_sentiment.delivery.memory_log import MemoryLog
from genesys_sentiment.delivery.outward import Outward
from genesys_sentiment.delivery.registration import Handler, Kinds, Registration
from genesys_sentiment.delivery.serving import Serving, checked
from genesys_sentiment.delivery.states import SinkState
from genesys_sentiment.delivery.waiting import to_its_end
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.entries import Redactor, Sink
from genesys_sentiment.model.results import Record


class Delivery:
    """Hands records to registered handlers and to sinks. An asynchronous context manager.

    **Handlers** are functions of this process, see :meth:`subscribe`. Each is on its own: one that
    raises, hangs or is slow affects no other, but for backpressure: who gives records waits while
    an async handler has ``limit`` of them pending.

    **Sinks** are other systems. Every record is written once (``text``: with what people said and
    wrote, which ``redactor`` takes personal data out of; None: a PatternRedactor), kept in ``log``
    (None: a MemoryLog), and delivered to each sink at least once, in the order of its conversation,
    whatever happens to the other sinks. ``receipts``: kinds of records that get a Receipt when a
    sink has them; what a sink never got always does.

    Leaving waits up to ``drain`` seconds for what is pending. The rest of the handlers' is given up
    and counted; the rest of the sinks' stays in the log. Then the sinks and the log are closed.
    Raises ConfigurationError for what cannot work, and on entering what the log raises.
    """

    def __init__(
        self,
        sinks: Sequence[Sink] = (),
        *,
        log: Log | None = None,
        redactor: Redactor | None = None,
        text: bool = False,
        receipts: frozenset[str] = frozenset({"forward", "alert"}),
        limit: int = 1000,
        drain: float = 10.0,
        clock: Clock | None = None,
    ) -> None:
        if limit < 1:
            raise ConfigurationError(f"limit is {limit}: give 1 or more")
        served = checked(sinks)
        if log is not None and not served:
            raise ConfigurationError("a log without a sink fills up: give sinks as well")
        self._limit = limit
        self._drain = drain
        self._registrations: tuple[Registration, ...] = ()
        self._withdrawn: tuple[Registration, ...] = ()
        self._outward = Outward(text=text, redactor=redactor)
        self._serving: Serving | None = None
        if served:
            self._serving = Serving(
                served,
                log or MemoryLog(),
                clock or SystemClock(),
                receipts=frozenset(receipts),
                written=self._outward.entry,
            )

    def subscribe(
        self, handler: Handler, *, only: Kinds = None, timeout: float = 5.0
    ) -> Registration:
        """Call ``handler`` with every record, or with those of the types ``only``.

        An async handler runs up to ``timeout`` seconds a record, one record at a time in each
        conversation, conversations side by side. Returns the way back: call it to withdraw the
        handler; its ``counters`` tell what became of every record. Raises ConfigurationError when
        the handler is not callable, or ``only`` is no type.
        """
        registration = Registration(
            handler, only, timeout=timeout, limit=self._limit, withdraw=self._withdraw
        )
        self._registrations = (*self._registrations, registration)
        return registration

    async def put(self, record: Record) -> None:
        """Give one record: returns when every handler was offered it and the log keeps it.

        What handlers have pending is not waited for, a full log is. Raises LogFailed when the log
        keeps nothing any more. Cancelling does not take the record back.
        """
        number = self._accept(record)
        if self._serving is not None:
            await self._serving.inbox.safe(number)

    async def consume(self, records: AsyncIterable[Record]) -> None:
        """Give every record until they end; waits for handlers, and for a log that is full.

        Records are kept in groups, at most 50 ms or 100 of them after they came. However it ends,
        what came is kept: when the source raises before that comes out, and when it is cancelled
        before the delivery ends. Raises what the source raises, and LogFailed when the log keeps
        nothing any more.
        """
        if self._serving is None:
            await self._offer(records, None)
            return
        inbox = self._serving.inbox
        try:
            await self._offer(records, inbox)
        except Exception:
            await inbox.safe()
            raise
        await inbox.safe()

    async def tallies(self) -> dict[str, Tally]:
        """What became of every record, by the name of the sink; also when the delivery is over."""
        return {} if self._serving is None else await self._serving.tallies()

    def states(self) -> dict[str, SinkState]:
        """How every sink is, by its name."""
        return {} if self._serving is None else self._serving.states()

    async def reconcile(self) -> Sequence[str]:
        """What does not agree when the log counts everything again; empty if all does.

        Raises LogFailed when a journal is closed.
        """
        return () if self._serving is None else await self._serving.log.reconcile()

    async def dead(self, sink: str, limit: int = 100, after: int = -1) -> Sequence[Dead]:
        """A sink's dead letters, oldest first, behind the ``sequence`` ``after``."""
        return await self._served().lane(sink).consumer.dead(limit, after)

    async def retry(self, sink: str, ids: Sequence[str] | None = None) -> int:
        """Try a sink's dead letters again: those of records ``ids``, None for all. How many."""
        return await self._served().retry(sink, ids)

    async def discard(self, sink: str, ids: Sequence[str] | None = None) -> int:
        """Drop a sink's dead letters: those of records ``ids``, None for all. How many."""
        return await self._served().lane(sink).consumer.discard(ids)

    async def __aenter__(self) -> Self:
        if self._serving is not None:
            await self._serving.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        registrations = (*self._registrations, *self._withdrawn)
        self._registrations = self._withdrawn = ()
        serving = self._serving
        draining = [each.drain(self._drain) for each in registrations]
        try:
            if serving is not None:
                draining.append(serving.drain(self._drain))
            await asyncio.gather(*draining)
        finally:
            # Cancelled before it began, a task of the above has done nothing.
            await to_its_end(self._close(registrations))
        if serving is not None and error is None and (problem := serving.problem()) is not None:
            raise problem

    async def _close(self, registrations: Sequence[Registration]) -> None:
        await asyncio.gather(*(each.drain(0.0) for each in registrations))
        if self._serving is not None:
            await self._serving.close()

    async def _offer(self, records: AsyncIterable[Record], inbox: Inbox | None) -> None:
        async for record in records:
            self._accept(record)
            for registration in self._registrations:
                if registration.full:
                    await registration.room()
            if inbox is not None:
                await inbox.room()

    def _accept(self, record: Record) -> int:
        if self._serving is not None:
            self._serving.check()
        for registration in self._registrations:
            registration.put(record)
        if self._serving is None:
            return 0
        return self._serving.inbox.accept(self._outward.entry(record))

    def _served(self) -> Serving:
        if self._serving is None:
            raise ConfigurationError("the delivery has no sinks")
        return self._serving

    def _withdraw(self, registration: Registration) -> None:
        # A call that runs is waited for when leaving.
        self._withdrawn = tuple(each for each in (*self._withdrawn, registration) if each.busy)
        self._registrations = tuple(
            each for each in self._registrations if each is not registration
        )
