"""Looking before watching: S0-28, S2-01, S2-02."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.cloud.findings import Finding
from genesys_sentiment.cloud.preflight import FEATURES, NOBODY, check
from genesys_sentiment.cloud.regions import endpoints
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.simulator import Simulator, builtin_calls
from tests.cloud.fake import Fake
from tests.cloud.support import at, token_answer

QUEUE = "/api/v2/routing/queues/q"
ASSISTANT = f"{QUEUE}/assistant"
COPILOT = "/api/v2/assistants/a1/copilot"
CHANNELS = "/api/v2/notifications/channels"
TOPICS = "/api/v2/notifications/availabletopics"
SENTIMENT = f"/api/v2/speechandtextanalytics/conversations/{NOBODY}"
MISSING = (404, {"code": "not.found", "message": "no such thing"})


@pytest.fixture
async def cloud(fake: Fake) -> AsyncIterator[Cloud]:
    assert fake.server is not None
    fake.on("POST", "/oauth/token", token_answer())
    used(fake, 3)
    fake.on("GET", QUEUE, {"id": "q"})
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
    assert {one.check for one in found} == {
        *("host", "credentials", "channels", "permission", "queue", "assistant", "copilot")
    }
    assert {one.subject for one in found if one.check == "permission"} == set(FEATURES)


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
    """S2-02: where the tutorial takes a missing counter for 0, this is unknown."""
    assert the_tutorials({}, {"id": "a1"})
    fake.on("GET", CHANNELS, answer)
    one = about(await check(cloud), "channels")
    assert (one.level, one.count) == ("unknown", None)
    assert one.advice


@pytest.mark.parametrize(
    ("path", "answer", "kind", "level"),
    [
        (ASSISTANT, MISSING, "assistant", "problem"),
        (ASSISTANT, 404, "assistant", "unknown"),
        (QUEUE, MISSING, "queue", "problem"),
        (QUEUE, 404, "queue", "unknown"),
        (QUEUE, 403, "queue", "unknown"),
        (ASSISTANT, {}, "assistant", "unknown"),
        (ASSISTANT, 502, "assistant", "unknown"),
        (COPILOT, {"enabled": False}, "copilot", "problem"),
        (COPILOT, {}, "copilot", "unknown"),
        (COPILOT, 404, "copilot", "unknown"),
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
    """S2-01: the need of every topic is listed; whether it is met cannot be asked: unknown."""
    listed = [
        {"id": "v2.a", "requiresPermissions": ["x:y:z"]},
        {"id": "v2.b", "requiresPermissions": []},
        {"id": "v2.c"},
    ]
    fake.on("GET", TOPICS, {"entities": listed}, 500)
    found = await check(cloud, topics=["v2.A", "v2.b", "v2.c", "v2.d"])
    levels = [about(found, "topic", name).level for name in ("v2.A", "v2.b", "v2.c", "v2.d")]
    assert levels == ["unknown", "ok", "unknown", "problem"]
    assert "x:y:z" in about(found, "topic", "v2.A").what
    assert about(await check(cloud, topics=["v2.a"]), "topic").level == "unknown"


async def test_s2_02_a_limit_is_waited_for(fake: Fake, cloud: Cloud) -> None:
    """S2-02: 429 is asked again; when the time is used up, it is unknown, to look again later."""

    def busy(_: object) -> web.Response:
        return web.json_response({}, status=429, headers={"Retry-After": "9"})

    fake.on("GET", SENTIMENT, busy)
    one = about(await check(cloud), "permission", "sentiment")
    assert one.level == "unknown"
    assert "wait a minute" in one.advice


async def test_refused_credentials_end_the_looking(fake: Fake, cloud: Cloud) -> None:
    fake.on("POST", "/oauth/token", 401)
    host, one = await check(cloud, queues=["q"], topics=["v2.a"])
    assert (host.check, host.level) == ("host", "ok")
    assert (one.check, one.level) == ("credentials", "problem")
    assert "my-secret" not in repr(one)


async def test_a_token_that_the_api_refuses_is_a_problem_of_the_credentials(
    fake: Fake, cloud: Cloud
) -> None:
    """A client of another region gets a token, and no answer with it."""
    fake.on("GET", CHANNELS, 401)
    found = await check(cloud)
    assert [one.level for one in found if one.check == "credentials"] == ["problem"]
    assert found[-1].check == "credentials"


async def test_a_client_without_roles_is_named(fake: Fake, cloud: Cloud) -> None:
    fake.on("POST", "/oauth/token", 403)
    assert about(await check(cloud), "credentials").level == "problem"


@pytest.mark.parametrize("answer", [500, b"<html>", {}])
async def test_s0_28_credentials_that_nobody_could_judge_are_unknown(
    fake: Fake, cloud: Cloud, answer: object
) -> None:
    """S0-28: no answer is no pass; and nothing else is asked."""
    fake.on("POST", "/oauth/token", answer)
    *_, last = await check(cloud)
    assert (last.check, last.level, last.failed) == ("credentials", "unknown", True)
    assert {one.partition("?")[0] for one in fake.calls()} == {"POST /oauth/token"}


async def test_s0_28_a_404_of_something_else_is_no_access(fake: Fake, cloud: Cloud) -> None:
    """S0-28: a web server that knows no path at all says nothing about permissions."""
    fake.on("GET", SENTIMENT, 404)
    assert about(await check(cloud), "permission", "sentiment").level == "unknown"
    fake.on("GET", SENTIMENT, MISSING)
    assert about(await check(cloud), "permission", "sentiment").level == "ok"


@pytest.mark.parametrize("dead", ["login", "api"])
async def test_a_host_that_does_not_answer_is_a_problem(
    fake: Fake, cloud: Cloud, unused_tcp_port: int, dead: str
) -> None:
    nowhere = f"http://127.0.0.1:{unused_tcp_port}"
    where = endpoints(
        nowhere if dead == "api" else fake.url, nowhere if dead == "login" else fake.url
    )
    async with Cloud(where, "my-id", "my-secret", deadline=0.05) as one:
        *before, last = await check(one, topics=["v2.a"], queues=["q"])
    assert (last.check, last.level, last.subject) == ("host", "problem", "127.0.0.1")
    assert "nothing behind it" in last.advice
    assert [one.check for one in before] == (["host", "credentials"] if dead == "api" else [])


async def test_s2_01_only_what_is_wanted_is_asked(fake: Fake, cloud: Cloud) -> None:
    """S2-01: permissions by feature; a queue needs an assistant for suggestions only."""
    found = await check(cloud, queues=["q"], features=["sentiment"])
    assert [one.subject for one in found if one.check == "permission"] == ["sentiment"]
    assert not [one for one in fake.calls() if "assistant" in one]
    with pytest.raises(ConfigurationError, match="there are: discovery"):
        await check(cloud, features=["sentimet"])


async def test_s2_01_documented_permissions_are_told_where_none_is_named(
    fake: Fake, cloud: Cloud
) -> None:
    """S2-01: a refusal without a name still says what the feature needs."""
    fake.on("GET", SENTIMENT, 403)
    one = about(await check(cloud), "permission", "sentiment")
    assert (one.level, one.missing) == ("problem", ())
    assert "speechAndTextAnalytics:data:view" in one.what


async def test_s2_01_subscribing_tells_what_topics_lack() -> None:
    """S2-01: asked for, topics are really subscribed; what is refused names its permission."""
    lacks = "conversation:transcription:view"
    wanted = [f"v2.conversations.{NOBODY}.transcription", f"v2.users.{NOBODY}.conversations"]
    async with Simulator(denied_permissions=[lacks]) as simulator:
        where = endpoints(simulator.api_url, simulator.login_url)
        async with Cloud(where, simulator.client_id, simulator.client_secret) as cloud:
            found = await check(cloud, topics=wanted, subscribe=True)
            (channel,) = await cloud.channels.list()
            assert await cloud.channels.topics(channel) == ()
    refused = about(found, "topic", wanted[0])
    assert (refused.level, refused.missing) == ("problem", (lacks,))
    assert about(found, "topic", wanted[1]).level == "ok"


async def test_s2_02_no_channel_is_ended_for_looking(fake: Fake, cloud: Cloud) -> None:
    """S2-02: where all 20 are in use, or nobody knows how many, none is made."""
    for answer in (20, 500):
        used(fake, answer) if answer == 20 else fake.on("GET", CHANNELS, answer)
        found = await check(cloud, topics=["v2.a"], subscribe=True)
        assert about(found, "topic").level == "unknown"
    assert f"POST {CHANNELS}" not in fake.calls()


async def test_s2_02_against_the_simulator() -> None:
    """S2-02: paths and answers fit; a queue of another name has no assistant."""
    async with Simulator(builtin_calls()[:1]) as simulator:
        where = endpoints(simulator.api_url, simulator.login_url)
        async with Cloud(where, simulator.client_id, simulator.client_secret) as cloud:
            found = await check(cloud, queues=[simulator.queue_id, NOBODY])
    levels = {(one.check, one.subject): one.level for one in found}
    assert levels.pop(("queue", NOBODY)) == "problem"
    assert levels.pop(("assistant", NOBODY)) == "problem"
    assert set(levels.values()) == {"ok"}
