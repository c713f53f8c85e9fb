"""Calls an analyzer in a thread of its own, one text at a time, each with a time limit."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from queue import SimpleQueue
from typing import Final, TypeAlias

from genesys_sentiment.analysis.analyzer import Analysis, Analyzer
from genesys_sentiment.errors import AnalyzerError

Answer: TypeAlias = Analysis | Exception
"""What the analyzer said, or raised."""

_ASTRAY: Final = 4
"""Threads at most that were not back in time. While all are away, nothing is asked."""


class Asker:
    """To be made inside a running event loop. ``timeout``: seconds for one text.

    A call cannot be ended from outside. One that takes too long is left alone in its thread, and
    another thread goes on; when it comes back after all, its answer goes nowhere.
    """

    def __init__(self, analyzer: Analyzer, timeout: float) -> None:
        self._analyzer = analyzer
        self._timeout = timeout
        self._loop = asyncio.get_running_loop()
        self._thread = _Thread(analyzer, self._loop)
        self._astray: list[_Thread] = []

    async def ask(self, text: str, language: str) -> Answer:
        """The answer; TimeoutError where there is none in time."""
        if self._thread.busy and not self._replace():
            return TimeoutError("earlier texts are still with the analyzer")
        if await self._thread.within(self._timeout, text, language):
            return self._thread.answer
        return TimeoutError(f"no answer within {self._timeout:g} s")

    async def leave(self) -> None:
        """End the thread. A call that is under way has the rest of its time, one that hangs none.

        Native code that comes back while the interpreter shuts down would abort the process.
        """
        self._thread.leave()
        await self._thread.rest()

    def _replace(self) -> bool:
        """Go on with another thread, unless too many are astray."""
        self._astray = [each for each in self._astray if each.busy]
        if len(self._astray) + 1 >= _ASTRAY:
            return False
        self._thread.leave()
        self._astray.append(self._thread)
        self._thread = _Thread(self._analyzer, self._loop)
        return True


class _Thread:
    """``busy``: a call is under way. ``answer``: that of the last call."""

    def __init__(self, analyzer: Analyzer, loop: asyncio.AbstractEventLoop) -> None:
        self.answer: Answer = TimeoutError("nothing was asked")
        self._analyzer = analyzer
        self._loop = loop
        self._ends = 0.0
        self._back = asyncio.Event()
        self._back.set()
        self._questions: SimpleQueue[tuple[str, str] | None] = SimpleQueue()
        # A daemon: a call that never comes back does not keep the program from ending.
        threading.Thread(target=self._run, name="genesys-analyzer", daemon=True).start()

    @property
    def busy(self) -> bool:
        return not self._back.is_set()

    async def within(self, timeout: float, text: str, language: str) -> bool:
        """Ask; whether the answer came in time."""
        self._back.clear()
        self._ends = self._loop.time() + timeout
        self._questions.put((text, language))
        return await self.rest()

    async def rest(self) -> bool:
        """Wait for the rest of the time that the call under way has; whether it came back."""
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._ends):
                await self._back.wait()
        return not self.busy

    def leave(self) -> None:
        """The thread ends after the call that is under way."""
        self._questions.put(None)

    def _run(self) -> None:
        while (question := self._questions.get()) is not None:
            found: Answer
            try:
                found = self._analyzer(*question)
            except Exception as error:  # noqa: BLE001 - the border to the user's code; counted
                found = _bare(error)
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(self._come_back, found)

    def _come_back(self, found: Answer) -> None:
        self.answer = found
        self._back.set()


def _bare(error: Exception) -> Exception:
    """Without the frames that it came through: they hold the text, and the error is kept."""
    if not isinstance(error, AnalyzerError):
        error.__cause__ = error.__context__ = None
    return error.with_traceback(None)
