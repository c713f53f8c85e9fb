"""Tutorial S0's language over a real socket."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidStatus

from genesys_sentiment.simulator import Close, InteractionTopics, Mute, Refuse, Say, Simulator
from genesys_sentiment.simulator.call_files import parse_call
from genesys_sentiment.simulator.conversation import Ids
from tests.simulator.client import Client, closed, eventually, frame, rest_of, say, short_call

PATH = "/api/v2/websocket"
ID = Ids.of("simulator", 0, "short", 0)("conversation")
LINES = [
    ("caller", "i am very angry this is terrible"),
    ("agent", "[noise]"),
    ("caller", "we meet at nine"),
    ("caller", "thank you that is wonderful"),
]


async def subscribe(socket: ClientConnection, conversation: str = ID) -> dict[str, Any]:
    await say(socket, op="SUBSCRIBE", topic=f"v2.interaction.{conversation}", id="1")
    return await frame(socket)


async def played(simulator: Simulator) -> list[dict[str, Any]]:
    """All events of one play to a client that subscribed its only conversation."""
    async with simulator, Client(simulator) as client, client.language(PATH) as socket:
        assert await subscribe(socket) == {"op": "ACK", "id": "1"}
        await simulator.play()
        simulator.close_sockets()
        return await rest_of(socket)


async def test_the_bearer_is_judged_at_the_handshake() -> None:
    """S0-08: without a token that counts, the upgrade is answered with 401."""
    async with Simulator() as simulator, Client(simulator) as client:
        with pytest.raises(InvalidStatus) as caught:
            await client.language(PATH, authorized=False)
        assert caught.value.response.status_code == 401
        simulator.script = [Refuse(429, retry_after=1), None]
        with pytest.raises(InvalidStatus) as limited:
            await client.language(PATH)
        assert limited.value.response.headers["Retry-After"] == "1"
        async with client.language(PATH) as socket:
            simulator.expire_tokens()
            assert (await subscribe(socket))["op"] == "ACK"
        with pytest.raises(InvalidStatus):
            await client.language(PATH)


async def test_events_are_as_the_tutorial_gives_them() -> None:
    """S0-12, S0-13: type and data.id; segments with epoch milliseconds; language."""
    begun = time.time()
    events = await played(Simulator([short_call("short", *LINES)], speed=500, wait=0))
    assert {event["type"] for event in events} == {"v2.interaction"}
    assert len(events) == len(LINES)
    for event in events:
        data = event["data"]
        assert (data["id"], data["language"]) == (ID, "en-US")
    last = events[-1]["data"]["segments"]
    assert [segment["text"] for segment in last] == [text for _, text in LINES[1:]]
    assert begun * 1000 <= last[0]["timestamp"] <= last[-1]["timestamp"]
    angry, noise, plain, glad = (event["data"] for event in events)
    assert angry["sentiment"]["polarity"] < -0.5
    assert angry["sentiment"]["label"] == "negative"
    assert angry["emotion"]["label"] == "anger"
    assert 0 < angry["emotion"]["confidence"] <= 1
    assert noise["sentiment"] is None
    assert "emotion" not in plain
    assert glad["sentiment"]["label"] == "positive"


async def test_a_call_file_may_say_what_is_found() -> None:
    line = (
        '{"speaker":"caller","start_ms":0,"duration_ms":1,"text":"x",'
        '"mood":{"score":-0.25,"confidence":0.4,"emotion":"joy","emotion_confidence":0.9}}'
    )
    call = parse_call("short", line, "short")
    (event,) = await played(Simulator([call], speed=500, wait=0))
    assert event["data"]["sentiment"] == {
        "polarity": -0.25,
        "confidence": 0.4,
        "label": "negative",
    }
    assert event["data"]["emotion"] == {"label": "joy", "confidence": 0.9}


async def test_errors_name_the_request() -> None:
    """S0-10: an answer has the id of what it answers; a topic with more in it is refused."""
    async with (
        Simulator() as simulator,
        Client(simulator) as client,
        client.language(PATH) as socket,
    ):
        await say(socket, op="SUBSCRIBE", topic="v2.interaction.a.b", id="7")
        assert await frame(socket) == {"op": "ERROR", "id": "7", "message": "unknown topic"}
        await say(socket, op="DANCE", topic=f"v2.interaction.{ID}", id="8")
        assert (await frame(socket))["message"] == "unknown op"
        await say(socket, op="SUBSCRIBE", topic=f"v2.interaction.{ID}")
        assert await frame(socket) == {"op": "ERROR", "id": None, "message": "id is missing"}
        await socket.send("no json")
        assert (await frame(socket))["op"] == "ERROR"


async def test_unsubscribing_ends_the_events() -> None:
    """S0-10: UNSUBSCRIBE is acknowledged and nothing comes any more."""
    simulator = Simulator([short_call()], speed=500, wait=0)
    async with simulator, Client(simulator) as client, client.language(PATH) as socket:
        await subscribe(socket)
        await say(socket, op="UNSUBSCRIBE", topic=f"v2.interaction.{ID}", id="2")
        assert await frame(socket) == {"op": "ACK", "id": "2"}
        await simulator.play()
        simulator.close_sockets()
        assert await rest_of(socket) == []


async def test_acks_and_pacing_are_options() -> None:
    """S0-10, S0-27: no answer at all, or a refusal of what comes too fast."""
    silent = Simulator([short_call()], speed=500, wait=0, languages=[InteractionTopics(acks=False)])
    async with silent, Client(silent) as client, client.language(PATH) as socket:
        await say(socket, op="SUBSCRIBE", topic=f"v2.interaction.{ID}", id="1")
        await asyncio.sleep(0.02)
        await silent.play()
        assert (await frame(socket))["type"] == "v2.interaction"
    paced = Simulator(languages=[InteractionTopics(pacing=30)])
    async with paced, Client(paced) as client, client.language(PATH) as socket:
        assert (await subscribe(socket))["op"] == "ACK"
        assert (await subscribe(socket))["message"] == "too many requests"


async def test_faults_strike_here_too() -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        simulator.script = [Close(4001), Say(("not json",)), Mute()]
        async with client.language(PATH) as socket:
            await closed(socket)
            assert socket.close_code == 4001
        async with client.language(PATH) as socket:
            assert await asyncio.wait_for(socket.recv(), 2) == "not json"
            await simulator.abort_sockets()
            await closed(socket)
            assert socket.close_code == 1006
        async with client.language(PATH) as socket:
            await asyncio.sleep(0.02)
            await say(socket, op="SUBSCRIBE", topic=f"v2.interaction.{ID}", id="1")
            await asyncio.sleep(0.02)
            simulator.close_sockets(1001)
            assert await rest_of(socket) == []
        await eventually(lambda: simulator.open_sockets == 0)
