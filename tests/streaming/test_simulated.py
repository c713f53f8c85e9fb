"""The stream against the simulator: what the platform does, over real sockets."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from genesys_sentiment.dialects.notifications import Notifications
from genesys_sentiment.errors import AuthError
from genesys_sentiment.model.events import Gap, StateChange, TopicRefused, Unreadable, Utterance
from genesys_sentiment.model.results import Score
from genesys_sentiment.simulator import Abort, Close, Mute, Refuse, Say, Simulator, builtin_calls
from genesys_sentiment.streaming.recording import Recorder, replay
from genesys_sentiment.streaming.stream import StreamOptions
from genesys_sentiment.streaming.transport import AiohttpTransport
from genesys_sentiment.streaming.watch import watch
from tests.streaming.simulated import QUICK, Everything, caught_up, client

CALLS = builtin_calls()[:2]


async def test_fifty_callers_make_one_token_request() -> None:
    """S0-02: single-flight, against the simulator's own count."""
    async with Simulator() as simulator, client(simulator) as cloud:
        tokens = await asyncio.gather(*(cloud.tokens.get() for _ in range(50)))
    assert simulator.token_requests == 1
    assert len({token.value for token in tokens}) == 1


async def test_a_wrong_secret_is_raised_by_the_iterator() -> None:
    """S0-04: at once, typed, and without the secret."""
    async with Simulator() as simulator, client(simulator, "wrong-secret-canary") as cloud:
        async with watch(cloud, queues=[simulator.queue_id]) as stream:
            with pytest.raises(AuthError, match="client secret") as caught:
                await anext(aiter(stream))
    assert "canary" not in str(caught.value)
    assert simulator.token_requests == 1


async def test_refused_topics_are_told_one_by_one_and_the_others_live() -> None:
    """S0-27, C5-37: the sentiment topic is refused with its permission, transcripts arrive."""
    simulator = Simulator(CALLS[:1], speed=60, wait=0.3)
    async with simulator, client(simulator) as cloud:
        simulator.denied_permissions.add("speechAndTextAnalytics:data:view")
        async with watch(cloud, queues=[simulator.queue_id], options=QUICK) as stream:
            async with Everything(stream) as everything:
                await stream.ready()
                await simulator.play()
                await caught_up(stream, simulator)
                await stream.close()
    refused = [each for each in everything.records if isinstance(each, TopicRefused)]
    assert [each.missing for each in refused] == [("speechAndTextAnalytics:data:view",)]
    assert any(isinstance(each, Score) for each in everything.records)
    assert stream.counters.refused == 1


async def test_joining_late_is_said() -> None:
    """A conversation that was talking already is found by REST, followed, and has a gap."""
    simulator = Simulator(CALLS[:1], speed=20, wait=0)
    async with simulator, client(simulator) as cloud:
        playing = asyncio.create_task(simulator.play())
        while len(simulator.ledger) < 3:
            await asyncio.sleep(0.01)
        async with watch(cloud, queues=[simulator.queue_id], options=QUICK) as stream:
            async with Everything(stream) as everything:
                await playing
                await caught_up(stream, simulator)
                await stream.close()
    assert [gap.reason for gap in everything.gaps] == ["joined_late"]
    assert everything.gaps[0].conversation == simulator.conversations[0]
    assert any(isinstance(each, Score) for each in everything.records)


@pytest.mark.parametrize(
    ("trouble", "channels"),
    [
        ("abort_sockets", 1),
        ("take_subscriptions", 2),
        ("evict_channels", 2),
        ("revoke_tokens", 2),
        ("expire_tokens", 2),
    ],
)
async def test_every_end_of_a_connection_leads_to_the_next(trouble: str, channels: int) -> None:
    """C4, C5-7, C5-8: a gap, a new socket, a new channel where the old one is gone."""
    async with Simulator() as simulator, client(simulator) as cloud:
        async with watch(cloud, queues=[simulator.queue_id], options=QUICK) as stream:
            async with Everything(stream) as everything:
                await stream.ready()
                made = getattr(simulator, trouble)()
                if made is not None:
                    await made
                async with asyncio.timeout(20):
                    while stream.counters.connections < 2 or not everything.gaps:
                        await asyncio.sleep(0.01)
                await stream.close()
    assert simulator.connections == 2
    assert simulator.requests["POST /api/v2/notifications/channels"] == channels
    assert len(everything.gaps) == 1
    assert stream.counters.problems() == ()


