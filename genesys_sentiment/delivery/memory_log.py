"""A log in memory: bounded, and gone with its process."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Final, Literal

from attrs import evolve

from genesys_sentiment.delivery.log import Settlement
from genesys_sentiment.delivery.memory_consumer import MemoryConsumer
from genesys_sentiment.errors import ConfigurationError, LogFailed, LogFull
from genesys_sentiment.model.entries import Entry

_log = logging.getLogger(__name__)

_RESERVE: Final = 1.1
"""Urgent entries find room up to this many times the bounds."""


class MemoryLog:
    """A :class:`Log` for those who can lose what was not delivered when the process ends.

    Holds ``entries`` of ``size`` bytes of body in all, counting what is parked once for each
    consumer; a group that alone is larger is taken when nothing else is held. When it is full,
    ``block`` raises LogFull, and ``drop_oldest`` makes room: it drops the oldest entries that are
    not urgent and that no consumer is busy with, counted for each that had not got them.
    Of dead letters each consumer keeps the latest 1,000.
    """

    def __init__(
        self,
        *,
        entries: int = 10_000,
        size: int = 16 * 1_048_576,
        policy: Literal["block", "drop_oldest"] = "block",
    ) -> None:
        if entries < 1 or size < 1:
            raise ConfigurationError("a log must hold one entry of one byte at least")
        if policy not in ("block", "drop_oldest"):
            raise ConfigurationError(f"the policy is {policy!r}: give 'block' or 'drop_oldest'")
        self._entries = entries
        self._size = size
        self._policy = policy
        self._rows: OrderedDict[int, Entry] = OrderedDict()
        self._bytes = 0
        self._last = -1
        self._consumers: dict[str, MemoryConsumer] = {}
        self._closed = False

    async def append(self, entries: Sequence[Entry]) -> None:
        """Returns when they are in memory; raises LogFull, and LogFailed after closing."""
        self._check()
        self._make_room(entries)
        self._add(entries)

    async def consumer(self, name: str) -> MemoryConsumer:
        """The place of that name, which begins with the oldest entry kept."""
        self._check()
        if name in self._consumers:
            raise ConfigurationError(f"the log's place {name!r} is in use: give each sink its name")
        made = MemoryConsumer(name, self._rows, self._settled)
        self._consumers[name] = made
        return made

    async def reconcile(self) -> Sequence[str]:
        """Counts everything again and says what does not agree."""
        held = sum(len(each.body) for each in self._rows.values())
        said = [] if held == self._bytes else [f"{held} bytes held, {self._bytes} counted"]
        for name, consumer in self._consumers.items():
            said += (f"{name}: {problem}" for problem in consumer.problems())
        return said

    async def close(self) -> None:
        """What is left is dropped, counted and said."""
        if self._closed:
            return
        self._closed = True
        for name, consumer in self._consumers.items():
            if lost := consumer.close():
                _log.warning("sink %s: %d entries in memory were not delivered", name, lost)
        self._rows.clear()
        self._bytes = 0

    def _check(self) -> None:
        if self._closed:
            raise LogFailed("the log in memory is closed: make a new one")

    def _add(self, entries: Iterable[Entry]) -> None:
        count = 0
        for entry in entries:
            self._last += 1
            count += 1
            self._rows[self._last] = evolve(entry, sequence=self._last)
            self._bytes += len(entry.body)
        for consumer in self._consumers.values():
            consumer.appended(count)

    def _make_room(self, entries: Sequence[Entry]) -> None:
        share = _RESERVE if all(each.urgent for each in entries) else 1.0
        size = sum(len(each.body) for each in entries)
        count, held = self._held()
        while count and (
            count + len(entries) > self._entries * share or held + size > self._size * share
        ):
            dropped = self._drop() if self._policy == "drop_oldest" else None
            if dropped is None:
                raise LogFull("the log in memory is full: a sink is behind, or down")
            count, held = count - 1, held - len(dropped.body)

    def _held(self) -> tuple[int, int]:
        parked = [each.parked_size for each in self._consumers.values()]
        return (
            len(self._rows) + sum(count for count, _ in parked),
            self._bytes + sum(size for _, size in parked),
        )

    def _drop(self) -> Entry | None:
        consumers = self._consumers.values()
        for sequence, entry in self._rows.items():
            if not entry.urgent and not any(each.holds(sequence) for each in consumers):
                del self._rows[sequence]
                self._bytes -= len(entry.body)
                for consumer in consumers:
                    consumer.dropped(sequence)
                return entry
        return None

    def _settled(self, settlement: Settlement) -> None:
        """A consumer moved on: what all have done with is let go, what it tells is added."""
        done = min(each.done for each in self._consumers.values())
        for sequence in list(self._until(done)):
            self._bytes -= len(self._rows.pop(sequence).body)
        self._add(settlement.receipts)

    def _until(self, done: int) -> Iterable[int]:
        for sequence in self._rows:
            if sequence >= done:
                return
            yield sequence
