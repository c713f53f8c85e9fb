"""Late truth against the simulator, over real sockets: the last words come after the end."""

from __future__ import annotations

import asyncio
from collections import Counter

from genesys_sentiment.model.completed import Completed
from genesys_sentiment.model.events import Gap, Reading, StateChange
from genesys_sentiment.model.results import Record, Score, Skipped
from genesys_sentiment.scoring.completeness import Completeness
from genesys_sentiment.scoring.completeness_rules import CompletenessRules
from genesys_sentiment.scoring.scorer import Scorer
from genesys_sentiment.simulator import BATCHED, Simulator, builtin_calls
from genesys_sentiment.streaming.options import FinalSentimentOptions
from genesys_sentiment.streaming.score import score
from genesys_sentiment.streaming.stream import Stream
from genesys_sentiment.streaming.watch import watch
from tests.streaming.simulated import QUICK, client

CALLS = builtin_calls()[:3]
SPEED = 50.0
RULES = CompletenessRules(grace=1.5, quiet=0.5)
"""The platform's 35 s are 0.7 s at that speed; the rest is for a machine that is busy."""
PATIENCE = 20.0


async def complete(stream: Stream, stage: Completeness, calls: int) -> list[Record]:
    """Everything until so many conversations are complete."""
    out: list[Record] = []
    async with asyncio.timeout(PATIENCE):
        async for record in score(stream, Scorer(), stage):
            out.append(record)
            if sum(isinstance(each, Completed) for each in out) == calls:
                break
    return out


def completions(out: list[Record]) -> dict[str, Completed]:
    return {each.conversation: each for each in out if isinstance(each, Completed)}


async def test_every_call_is_complete_once_after_its_last_words() -> None:
    """SESSION_ENDED and disconnected come first, the last bundle of transcripts after them."""
    stage = Completeness(RULES)
    simulator = Simulator(CALLS, speed=SPEED, wait=0.5, pace=BATCHED, late_tail=True)
    async with simulator, client(simulator) as cloud:
        async with watch(cloud, queues=[simulator.queue_id], options=QUICK) as stream:
            reading = asyncio.create_task(complete(stream, stage, len(CALLS)))
            await stream.ready()
            await simulator.play()
            out = await reading
        said = Counter(each.conversation for each in simulator.ledger if each.final)
    found = completions(out)
    assert {name: each.utterances for name, each in found.items()} == said
    assert all(each.late > 0 and each.latest is not None for each in found.values())
    assert {(each.reason, each.coverage, each.gaps) for each in found.values()} == {
        ("ended", 1.0, 0)
    }
    for name, completed in found.items():
        place = out.index(completed)
        mine = [each for each in out if each.conversation == name]
        texts = [each for each in mine if isinstance(each, Score | Skipped)]
        ends = [
            out.index(each)
            for each in mine
            if isinstance(each, StateChange) and each.state in ("disconnected", "SESSION_ENDED")
        ]
        assert min(ends) < max(map(out.index, texts)) < place
    assert stage.counters.after == 0
    assert stage.counters.balanced


async def test_a_lost_connection_costs_coverage() -> None:
    """A connection dies during the call: Gap and joined_late are in the figures."""
    stage = Completeness(RULES)
    simulator = Simulator(CALLS[:1], speed=SPEED, wait=0.5)
    async with simulator, client(simulator) as cloud:
        async with watch(cloud, queues=[simulator.queue_id], options=QUICK) as stream:
            reading = asyncio.create_task(complete(stream, stage, 1))
            await stream.ready()
            playing = asyncio.create_task(simulator.play())
            async with asyncio.timeout(PATIENCE):
                while simulator.frames_sent.total() < 12:
                    await asyncio.sleep(0.01)
            await simulator.abort_sockets()
            await playing
            out = await reading
    (completed,) = completions(out).values()
    gaps = [each for each in out if isinstance(each, Gap)]
    assert completed.gaps == len(gaps) >= 1
    assert completed.missing > 0
    assert completed.coverage is not None
    assert 0 < completed.coverage < 1
    assert completed.missing <= round(sum(each.until - each.since for each in gaps), 3) + 0.001


async def test_the_final_sentiment_is_in_a_completed_conversation() -> None:
    stage = Completeness(CompletenessRules(grace=0.2, quiet=0.1, sentiment=PATIENCE))
    asking = FinalSentimentOptions(every=1.0, patience=10.0)
    simulator = Simulator(CALLS[:1], speed=SPEED, wait=0.5)
    async with simulator, client(simulator) as cloud:
        async with watch(
            cloud, queues=[simulator.queue_id], options=QUICK, final_sentiment=asking
        ) as stream:
            reading = asyncio.create_task(complete(stream, stage, 1))
            await stream.ready()
            await simulator.play()
            out = await reading
    (completed,) = completions(out).values()
    whole = [
        each
        for each in out
        if isinstance(each, Score | Skipped) and isinstance(each.event, Reading)
    ]
    assert whole
    assert completed.readings == len(whole)
    assert out.index(whole[0]) < out.index(completed)
