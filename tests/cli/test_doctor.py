"""``doctor``: finds what was broken on purpose, and never takes what it does not know for right."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from genesys_sentiment.cli.doctor import code_of, needed_topics
from genesys_sentiment.cloud.findings import Finding
from genesys_sentiment.simulator import Refuse
from genesys_sentiment.simulator.topics import TOPICS
from tests.cli.command import SECRET, Ran, command, environment
from tests.cli.platform import at, platform
from tests.cli.terminal import on_a_terminal
from tests.simulator.client import Client

DATA = "speechAndTextAnalytics:data:view"
TRANSCRIPTS = "conversation:transcription:view"
CHANNELS = "POST /api/v2/notifications/channels"


def findings(ran: Ran) -> list[dict[str, Any]]:
    """Its output: an object for each finding, each with the same names."""
    found: list[dict[str, Any]] = [json.loads(line) for line in ran.out.splitlines()]
    for each in found:
        assert set(each) == {
            *("type", "check", "subject", "level", "what", "advice"),
            *("missingPermissions", "count", "limit", "failed"),
        }
        assert each["type"] == "finding"
        assert each["what"]
        assert each["level"] == "ok" or each["advice"]
    return found


def levels(ran: Ran, check: str) -> dict[str | None, str]:
    return {one["subject"]: one["level"] for one in findings(ran) if one["check"] == check}


async def test_s0_28_nothing_is_wrong() -> None:
    """S0-28: every part is named, and what was not tried is unknown, not ok."""
    async with platform() as simulator:
        ran = await command("doctor", "--queue", simulator.queue_id, env=at(simulator))
        assert simulator.requests[CHANNELS] == 0, "looking changes nothing"
    assert (ran.code, ran.err) == (0, "")
    by_check: dict[str, set[str]] = {}
    for one in findings(ran):
        by_check.setdefault(one["check"], set()).add(one["level"])
    assert by_check.pop("topic") == {"unknown"}
    assert by_check == {
        name: {"ok"}
        for name in (
            "host",
            "credentials",
            "channels",
            "permission",
            "queue",
            "assistant",
            "copilot",
        )
    }


async def test_s2_01_subscribing_leaves_nothing_unknown() -> None:
    """S2-01: asked to subscribe, it knows of every topic."""
    async with platform() as simulator:
        ran = await command(
            *("doctor", "--queue", simulator.queue_id, "--subscribe"), env=at(simulator)
        )
        assert simulator.requests[CHANNELS] == 1
    assert (ran.code, ran.err) == (0, "")
    assert {one["level"] for one in findings(ran)} == {"ok"}
    assert f"v2.routing.queues.{simulator.queue_id}.conversations" in levels(ran, "topic")


async def test_s2_01_missing_permissions_are_named_for_each_feature() -> None:
    """S2-01: which permission is missing for which feature; the others are fine."""
    async with platform((), DATA, TRANSCRIPTS) as simulator:
        ran = await command("doctor", "--subscribe", env=at(simulator))
    assert ran.code == 2
    refused = {
        one["subject"].rpartition(".")[2]: one["missingPermissions"]
        for one in findings(ran)
        if one["level"] == "problem"
    }
    assert refused == {"sentiment": [DATA], "transcripts": [DATA], "transcription": [TRANSCRIPTS]}
    assert levels(ran, "permission")["suggestions"] == "ok"


async def test_s2_01_only_what_a_feature_needs_is_looked_at() -> None:
    """S2-01: who wants no sentiment of the platform's is not told to change anything."""
    async with platform((), DATA) as simulator:
        arguments = ("doctor", "--feature", "live", "--feature", "discovery")
        ran = await command(*arguments, env=at(simulator))
        wanting = await command(*arguments, "--feature", "sentiment", env=at(simulator))
    assert (ran.code, wanting.code) == (0, 2)
    assert set(levels(ran, "permission")) == {"discovery"}


async def test_a_wrong_secret_is_a_problem_of_the_credentials() -> None:
    """S0-28: and nothing else is looked at; neither secret is shown."""
    async with platform() as simulator:
        ran = await command("doctor", env=at(simulator, "canary-not-the-secret"))
    assert (ran.code, ran.err) == (2, "")
    assert levels(ran, "credentials") == {None: "problem"}
    assert {one["check"] for one in findings(ran)} == {"host", "credentials"}
    assert "canary" not in ran.out


