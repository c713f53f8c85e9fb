"""The library's stream under every verb of a script: nothing is lost that no Gap tells of.

Real HTTP and WebSockets; what the simulator's ledger says was spoken is compared with what came.
"""

from __future__ import annotations

import asyncio

import pytest

from genesys_sentiment.errors import AuthError
from genesys_sentiment.model.events import Unreadable
from genesys_sentiment.simulator import (
    Abort,
    AnnounceClosing,
    AnswerGarbage,
    AnswerHalf,
    AnswerLate,
    AnswerNothing,
    Close,
    Do,
    Duplicate,
    Flood,
    HalfOpen,
    Lose,
    Mute,
    On,
    Pause,
    Refuse,
    Reorder,
    Say,
    Slow,
    Split,
    Truncate,
)
from genesys_sentiment.simulator.faults import Script
from genesys_sentiment.streaming.stream import Stream
from genesys_sentiment.streaming.watch import watch
from tests.simulator.heard import IMPATIENT, listening, play, quick, until
from tests.streaming.simulated import QUICK

CHANNELS = "/api/v2/notifications/channels"


@pytest.mark.parametrize(
    "script",
    [
        Duplicate(times=3),
        Reorder(span=3, patience=0.05),
        Split(5),
        Slow(0.005),
        Pause(0.1, after=0.35),
        Flood(3_000, after=0.35),
        Say(),
        (Duplicate(), Split(1), Reorder()),
    ],
    ids=str,
)
async def test_what_harms_nothing_loses_nothing(script: Script) -> None:
    """C5-15, C5-17: one connection, everything once, also what came twice or in wrong order."""
    async with quick(heartbeat=0.05) as local:
        local.simulator.script = [script]
        async with listening(local) as heard:
            await heard.stream.ready()
            await play(local, heard)
        heard.check()
        assert heard.missing == set()
        assert local.simulator.connections == 1


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (Abort(after=0.45), "disconnected"),
        (Close(1001, after=0.45), "disconnected"),
        (Mute(after=0.45), "silent"),
        (HalfOpen(after=0.45), "silent"),
        (Pause(1.0, after=0.45), "silent"),
    ],
    ids=str,
)
async def test_what_ends_a_connection_is_a_gap_and_the_next_one(
    script: Script, reason: str
) -> None:
    """C5-9, C5-10."""
    async with quick(heartbeat=0.05, speed=80) as local:
        local.simulator.script = [script]
        async with listening(local, IMPATIENT) as heard:
            await heard.stream.ready()
            await play(local, heard)
            await until(lambda: bool(heard.gaps))
        heard.check()
        assert reason in {gap.reason for gap in heard.gaps}
        assert heard.utterances
        assert local.simulator.connections >= 2


@pytest.mark.parametrize(
    "verb",
    [
        "abort_sockets",
        "close_sockets",
        "evict_channels",
        "expire_tokens",
        "revoke_tokens",
        "take_subscriptions",
        "open_elsewhere",
        "announce_closing",
    ],
)
async def test_what_the_platform_does_is_survived(verb: str) -> None:
    """In the middle of a call, at a limit of one channel."""
    async with quick(heartbeat=0.05, speed=80, channel_limit=1) as local:
        local.simulator.script = [Do(getattr(local.simulator, verb), after=0.45)]
        async with listening(local) as heard:
            await heard.stream.ready()
            await play(local, heard)
        heard.check()
        assert local.simulator.connections >= 2
        assert heard.utterances


async def test_two_triggers_at_once_are_one_new_connection() -> None:
    """C5-7: the token is revoked, the socket closed and reset, all in one moment."""
    async with quick(heartbeat=0.05, speed=80) as local:
        simulator = local.simulator
        local.simulator.script = [
            (Do(simulator.revoke_tokens, after=0.45), Close(4001), Do(simulator.abort_sockets))
        ]
        async with listening(local) as heard:
            await heard.stream.ready()
            await play(local, heard)
            assert simulator.open_sockets == 1
        heard.check()
        assert simulator.connections == 2


