"""Faults to survive, a row each, through the whole stack: lines and logins (C5-6 to C5-12)."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import repeat
from typing import Any

import pytest

from genesys_sentiment.clock import VirtualClock
from genesys_sentiment.dialects.notifications import Notifications
from genesys_sentiment.errors import AuthError, ConnectionFailed
from genesys_sentiment.model.events import Gap
from genesys_sentiment.simulator import (
    Abort,
    Close,
    Do,
    HalfOpen,
    Mute,
    On,
    OnClock,
    Refuse,
    Say,
    Simulator,
)
from genesys_sentiment.simulator.faults import system
from genesys_sentiment.streaming.fleet import Fleet
from genesys_sentiment.streaming.options import StreamOptions
from genesys_sentiment.streaming.pacing import Pacing
from genesys_sentiment.streaming.transport import AiohttpTransport
from genesys_sentiment.streaming.verdict import judge
from tests.matrix.stage import (
    BUDGET,
    CHANNELS,
    EPOCH,
    ROUGHLY,
    WINDOW,
    Stage,
    organisation,
    staged,
    until,
)

QUIET = StreamOptions(stale_after=1e9)
"""Nothing is said on these channels; only what the line does makes them stale."""
FIRST = 100.0
"""Seconds after the opening at which the trouble begins."""


async def test_c5_06_a_thousand_accepts_and_drops() -> None:
    """C5-6: 20 connections in any five minutes, one socket, ``degraded``; and then it is well."""
    async with staged(*[Abort()] * 1_000, speed=60_000, every=60.0, options=QUIET) as stage:
        await until(lambda: len(stage.notes.opened) == 1_001)
        assert all(degraded for at, _, degraded in stage.looks if at > FIRST)
        assert stage.stream.state == "open"
        await stage.clock.sleep(45.0)
        assert not stage.stream.degraded
        assert not stage.stream.stale
        assert stage.simulator.open_sockets == 1
    assert max(stage.notes.sockets) == 1
    assert stage.has_budget()
    assert stage.simulator.connections == 1_001
    assert stage.gaps == ["disconnected"] * 1_000


def test_c5_06_an_attempt_counts_when_it_reaches_the_server() -> None:
    """C5-6: one that asked 50 s for a channel first is no older for it than those behind it."""
    pacing, again = Pacing(lambda: repeat(0.0)), judge(TimeoutError())
    pacing.attempt(0.0)
    assert pacing.delay(again, 150.0, lived=100.0) == 0.0, "opened at 50"
    for _ in range(BUDGET - 1):
        pacing.attempt(150.0)
        wait = pacing.delay(again, 150.0, lived=0.0)
    assert 150.0 + wait == 50.0 + WINDOW


async def test_c5_06_a_fleet_is_degraded_while_a_channel_is() -> None:
    """C5-6: one of two channels breaks; nothing is said of it any more once it has survived."""
    clock = VirtualClock(EPOCH, speed=2_000.0)
    async with organisation(clock, clock) as (simulator, cloud, _):
        simulator.script = [Abort(after=FIRST)]
        fleet = Fleet(
            Notifications(),
            OnClock(AiohttpTransport(cloud.session), clock),
            tokens=cloud.tokens,
            channels=cloud.channels,
            topics=[f"v2.users.{number}.presence" for number in range(1_200)],
            most=2,
            options=QUIET,
            clock=clock,
        )
        async with fleet, asyncio.timeout(20):
            await fleet.ready()
            assert (fleet.degraded, fleet.stale) == (False, False)
            assert fleet.channels == 2
            await until(lambda: simulator.connections == 3)
            assert fleet.degraded
            await clock.sleep(45.0)
            assert (fleet.degraded, fleet.stale) == (False, False)


async def test_c5_07_the_token_is_refused_while_the_line_ends() -> None:
    """C5-7: revoked, closed and reset in one moment, and the first renewal fails: one connection.

    What the old channel would still bring is ignored: its generation is over.
    """

    def prepare(simulator: Simulator) -> None:
        together = (Do(simulator.revoke_tokens, after=FIRST), Close(4001), Abort())
        simulator.script = [together]

    async with staged(prepare=prepare) as stage:
        await stage.at(FIRST - 1.0)
        stage.simulator.token_failures = [503]
        await until(lambda: stage.gaps)
        await stage.clock.sleep(60.0)
        assert stage.simulator.open_sockets == 1
    assert stage.simulator.connections == 2
    assert len(stage.notes.tried) == 2
    assert len(stage.gaps) == 1


async def test_c5_08_a_revoked_token_that_cannot_be_renewed() -> None:
    """C5-8: the login is down as well. ``stale`` within 45 s, and it recovers by itself."""

    def prepare(simulator: Simulator) -> None:
        simulator.script = [Do(simulator.revoke_tokens, after=FIRST)]

    async with staged(prepare=prepare, speed=2_000, every=1.0, options=QUIET) as stage:
        await stage.at(FIRST - 1.0)
        before = stage.simulator.token_requests
        stage.simulator.token_failures = [503] * 1_000
        await stage.at(FIRST + 300.0)
        assert stage.stale_since(FIRST) <= FIRST + 45.0 + 1.0
        assert stage.stream.degraded
        assert stage.stream.last_error is not None
        assert stage.simulator.token_requests - before <= 60, "no storm of questions"
        stage.simulator.token_failures = []
        await until(lambda: stage.gaps)
        assert not stage.stream.stale
    assert stage.error is None


async def test_c5_08_heartbeats_of_a_revoked_token_prove_nothing() -> None:
    """C5-8: the platform says so and leaves the socket open; heartbeats go on, it is ``stale``."""
    said = Say((system("v2.system.token_revoked.x", {"reason": "user_tokens_revoked"}),), FIRST)
    async with staged(said, speed=2_000, every=1.0, options=QUIET) as stage:
        await stage.at(FIRST - 1.0)
        stage.simulator.token_failures = [503] * 1_000
        await stage.at(FIRST + 120.0)
        assert stage.notes.heard[-1] > FIRST + 60.0
        assert stage.stale_since(FIRST) <= FIRST + 45.0 + 2.0
        assert stage.simulator.connections == 1


async def test_c5_08_refused_credentials_are_raised() -> None:
    """C5-8: typed, and after three questions at most."""

    def prepare(simulator: Simulator) -> None:
        simulator.script = [Do(simulator.revoke_tokens, after=FIRST)]

    async with staged(prepare=prepare) as stage:
        await stage.at(FIRST - 1.0)
        before = stage.simulator.token_requests
        stage.simulator.token_failures = [401] * 100
        await until(lambda: stage.error)
        await stage.at(FIRST + 60.0)
        assert stage.stream.stale
        assert stage.stream.state == "done"
    assert isinstance(stage.error, AuthError)
    assert stage.simulator.token_requests - before <= 3


async def left_in_time(stage: Stage) -> None:
    """The line is given up 45 s after the last frame, to the moment, and the next one is soon."""
    await until(lambda: stage.gaps)
    quiet = max(at for at in stage.notes.heard if at < stage.notes.left[0])
    assert stage.notes.left[0] - quiet <= 45.0 + ROUGHLY
    assert stage.notes.left[0] <= FIRST + 45.0
    assert stage.notes.tried[1] - stage.notes.left[0] <= 5.0, "1 s of goodbye, 1 s of chance"
    (gap,) = [event for event in stage.events if isinstance(event, Gap)]
    assert gap.reason == "silent"
    assert gap.since <= EPOCH + quiet


async def test_c5_09_a_server_that_is_silent_after_expiry() -> None:
    """C5-9: the token has ended, the socket stays, nothing comes: left after 45 s."""
    async with staged(Mute(after=FIRST), speed=500) as stage:
        await left_in_time(stage)


async def test_c5_10_a_line_that_is_half_open() -> None:
    """C5-10: no packet goes through, a goodbye is not even received: left after 45 s."""
    async with staged(HalfOpen(after=FIRST), speed=500) as stage:
        await left_in_time(stage)


async def test_c5_11_no_name_for_ten_minutes() -> None:
    """C5-11: capped delays, an error that names the host, and no restart when it is back."""
    async with staged(Abort(after=FIRST), speed=2_000) as stage:
        await stage.at(FIRST - 1.0)
        stage.names.failing = True
        before = stage.names.asked["localhost"]
        await stage.at(FIRST + 600.0)
        assert 5 < stage.names.asked["localhost"] - before <= 120, "7 in the minute of one call"
        error = stage.stream.last_error
        assert isinstance(error, ConnectionFailed)
        assert error.host == "localhost"
        assert "localhost" in str(error)
        assert stage.stream.stale
        assert stage.stream.degraded
        stage.names.failing = False
        mended = stage.clock.monotonic()
        await until(lambda: stage.gaps)
        assert stage.notes.opened[-1] - mended <= 60.0 + 30.0, "a delay is 60 s at most"
    assert stage.has_budget()


async def test_c5_11_the_wrong_region_does_not_know_the_client() -> None:
    """C5-11: its login answers 400; the error names the host and the region as a cause."""
    async with staged(prepare=lambda it: setattr(it, "token_failures", [400] * 9)) as stage:
        await until(lambda: stage.error)
    assert isinstance(stage.error, AuthError)
    assert "localhost" in str(stage.error)
    assert "region" in str(stage.error)


def date(seconds: float, now: float) -> str:
    return format_datetime(datetime.fromtimestamp(now + seconds, UTC), usegmt=True)


WAITS: list[Any] = [
    (70, 70.0),
    ("70", 70.0),
    ("date", 70.0),
    (None, 0.0),
    ("-5", 0.0),
    ("1000000000", 300.0),
    ("soon", 0.0),
    ("70" * 40, 0.0),
]


@pytest.mark.parametrize(("said", "asked"), WAITS, ids=[str(said)[:12] for said, _ in WAITS])
async def test_c5_12_retry_after_of_a_handshake(said: Any, asked: float) -> None:
    """C5-12: seconds, date, absent, negative, 10^9, garbage; 300 s at most."""
    said = date(asked, time.time()) if said == "date" else said
    async with staged(Refuse(429, said), speed=500) as stage:
        await until(lambda: stage.notes.opened)
    first, second = stage.notes.tried
    assert asked - 2.0 <= second - first <= asked + 40.0


@pytest.mark.parametrize(("said", "asked"), WAITS, ids=[str(said)[:12] for said, _ in WAITS])
async def test_c5_12_retry_after_of_rest(said: Any, asked: float) -> None:
    """C5-12: the call's own patience is 60 s; what is asked for beyond it the stream waits out."""
    said = date(asked, EPOCH) if said == "date" else said

    def prepare(simulator: Simulator) -> None:
        simulator.rest_script = [On("POST", CHANNELS, Refuse(429, said))]

    async with staged(prepare=prepare, speed=500) as stage:
        await until(lambda: stage.notes.opened)
    assert asked - 2.0 <= stage.notes.tried[0] <= asked + 60.0
    assert stage.simulator.requests[f"POST {CHANNELS}"] == 2


@pytest.mark.parametrize("said", [None, 0, "-5", "soon", "1000000000"])
async def test_c5_12_a_storm_of_429(said: Any) -> None:
    """C5-12: within the budget, and no hot loop, whatever it says."""
    async with staged(*[Refuse(429, said)] * 60, speed=20_000) as stage:
        await until(lambda: stage.notes.opened)
    assert stage.has_budget()
    assert len(stage.notes.tried) == 61
    assert stage.notes.tried[-1] >= 600.0
