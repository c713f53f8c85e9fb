"""What commands do that print lines and end: each at once, to whoever reads them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

from genesys_sentiment.cli.codes import FINE, INTERRUPTED, TROUBLE
from genesys_sentiment.cli.printer import Printer
from genesys_sentiment.cli.run import ending, stopping
from genesys_sentiment.errors import ConfigurationError, GenesysSentimentError

Put: TypeAlias = Callable[[bytes], None]
"""Prints one line, without waiting; the line end is added."""
_DRAIN: Final = 2.0
"""Seconds for showing what was printed already when a signal ends a command."""


async def printing(work: Callable[[Put], Awaitable[int]]) -> int:
    """Let ``work`` print lines; the exit code is what it returns. See :func:`flowing`."""
    return await flowing(lambda printer: work(printer.put))


async def flowing(work: Callable[[Printer], Awaitable[int]]) -> int:
    """The same for more lines than may wait in memory: ``work`` waits for the printer's room.

    A closed pipe ends it with 0, an output that takes nothing with 1, Ctrl-C and SIGTERM with 130.
    What was printed before an error is shown before the error is raised.
    Raises ConfigurationError without a standard output.
    """
    if sys.stdout is None:  # its number may be a socket's by now
        raise ConfigurationError("standard output is closed: there is nowhere to print to")
    printer = Printer(sys.stdout.fileno())
    working: asyncio.Future[int]
    try:
        with stopping() as stop:
            async with (
                ending(_to_the_end(work, printer)) as working,
                ending(printer.broken.wait()) as broken,
                ending(stop.wait()) as stopped,
            ):
                ends: set[asyncio.Future[Any]] = {working, broken, stopped}
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                if printer.error is not None:
                    return _unwritten(printer.error)
                if working.done():
                    return working.result()
            async with ending(printer.drain()) as drained:
                await asyncio.wait({drained}, timeout=_DRAIN)
            return INTERRUPTED
    finally:
        printer.close()


async def _to_the_end(work: Callable[[Printer], Awaitable[int]], printer: Printer) -> int:
    try:
        code = await work(printer)
    except GenesysSentimentError:
        await printer.drain()
        raise
    await printer.drain()
    return code


def _unwritten(error: OSError) -> int:
    if isinstance(error, BrokenPipeError):  # nobody wants more
        return FINE
    print(f"genesys-sentiment: standard output: {error.strerror}", file=sys.stderr)
    return TROUBLE


def for_people(*, json: bool) -> bool:
    """Whether somebody looks at a terminal, and did not ask for JSON."""
    return not json and sys.stdout is not None and sys.stdout.isatty()


def printable(text: str) -> str:
    """What a terminal can be given: control characters and line ends become spaces."""
    return "".join(mark if mark.isprintable() else " " for mark in text)


def say(error: GenesysSentimentError) -> str:
    """An error as one line without control characters, with the permissions that are missing."""
    text = str(error)
    missing = [name for name in getattr(error, "missing", ()) if name not in text]
    if missing:
        text += f" (missing: {', '.join(missing)})"
    return printable(text)
