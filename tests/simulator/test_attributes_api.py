"""REST of attributes: participants', secure ones with versions, and tutorial S1's."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from genesys_sentiment.simulator import Simulator
from tests.simulator.client import Client, short_call


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """One call has been played."""
    simulator = Simulator([short_call()], speed=500, wait=0)
    async with simulator, Client(simulator) as client:
        await simulator.play()
        yield client


def path(client: Client, rest: str = "") -> str:
    return f"/api/v2/conversations/{client.simulator.conversations[0]}{rest}"


@pytest.mark.parametrize("medium", ["", "calls/"])
async def test_a_participants_attributes_add_up(client: Client, medium: str) -> None:
    """S1-13: the platform's way to write back."""
    whose = (await client.rest("GET", path(client))).body["participants"][0]
    where = path(client).replace("conversations/", f"conversations/{medium}")
    where = f"{where}/participants/{whose['id']}/attributes"
    for attributes in ({"a": "1"}, {"b": "2"}):
        answer = await client.rest("PATCH", where, {"attributes": attributes})
        assert answer.status == 200
    shown = (await client.rest("GET", path(client))).body["participants"]
    assert [one["attributes"] for one in shown] == [{"a": "1", "b": "2"}, {}, {}]
    assert (await client.rest("PATCH", where, {"attributes": {"a": 1}})).status == 400
    lost = path(client, "/participants/x/attributes")
    assert (await client.rest("PATCH", lost, {"attributes": {}})).status == 404


async def test_secure_attributes_have_a_version(client: Client) -> None:
    """S1-13: a write that names another version than there is ends in 409."""
    where = path(client, "/secureattributes")
    assert (await client.rest("GET", where)).body == {"attributes": {}, "version": 0}
    first = await client.rest("PUT", where, {"attributes": {"a": "1"}, "version": 0})
    assert first.body == {"attributes": {"a": "1"}, "version": 1}
    stale = await client.rest("PUT", where, {"attributes": {"b": "2"}, "version": 0})
    assert (stale.status, stale.body["code"]) == (409, "conflict")
    second = await client.rest("PUT", where, {"attributes": {"b": "2"}, "version": 1})
    assert second.body == {"attributes": {"b": "2"}, "version": 2}
    third = await client.rest("PATCH", where, {"attributes": {"c": "3"}})
    assert third.body == {"attributes": {"b": "2", "c": "3"}, "version": 3}


async def test_the_tutorials_attributes_are_put(client: Client) -> None:
    """S1-13: 204, 404 for a conversation that is none, 409 on demand."""
    where = path(client, "/attributes")
    assert (await client.rest("PUT", where, {"attributes": {"a": "1"}})).status == 204
    assert (await client.rest("GET", path(client))).body["attributes"] == {"a": "1"}
    lost = "/api/v2/conversations/x/attributes"
    assert (await client.rest("PUT", lost, {"attributes": {}})).status == 404
    client.simulator.write_conflicts = 2
    answers = [await client.rest("PUT", where, {"attributes": {}}) for _ in range(3)]
    assert [answer.status for answer in answers] == [409, 409, 204]


async def test_a_conflict_on_demand_moves_the_version(client: Client) -> None:
    """S1-13: reading again is what ends the conflict."""
    where = path(client, "/secureattributes")
    client.simulator.write_conflicts = 1
    assert client.simulator.write_conflicts == 1
    body = {"attributes": {"a": "1"}, "version": 0}
    assert [(await client.rest("PUT", where, body)).status for _ in range(2)] == [409, 409]
    version = (await client.rest("GET", where)).body["version"]
    assert (await client.rest("PUT", where, body | {"version": version})).status == 200


async def test_writing_needs_a_permission(client: Client) -> None:
    client.simulator.denied_permissions.add("conversation:participant:attributesedit")
    where = path(client, "/secureattributes")
    assert (await client.rest("PUT", where, {"attributes": {}})).status == 403
