"""One connection kept alive and read as an asynchronous iterator of events."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Iterable
from types import TracebackType
from typing import Any, Self

from attrs import evolve

from genesys_sentiment.clock import Clock, SystemClock
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.events import Event
from genesys_sentiment.model.wire import Dialect, Tokens
from genesys_sentiment.streaming.announcing import Announcer
from genesys_sentiment.streaming.buffer import Buffer
from genesys_sentiment.streaming.companions import Companion, Outlet, accompanied, buffer_for
from genesys_sentiment.streaming.counters import Counters
from genesys_sentiment.streaming.discovery import Discover as Discover
from genesys_sentiment.streaming.handover import Succession
from genesys_sentiment.streaming.health import Health
from genesys_sentiment.streaming.life import Life
from genesys_sentiment.streaming.life import State as State
from genesys_sentiment.streaming.line import Line, Opener, say_goodbyes
from genesys_sentiment.streaming.memory import Memory
from genesys_sentiment.streaming.options import StreamOptions as StreamOptions
from genesys_sentiment.streaming.pacing import Pacing
from genesys_sentiment.streaming.plan import FixedPlan, Plan
from genesys_sentiment.streaming.serving import Service
from genesys_sentiment.streaming.subscriptions import Channels
from genesys_sentiment.streaming.transport import Finished, Transport
from genesys_sentiment.streaming.verdict import cause, judge

_log = logging.getLogger(__name__)


class Stream:
    """Events from one connection that is opened again whenever it ends.

    An asynchronous context manager and iterator: entering starts connecting, leaving ends it
    within ``close_timeout`` and a little, in every state. Iterating yields events in order; a
    ``Gap`` stands wherever events may be missing. What ends the stream for good (refused
    credentials, a missing permission, a bug) is raised by the iterator, after the events that
    came before. Leaving ends the iteration without an error.

    ``dialect`` says what is spoken, ``transport`` over what. ``tokens`` and ``channels`` are
    needed by dialects that authenticate, or whose topics are subscribed by REST. ``topics`` is a
    list, or a ``Plan`` that changes. ``discover`` finds what goes on already each time it connects.
    ``companions`` see every event and add some of their own. A ``Fleet`` brings its ``buffer``.
    """

    def __init__(
        self,
        dialect: Dialect,
        transport: Transport,
        *,
        tokens: Tokens | None = None,
        channels: Channels | None = None,
        topics: Iterable[str] | Plan = (),
        discover: Discover | None = None,
        memory: Memory | None = None,
        companions: Iterable[Companion] = (),
        options: StreamOptions | None = None,
        clock: Clock | None = None,
        buffer: Buffer | None = None,
    ) -> None:
        if isinstance(topics, str):
            raise ConfigurationError("topics must be several topics, not one text")
        self._options = options or StreamOptions()
        self._clock = clock or SystemClock()
        self._plan = FixedPlan(topics) if isinstance(topics, Iterable) else topics
        self._memory = memory or Memory()
        self._counters = self._memory.counters
        self._companions = tuple(companions)
        if buffer is None:
            buffer = buffer_for(self._companions, self._counters, self._options)
        self._buffer = buffer
        self._announcer = Announcer(buffer, self._memory, self._clock)
        self._opener = Opener(
            dialect,
            transport,
            tokens,
            channels,
            self._plan,
            self._memory,
            self._announcer.tell,
            self._clock,
            options=self._options,
        )
        self._pacing = Pacing(self._options.delays, survival=self._options.survival)
        succession = Succession(self._opener, self._pacing, self._counters, self._clock)
        self._life = Life()
        self._health = Health(self._memory, self._options, dialect.idle_timeout)
        self._lines = self._health.lines
        self._outlet = Outlet(self._buffer, self._memory, self._plan, self._clock, self._lines)
        self._service = Service(
            succession,
            self._buffer,
            self._announcer,
            self._health,
            self._life,
            self._clock,
            discover=discover,
        )
        self._task: asyncio.Task[None] | None = None

    @property
    def state(self) -> State:
        """``waiting`` for the next attempt, ``opening``, ``open``, ``closing`` or ``done``."""
        return self._life.state

    @property
    def counters(self) -> Counters:
        """The accounting at this moment, as a copy."""
        return evolve(self._counters, buffered=len(self._buffer))

    @property
    def last_error(self) -> Exception | None:
        """What ended the last connection or attempt; None before the first of them ended."""
        return self._health.last_error

    @property
    def drift(self) -> dict[str, int]:
        """Fields and values that this library does not know, by name, with how often."""
        return dict(self._memory.drift)

    @property
    def rate(self) -> float:
        """Frames a second, over the last minute."""
        return self._memory.rate.per_second(self._clock.monotonic(), self._counters.received)

    @property
    def stale(self) -> bool:
        """Whether nothing at all has come for 45 s (see the dialect), or no event for long."""
        return self._health.stale(self._clock.monotonic())

    @property
    def degraded(self) -> bool:
        """Whether a connection or attempt failed, and none since has lived ``survival`` seconds."""
        return self._health.degraded(self._clock.monotonic())

    @property
    def whole_until(self) -> float | None:
        """Until when nothing of the last connection can be missing, seconds since the epoch.

        None before one has ended.
        """
        return self._health.whole_until

    async def ready(self) -> None:
        """Wait until the first connection is open and its topics are subscribed.

        Where they are subscribed on the socket: until the first ones have been asked for. Returns
        as well when the stream ended before that: the iterator tells why.
        """
        await self._service.opened.wait()

    async def __aenter__(self) -> Self:
        if self._task is not None:
            raise RuntimeError("a stream can be entered once; make another one")
        self._health.begin(self._clock.monotonic())
        self._task = asyncio.create_task(self._live(), name="genesys-stream")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Leave: the iteration ends after what has been buffered. May be called again."""
        if self._task is None:
            return
        self._life.leaving = True
        self._buffer.end()
        self._task.cancel()
        try:
            await asyncio.wait({self._task})
        except asyncio.CancelledError:
            # Whoever leaves is in a hurry: no goodbye, but no task is left behind either.
            self._task.cancel()
            await asyncio.wait({self._task})
            raise
        finally:
            # A task that is cancelled before its first step never comes to its own end.
            self._end()

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    def __anext__(self) -> Coroutine[Any, Any, Event]:
        if self._task is None:
            raise RuntimeError("enter the stream first: async with stream")
        return self._buffer.get()

    def poll(self) -> Event | None:
        """The next event if one has come already, without waiting; None if not."""
        return self._buffer.poll()

    async def _live(self) -> None:
        try:
            async with accompanied(self._companions, self._outlet, self._stop):
                while not self._life.leaving:
                    await self._connect_once()
        except Finished:
            _log.debug("the transport has finished")
        except Exception as error:  # noqa: BLE001 - the reader's border: the iterator raises it
            self._buffer.end(error)
        finally:
            self._end()

    def _stop(self) -> None:
        """No further attempt, whatever becomes of the cancellation that comes with it."""
        self._life.leaving = True

    def _end(self) -> None:
        if self._life.state != "done":
            self._life.step("done")
        self._buffer.end()
        self._service.opened.set()

    async def _connect_once(self) -> None:
        """One attempt, the connection it makes, and the wait that follows it."""
        self._life.step("opening")
        self._pacing.attempt(self._clock.monotonic())
        self._counters.attempts += 1
        try:
            await self._keep(await self._opener.open())
        except Finished:
            raise
        except Exception as error:  # noqa: BLE001 - the reader's border: judged below
            ended = self._life.state != "opening"
            if not ended:
                self._life.step("waiting")
            verdict = judge(error)
        self._health.failed(verdict.error, ended=ended)
        now = self._clock.monotonic()
        if self._pacing.is_over(verdict, now, self._health.lived):
            raise verdict.error
        self._opener.note(verdict, ended=ended)
        delay = self._pacing.delay(verdict, now, self._health.lived)
        _log.info("connection ended (%s), next attempt in %.1f s", verdict.reason, delay)
        if not self._life.leaving:
            await self._clock.sleep(delay)

    async def _keep(self, line: Line) -> None:
        """Hand over what an open line brings until it ends; always raises why it did."""
        self._life.step("open")
        self._counters.connections += 1
        if self._health.whole_until is not None:
            self._announcer.gap(self._health.broke, self._health.whole_until)
        self._health.opened(line)
        old: Line | None = None
        try:
            while True:
                line, old = await self._service.serve(line, old)
        except Exception as error:
            why = cause(error, line.renewal.leave)
            self._health.broke = judge(why).reason
            if why is error:
                raise
            raise why from None
        finally:
            self._life.step("closing")
            self._health.closed(line, old, self._clock.monotonic())
            await say_goodbyes(self._lines, line, self._options.close_timeout)
            self._life.step("waiting")
