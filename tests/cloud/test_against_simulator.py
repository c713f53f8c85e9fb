"""This room against the simulated platform: names, statuses and bodies fit. C5-36, C5-37."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.cloud.conversations import LiveConversation
from genesys_sentiment.cloud.regions import endpoints
from genesys_sentiment.errors import AuthError, NotFound, PermissionDenied
from genesys_sentiment.model.wire import Channel
from genesys_sentiment.simulator import Simulator, builtin_calls


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator(builtin_calls()[:1], wait=5.0) as one:
        yield one


def cloud_of(simulator: Simulator, secret: str | None = None) -> Cloud:
    where = endpoints(simulator.api_url, simulator.login_url)
    return Cloud(where, simulator.client_id, secret or simulator.client_secret)


async def test_the_life_of_a_channel(simulator: Simulator) -> None:
    queue = f"v2.routing.queues.{simulator.queue_id}.conversations"
    async with cloud_of(simulator) as cloud:
        channel = await cloud.channels.create()
        assert channel.expires is not None
        assert channel.expires > time.time()
        assert await cloud.channels.exists(channel)
        assert channel.id in {one.id for one in await cloud.channels.list()}
        result = await cloud.channels.replace(channel, [queue.upper().replace("V2", "v2"), "v2.no"])
        assert len(result.permitted) + len(result.refused) == 2
        assert [one.topic for one in result.refused] == ["v2.no"]
        assert [topic.casefold() for topic in await cloud.channels.topics(channel)] == [queue]
        await cloud.channels.clear(channel)
        assert await cloud.channels.topics(channel) == ()
        gone = Channel(id="no-such-channel", connect_uri="")
        assert not await cloud.channels.exists(gone)
        with pytest.raises(NotFound):
            await cloud.channels.replace(gone, [queue])


async def test_live_conversations_of_a_queue(simulator: Simulator) -> None:
    playing = asyncio.create_task(simulator.play())
    async with cloud_of(simulator) as cloud:
        live: tuple[LiveConversation, ...] = ()
        for _ in range(50):
            now = time.time()
            live = await cloud.conversations.live(
                [simulator.queue_id], since=now - 60, until=now + 60
            )
            if live:
                break
            await asyncio.sleep(0.01)
        (one,) = live
        assert one.queues == (simulator.queue_id,)
        assert one.started is not None
        assert one.started == pytest.approx(time.time(), abs=5.0)
        snapshot = await cloud.conversations.get(one.conversation)
        assert snapshot["id"] == one.conversation
    playing.cancel()
    await asyncio.wait({playing})


async def test_a_wrong_secret(simulator: Simulator) -> None:
    async with cloud_of(simulator, "wrong") as cloud:
        with pytest.raises(AuthError, match="client secret"):
            await cloud.channels.create()


async def test_a_missing_permission_is_named() -> None:
    missing = "analytics:conversationDetail:view"
    async with Simulator(denied_permissions=[missing]) as simulator, cloud_of(simulator) as cloud:
        with pytest.raises(PermissionDenied) as caught:
            await cloud.conversations.live([simulator.queue_id], since=0, until=time.time())
    assert caught.value.missing == (missing,)
