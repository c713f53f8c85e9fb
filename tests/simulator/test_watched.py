"""``watched()`` waits for a client in any language."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from genesys_sentiment.simulator import Simulator
from tests.simulator.client import Client, frame, say

ANALYTICS = {"type": "conversation", "filters": {}, "fields": ["state"]}


async def is_watched(simulator: Simulator) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(0.02):
            await simulator.watched()
            return True
    return False


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/api/v2/websocket", None),
        ("/api/v2/agentassist/websocket", None),
        (
            "/api/v2/analytics/websocket",
            {"action": "subscribe", "events": [ANALYTICS], "heartbeat": 0.02},
        ),
        ("/api/v2/interactions/stream?access_token={token}", {"filter": {}}),
    ],
)
async def test_a_client_of_a_tutorial_is_waited_for(
    path: str, message: dict[str, Any] | None
) -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        assert not await is_watched(simulator)
        async with client.language(path.format(token=client.token)) as socket:
            assert await is_watched(simulator) == (message is None)
            if message is not None:
                await say(socket, **message)
                await frame(socket)
                assert await is_watched(simulator)


async def test_a_channel_must_follow_the_queue() -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        async with client.listen("v2.users.7.presence"):
            assert not await is_watched(simulator)
        async with client.listen(f"v2.routing.queues.{simulator.queue_id}.conversations"):
            assert await is_watched(simulator)
