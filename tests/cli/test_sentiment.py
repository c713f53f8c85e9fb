"""``sentiment``: what the platform found, of conversations that it has analysed and others."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from attrs import evolve

from genesys_sentiment.cli import main
from genesys_sentiment.simulator import Call, Refuse, Simulator, builtin_calls
from genesys_sentiment.simulator.call_files import Sentiment
from tests.cli.command import PATIENCE, SECRET, Ran, command, ended, started
from tests.cli.platform import at, platform
from tests.cli.terminal import on_a_terminal

NOBODY = "00000000-0000-4000-8000-000000000000"
LACKS = "speechAndTextAnalytics:data:view"
ONE = "GET /api/v2/speechandtextanalytics/conversations/{id}"


def angry(overall: float = -0.62, trend: float = -0.3) -> Call:
    """A call with a sentiment of its own."""
    call = min(builtin_calls(), key=lambda each: each.duration)
    return evolve(call, sentiment=Sentiment(overall=overall, trend=trend))


@asynccontextmanager
async def played(calls: Sequence[Call], *denied: str) -> AsyncIterator[Simulator]:
    """A platform on which the calls are over and analysed."""
    async with Simulator(
        calls, client_secret=SECRET, speed=2000.0, wait=0.0, denied_permissions=denied
    ) as simulator:
        await simulator.play()
        yield simulator


async def test_s1_21_the_sentiment_of_conversations_on_demand() -> None:
    """S1-21, S1-05: one record each, as `stream` prints them; no data is said, not scored."""
    async with played([angry()]) as simulator:
        (known,) = simulator.conversations
        ran = await command("sentiment", known, NOBODY, known, env=at(simulator))
        assert simulator.requests[ONE] == 2, "who is named twice is asked for once"
    assert ran.code == 0, ran.err
    assert ran.err == ""
    found = {each["conversationId"]: each for each in ran.records}
    assert len(ran.records) == 2
    score, skipped = found[known], found[NOBODY]
    assert (score["type"], score["method"]) == ("score", "platform")
    assert (score["polarityRaw"], score["polarity"]) == (-0.62, "negative")
    assert (skipped["type"], skipped["reason"]) == ("skipped", "no_data")


async def test_s1_21_the_command_waits_for_an_analysis() -> None:
    """S1-21, S1-05: the analysis comes after the call; with --wait it is asked for again."""
    async with Simulator([angry()], client_secret=SECRET, speed=2000.0, wait=0.0) as simulator:
        await simulator.play()
        (known,) = simulator.conversations
        conversation = simulator._conversations[known]
        conversation.sentiment, late = None, conversation.sentiment
        async with started("sentiment", known, "--wait", "8", env=at(simulator)) as process:
            async with asyncio.timeout(PATIENCE):
                while not simulator.requests[ONE]:
                    await asyncio.sleep(0.02)
            conversation.sentiment = late
            ran = await ended(process)
    assert ran.code == 0, ran.err
    (record,) = ran.records
    assert (record["type"], record["polarityRaw"]) == ("score", -0.62)


async def test_waiting_has_an_end() -> None:
    """S1-05: then it is said that there is none."""
    async with platform() as simulator:
        began = time.monotonic()
        ran = await command("sentiment", NOBODY, "--wait", "2.5", env=at(simulator))
        assert time.monotonic() - began < 2.5 + 5
        assert simulator.requests[ONE] >= 1
    assert ran.code == 0
    assert [each["reason"] for each in ran.records] == ["no_data"]


async def test_a_score_of_another_scale_is_code_2_and_the_scale_can_be_named() -> None:
    """S1-21: a scale is never guessed from a number."""
    async with played([angry(overall=42.0, trend=-7.0)]) as simulator:
        (known,) = simulator.conversations
        wrong = await command("sentiment", known, env=at(simulator))
        right = await command("sentiment", known, "--scale", "100", env=at(simulator))
    assert wrong.code == 2
    assert [each["reason"] for each in wrong.records] == ["invalid"]
    wrong.says(known, "check the scale", "--scale")
    assert right.code == 0, right.err
    assert [each["polarityRaw"] for each in right.records] == [0.42]


async def test_a_wrong_secret_is_one_line_however_many_are_asked_for() -> None:
    async with platform() as simulator:
        ran = await command(
            *("sentiment", NOBODY, "a", "b"), env=at(simulator, "canary-not-the-secret")
        )
        assert simulator.token_requests == 1
    assert (ran.code, ran.out) == (2, "")
    ran.says("refused the OAuth client", "check the client id")
    assert "canary" not in ran.err


async def test_a_missing_permission_is_named_for_each_conversation() -> None:
    """S1-21: a division may hide one conversation and not the next, so each is asked for."""
    async with platform((), LACKS) as simulator:
        ran = await command("sentiment", "a", "b", env=at(simulator))
        assert simulator.requests[ONE] == 2
    assert (ran.code, ran.out) == (2, "")
    lines = ran.err.splitlines()
    assert sorted(line.split(": ")[1] for line in lines) == ["a", "b"]
    assert all(LACKS in line for line in lines)


async def test_one_refusal_does_not_hide_the_answer_to_the_others() -> None:
    async with platform() as simulator:
        simulator.api_failures = [Refuse(403)]
        ran = await command("sentiment", "a", "b", env=at(simulator))
    assert ran.code == 2
    assert len(ran.records) == 1
    ran.says("403")


async def test_a_host_that_is_never_reached(unused_tcp_port: int) -> None:
    nowhere = f"http://127.0.0.1:{unused_tcp_port}"
    async with platform() as simulator:
        ran = await command(
            *("sentiment", "a", "b", "--api-url", nowhere, "--login-url", nowhere),
            env=at(simulator),
        )
    assert (ran.code, ran.out) == (2, "")
    ran.says("no connection to 127.0.0.1")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_the_waiting_and_keeps_what_is_known(number: signal.Signals) -> None:
    async with played([angry()]) as simulator:
        (known,) = simulator.conversations
        async with started(
            *("sentiment", known, NOBODY, "--wait", "500"), env=at(simulator)
        ) as process:
            assert process.stdout is not None
            first = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
            process.send_signal(number)
            ran = await ended(process, first)
    assert ran.code == 130
    assert ran.err == ""
    assert [each["conversationId"] for each in ran.records] == [known]


async def test_a_closed_pipe_ends_the_waiting_quietly() -> None:
    async with played([angry(), evolve(angry(), name="another")]) as simulator:
        known, other = simulator.conversations
        conversation = simulator._conversations[other]
        conversation.sentiment, late = None, conversation.sentiment
        async with started(
            *("sentiment", known, other, NOBODY, "--wait", "24"), env=at(simulator)
        ) as process:
            assert process.stdout is not None
            await asyncio.wait_for(process.stdout.readline(), PATIENCE)
            began = time.monotonic()
            pipe = process._transport.get_pipe_transport(1)  # type: ignore[attr-defined]
            pipe.close()
            # It closes in one of the loop's next turns: what is written before that finds a reader.
            await asyncio.sleep(0.05)
            conversation.sentiment = late
            code = await asyncio.wait_for(process.wait(), PATIENCE)
            assert process.stderr is not None
            assert await process.stderr.read() == b""
        assert time.monotonic() - began < 11, "nobody reads: why wait for the third"
    assert code == 0


async def test_output_that_cannot_be_written_is_said(full: int) -> None:
    async with platform() as simulator:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "genesys_sentiment", "sentiment", NOBODY),
            env=at(simulator),
            stdout=full,
            stderr=asyncio.subprocess.PIPE,
        )
        _, err = await process.communicate()
    assert process.returncode == 1
    assert err == b"genesys-sentiment: standard output: No space left on device\n"


async def test_a_terminal_gets_a_line_for_people() -> None:
    async with played([angry()]) as simulator:
        (known,) = simulator.conversations
        code, shown = await asyncio.to_thread(
            on_a_terminal, "sentiment", known, NOBODY, env=at(simulator)
        )
    assert code == 0
    assert f"{known}  negative -0.62  trend -0.30" in shown
    assert f"{NOBODY}  no score  no_data" in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["../x"], "not an id"),
        (["x", "--region", "eu-central-9"], "did you mean"),
        (["x", "--api-url", "http://127.0.0.1:1"], "GENESYS_LOGIN_URL"),
    ],
)
def test_bad_input_is_one_line_before_anything_is_sent(
    arguments: list[str],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for name in ("GENESYS_API_URL", "GENESYS_LOGIN_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GENESYS_REGION", "mypurecloud.de")
    monkeypatch.setenv("GENESYS_CLIENT_ID", "id")
    monkeypatch.setenv("GENESYS_CLIENT_SECRET", SECRET)
    assert main(["sentiment", *arguments]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    Ran(2, out, err).says(words)
