"""``outbox``: what a journal keeps for its sinks, and what is to become of it."""

from __future__ import annotations

import argparse
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec

from genesys_sentiment.cli.codes import FINE, TROUBLE
from genesys_sentiment.cli.journals import add_journal, journal_at, tallies_of
from genesys_sentiment.cli.lines import Put, for_people, printable, printing
from genesys_sentiment.cli.options import add_json
from genesys_sentiment.cli.tally import in_words, of_sink
from genesys_sentiment.delivery.journal import Journal
from genesys_sentiment.delivery.log import Consumer, Dead
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.export import Exported, encode, iso

_DESCRIPTION = """\
Looks into the journal of a run with --sink and --journal that has ended, and says what is to
become of its dead letters: records that a sink refused, or did not take in all tries.
"""
_EPILOG = """\
examples:
  genesys-sentiment outbox status --journal outbox.db
  genesys-sentiment outbox dead --journal outbox.db --json | jq -r .id
  genesys-sentiment outbox retry --journal outbox.db --all
  genesys-sentiment outbox discard --journal outbox.db --sink webhook:example.org:0a1b2c3d ID
  genesys-sentiment outbox forget --journal outbox.db --sink webhook:example.org:0a1b2c3d

exit codes:
  0    done
  1    the accounting of a sink does not add up: see `reconcile`; or the output could not be written
  2    there is no such journal, sink or dead letter, or a process has the journal open
  130  ended by Ctrl-C or SIGTERM
"""
_AT_ONCE: Final = 100
"""Dead letters that are read together."""

_Work: TypeAlias = Callable[[Journal, argparse.Namespace, Put], Awaitable[int]]


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "outbox",
        help="see and settle what waits for sinks in a journal",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    _action(actions, "status", "what became of every record, by sink", _status)
    dead = _action(actions, "dead", "the dead letters, oldest first", _dead)
    dead.add_argument(
        "--body",
        action="store_true",
        help="with their content: what was said, if the run had --text",
    )
    again = "all of them; what waits for its next try is due now, too"
    _chosen(_action(actions, "retry", "try dead letters again, in the next run", _retry), again)
    _chosen(_action(actions, "discard", "drop dead letters for good", _discard), "all of them")
    _action(actions, "forget", "give up a sink that does not come back", _forget, need_sink=True)


def _action(
    actions: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    text: str,
    work: _Work,
    *,
    need_sink: bool = False,
) -> argparse.ArgumentParser:
    parser = actions.add_parser(
        name, help=text, description=text.capitalize() + ".", allow_abbrev=False
    )
    add_journal(parser)
    parser.add_argument(
        "--sink",
        metavar="NAME",
        required=need_sink,
        help="of this sink, by the name that `status` shows",
    )
    add_json(parser)
    parser.set_defaults(run=_run, work=work)
    return parser


def _chosen(parser: argparse.ArgumentParser, all_of_them: str) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("ids", nargs="*", default=[], metavar="ID", help="as `dead` shows them")
    which.add_argument("--all", action="store_true", help=all_of_them)


async def _run(options: argparse.Namespace) -> int:
    async def work(put: Put) -> int:
        async with journal_at(options.journal) as journal:
            code: int = await options.work(journal, options, put)
            return code

    return await printing(work)


async def _status(journal: Journal, options: argparse.Namespace, put: Put) -> int:
    found = await tallies_of(journal, options.sink)
    for name, tally in found.items():
        exported = of_sink(tally)
        _show({"type": "sink", "sink": name, **exported}, in_words(exported), options, put)
    return TROUBLE if any(each.problems() for each in found.values()) else FINE


async def _dead(journal: Journal, options: argparse.Namespace, put: Put) -> int:
    for name, consumer in (await _consumers(journal, options.sink)).items():
        after = -1
        while found := await consumer.dead(_AT_ONCE, after):
            for each in found:
                exported = _exported(name, each, body=options.body)
                words = "{id}  {kind}  {tries} tries  {reason}  {at}".format_map(exported)
                words += f"  {each.entry.body.decode()}" if options.body else ""
                _show(exported, words, options, put)
            after = found[-1].entry.sequence
    return FINE


async def _retry(journal: Journal, options: argparse.Namespace, put: Put) -> int:
    now = time.time()

    async def retry(consumer: Consumer, ids: Sequence[str] | None) -> int:
        if ids is None:
            await consumer.hurry(now)
        return await consumer.retry(ids, now)

    return await _settle(journal, options, put, "retried", retry)


async def _discard(journal: Journal, options: argparse.Namespace, put: Put) -> int:
    async def discard(consumer: Consumer, ids: Sequence[str] | None) -> int:
        return await consumer.discard(ids)

    return await _settle(journal, options, put, "discarded", discard)


async def _settle(
    journal: Journal,
    options: argparse.Namespace,
    put: Put,
    done: str,
    settle: Callable[[Consumer, Sequence[str] | None], Awaitable[int]],
) -> int:
    ids: list[str] | None = None if options.all else options.ids
    total = 0
    for name, consumer in (await _consumers(journal, options.sink)).items():
        total += (count := await settle(consumer, ids))
        if count or options.all:
            exported: Exported = {"type": "outbox", "sink": name, done: count}
            _show(exported, f"{count} dead letters {done}", options, put)
    if ids and not total:
        raise ConfigurationError("there is no such dead letter: `outbox dead` shows them")
    return FINE


async def _forget(journal: Journal, options: argparse.Namespace, put: Put) -> int:
    (tally,) = (await tallies_of(journal, options.sink)).values()
    await journal.forget(options.sink)
    given_up = tally.pending + tally.dead
    exported: Exported = {"type": "outbox", "sink": options.sink, "forgotten": given_up}
    _show(exported, f"forgotten, with {given_up} records that it had not got", options, put)
    return FINE


async def _consumers(journal: Journal, sink: str | None) -> dict[str, Consumer]:
    return {name: await journal.consumer(name) for name in await tallies_of(journal, sink)}


def _exported(sink: str, dead: Dead, *, body: bool) -> dict[str, Any]:
    exported = {
        "type": "deadLetter",
        "sink": sink,
        "id": dead.entry.id,
        "kind": dead.entry.kind,
        "conversationId": dead.entry.conversation,
        "tries": dead.tries,
        "reason": dead.reason,
        "at": iso(dead.at),
    }
    return {**exported, "body": msgspec.Raw(dead.entry.body)} if body else exported


def _show(
    exported: Mapping[str, object], words: str, options: argparse.Namespace, put: Put
) -> None:
    if for_people(json=options.json):
        put(printable(f"{exported['sink']}  {words}").encode())
    else:
        put(encode(exported))
