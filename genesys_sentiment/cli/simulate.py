"""``simulate``: a local Genesys Cloud for other programs to talk to."""

from __future__ import annotations

import argparse
import asyncio
import os

from genesys_sentiment.cli.codes import FINE
from genesys_sentiment.cli.options import add_calls, calls_of, port, positive
from genesys_sentiment.cli.run import ending, stopping
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.export import encode
from genesys_sentiment.simulator import Simulator

_DESCRIPTION = """\
Runs a Genesys Cloud on this machine until Ctrl-C or SIGTERM. When it is ready it prints one JSON
line with apiUrl, loginUrl, clientId, clientSecret and queueId. The calls begin when a client has
opened a channel that subscribes to the queue's conversations.
"""
_EPILOG = """\
examples:
  genesys-sentiment simulate --port 8080 --client-secret only-for-tests
  GENESYS_CLIENT_ID=demo-client GENESYS_CLIENT_SECRET=only-for-tests genesys-sentiment stream \\
      --api-url http://127.0.0.1:8080 --login-url http://127.0.0.1:8080 --queue QUEUE_ID
"""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "simulate",
        help="run a local Genesys Cloud that plays calls",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--port", type=port, default=0, metavar="P", help="0, the default: any that is free"
    )
    add_calls(parser)
    parser.add_argument(
        "--speed", type=positive, default=1.0, metavar="X", help="times real time (default: 1)"
    )
    parser.add_argument("--loop", action="store_true", help="play the calls again and again")
    parser.add_argument("--client-id", default="demo-client", metavar="ID")
    parser.add_argument(
        "--client-secret", metavar="SECRET", help="(default: a new one, in the JSON line)"
    )
    parser.set_defaults(run=run)


async def run(options: argparse.Namespace) -> int:
    """Run the command; its exit code."""
    simulator = Simulator(
        calls_of(options),
        port=options.port,
        speed=options.speed,
        client_id=options.client_id,
        client_secret=options.client_secret,
    )
    with stopping() as stop:
        try:
            await simulator.__aenter__()
        except OSError as error:
            raise ConfigurationError(
                f"port {options.port} cannot be used: {os.strerror(error.errno or 0)};"
                " choose another --port, or 0 for any that is free"
            ) from None
        try:
            _announce(simulator)
            async with (
                ending(_play(simulator, again=options.loop)) as playing,
                ending(stop.wait()) as stopped,
            ):
                await asyncio.wait({playing, stopped}, return_when=asyncio.FIRST_COMPLETED)
                if playing.done():
                    playing.result()
                await stopped
        finally:
            await simulator.__aexit__(None, None, None)
    return FINE


def _announce(simulator: Simulator) -> None:
    line = encode(
        {
            "apiUrl": simulator.api_url,
            "loginUrl": simulator.login_url,
            "clientId": simulator.client_id,
            "clientSecret": simulator.client_secret,
            "queueId": simulator.queue_id,
        }
    )
    print(line.decode(), flush=True)


async def _play(simulator: Simulator, *, again: bool) -> None:
    await simulator.watched()
    await simulator.play()
    while again:
        await simulator.play()
