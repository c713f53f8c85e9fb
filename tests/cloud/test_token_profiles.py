"""How each tutorial asks for its token: S0-01, S1-01, S1-02, S2-01, S3-03, S4-01."""

from __future__ import annotations

import asyncio
import base64
import traceback
from typing import Any

import aiohttp
import pytest

from genesys_sentiment.cloud import token_profiles as profiles
from genesys_sentiment.cloud.regions import endpoints
from genesys_sentiment.cloud.rest import Rest
from genesys_sentiment.cloud.settings import Credentials
from genesys_sentiment.cloud.token_profiles import TokenProfile
from genesys_sentiment.cloud.tokens import ClientCredentials
from genesys_sentiment.errors import AuthError, ConfigurationError, GenesysSentimentError
from tests.cloud.fake import Asked, Fake
from tests.cloud.support import Clock, at, steady, token_answer

SECRET = "canary-secret-55"
BASIC = "Basic " + base64.b64encode(f"my-id:{SECRET}".encode()).decode()
FORM = "application/x-www-form-urlencoded"


def make(
    fake: Fake, session: aiohttp.ClientSession, clock: Clock, profile: TokenProfile
) -> ClientCredentials:
    assert fake.server is not None
    return ClientCredentials(
        "my-id",
        SECRET,
        at(fake.server),
        session,
        profile=profile,
        monotonic=clock.monotonic,
        now=clock.now,
        sleep=clock.sleep,
        delays=steady(),
    )


async def asked(
    fake: Fake, session: aiohttp.ClientSession, clock: Clock, profile: TokenProfile
) -> Asked:
    fake.on("POST", profile.path, token_answer())
    token = await make(fake, session, clock, profile).get()
    assert token.value == "token-1"
    (one,) = fake.asked
    return one


async def test_s0_01_basic_and_a_form_with_scopes(
    fake: Fake, session: aiohttp.ClientSession, clock: Clock
) -> None:
    """S0-01: the tutorial's path, Basic, form and its two scopes."""
    one = await asked(fake, session, clock, profiles.INTERACTION_TOPICS)
    assert one.path == "/api/v2/oauth/token"
    assert (one.headers["Authorization"], one.headers["Content-Type"]) == (BASIC, FORM)
    assert one.body == "grant_type=client_credentials&scope=view%3Ainteraction+view%3Aanalytics"


async def test_s1_02_basic_and_a_query(
    fake: Fake, session: aiohttp.ClientSession, clock: Clock
) -> None:
    """S1-02: grant and scopes in the query, no body; the secret is in the header only."""
    one = await asked(fake, session, clock, profiles.CHAT_SENTIMENT)
    assert (one.path, one.body) == ("/api/v2/oauth/token", None)
    assert one.headers["Authorization"] == BASIC
    assert one.query == {
        "grant_type": "client_credentials",
        "scope": "conversation:view conversation:write analytics:conversations:view",
    }


async def test_s2_01_everything_in_json(
    fake: Fake, session: aiohttp.ClientSession, clock: Clock
) -> None:
    """S2-01: id, secret and scopes in the JSON body, no Basic."""
    one = await asked(fake, session, clock, profiles.AGENT_ASSIST)
    assert one.path == "/api/v2/oauth/token"
    assert one.body == {
        "grant_type": "client_credentials",
        "client_id": "my-id",
        "client_secret": SECRET,
        "scope": "agentassist:view conversation:read",
    }
    assert "Authorization" not in one.headers
    assert one.headers["Content-Type"] == "application/json"


async def test_s3_03_json_without_a_client(
    fake: Fake, session: aiohttp.ClientSession, clock: Clock
) -> None:
    """S3-03: /oauth/token with the tutorial's JSON; the client is named by Basic."""
    one = await asked(fake, session, clock, profiles.REALTIME_ANALYTICS)
    assert one.path == "/oauth/token"
    assert one.body == {
        "grant_type": "client_credentials",
        "scope": "read:conversations analytics:realtime",
    }
    assert one.headers["Authorization"] == BASIC


@pytest.mark.parametrize("profile", [profiles.INTERACTION_STREAM, profiles.PLATFORM])
async def test_s4_01_basic_and_a_plain_form(
    fake: Fake, session: aiohttp.ClientSession, clock: Clock, profile: TokenProfile
) -> None:
    """S4-01: as the real platform, without a scope; nothing secret is in the address."""
    one = await asked(fake, session, clock, profile)
    assert (one.path, one.query, one.body) == ("/oauth/token", {}, "grant_type=client_credentials")
    assert (one.headers["Authorization"], one.headers["Content-Type"]) == (BASIC, FORM)


ALL = [
    profiles.INTERACTION_TOPICS,
    profiles.CHAT_SENTIMENT,
    profiles.AGENT_ASSIST,
    profiles.REALTIME_ANALYTICS,
    profiles.INTERACTION_STREAM,
]


