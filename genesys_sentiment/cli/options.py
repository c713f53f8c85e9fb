"""What several commands' options have in common."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path

from genesys_sentiment.simulator import Call, builtin_calls, load_calls


def positive(text: str) -> float:
    """A number above 0."""
    number = float(text)
    if not (math.isfinite(number) and number > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return number


def count(text: str) -> int:
    """A whole number, at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not at least 1")
    return number


def port(text: str) -> int:
    """A TCP port; 0 is any free one."""
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port (0 to 65535)")
    return number


def add_json(parser: argparse.ArgumentParser) -> None:
    """--json."""
    parser.add_argument(
        "--json",
        action="store_true",
        help="one JSON object a line, as always when the output is no terminal",
    )


def add_output(parser: argparse.ArgumentParser) -> None:
    """--json and --text."""
    add_json(parser)
    parser.add_argument(
        "--text",
        action="store_true",
        help="show what was said, too; by default no transcript text leaves",
    )


def add_calls(parser: argparse.ArgumentParser) -> None:
    """--calls."""
    parser.add_argument(
        "--calls",
        type=Path,
        metavar="DIR",
        help="play the *.jsonl call files of this folder instead of the built-in calls",
    )


def calls_of(options: argparse.Namespace) -> Sequence[Call]:
    """The calls that --calls names. Raises ConfigurationError."""
    return builtin_calls() if options.calls is None else load_calls(options.calls)
