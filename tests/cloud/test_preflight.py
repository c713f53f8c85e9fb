"""Looking before watching: S0-28, S2-01, S2-02."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.cloud.preflight import Finding, check
from genesys_sentiment.cloud.regions import endpoints
from genesys_sentiment.simulator import Simulator, builtin_calls
from tests.cloud.fake import Fake
from tests.cloud.support import at, token_answer

ASSISTANT = "/api/v2/routing/queues/q/assistant"
COPILOT = "/api/v2/assistants/a1/copilot"
CHANNELS = "/api/v2/notifications/channels"
TOPICS = "/api/v2/notifications/availabletopics"
NOBODY = "00000000-0000-4000-8000-000000000000"
SENTIMENT = f"/api/v2/speechandtextanalytics/conversations/{NOBODY}"


@pytest.fixture
async def cloud(fake: Fake) -> AsyncIterator[Cloud]:
    assert fake.server is not None
    fake.on("POST", "/oauth/token", token_answer())
    used(fake, 3)
    fake.on("GET", ASSISTANT, {"assistant": {"id": "a1"}})
    fake.on("GET", COPILOT, {"enabled": True})
    async with Cloud(at(fake.server), "my-id", "my-secret", deadline=0.05) as one:
        yield one


def used(fake: Fake, number: int) -> None:
    listed = [{"id": f"n{n}", "connectUri": f"ws://127.0.0.1/{n}"} for n in range(number)]
    fake.on("GET", CHANNELS, {"entities": listed})


def about(found: tuple[Finding, ...], kind: str, subject: str | None = None) -> Finding:
    (one,) = (each for each in found if (each.check, each.subject) == (kind, subject))
    return one


async def test_s2_02_all_is_well(cloud: Cloud) -> None:
    """S2-02: channels in use, access, the queue's assistant and its switch, each a finding."""
    found = await check(cloud, queues=["q"])
    assert [one.level for one in found] == ["ok"] * len(found)
    assert (about(found, "channels").count, about(found, "channels").limit) == (3, 20)
    assert {one.check for one in found} == {"channels", "permission", "assistant", "copilot"}


async def test_s2_02_both_numbers_are_said(fake: Fake, cloud: Cloud) -> None:
    """S2-02: a quota that would be passed names what is used and what is allowed."""
    used(fake, 19)
    assert about(await check(cloud), "channels").level == "ok"
    one = about(await check(cloud, channels=2), "channels")
    assert (one.level, one.count, one.limit) == ("problem", 19, 20)
    assert "19 of 20" in one.what


def the_tutorials(quota: dict[str, Any], library: dict[str, Any]) -> bool:
    """The tutorial's check: a missing counter is 0, and a library that is switched off passes."""
    return bool(library.get("id")) and (quota.get("activeWebSocketConnections") or 0) < 5


@pytest.mark.parametrize("answer", [500, {}, b"<html>", 404])
async def test_s2_02_what_is_not_known_is_never_a_pass(
    fake: Fake, cloud: Cloud, answer: object
) -> None:
    """S2-02: where the tutorial takes a missing counter for 0, this is a warning."""
    assert the_tutorials({}, {"id": "a1"})
    fake.on("GET", CHANNELS, answer)
    one = about(await check(cloud), "channels")
    assert (one.level, one.count) == ("warning", None)
    assert one.advice


@pytest.mark.parametrize(
    ("path", "answer", "kind", "level"),
    [
        (ASSISTANT, 404, "assistant", "problem"),
        (ASSISTANT, {}, "assistant", "warning"),
        (ASSISTANT, 502, "assistant", "warning"),
        (COPILOT, {"enabled": False}, "copilot", "problem"),
        (COPILOT, {}, "copilot", "warning"),
        (COPILOT, 404, "copilot", "warning"),
    ],
)
async def test_s2_02_the_assistant_is_there_and_switched_on(
    fake: Fake, cloud: Cloud, path: str, answer: object, kind: str, level: str
) -> None:
    """S2-02: one that is missing or switched off is a problem, which the tutorial lets pass."""
    assert the_tutorials({"activeWebSocketConnections": 0}, {"id": "a1", "enabled": False})
    fake.on("GET", path, answer)
    one = about(await check(cloud, queues=["q"]), kind, "q")
    assert one.level == level
    assert one.advice


async def test_s2_01_missing_permissions_are_named(fake: Fake, cloud: Cloud) -> None:
    """S2-01, S0-28: a refusal says which permission, and that the licence may be missing."""
    missing = {"message": "x", "missingPermissions": ["speechAndTextAnalytics:data:view"]}
    fake.on("GET", SENTIMENT, (403, missing))
    one = about(await check(cloud), "permission", "sentiment")
    assert (one.level, one.missing) == ("problem", ("speechAndTextAnalytics:data:view",))
    assert "licence" in one.advice


async def test_s2_01_topics_say_what_they_need(fake: Fake, cloud: Cloud) -> None:
    """S2-01: the need of every topic is listed; whether it is met cannot be asked: a warning."""
    listed = [
        {"id": "v2.a", "requiresPermissions": ["x:y:z"]},
        {"id": "v2.b", "requiresPermissions": []},
        {"id": "v2.c"},
    ]
    fake.on("GET", TOPICS, {"entities": listed}, 500)
    found = await check(cloud, topics=["v2.A", "v2.b", "v2.c", "v2.d"])
    levels = [about(found, "topic", name).level for name in ("v2.A", "v2.b", "v2.c", "v2.d")]
    assert levels == ["warning", "ok", "warning", "problem"]
    assert "x:y:z" in about(found, "topic", "v2.A").what
    assert about(await check(cloud, topics=["v2.a"]), "topic").level == "warning"


async def test_s2_02_a_limit_is_waited_for(fake: Fake, cloud: Cloud) -> None:
    """S2-02: 429 is asked again; when the time is used up, it is a warning to look again later."""

    def busy(_: object) -> web.Response:
        return web.json_response({}, status=429, headers={"Retry-After": "9"})

    fake.on("GET", SENTIMENT, busy)
    one = about(await check(cloud), "permission", "sentiment")
    assert one.level == "warning"
    assert "wait a minute" in one.advice


async def test_refused_credentials_are_one_finding(fake: Fake, cloud: Cloud) -> None:
    fake.on("POST", "/oauth/token", 401)
    (one,) = await check(cloud, queues=["q"], topics=["v2.a"])
    assert (one.check, one.level) == ("credentials", "problem")
    assert "my-secret" not in repr(one)


async def test_s2_02_against_the_simulator() -> None:
    """S2-02: paths and answers fit; a queue of another name has no assistant."""
    async with Simulator(builtin_calls()[:1]) as simulator:
        where = endpoints(simulator.api_url, simulator.login_url)
        async with Cloud(where, simulator.client_id, simulator.client_secret) as cloud:
            found = await check(cloud, queues=[simulator.queue_id, NOBODY])
    levels = {(one.check, one.subject): one.level for one in found}
    assert levels.pop(("assistant", NOBODY)) == "problem"
    assert set(levels.values()) == {"ok"}
