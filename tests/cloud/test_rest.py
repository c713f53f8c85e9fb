"""The REST client: S1-02, S1-03, S4-02, C4, C5-12, C5-29."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from aioresponses import aioresponses

from genesys_sentiment.cloud.regions import region
from genesys_sentiment.cloud.rest import RateLimit, Rest
from genesys_sentiment.errors import (
    AuthError,
    CloudError,
    ConfigurationError,
    ConnectionFailed,
    NotFound,
    PermissionDenied,
    RateLimited,
)
from tests.cloud.support import Clock, Handed, steady

WHERE = region("eu-central-1").endpoints
ME = "https://api.mypurecloud.de/api/v2/thing"
PATH = "/api/v2/thing"


@pytest.fixture
def handed() -> Handed:
    return Handed()


@pytest.fixture
def rest(session: aiohttp.ClientSession, clock: Clock, handed: Handed) -> Rest:
    return Rest(
        WHERE,
        handed,
        session,
        monotonic=clock.monotonic,
        now=clock.now,
        sleep=clock.sleep,
        delays=steady(),
    )


def sent(mocked: aioresponses) -> list[dict[str, Any]]:
    return [call.kwargs for calls in mocked.requests.values() for call in calls]


async def test_a_call_and_its_answer(mocked: aioresponses, rest: Rest) -> None:
    """S1-01: JSON headers, the bearer token, a limit of 10 s."""
    mocked.post(
        f"{ME}?a=1&b=x%26y",
        payload={"fine": [1]},
        headers={"ININ-Correlation-Id": "cor-1", "X-Other": "x"},
    )
    answer = await rest.request(
        "POST", PATH, params={"a": 1, "b": "x&y"}, json={"k": "v"}, headers={"X-Mine": "m"}
    )
    assert (answer.status, answer.body) == (200, {"fine": [1]})
    assert answer.headers == {"inin-correlation-id": "cor-1"}
    assert "fine" not in repr(answer)
    (call,) = sent(mocked)
    assert call["data"] == b'{"k":"v"}'
    assert call["headers"]["Authorization"] == "Bearer token-1"
    assert call["headers"]["Content-Type"] == "application/json"
    assert call["headers"]["X-Mine"] == "m"
    assert call["allow_redirects"] is False
    assert call["timeout"].total == 10.0


async def test_an_empty_answer_has_no_body(mocked: aioresponses, rest: Rest) -> None:
    mocked.delete(ME, status=204)
    assert (await rest.request("DELETE", PATH)).body is None


async def test_a_success_that_is_no_json_is_an_error(mocked: aioresponses, rest: Rest) -> None:
    mocked.get(ME, body="<html>please log in</html>", headers={"ININ-Correlation-Id": "cor-1"})
    with pytest.raises(CloudError, match="no JSON") as caught:
        await rest.request("GET", PATH)
    assert (caught.value.status, caught.value.correlation) == (200, "cor-1")
    assert "please" not in str(caught.value)


async def test_the_rate_limit_is_kept(mocked: aioresponses, rest: Rest) -> None:
    assert rest.rate_limit is None
    head = {
        f"inin-ratelimit-{k}": v for k, v in [("count", "7"), ("allowed", "300"), ("reset", "x")]
    }
    mocked.get(ME, headers=head, payload={})
    mocked.get(ME, payload={})
    await rest.request("GET", PATH)
    await rest.request("GET", PATH)
    assert rest.rate_limit == RateLimit(count=7, allowed=300, reset=None)


async def test_s1_02_a_refused_token_is_renewed_once(
    mocked: aioresponses, rest: Rest, handed: Handed
) -> None:
    """S1-02: and the call is made once more."""
    mocked.get(ME, status=401)
    mocked.get(ME, payload={"ok": True})
    assert (await rest.request("GET", PATH)).body == {"ok": True}
    assert [call["headers"]["Authorization"] for call in sent(mocked)] == [
        "Bearer token-1",
        "Bearer token-2",
    ]
    assert handed.refusals == ["token-1"]


async def test_s1_02_the_second_refusal_is_final(
    mocked: aioresponses, rest: Rest, handed: Handed, clock: Clock
) -> None:
    """S1-02: no storm of refusals."""
    mocked.get(ME, status=401, payload={"message": "Invalid token-2\x1b[0m"}, repeat=True)
    with pytest.raises(AuthError) as caught:
        await rest.request("GET", PATH)
    assert caught.value.status == 401
    assert "token-2" not in str(caught.value)
    assert str(caught.value).isprintable()
    assert (len(sent(mocked)), handed.refusals, clock.slept) == (2, ["token-1"], [])


async def test_a_missing_permission_is_fatal_and_named(mocked: aioresponses, rest: Rest) -> None:
    """S1-20: 403 is typed and never retried."""
    body = {
        "message": "You must have at least one of: [routing:queue:view]",
        "code": "missing.any.permissions",
        "status": 403,
        "contextId": "ctx-1",
    }
    mocked.get(ME, status=403, payload=body)
    with pytest.raises(PermissionDenied, match="GET /api/v2/thing answered 403") as caught:
        await rest.request("GET", PATH)
    assert caught.value.missing == ("routing:queue:view",)
    assert caught.value.correlation == "ctx-1"
    assert len(sent(mocked)) == 1


@pytest.mark.parametrize(
    ("status", "kind"), [(404, NotFound), (400, CloudError), (409, CloudError), (422, CloudError)]
)
async def test_c4_other_refusals_are_not_retried(
    mocked: aioresponses, rest: Rest, status: int, kind: type[CloudError]
) -> None:
    mocked.get(ME, status=status, payload={"message": "no", "code": "c", "contextId": "ctx"})
    with pytest.raises(kind) as caught:
        await rest.request("GET", PATH)
    error = caught.value
    assert (type(error), error.status, error.code, error.correlation) == (kind, status, "c", "ctx")
    assert len(sent(mocked)) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_a_failure(mocked: aioresponses, rest: Rest, status: int) -> None:
    mocked.post(ME, status=status, headers={"Location": "https://evil.example/"})
    with pytest.raises(CloudError, match="redirects are not followed") as caught:
        await rest.request("POST", PATH, json={})
    assert caught.value.status == status
    assert len(sent(mocked)) == 1


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "DELETE"])
@pytest.mark.parametrize("status", [408, 425, 500, 502, 503, 504])
async def test_s1_03_passing_failures_are_retried(
    mocked: aioresponses, rest: Rest, clock: Clock, method: str, status: int
) -> None:
    """S1-03: gateways and time-outs, whatever the method."""
    mocked.add(ME, method, status=status, body="<html>busy</html>")
    mocked.add(ME, method, exception=aiohttp.ClientPayloadError())
    mocked.add(ME, method, status=200)
    assert (await rest.request(method, PATH)).status == 200
    assert clock.slept == [1.0, 1.0]


async def test_s1_03_the_deadline_ends_the_retries(
    mocked: aioresponses, rest: Rest, clock: Clock
) -> None:
    """S1-03: bounded."""
    mocked.get(ME, status=503, headers={"ININ-Correlation-Id": "cor-1"}, repeat=True)
    with pytest.raises(CloudError, match="try again later") as caught:
        await rest.request("GET", PATH)
    assert caught.value.correlation == "cor-1"
    assert 58 <= sum(clock.slept) <= 60


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("5", 6.0),
        ("Sun, 06 Nov 1994 08:49:47 GMT", 11.0),
        ("0", 1.0),
        ("-5", 1.0),
        ("soon", 1.0),
        ("NaN", 1.0),
        (None, 1.0),
    ],
)
async def test_c5_12_429_waits_as_asked(
    mocked: aioresponses, rest: Rest, clock: Clock, header: str | None, wait: float
) -> None:
    """S1-03: Retry-After in both forms is kept."""
    mocked.get(ME, status=429, headers={} if header is None else {"Retry-After": header})
    mocked.get(ME, payload={})
    await rest.request("GET", PATH)
    assert clock.slept == [wait]


async def test_c5_12_a_429_storm_is_bounded(mocked: aioresponses, rest: Rest, clock: Clock) -> None:
    """S1-03: a Retry-After of 0 is no hot loop."""
    mocked.get(ME, status=429, headers={"Retry-After": "0"}, repeat=True)
    with pytest.raises(RateLimited):
        await rest.request("GET", PATH)
    assert len(sent(mocked)) == len(clock.slept) + 1 <= 61


async def test_c5_12_a_huge_wait_fails_at_once_and_holds_the_next_call(
    mocked: aioresponses, rest: Rest, clock: Clock
) -> None:
    """C4: the limit is the token's, so another call does not try it before its time."""
    mocked.get(ME, status=429, headers={"Retry-After": "1000000000"})
    with pytest.raises(RateLimited) as caught:
        await rest.request("GET", PATH)
    assert caught.value.retry_after == 300.0
    with pytest.raises(RateLimited, match="was not sent"):
        await rest.request("GET", PATH)
    clock.time += 300
    mocked.get(ME, payload={})
    await rest.request("GET", PATH)
    assert (len(sent(mocked)), clock.slept) == (2, [])


