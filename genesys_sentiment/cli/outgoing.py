"""Where the records of a run go besides being shown, and what became of them there."""

from __future__ import annotations

import argparse
import os
from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from genesys_sentiment.cli.destinations import sinks_of
from genesys_sentiment.cli.journals import journal_at
from genesys_sentiment.delivery.delivery import Delivery
from genesys_sentiment.delivery.log import Consumer, Log, Tally
from genesys_sentiment.delivery.memory_log import MemoryLog
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.entries import Entry, Redactor, Sink
from genesys_sentiment.model.results import Record
from genesys_sentiment.redaction.redactor import PatternRedactor

REDACTION_KEY: Final = "GENESYS_SENTIMENT_REDACTION_KEY"


@asynccontextmanager
async def outgoing(
    options: argparse.Namespace, environment: Mapping[str, str]
) -> AsyncIterator[Outgoing]:
    """What --sink and --journal ask for, with the journal open.

    Raises ConfigurationError before anything is opened, and for a journal that cannot be.
    """
    sinks = sinks_of(options, environment)
    if not sinks:
        yield Outgoing()
        return
    redactor = _redactor(environment)
    if options.journal is None:
        # Where nothing is kept, a sink that is down must not stop what is shown.
        log: Log = MemoryLog(policy="drop_oldest")
        yield Outgoing(sinks, log, redactor=redactor, text=options.text)
        return
    async with journal_at(options.journal, new=True) as journal:
        yield Outgoing(sinks, journal, file=options.journal, redactor=redactor, text=options.text)


def _redactor(environment: Mapping[str, str]) -> Redactor:
    key = environment.get(REDACTION_KEY)
    try:
        return PatternRedactor(os.fsencode(key) if key else None)
    except ConfigurationError as error:
        raise ConfigurationError(f"{REDACTION_KEY}: {error}") from None


class Outgoing:
    """A delivery that can tell at its end what it delivered. An asynchronous context manager.

    ``file``: where ``log`` keeps what was not delivered; None: nowhere. Leaving waits up to 10 s
    for the sinks, then closes them and the log. Without sinks it only takes records.
    """

    def __init__(
        self,
        sinks: Sequence[Sink] = (),
        log: Log | None = None,
        *,
        file: Path | None = None,
        redactor: Redactor | None = None,
        text: bool = False,
    ) -> None:
        self._log = _Telling(log or MemoryLog()) if sinks else None
        self._file = file
        self._delivery = Delivery(sinks, log=self._log, redactor=redactor, text=text)

    async def take(self, records: AsyncIterable[Record]) -> None:
        """Deliver all of them; returns when the log has them. Raises what they raise."""
        await self._delivery.consume(records)

    @property
    def tallies(self) -> Mapping[str, Tally]:
        """What the log counted for each sink when it was closed, with all runs before."""
        return {} if self._log is None else self._log.after

    def problems(self, records: int) -> list[str]:
        """Every identity that does not hold after ``records`` were taken."""
        if self._log is None:
            return []
        found = [
            f"{name}: {problem}"
            for name, each in self.tallies.items()
            for problem in each.problems()
        ]
        if self._log.kept != records:
            found.append(f"{records} records were shown, {self._log.kept} were kept for the sinks")
        return found

    def lost(self) -> list[str]:
        """What was dropped in this run, and what is given up or gone at its end."""
        found = []
        for name, tally in self.tallies.items():
            if dropped := tally.dropped - self._before(name).dropped:
                found.append(f"{dropped} records were dropped before {name} took them")
            if tally.dead:
                where = "" if self._file is None else f" in {self._file}: see outbox dead"
                found.append(f"{tally.dead} dead letters of {name}{where}")
            if tally.pending and self._file is None:
                found.append(f"{tally.pending} records for {name} are lost: --journal keeps them")
        return found

    def waiting(self) -> list[str]:
        """What the journal keeps for the next run."""
        if self._file is None:
            return []
        states = self._delivery.states()
        return [
            f"{tally.pending} records wait in {self._file} for {name}"
            + (f" ({states[name].error})" if states[name].error else "")
            for name, tally in self.tallies.items()
            if tally.pending
        ]

    async def __aenter__(self) -> Self:
        await self._delivery.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._delivery.__aexit__(kind, error, trace)

    def _before(self, name: str) -> Tally:
        return Tally() if self._log is None else self._log.before[name]


class _Telling:
    """A log that keeps its numbers when it is closed. ``kept``: entries appended in this run."""

    def __init__(self, log: Log) -> None:
        self.kept = 0
        self.before: dict[str, Tally] = {}
        self.after: dict[str, Tally] = {}
        self._log = log
        self._consumers: dict[str, Consumer] = {}

    async def append(self, entries: Sequence[Entry]) -> None:
        await self._log.append(entries)
        self.kept += len(entries)

    async def consumer(self, name: str) -> Consumer:
        found = self._consumers[name] = await self._log.consumer(name)
        self.before[name] = await found.tally()
        return found

    async def reconcile(self) -> Sequence[str]:
        return await self._log.reconcile()

    async def close(self) -> None:
        try:
            self.after = {name: await each.tally() for name, each in self._consumers.items()}
        finally:
            await self._log.close()
