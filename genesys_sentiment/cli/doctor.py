"""``doctor``: looks whether an organisation lets this library work, and says what to change."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Sequence
from typing import Final

from attrs import asdict

from genesys_sentiment.cli.codes import BAD_INPUT, FINE, TROUBLE
from genesys_sentiment.cli.lines import Put, for_people, printable, printing
from genesys_sentiment.cli.options import add_json
from genesys_sentiment.cli.where import add_where, credentials_of
from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.cloud.findings import Finding
from genesys_sentiment.cloud.preflight import FEATURES, NOBODY, check
from genesys_sentiment.dialects import topics
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.export import Exported, encode

_DESCRIPTION = """\
Looks at everything that following an organisation needs, and says of each: ok, a problem, or
unknown (never taken for ok), what that means and what to do. Looks at the credentials, the hosts,
the channels in use, the topics, access to each feature, and with --queue at a queue and its
assistant. Nothing is changed, unless you ask for --subscribe.

The credentials come from the environment, as for `stream`.
"""
_EPILOG = """\
features: live, {features}

examples:
  genesys-sentiment doctor
  genesys-sentiment doctor --queue 5a3f0c1e-1b2c-4d5e-8f90-a1b2c3d4e5f6 --subscribe
  genesys-sentiment doctor --feature live --feature sentiment --json | jq 'select(.level != "ok")'

exit codes:
  0    nothing is wrong; what only --subscribe can tell may be unknown
  1    the platform failed to answer something, or the output could not be written
  2    something must be changed: there is a problem
  130  ended by Ctrl-C or SIGTERM
"""
_LIVE: Final = "live"
_REST_DEADLINE: Final = 8.0
"""Seconds of retries of one REST call."""
_WIDTH: Final = max(map(len, ("ok", "unknown", "PROBLEM")))


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "doctor",
        help="find out what your organisation lacks",
        description=_DESCRIPTION,
        epilog=_EPILOG.format(features=", ".join(FEATURES)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--queue",
        action="append",
        default=[],
        metavar="ID",
        help="a queue that is to be followed (can be given again)",
    )
    parser.add_argument(
        "--feature",
        action="append",
        choices=(_LIVE, *FEATURES),
        metavar="F",
        help="only what this one needs (can be given again; default: all)",
    )
    parser.add_argument(
        "--subscribe",
        action="store_true",
        help="subscribe the topics on a channel of its own, which says what each lacks; of the 20 "
        "channels one is used up for a day",
    )
    add_where(parser)
    add_json(parser)
    parser.set_defaults(run=run)


async def run(options: argparse.Namespace) -> int:
    """Run the command; its exit code."""
    people = for_people(json=options.json)

    async def look(put: Put) -> int:
        try:
            found = await _look(options)
        except ConfigurationError as error:
            found = (_bad_input(error),)
        for each in found:
            for line in _lines(each) if people else [encode(exported(each))]:
                put(line)
        if people:
            put(_total(found))
        return code_of(found)

    return await printing(look)


async def _look(options: argparse.Namespace) -> Sequence[Finding]:
    found = credentials_of(options)
    features = set(options.feature or (_LIVE, *FEATURES))
    queues = tuple(dict.fromkeys(topics.check_id(each) for each in options.queue))
    conversation = NOBODY if options.subscribe else "{id}"
    async with Cloud(
        found.endpoints, found.client_id, found.client_secret, deadline=_REST_DEADLINE
    ) as cloud:
        return await check(
            cloud,
            queues=queues,
            topics=needed_topics(
                features, conversation, queues if options.subscribe else ("{id}",)
            ),
            features=features - {_LIVE},
            subscribe=options.subscribe,
        )


def needed_topics(
    features: Collection[str], conversation: str, queues: Sequence[str]
) -> tuple[str, ...]:
    """The topics behind the features. ``{id}`` in place of an id gives the platform's templates."""
    found: list[str] = []
    if _LIVE in features:
        found += [topics.queue_conversations(NOBODY).replace(NOBODY, each) for each in queues]
        found.append(topics.transcription(NOBODY))
    if "sentiment" in features:
        found.append(topics.sentiment(NOBODY))
    if "suggestions" in features:
        found += topics.suggestions(NOBODY)
    return tuple(each.replace(NOBODY, conversation) for each in found)


def exported(finding: Finding) -> Exported:
    """A finding as a dictionary of plain values, in the manner of the records."""
    values = asdict(finding)
    missing = values.pop("missing")
    return {"type": "finding", **values, "missingPermissions": missing}


def code_of(found: Sequence[Finding]) -> int:
    """The exit code: 2 with a problem, 1 where the platform failed, else 0."""
    if any(one.level == "problem" for one in found):
        return BAD_INPUT
    return TROUBLE if any(one.failed for one in found) else FINE


def _bad_input(error: ConfigurationError) -> Finding:
    return Finding(
        check="configuration",
        level="problem",
        what=str(error),
        advice="nothing was sent, and nothing was looked at",
    )


def _lines(finding: Finding) -> list[bytes]:
    level = finding.level.upper() if finding.level == "problem" else finding.level
    about = f"{finding.check} {finding.subject}" if finding.subject else finding.check
    lines = [f"{level:<{_WIDTH}}  {about}: {finding.what}"]
    if finding.advice:
        lines.append(f"{'':<{_WIDTH}}  → {finding.advice}")
    return [printable(line).encode() for line in lines]


def _total(found: Sequence[Finding]) -> bytes:
    problems = sum(one.level == "problem" for one in found)
    unknown = sum(one.level == "unknown" for one in found)
    return f"{len(found)} looked at, {problems} problems, {unknown} unknown".encode()
