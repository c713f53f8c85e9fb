"""Every way to ask for a token works at the simulator, and every refusal has its entry."""

from __future__ import annotations

import pytest

from genesys_sentiment.cloud import token_profiles
from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.cloud.regions import endpoints
from genesys_sentiment.cloud.token_profiles import TokenProfile
from genesys_sentiment.errors import AuthError
from genesys_sentiment.simulator import Simulator
from tests.project import ROOT

PROFILES = [
    token_profiles.PLATFORM,
    token_profiles.INTERACTION_TOPICS,
    token_profiles.CHAT_SENTIMENT,
    token_profiles.AGENT_ASSIST,
    token_profiles.REALTIME_ANALYTICS,
    token_profiles.INTERACTION_STREAM,
]


@pytest.mark.parametrize("profile", PROFILES, ids=lambda each: f"{each.path}-{each.style}")
async def test_every_form_gets_a_token_and_a_wrong_secret_none(profile: TokenProfile) -> None:
    """S0-01, S0-04, S1-02, S2-01, S3-03, S4-01: over a real socket, by the one token client."""
    async with Simulator() as simulator:
        where = endpoints(simulator.api_url, simulator.login_url)
        async with Cloud(
            where, simulator.client_id, simulator.client_secret, token_profile=profile
        ) as cloud:
            assert (await cloud.tokens.get()).value
        async with Cloud(where, simulator.client_id, "canary", token_profile=profile) as cloud:
            with pytest.raises(AuthError) as caught:
                await cloud.tokens.get()
    assert "canary" not in str(caught.value)
    assert simulator.token_requests == 2


@pytest.mark.parametrize(
    "entry",
    [
        "AuthError",
        "PermissionDenied",
        "## 429",
        "## The WebSocket is refused",
        'Skipped("language_unsupported")',
        'Skipped("segments_missing")',
        "## A handler is slow, or times out",
    ],
)
def test_what_the_tutorials_document_has_an_entry(entry: str) -> None:
    """S0-27, S1-20: the errors of the tutorials, each with what to do."""
    assert entry in (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")
