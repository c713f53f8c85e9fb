"""Tutorial S4's language over a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Literal

import pytest
from websockets.asyncio.client import ClientConnection

from genesys_sentiment.simulator import (
    Duplicate,
    InteractionStream,
    Lose,
    Renumber,
    Reorder,
    Simulator,
)
from genesys_sentiment.simulator.faults import Script
from tests.simulator.client import Client, closed, frame, rest_of, say, short_call

PATH = "/api/v2/interactions/stream"
ALL = {
    "types": ["voice", "chat", "email"],
    "status": ["queued", "ringing", "connected", "completed"],
}


@asynccontextmanager
async def stream(client: Client, **criteria: list[str]) -> AsyncIterator[ClientConnection]:
    """A socket that has set its filter."""
    path = f"{PATH}?access_token={client.token}"
    async with client.language(path, authorized=False) as socket:
        await say(socket, filter=ALL | criteria)
        assert await frame(socket) == {"type": "ack", "for": "filter"}
        yield socket


async def played(simulator: Simulator, *script: Script, **criteria: list[str]) -> list[Any]:
    """All events of one play."""
    simulator.script = list(script)
    async with simulator, Client(simulator) as client, stream(client, **criteria) as socket:
        await simulator.play()
        await asyncio.sleep(0)
        simulator.close_sockets()
        return await rest_of(socket)


def one_call(*languages: InteractionStream) -> Simulator:
    call = short_call()
    if languages:
        return Simulator([call], speed=500, wait=0, languages=languages)
    return Simulator([call], speed=500, wait=0)


def numbers(events: list[Any]) -> list[int]:
    return [event["sequence"] for event in events]


async def test_events_are_as_the_tutorial_gives_them() -> None:
    """S4-10: sequence, id, type, status, channelType, timestamp, attributes."""
    simulator = one_call()
    events = await played(simulator)
    assert [event["status"] for event in events] == ALL["status"]
    assert numbers(events) == [1, 2, 3, 4]
    for event in events:
        assert set(event) == {
            *("sequence", "id", "type", "status", "channelType", "timestamp", "attributes")
        }
        assert event["id"] == simulator.conversations[0]
        assert event["channelType"] == "voice"
        assert event["timestamp"].endswith("Z")
        assert event["attributes"]["queueId"] == simulator.queue_id
    assert "agentId" not in events[0]["attributes"]
    assert "agentId" in events[1]["attributes"]


async def test_a_token_in_the_query_that_does_not_count_ends_with_4001() -> None:
    """S4-19: at the handshake and in the middle of the stream."""
    async with Simulator() as simulator, Client(simulator) as client:
        async with client.language(f"{PATH}?access_token=old", authorized=False) as socket:
            await closed(socket)
            assert socket.close_code == 4001
        async with stream(client) as socket:
            simulator.expire_tokens()
            await closed(socket)
            assert socket.close_code == 4001


async def test_the_filter_comes_first_and_filters() -> None:
    """S4-03: nothing without a filter; only the statuses and types that it names."""
    assert await played(one_call(), status=["ringing", "completed"], types=["chat"]) == []
    events = await played(one_call(), status=["ringing", "completed"], types=["voice"])
    assert [event["status"] for event in events] == ["ringing", "completed"]
    assert numbers(events) == [1, 2]
    simulator = one_call()
    async with simulator, Client(simulator) as client:
        path = f"{PATH}?access_token={client.token}"
        async with client.language(path, authorized=False) as socket:
            await simulator.play()
            simulator.close_sockets()
            assert await rest_of(socket) == []


async def test_a_filter_that_cannot_be_is_refused_by_name() -> None:
    """S4-03: the error lists the rejected values."""
    async with Simulator() as simulator, Client(simulator) as client:
        path = f"{PATH}?access_token={client.token}"
        async with client.language(path, authorized=False) as socket:
            await say(socket, filter={"types": ["fax", "voice"], "status": ["parked"]})
            error = await frame(socket)
            assert error["type"] == "error"
            assert error["rejected"] == {"types": ["fax"], "status": ["parked"]}
            assert "fax, parked" in error["message"]
            for message in ("no json", "{}"):
                await socket.send(message)
                assert (await frame(socket))["type"] == "error"


async def test_a_refresh_keeps_the_socket_alive() -> None:
    """S4-04: the new token counts from its acknowledgement on; a bad one is refused."""
    async with Simulator() as simulator, Client(simulator) as client, stream(client) as socket:
        await say(socket, type="refresh", access_token="nonsense")
        assert (await frame(socket))["type"] == "error"
        old = client.token
        new = (await client.login()).body["access_token"]
        await say(socket, type="refresh", access_token=new)
        assert await frame(socket) == {"type": "ack", "for": "refresh"}
        assert await ends_with(simulator, old, socket) is None
        assert await ends_with(simulator, new, socket) == 4001


async def ends_with(simulator: Simulator, token: str, socket: ClientConnection) -> int | None:
    """The socket's close code after one token has died."""
    del simulator._accounts._grants[token]
    try:
        await asyncio.wait_for(socket.wait_closed(), 0.5)
    except TimeoutError:
        return None
    return socket.close_code


