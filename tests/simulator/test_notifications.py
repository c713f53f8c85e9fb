"""Channels and subscriptions by REST: limits, eviction, permissions."""

from __future__ import annotations

import pytest

from genesys_sentiment.clock import VirtualClock
from genesys_sentiment.simulator import Simulator
from tests.simulator.client import CHANNELS, Client, closed, frame, open_socket

TRANSCRIPTION = "v2.conversations.1.transcription"
PRESENCE = "v2.users.7.presence"


async def test_post_adds_put_replaces_delete_clears() -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        channel = await client.channel()
        path = f"{CHANNELS}/{channel['id']}/subscriptions"

        async def listed() -> list[str]:
            return [entry["id"] for entry in (await client.rest("GET", path)).body["entities"]]

        assert await listed() == []
        await client.subscribe(channel, PRESENCE)
        await client.subscribe(channel, TRANSCRIPTION)
        assert await listed() == [PRESENCE, TRANSCRIPTION]
        combined = "v2.users.7?presence&station"
        assert (await client.rest("PUT", path, [{"id": combined}])).status == 200
        assert await listed() == [combined]
        assert (await client.rest("DELETE", path)).status == 200
        assert await listed() == []


async def test_a_channel_is_listed_probed_and_missed() -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        channel = await client.channel()
        assert channel["connectUri"].startswith("ws://127.0.0.1:")
        assert channel["connectUri"].endswith(f"/channels/{channel['id']}")
        assert channel["expires"].endswith("Z")
        assert (await client.rest("GET", CHANNELS)).body["entities"] == [channel]
        assert (await client.rest("HEAD", f"{CHANNELS}/{channel['id']}")).status == 200
        assert (await client.rest("HEAD", f"{CHANNELS}/gone")).status == 404
        await client.__aenter__()
        assert (await client.rest("GET", CHANNELS)).body["entities"] == []
        wide = await client.rest("GET", f"{CHANNELS}?includechannels=oauthclient")
        assert wide.body["entities"] == [channel]


async def test_one_refused_topic_refuses_all() -> None:
    denied = {"conversation:transcription:view"}
    async with (
        Simulator(denied_permissions=denied) as simulator,
        Client(simulator) as client,
    ):
        channel = await client.channel()
        refused = await client.subscribe(channel, PRESENCE, TRANSCRIPTION)
        assert (refused.status, refused.body["code"]) == (403, "missing.permissions")
        assert refused.body["messageParams"] == {"permissions": "conversation:transcription:view"}
        listed = await client.rest("GET", f"{CHANNELS}/{channel['id']}/subscriptions")
        assert listed.body["entities"] == []


async def test_with_ignore_errors_each_topic_has_its_state() -> None:
    denied = {"conversation:transcription:view"}
    async with (
        Simulator(denied_permissions=denied) as simulator,
        Client(simulator) as client,
    ):
        channel = await client.channel()
        path = f"{CHANNELS}/{channel['id']}/subscriptions"
        asked = [{"id": name} for name in (PRESENCE, TRANSCRIPTION, "v2.nope")]
        answer = await client.rest("PUT", f"{path}?ignoreErrors=true", asked)
        assert answer.status == 200
        assert answer.body["entities"] == [
            {"id": PRESENCE, "state": "Permitted"},
            {
                "id": TRANSCRIPTION,
                "state": "Rejected",
                "rejectionReason": "Missing permissions",
                "missingPermissions": ["conversation:transcription:view"],
            },
            {"id": "v2.nope", "state": "Rejected", "rejectionReason": "The topic is not valid"},
        ]
        listed = await client.rest("GET", path)
        assert [entry["id"] for entry in listed.body["entities"]] == [PRESENCE]


