"""The main job: recorded calls through the simulator, followed by queue and scored live."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

from genesys_sentiment.model.events import Gap, StateChange
from genesys_sentiment.simulator import Emitted, Simulator, load_calls
from genesys_sentiment.streaming.watch import watch
from tests.data import calls_dir, needs_data
from tests.streaming.simulated import QUICK, Everything, caught_up, client

SPEED = 30.0


def finals(simulator: Simulator) -> list[Emitted]:
    return [each for each in simulator.ledger if each.final]


@needs_data
async def test_every_final_utterance_of_24_calls_has_one_outcome_in_order() -> None:
    """One Score, or one Skipped with its reason, for each of 449 utterances; S0-13, S0-15."""
    calls = load_calls(calls_dir())
    async with Simulator(calls, speed=SPEED) as simulator, client(simulator) as cloud:
        async with watch(cloud, queues=[simulator.queue_id]) as stream:
            async with Everything(stream) as everything:
                await stream.ready()
                await simulator.play()
                await caught_up(stream, simulator)
                await stream.close()
        emitted = finals(simulator)
    assert len(calls) == 24
    assert len(emitted) == 449
    assert not everything.gaps
    for conversation in simulator.conversations:
        expected = [each.utterance for each in emitted if each.conversation == conversation]
        assert [each.utterance for each in everything.outcomes(conversation)] == expected
    skipped = Counter(each.reason for each in everything.outcomes() if hasattr(each, "reason"))
    assert set(skipped) <= {"no_words", "empty"}
    assert stream.counters.problems() == ()
    assert everything.scorer.counters.balanced
    assert simulator.token_requests == 1


def covered(lost: Emitted, gaps: list[Gap]) -> bool:
    """Whether a gap says that this utterance may be missing. Both clocks are this machine's."""
    return any(
        gap.conversation in (None, lost.conversation)
        and gap.since - 0.001 <= lost.emitted <= gap.until + 0.001
        for gap in gaps
    )


@needs_data
async def test_ten_drops_at_random_points_lose_nothing_unsaid() -> None:
    """C5-6, C5-7: what did not arrive lies in a Gap; nothing comes twice; the counters add up."""
    seed = random.randrange(1 << 30)
    dice = random.Random(seed)
    async with Simulator(load_calls(calls_dir()), speed=SPEED) as simulator:
        async with client(simulator) as cloud:
            async with watch(cloud, queues=[simulator.queue_id], options=QUICK) as stream:
                async with Everything(stream) as everything:
                    await stream.ready()
                    playing = asyncio.create_task(simulator.play())
                    passed = 0.0
                    for moment in sorted(dice.uniform(0.2, 5.0) for _ in range(10)):
                        await asyncio.sleep(moment - passed)
                        passed = moment
                        await simulator.abort_sockets()
                    await playing
                    await asyncio.sleep(0.3)
                    await stream.close()
        emitted = finals(simulator)
    arrived = Counter(each.event.id for each in everything.outcomes())
    ids = {f"utterance:{each.conversation}:{each.utterance}": each for each in emitted}
    missing = [each for each_id, each in ids.items() if each_id not in arrived]
    unsaid = [each for each in missing if not covered(each, everything.gaps)]
    assert not unsaid, f"seed {seed}: {len(unsaid)} of {len(missing)} missing ones are in no gap"
    assert set(arrived) <= set(ids)
    assert set(arrived.values()) <= {1}, f"seed {seed}: an utterance came twice"
    assert stream.counters.connections >= 5, f"seed {seed}: the drops did not happen"
    assert stream.counters.problems() == ()
    for conversation in simulator.conversations:
        order = [each.utterance for each in emitted if each.conversation == conversation]
        got = [str(each.utterance) for each in everything.outcomes(conversation)]
        assert got == [each for each in order if each in set(got)], f"seed {seed}: out of order"


@needs_data
async def test_states_of_a_call_come_in_order() -> None:
    """S4-13: queued, alerting, connected, disconnected as changes of the agent's call."""
    call = load_calls(calls_dir())[:1]
    async with Simulator(call, speed=SPEED, wait=0.3) as simulator, client(simulator) as cloud:
        async with watch(cloud, queues=[simulator.queue_id]) as stream:
            async with Everything(stream) as everything:
                await stream.ready()
                await simulator.play()
                await caught_up(stream, simulator)
                await stream.close()
    states = [
        record.state
        for record in everything.records
        if isinstance(record, StateChange)
        and record.purpose == "agent"
        and record.subject == "call"
    ]
    assert states == ["alerting", "connected", "disconnected"]
