"""One registered handler: called in order per conversation, bounded, timed and isolated."""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeAlias

from attrs import asdict, define, evolve

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.results import Record

_log = logging.getLogger(__name__)

_LAST_CHANCE = 1.0
"""Seconds that a cancelled handler has for tidying up."""

Handler: TypeAlias = Callable[[Any], Awaitable[object] | object]
Kinds: TypeAlias = type | tuple[type, ...] | None
_Call: TypeAlias = Callable[[], Awaitable[object] | object]


@define
class HandlerCounters:
    """What became of the records offered to one handler.

    ``offered`` = ``delivered`` + ``failed`` (the handler raised) + ``timed_out`` + ``dropped``
    (given up when the handler was withdrawn or the delivery ended) + ``pending``. ``slow`` counts
    calls of a plain function that took longer than its time limit: it cannot be interrupted, and
    everything else stood still meanwhile.
    """

    offered: int = 0
    delivered: int = 0
    failed: int = 0
    timed_out: int = 0
    dropped: int = 0
    pending: int = 0
    slow: int = 0

    def problems(self) -> tuple[str, ...]:
        """The identity, if it does not hold."""
        ended = self.delivered + self.failed + self.timed_out + self.dropped + self.pending
        return () if self.offered == ended else (f"offered {self.offered}, accounted for {ended}",)

    def as_dict(self) -> dict[str, int]:
        """Name to count, in the order above."""
        counts: dict[str, int] = asdict(self)
        return counts


class _Made:
    """What a plain function returned to be awaited."""

    def __init__(self, awaitable: Awaitable[object]) -> None:
        self._awaitable = awaitable

    def __call__(self) -> Awaitable[object]:
        return self._awaitable

    def discard(self) -> None:
        """It will not be awaited: a coroutine warns of that unless it is closed."""
        if inspect.iscoroutine(self._awaitable):
            self._awaitable.close()


class Registration:
    """A handler and its records. Calling it withdraws the handler: the way back."""

    def __init__(
        self,
        handler: Handler,
        only: Kinds,
        *,
        timeout: float,
        limit: int,
        withdraw: Callable[[Registration], None],
    ) -> None:
        if not callable(handler):
            raise ConfigurationError("a handler must be callable: def handler(record) or async def")
        try:
            isinstance(None, () if only is None else only)
        except TypeError:
            raise ConfigurationError("only must be a type or a tuple of types") from None
        self._handler = handler
        self._only = only
        self._timeout = timeout
        self._limit = limit
        self._withdraw = withdraw
        call = getattr(handler, "__call__", None)  # noqa: B004 - an object with an async __call__
        self._is_async = inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(call)
        self._counters = HandlerCounters()
        self._lanes: dict[str | None, deque[_Call]] = {}
        self._workers: set[asyncio.Task[None]] = set()
        self._room = asyncio.Event()
        self._over = False

    def __call__(self) -> None:
        """Withdraw the handler: no call begins after this. What waited for it is dropped."""
        self._withdraw(self)
        self._stop()

    @property
    def counters(self) -> HandlerCounters:
        """The accounting at this moment, as a copy."""
        return evolve(self._counters)

    @property
    def full(self) -> bool:
        """Whether whoever offers should wait before offering more."""
        return self._counters.pending >= self._limit and not self._over

    @property
    def busy(self) -> bool:
        """Whether a call of the handler is running, or about to."""
        return bool(self._workers)

    async def room(self) -> None:
        """Wait until it is no longer full."""
        while self.full:
            self._room.clear()
            await self._room.wait()

    def put(self, record: Record) -> bool:
        """Offer a record: a plain function is called now, an async one in its conversation's turn.

        True when there is no room for another one: wait for it. The handler's own exceptions end
        here: they are counted and logged by type.
        """
        if self._over or (self._only is not None and not isinstance(record, self._only)):
            return False
        counters = self._counters
        counters.offered += 1
        if self._is_async:
            self._queue(record.conversation, partial(self._handler, record))
            return self.full
        began = time.perf_counter()
        try:
            result = self._handler(record)
        except Exception as error:  # noqa: BLE001 - the user's border: counted and logged
            self._failed(error)
            return False
        if time.perf_counter() - began > self._timeout:
            counters.slow += 1
        if result is not None and inspect.isawaitable(result):
            self._queue(record.conversation, _Made(result))
            return self.full
        counters.delivered += 1
        return False

    async def drain(self, seconds: float) -> None:
        """Wait for what is pending, then give up the rest."""
        try:
            if self._workers:
                await asyncio.wait(self._workers, timeout=seconds)
        finally:
            self._stop()
            for worker in self._workers:
                worker.cancel()
            if self._workers:
                # Bounded as well: a handler may refuse to be cancelled.
                await asyncio.wait(self._workers, timeout=_LAST_CHANCE)

    def _stop(self) -> None:
        self._over = True
        for lane in self._lanes.values():
            self._give_up(lane)
        self._room.set()

    def _give_up(self, lane: deque[_Call]) -> None:
        self._counters.dropped += len(lane)
        self._counters.pending -= len(lane)
        for call in lane:
            if isinstance(call, _Made):
                call.discard()
        lane.clear()

    def _queue(self, conversation: str | None, call: _Call) -> None:
        self._counters.pending += 1
        lane = self._lanes.get(conversation)
        if lane is not None:
            lane.append(call)
            return
        lane = self._lanes[conversation] = deque((call,))
        worker = asyncio.create_task(self._work(conversation, lane), name="genesys-handler")
        self._workers.add(worker)
        worker.add_done_callback(self._workers.discard)

    async def _work(self, conversation: str | None, lane: deque[_Call]) -> None:
        try:
            while lane:
                await self._call(lane.popleft())
        finally:
            self._give_up(lane)
            del self._lanes[conversation]

    async def _call(self, call: _Call) -> None:
        counters = self._counters
        limit = asyncio.timeout(self._timeout)
        try:
            async with limit:
                result = call()
                if inspect.isawaitable(result):
                    await result
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                counters.dropped += 1
                raise
            self._failed(error)  # not ours: the handler waited for something that was cancelled
        except Exception as error:  # noqa: BLE001 - the user's border: counted and logged
            if limit.expired():
                counters.timed_out += 1
                _log.warning("handler %s took longer than %g s", self._name(), self._timeout)
            else:
                self._failed(error)
        else:
            counters.delivered += 1
        finally:
            counters.pending -= 1
            self._room.set()

    def _failed(self, error: BaseException) -> None:
        # The type only: the message may quote the record, and with it what somebody said.
        self._counters.failed += 1
        _log.warning("handler %s raised %s", self._name(), type(error).__name__)
        _log.debug("handler %s raised", self._name(), exc_info=error)

    def _name(self) -> str:
        return getattr(self._handler, "__qualname__", type(self._handler).__name__)
