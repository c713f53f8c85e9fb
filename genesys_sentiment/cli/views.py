"""How records are shown: as JSON lines, or as a live table on a terminal."""

from __future__ import annotations

import asyncio
import sys
from typing import Protocol

from genesys_sentiment.cli.printer import Printer
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.export import Exported, encode, to_json
from genesys_sentiment.model.results import Record


class View(Protocol):
    """Shows records, and a summary at the end."""

    @property
    def broken(self) -> asyncio.Event:
        """Set when nobody can see it any more."""
        ...

    @property
    def error(self) -> OSError | None:
        """Why nobody can, where that is more than a closed pipe."""
        ...

    def show(self, record: Record) -> None:
        """Show one record, without waiting."""
        ...

    async def room(self) -> None:
        """Wait while more was shown than could be written."""
        ...

    async def finish(self, summary: Exported | None) -> None:
        """Show the summary, if there is one, and wait until everything is shown.

        Nothing more will come. Cancelling gives up what is not shown yet.
        """
        ...


class JsonLines:
    """One JSON object a line on standard output."""

    def __init__(self, *, text: bool) -> None:
        self._printer = Printer(sys.stdout.fileno())
        self._text = text
        self.broken = self._printer.broken

    @property
    def error(self) -> OSError | None:
        """A full disk, say. That nobody reads any more is no error."""
        error = self._printer.error
        return None if isinstance(error, BrokenPipeError) else error

    def show(self, record: Record) -> None:
        """One line."""
        self._printer.put(to_json(record, text=self._text))

    async def room(self) -> None:
        """Wait for whoever reads our output."""
        await self._printer.room()

    async def finish(self, summary: Exported | None) -> None:
        """The last line, and what is still to be written."""
        if summary is not None:
            self._printer.put(encode(summary))
        try:
            await self._printer.drain()
        finally:
            self._printer.close()


def make_view(*, json: bool, text: bool, title: str) -> View:
    """The table on a terminal that has rich, else JSON lines. Inside a running event loop.

    Raises ConfigurationError without a standard output.
    """
    if sys.stdout is None:  # its number may be a socket's by now
        raise ConfigurationError("standard output is closed: there is nowhere to print to")
    if json or not sys.stdout.isatty():
        return JsonLines(text=text)
    try:
        from genesys_sentiment.cli.table import Table  # the extra "cli": only a terminal needs it
    except ImportError:
        print(
            "genesys-sentiment: pip install 'genesys-sentiment[cli]' for a live table instead of"
            " JSON lines",
            file=sys.stderr,
        )
        return JsonLines(text=text)
    return Table(text=text, title=title)
