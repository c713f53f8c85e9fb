"""Every file in examples/ runs as a user would run it, and ends by itself with exit code 0."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from genesys_sentiment.simulator import Simulator, builtin_calls
from tests.project import ROOT, files

EXAMPLES = {path.stem: path for path in files(ROOT / "examples") if path.suffix == ".py"}
SECONDS = 6.0
"""How long the ones that would run for ever are told to run."""

SAYS = {
    "print_scores": ("customer", "negative", "positive", "overall", "adds up: True"),
    "callbacks": ("'negative': ", "failed=0", "timed_out=0", "pending=0"),
    "own_analyzer": ("keywords negative keyword:", "keywords positive keyword:"),
    "replay_recording": ("scores live", "the same scores again: True"),
}
"""What each must print, among other things."""


async def _run(path: Path, simulator: Simulator, *arguments: str) -> str:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GENESYS_")},
        "GENESYS_API_URL": simulator.api_url,
        "GENESYS_LOGIN_URL": simulator.login_url,
        "GENESYS_CLIENT_ID": simulator.client_id,
        "GENESYS_CLIENT_SECRET": simulator.client_secret,
        "PYTHONWARNINGS": "error",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(path),
        *arguments,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(30):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    assert (process.returncode, err.decode()) == (0, "")
    return out.decode()


def test_every_example_is_known_here() -> None:
    assert set(EXAMPLES) == set(SAYS)


async def test_the_examples_follow_a_queue() -> None:
    """Side by side, as programs that share a queue would: each has a channel of its own."""
    names = sorted(SAYS.keys() - {"replay_recording"})
    calls = [call for call in builtin_calls() if call.language.startswith("en")]
    async with Simulator(calls, speed=40.0) as simulator:
        playing = asyncio.create_task(_play(simulator, listeners=len(names)), name="playing")
        try:
            outs = await asyncio.gather(
                *(
                    _run(EXAMPLES[name], simulator, simulator.queue_id, str(SECONDS))
                    for name in names
                )
            )
        finally:
            playing.cancel()
            await asyncio.wait({playing})
    for name, out in zip(names, outs, strict=True):
        for expected in SAYS[name]:
            assert expected in out, name


async def test_the_replay_example_brings_its_own_simulator() -> None:
    async with Simulator() as unused:
        out = await _run(EXAMPLES["replay_recording"], unused)
        assert unused.token_requests == 0
    for expected in SAYS["replay_recording"]:
        assert expected in out


async def _play(simulator: Simulator, *, listeners: int) -> None:
    while simulator.open_sockets < listeners:
        await asyncio.sleep(0.02)
    await simulator.play()
