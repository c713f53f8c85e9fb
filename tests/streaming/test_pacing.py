"""Delays between connections: no storm, whatever the other side does (C3 Reconnect, C5-6)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat

from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.cloud.delays import full_jitter
from genesys_sentiment.errors import AuthError, ConnectionFailed, ProtocolError
from genesys_sentiment.streaming.pacing import Pacing
from genesys_sentiment.streaming.verdict import Verdict

AGAIN = Verdict(kind="again", error=ConnectionFailed("lost", host="h"))
TOKEN = Verdict(kind="token", error=AuthError("refused"))
PROTOCOL = Verdict(kind="protocol", error=ProtocolError("nonsense"))
FATAL = Verdict(kind="fatal", error=AuthError("no"))


def growing() -> Iterator[float]:
    return iter([1.0, 2.0, 4.0, *[60.0] * 1000])


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 400)), min_size=1, max_size=150))
def test_at_most_20_attempts_in_any_five_minutes(
    lives: list[tuple[float, float]],
) -> None:
    """However long connections live and whatever Retry-After says."""
    pacing, now, attempts = Pacing(lambda: repeat(0.0)), 0.0, []
    for lived, after in lives:
        pacing.attempt(now)
        attempts.append(now)
        now += lived
        verdict = Verdict(kind="again", error=AGAIN.error, after=after if after < 5 else 0.0)
        now += pacing.delay(verdict, now, lived)
    for first, twentyfirst in zip(attempts, attempts[20:], strict=False):
        assert twentyfirst - first >= 300.0 - 1e-6


def test_accept_then_drop_for_six_hours() -> None:
    """C5-6; paperclip-plugin-discord 71 made 276,379 connections in one day."""
    pacing, now, attempts = Pacing(full_jitter), 0.0, []
    while now < 6 * 3600:
        pacing.attempt(now)
        attempts.append(now)
        now += pacing.delay(AGAIN, now, 0.0)
    busiest = max(sum(start <= each < start + 300 for each in attempts) for start in attempts)
    assert busiest <= 20
    assert len(attempts) > 100, "and yet it goes on trying"


def test_the_first_retry_comes_within_five_seconds_and_none_after_more_than_a_minute() -> None:
    pacing = Pacing(full_jitter)
    now, delays = 0.0, []
    for _ in range(200):
        pacing.attempt(now)
        delays.append(pacing.delay(AGAIN, now, 0.0))
        now += delays[-1] + 20.0  # so slow that the budget never matters
    assert delays[0] <= 1.0
    assert max(delays) <= 60.0
    assert max(delays[10:]) > 20.0


def test_a_handshake_shortens_nothing_and_survival_does() -> None:
    pacing = Pacing(growing, survival=30.0)
    assert [pacing.delay(AGAIN, 0.0, lived) for lived in (0.0, 1.0, 29.9)] == [1.0, 2.0, 4.0]
    assert pacing.delay(AGAIN, 0.0, 30.0) == 1.0
    assert pacing.delay(AGAIN, 0.0, 0.0) == 2.0


def test_retry_after_is_the_least_to_wait() -> None:
    pacing = Pacing(growing)
    slow = Verdict(kind="again", error=AGAIN.error, after=90.0)
    assert pacing.delay(slow, 0.0, 0.0) == 90.0
    assert pacing.delay(AGAIN, 0.0, 0.0) == 2.0


def test_the_third_refused_token_in_a_row_is_fatal() -> None:
    """C4, C5-8."""
    pacing = Pacing(growing)
    assert [pacing.is_over(TOKEN, 0.0) for _ in range(3)] == [False, False, True]


def test_refusals_before_a_connection_that_survived_do_not_count() -> None:
    """Two refusals, a good day, a token that ended: the first of a new row, not the third."""
    pacing = Pacing(growing)
    assert not pacing.is_over(TOKEN, 0.0)
    assert not pacing.is_over(TOKEN, 1.0)
    answers = [pacing.is_over(TOKEN, 90_000.0, lived) for lived in (86_400.0, 0.0, 0.0)]
    assert answers == [False, False, True]


def test_three_protocol_errors_in_five_minutes_are_fatal() -> None:
    pacing = Pacing(growing)
    assert [pacing.is_over(PROTOCOL, now) for now in (0.0, 299.0, 300.0)] == [False, False, True]


def test_slower_protocol_errors_are_not() -> None:
    pacing = Pacing(growing)
    assert not any(pacing.is_over(PROTOCOL, now * 151.0) for now in range(50))


def test_other_verdicts_are_their_own_answer() -> None:
    pacing = Pacing(growing)
    assert pacing.is_over(FATAL, 0.0)
    assert not any(pacing.is_over(AGAIN, 0.0) for _ in range(100))
