"""``sentiment``: what the platform found in conversations that are over."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from genesys_sentiment.cli.codes import BAD_INPUT, FINE
from genesys_sentiment.cli.lines import Put, for_people, printable, printing, say
from genesys_sentiment.cli.options import add_json, positive
from genesys_sentiment.cli.where import add_where, credentials_of
from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.cloud.sentiment import Sentiments
from genesys_sentiment.dialects import topics
from genesys_sentiment.errors import GenesysSentimentError, PermissionDenied
from genesys_sentiment.model.events import Reading
from genesys_sentiment.model.export import to_json
from genesys_sentiment.model.results import Record, Score, Skipped
from genesys_sentiment.scoring.scale import PERCENT, POLARITY
from genesys_sentiment.scoring.scorer import Scorer

_DESCRIPTION = """\
Asks the platform for the sentiment of conversations, scores it, and shows one line for each, as
soon as it is known: a score, or why there is none. The platform analyses a conversation after it
has ended; until then it answers as if there were no such conversation (no_data).

The credentials come from the environment, as for `stream`. The client's roles need
recording:recording:view and speechAndTextAnalytics:data:view.
"""
_EPILOG = """\
examples:
  genesys-sentiment sentiment 5a3f0c1e-1b2c-4d5e-8f90-a1b2c3d4e5f6
  genesys-sentiment sentiment ID ID --wait 600 --json | jq .polarityRaw

exit codes:
  0    every conversation was answered; "no_data" is an answer
  1    the output could not be written
  2    an option, address, credential or permission must be changed, a score does not fit --scale,
       or the platform failed; stderr says which
  130  ended by Ctrl-C or SIGTERM before every conversation was answered
"""
_AT_ONCE: Final = 20
"""Conversations waited for side by side: each asks at most every 15 s, so 80 calls a minute of the
300 that a token has."""
_EVERY: Final = 15.0
"""Seconds at least between two questions about one conversation, where the wait is long enough."""
_REST_DEADLINE: Final = 8.0
"""Seconds of retries of one REST call."""
_SCALES: Final = {"1": POLARITY, "100": PERCENT}


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "sentiment",
        help="ask for the platform's sentiment of conversations",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("conversation", nargs="+", metavar="CONVERSATION", help="its id")
    parser.add_argument(
        "--wait",
        type=positive,
        metavar="S",
        help="ask again for S seconds while there is none (default: ask once)",
    )
    parser.add_argument(
        "--scale",
        choices=_SCALES,
        default="1",
        help="the platform's scores are −1…1 (the default) or −100…100; never guessed",
    )
    add_where(parser)
    add_json(parser)
    parser.set_defaults(run=run)


async def run(options: argparse.Namespace) -> int:
    """Run the command; its exit code."""
    found = credentials_of(options)
    wanted = tuple(dict.fromkeys(topics.check_id(each) for each in options.conversation))
    async with Cloud(
        found.endpoints, found.client_id, found.client_secret, deadline=_REST_DEADLINE
    ) as cloud:
        sentiments = Sentiments(cloud.rest, scale=_SCALES[options.scale])
        show = _line if for_people(json=options.json) else to_json
        return await printing(lambda put: Asking(sentiments, show, put, options.wait).about(wanted))


class Asking:
    """One run. ``wait``: seconds that each conversation is asked for again; None: asked once."""

    def __init__(
        self, sentiments: Sentiments, show: Callable[[Record], bytes], put: Put, wait: float | None
    ) -> None:
        self._sentiments = sentiments
        self._show = show
        self._put = put
        self._wait = wait
        self._scorer = Scorer()
        self._wrong: list[str] = []

    async def about(self, conversations: Iterable[str]) -> int:
        """Ask about all; the exit code. Raises what concerns not only one of them."""
        left = deque(conversations)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(_AT_ONCE, len(left))):
                    group.create_task(self._ask(left))
        except* GenesysSentimentError as several:
            failure: BaseException = several
            while isinstance(failure, BaseExceptionGroup):
                failure = failure.exceptions[0]
        else:
            return self._judge()
        raise failure

    async def _ask(self, left: deque[str]) -> None:
        while left:
            conversation = left.popleft()
            try:
                found = await self._get(conversation)
            except PermissionDenied as error:
                # A division may hide one conversation and not the next.
                self._wrong.append(f"{conversation}: {say(error)}")
                continue
            for record in self._scorer(found, time.time()):
                if isinstance(record, Skipped) and record.reason == "invalid":
                    self._wrong.append(f"{conversation}: {record.detail}; see --scale")
                self._put(self._show(record))

    async def _get(self, conversation: str) -> Reading | Skipped:
        if self._wait is None:
            return await self._sentiments.get(conversation)
        every = min(_EVERY, max(1.0, self._wait / 4))
        return await self._sentiments.wait(conversation, patience=self._wait, every=every)

    def _judge(self) -> int:
        for each in self._wrong:
            print(f"genesys-sentiment: {printable(each)}", file=sys.stderr)
        return BAD_INPUT if self._wrong else FINE


def _line(record: Record) -> bytes:
    """For people: the conversation, and what was found or why nothing."""
    match record:
        case Score(event=Reading(trend=float(trend))):
            found = f"{record.polarity:<8} {record.polarity_raw:+.2f}  trend {trend:+.2f}"
        case Score():
            found = f"{record.polarity:<8} {record.polarity_raw:+.2f}"
        case Skipped():
            found = f"no score  {record.reason}: {record.detail}"
        case _:
            found = type(record).__name__
    return printable(f"{record.conversation}  {found}").encode()
