"""REST of Agent Assist: suggestions, engagement, assistants, and tutorial S2's preflight."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from genesys_sentiment.simulator import Simulator
from tests.simulator.client import Client, frame, short_call

HINTS = [{"after": 1, "title": str(n), "answer": "a", "confidence": 0.5} for n in range(3)]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """One call with three suggestions has been played."""
    simulator = Simulator([short_call(suggestions=HINTS)], speed=500, wait=0)
    async with simulator, Client(simulator) as client:
        await simulator.play()
        yield client


def suggestions(client: Client, rest: str = "") -> str:
    return f"/api/v2/conversations/{client.simulator.conversations[0]}/suggestions{rest}"


def ids(listing: dict[str, Any]) -> list[str]:
    return [one["id"] for one in listing["entities"]]


async def test_suggestions_are_paged_by_cursor_in_both_directions(client: Client) -> None:
    whole = (await client.rest("GET", suggestions(client))).body
    assert len(ids(whole)) == 3
    first = (await client.rest("GET", suggestions(client, "?pageSize=2&state=Suggested"))).body
    assert "previousUri" not in first
    second = (await client.rest("GET", first["nextUri"])).body
    assert ids(first) + ids(second) == ids(whole)
    assert "state=Suggested" in first["nextUri"]
    back = (await client.rest("GET", second["previousUri"])).body
    assert ids(back) == ids(first)
    one = await client.rest("GET", suggestions(client, f"/{ids(whole)[0]}"))
    assert one.body == whole["entities"][0]
    assert (await client.rest("GET", suggestions(client, "/x"))).status == 404


@pytest.mark.parametrize(
    ("engagement", "state"),
    [
        ({"engagementType": "Dismissed"}, "Dismissed"),
        ({"engagementType": "Copied"}, "Accepted"),
        ({"engagementType": "Feedback", "feedback": {"rating": "Negative"}}, "Rated"),
    ],
)
async def test_an_engagement_changes_the_state_and_is_told(
    client: Client, engagement: dict[str, Any], state: str
) -> None:
    """S2-11, S2-12: what the agent did goes to the platform and comes back as an event."""
    identity = ids((await client.rest("GET", suggestions(client))).body)[1]
    conversation = client.simulator.conversations[0]
    topic = f"v2.conversations.{conversation}.suggestions.knowledge.search"
    async with client.listen(topic) as socket:
        where = suggestions(client, f"/{identity}/engagement")
        assert (await client.rest("POST", where, engagement)).status == 200
        body = (await frame(socket))["eventBody"]
    assert (body["suggestionId"], body["state"]) == (identity, state)
    assert engagement.items() <= body.items()
    shown = (await client.rest("GET", suggestions(client, f"/{identity}"))).body
    assert shown["state"] == state


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"engagementType": "Sung"},
        {"engagementType": "Feedback"},
        {"engagementType": "Copied", "feedback": {"rating": "Positive"}},
    ],
)
async def test_an_engagement_that_makes_no_sense_is_a_bad_request(
    client: Client, body: object
) -> None:
    identity = ids((await client.rest("GET", suggestions(client))).body)[0]
    where = suggestions(client, f"/{identity}/engagement")
    assert (await client.rest("POST", where, body)).status == 400
    client.simulator.denied_permissions.add("conversation:suggestionEngagement:add")
    assert (await client.rest("POST", where, {"engagementType": "Copied"})).status == 403


async def test_the_queue_has_one_assistant(client: Client) -> None:
    queue = client.simulator.queue_id
    answer = await client.rest("GET", f"/api/v2/routing/queues/{queue}/assistant")
    assistant = answer.body["assistant"]["id"]
    listing = (await client.rest("GET", "/api/v2/assistants?pageSize=1")).body
    assert ids(listing) == [assistant]
    one = f"/api/v2/assistants/{assistant}"
    assert (await client.rest("GET", one)).body["id"] == assistant
    assert (await client.rest("GET", f"{one}/copilot")).body["enabled"] is True
    assert ids((await client.rest("GET", f"{one}/queues")).body) == [queue]
    assert (await client.rest("GET", "/api/v2/assistants/x")).status == 404
    assert (await client.rest("GET", "/api/v2/routing/queues/x/assistant")).status == 404


async def test_the_tutorials_preflight_finds_library_and_figure(client: Client) -> None:
    """S2-02: libraries by page number; the sockets that are open."""
    libraries = "/api/v2/agentassist/contentlibraries"
    assert (await client.rest("GET", libraries)).body["total"] == 1
    assert (await client.rest("GET", f"{libraries}?pageNumber=2")).body["entities"] == []
    config = "/api/v2/agentassist/config"
    assert (await client.rest("GET", config)).body == {"activeWebSocketConnections": 0}
    async with client.listen():
        assert (await client.rest("GET", config)).body == {"activeWebSocketConnections": 1}


async def test_the_queue_is_there_and_no_other() -> None:
    """S2-02: what a pre-flight check asks about a queue."""
    async with Simulator() as simulator, Client(simulator) as client:
        path = f"/api/v2/routing/queues/{simulator.queue_id}"
        assert (await client.rest("GET", path)).body["id"] == simulator.queue_id
        assert (await client.rest("GET", "/api/v2/routing/queues/other")).status == 404
        simulator.denied_permissions.add("routing:queue:view")
        assert (await client.rest("GET", path)).status == 403
