"""Every file in examples/ runs as a user would run it, and ends by itself with exit code 0."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping, Sequence

import pytest

from genesys_sentiment.simulator import Call, Simulator, builtin_calls
from genesys_sentiment.simulator.call_files import parse_call
from tests.project import ROOT, files

EXAMPLES = {path.stem: path for path in files(ROOT / "examples") if path.suffix == ".py"}
SECONDS = 6.0
"""How long the ones that would run for ever are told to run."""

FOLLOW: Mapping[str, tuple[str, ...]] = {
    "print_scores": ("customer", "negative", "positive", "overall", "adds up: True"),
    "callbacks": ("'negative': ", "failed=0", "timed_out=0", "pending=0"),
    "own_analyzer": ("keywords negative keyword:", "keywords positive keyword:"),
    "suggestions_on_queue": (
        "suggested: Tracing a parcel without scans",
        "suppressed: too uncertain 1",
        "accepted: 1 of 1 accepted, 1.00",
        "adds up: True",
    ),
    "states_on_queue": ("agent call connected", "agent call disconnected", "adds up: True"),
}
"""What those that follow a queue must print, among other things."""

ALERTS: Mapping[str, tuple[str, ...]] = {
    "alert_on_queue": ("raised polarity +3.00", "raised trend -", "adds up: True"),
    "alert_on_trend": ("alert trend: -0.80 for 30 s", "because of -0.80", "adds up: True"),
    "follow_interaction_states": (
        "None -> queued",
        "queued -> ringing",
        "ringing -> connected",
        "connected -> completed",
        "moved: 4 unexpected: 0",
        "adds up: True",
    ),
}
"""The same, of those that are shown a call that stays bad."""

GOING_ON: Mapping[str, tuple[str, ...]] = {
    "score_interactions": ("negative", "positive", "adds up: True", "failed=0"),
    "rank_suggestions": (
        "0.64  Tracing a parcel without scans",
        "offered 1, too uncertain 0",
        "offered 2, too uncertain 1",
        "acceptance rate: 1.0",
        "adds up: True",
    ),
}
"""The same, of those that ask which interactions are going on, and subscribe to each."""

ON_DEMAND: Mapping[str, tuple[str, ...]] = {
    "chat_sentiment_on_demand": (
        '"polarity": "negative"',
        '"threshold": 0.8',
        "noted at the chat: written",
    ),
    "sentiment_by_rest": (
        "the platform: -0.18 trend 0.62",
        "ours: scored",
        "noted at the customer: written",
    ),
}
"""The same, of those that ask about one conversation."""

REPLAY = ("scores live", "the same scores again: True")


async def _run(name: str, simulator: Simulator, *arguments: str) -> str:
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
        str(EXAMPLES[name]),
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
    assert (process.returncode, err.decode()) == (0, ""), name
    return out.decode()


async def _together(
    expected: Mapping[str, Sequence[str]],
    simulator: Simulator,
    listening: Callable[[], bool],
) -> None:
    """Run several side by side, as programs that share a queue would, and play when they listen."""

    async def play() -> None:
        while not listening():
            await asyncio.sleep(0.02)
        await simulator.play()

    playing = asyncio.create_task(play(), name="playing")
    try:
        outs = await asyncio.gather(
            *(_run(name, simulator, *_arguments(name, simulator)) for name in expected)
        )
    finally:
        playing.cancel()
        await asyncio.wait({playing})
    for (name, words), out in zip(expected.items(), outs, strict=True):
        for word in words:
            assert word in out, (name, out)


def _arguments(name: str, simulator: Simulator) -> tuple[str, ...]:
    queue = () if name == "follow_interaction_states" else (simulator.queue_id,)
    return (*queue, str(SECONDS))


def _call(name: str) -> Call:
    return next(call for call in builtin_calls() if call.name == name)


def _bad(medium: str) -> Call:
    """70 seconds in which a customer is angry, every five seconds."""
    header = f'{{"medium": "{medium}"}}'
    mood = '"mood": {"score": -0.8, "confidence": 0.9, "emotion": "anger"}'
    turns = [
        f'{{"speaker": "caller", "start_ms": {5000 * turn}, "duration_ms": 2000, {mood},'
        ' "text": "I am very angry, this is terrible and ridiculous."}'
        for turn in range(14)
    ]
    return parse_call("bad", "\n".join([header, *turns]), "bad.jsonl")


def test_every_example_is_known_here() -> None:
    known = [*FOLLOW, *ALERTS, *GOING_ON, *ON_DEMAND, "replay_recording"]
    assert sorted(known) == sorted(EXAMPLES)


async def test_the_examples_follow_a_queue() -> None:
    """Side by side: each has a channel of its own."""
    calls = [call for call in builtin_calls() if call.language.startswith("en")]
    async with Simulator(calls, speed=40.0) as simulator:
        await _together(FOLLOW, simulator, lambda: simulator.open_sockets == len(FOLLOW))


async def test_the_examples_watch_a_call_that_stays_bad() -> None:
    """S3-10, S4-13: alerts and transitions, over the tutorials' sockets and the platform's own."""
    async with Simulator([_bad("voice")], speed=40.0) as simulator:
        await _together(ALERTS, simulator, lambda: simulator.open_sockets == len(ALERTS))


async def test_the_examples_join_what_is_going_on() -> None:
    """S0-10, S0-11, S2-08, S2-11: subscribed by id, scored, ranked and accepted over the tutorials'
    sockets."""
    async with Simulator([_call("parcel-anger-to-relief")], speed=30.0) as simulator:
        await _together(GOING_ON, simulator, lambda: simulator.open_sockets == len(GOING_ON))


@pytest.mark.parametrize("name", sorted(ON_DEMAND))
async def test_the_examples_ask_about_one_conversation(name: str) -> None:
    """S1-04, S1-13, S1-21: on demand, after it has ended, with the note written back."""
    call = _call("parcel-anger-to-relief") if name == "sentiment_by_rest" else _bad("chat")
    async with Simulator([call], speed=300.0, wait=0.0) as simulator:
        await simulator.play()
        out = await _run(name, simulator, simulator.conversations[0])
    for word in ON_DEMAND[name]:
        assert word in out


async def test_the_replay_example_brings_its_own_simulator() -> None:
    async with Simulator() as unused:
        out = await _run("replay_recording", unused)
        assert unused.token_requests == 0
    for expected in REPLAY:
        assert expected in out
