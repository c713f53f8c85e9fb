"""The journal when its process is killed, and when two want it."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from genesys_sentiment.delivery.journal import Journal
from genesys_sentiment.errors import LogInUse
from tests.delivery.journal_parts import drain
from tests.project import ROOT


@contextmanager
def _process(*arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.delivery.journal_process", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _killed(path: Path, lines: int) -> list[int]:
    """Have it killed after so many lines: every number that it said was safe."""
    with _process("append", path) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
        said += process.stdout.read().splitlines()
    return [int(word) for line in said for word in line.split()[1:] if line.startswith("safe")]


async def test_what_was_acknowledged_outlives_kills(tmp_path: Path) -> None:
    """C5-01: every acknowledged id is there after kill -9, and comes once to who had none of it."""
    path = tmp_path / "j.db"
    chance = random.Random(5)
    safe: list[int] = []
    for _ in range(4):
        safe += _killed(path, chance.randrange(5, 200))
    async with Journal(path) as journal:
        assert journal.salvaged is None
        assert not await journal.reconcile()
        tallies = await journal.tallies()
        found = await drain(await journal.consumer("later"))
        assert len(found) == len(set(found)) == tallies["a"].offered
        assert set(safe) <= set(found)
        assert tallies["a"].waiting == len(await drain(await journal.consumer("a")))


@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGTERM])
async def test_another_process_is_refused_until_the_first_ends(
    tmp_path: Path, kill: signal.Signals
) -> None:
    """C5-22: and its lock ends with it, however it ends."""
    path = tmp_path / "j.db"
    with _process("append", path) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("safe")
        with pytest.raises(LogInUse, match=r"j\.db\.lock"):
            await Journal(path).open()
        process.send_signal(kill)
        process.wait()
        async with Journal(path) as journal:
            assert not await journal.reconcile()
