"""``demo``: a local Genesys Cloud, and this library following it."""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from collections.abc import Sequence
from typing import Final

from genesys_sentiment.cli.destinations import add_sinks
from genesys_sentiment.cli.options import add_calls, add_output, calls_of, positive
from genesys_sentiment.cli.outgoing import outgoing
from genesys_sentiment.cli.run import Run
from genesys_sentiment.cli.views import make_view
from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.cloud.regions import endpoints
from genesys_sentiment.simulator import Call, Simulator
from genesys_sentiment.streaming.stream import Stream
from genesys_sentiment.streaming.watch import watch

_DESCRIPTION = """\
Starts a Genesys Cloud on this machine, opens a real Notifications channel over HTTP and a
WebSocket, plays recorded calls through it, and follows, scores and shows them: what `stream` does
with your organisation. Ends by itself when the calls have ended, with a summary of the accounting.
"""
_EPILOG = """\
examples:
  genesys-sentiment demo
  genesys-sentiment demo --speed 1               in real time
  genesys-sentiment demo --calls recordings/ --json | jq 'select(.type == "score")'
  genesys-sentiment demo --sink file:records.jsonl --journal outbox.db
"""
_PLAYED_IN: Final = 6.0
"""Seconds that the longest call takes unless --speed says otherwise."""
_SETTLE: Final = 3.0
"""Seconds at most for frames that were sent and have not arrived yet."""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "demo",
        help="show everything at work on this machine, without an organisation",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_calls(parser)
    parser.add_argument(
        "--speed",
        type=positive,
        metavar="X",
        help="play X times as fast as real time (default: so that it takes about 10 s)",
    )
    add_output(parser)
    add_sinks(parser)
    parser.set_defaults(run=run)


async def run(options: argparse.Namespace) -> int:
    """Run the command; its exit code."""
    calls = calls_of(options)
    speed = options.speed or default_speed(calls)
    async with (
        outgoing(options, os.environ) as out,
        Simulator(calls, speed=speed) as simulator,
    ):
        addresses = endpoints(simulator.api_url, simulator.login_url)
        async with Cloud(addresses, simulator.client_id, simulator.client_secret) as cloud:
            stream = watch(cloud, queues=[simulator.queue_id])
            title = f"{len(calls)} calls at {speed:.3g} times their speed"
            view = make_view(json=options.json, text=options.text, title=title)
            show = Run(stream, view, outgoing=out)
            return await show.until(_play(simulator, stream), patient=True)


def default_speed(calls: Sequence[Call]) -> float:
    """As fast as it takes for a demonstration that nobody has to wait for; never slower than real.

    The calls are played side by side, so the longest decides.
    """
    return max(1.0, max((call.duration for call in calls), default=0.0) / _PLAYED_IN)


async def _play(simulator: Simulator, stream: Stream) -> None:
    """Play all calls, and wait until what was sent has been received."""
    await stream.ready()
    await simulator.play()
    patience = time.monotonic() + _SETTLE
    while time.monotonic() < patience:
        if stream.counters.received >= simulator.frames_sent.total():
            return
        await asyncio.sleep(0.02)