async def test_a_host_that_is_not_there_is_named(unused_tcp_port: int) -> None:
    """S0-28: the login host answers, the API's does not."""
    nowhere = f"http://127.0.0.1:{unused_tcp_port}"
    async with platform() as simulator:
        ran = await command(
            *("doctor", "--api-url", nowhere, "--login-url", simulator.login_url),
            env=at(simulator),
        )
    assert ran.code == 2
    *_, last = findings(ran)
    assert (last["check"], last["level"]) == ("host", "problem")
    assert "no connection to 127.0.0.1" in last["what"]


async def test_a_queue_that_is_not_there_is_a_problem() -> None:
    """S2-02: a name instead of an id, say."""
    async with platform() as simulator:
        ran = await command("doctor", "--queue", "sales", env=at(simulator))
    assert ran.code == 2
    assert levels(ran, "queue") == {"sales": "problem"}


async def test_s2_02_all_channels_in_use_is_a_problem() -> None:
    """S2-02: with both figures; and a 21st is not made to find out more."""
    async with platform() as simulator:
        async with Client(simulator) as other:
            for _ in range(20):
                assert (await other.rest("POST", "/api/v2/notifications/channels")).status == 200
        ran = await command("doctor", "--subscribe", env=at(simulator))
        assert simulator.requests[CHANNELS] == 20
    assert ran.code == 2
    (one,) = (each for each in findings(ran) if each["check"] == "channels")
    assert (one["level"], one["count"], one["limit"]) == ("problem", 20, 20)
    assert levels(ran, "topic") == {None: "unknown"}


async def test_what_the_platform_fails_to_answer_is_unknown_and_code_1() -> None:
    """S0-28: a failure of the platform is neither right nor somebody's to change."""
    async with platform() as simulator:
        simulator.api_failures = [Refuse(409)]
        ran = await command("doctor", env=at(simulator))
    assert ran.code == 1
    assert levels(ran, "channels") == {None: "unknown"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "GENESYS_CLIENT_SECRET"),
        (["--region", "eu-central-9"], "did you mean"),
        (["--queue", "a b"], "not an id"),
    ],
)
async def test_a_setting_that_cannot_work_is_a_finding(arguments: list[str], words: str) -> None:
    """S0-28: the first thing that can be wrong, told as all the others are."""
    extra = {"GENESYS_CLIENT_ID": "id", "GENESYS_CLIENT_SECRET": SECRET} if arguments else {}
    where = {} if "--region" in arguments else {"GENESYS_REGION": "mypurecloud.de"}
    ran = await command("doctor", *arguments, env=environment(**extra, **where))
    assert (ran.code, ran.err) == (2, "")
    (one,) = findings(ran)
    assert (one["check"], one["level"]) == ("configuration", "problem")
    assert words in one["what"]


async def test_a_terminal_gets_lines_for_people() -> None:
    async with platform((), DATA) as simulator:
        code, shown = await asyncio.to_thread(on_a_terminal, "doctor", env=at(simulator))
    assert code == 2
    assert "ok       credentials: the OAuth client was given a token" in shown
    assert "PROBLEM  permission sentiment: access to sentiment is refused" in shown
    assert "→ give the permission" in shown
    assert "2 problems" in shown
    assert SECRET not in shown


def test_the_topics_are_the_platforms() -> None:
    """S2-01: every template that is looked up is one that the platform lists."""
    found = needed_topics({"live", "sentiment", "suggestions"}, "{id}", ["{id}"])
    assert set(found) <= {one.template for one in TOPICS}
    assert len(found) == 9


def test_the_codes() -> None:
    fine = Finding(check="channels", level="ok", what="x")
    untried = Finding(check="topic", level="unknown", what="x")
    failed = Finding(check="channels", level="unknown", what="x", failed=True)
    wrong = Finding(check="queue", level="problem", what="x")
    assert code_of([fine, untried]) == 0
    assert code_of([fine, untried, failed]) == 1
    assert code_of([failed, wrong]) == 2
