"""Where the command line begins and ends: arguments in, an exit code and clear errors out."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from genesys_sentiment.cli import (
    analyze,
    audit,
    demo,
    doctor,
    outbox,
    reconcile,
    sentiment,
    simulate,
    stream,
)
from genesys_sentiment.cli.codes import BAD_INPUT, INTERRUPTED, TROUBLE
from genesys_sentiment.cli.lines import say
from genesys_sentiment.errors import (
    AuthError,
    CloudError,
    ConfigurationError,
    ConnectionFailed,
    GenesysSentimentError,
    PermissionDenied,
)

_DESCRIPTION = "Live, explainable sentiment scores from Genesys Cloud conversations."
_EPILOG = """\
try it, with nothing but this machine:
  genesys-sentiment demo

against your organisation (an OAuth client of the client-credentials grant):
  export GENESYS_CLIENT_ID=... GENESYS_CLIENT_SECRET=... GENESYS_REGION=eu-central-1
  genesys-sentiment doctor
  genesys-sentiment stream --queue 5a3f0c1e-... --json

exit codes:
  0    fine; also when ended by Ctrl-C, SIGTERM, --seconds, --events or a closed pipe
  1    records were lost or given up, something broke inside, an audit or a journal is not right,
       or `doctor` could not learn something
  2    an option, address, credential or permission must be changed; stderr says which
  130  interrupted before anything ran, or before a command that answers had finished
"""

_COMMANDS = (demo, simulate, stream, sentiment, analyze, doctor, outbox, audit, reconcile)
_FIXABLE = (ConfigurationError, AuthError, PermissionDenied, ConnectionFailed, CloudError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    # An application's business, and so of this file only: the library configures no logging.
    logging.basicConfig(level=logging.WARNING, format="genesys-sentiment: %(message)s")
    try:
        options = _parser().parse_args(arguments)
        code: int = asyncio.run(options.run(options))
    except KeyboardInterrupt:
        return INTERRUPTED
    except GenesysSentimentError as error:
        print(f"genesys-sentiment: {say(error)}", file=sys.stderr)
        return BAD_INPUT if isinstance(error, _FIXABLE) else TROUBLE
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="genesys-sentiment",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {_version()}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in _COMMANDS:
        command.add(commands)
    return parser


def _version() -> str:
    try:
        return version("genesys-sentiment")
    except PackageNotFoundError:
        return "(not installed)"
