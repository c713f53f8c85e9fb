"""Tokens: issued, refused, expired, limited."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from genesys_sentiment.clock import VirtualClock
from genesys_sentiment.simulator import Refuse, Simulator
from tests.simulator.client import CHANNELS, Client, closed


async def test_a_token_is_a_bearer_for_a_day() -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        answer = await client.login()
        assert answer.status == 200
        assert answer.body["token_type"] == "bearer"
        assert answer.body["expires_in"] == 86_400
        assert answer.body["access_token"] != client.token
        assert simulator.token_requests == 2
        assert answer.headers["ININ-Correlation-Id"]


async def test_a_wrong_secret_is_an_oauth_error() -> None:
    """S0-04: the token endpoint answers as OAuth does, not with the platform's ErrorBody."""
    async with Simulator() as simulator, Client(simulator) as client:
        answer = await client.login(secret="wrong")
        assert (answer.status, answer.body["error"]) == (401, "invalid_client")
        assert (await client.login(secret="pässwörd")).status == 401
        for header in ("", "Basic", "Basic %%%", "Bearer eDp5"):
            assert (await client.login(authorization=header)).status == 401
        other = await client.login(grant="password")
        assert (other.status, other.body["error"]) == (400, "unsupported_grant_type")


async def test_failures_by_script_come_first() -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        date = "Fri, 20 Nov 2026 20:00:00 GMT"
        simulator.token_failures = [Refuse(429, retry_after=3), Refuse(429, date), 503]
        answers = [await client.login() for _ in range(4)]
        assert [answer.status for answer in answers] == [429, 429, 503, 200]
        assert [answer.headers.get("Retry-After") for answer in answers] == ["3", date, None, None]
        assert answers[0].body["code"] == "too.many.requests.retry.after"
        assert "[3] seconds" in answers[0].body["message"]
        simulator.api_failures = [504, 401]
        assert [(await client.rest("POST", CHANNELS)).status for _ in range(3)] == [504, 401, 200]


@pytest.mark.parametrize("token", ["", "nonsense", "ä"])
async def test_a_bad_bearer_is_the_platforms_401(token: str) -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        client.token = token
        answer = await client.rest("POST", CHANNELS)
        assert answer.status == 401
        assert answer.body["message"] == "Invalid login credentials."
        assert answer.body["code"] == "bad.credentials"
        assert answer.body["contextId"] == answer.headers["ININ-Correlation-Id"]
        assert (answer.body["details"], answer.body["errors"]) == ([], [])


async def test_a_token_expires_and_takes_its_channels_along() -> None:
    clock = VirtualClock(automatic=False)
    simulator = Simulator(token_lifetime=600, heartbeat=3600, clock=clock)
    async with simulator, Client(simulator) as client:
        async with client.listen() as socket:
            await clock.elapse(601.0)
            await closed(socket)
            assert socket.close_code == 1001
        assert (await client.rest("POST", CHANNELS)).status == 401


async def test_beyond_the_rate_comes_429_with_the_documented_body() -> None:
    async with Simulator(rate_limit=3) as simulator, Client(simulator) as client:
        answers = [await client.rest("GET", CHANNELS) for _ in range(4)]
        assert [answer.status for answer in answers] == [200, 200, 200, 429]
        assert [answer.headers.get("inin-ratelimit-count") for answer in answers[:3]] == [
            "1",
            "2",
            "3",
        ]
        assert answers[0].headers["inin-ratelimit-allowed"] == "3"
        seconds = answers[3].headers["Retry-After"]
        assert 1 <= int(seconds) <= 60
        assert answers[3].body["message"] == (
            f"Rate limit exceeded the maximum. Retry the request in [{seconds}] seconds"
        )
        # The limit is a token's, not the client's.
        await client.__aenter__()
        assert (await client.rest("GET", CHANNELS)).status == 200


async def test_without_a_limit_the_headers_are_there_all_the_same() -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        answer = await client.rest("GET", CHANNELS)
        assert answer.headers["inin-ratelimit-allowed"] == "300"
        assert int(answer.headers["inin-ratelimit-reset"]) <= 60


async def test_unknown_paths_and_methods_answer_as_the_platform() -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        lost = await client.rest("GET", "/api/v2/nothing")
        assert (lost.status, lost.body["code"]) == (404, "not.found")
        wrong = await client.rest("PATCH", CHANNELS)
        assert (wrong.status, wrong.body["code"]) == (405, "method.not.allowed")
        assert simulator.requests["GET (unknown)"] == 1


GRANT = {"grant_type": "client_credentials", "scope": "view:interaction view:analytics"}


@pytest.mark.parametrize(
    ("path", "where", "named"),
    [
        ("/api/v2/oauth/token", "data", "header"),
        ("/api/v2/oauth/token", "params", "header"),
        ("/api/v2/oauth/token", "json", "body"),
        ("/oauth/token", "json", "header"),
    ],
)
async def test_tokens_are_given_as_the_tutorials_ask_for_them(
    path: str, where: str, named: str
) -> None:
    """S0-01, S1-02, S2-01, S3-03: form, query, JSON with the secret, JSON; scopes are let pass."""
    async with Simulator() as simulator, aiohttp.ClientSession() as session:
        for secret, status in ((simulator.client_secret, 200), ("wrong", 401)):
            basic = aiohttp.encode_basic_auth(simulator.client_id, secret)
            headers = {"Authorization": basic} if named == "header" else {}
            client = {"client_id": simulator.client_id, "client_secret": secret}
            asked: Any = {where: GRANT if named == "header" else GRANT | client}
            url = f"{simulator.login_url}{path}"
            async with session.post(url, headers=headers, **asked) as answer:
                assert answer.status == status
                body = await answer.json()
                assert ("access_token" in body) == (status == 200)
        assert simulator.token_requests == 2


async def test_the_platforms_own_endpoint_reads_no_query() -> None:
    async with Simulator() as simulator, aiohttp.ClientSession() as session:
        basic = aiohttp.encode_basic_auth(simulator.client_id, simulator.client_secret)
        url = f"{simulator.login_url}/oauth/token"
        headers = {"Authorization": basic}
        async with session.post(url, params=GRANT, headers=headers) as answer:
            assert answer.status == 400