async def test_a_mute_server_is_left_and_said_to_be_silent() -> None:
    """S3-14, C5-9: connected but mute, on a line whose patience is short."""
    dialect = Notifications(idle_timeout=0.15, ping_interval=10.0)
    async with Simulator(heartbeat=0.05) as simulator, client(simulator) as cloud:
        simulator.script = [Mute(after=0.1)]
        stream = watch(cloud, queues=[simulator.queue_id], options=QUICK, dialect=dialect)
        async with stream, Everything(stream) as everything:
            async with asyncio.timeout(20):
                while stream.counters.connections < 2:
                    await asyncio.sleep(0.01)
            await stream.close()
    assert [gap.reason for gap in everything.gaps] == ["silent"]


async def test_garbage_is_counted_and_the_stream_goes_on() -> None:
    """S0-12, C5-15, C5-16, C5-17: every unreadable frame is an event, and every frame counts."""
    async with Simulator() as simulator, client(simulator) as cloud:
        simulator.script = [Say()]
        async with watch(cloud, queues=[simulator.queue_id], options=QUICK) as stream:
            async with Everything(stream) as everything:
                await stream.ready()
                await caught_up(stream, simulator)
                await asyncio.sleep(0.05)
                await stream.close()
    unreadable = [each for each in everything.records if isinstance(each, Unreadable)]
    assert len(unreadable) == stream.counters.invalid >= 5
    assert stream.counters.connections == 1
    assert stream.counters.problems() == ()


async def test_a_server_that_drops_every_connection_is_not_stormed() -> None:
    """S2-07, S4-07, C3, C5-6: real sockets, and a clock a hundred times as fast: 5 min in 3 s."""

    class Fast:
        began = time.monotonic()

        def monotonic(self) -> float:
            return (time.monotonic() - self.began) * 100

        def wall(self) -> float:
            return self.monotonic()

        async def sleep(self, seconds: float) -> None:
            await asyncio.sleep(seconds / 100)

    clock = Fast()
    async with Simulator() as simulator, client(simulator) as cloud:
        simulator.script = [Abort()] * 1000
        async with watch(cloud, queues=[simulator.queue_id], clock=clock) as stream:
            async with Everything(stream) as everything:
                began = clock.monotonic()
                while clock.monotonic() - began < 300:
                    await asyncio.sleep(0.02)
                await stream.close()
    assert 5 <= simulator.connections <= 20
    assert len(everything.gaps) == stream.counters.connections - 1


@pytest.mark.parametrize("fate", [None, Mute(), Abort(), Close(1011), Refuse(503)])
async def test_leaving_takes_less_than_two_seconds(fate: object) -> None:
    """S0-26, S4-09, C5-25: waiting, opening, open or mute."""
    patient = StreamOptions(delays=lambda: iter([60.0]))
    async with Simulator() as simulator, client(simulator) as cloud:
        simulator.script = [fate]  # type: ignore[list-item]
        for pause in (0.0, 0.01, 0.2):
            stream = watch(cloud, queues=[simulator.queue_id], options=patient)
            async with stream:
                await asyncio.sleep(pause)
                began = time.monotonic()
            assert time.monotonic() - began < 2
            assert stream.state == "done"


async def test_a_recorded_run_replays_to_the_same_events(tmp_path: Path) -> None:
    """X-01: the same stream over aiohttp and over a recording, a lost connection included."""
    file = tmp_path / "run.jsonl"
    async with Simulator(CALLS, speed=60, wait=0.3) as simulator, client(simulator) as cloud:
        with Recorder(AiohttpTransport(cloud.session), file) as recorder:
            stream = watch(cloud, queues=[simulator.queue_id], options=QUICK, transport=recorder)
            async with stream, Everything(stream) as live:
                await stream.ready()
                playing = asyncio.create_task(simulator.play())
                await asyncio.sleep(0.8)
                await simulator.abort_sockets()
                await playing
                await asyncio.sleep(0.2)
                await stream.close()
    async with replay(file) as again:
        replayed = [event async for event in again]
    said = [each.event.id for each in live.outcomes() if isinstance(each.event, Utterance)]
    final = [each.id for each in replayed if isinstance(each, Utterance) and each.final]
    assert final == said
    changes = [each.id for each in live.records if isinstance(each, StateChange)]
    assert [each.id for each in replayed if isinstance(each, StateChange)] == changes
    assert len(live.gaps) == sum(isinstance(each, Gap) for each in replayed) == 1
