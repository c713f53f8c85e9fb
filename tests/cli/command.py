"""Runs the real command in a process of its own, and checks what is true of every run."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from attrs import frozen

from genesys_sentiment.contracts import validator

SECRET = "canary-9f2c-secret"
"""A client secret that must never be seen in any output but that of ``simulate``."""
PATIENCE = 30.0


@frozen
class Ran:
    """How a command ended."""

    code: int | None
    out: str
    err: str

    @property
    def records(self) -> list[dict[str, Any]]:
        """Its output, every line of which must obey the published schema."""
        found = [json.loads(line) for line in self.out.splitlines()]
        for record in found:
            validator().validate(record)
        return found

    @property
    def summary(self) -> dict[str, Any]:
        """Its last line, which counts the lines before it."""
        *before, last = self.records
        assert last["type"] == "summary"
        assert last["records"] == len(before)
        assert last["scored"] == sum(each["type"] == "score" for each in before)
        assert last["problems"] == []
        return last

    def says(self, *words: str) -> None:
        """One clear line on stderr with these words, and no more than that."""
        assert len(self.err.splitlines()) == 1, self.err
        assert self.err.startswith("genesys-sentiment: ")
        for word in words:
            assert word in self.err


def environment(**extra: str) -> dict[str, str]:
    """Ours without anything of Genesys, plus ``extra``."""
    kept = {name: value for name, value in os.environ.items() if "GENESYS_" not in name}
    return {**kept, **extra}


@asynccontextmanager
async def started(
    *arguments: str, env: Mapping[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The command, running; killed on leaving if it still is."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "genesys_sentiment",
        *arguments,
        env=environment() if env is None else dict(env),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=1 << 22,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def ended(process: asyncio.subprocess.Process, before: bytes = b"") -> Ran:
    """Wait for its end. ``before`` is output that was read already."""
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    ran = Ran(process.returncode, (before + out).decode(), err.decode())
    assert "Traceback" not in ran.err, ran.err
    assert SECRET not in ran.out + ran.err
    return ran


async def command(*arguments: str, env: Mapping[str, str] | None = None) -> Ran:
    """Run the command to its end."""
    async with started(*arguments, env=env) as process:
        return await ended(process)
