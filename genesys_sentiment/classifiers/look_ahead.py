"""Events on their way to the scorer: read a little ahead, in order, each judged before it goes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable, Awaitable, Callable
from types import TracebackType
from typing import Final, Self, TypeAlias

from attrs import define

from genesys_sentiment.classifiers._asker import Asker
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.events import Event, Utterance

Question: TypeAlias = tuple[str, str]
"""Text and language, as the scorer is going to ask."""

WAITING: Final = 64
"""Events read ahead at most. More wait in the stream, which bounds them and counts its drops."""


@define(eq=False)
class _Place:
    """An event in its order. ``question``: what must be answered before it goes; None: nothing."""

    event: Event
    question: Question | None


class LookAhead:
    """An asynchronous context manager and iterator of events; made by ``Ahead.ahead``.

    Entering begins to read. Events that ask nothing of the analyzer keep their place between the
    others. An error of the source comes out when all that came before it is out. Waiting for the
    next event can be given up at any time. Leaving ends the reading and the thread; a call that is
    under way has the rest of its time. What was read and not taken then is gone: ``waiting`` says
    how many events.
    """

    def __init__(
        self,
        events: AsyncIterable[Event],
        language_of: Callable[[str | None], str | None],
        judge: Callable[[Asker, Question], Awaitable[None]],
        asker: Callable[[], Asker],
    ) -> None:
        self._events = events
        self._language_of = language_of
        self._judge = judge
        self._make_asker = asker
        self._waiting: deque[_Place] = deque()
        self._unjudged: asyncio.Queue[_Place] = asyncio.Queue()
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._tasks: tuple[asyncio.Task[None], ...] = ()
        self._left = False

    @property
    def waiting(self) -> int:
        """Events that were read and have not come out."""
        return len(self._waiting)

    async def __aenter__(self) -> Self:
        if self._tasks:
            raise ConfigurationError("a look-ahead is entered once: ask for another one")
        self._asker = self._make_asker()
        self._tasks = (
            asyncio.create_task(self._read(), name="genesys-ahead-reading"),
            asyncio.create_task(self._answer(), name="genesys-ahead-judging"),
        )
        for task in self._tasks:
            task.add_done_callback(lambda _: self._changed.set())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._left = True
        for task in self._tasks:
            task.cancel()
        try:
            await asyncio.wait(self._tasks)
        finally:
            await self._asker.leave()
        for task in self._tasks:
            if not task.cancelled():
                task.exception()  # seen: who still wanted to know has iterated

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        if not self._tasks:
            raise ConfigurationError("enter the look-ahead: async with ….ahead(stream) as events")
        while not (self._waiting and self._waiting[0].question is None):
            self._raise_what_ended()
            self._changed.clear()
            await self._changed.wait()
        self._room.set()
        return self._waiting.popleft().event

    def _raise_what_ended(self) -> None:
        if self._left:
            raise StopAsyncIteration
        reading, judging = self._tasks
        if judging.done():
            judging.result()
        if reading.done() and not self._waiting:
            reading.result()
            raise StopAsyncIteration

    async def _read(self) -> None:
        async for event in self._events:
            place = _Place(event, self._question(event))
            self._waiting.append(place)
            if place.question is None:
                self._changed.set()
            else:
                self._unjudged.put_nowait(place)
            while len(self._waiting) >= WAITING:
                self._room.clear()
                await self._room.wait()

    async def _answer(self) -> None:
        while True:
            place = await self._unjudged.get()
            if place.question is not None:
                await self._judge(self._asker, place.question)
            place.question = None
            self._changed.set()

    def _question(self, event: Event) -> Question | None:
        """None where the scorer is not going to ask."""
        if not isinstance(event, Utterance) or not event.final or not event.text.strip():
            return None
        language = self._language_of(event.language)
        return None if language is None else (event.text, language)
