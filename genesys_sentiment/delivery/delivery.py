"""From a pipeline to whoever asked for its records."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from types import TracebackType
from typing import Self

from genesys_sentiment.delivery.registration import Handler, Kinds, Registration
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.results import Record


class Delivery:
    """Hands records to registered handlers. An asynchronous context manager.

    Plain and async handlers; each on its own: one that raises, hangs or is slow affects no other,
    but for backpressure: ``consume`` waits while an async handler has ``limit`` records pending.
    Leaving waits up to ``drain`` seconds for pending calls, and counts what it gives up.
    """

    def __init__(self, *, limit: int = 1000, drain: float = 10.0) -> None:
        if limit < 1:
            raise ConfigurationError(f"limit is {limit}: give 1 or more")
        self._limit = limit
        self._drain = drain
        self._registrations: tuple[Registration, ...] = ()
        self._withdrawn: tuple[Registration, ...] = ()

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

    def put(self, record: Record) -> None:
        """Offer one record to every handler, without waiting."""
        for registration in self._registrations:
            registration.put(record)

    async def consume(self, records: AsyncIterable[Record]) -> None:
        """Offer every record until they end; waits whenever a handler has too much pending."""
        async for record in records:
            for registration in self._registrations:
                if registration.put(record):
                    await registration.room()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        registrations = (*self._registrations, *self._withdrawn)
        self._registrations = self._withdrawn = ()
        await asyncio.gather(*(each.drain(self._drain) for each in registrations))

    def _withdraw(self, registration: Registration) -> None:
        # A call that runs is waited for when leaving.
        self._withdrawn = tuple(each for each in (*self._withdrawn, registration) if each.busy)
        self._registrations = tuple(
            each for each in self._registrations if each is not registration
        )
