"""The channel's socket: heartbeat, pong, messages, and everything a script lets go wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus

from genesys_sentiment.simulator import (
    Abort,
    AnnounceClosing,
    Close,
    Duplicate,
    Lose,
    Mute,
    Refuse,
    Say,
    Simulator,
)
from genesys_sentiment.simulator.faults import GARBAGE, Wire
from tests.simulator.client import Client, closed, eventually, frame, frames, open_socket

PRESENCE = "v2.users.7.presence"
HEARTBEAT = {"topicName": "channel.metadata", "eventBody": {"message": "WebSocket Heartbeat"}}


async def test_heartbeats_come_by_themselves_and_pongs_when_asked() -> None:
    async with Simulator(heartbeat=0.03) as simulator, Client(simulator) as client:
        async with client.listen() as socket:
            assert [await frame(socket) for _ in range(2)] == [HEARTBEAT, HEARTBEAT]
            await socket.send('{"message":"ping"}')
            pong = {"topicName": "channel.metadata", "eventBody": {"message": "pong"}}
            answers = await frames(socket, until=lambda answer: answer == pong)
            assert all(answer == HEARTBEAT for answer in answers[:-1])
        assert simulator.connections == 1
        assert simulator.frames_sent.total() >= 3


@pytest.mark.parametrize("name", ["unknown", "streaming-0-" + "a" * 26])
async def test_an_unknown_channel_is_refused_on_the_upgrade(name: str) -> None:
    async with Simulator() as simulator:
        uri = f"{simulator.api_url.replace('http', 'ws')}/channels/{name}"
        with pytest.raises(InvalidStatus) as caught:
            async with open_socket({"connectUri": uri}):
                pass
        assert caught.value.response.status_code == 401
        assert simulator.connections == 0


async def test_a_channel_is_no_web_page() -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        channel = await client.channel()
        simulator.script = [Abort()]
        assert (await client.rest("GET", f"/channels/{channel['id']}")).status == 400
        assert simulator.script == [Abort()]


async def test_the_second_socket_of_a_channel_ends_the_first() -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        channel = await client.channel()
        await client.subscribe(channel, PRESENCE)
        async with open_socket(channel) as first, open_socket(channel) as second:
            await closed(first)
            await eventually(lambda: simulator.open_sockets == 1)
            assert simulator.publish(PRESENCE, {"n": 1}) == 1
            assert (await frame(second))["eventBody"] == {"n": 1}
        assert simulator.connections == 2


async def test_without_a_socket_events_are_lost_and_not_queued() -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        channel = await client.channel()
        await client.subscribe(channel, PRESENCE)
        assert simulator.publish(PRESENCE, {"n": 1}) == 0
        async with open_socket(channel) as socket:
            assert simulator.publish(PRESENCE, {"n": 2}) == 1
            assert (await frame(socket))["eventBody"] == {"n": 2}


async def test_topics_can_be_subscribed_over_the_socket() -> None:
    async with (
        Simulator(denied_permissions={"conversation:transcription:view"}) as simulator,
        Client(simulator) as client,
        client.listen() as socket,
    ):

        async def ask(**message: object) -> dict[str, object]:
            await socket.send(json.dumps(message))
            return await frame(socket)

        good = await ask(message="subscribe", topics=[PRESENCE], correlationId="7")
        assert good == {"result": "200", "status": "subscribed", "correlationId": "7"}
        assert simulator.publish(PRESENCE, {}) == 1
        await frame(socket)
        bad = await ask(message="subscribe", topics=["v2.conversations.1.transcription"])
        assert (bad["result"], bad["status"]) == ("400", "failure")
        assert (await ask(message="subscribe"))["result"] == "400"
        assert (await ask(message="subscribe", topics=[7]))["result"] == "400"
        assert (await ask(message="unsubscribe", topics=[PRESENCE]))["status"] == "unsubscribed"
        assert simulator.publish(PRESENCE, {}) == 0
        await socket.send("not json")
        assert (await frame(socket))["result"] == "400"


async def test_each_socket_has_its_own_fate() -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        channel = await client.channel()
        simulator.script = [Refuse(503, retry_after=2), Close(4001), Abort(), None]
        with pytest.raises(InvalidStatus) as refused:
            await open_socket(channel)
        assert refused.value.response.status_code == 503
        assert refused.value.response.headers["Retry-After"] == "2"
        async with open_socket(channel) as socket:
            await closed(socket)
            assert socket.close_code == 4001
        async with open_socket(channel) as socket:
            with pytest.raises(ConnectionClosedError):
                await socket.recv()
            assert socket.close_code == 1006
        async with open_socket(channel) as socket:
            await socket.send('{"message":"ping"}')
            await frame(socket)
        assert simulator.connections == 3


async def test_garbage_is_sent_as_it_stands() -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        simulator.script = [Say()]
        async with client.listen() as socket:
            got = [await asyncio.wait_for(socket.recv(), 2) for _ in GARBAGE]
        assert tuple(got) == GARBAGE


async def test_events_are_bent_on_a_channel_and_heartbeats_are_not() -> None:
    async with Simulator(heartbeat=0.02) as simulator, Client(simulator) as client:
        simulator.script = [(Lose(skip=1), Duplicate(times=3, skip=1))]
        async with client.listen(PRESENCE) as socket:
            await frame(socket)
            for number in range(3):
                assert simulator.publish(PRESENCE, {"n": number}) == 1
            seen = await frames(socket, until=lambda one: one == HEARTBEAT)
            numbers = [one["eventBody"]["n"] for one in seen if one != HEARTBEAT]
            assert numbers == [0, 2, 2, 2]


async def test_a_mute_socket_says_nothing_and_stays_open() -> None:
    async with Simulator(heartbeat=0.01) as simulator, Client(simulator) as client:
        simulator.script = [Mute()]
        async with client.listen(PRESENCE) as socket:
            await eventually(lambda: simulator.publish(PRESENCE, {}) == 0)
            await socket.send('{"message":"ping"}')
            await asyncio.sleep(0.05)
            simulator.close_sockets(1001)
            assert not [message async for message in socket if "pong" in str(message)]
            assert socket.close_code == 1001


async def test_closing_is_announced_first() -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        simulator.script = [AnnounceClosing(grace=0.02)]
        async with client.listen() as socket:
            assert (await frame(socket))["topicName"] == "v2.system.socket_closing"
            await closed(socket)
            assert socket.close_code == 1001


async def test_sockets_can_be_struck_at_any_moment() -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        async with client.listen() as socket:
            await simulator.abort_sockets()
            await closed(socket)
            assert socket.close_code == 1006
        async with client.listen() as socket:
            simulator.close_sockets(1012)
            await closed(socket)
            assert socket.close_code == 1012
        async with client.listen() as socket:
            simulator.announce_closing()
            assert (await frame(socket))["topicName"] == "v2.system.socket_closing"
        async with client.listen() as socket:
            simulator.evict_channels()
            await closed(socket)
            assert socket.close_code == 1001


async def test_tokens_end_with_and_without_a_word() -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        async with client.listen() as socket:
            simulator.expire_tokens()
            await closed(socket)
            assert socket.close_code == 1001
        await client.__aenter__()
        async with client.listen() as socket:
            simulator.revoke_tokens()
            told = await frame(socket)
            assert told["topicName"].startswith("v2.system.token_revoked.")
            assert told["eventBody"]["reason"] == "user_tokens_revoked"
            await closed(socket)


async def test_subscriptions_can_be_taken_away() -> None:
    async with (
        Simulator() as simulator,
        Client(simulator) as client,
        client.listen(PRESENCE) as socket,
    ):
        simulator.take_subscriptions()
        told = await frame(socket)
        assert told["topicName"].startswith("v2.system.no_longer_subscribed.")
        assert told["eventBody"]["reason"] == "another_channel_subscribed"
        assert simulator.publish(PRESENCE, {}) == 0


async def test_a_fault_of_ones_own_is_a_callable() -> None:
    async def greet(wire: Wire) -> None:
        wire.say("hello")
        wire.leave(4000)

    async with Simulator() as simulator, Client(simulator) as client:
        simulator.script = [greet]
        async with client.listen() as socket:
            assert [message async for message in socket_until_closed(socket)] == ["hello"]
            assert socket.close_code == 4000


async def socket_until_closed(socket: ClientConnection) -> AsyncIterator[str | bytes]:
    with suppress(ConnectionClosed):
        while True:
            yield await asyncio.wait_for(socket.recv(), 5)


async def test_nothing_printed_or_logged_opens_a_channel(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """C5-31: neither task names (asyncio logs them) nor reprs hold a token or a channel's id."""
    caplog.set_level("DEBUG")
    async with Simulator() as simulator, Client(simulator) as client:
        channel = await client.channel()
        async with open_socket(channel):
            shown = " ".join(map(repr, asyncio.all_tasks())) + repr(simulator)
            shown += " ".join(map(repr, simulator._channels))
            secrets = (channel["id"], client.token, simulator.client_secret)
            assert [secret for secret in secrets if secret in shown] == []
        logged = "".join(
            record.getMessage()
            for record in caplog.records
            if not record.name.startswith("websockets")
        )
        assert [secret for secret in secrets if secret in logged] == []
