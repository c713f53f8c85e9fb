"""Runs the real command on a terminal."""

from __future__ import annotations

import os
import pty
import sys
from collections.abc import Mapping
from subprocess import Popen

from tests.cli.command import PATIENCE, environment


def on_a_terminal(
    *arguments: str, env: Mapping[str, str] | None = None, **extra: str
) -> tuple[int, str]:
    """The exit code, and everything that came out of the terminal."""
    ours, theirs = pty.openpty()
    size = {"COLUMNS": "140", "LINES": "40", "TERM": "xterm"}
    python = [sys.executable, "-m", "genesys_sentiment"]
    with Popen(
        [*python, *arguments],
        stdout=theirs,
        stderr=theirs,
        env={**(environment() if env is None else env), **size, **extra},
    ) as process:
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 1 << 16):
                shown += chunk
        except OSError:  # how Linux says that the other end has been closed
            pass
        finally:
            os.close(ours)
        return process.wait(PATIENCE), shown.decode()
