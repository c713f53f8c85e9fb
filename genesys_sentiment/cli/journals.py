"""Opening the journal that an option names."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from genesys_sentiment.delivery.journal import Journal
from genesys_sentiment.delivery.log import Tally
from genesys_sentiment.errors import ConfigurationError, LogFailed


def add_journal(parser: argparse.ArgumentParser) -> None:
    """--journal, of a run that has ended."""
    parser.add_argument(
        "--journal", type=Path, required=True, metavar="FILE", help="that of a run that has ended"
    )


@asynccontextmanager
async def journal_at(path: Path, *, new: bool = False) -> AsyncIterator[Journal]:
    """The journal, open. ``new``: it is made where there is none.

    Raises ConfigurationError where there is none, it is in use, or it cannot be opened.
    """
    if not (new or path.is_file()):  # noqa: ASYNC240 - once, before anything runs
        raise ConfigurationError(f"there is no journal at {path}")
    journal = Journal(path)
    try:
        try:
            await journal.open()
        except LogFailed as error:
            raise ConfigurationError(str(error)) from None
        yield journal
    finally:
        await journal.close()


async def tallies_of(journal: Journal, sink: str | None) -> Mapping[str, Tally]:
    """Of all its sinks, or of one. Raises ConfigurationError for one that it does not know."""
    found = await journal.tallies()
    if sink is None:
        return found
    if sink not in found:
        known = ", ".join(found) or "none"
        raise ConfigurationError(f"{journal.path} knows no sink {sink!r}; its sinks are: {known}")
    return {sink: found[sink]}
