"""``stream``: the real thing, against a platform that is real as far as sockets go."""

from __future__ import annotations

import asyncio
import signal
import sys
import time

import pytest

from genesys_sentiment.cli import main
from genesys_sentiment.simulator import Call, Refuse
from tests.cli.command import SECRET, Ran, command, ended, environment, started
from tests.cli.conftest import SAID
from tests.cli.platform import at, platform

QUEUES = "conversation:communication:view"
ANALYTICS = "analytics:conversation:view"
TRANSCRIPTS = "conversation:transcription:view"


async def test_it_follows_a_queue_and_ends_on_ctrl_c_with_a_summary(
    calls: tuple[Call, ...],
) -> None:
    async with (
        platform(calls) as simulator,
        started("stream", "--queue", simulator.queue_id, "--text", env=at(simulator)) as process,
    ):
        await simulator.watched()
        await simulator.play()
        await asyncio.sleep(0.05)
        process.send_signal(signal.SIGINT)
        ran = await ended(process)
    assert ran.code == 0, ran.err
    assert ran.err == ""
    assert [each["text"] for each in ran.records if each["type"] == "score"] == list(SAID)
    assert ran.summary["stream"]["connections"] == 1


async def test_lines_of_a_pipe_come_at_once_and_sigterm_ends_cleanly(
    calls: tuple[Call, ...],
) -> None:
    async with (
        platform(calls) as simulator,
        started("stream", "--queue", simulator.queue_id, env=at(simulator)) as process,
    ):
        await simulator.watched()
        playing = asyncio.create_task(simulator.play())
        assert process.stdout is not None
        first = await asyncio.wait_for(process.stdout.readline(), 5)
        assert not playing.done(), "a line must not wait for the end of the calls"
        process.send_signal(signal.SIGTERM)
        ran = await ended(process, first)
        await playing
    assert ran.code == 0, ran.err
    assert ran.summary["framesReceived"] >= 1


async def test_events_ends_after_so_many_records(calls: tuple[Call, ...]) -> None:
    async with (
        platform(calls) as simulator,
        started(
            "stream", "--queue", simulator.queue_id, "--events", "2", env=at(simulator)
        ) as process,
    ):
        await simulator.watched()
        playing = asyncio.create_task(simulator.play())
        ran = await ended(process)
        playing.cancel()
        await asyncio.wait({playing})
    assert ran.code == 0, ran.err
    assert len(ran.records) == 3
    assert ran.summary["records"] == 2


async def test_seconds_ends_within_its_time() -> None:
    async with platform() as simulator:
        began = time.monotonic()
        ran = await command(
            *("stream", "--queue", simulator.queue_id, "--seconds", "1"), env=at(simulator)
        )
        took = time.monotonic() - began
    assert ran.code == 0, ran.err
    assert 1 <= took < 1 + 5
    assert ran.summary["records"] == 0


async def test_a_closed_pipe_ends_it_quietly(calls: tuple[Call, ...]) -> None:
    async with (
        platform(calls) as simulator,
        started("stream", "--queue", simulator.queue_id, env=at(simulator)) as process,
    ):
        await simulator.watched()
        playing = asyncio.create_task(simulator.play())
        assert process.stdout is not None
        await asyncio.wait_for(process.stdout.readline(), 5)
        pipe = process._transport.get_pipe_transport(1)  # type: ignore[attr-defined]
        pipe.close()
        code = await asyncio.wait_for(process.wait(), 10)
        assert process.stderr is not None
        assert await process.stderr.read() == b""
        await playing
    assert code == 0


async def test_a_wrong_secret_is_one_line_and_code_2() -> None:
    """S0-04, S0-27: with what to check, and without the secret."""
    async with platform() as simulator:
        ran = await command(
            *("stream", "--queue", simulator.queue_id), env=at(simulator, "canary-not-the-secret")
        )
        assert simulator.token_requests == 1
    assert ran.code == 2
    assert ran.out == ""
    ran.says("refused the OAuth client", "check the client id, the client secret and the region")
    assert "canary" not in ran.err


