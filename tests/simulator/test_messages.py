"""Digital conversations: their snapshots, their messages' texts, tutorial S1's query."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.simulator import Simulator
from tests.simulator.client import Answer, Client, rest_of, short_call

LINES = [
    ("caller", "this is terrible, i am angry"),
    ("agent", "i am sorry"),
    ("caller", "we meet at nine"),
    ("caller", "[smile]"),
]
QUERY = "/api/v2/analytics/conversations/details/query"
METRICS = [*("sentimentOverallScore", "sentimentPositive", "sentimentNeutral", "sentimentNegative")]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """A message conversation, a chat and a call have been played."""
    calls = [short_call(name, *LINES, medium=name) for name in ("message", "chat", "voice")]
    async with Simulator(calls, speed=500, wait=0) as simulator, Client(simulator) as client:
        await simulator.play()
        yield client


async def test_a_message_shows_ids_and_rest_the_texts(client: Client) -> None:
    conversation = client.simulator.conversations[0]
    shown = (await client.rest("GET", f"/api/v2/conversations/{conversation}")).body
    customer, _, agent = shown["participants"]
    assert "calls" not in customer
    ids = [one["messageId"] for one in customer["messages"][0]["messages"]]
    assert len(ids) == 3
    assert len(agent["messages"][0]["messages"]) == 1
    base = f"/api/v2/conversations/messages/{conversation}/messages"
    one = (await client.rest("GET", f"{base}/{ids[0]}")).body
    assert (one["textBody"], one["direction"]) == (LINES[0][1], "inbound")
    assert one["normalizedMessage"]["enrichment"]["sentimentV2"]["tag"] == "Negative"
    many = (await client.rest("POST", f"{base}/bulk", [ids[2], "unknown", ids[1]])).body
    assert [each["textBody"] for each in many["entities"]] == [LINES[3][1], LINES[2][1]]
    tags = [each["normalizedMessage"]["enrichment"]["sentimentV2"] for each in many["entities"]]
    assert tags == [{"tag": "Unknown"}, {"tag": "Neutral"}]
    assert (await client.rest("GET", f"{base}/unknown")).status == 404
    assert (await client.rest("POST", f"{base}/bulk", {})).status == 400


async def test_a_call_has_no_messages(client: Client) -> None:
    call = client.simulator.conversations[2]
    base = f"/api/v2/conversations/messages/{call}/messages"
    said = next(e for e in client.simulator.ledger if e.conversation == call)
    assert (await client.rest("GET", f"{base}/{said.utterance}")).status == 404


async def test_a_message_is_told_by_a_snapshot_and_not_by_a_transcript() -> None:
    simulator = Simulator([short_call("a", *LINES, medium="message")], speed=500, wait=0)
    topics = [f"v2.routing.queues.{simulator.queue_id}.conversations{m}" for m in ("", ".messages")]
    async with simulator, Client(simulator) as client, client.listen(*topics) as socket:
        await simulator.play()
        await asyncio.sleep(0)
        simulator.close_sockets()
        events = await rest_of(socket)
    numbers = [
        sum(len(one["messages"][0]["messages"]) for one in event["eventBody"]["participants"])
        for event in events
        if event["topicName"] == topics[0]
    ]
    assert (numbers[0], numbers[-1], sorted(numbers)) == (0, 4, numbers)
    assert any(event["topicName"] == topics[1] for event in events)


def test_a_medium_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="medium"):
        short_call("a", medium="pigeon")


async def query(client: Client, *conversations: str, **more: object) -> Answer:
    clauses = [
        {"type": "conversationId", "in": list(conversations or client.simulator.conversations)},
        {"type": "medium", "in": ["chat"]},
    ]
    body: dict[str, Any] = {
        "dateFrom": "2020-01-01T00:00:00.000Z",
        "dateTo": "2999-01-01T00:00:00.000Z",
        "view": "sentiment",
        "metrics": METRICS,
        "groupBy": [],
        "filter": {"type": "and", "clauses": clauses},
        "pageSize": 100,
    }
    return await client.rest("POST", QUERY, body | more)


async def test_the_tutorials_query_gives_shares(client: Client) -> None:
    """S1-04, S1-05: one entity a conversation, with the metrics asked for; none without data."""
    chat = client.simulator.conversations[1]
    (entity,) = (await query(client)).body["entities"]
    assert entity["conversationId"] == chat
    metrics = {one["name"]: one["value"] for one in entity["metrics"]}
    assert list(metrics) == METRICS
    assert metrics["sentimentNegative"] > 0
    assert sum(metrics[name] for name in METRICS[1:]) == pytest.approx(1)
    assert metrics["sentimentOverallScore"] < 0
    nothing: dict[str, object] = {"entities": [], "nextPageToken": None}
    assert (await query(client, "unknown")).body == nothing
    assert (await query(client, filter={"clauses": [{"type": "mood"}]})).status == 400
    assert (await query(client, dateFrom="yesterday")).status == 400


async def test_the_tutorials_query_is_paged_by_token(client: Client) -> None:
    """S1-04: follow nextPageToken until it is null."""
    found, token = [], None
    for _ in range(3):
        answer = await query(client, pageSize=1, filter={}, nextPageToken=token)
        found += [one["conversationId"] for one in answer.body["entities"]]
        token = answer.body["nextPageToken"]
    assert token is None
    assert found == list(client.simulator.conversations)


async def test_one_conversations_details_are_asked_for_by_id(client: Client) -> None:
    conversation = client.simulator.conversations[0]
    path = f"/api/v2/analytics/conversations/{conversation}/details"
    answer = await client.rest("GET", path)
    assert answer.body["conversationId"] == conversation
    assert answer.body["participants"][0]["sessions"][0]["mediaType"] == "message"