@pytest.mark.parametrize(
    "body", [{"id": PRESENCE}, [PRESENCE], [{}], [{"id": 7}], [{"id": "v2." + "x" * 200}], "x"]
)
async def test_what_is_no_list_of_topics_is_a_bad_request(body: object) -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        channel = await client.channel()
        path = f"{CHANNELS}/{channel['id']}/subscriptions"
        answer = await client.rest("POST", path, body)
        assert (answer.status, answer.body["code"]) == (400, "bad.request")


async def test_what_is_no_json_is_a_bad_request() -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        channel = await client.channel()
        path = f"{CHANNELS}/{channel['id']}/subscriptions"
        for text in (b"", b"{", b"\xff", b"[" * 100_000):
            answer = await client.rest("POST", path, text)
            assert (answer.status, answer.body["code"]) == (400, "bad.request")


async def test_the_topic_after_the_thousandth_is_refused() -> None:
    """C5-36: a combined topic counts once."""
    async with Simulator() as simulator, Client(simulator) as client:
        channel = await client.channel()
        many = [f"v2.users.{number}?presence&station" for number in range(1000)]
        assert (await client.subscribe(channel, *many)).status == 200
        assert (await client.subscribe(channel, many[0])).status == 200
        assert (await client.subscribe(channel, PRESENCE)).status == 400


async def test_the_21st_channel_evicts_the_oldest_idle_one() -> None:
    """C5-36: a channel with a socket outlives an older idle one only while there is an idle one."""
    async with Simulator() as simulator, Client(simulator) as client:
        channels = [await client.channel()]
        async with open_socket(channels[0]):
            channels += [await client.channel() for _ in range(19)]
            newest = await client.channel()
            gone = [
                number
                for number, channel in enumerate(channels)
                if (await client.rest("HEAD", f"{CHANNELS}/{channel['id']}")).status == 404
            ]
        assert gone == [1]
        assert (await client.rest("HEAD", f"{CHANNELS}/{newest['id']}")).status == 200


async def test_a_channel_expires_unless_it_is_subscribed_again() -> None:
    clock = VirtualClock(automatic=False)
    simulator = Simulator(channel_lifetime=600, heartbeat=3600, clock=clock)
    async with simulator, Client(simulator) as client:
        renewed, forgotten = await client.channel(), await client.channel()
        async with open_socket(forgotten) as socket:
            await clock.elapse(400.0)
            assert (await client.subscribe(renewed, PRESENCE)).status == 200
            assert socket.close_code is None
            await clock.elapse(400.0)
            await closed(socket)
            assert socket.close_code == 1001
        assert (await client.rest("HEAD", f"{CHANNELS}/{renewed['id']}")).status == 200
        assert (await client.subscribe(forgotten, PRESENCE)).status == 404
        await clock.elapse(400.0)
        assert (await client.rest("HEAD", f"{CHANNELS}/{renewed['id']}")).status == 404


async def test_available_topics_show_what_is_asked_for() -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        path = "/api/v2/notifications/availabletopics"
        plain = (await client.rest("GET", path)).body["entities"]
        assert {"id": "v2.conversations.{id}.transcription"} in plain
        wide = await client.rest("GET", f"{path}?expand=requiresPermissions&expand=transports")
        entry = next(each for each in wide.body["entities"] if "transcription" in each["id"])
        assert entry["requiresPermissions"] == ["conversation:transcription:view"]
        assert "Websocket" in entry["transports"]
        assert "description" not in entry


async def test_events_come_under_their_own_name_whatever_was_asked() -> None:
    async with (
        Simulator() as simulator,
        Client(simulator) as client,
        client.listen("V2.users.ABC?presence&STATION", PRESENCE) as socket,
    ):
        assert simulator.publish("v2.users.Abc.station", {"at": "home"}) == 1
        event = await frame(socket)
        assert event["topicName"] == "v2.users.Abc.station"
        assert event["eventBody"] == {"at": "home"}
        assert event["version"] == "2"
        assert event["metadata"]["CorrelationId"]
        assert simulator.publish("v2.users.abc.routingStatus", {}) == 0
