"""Tutorial S3's language over a real socket."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from genesys_sentiment.simulator import (
    Abort,
    Call,
    Close,
    RealtimeAnalytics,
    Simulator,
)
from tests.simulator.client import Client, closed, eventually, frame, rest_of, say, short_call

PATH = "/api/v2/analytics/websocket"
FIELDS = ["sentiment.score", "sentiment.label", "state"]
CALL = short_call("short", ("agent", "hello"), ("caller", "this is terrible i am angry"))


def wanted(fields: list[str] | None = None, **filters: str) -> dict[str, Any]:
    """One event as the tutorial asks for it."""
    return {
        "type": "conversation",
        "filters": filters,
        "fields": FIELDS if fields is None else fields,
    }


async def played(simulator: Simulator, *events: dict[str, Any]) -> list[dict[str, Any]]:
    """All events of one play to a client that asked for some."""
    async with simulator, Client(simulator) as client, client.language(PATH) as socket:
        await say(socket, action="subscribe", events=list(events), heartbeat=30)
        await simulator.watched()
        await simulator.play()
        simulator.close_sockets()
        return await rest_of(socket)


def one_call(*calls: Call, **options: Any) -> Simulator:
    language = RealtimeAnalytics(**options)
    return Simulator(calls or [CALL], speed=500, wait=0, languages=[language])


async def test_events_are_as_the_tutorial_gives_them() -> None:
    """S3-04: conversation, agent, queue, state, sentiment and time."""
    simulator = one_call()
    events = await played(simulator, wanted())
    states = [event["state"] for event in events]
    assert list(dict.fromkeys(states)) == [
        *("queued", "alerting", "connected", "disconnected", "wrapup", "ended")
    ]
    for event in events:
        assert set(event) == {
            *("conversationId", "agentId", "queueId", "timestamp", "state", "sentiment")
        }
        assert event["conversationId"] == simulator.conversations[0]
        assert event["queueId"] == simulator.queue_id
        assert (event["agentId"] is None) == (event["state"] == "queued")
    found = [event["sentiment"] for event in events if event["sentiment"]["score"] is not None]
    assert found[0]["label"] == "neutral"
    assert abs(found[0]["score"]) < 0.2
    assert found[1]["score"] < -0.5
    assert found[1]["label"] == "negative"
    assert [event["timestamp"] for event in events] == sorted(e["timestamp"] for e in events)


@pytest.mark.parametrize(
    ("fields", "sentiment", "state"),
    [
        (["state"], None, True),
        (["sentiment.label"], {"label"}, False),
        (["sentiment.score"], {"score"}, False),
        ([], None, False),
    ],
)
async def test_a_field_that_was_not_asked_for_is_omitted(
    fields: list[str], sentiment: set[str] | None, state: bool
) -> None:
    """S3-04: missing, which is neither null nor neutral."""
    events = await played(one_call(), wanted(fields))
    assert events
    for event in events:
        assert ("state" in event) == state
        assert (set(event["sentiment"]) if "sentiment" in event else None) == sentiment


async def test_filters_choose_queue_and_agent() -> None:
    """S3-04: queueId and agentId; what two subscriptions want comes once, with both's fields."""
    simulator = one_call()
    mine = wanted(queueId=simulator.queue_id)
    agents = {event["agentId"] for event in await played(simulator, mine)} - {None}
    assert len(agents) == 1
    assert await played(one_call(), wanted(queueId="other")) == []
    (agent,) = agents
    first = await played(one_call(), wanted(["state"], agentId=agent), wanted(["sentiment.score"]))
    assert {"state", "sentiment"} <= set(first[-1])
    assert "state" not in first[0]
    assert len({event["timestamp"] for event in first}) >= len(first) - 1


async def test_without_the_licence_every_sentiment_is_null() -> None:
    """S3-01: null in all events."""
    events = await played(one_call(licensed=False), wanted())
    assert len(events) > 5
    assert {(e["sentiment"]["score"], e["sentiment"]["label"]) for e in events} == {(None, None)}


async def test_the_last_score_may_come_after_the_end() -> None:
    """S3-12: with ``late_tail`` a score follows the disconnected state."""
    language = RealtimeAnalytics()
    simulator = Simulator([CALL], speed=500, wait=0, late_tail=True, languages=[language])
    events = await played(simulator, wanted())
    over = [event["state"] for event in events].index("disconnected")
    assert any(event["sentiment"]["score"] is not None for event in events[over:])


async def test_heartbeats_come_as_asked() -> None:
    """S3-05: a frame each interval; without any, the idle socket is closed with 1001."""
    async with Simulator() as simulator, Client(simulator) as client:
        async with client.language(PATH) as socket:
            await say(socket, action="subscribe", events=[wanted()], heartbeat=0.02)
            assert [await frame(socket) for _ in range(2)] == [{"type": "heartbeat"}] * 2
    idle = Simulator(languages=[RealtimeAnalytics(idle=0.05, heartbeat=0.01)])
    async with idle, Client(idle) as client:
        async with client.language(PATH) as socket:
            await say(socket, action="subscribe", events=[wanted()])
            await closed(socket)
            assert socket.close_code == 1001
        async with client.language(PATH) as socket:
            await say(socket, action="subscribe", events=[wanted()], heartbeat=30)
            assert await frame(socket) == {"type": "heartbeat"}


async def test_after_the_token_events_stop_without_a_word() -> None:
    """S3-14: heartbeats go on, events do not, the socket stays open."""
    simulator = one_call(heartbeat=0.01)
    async with simulator, Client(simulator) as client, client.language(PATH) as socket:
        await say(socket, action="subscribe", events=[wanted()], heartbeat=30)
        await frame(socket)
        simulator.expire_tokens()
        await simulator.play()
        simulator.close_sockets()
        assert {frozenset(one) for one in await rest_of(socket)} == {frozenset({"type"})}
        with pytest.raises(InvalidStatus) as caught:
            await client.language(PATH)
        assert caught.value.response.status_code == 401


async def test_it_ends_as_a_script_says() -> None:
    """S3-15: closed with 1001, or reset, which a client sees as 1006."""
    async with Simulator() as simulator, Client(simulator) as client:
        simulator.script = [Close(1001), Abort()]
        for code in (1001, 1006):
            async with client.language(PATH) as socket:
                await closed(socket)
                assert socket.close_code == code


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"action": "dance"}, "bad_action"),
        ({"action": "subscribe"}, "bad_events"),
        ({"action": "subscribe", "events": [{"type": "weather"}]}, "bad_events"),
        ({"action": "subscribe", "events": [wanted(["mood"])]}, "bad_fields"),
        ({"action": "subscribe", "events": [wanted(skill="x")]}, "bad_filters"),
        ({"action": "subscribe", "events": [wanted()], "heartbeat": 0}, "bad_heartbeat"),
    ],
)
async def test_a_subscription_that_cannot_be_is_refused(message: dict[str, Any], code: str) -> None:
    async with (
        Simulator() as simulator,
        Client(simulator) as client,
        client.language(PATH) as socket,
    ):
        await say(socket, **message)
        answer = await frame(socket)
        assert (answer["type"], answer["code"]) == ("error", code)


async def test_unsubscribing_takes_one_back() -> None:
    simulator = one_call()
    async with simulator, Client(simulator) as client, client.language(PATH) as socket:
        for action in ("subscribe", "unsubscribe"):
            await say(socket, action=action, events=[wanted()], heartbeat=30)
        await asyncio.sleep(0.02)
        await simulator.play()
        simulator.close_sockets()
        assert await rest_of(socket) == []
    await eventually(lambda: simulator.open_sockets == 0)
