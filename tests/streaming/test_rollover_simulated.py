"""Channels that take over from one another over real sockets: each utterance once, and no gap."""

from __future__ import annotations

import asyncio
import copy
from collections import Counter

from attrs import evolve

from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.dialects.notifications import Notifications
from genesys_sentiment.model.events import StateChange
from genesys_sentiment.simulator import AnnounceClosing, Refuse, Simulator, builtin_calls
from genesys_sentiment.streaming.stream import Stream
from genesys_sentiment.streaming.transport import AiohttpTransport
from genesys_sentiment.streaming.watch import watch
from tests.streaming.hurry import Brief, Hurried, Hurry
from tests.streaming.simulated import QUICK, Everything, client

CALLS = builtin_calls()
CHANNELS = "POST /api/v2/notifications/channels"
EAGER = evolve(QUICK, survival=0.05)


def account(simulator: Simulator, stream: Stream, everything: Everything) -> None:
    """Every final utterance has one outcome, in its order; every change of state came once."""
    assert everything.gaps == []
    emitted = [each for each in simulator.ledger if each.final]
    assert emitted
    for conversation in simulator.conversations:
        expected = [each.utterance for each in emitted if each.conversation == conversation]
        assert utterances(everything, conversation) == expected
    changes = Counter(each.id for each in everything.records if isinstance(each, StateChange))
    assert set(changes.values()) == {1}
    assert stream.counters.problems() == ()


def utterances(everything: Everything, conversation: str | None = None) -> list[str]:
    """Those with an outcome; the platform's own readings are of no utterance."""
    outcomes = everything.outcomes(conversation)
    return [each.utterance for each in outcomes if each.utterance is not None]


async def told(simulator: Simulator, everything: Everything) -> None:
    """Wait until every utterance has its outcome, three seconds at most: who waits no longer
    finds out which are missing."""
    emitted = [each for each in simulator.ledger if each.final]
    for _ in range(300):
        if len(utterances(everything)) >= len(emitted):
            return
        await asyncio.sleep(0.01)


async def played(simulator: Simulator, cloud: Cloud, stream: Stream, trouble: float) -> Everything:
    """All calls, while closing is announced every ``trouble`` seconds (0: never)."""

    async def maintain() -> None:
        while trouble:
            await asyncio.sleep(trouble)
            simulator.announce_closing()

    async with stream, Everything(stream) as everything:
        await stream.ready()
        maintaining = asyncio.create_task(maintain())
        await simulator.play()
        maintaining.cancel()
        await told(simulator, everything)
        await stream.close()
        await asyncio.wait({maintaining})
    return everything


async def test_maintenance_in_the_middle_of_calls() -> None:
    """C4 last row: the server closes soon after it announced that; nothing is missing."""
    simulator = Simulator(CALLS, speed=30, wait=0.3)
    async with simulator, client(simulator) as cloud:
        simulator.script = [AnnounceClosing(grace=0.5, after=0.8), AnnounceClosing(grace=2.0)]
        stream = watch(cloud, queues=[simulator.queue_id], options=EAGER)
        everything = await played(simulator, cloud, stream, 0.0)
    account(simulator, stream, everything)
    assert (simulator.connections, simulator.requests[CHANNELS]) == (3, 3)


async def test_closing_announced_again_and_again() -> None:
    """On every socket that is open, in the middle of handing over as well."""
    simulator = Simulator(CALLS, speed=30, wait=0.3)
    async with simulator, client(simulator) as cloud:
        stream = watch(cloud, queues=[simulator.queue_id], options=EAGER)
        everything = await played(simulator, cloud, stream, 0.3)
    account(simulator, stream, everything)
    assert 2 <= simulator.connections <= 20
    assert simulator.requests[CHANNELS] == simulator.connections


async def test_a_successor_that_is_refused_at_first() -> None:
    """503, twice; the old channel is read meanwhile."""
    simulator = Simulator(CALLS, speed=30, wait=0.3)
    async with simulator, client(simulator) as cloud:
        simulator.script = [AnnounceClosing(grace=3.0, after=0.5), Refuse(503), Refuse(503)]
        stream = watch(cloud, queues=[simulator.queue_id], options=EAGER)
        everything = await played(simulator, cloud, stream, 0.0)
    account(simulator, stream, everything)
    assert (stream.counters.attempts, stream.counters.connections) == (4, 2)
    assert simulator.requests[CHANNELS] == 2


async def test_channels_that_grow_old() -> None:
    """C3 Rollover: by age, again and again, in the middle of calls."""
    simulator = Simulator(CALLS, speed=30, wait=0.3)
    async with simulator, client(simulator) as cloud:
        options = evolve(EAGER, rollover=0.5)
        stream = watch(cloud, queues=[simulator.queue_id], options=options)
        everything = await played(simulator, cloud, stream, 0.0)
    account(simulator, stream, everything)
    assert simulator.connections >= 3
    assert simulator.requests[CHANNELS] == simulator.connections


async def test_tokens_that_end() -> None:
    """A new token, a new channel, and no gap: on a hurried clock, where each lives a minute."""
    simulator = Simulator(CALLS[:4], speed=30, wait=0.3)
    async with simulator, client(simulator) as cloud, Hurry().running() as clock:
        hurried = copy.copy(cloud)
        hurried.tokens = Brief(cloud, clock)  # type: ignore[assignment]
        stream = watch(
            hurried,
            queues=[simulator.queue_id],
            dialect=Notifications(idle_timeout=1e5, ping_interval=1e5),
            transport=Hurried(AiohttpTransport(cloud.session), clock),
            options=QUICK,
            clock=clock,
        )
        everything = await played(simulator, cloud, stream, 0.0)
    account(simulator, stream, everything)
    assert simulator.connections >= 3
    assert simulator.token_requests >= 3