async def test_c4_a_call_waits_while_another_was_told_to(
    mocked: aioresponses, rest: Rest, clock: Clock
) -> None:
    mocked.get(ME, status=429, headers={"Retry-After": "20"})
    mocked.get(ME, payload={}, repeat=True)
    await asyncio.gather(rest.request("GET", PATH), _later(rest, clock))
    assert clock.time >= 1021.0
    assert len(sent(mocked)) == 3


async def _later(rest: Rest, clock: Clock) -> None:
    while not clock.slept:
        await asyncio.sleep(0)
    clock.time = 1005.0  # in the middle of the wait
    await rest.request("GET", PATH)
    assert clock.time >= 1020.0


async def test_a_network_failure_names_the_host(mocked: aioresponses, rest: Rest) -> None:
    mocked.get(ME, exception=ConnectionResetError(), repeat=True)
    with pytest.raises(ConnectionFailed, match=r"api\.mypurecloud\.de") as caught:
        await rest.request("GET", PATH)
    assert caught.value.host == "api.mypurecloud.de"


async def test_cancellation_comes_out(mocked: aioresponses, rest: Rest) -> None:
    mocked.get(ME, exception=asyncio.CancelledError())
    with pytest.raises(asyncio.CancelledError):
        await rest.request("GET", PATH)


