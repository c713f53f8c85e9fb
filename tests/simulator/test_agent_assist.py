"""Tutorial S2's language over a real socket."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from genesys_sentiment.simulator import AgentAssist, Call, Simulator
from genesys_sentiment.simulator.conversation import Ids
from tests.simulator.client import Client, closed, frame, say, short_call

PATH = "/api/v2/agentassist/websocket"
IDS = Ids.of("simulator", 0, "short", 0)
ID = IDS("conversation")
HINTS = [
    {"after": 1, "title": "refund", "answer": "a", "confidence": 0.9, "reaction": "Accepted"},
    {"after": 2, "title": "steps", "answer": "b", "confidence": 0.6, "kind": "process"},
]


def call() -> Call:
    return short_call("short", suggestions=HINTS)


def window(ends: float = 0.0, seconds: float = 300.0) -> dict[str, str]:
    """``ends`` seconds ago."""
    end = datetime.now(UTC) - timedelta(seconds=ends)
    return {"start": (end - timedelta(seconds=seconds)).isoformat(), "end": end.isoformat()}


async def subscribe(socket: ClientConnection, **other: object) -> dict[str, Any]:
    """As the tutorial does, but for what is said otherwise; the answer."""
    message: dict[str, Any] = {
        "type": "subscribe",
        "interactionId": ID,
        "contextWindow": window(),
        "suggestionTypes": ["knowledge", "process"],
        "requestId": "r1",
    }
    message |= other
    await say(socket, **{name: value for name, value in message.items() if value != "absent"})
    return await frame(socket)


async def played(language: AgentAssist, types: Sequence[str]) -> list[str | bytes]:
    """All batches of one play, as they came."""
    simulator = Simulator([call()], speed=500, wait=0, languages=[language])
    got: list[str | bytes] = []
    async with simulator, Client(simulator) as client, client.language(PATH) as socket:
        answer = await subscribe(socket, suggestionTypes=list(types))
        assert answer == {"type": "ack", "requestId": "r1"}
        await simulator.play()
        simulator.close_sockets()
        try:
            while True:
                got.append(await asyncio.wait_for(socket.recv(), 2))
        except ConnectionClosed:
            return got


async def test_batches_are_as_the_tutorial_gives_them() -> None:
    """S2-09: interaction, suggestions with both numbers, the platform's latency."""
    first, second = map(json.loads, await played(AgentAssist(), ["knowledge", "process"]))
    assert first == {
        "interactionId": ID,
        "suggestions": [
            {
                "id": IDS("suggestion", "refund"),
                "title": "refund",
                "confidence": 0.9,
                "relevanceScore": 0.5,
                "knowledgeArticleId": IDS("document", "refund"),
            }
        ],
        "metadata": {"processingLatencyMs": 42},
    }
    assert [one["title"] for one in second["suggestions"]] == ["steps", "refund"]


async def test_only_the_types_asked_for_come() -> None:
    """S2-04: suggestionTypes."""
    (batch,) = map(json.loads, await played(AgentAssist(latency=None), ["process"]))
    assert [one["title"] for one in batch["suggestions"]] == ["steps"]
    assert "metadata" not in batch


async def test_frames_come_as_text_or_gzip() -> None:
    """S2-05: a gzip frame is binary and begins with 1f 8b."""
    text, packed = await played(AgentAssist(frames="mixed"), ["knowledge", "process"])
    assert isinstance(text, str)
    assert isinstance(packed, bytes)
    assert packed[:2] == b"\x1f\x8b"
    assert json.loads(gzip.decompress(packed))["interactionId"] == ID
    assert all(isinstance(one, bytes) for one in await played(AgentAssist(frames="gzip"), KINDS))


KINDS = ("knowledge", "process")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"contextWindow": window(seconds=-1)}, "bad_context_window"),
        ({"contextWindow": window(ends=60)}, "bad_context_window"),
        ({"contextWindow": {"start": "2026-01-01T00:00:00"}}, "bad_context_window"),
        ({"contextWindow": "absent"}, "bad_context_window"),
        ({"suggestionTypes": ["jokes"]}, "bad_suggestion_types"),
        ({"interactionId": 7}, "bad_interaction"),
        ({"type": "sing"}, "bad_type"),
    ],
)
async def test_a_subscription_that_cannot_be_is_refused(
    wrong: dict[str, object], code: str
) -> None:
    """S2-04: the window must begin before it ends and must not lie in the past."""
    async with (
        Simulator() as simulator,
        Client(simulator) as client,
        client.language(PATH) as socket,
    ):
        answer = await subscribe(socket, **wrong)
        assert (answer["type"], answer["requestId"], answer["code"]) == ("error", "r1", code)
        nameless = await subscribe(socket, requestId="absent")
        assert (nameless["code"], nameless["requestId"]) == ("bad_request_id", None)
        assert (await subscribe(socket))["type"] == "ack"


async def test_the_token_is_judged_at_the_handshake_and_ends_the_socket() -> None:
    """S2-03, S2-07: 401 on the upgrade; 4001 when the token ends."""
    async with Simulator() as simulator, Client(simulator) as client:
        async with client.language(PATH) as socket:
            simulator.expire_tokens()
            await closed(socket)
            assert socket.close_code == 4001
        with pytest.raises(InvalidStatus) as caught:
            await client.language(PATH)
        assert caught.value.response.status_code == 401


async def test_unsubscribing_ends_the_batches_and_acks_are_an_option() -> None:
    language = AgentAssist(acks=False)
    simulator = Simulator([call()], speed=500, wait=0, languages=[language])
    async with simulator, Client(simulator) as client, client.language(PATH) as socket:
        request = {"interactionId": ID, "contextWindow": window(), "requestId": "r1"}
        await say(socket, type="subscribe", **request)
        await say(socket, type="unsubscribe", **request)
        await asyncio.sleep(0.02)
        await simulator.play()
        await say(socket, type="nonsense")
        assert (await frame(socket))["type"] == "error"