async def test_missing_permissions_for_everything_are_named() -> None:
    """S0-27: each by its name."""
    async with platform((), QUEUES, ANALYTICS) as simulator:
        ran = await command("stream", "--queue", simulator.queue_id, env=at(simulator))
    assert ran.code == 2
    ran.says("every topic", QUEUES)
    assert {each["type"] for each in ran.records} <= {"topicRefused", "summary"}


async def test_one_refused_topic_leaves_the_others_alive(calls: tuple[Call, ...]) -> None:
    async with (
        platform(calls, TRANSCRIPTS) as simulator,
        started("stream", "--queue", simulator.queue_id, env=at(simulator)) as process,
    ):
        await simulator.watched()
        await simulator.play()
        process.send_signal(signal.SIGINT)
        ran = await ended(process)
    assert ran.code == 0, ran.err
    refused = [each for each in ran.records if each["type"] == "topicRefused"]
    assert [each["missingPermissions"] for each in refused] == [[TRANSCRIPTS]]
    assert "stateChange" in {each["type"] for each in ran.records}


async def test_a_forbidden_platform_is_code_2() -> None:
    async with platform() as simulator:
        simulator.api_failures = [Refuse(403)]
        ran = await command("stream", "--queue", simulator.queue_id, env=at(simulator))
    assert ran.code == 2
    ran.says("403")


async def test_an_address_that_is_never_reached_is_given_up(unused_tcp_port: int) -> None:
    nowhere = f"http://127.0.0.1:{unused_tcp_port}"
    ran = await command(
        *("stream", "--queue", "q", "--api-url", nowhere, "--login-url", nowhere),
        *("--seconds", "1"),
        env=environment(GENESYS_CLIENT_ID="id", GENESYS_CLIENT_SECRET=SECRET),
    )
    assert ran.code == 2
    assert ran.out == ""
    ran.says("gave up after 1 s", "check the address")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--queue", "q", "--region", "eu-central-9"], "did you mean eu-central-2"),
        (["--queue", "q", "--region", "https://user:pw@api.mypurecloud.de"], "the region must be"),
        (["--queue", "q"], "GENESYS_REGION"),
        (["--queue", "q", "--api-url", "http://127.0.0.1:1"], "GENESYS_LOGIN_URL"),
        (["--queue", "q", "--api-url", "http://example.org", "--login-url", "x"], "https"),
        (["--queue", "q", "--region", "x", "--api-url", "https://x.org"], "not both"),
        (["--queue", "../q", "--region", "mypurecloud.de"], "not an id"),
        (["--topic", "a b", "--region", "mypurecloud.de"], "not a topic"),
        (["--region", "mypurecloud.de"], "nothing to watch"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_bad_input_is_one_line_before_anything_is_sent(
    arguments: list[str],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for name in ("GENESYS_REGION", "GENESYS_API_URL", "GENESYS_LOGIN_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GENESYS_CLIENT_ID", "id")
    monkeypatch.setenv("GENESYS_CLIENT_SECRET", SECRET)
    assert main(["stream", *arguments]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    Ran(2, out, err).says(words)
    assert SECRET not in err


async def test_a_wrong_region_is_one_line_and_code_2() -> None:
    ran = await command(
        *("stream", "--queue", "q", "--region", "eu-central-9"),
        env=environment(GENESYS_CLIENT_ID="id", GENESYS_CLIENT_SECRET=SECRET),
    )
    assert ran.code == 2
    assert ran.out == ""
    ran.says("no Genesys Cloud region 'eu-central-9'", "did you mean")


async def test_output_that_cannot_be_written_is_said(full: int) -> None:
    async with platform() as simulator:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "genesys_sentiment", "stream"),
            *("--queue", simulator.queue_id, "--seconds", "1"),
            env=at(simulator),
            stdout=full,
            stderr=asyncio.subprocess.PIPE,
        )
        _, err = await process.communicate()
    assert process.returncode == 1
    assert err == b"genesys-sentiment: standard output: No space left on device\n"
