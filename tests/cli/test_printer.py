"""Lines leave at once, a slow reader makes whoever prints wait, and a closed pipe is noticed."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator

import pytest

from genesys_sentiment.cli.printer import Printer

Pipe = tuple[int, int]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """The reading and the writing end."""
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)
    _writers_end()
    os.close(writing)


def _writers_end() -> None:
    """A writer that comes late would find somebody else's socket behind the number of its pipe."""
    for thread in threading.enumerate():
        if thread.name == "genesys-printer":
            thread.join(5)


async def test_a_line_leaves_without_waiting_for_the_next(pipe: Pipe) -> None:
    printer = Printer(pipe[1])
    printer.put(b"one")
    assert await asyncio.to_thread(os.read, pipe[0], 100) == b"one\n"
    printer.close()


async def test_draining_writes_what_is_left(pipe: Pipe) -> None:
    printer = Printer(pipe[1])
    for number in range(1000):
        printer.put(b"%d" % number)
    await printer.drain()
    printer.close()
    lines = os.read(pipe[0], 1 << 16).split()
    assert lines == [b"%d" % number for number in range(1000)]
    assert printer.error is None


async def test_who_prints_waits_for_a_slow_reader(pipe: Pipe) -> None:
    printer = Printer(pipe[1])
    printer.put(b"x" * (2 << 20))
    waiting = asyncio.create_task(printer.room())
    await asyncio.sleep(0.05)
    assert not waiting.done(), "a pipe holds far less than that"
    read = 0
    while read <= 2 << 20:
        read += len(await asyncio.to_thread(os.read, pipe[0], 1 << 20))
    await asyncio.wait_for(waiting, 5)
    printer.close()


async def test_a_closed_pipe_sets_broken_and_frees_who_waits() -> None:
    reading, writing = os.pipe()
    printer = Printer(writing)
    printer.put(b"x" * (2 << 20))
    waiting = asyncio.create_task(printer.room())
    await asyncio.sleep(0.01)
    os.close(reading)
    await asyncio.wait_for(printer.broken.wait(), 5)
    await asyncio.wait_for(waiting, 5)
    assert isinstance(printer.error, BrokenPipeError)
    printer.put(b"into the void")
    printer.close()
    _writers_end()
    os.close(writing)


async def test_a_non_blocking_pipe_loses_nothing(pipe: Pipe) -> None:
    os.set_blocking(pipe[1], False)
    printer = Printer(pipe[1])
    printer.put(b"x" * (1 << 18))
    read = 0
    while read <= 1 << 18:
        read += len(await asyncio.to_thread(os.read, pipe[0], 1 << 16))
    printer.close()
    assert printer.error is None


async def test_draining_waits_for_a_reader_and_can_be_given_up(pipe: Pipe) -> None:
    printer = Printer(pipe[1])
    printer.put(b"x" * (1 << 20))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(printer.drain(), 0.05)
    printer.close()
