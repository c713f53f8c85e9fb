"""``stream``: follow an organisation's conversations and show them scored."""

from __future__ import annotations

import argparse
import asyncio
import os
from typing import Final

from genesys_sentiment.cli.destinations import AUDIT_KEY, WEBHOOK_SECRET, add_sinks
from genesys_sentiment.cli.options import add_output, count, positive
from genesys_sentiment.cli.outgoing import REDACTION_KEY, outgoing
from genesys_sentiment.cli.run import Run
from genesys_sentiment.cli.views import make_view
from genesys_sentiment.cli.where import add_where, credentials_of
from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.cloud.regions import host_of
from genesys_sentiment.dialects import topics
from genesys_sentiment.errors import ConfigurationError, ConnectionFailed
from genesys_sentiment.streaming.stream import Stream
from genesys_sentiment.streaming.watch import watch

_DESCRIPTION = """\
Opens a Notifications channel of your organisation, follows the queues, agents and conversations
that you name, and shows every utterance scored, live. Runs until Ctrl-C, SIGTERM, --seconds or
--events; the last line is a summary with all counters.

The credentials come from the environment: GENESYS_CLIENT_ID and GENESYS_CLIENT_SECRET of an OAuth
client of the client-credentials grant, and GENESYS_REGION (or GENESYS_API_URL and
GENESYS_LOGIN_URL). The client's roles need routing:queue:view or the like for what is watched, and
conversation:transcription:view for the transcripts.

With --sink every record also goes to a file or another system, at least once and in the order of
its conversation; with --journal also after a crash. At the end the sinks have 10 s for the rest.
"""
_EPILOG = """\
examples:
  genesys-sentiment stream --queue 5a3f0c1e-1b2c-4d5e-8f90-a1b2c3d4e5f6
  genesys-sentiment stream --region mypurecloud.de --queue ID --queue ID --json >> scores.jsonl
  genesys-sentiment stream --conversation ID --events 100 --text
  genesys-sentiment stream --topic v2.users.ID.routingStatus --seconds 60
  genesys-sentiment stream --queue ID --journal outbox.db \\
      --sink webhook+https://example.org/hook --sink audit:audit.jsonl

environment of sinks:
  {secret}  whsec_…: signs what webhooks post
  {audit}       16 bytes or more, for --sink audit:PATH
  {redaction}   16 bytes or more: with --text, pseudonyms stay the same over
                                    restarts
"""
_OPEN_WITHIN: Final = 12.0
"""Seconds until an organisation that was never reached is given up."""
_REST_DEADLINE: Final = 8.0
"""Seconds of retries of one REST call; below the above, so that its error can be told."""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "stream",
        help="follow the conversations of your organisation",
        description=_DESCRIPTION,
        epilog=_EPILOG.format(secret=WEBHOOK_SECRET, audit=AUDIT_KEY, redaction=REDACTION_KEY),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_where(parser)
    what = parser.add_argument_group("what (at least one; each can be given again)")
    _several(what, "--queue", "ID", "a queue and all its conversations")
    _several(what, "--user", "ID", "an agent and all their conversations")
    _several(what, "--conversation", "ID", "one conversation")
    _several(what, "--topic", "T", "any topic of the Notifications service")
    until = parser.add_argument_group("until")
    until.add_argument("--events", type=count, metavar="N", help="end after N records")
    until.add_argument("--seconds", type=positive, metavar="S", help="end after S seconds")
    add_output(parser)
    add_sinks(parser)
    parser.set_defaults(run=run)


def _several(group: argparse._ArgumentGroup, name: str, metavar: str, text: str) -> None:
    group.add_argument(name, action="append", default=[], metavar=metavar, help=text)


async def run(options: argparse.Namespace) -> int:
    """Run the command; its exit code."""
    found = credentials_of(options)
    watched = _watched(options)
    async with (
        outgoing(options, os.environ) as out,
        Cloud(
            found.endpoints, found.client_id, found.client_secret, deadline=_REST_DEADLINE
        ) as cloud,
    ):
        stream = watch(
            cloud,
            queues=options.queue,
            users=options.user,
            conversations=options.conversation,
            topics=options.topic,
        )
        host = host_of(found.endpoints.api_url)
        view = make_view(json=options.json, text=options.text, title=host)
        show = Run(stream, view, outgoing=out, limit=options.events, watched=watched)
        return await show.until(_time(stream, host, options.seconds))


def _watched(options: argparse.Namespace) -> frozenset[str]:
    """The topics that the options ask for. Raises ConfigurationError."""
    wanted = (
        *(topics.queue_conversations(each) for each in options.queue),
        *(topics.user_conversations(each) for each in options.user),
        *(topics.transcription(each) for each in options.conversation),
        *(topics.sentiment(each) for each in options.conversation),
        *(single for each in options.topic for single in topics.split(each)),
    )
    if not wanted:
        raise ConfigurationError(
            "nothing to watch: give --queue, --user, --conversation or --topic"
        )
    return frozenset(wanted)


async def _time(stream: Stream, host: str, seconds: float | None) -> None:
    """Ends after ``seconds``; None: never. Raises ConnectionFailed if nothing was ever reached."""
    limit = _OPEN_WITHIN if seconds is None else min(seconds, _OPEN_WITHIN)
    began = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(limit):
            await stream.ready()
    except TimeoutError:
        why = stream.last_error or f"{host} does not answer; check the address and the network"
        raise ConnectionFailed(f"gave up after {limit:g} s: {why}", host=host) from None
    if seconds is None:
        await asyncio.Event().wait()
    else:
        await asyncio.sleep(began + seconds - asyncio.get_running_loop().time())