async def test_acknowledgements_are_an_option() -> None:
    """S4-04: without them a refresh is taken in silence."""
    simulator = one_call(InteractionStream(acks=False))
    async with simulator, Client(simulator) as client:
        path = f"{PATH}?access_token={client.token}"
        async with client.language(path, authorized=False) as socket:
            await say(socket, filter=ALL)
            await say(socket, type="refresh", access_token=client.token)
            await asyncio.sleep(0.02)
            await simulator.play()
            assert (await frame(socket))["status"] == "queued"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Duplicate(), [1, 1, 2, 2, 3, 3, 4, 4]),
        (Lose(count=2, skip=1), [1, 4]),
        (Reorder(), [2, 1, 4, 3]),
        (Reorder(span=3, patience=0.3), [3, 2, 1, 4]),
        (Renumber(skip=2), [1, 2, 1, 2]),
        (Renumber(first=2**40, skip=1, count=1), [1, 2**40, 3, 4]),
        ((Lose(skip=1), Duplicate(skip=2)), [1, 3, 4, 4]),
    ],
)
async def test_numbers_go_wrong_on_demand(fault: Script, expected: list[int]) -> None:
    """S4-11, S4-12: duplicates, gaps, wrong order, a restart, a number far too high."""
    simulator = one_call()
    simulator.script = [fault]
    async with simulator, Client(simulator) as client, stream(client) as socket:
        await simulator.play()
        got = [await frame(socket) for _ in expected]
    assert numbers(got) == expected


async def test_every_socket_counts_from_one() -> None:
    """S4-11: a new session begins at 1 again."""
    simulator = one_call()
    async with simulator, Client(simulator) as client:
        for _ in range(2):
            async with stream(client) as socket:
                await simulator.play()
                assert numbers([await frame(socket) for _ in range(4)]) == [1, 2, 3, 4]


async def test_numbers_may_count_by_interaction() -> None:
    calls = [short_call("a"), short_call("b")]
    language = InteractionStream(numbering="interaction")
    events = await played(Simulator(calls, speed=500, wait=0, stagger=0, languages=[language]))
    assert sorted(numbers(events)) == [1, 1, 2, 2, 3, 3, 4, 4]


@pytest.mark.parametrize("times", ["iso", "offset", "milliseconds", "seconds"])
async def test_times_come_in_every_form(
    times: Literal["iso", "offset", "milliseconds", "seconds"],
) -> None:
    """S4-10: ISO 8601 with Z or an offset, epoch milliseconds or seconds: the same moment."""
    simulator = one_call(InteractionStream(times=times))
    stamp = (await played(simulator))[0]["timestamp"]
    conversation = next(iter(simulator._conversations.values()))
    match times:
        case "iso" | "offset":
            moment = datetime.fromisoformat(stamp).timestamp()
        case "milliseconds":
            moment = stamp / 1000
        case "seconds":
            moment = stamp
    assert stamp.endswith("Z" if times == "iso" else "+02:00") if isinstance(stamp, str) else True
    assert abs(moment - conversation.started) < 1
