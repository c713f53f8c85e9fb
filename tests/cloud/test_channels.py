"""Channels and subscriptions: C5-29, C5-36, C5-37."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aioresponses import aioresponses
from yarl import URL

from genesys_sentiment.cloud.channels import Channels, Subscription
from genesys_sentiment.cloud.regions import region
from genesys_sentiment.cloud.rest import Rest
from genesys_sentiment.errors import (
    ConfigurationError,
    LimitExceeded,
    NotFound,
    ProtocolError,
)
from genesys_sentiment.model.events import TopicRefused
from genesys_sentiment.model.wire import Channel
from tests.cloud.support import Clock, Handed, at, serve, steady

WHERE = region("eu-central-1").endpoints
BASE = "https://api.mypurecloud.de/api/v2/notifications/channels"
URI = "wss://streaming.mypurecloud.de/channels/streaming-0-abc"
MINE = Channel(id="streaming-0-abc", connect_uri=URI)
SUBSCRIPTIONS = f"{BASE}/streaming-0-abc/subscriptions"
CONVERSATION = "8d5b1d44-1d5b-4b5f-9c57-2f1d1f1d9a10"
TOPIC = f"v2.conversations.{CONVERSATION}.transcription"


@pytest.fixture
def channels(session: aiohttp.ClientSession, clock: Clock) -> Channels:
    rest = Rest(
        WHERE,
        Handed(),
        session,
        monotonic=clock.monotonic,
        sleep=clock.sleep,
        delays=steady(),
    )
    return Channels(rest, WHERE, now=lambda: 7.0)


def bodies(mocked: aioresponses) -> list[Any]:
    return [json.loads(c.kwargs["data"]) for calls in mocked.requests.values() for c in calls]


async def test_a_channel_is_made(mocked: aioresponses, channels: Channels) -> None:
    made = {"id": "streaming-0-abc", "connectUri": URI, "expires": "2020-08-12T12:41:54.707Z"}
    mocked.post(BASE, payload=made)
    channel = await channels.create()
    assert channel == Channel(id="streaming-0-abc", connect_uri=URI, expires=1597236114.707)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        {"id": "x"},
        {"connectUri": URI},
        {"id": "", "connectUri": URI},
        {"id": 7, "connectUri": URI},
        {"id": "x", "connectUri": "wss://elsewhere.example/canary"},
        {"id": "x", "connectUri": "ws://streaming.mypurecloud.de/canary"},
    ],
)
async def test_a_channel_that_cannot_be_one(
    mocked: aioresponses, channels: Channels, answer: object
) -> None:
    mocked.post(BASE, payload=answer)
    with pytest.raises(ProtocolError) as caught:
        await channels.create()
    assert "/canary" not in str(caught.value)


@pytest.mark.parametrize("expires", [None, "soon", 7, "2020-08-12T12:41:54"])
async def test_an_unreadable_expiry_is_unknown(
    mocked: aioresponses, channels: Channels, expires: object
) -> None:
    mocked.post(BASE, payload={"id": "x", "connectUri": URI, "expires": expires})
    assert (await channels.create()).expires is None


async def test_channels_are_listed(mocked: aioresponses, channels: Channels) -> None:
    mocked.get(
        f"{BASE}?includechannels=oauthclient",
        payload={"entities": [{"id": "a", "connectUri": URI}, {"id": "b", "connectUri": URI}]},
    )
    assert [channel.id for channel in await channels.list()] == ["a", "b"]


async def test_whether_a_channel_exists(mocked: aioresponses, channels: Channels) -> None:
    mocked.head(f"{BASE}/streaming-0-abc", status=200)
    mocked.head(f"{BASE}/streaming-0-abc", status=404)
    assert [await channels.exists(MINE), await channels.exists(MINE)] == [True, False]


async def test_topics_that_are_subscribed(mocked: aioresponses, channels: Channels) -> None:
    mocked.get(SUBSCRIPTIONS, payload={"entities": [{"id": "v2.a"}, {}, {"id": 7}, {"id": "v2.b"}]})
    assert await channels.topics(MINE) == ("v2.a", "v2.b")


async def test_c5_37_each_topic_has_its_own_fate(mocked: aioresponses, channels: Channels) -> None:
    entities = [
        {"id": "V2.Users.A.Presence", "state": "Permitted"},
        {
            "id": TOPIC,
            "state": "Rejected",
            "rejectionReason": "missing permission",
            "missingPermissions": ["conversation:transcription:view"],
        },
        {"id": "v2.routing.queues.q.users", "state": "Pending"},
        {"id": "v2.listed.without.state"},
        {"id": "v2.not.asked.for", "state": "Permitted"},
    ]
    mocked.post(f"{SUBSCRIPTIONS}?ignoreErrors=true", payload={"entities": entities})
    wanted = [
        "v2.users.a.presence",
        TOPIC,
        "v2.routing.queues.q.users",
        "v2.listed.without.state",
        "v2.forgotten",
    ]
    result = await channels.add(MINE, wanted)
    assert result.permitted == ("v2.users.a.presence", "v2.listed.without.state")
    assert result.refused == (
        TopicRefused(
            topic=TOPIC,
            reason="missing permission",
            missing=("conversation:transcription:view",),
            conversation=CONVERSATION,
            received=7.0,
        ),
        TopicRefused(topic="v2.routing.queues.q.users", reason="Pending", received=7.0),
        TopicRefused(topic="v2.forgotten", reason="not in the answer", received=7.0),
    )
    assert bodies(mocked) == [[{"id": topic} for topic in wanted]]


async def test_a_combined_topic_may_be_answered_whole_or_by_its_parts(
    mocked: aioresponses, channels: Channels
) -> None:
    entities = [
        {"id": "v2.users.a?presence&station", "state": "Permitted"},
        {"id": "v2.users.b.presence", "state": "Permitted"},
        {"id": "v2.users.b.station", "state": "Permitted"},
        {"id": "v2.users.c.presence", "state": "Permitted"},
        {"id": "v2.users.c.station", "state": "Rejected", "rejectionReason": "no"},
    ]
    mocked.put(f"{SUBSCRIPTIONS}?ignoreErrors=true", payload={"entities": entities})
    wanted = [f"v2.users.{user}?presence&station" for user in "abc"]
    result = await channels.replace(MINE, wanted)
    assert result.permitted == tuple(wanted[:2])
    assert [(one.topic, one.reason) for one in result.refused] == [(wanted[2], "no")]


async def test_topics_that_differ_in_case_are_sent_once(
    mocked: aioresponses, channels: Channels
) -> None:
    mocked.put(
        f"{SUBSCRIPTIONS}?ignoreErrors=true",
        payload={"entities": [{"id": "v2.a", "state": "permitted"}, {"id": "v2.b"}]},
    )
    result = await channels.replace(MINE, ["v2.A", "v2.b", "v2.a"])
    assert result == Subscription(permitted=("v2.A", "v2.b"))
    assert bodies(mocked) == [[{"id": "v2.A"}, {"id": "v2.b"}]]


async def test_nothing_to_add_is_no_call_and_replacing_by_nothing_clears(
    mocked: aioresponses, channels: Channels
) -> None:
    assert await channels.add(MINE, []) == Subscription()
    assert not mocked.requests
    mocked.delete(SUBSCRIPTIONS, status=204)
    assert await channels.replace(MINE, []) == Subscription()
    assert list(mocked.requests) == [("DELETE", URL(SUBSCRIPTIONS))]


async def test_c5_36_limits_are_checked_before_the_call(
    mocked: aioresponses, channels: Channels
) -> None:
    with pytest.raises(LimitExceeded, match=r"1001 topics .* several channels") as caught:
        await channels.replace(MINE, [f"v2.t.{n}" for n in range(1001)])
    assert caught.value.status == 400
    with pytest.raises(LimitExceeded, match="201 characters"):
        await channels.add(MINE, ["v2." + "x" * 198])
    assert not mocked.requests


async def test_c5_36_the_limits_themselves_are_allowed(
    session: aiohttp.ClientSession, aiohttp_server: Callable[..., Any]
) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"entities": await request.json()})

    where = at(await serve(answer, aiohttp_server))
    topics = [f"v2.{n:0197d}" for n in range(1000)]
    assert {len(topic) for topic in topics} == {200}
    result = await Channels(Rest(where, Handed(), session), where).replace(MINE, topics)
    assert result == Subscription(permitted=tuple(topics))


@pytest.mark.parametrize("topics", ["v2.a", [""], ["v2.a b"], ["v2.a\r\n"], ["v2.\u00e9"]])
async def test_c5_29_topics_that_cannot_be(channels: Channels, topics: list[str]) -> None:
    with pytest.raises(ConfigurationError):
        await channels.add(MINE, topics)


@pytest.mark.parametrize("answer", [None, {}, {"entities": 7}, "x"])
async def test_an_answer_without_a_listing(
    mocked: aioresponses, channels: Channels, answer: object
) -> None:
    mocked.post(f"{SUBSCRIPTIONS}?ignoreErrors=true", payload=answer)
    with pytest.raises(ProtocolError):
        await channels.add(MINE, [TOPIC])


async def test_a_lost_channel_is_not_found_and_its_id_is_not_shown(
    mocked: aioresponses, channels: Channels
) -> None:
    mocked.put(f"{SUBSCRIPTIONS}?ignoreErrors=true", status=404)
    with pytest.raises(NotFound) as caught:
        await channels.replace(MINE, [TOPIC])
    assert "streaming-0-abc" not in str(caught.value)


async def test_changes_of_one_channel_are_made_one_after_the_other(
    session: aiohttp.ClientSession, aiohttp_server: Callable[..., Any]
) -> None:
    running: dict[str, int] = {}
    most: dict[str, int] = {}
    together = 0

    async def answer(request: web.Request) -> web.Response:
        nonlocal together
        name = request.path.split("/")[-2]
        running[name] = running.get(name, 0) + 1
        most[name] = max(most.get(name, 0), running[name])
        together = max(together, sum(running.values()))
        await asyncio.sleep(0.01)
        running[name] -= 1
        return web.json_response({"entities": await request.json()})

    server = await serve(answer, aiohttp_server)
    where = at(server)
    channels = Channels(Rest(where, Handed(), session), where)
    one, two = (Channel(id=name, connect_uri="") for name in ("one", "two"))
    await asyncio.gather(
        *(channels.replace(channel, [f"v2.{n}"]) for n in range(4) for channel in (one, two))
    )
    assert most == {"one": 1, "two": 1}
    assert together == 2
