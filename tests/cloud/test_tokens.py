"""Client credentials: S0-01 … S0-06, S1-02, S4-05, S4-08, the token row of C3."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aioresponses import aioresponses
from yarl import URL

from genesys_sentiment.cloud.regions import region
from genesys_sentiment.cloud.tokens import ClientCredentials
from genesys_sentiment.errors import (
    AuthError,
    CloudError,
    ConfigurationError,
    ConnectionFailed,
    PermissionDenied,
    RateLimited,
)
from tests.cloud.support import Clock, at, serve, steady, token_answer

WHERE = region("eu-central-1").endpoints
URL_ = "https://login.mypurecloud.de/oauth/token"


@pytest.fixture
def tokens(session: aiohttp.ClientSession, clock: Clock) -> ClientCredentials:
    return make(session, clock)


def make(session: aiohttp.ClientSession, clock: Clock, **more: Any) -> ClientCredentials:
    return ClientCredentials(
        "my-id",
        "canary-secret",
        more.pop("where", WHERE),
        session,
        monotonic=clock.monotonic,
        now=clock.now,
        sleep=clock.sleep,
        delays=steady(),
        **more,
    )


def calls(mocked: aioresponses) -> int:
    return sum(map(len, mocked.requests.values()))


async def test_s0_01_the_request_is_what_the_platform_wants(
    mocked: aioresponses, tokens: ClientCredentials, clock: Clock
) -> None:
    """S0-01: Basic, form, 10 s, no redirects."""
    mocked.post(URL_, payload=token_answer())
    token = await tokens.get()
    assert (token.value, token.expires) == ("token-1", clock.time + 86400)
    ((method, url), (call,)) = next(iter(mocked.requests.items()))
    assert (method, url) == ("POST", URL(URL_))
    basic = base64.b64encode(b"my-id:canary-secret").decode()
    assert call.kwargs["headers"]["Authorization"] == f"Basic {basic}"
    assert call.kwargs["headers"]["Content-Type"] == "application/x-www-form-urlencoded"
    assert call.kwargs["data"] == b"grant_type=client_credentials"
    assert call.kwargs["allow_redirects"] is False
    assert call.kwargs["timeout"].total == 10.0


@pytest.mark.parametrize(
    ("life", "renewed_at"),
    [
        (86400, 86100),
        (1500, 1200),
        (1000, 800),
        (300, 240),
        (100, 80),
        (30, 30),
        (1, 30),
        (0.001, 30),
    ],
)
async def test_s4_05_renewed_before_the_end_but_not_within_30_s(
    mocked: aioresponses,
    tokens: ClientCredentials,
    clock: Clock,
    life: float,
    renewed_at: float,
) -> None:
    """S0-02, S4-05, C3: min(300 s, 20 % of life) before the end, at least 30 s between calls."""
    mocked.post(URL_, payload=token_answer("token-1", life))
    mocked.post(URL_, payload=token_answer("token-2", life))
    await tokens.get()
    began = clock.time
    clock.time = began + renewed_at - 0.01
    assert (await tokens.get()).value == "token-1"
    clock.time = began + renewed_at
    assert (await tokens.get()).value == "token-2"
    assert calls(mocked) == 2


async def test_c3_a_token_of_no_life_costs_one_call_in_30_s_and_hangs_nobody(
    mocked: aioresponses, tokens: ClientCredentials, clock: Clock
) -> None:
    """S0-02, S4-05: no permanent refetch."""
    mocked.post(URL_, payload=token_answer("brief", 0.5), repeat=True)
    for _ in range(300):
        await tokens.get()
        clock.time += 1.0
    assert calls(mocked) == 10
    assert clock.slept == []


async def test_s1_02_only_the_present_token_can_be_refused(
    mocked: aioresponses, tokens: ClientCredentials
) -> None:
    """S1-02: a token is invalidated once, and only itself."""
    for value in ("one", "two", "three"):
        mocked.post(URL_, payload=token_answer(value))
    assert (await tokens.get()).value == "one"
    assert (await tokens.get(refused="one")).value == "two"  # within 30 s: a refusal may
    assert (await tokens.get(refused="one")).value == "two"
    assert (await tokens.get(refused="never seen")).value == "two"
    assert calls(mocked) == 2


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"expires_in": 60},
        {"access_token": None, "expires_in": 60},
        {"access_token": "", "expires_in": 60},
        {"access_token": 7, "expires_in": 60},
        {"access_token": "a\r\nX-Evil: 1", "expires_in": 60},
        {"access_token": "a b", "expires_in": 60},
        {"access_token": "\u00e9", "expires_in": 60},
        {"access_token": "canary-token"},
        *(token_answer("canary-token", life) for life in (0, -1, True, None, "3600", (), 1e300)),
        [],
        "canary-token",
    ],
)
async def test_s0_06_a_bad_token_answer_is_an_error_and_no_loop(
    mocked: aioresponses, tokens: ClientCredentials, clock: Clock, answer: object
) -> None:
    """S0-06, S0-02: a missing, null, zero or unreal expires_in does not refetch for ever."""
    mocked.post(URL_, payload=answer, repeat=True)
    with pytest.raises(CloudError, match="bad token answer") as caught:
        await tokens.get()
    assert "canary" not in str(caught.value)
    assert (calls(mocked), clock.slept) == (1, [])


@pytest.mark.parametrize("body", [b"", b"<html>portal</html>", b'{"expires_in": NaN}', b"[" * 9999])
async def test_s0_06_an_answer_that_is_no_json(
    mocked: aioresponses, tokens: ClientCredentials, body: bytes
) -> None:
    """S0-06: nothing becomes the text "undefined" in a header."""
    mocked.post(URL_, body=body)
    with pytest.raises(CloudError, match="bad token answer"):
        await tokens.get()


@pytest.mark.parametrize("status", [400, 401])
async def test_s0_04_wrong_credentials_are_fatal_at_once(
    mocked: aioresponses, tokens: ClientCredentials, status: int
) -> None:
    """S0-04, S4-02: typed, not retried, without the secret, one clean line."""
    echo = {"error": "invalid_client", "error_description": "canary-secret is wrong\r\nforged"}
    mocked.post(URL_, status=status, payload=echo, repeat=True)
    with pytest.raises(AuthError, match=r"client id, the client secret and the region") as caught:
        await tokens.get()
    assert caught.value.status == status
    assert "canary" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert calls(mocked) == 1


async def test_s0_04_403_is_another_error(mocked: aioresponses, tokens: ClientCredentials) -> None:
    """S0-04: and it names what is missing."""
    mocked.post(URL_, status=403, payload={"message": "needs oauth:client:view"})
    with pytest.raises(PermissionDenied, match="client-credentials grant") as caught:
        await tokens.get()
    assert caught.value.missing == ("oauth:client:view",)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("5", 6.0),
        ("Sun, 06 Nov 1994 08:49:47 GMT", 11.0),
        ("-5", 1.0),
        ("soon", 1.0),
        ("NaN", 1.0),
        (None, 1.0),
    ],
)
async def test_s0_03_429_waits_as_asked(
    mocked: aioresponses,
    tokens: ClientCredentials,
    clock: Clock,
    header: str | None,
    wait: float,
) -> None:
    """S0-03, C5-12: the wait that was asked for, and the delay on top of it."""
    mocked.post(URL_, status=429, headers={} if header is None else {"Retry-After": header})
    mocked.post(URL_, payload=token_answer())
    assert (await tokens.get()).value == "token-1"
    assert clock.slept == [wait]


async def test_c5_12_a_wait_beyond_the_deadline_fails_at_once(
    mocked: aioresponses, tokens: ClientCredentials, clock: Clock
) -> None:
    """S0-03: the wait is clamped to 300 s."""
    mocked.post(URL_, status=429, headers={"Retry-After": "1000000000"})
    with pytest.raises(RateLimited) as caught:
        await tokens.get()
    assert (caught.value.retry_after, clock.slept) == (300.0, [])


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
async def test_s0_05_passing_failures_are_retried_until_the_deadline(
    mocked: aioresponses, tokens: ClientCredentials, clock: Clock, status: int
) -> None:
    """S0-05: then a typed error with its status."""
    mocked.post(URL_, status=status, body="<html>", repeat=True)
    with pytest.raises(CloudError) as caught:
        await tokens.get()
    assert caught.value.status == status
    assert 58 <= sum(clock.slept) <= 60


async def test_network_failures_are_retried_then_raised(
    mocked: aioresponses, tokens: ClientCredentials, clock: Clock
) -> None:
    """S0-05: a lost connection is passing, too."""
    mocked.post(URL_, exception=aiohttp.ServerDisconnectedError())
    mocked.post(URL_, payload=token_answer())
    assert (await tokens.get()).value == "token-1"
    assert clock.slept == [1.0]
    mocked.post(URL_, exception=aiohttp.ServerDisconnectedError(), repeat=True)
    with pytest.raises(ConnectionFailed) as caught:
        await tokens.get(refused="token-1")
    assert caught.value.host == "login.mypurecloud.de"
    assert isinstance(caught.value.__cause__, aiohttp.ServerDisconnectedError)


@pytest.mark.parametrize("status", [302, 404, 405, 501])
async def test_other_answers_are_not_retried(
    mocked: aioresponses, tokens: ClientCredentials, clock: Clock, status: int
) -> None:
    mocked.post(URL_, status=status, headers={"Location": "https://evil.example"})
    with pytest.raises(CloudError):
        await tokens.get()
    assert clock.slept == []


async def test_s4_08_a_failed_renewal_leaves_the_good_token_in_use(
    mocked: aioresponses, tokens: ClientCredentials, clock: Clock
) -> None:
    """S4-08: until its real end."""
    began = clock.time
    mocked.post(URL_, payload=token_answer("one", 1000))
    await tokens.get()
    mocked.post(URL_, status=503, repeat=True)
    clock.time = began + 800
    assert (await tokens.get()).value == "one"
    assert (await tokens.get()).value == "one"
    assert (calls(mocked), clock.slept) == (2, [])  # one try, and the next after 30 s
    clock.time = began + 830
    assert (await tokens.get()).value == "one"
    assert calls(mocked) == 3
    clock.time = began + 1000  # now its life is over
    with pytest.raises(CloudError, match="503"):
        await tokens.get()


async def test_a_token_refused_during_its_renewal_does_not_come_back(
    session: aiohttp.ClientSession, clock: Clock, aiohttp_server: Callable[..., Any]
) -> None:
    asked, release = asyncio.Event(), asyncio.Event()

    async def answer(_: web.Request) -> web.Response:
        if clock.time == 1000.0:
            return web.json_response(token_answer("one", 1000))
        asked.set()
        await release.wait()
        return web.Response(status=503)

    server = await serve(answer, aiohttp_server)
    tokens = make(session, clock, where=at(server))
    await tokens.get()
    clock.time = 1900.0
    early = asyncio.create_task(tokens.get())
    await asked.wait()
    late = asyncio.create_task(tokens.get(refused="one"))
    await asyncio.sleep(0)
    release.set()
    got = await asyncio.gather(early, late, return_exceptions=True)
    assert [type(one) for one in got] == [CloudError, CloudError]


async def test_s4_08_refused_credentials_are_not_put_off(
    mocked: aioresponses, tokens: ClientCredentials, clock: Clock
) -> None:
    """S4-08: only what may pass is waited out."""
    mocked.post(URL_, payload=token_answer("one", 1000))
    await tokens.get()
    mocked.post(URL_, status=401)
    clock.time += 800
    with pytest.raises(AuthError):
        await tokens.get()


async def test_s0_02_fifty_callers_make_one_request(
    session: aiohttp.ClientSession, clock: Clock, aiohttp_server: Callable[..., Any]
) -> None:
    """S0-02: also after a refusal."""
    seen: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(await request.text())
        await asyncio.sleep(0.02)
        return web.json_response(token_answer(f"token-{len(seen)}"))

    server = await serve(answer, aiohttp_server)
    tokens = make(session, clock, where=at(server))
    got = await asyncio.gather(*(tokens.get() for _ in range(50)))
    assert {token.value for token in got} == {"token-1"}
    got = await asyncio.gather(*(tokens.get(refused="token-1") for _ in range(50)))
    assert {token.value for token in got} == {"token-2"}
    assert seen == ["grant_type=client_credentials"] * 2


async def test_a_cancelled_caller_breaks_nobody(
    session: aiohttp.ClientSession, clock: Clock, aiohttp_server: Callable[..., Any]
) -> None:
    """S0-02: the one request serves whoever still waits."""
    asked, release = asyncio.Event(), asyncio.Event()

    async def answer(_: web.Request) -> web.Response:
        asked.set()
        await release.wait()
        return web.json_response(token_answer())

    server = await serve(answer, aiohttp_server)
    tokens = make(session, clock, where=at(server))
    first, second = (asyncio.create_task(tokens.get()) for _ in range(2))
    await asked.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    release.set()
    assert (await second).value == "token-1"


async def test_a_failure_reaches_every_waiter_and_the_next_call_tries_again(
    session: aiohttp.ClientSession, clock: Clock, aiohttp_server: Callable[..., Any]
) -> None:
    seen: list[int] = []

    async def answer(_: web.Request) -> web.Response:
        seen.append(len(seen))
        await asyncio.sleep(0.01)
        return web.json_response(token_answer(), status=401 if len(seen) == 1 else 200)

    server = await serve(answer, aiohttp_server)
    tokens = make(session, clock, where=at(server))
    got = await asyncio.gather(*(tokens.get() for _ in range(50)), return_exceptions=True)
    assert {type(one) for one in got} == {AuthError}
    assert (await tokens.get()).value == "token-1"
    assert len(seen) == 2


async def test_a_failure_that_nobody_waits_for_any_more_is_no_noise(
    session: aiohttp.ClientSession, clock: Clock, aiohttp_server: Callable[..., Any]
) -> None:
    asked, release = asyncio.Event(), asyncio.Event()
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))

    async def answer(_: web.Request) -> web.Response:
        asked.set()
        await release.wait()
        return web.Response(status=401)

    server = await serve(answer, aiohttp_server)
    tokens = make(session, clock, where=at(server))
    caller = asyncio.create_task(tokens.get())
    await asked.wait()
    caller.cancel()
    await asyncio.wait({caller})
    renewal = next(task for task in asyncio.all_tasks() if task.get_name() == "genesys-token")
    release.set()
    await asyncio.wait({renewal})
    await asyncio.sleep(0)
    del renewal
    assert complaints == []


async def test_closing_ends_a_renewal_under_way(
    session: aiohttp.ClientSession, clock: Clock, aiohttp_server: Callable[..., Any]
) -> None:
    asked = asyncio.Event()

    async def answer(_: web.Request) -> web.Response:
        asked.set()
        await asyncio.sleep(3600)
        raise AssertionError

    server = await serve(answer, aiohttp_server)
    tokens = make(session, clock, where=at(server))
    caller = asyncio.create_task(tokens.get())
    await asked.wait()
    await tokens.aclose()
    with pytest.raises(ConnectionFailed, match="closed before a token came"):
        await caller
    await tokens.aclose()


async def test_a_token_server_that_hangs_is_given_up(
    session: aiohttp.ClientSession, clock: Clock, aiohttp_server: Callable[..., Any]
) -> None:
    """S0-01, S1-01: the token call has its time limit."""

    async def answer(_: web.Request) -> web.Response:
        await asyncio.sleep(3600)
        raise AssertionError

    server = await serve(answer, aiohttp_server)
    tokens = make(session, clock, where=at(server), timeout=0.02, deadline=3.0)
    with pytest.raises(ConnectionFailed, match=r"did not answer within 0\.02 s"):
        await tokens.get()
    assert clock.slept == [1.0, 1.0]


async def test_neither_id_nor_secret_is_shown(tokens: ClientCredentials) -> None:
    assert repr(tokens) == "<ClientCredentials login.mypurecloud.de>"


async def test_credentials_are_checked_before_anything_is_sent(
    session: aiohttp.ClientSession,
) -> None:
    with pytest.raises(ConfigurationError):
        ClientCredentials("id", "line\nbreak", WHERE, session)
