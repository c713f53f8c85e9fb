"""Calls played over a real socket: what arrives, in which order, and what the ledger says."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.simulator import Call, Simulator, builtin_calls, load_calls
from genesys_sentiment.simulator.conversation import Ids
from tests.data import calls_dir, needs_data
from tests.simulator.client import Client, eventually, frame, open_socket, short_call

HINT = {"after": 1, "title": "t", "answer": "a", "confidence": 0.5, "reaction": "Dismissed"}
TRANSITIONS = (
    *("customer.start", "acd.start", "acd.end", "user.start"),
    *("customer.end", "user.end", "acw", "wrapup"),
)


END = "v2.users.end.presence"


async def until_played(client: Client, socket: ClientConnection) -> list[dict[str, Any]]:
    """Everything that comes while the calls are played."""
    playing = asyncio.create_task(client.simulator.play())
    playing.add_done_callback(lambda _: client.simulator.publish(END, {}))
    seen = []
    while (event := await frame(socket))["topicName"] != END:
        seen.append(event)
    await playing
    return seen


async def played(simulator: Simulator, *kinds: str) -> list[dict[str, Any]]:
    """All events of a first play. The ids are known beforehand, so that nothing depends on time."""
    ids = [Ids.of("simulator", 0, call.name, 0)("conversation") for call in simulator.calls]
    topics = [kind.format(conversation) for kind in kinds for conversation in ids]
    queue = f"v2.routing.queues.{simulator.queue_id}.conversations"
    async with Client(simulator) as client, client.listen(queue, END, *topics) as socket:
        return await until_played(client, socket)


def kind_of(event: dict[str, Any]) -> str:
    return str(event["topicName"]).rpartition(".")[2]


def finals(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [
        (transcript["utteranceId"], transcript["alternatives"][0]["transcript"])
        for event in events
        if kind_of(event) == "transcription"
        for transcript in event["eventBody"]["transcripts"]
        if transcript["isFinal"]
    ]


async def test_a_watcher_of_the_queue_misses_nothing() -> None:
    calls = [short_call("a"), short_call("b")]
    async with Simulator(calls, speed=50, wait=0.5) as simulator, Client(simulator) as client:
        channel = await client.channel()
        await client.subscribe(channel, f"v2.routing.queues.{simulator.queue_id}.conversations")
        async with open_socket(channel) as socket:
            playing = asyncio.create_task(simulator.play())
            events: list[dict[str, Any]] = []
            known: set[str] = set()
            while len(finals(events)) < 4:
                events.append(await frame(socket))
                conversation = events[-1]["eventBody"].get("id")
                if conversation and conversation not in known:
                    known.add(conversation)
                    topic = f"v2.conversations.{conversation}.transcription"
                    assert (await client.subscribe(channel, topic)).status == 200
            await playing
        final = [entry for entry in simulator.ledger if entry.final]
    assert sorted(finals(events)) == sorted((entry.utterance, entry.text) for entry in final)
    assert all(entry.delivered == 1 for entry in simulator.ledger)
    assert {entry.conversation for entry in final} == set(simulator.conversations) == known


async def test_a_conversation_goes_through_its_stages() -> None:
    async with Simulator([short_call()], speed=50, wait=0) as simulator:
        events = await played(simulator, "v2.conversations.{}.transcription")
    snapshots = [event["eventBody"] for event in events if kind_of(event) == "conversations"]
    stages = [
        {one["purpose"]: one["calls"][0]["state"] for one in snapshot["participants"]}
        for snapshot in snapshots
    ]
    assert stages == [
        {"customer": "connected", "acd": "connected"},
        {"customer": "connected", "acd": "connected", "agent": "alerting"},
        {"customer": "connected", "acd": "disconnected", "agent": "connected"},
        *[{"customer": "disconnected", "acd": "disconnected", "agent": "disconnected"}] * 2,
    ]
    agents = [snapshot["participants"][-1] for snapshot in snapshots]
    assert "connectedTime" not in agents[1]
    assert agents[2]["userId"]
    assert "startAcwTime" in agents[3]
    assert "endAcwTime" not in agents[3]
    # It really took that long: a machine that is busy for 20 ms adds a second at this speed.
    assert 4 <= agents[4]["wrapup"]["durationSeconds"] < 60
    states = [
        event["eventBody"]["status"]["status"]
        for event in events
        if kind_of(event) == "transcription"
    ]
    assert states[0] == "SESSION_ONGOING"
    assert states[-1] == "SESSION_ENDED"
    assert states.count("SESSION_ENDED") == 1


async def test_revisions_come_first_and_are_marked() -> None:
    call = short_call("r", ("caller", "this is a long enough sentence"))
    async with Simulator([call], speed=20, wait=0) as simulator:
        await played(simulator, "v2.conversations.{}.transcription")
    assert [(entry.text, entry.final) for entry in simulator.ledger] == [
        ("this is a", False),
        ("this is a long enough sentence", True),
    ]
    assert len({entry.utterance for entry in simulator.ledger}) == 1


async def test_a_late_tail_comes_after_the_end() -> None:
    async with Simulator([short_call()], speed=50, wait=0, late_tail=True) as simulator:
        events = await played(simulator, "v2.conversations.{}.transcription")
    last = [event["eventBody"] for event in events if kind_of(event) == "transcription"][-1]
    assert last["status"]["status"] == "SESSION_ENDED"
    assert last["transcripts"][0]["isFinal"]
    assert len(finals(events)) == 2


async def test_details_suggestions_and_sentiment_are_there_to_be_subscribed() -> None:
    call = short_call(suggestions=[HINT], sentiment={"overall": -0.5, "trend": 0.3})
    async with Simulator([call], speed=50, wait=0) as simulator:
        events = await played(
            simulator,
            *(f"v2.detail.events.conversation.{{}}.{kind}" for kind in TRANSITIONS),
            "v2.conversations.{}.suggestions.knowledge.search",
            "v2.speechandtextanalytics.conversation.{}.sentiment",
        )
    names = [event["topicName"] for event in events]
    details = [name.split(".", 5)[5] for name in names if name.startswith("v2.detail.")]
    assert tuple(details) == TRANSITIONS
    hints = [event["eventBody"] for event in events if event["topicName"].endswith("search")]
    assert [hint["state"] for hint in hints] == ["Suggested", "Dismissed"]
    assert len({hint["suggestionId"] for hint in hints}) == 1
    assert events[-1]["eventBody"]["sentimentOverallScore"] == -0.5


async def test_topics_of_agents_and_of_one_medium() -> None:
    async with (
        Simulator([short_call()], speed=50, wait=0) as simulator,
        Client(simulator) as client,
    ):
        user = Ids.of("simulator", 0, "short", 0)("user")
        queue = f"v2.routing.queues.{simulator.queue_id}.conversations.calls"
        async with client.listen(END, queue, f"v2.users.{user}.conversations") as socket:
            events = await until_played(client, socket)
    flat = [event["eventBody"] for event in events if kind_of(event) == "calls"]
    agents = [one for body in flat for one in body["participants"] if one["purpose"] == "agent"]
    assert [one["state"] for one in agents] == ["alerting", "connected", *["disconnected"] * 2]
    assert all(one["queue"] == {"id": simulator.queue_id} for one in agents)
    assert all(one["user"] == {"id": user} for one in agents)
    assert not any("calls" in one for one in agents)
    # The agent's own topic begins when the conversation is offered to that agent.
    assert [kind_of(event) for event in events].count("conversations") == len(agents)


async def test_the_same_seed_gives_the_same_ids() -> None:
    async def ids(seed: int, times: int = 1) -> list[tuple[str, str]]:
        async with Simulator([short_call()], speed=500, wait=0, seed=seed) as simulator:
            for _ in range(times):
                await simulator.play()
        return [(entry.conversation, entry.utterance) for entry in simulator.ledger]

    assert await ids(1) == await ids(1)
    assert set(await ids(1)).isdisjoint(await ids(2))
    twice = await ids(1, times=2)
    assert len(set(twice)) == len(set(await ids(1))) * 2


async def test_nobody_listening_is_recorded_as_such() -> None:
    async with Simulator([short_call()], speed=500, wait=0) as simulator:
        await simulator.play()
    assert simulator.ledger
    assert {entry.delivered for entry in simulator.ledger} == {0}


async def test_platform_time_runs_faster_and_never_back() -> None:
    async with Simulator([short_call()], speed=100, wait=0) as simulator:
        before = time.time()
        await simulator.play()
        entries = simulator.ledger
        assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
        assert entries[-1].at > before + 3
        assert before <= entries[-1].emitted <= time.time()


async def test_play_needs_a_running_simulator() -> None:
    simulator = Simulator([short_call()])
    with pytest.raises(RuntimeError, match="running simulator"):
        await simulator.play()
    with pytest.raises(ConfigurationError, match="speed"):
        Simulator(speed=0)


async def test_a_cancelled_play_ends_its_calls() -> None:
    async with Simulator([short_call()], wait=30) as simulator:
        playing = asyncio.create_task(simulator.play())
        await eventually(lambda: bool(simulator.conversations))
        playing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await playing


@pytest.mark.parametrize("call", builtin_calls(), ids=lambda call: call.name)
async def test_the_builtin_calls_are_played_whole(call: Call) -> None:
    async with Simulator([call], speed=300, wait=0) as simulator:
        events = await played(simulator, "v2.conversations.{}.transcription")
    assert sorted(text for _, text in finals(events)) == sorted(turn.text for turn in call.turns)


@needs_data
async def test_the_recorded_calls_are_played_whole() -> None:
    calls = load_calls(calls_dir())
    async with Simulator(calls, speed=200, wait=0) as simulator:
        events = await played(simulator, "v2.conversations.{}.transcription")
    assert len(finals(events)) == len(set(finals(events))) == 449
    assert sorted(text for _, text in finals(events)) == sorted(
        turn.text for call in calls for turn in call.turns
    )


async def test_watched_waits_for_a_socket_that_hears_the_queue() -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        watched = asyncio.create_task(simulator.watched())
        async with client.listen("v2.users.7.presence"):
            await asyncio.sleep(0.05)
            assert not watched.done()
        topic = f"v2.routing.queues.{simulator.queue_id}.conversations"
        async with client.listen(topic):
            await asyncio.wait_for(watched, 2)
