"""``simulate``: a platform for other programs, announced by one line."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from asyncio.subprocess import Process
from pathlib import Path
from typing import Any

from tests.cli.command import SECRET, command, ended, environment, started

NAMES = {"apiUrl", "loginUrl", "clientId", "clientSecret", "queueId"}


async def announcement(process: Process) -> dict[str, Any]:
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), 10)
    found: dict[str, Any] = json.loads(line)
    assert found.keys() == NAMES
    return found


def towards(announced: dict[str, Any]) -> dict[str, str]:
    return environment(
        GENESYS_CLIENT_ID=announced["clientId"],
        GENESYS_CLIENT_SECRET=announced["clientSecret"],
        GENESYS_API_URL=announced["apiUrl"],
        GENESYS_LOGIN_URL=announced["loginUrl"],
    )


async def test_its_calls_begin_when_a_client_watches_and_again_with_loop(folder: Path) -> None:
    async with started(
        *("simulate", "--calls", str(folder), "--speed", "100", "--loop")
    ) as process:
        announced = await announcement(process)
        ran = await command(
            *("stream", "--queue", announced["queueId"], "--events", "22"), env=towards(announced)
        )
        process.send_signal(signal.SIGINT)
        simulated = await ended(process)
    assert ran.code == 0, ran.err
    assert len({each["conversationId"] for each in ran.records} - {None}) == 2
    assert sum(each["type"] == "score" for each in ran.records) >= 3
    assert simulated.code == 0
    assert simulated.out == simulated.err == ""


async def test_the_client_can_be_chosen_and_sigterm_ends_it() -> None:
    async with started(
        *("simulate", "--client-id", "me", "--client-secret", "only-for-tests")
    ) as process:
        announced = await announcement(process)
        process.send_signal(signal.SIGTERM)
        simulated = await ended(process)
    assert (announced["clientId"], announced["clientSecret"]) == ("me", "only-for-tests")
    assert simulated.code == 0
    assert simulated.err == ""


async def test_a_port_that_is_taken_is_bad_input() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = await command("simulate", "--port", str(port), "--client-secret", SECRET)
    assert ran.code == 2
    ran.says(f"port {port} cannot be used", "--port")