async def test_c5_29_ids_are_encoded(mocked: aioresponses, rest: Rest) -> None:
    mocked.get(
        "https://api.mypurecloud.de/api/v2/things/a%2F..%2F%3Fb%23c%25%20d/x",
        payload={},
    )
    await rest.request("GET", "/api/v2/things/{thing}/x", ids={"thing": "a/../?b#c% d"})
    (url,) = (key[1] for key in mocked.requests)
    assert url.raw_path == "/api/v2/things/a%2F..%2F%3Fb%23c%25%20d/x"
    assert url.host == "api.mypurecloud.de"


@pytest.mark.parametrize("value", ["", ".", "..", "a\r\nb", "a\x00", "x" * 257])
async def test_c5_29_what_no_id_can_be_is_refused(rest: Rest, value: str) -> None:
    with pytest.raises(ConfigurationError):
        await rest.request("GET", "/api/v2/things/{thing}", ids={"thing": value})


@pytest.mark.parametrize(
    "path",
    [
        *("", "api", "//evil.example", "@evil.example/", ".evil.example/", "/a/../b", "/a?b"),
        *("/a#b", "/a b", "/a\r\nb", "/a\\b", "/a/", "/%2e%2e", "/{thing!r}"),
    ],
)
async def test_c5_29_paths_that_lead_elsewhere_are_refused(rest: Rest, path: str) -> None:
    with pytest.raises(ConfigurationError):
        await rest.request("GET", path, ids={"thing": "x"})


@pytest.mark.parametrize(("name", "value"), [("X", "a\r\nB: c"), ("X\n", "a"), ("X", "\x00")])
async def test_c5_29_header_injection_is_refused(rest: Rest, name: str, value: str) -> None:
    with pytest.raises(ConfigurationError):
        await rest.request("GET", PATH, headers={name: value})


async def test_errors_show_the_path_without_its_ids(mocked: aioresponses, rest: Rest) -> None:
    mocked.get("https://api.mypurecloud.de/api/v2/things/canary", status=404)
    with pytest.raises(NotFound) as caught:
        await rest.request("GET", "/api/v2/things/{thing}", ids={"thing": "canary"})
    assert "GET /api/v2/things/{thing} answered 404" in str(caught.value)
    assert "canary" not in str(caught.value)
