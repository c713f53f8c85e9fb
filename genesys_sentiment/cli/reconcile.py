"""``reconcile``: whether the numbers of a journal agree with its rows."""

from __future__ import annotations

import argparse

from genesys_sentiment.cli.codes import FINE, TROUBLE
from genesys_sentiment.cli.journals import add_journal, journal_at
from genesys_sentiment.cli.lines import Put, for_people, printable, printing
from genesys_sentiment.cli.options import add_json
from genesys_sentiment.cli.tally import of_sink
from genesys_sentiment.model.export import encode

_DESCRIPTION = """\
Counts everything in the journal of a run that has ended again, sink by sink, and says whatever
does not agree: offered = sent + dropped + dead letters + pending, and each of them with the rows.
Reads the whole file.
"""
_EPILOG = """\
examples:
  genesys-sentiment reconcile --journal outbox.db
  genesys-sentiment reconcile --journal outbox.db --json | jq .problems

exit codes:
  0    everything agrees
  1    something does not; or the output could not be written
  2    there is no such journal, or a process has it open
  130  ended by Ctrl-C or SIGTERM
"""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "reconcile",
        help="count a journal again",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_journal(parser)
    add_json(parser)
    parser.set_defaults(run=run)


async def run(options: argparse.Namespace) -> int:
    """Run the command; its exit code."""

    async def count(put: Put) -> int:
        async with journal_at(options.journal) as journal:
            problems = list(await journal.reconcile())
            tallies = await journal.tallies()
        if not for_people(json=options.json):
            sinks = {name: of_sink(each) for name, each in tallies.items()}
            put(encode({"type": "reconciliation", "sinks": sinks, "problems": problems}))
        else:
            agrees = f"ok  the numbers of {len(tallies)} sinks agree"
            for each in [f"WRONG  {problem}" for problem in problems] or [agrees]:
                put(printable(each).encode())
        return TROUBLE if problems else FINE

    return await printing(count)
