"""Lines to a file descriptor, written by a thread of its own: a slow reader holds up no socket."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import threading
from collections.abc import Callable

_LIMIT = 1 << 20
"""Bytes that may wait for the reader of our output before whoever prints waits, too."""


class Printer:
    """Takes lines and writes them at once, as many together as have come meanwhile.

    To be made inside a running event loop. ``broken`` is set when nothing can be written any more,
    ``error`` says why (BrokenPipeError: nobody reads); from then on lines go nowhere.
    """

    def __init__(self, descriptor: int) -> None:
        self.broken = asyncio.Event()
        self.error: OSError | None = None
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._room = asyncio.Event()
        self._changed = threading.Condition()
        self._waiting = bytearray()
        self._unwritten = 0
        self._closed = False
        # A daemon: if the reader of a pipe hangs, so does the thread, but not our end.
        threading.Thread(target=self._write, name="genesys-printer", daemon=True).start()

    def put(self, line: bytes) -> None:
        """Print one line; the line end is added here."""
        with self._changed:
            if not self._closed:
                self._waiting += line + b"\n"
                self._unwritten += len(line) + 1
                self._changed.notify()

    async def room(self) -> None:
        """Wait while too much is still to be written."""
        while self._unwritten > _LIMIT and not self._closed:
            self._room.clear()
            await self._room.wait()

    async def drain(self) -> None:
        """Wait until everything is written, or nothing can be."""
        while self._unwritten:
            self._room.clear()
            await self._room.wait()

    def close(self) -> None:
        """No more lines. What was not drained may be lost; nothing waits for it."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _write(self) -> None:
        while chunk := self._take():
            try:
                _write_all(self._descriptor, chunk)
            except OSError as error:
                with self._changed:
                    self.error = error
                    self._closed = True
                    self._unwritten = 0
                self._tell(self.broken.set)
                self._tell(self._room.set)
                return
            with self._changed:
                self._unwritten -= len(chunk)
            self._tell(self._room.set)

    def _take(self) -> bytes:
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            chunk = bytes(self._waiting)
            self._waiting.clear()
            return chunk

    def _tell(self, callback: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # a closed loop: nobody waits any more
            self._loop.call_soon_threadsafe(callback)


def _write_all(descriptor: int, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        try:
            view = view[os.write(descriptor, view) :]
        except BlockingIOError:  # somebody who shares the pipe made it non-blocking
            select.select((), (descriptor,), ())
