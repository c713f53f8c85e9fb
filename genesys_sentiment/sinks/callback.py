"""A function of yours as a sink: called again when it fails, and after a restart."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeAlias

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.entries import Entry, Lane, Retry
from genesys_sentiment.sinks._singly import Undelivered, send_singly

EntryHandler: TypeAlias = Callable[[Entry], Awaitable[object] | object]

_RETRY: Final = Retry(delays=(1.0, 5.0))


class Callback:
    """Calls a plain or async function with every entry, in order within a conversation.

    What the function raises, or does not finish within ``timeout`` seconds, is tried three times
    in all, unless ``lane`` says otherwise, and is a dead letter then. Up to ``together``
    conversations are worked on at a time. A plain function runs in a thread, so that one that
    blocks stops nobody else; a thread cannot be interrupted: one that hangs keeps its place until
    it returns.

    For records as they are, with their text, and without a second try, there is
    ``Delivery.subscribe``. Raises ConfigurationError for what cannot be called, and for figures
    that allow nothing.
    """

    def __init__(
        self,
        handler: EntryHandler,
        *,
        name: str | None = None,
        timeout: float = 5.0,
        together: int = 8,
        lane: Lane | None = None,
    ) -> None:
        if not callable(handler):
            raise ConfigurationError("a handler must be callable: def handler(entry) or async def")
        if not (timeout > 0 and together >= 1):
            raise ConfigurationError("give a timeout above 0 and at least 1 conversation at a time")
        self._handler = handler
        self._timeout = timeout
        self._together = together
        self._threads: ThreadPoolExecutor | None = None
        call = getattr(handler, "__call__", None)  # noqa: B004 - an object with an async __call__
        self._is_async = inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(call)
        self.name = name or f"callback:{getattr(handler, '__name__', type(handler).__name__)}"
        self.lane = lane or Lane(batch=50, timeout=50 * timeout, retry=_RETRY)

    async def send(self, entries: Sequence[Entry], /) -> None:
        """Call the function with each. Raises SinkFailed for those that it did not take."""
        await send_singly(entries, self._one, together=self._together)

    async def close(self) -> None:
        """Let go of the threads; what still runs there is not waited for."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None

    async def _one(self, entry: Entry) -> None:
        limit = asyncio.timeout(self._timeout)
        try:
            async with limit:
                result = self._handler(entry) if self._is_async else await self._in_thread(entry)
                if inspect.isawaitable(result):
                    await result
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # Not ours: the function waited for something that was cancelled.
            raise Undelivered("CancelledError") from None
        except Exception as error:  # noqa: BLE001 - the user's border: the lane counts it
            reason = "timeout" if limit.expired() else type(error).__name__
            raise Undelivered(reason) from None

    async def _in_thread(self, entry: Entry) -> Any:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self._together, "genesys-callback")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, functools.partial(self._handler, entry))
