"""Rolling rates, and a stream that calls itself stale."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.clock import VirtualClock
from genesys_sentiment.streaming.rate import Rate
from genesys_sentiment.streaming.scripted import Scripted, Step
from genesys_sentiment.streaming.stream import Stream
from tests.streaming.toys import ONE_SECOND, Toy, everything


def test_a_rate_is_of_the_last_minute() -> None:
    """S4-14: the tutorial divides by the whole life, and a quiet hour shows for days."""
    subject = Rate()
    total = 0
    for second in range(3600):
        subject.note(float(second), total)
    for second in range(3600, 3661):
        subject.note(float(second), total)
        total += 10
    assert subject.per_second(3660.0, 600) == pytest.approx(10.0)
    assert 600 / 3660 < 0.2, "the tutorial's figure"


def test_before_the_beginning_there_is_none() -> None:
    subject = Rate()
    assert subject.per_second(5.0, 0) == 0.0
    subject.note(5.0, 0)
    assert subject.per_second(5.0, 7) == 7.0


def test_when_nothing_comes_any_more_the_rate_falls() -> None:
    """S4-14."""
    subject = Rate()
    subject.note(0.0, 0)
    assert subject.per_second(10.0, 600) == 60.0
    subject.note(60.0, 600)
    assert subject.per_second(3600.0, 600) == 0.0


@given(st.lists(st.integers(0, 50), min_size=62, max_size=200))
def test_against_counting(counts: list[int]) -> None:
    """S4-14: sampled each second, it is what came in the last sixty, divided by sixty."""
    subject, total = Rate(), 0
    for second, number in enumerate(counts):
        subject.note(float(second), total)
        total += number
    now = len(counts) - 1
    expected = sum(counts[now - 60 :])
    assert subject.per_second(float(now), total) == pytest.approx(expected / 60)


async def test_a_stream_counts_attempts_apart_from_successes() -> None:
    """S4-14: a close is no reconnect; and frames have a rate."""
    steps: list[Step] = [step for number in range(60) for step in (f"u{number}", 1.0)]
    script = Scripted(steps)
    stream = Stream(Toy(ping=None), script, options=ONE_SECOND, clock=script.clock)
    await everything(stream)
    assert stream.rate == pytest.approx(1.0, rel=0.05)
    assert (stream.counters.attempts, stream.counters.connections) == (1, 1)


async def test_heartbeats_do_not_hide_that_no_events_come() -> None:
    """S3-14: the server keeps the line alive and the events to itself; the stream says so."""
    quiet: list[Step] = [step for _ in range(20) for step in (20.0, "heartbeat")]
    script = Scripted(["u1", *quiet, "u2", 3600.0], clock=VirtualClock(1000.0))
    stream = Stream(Toy(ping=None), script, options=ONE_SECOND, clock=script.clock)
    async with stream:
        await anext(stream)
        assert not stream.stale
        await anext(stream)
        assert stream.counters.connections == 1, "the line itself was well all the time"
        assert not stream.stale
    script.clock.advance(301.0)
    assert stream.stale


async def test_stale_while_heartbeats_come() -> None:
    """S3-14: after 5 minutes without an event."""
    steps: list[Step] = ["u1", *[step for _ in range(30) for step in (20.0, "heartbeat")]]
    script = Scripted(steps)
    stream = Stream(Toy(ping=None), script, options=ONE_SECOND, clock=script.clock)
    await everything(stream)
    assert stream.counters.control == 30
    assert stream.stale
