"""The composed client, and that no secret leaves it: C5-31, S4-01."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from genesys_sentiment.clock import SystemClock, VirtualClock
from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.cloud.regions import Endpoints, region
from genesys_sentiment.errors import ConfigurationError, GenesysSentimentError
from genesys_sentiment.model.results import Skipped
from genesys_sentiment.model.wire import Channel
from tests.cloud.support import at, serve, token_answer

CANARIES = ("canary-secret", "canary-token", "canary-channel", "Y2FuYXJ5")  # the last is Basic's


class Platform:
    """A server that makes channels; ``faults`` are statuses to answer first, by path."""

    def __init__(self) -> None:
        self.faults: dict[str, list[int]] = {}
        self.seen: list[str] = []
        self.port = 0

    async def answer(self, request: web.Request) -> web.Response:
        self.seen.append(f"{request.method} {request.path}")
        faults = self.faults.get(request.path, [])
        if faults:
            # An echo of everything secret, as a careless gateway might send it.
            said = f"{request.path} {dict(request.headers)} {await request.text()}\r\n"
            if request.path == "/oauth/token":
                said += "canary-secret"
            return web.json_response({"message": said, "code": said}, status=faults.pop(0))
        if request.path == "/oauth/token":
            return web.json_response(token_answer("canary-token"))
        if request.method == "POST" and request.path.endswith("/channels"):
            uri = f"ws://127.0.0.1:{self.port}/channels/canary-channel"
            return web.json_response({"id": "canary-channel", "connectUri": uri})
        return web.json_response({"entities": [{"id": "v2.a", "state": "Permitted"}]})


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
async def where(platform: Platform, aiohttp_server: Callable[..., Any]) -> Endpoints:
    server = await serve(platform.answer, aiohttp_server)
    assert server.port is not None
    platform.port = server.port
    return at(server)


async def test_from_credentials_to_a_subscription(platform: Platform, where: Endpoints) -> None:
    async with Cloud(where, "canary", "canary-secret") as cloud:
        channel = await cloud.channels.create()
        result = await cloud.channels.replace(channel, ["v2.a"])
    assert result.permitted == ("v2.a",)
    assert platform.seen == [
        "POST /oauth/token",
        "POST /api/v2/notifications/channels",
        "PUT /api/v2/notifications/channels/canary-channel/subscriptions",
    ]
    assert cloud.session.closed


async def test_from_environment_variables(platform: Platform, where: Endpoints) -> None:
    environ = {
        "GENESYS_CLIENT_ID": "id",
        "GENESYS_CLIENT_SECRET": "secret",
        "GENESYS_API_URL": where.api_url,
        "GENESYS_LOGIN_URL": where.login_url,
    }
    async with Cloud.from_env(environ) as cloud:
        assert cloud.endpoints == where
        assert await cloud.channels.topics(Channel(id="x", connect_uri="")) == ("v2.a",)
    assert platform.seen[0] == "POST /oauth/token"


async def test_all_of_it_asks_the_same_clock(platform: Platform, where: Endpoints) -> None:
    """Waits, lives of tokens and times of arrival; a minute and more of waiting takes no time."""
    platform.faults["/oauth/token"] = [503] * 5
    platform.faults["/api/v2/notifications/channels"] = [503] * 5
    clock = VirtualClock(1_800_000_000.0)
    async with Cloud(where, "canary", "canary-secret", clock=clock) as cloud:
        assert cloud.clock is clock
        channel = await cloud.channels.create()
        waited = clock.monotonic()
        assert waited > 1.0
        assert waited < (await cloud.tokens.get()).expires <= waited + 86_400.0
        refused = (await cloud.channels.replace(channel, ["v2.b"])).refused
        assert [each.received for each in refused] == [clock.wall()]
        found = await cloud.sentiments.wait("4c9a7cf0-5b1c-4a3c-9d53-0a2b4f2c7c11", patience=0.0)
        assert found.event.received == clock.wall() if isinstance(found, Skipped) else False
    assert platform.seen.count("POST /oauth/token") == 6


async def test_without_a_clock_it_is_the_machines() -> None:
    async with Cloud(region("eu-west-1").endpoints, "id", "secret") as cloud:
        assert isinstance(cloud.clock, SystemClock)


async def test_what_the_caller_opened_stays_open(session: aiohttp.ClientSession) -> None:
    async with Cloud(region("eu-west-1").endpoints, "id", "secret", session=session) as cloud:
        assert cloud.session is session
    await cloud.aclose()
    assert not session.closed


async def test_its_own_session_takes_no_proxy_and_no_cookies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://evil.example:1")
    async with Cloud(region("eu-west-1").endpoints, "id", "secret") as cloud:
        assert cloud.session.trust_env is False
        assert isinstance(cloud.session.cookie_jar, aiohttp.DummyCookieJar)


async def test_bad_credentials_open_no_session() -> None:
    """An open session that nobody closes would be a warning, and so an error here."""
    with pytest.raises(ConfigurationError):
        Cloud(region("eu-west-1").endpoints, "id", "")


@pytest.mark.parametrize(
    ("path", "statuses"),
    [
        ("/oauth/token", [400]),
        ("/oauth/token", [401]),
        ("/oauth/token", [403]),
        ("/oauth/token", [404]),
        ("/oauth/token", [429] * 9),
        ("/oauth/token", [503] * 9),
        ("/api/v2/notifications/channels", [401, 401]),
        ("/api/v2/notifications/channels", [403]),
        ("/api/v2/notifications/channels", [404]),
        ("/api/v2/notifications/channels", [302]),
        ("/api/v2/notifications/channels", [429] * 9),
        ("/api/v2/notifications/channels", [503] * 9),
        ("/api/v2/notifications/channels/canary-channel/subscriptions", [404]),
    ],
)
async def test_c5_31_no_secret_in_logs_reprs_or_errors(
    platform: Platform,
    where: Endpoints,
    caplog: pytest.LogCaptureFixture,
    path: str,
    statuses: list[int],
) -> None:
    platform.faults[path] = list(statuses)
    caplog.set_level(logging.DEBUG)
    async with Cloud(where, "canary-id", "canary-secret", deadline=0.03) as cloud:
        with pytest.raises(GenesysSentimentError) as caught:
            await subscribe(cloud)
        shown = [repr(thing) for thing in (cloud, *vars(cloud).values())]
        if not path.startswith("/oauth"):
            shown.append(repr(await cloud.tokens.get()))
    assert platform.faults[path] != statuses
    shown += everything_about(caught.value)
    shown += logged(caplog)
    leaks = [(canary, text) for canary in CANARIES for text in shown if canary in text]
    assert leaks == []


async def subscribe(cloud: Cloud) -> None:
    channel = await cloud.channels.create()
    await cloud.channels.replace(channel, ["v2.a"])


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """All that was logged, but for the test server's own access log."""
    ours = [record for record in caplog.records if record.name != "aiohttp.access"]
    return [record.getMessage() + repr(record.args) for record in ours]


def everything_about(error: BaseException) -> list[str]:
    """What tracebacks and error reporters show of an error and of those behind it."""
    shown = traceback.format_exception(error)
    link: BaseException | None = error
    while link is not None:
        shown += [str(link), repr(link), repr(link.args), repr(vars(link))]
        link = link.__cause__ or link.__context__
    # The source lines of this file hold the canaries; they are no leak.
    return [text for text in shown if "tests" not in text]


async def test_c5_31_a_broken_answer_leaks_no_request(
    caplog: pytest.LogCaptureFixture, aiohttp_server: Callable[..., Any]
) -> None:
    """aiohttp's own error for it shows the request's headers in its repr."""

    async def answer(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.write(b"garbage\r\n\r\n")
        request.transport.close()
        return web.Response()

    caplog.set_level(logging.DEBUG)
    where = at(await serve(answer, aiohttp_server))
    async with Cloud(where, "canary-id", "canary-secret", deadline=0.03) as cloud:
        with pytest.raises(GenesysSentimentError) as caught:
            await cloud.tokens.get()
    shown = everything_about(caught.value) + logged(caplog)
    assert [text for text in shown for canary in CANARIES if canary in text] == []
    assert caught.value.__context__ is None