@pytest.mark.parametrize("profile", ALL)
async def test_s1_02_every_profile_keeps_the_same_rules(
    fake: Fake, session: aiohttp.ClientSession, clock: Clock, profile: TokenProfile
) -> None:
    """S1-02: one request for many callers, retried; a refused token is replaced once."""
    fake.on("POST", profile.path, 503, token_answer("one"), token_answer("two"))
    tokens = make(fake, session, clock, profile)
    values = {token.value for token in await asyncio.gather(*(tokens.get() for _ in range(20)))}
    assert (values, len(fake.asked), clock.slept) == ({"one"}, 2, [1.0])
    assert {(await tokens.get(refused="one")).value for _ in range(3)} == {"two"}
    assert len(fake.asked) == 3


@pytest.mark.parametrize("profile", ALL)
@pytest.mark.parametrize("answer", [(401, {"error": "no", "error_description": SECRET}), (200, {})])
async def test_c5_31_no_profile_shows_the_secret(
    fake: Fake, session: aiohttp.ClientSession, clock: Clock, profile: TokenProfile, answer: Any
) -> None:
    fake.on("POST", profile.path, answer)
    with pytest.raises(GenesysSentimentError) as caught:
        await make(fake, session, clock, profile).get()
    shown = "".join(traceback.format_exception(caught.value))
    assert SECRET not in shown
    assert BASIC.removeprefix("Basic ") not in shown


def test_c5_31_a_request_does_not_show_the_secret() -> None:
    credentials = Credentials(
        client_id="my-id", client_secret=SECRET, endpoints=endpoints("https://a.b", "https://a.b")
    )
    for profile in ALL:
        assert SECRET not in repr(profile.request(credentials))
        assert SECRET not in str(profile.request(credentials).url)


def the_tutorials(now: float, cache: dict[str, Any], ask: list[str]) -> str:
    """S1's token cache: kept until 60 s before its end, whatever the platform says of it."""
    if "token" not in cache or now >= cache["expiry"]:
        cache["token"], cache["expiry"] = ask.pop(0), now + 3600 - 60
    return str(cache["token"])


async def test_s1_02_a_token_revoked_early_is_replaced_where_the_tutorial_is_stuck(
    fake: Fake, session: aiohttp.ClientSession, clock: Clock
) -> None:
    """S1-02: after a 401 the tutorial sends the dead token for an hour; ours asks for another."""
    cache: dict[str, Any] = {}
    tried = {the_tutorials(float(now), cache, ["dead", "good"]) for now in range(0, 3500, 100)}
    assert tried == {"dead"}

    fake.on("POST", profiles.CHAT_SENTIMENT.path, token_answer("dead"), token_answer("good"))
    fake.on(
        "GET",
        "/api/v2/x",
        lambda sent: {"ok": 1} if sent.headers["Authorization"] == "Bearer good" else (401, {}),
    )
    assert fake.server is not None
    tokens = make(fake, session, clock, profiles.CHAT_SENTIMENT)
    rest = Rest(at(fake.server), tokens, session)
    assert (await rest.request("GET", "/api/v2/x")).body == {"ok": 1}
    assert len(fake.asked) == 4


async def test_s1_01_trailing_slashes_and_a_time_limit_everywhere(
    fake: Fake, session: aiohttp.ClientSession
) -> None:
    """S1-01: token and API calls go by one transport: JSON headers, 10 s, no doubled slash."""
    where = endpoints(f"{fake.url}/", f"{fake.url}/")
    fake.on("POST", "/api/v2/oauth/token", token_answer())
    fake.on("POST", "/api/v2/x", {})
    tokens = ClientCredentials("my-id", SECRET, where, session, profile=profiles.CHAT_SENTIMENT)
    await Rest(where, tokens, session).request("POST", "/api/v2/x", json={"a": 1})
    assert fake.calls() == ["POST /api/v2/oauth/token", "POST /api/v2/x"]
    call = fake.asked[1].headers
    assert (call["Content-Type"], call["Accept"]) == ("application/json", "application/json")


@pytest.mark.parametrize(
    "fields",
    [
        {"path": "oauth/token"},
        {"path": "/oauth/token?x=1"},
        {"path": "//evil/token"},
        {"path": "/../token"},
        {"path": "/"},
        {"style": "digest"},
        {"scopes": "one"},
        {"scopes": ("a b",)},
        {"scopes": ("",)},
        {"scopes": ("a\r\nb",)},
    ],
)
def test_c5_29_profiles_that_cannot_be(fields: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        TokenProfile(**fields)


async def test_s2_01_a_refusal_is_fatal(
    fake: Fake, session: aiohttp.ClientSession, clock: Clock
) -> None:
    """S2-01: refused credentials are an AuthError at once, in this style as in the others."""
    fake.on("POST", profiles.AGENT_ASSIST.path, 401)
    with pytest.raises(AuthError):
        await make(fake, session, clock, profiles.AGENT_ASSIST).get()
    assert len(fake.asked) == 1
