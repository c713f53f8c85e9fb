"""REST of conversations: snapshot, details query, sentiment, suggestions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from genesys_sentiment.simulator import Simulator
from genesys_sentiment.simulator.speech_api import trend_class
from tests.simulator.client import Answer, Client, eventually, short_call

QUERY = "/api/v2/analytics/conversations/details/query"
ALWAYS = "2020-01-01T00:00:00.000Z/2999-01-01T00:00:00.000Z"
HINTS = [
    {"after": 1, "title": "one", "answer": "a", "confidence": 0.5, "reaction": "Accepted"},
    {"after": 2, "title": "two", "answer": "b", "confidence": 0.6},
]
CALLS = [
    short_call("a", sentiment={"overall": 0.4, "trend": -0.3}, suggestions=HINTS),
    short_call("b"),
]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """Both calls have been played."""
    async with Simulator(CALLS, speed=500, wait=0) as simulator, Client(simulator) as client:
        await simulator.play()
        yield client


async def query(client: Client, *predicates: dict[str, Any], **more: object) -> Answer:
    filters = [{"type": "and", "predicates": list(predicates)}] if predicates else []
    body = {"interval": ALWAYS, "conversationFilters": filters} | more
    return await client.rest("POST", QUERY, body)


def predicate(dimension: str, operator: str = "matches", value: str = "") -> dict[str, Any]:
    return {"type": "dimension", "dimension": dimension, "operator": operator, "value": value}


async def test_the_conversation_as_it_is(client: Client) -> None:
    identity = client.simulator.conversations[0]
    answer = await client.rest("GET", f"/api/v2/conversations/{identity.upper()}")
    assert answer.status == 200
    assert answer.body["id"] == identity
    assert answer.body["endTime"] > answer.body["startTime"]
    purposes = [one["purpose"] for one in answer.body["participants"]]
    assert purposes == ["customer", "acd", "agent"]
    assert (await client.rest("GET", "/api/v2/conversations/unknown")).status == 404


async def test_sentiment_is_found_once_it_was_analysed(client: Client) -> None:
    analysed, never = client.simulator.conversations
    base = "/api/v2/speechandtextanalytics/conversations"
    answer = await client.rest("GET", f"{base}/{analysed}")
    assert answer.body["sentimentScore"] == 0.4
    assert answer.body["sentimentTrend"] == -0.3
    assert answer.body["sentimentTrendClass"] == "SlightlyDeclining"
    assert answer.body["conversation"]["id"] == analysed
    assert (await client.rest("GET", f"{base}/{never}")).status == 404


@pytest.mark.parametrize(
    ("trend", "name"),
    [
        (-0.55, "Declining"),
        (-0.2, "SlightlyDeclining"),
        (0.19, "NoChange"),
        (0.2, "SlightlyImproving"),
        (0.55, "Improving"),
    ],
)
def test_trend_classes(trend: float, name: str) -> None:
    assert trend_class(trend) == name


async def test_suggestions_by_page_type_and_state(client: Client) -> None:
    path = f"/api/v2/conversations/{client.simulator.conversations[0]}/suggestions"
    first = await client.rest("GET", f"{path}?pageSize=1")
    second = await client.rest("GET", first.body["nextUri"])
    shown = [*first.body["entities"], *second.body["entities"]]
    assert "nextUri" not in second.body
    assert {one["knowledgeSearch"]["title"]: one["state"] for one in shown} == {
        "one": "Accepted",
        "two": "Suggested",
    }
    accepted = await client.rest("GET", f"{path}?state=Accepted&type=KnowledgeSearch")
    assert [one["knowledgeSearch"]["title"] for one in accepted.body["entities"]] == ["one"]
    assert (await client.rest("GET", f"{path}?type=Script")).body["entities"] == []
    assert (await client.rest("GET", f"{path}?pageSize=201")).status == 400


async def test_the_details_query_filters(client: Client) -> None:
    simulator = client.simulator
    here = predicate("queueId", value=simulator.queue_id.upper())
    assert (await query(client)).body["totalHits"] == 2
    assert (await query(client, here)).body["totalHits"] == 2
    assert (await query(client, predicate("queueId", value="x"))).body == {"totalHits": 0}
    assert (await query(client, predicate("conversationEnd", "exists"))).body["totalHits"] == 2
    assert (await query(client, predicate("conversationEnd", "notExists"))).body["totalHits"] == 0
    names = [predicate("conversationId", value=name) for name in simulator.conversations]
    assert (await query(client, *names)).body["totalHits"] == 0
    either = {"type": "or", "predicates": names}
    nested = await query(client, conversationFilters=[{"type": "and", "clauses": [either]}])
    assert nested.body["totalHits"] == 2
    past = await query(client, interval="2020-01-01T00:00:00Z/2020-01-02T00:00:00Z")
    assert past.body["totalHits"] == 0


async def test_the_details_query_pages_in_order(client: Client) -> None:
    pages = [
        (await query(client, order="desc", paging={"pageSize": 1, "pageNumber": number})).body
        for number in (1, 2, 3)
    ]
    assert [page["totalHits"] for page in pages] == [2, 2, 2]
    found = [one["conversationId"] for page in pages for one in page.get("conversations", [])]
    assert found == list(reversed(client.simulator.conversations))
    session = pages[0]["conversations"][0]["participants"][0]["sessions"][0]
    assert session["mediaType"] == "voice"
    assert session["segments"][0]["queueId"] == client.simulator.queue_id


async def test_live_conversations_are_those_without_an_end() -> None:
    async with Simulator(CALLS, wait=30) as simulator, Client(simulator) as client:
        playing = asyncio.create_task(simulator.play())
        await eventually(lambda: len(simulator.conversations) == 2)
        live = await query(client, predicate("conversationEnd", "notExists"))
        assert live.body["totalHits"] == 2
        assert "conversationEnd" not in live.body["conversations"][0]
        assert simulator.conversations[0] != simulator.conversations[1]
    await playing


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"interval": "yesterday"},
        {"interval": ALWAYS, "conversationFilters": {"type": "and"}},
        {"interval": ALWAYS, "conversationFilters": [7]},
        {"interval": ALWAYS, "conversationFilters": [{"predicates": [7]}]},
        {"interval": ALWAYS, "segmentFilters": [{"predicates": [{"dimension": "sentiment"}]}]},
        {
            "interval": ALWAYS,
            "segmentFilters": [{"predicates": [{"dimension": "queueId", "operator": "like"}]}],
        },
        {"interval": ALWAYS, "paging": {"pageSize": 101}},
        {"interval": ALWAYS, "paging": {"pageNumber": 0}},
        {"interval": ALWAYS, "paging": [1]},
        {"interval": ALWAYS, "paging": {"pageSize": "many"}},
    ],
)
async def test_a_query_that_makes_no_sense_is_a_bad_request(client: Client, body: object) -> None:
    answer = await client.rest("POST", QUERY, body)
    assert (answer.status, answer.body["code"]) == (400, "bad.request")


async def test_missing_permissions_are_named(client: Client) -> None:
    denied = client.simulator.denied_permissions
    identity = client.simulator.conversations[0]
    for permission, method, path in [
        ("conversation:communication:view", "GET", f"/api/v2/conversations/{identity}"),
        ("analytics:conversationDetail:view", "POST", QUERY),
        ("conversation:suggestion:view", "GET", f"/api/v2/conversations/{identity}/suggestions"),
        (
            "recording:recording:view",
            "GET",
            f"/api/v2/speechandtextanalytics/conversations/{identity}",
        ),
    ]:
        denied.add(permission)
        answer = await client.rest(method, path, {"interval": ALWAYS} if method == "POST" else None)
        assert answer.status == 403
        assert permission in answer.body["message"]