async def test_a_revoked_token_that_cannot_be_renewed_is_raised() -> None:
    """C5-8: typed, soon, and after no more than three questions."""
    async with quick(calls=[], heartbeat=0.05) as local:
        simulator = local.simulator
        stream = watch(local.cloud, queues=[simulator.queue_id], options=QUICK)
        async with stream:
            await stream.ready()
            simulator.token_failures = [401] * 100
            simulator.revoke_tokens()
            before = simulator.token_requests
            with pytest.raises(AuthError):
                await asyncio.wait_for(last_of(stream), 10)
            assert simulator.token_requests - before <= 3
            assert stream.state == "done"


async def last_of(stream: Stream) -> None:
    async for _ in stream:
        pass


async def test_an_announced_end_is_survived() -> None:
    async with quick(heartbeat=0.05, speed=80) as local:
        local.simulator.script = [AnnounceClosing(grace=0.3, after=0.4)]
        async with listening(local) as heard:
            await heard.stream.ready()
            await play(local, heard)
        heard.check()


async def test_cut_events_are_said_to_be_unreadable() -> None:
    """C5-15: two rejects, each an event and each counted; the stream goes on."""
    async with quick(heartbeat=0.05) as local:
        local.simulator.script = [Truncate(count=2, keep=0.7, skip=2)]
        async with listening(local) as heard:
            await heard.stream.ready()
            await play(local, heard)
        unreadable = [each for each in heard.events if isinstance(each, Unreadable)]
        assert len(unreadable) == heard.stream.counters.invalid == 2
        assert heard.stream.counters.problems() == ()
        assert local.simulator.connections == 1


async def test_an_event_lost_inside_the_platform_is_lost_to_everybody() -> None:
    """Without sequence numbers nobody can know: no gap, but the counters hold."""
    async with quick(heartbeat=0.05) as local:
        local.simulator.script = [Lose(count=1, skip=4)]
        async with listening(local) as heard:
            await heard.stream.ready()
            await play(local, heard)
        assert heard.stream.counters.problems() == ()
        assert len(heard.missing) <= 2


async def test_refused_upgrades_are_waited_out() -> None:
    """C5-12: 429 and 503, with a Retry-After in both forms."""
    async with quick() as local:
        local.simulator.script = [
            Refuse(503, retry_after=0.3),
            Refuse(429, retry_after="Thu, 01 Jan 1970 00:00:00 GMT"),
            None,
        ]
        begun = asyncio.get_running_loop().time()
        async with listening(local) as heard:
            await heard.stream.ready()
            assert asyncio.get_running_loop().time() - begun >= 0.3
            await play(local, heard)
        heard.check()
        assert (heard.stream.counters.attempts, local.simulator.connections) == (3, 1)


@pytest.mark.parametrize(
    "fate",
    [Refuse(503), Refuse(429, retry_after=0), AnswerNothing(), AnswerHalf(), AnswerLate(0.2)],
    ids=str,
)
async def test_a_channel_that_is_hard_to_get_is_got(fate: Refuse) -> None:
    """C5-12, C5-15: REST is tried again by the call, not by a new connection."""
    async with quick() as local:
        local.simulator.rest_script = [On("POST", CHANNELS, fate)]
        async with listening(local) as heard:
            async with asyncio.timeout(20):
                await heard.stream.ready()
            await until(lambda: local.simulator.open_sockets == 1)
        assert heard.stream.counters.problems() == ()
        assert heard.stream.counters.attempts == 1


async def test_garbage_for_a_channel_is_fatal_and_says_why() -> None:
    """C5-15: a login page behind 200 is no passing trouble."""
    async with quick() as local:
        local.simulator.rest_script = [On("POST", CHANNELS, AnswerGarbage())]
        stream = watch(local.cloud, queues=[local.simulator.queue_id], options=QUICK)
        with pytest.raises(Exception, match="no JSON"):
            async with stream:
                await asyncio.wait_for(anext(aiter(stream)), 5)
