"""REST of speech analytics: reasons, links to transcripts, transcripts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest

from genesys_sentiment.simulator import Simulator
from tests.simulator.client import Client, eventually, short_call

BASE = "/api/v2/speechandtextanalytics/conversations"
LINES = [("agent", "hello"), ("caller", "this is terrible"), ("caller", "thank you, wonderful")]
CALLS = [
    short_call("a", *LINES, sentiment={"overall": 0.4, "trend": -0.3}),
    short_call("b", *LINES),
]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """Both calls have been played; one was analysed."""
    async with Simulator(CALLS, speed=500, wait=0) as simulator, Client(simulator) as client:
        await simulator.play()
        yield client


def communication(client: Client, number: int = 0, purpose: str = "customer") -> str:
    conversations = list(client.simulator._conversations.values())
    return conversations[number].communication(purpose)


async def test_reasons_are_the_customers_words(client: Client) -> None:
    analysed, never = client.simulator.conversations
    answer = await client.rest("GET", f"{BASE}/{analysed}/sentiments")
    insights = answer.body["insights"]
    assert [one["description"] for one in insights["negativeSentimentReasons"]] == [LINES[1][1]]
    assert [one["description"] for one in insights["positiveSentimentReasons"]] == [LINES[2][1]]
    assert (await client.rest("GET", f"{BASE}/{never}/sentiments")).status == 404


async def test_a_link_leads_to_the_transcript_without_a_token(client: Client) -> None:
    conversation = client.simulator.conversations[0]
    path = f"{BASE}/{conversation}/communications/{communication(client)}"
    link = (await client.rest("GET", f"{path}/transcripturl")).body["url"]
    assert link.startswith(client.simulator.api_url)
    client.token = ""
    answer = await client.rest("GET", link.removeprefix(client.simulator.api_url))
    assert answer.body["conversationId"] == conversation
    (transcript,) = answer.body["transcripts"]
    phrases = transcript["phrases"]
    assert [one["text"] for one in phrases] == [text for _, text in LINES]
    assert [one["participantPurpose"] for one in phrases] == ["internal", "external", "external"]
    times = [one["startTimeMs"] for one in phrases]
    assert times == sorted(times)
    judged = transcript["analytics"]["sentiment"]
    assert [(one["phraseIndex"], one["sentiment"]) for one in judged] == [(1, -1), (2, 1)]


async def test_there_are_several_links_too(client: Client) -> None:
    conversation = client.simulator.conversations[0]
    path = f"{BASE}/{conversation}/communications/{communication(client, purpose='agent')}"
    assert len((await client.rest("GET", f"{path}/transcripturls")).body["urls"]) == 1
    assert (
        await client.rest("GET", f"{BASE}/{conversation}/communications/x/transcripturl")
    ).status == 404


async def test_a_link_is_good_for_ten_minutes(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = 0.0
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + later)
    monkeypatch.setattr("genesys_sentiment.simulator.speech_api.time", clock)
    conversation = client.simulator.conversations[0]
    path = f"{BASE}/{conversation}/communications/{communication(client)}/transcripturl"
    link = (await client.rest("GET", path)).body["url"].removeprefix(client.simulator.api_url)
    later = 599.0
    assert await status(client, link) == 200
    later = 601.0
    assert await status(client, link) == 403
    assert await status(client, "/transcripts/guessed") == 403


async def status(client: Client, path: str) -> int:
    """Of an answer that need not be JSON."""
    async with client._session.get(f"{client.simulator.api_url}{path}") as answer:
        return answer.status


async def test_there_is_no_transcript_while_they_talk() -> None:
    async with Simulator(CALLS[:1], wait=30) as simulator, Client(simulator) as client:
        playing = asyncio.create_task(simulator.play())
        await eventually(lambda: len(simulator.conversations) == 1)
        path = f"{BASE}/{simulator.conversations[0]}/communications/{communication(client)}"
        assert (await client.rest("GET", f"{path}/transcripturl")).status == 404
    await playing


async def test_missing_permissions_are_named(client: Client) -> None:
    conversation = client.simulator.conversations[0]
    client.simulator.denied_permissions.add("speechAndTextAnalytics:sentimentData:view")
    answer = await client.rest("GET", f"{BASE}/{conversation}/sentiments")
    assert answer.status == 403
    assert "speechAndTextAnalytics:sentimentData:view" in answer.body["message"]
