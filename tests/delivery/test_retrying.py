"""When an entry is tried again, and when it is given up (S1-20)."""

from __future__ import annotations

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.delivery.retrying import asked, delay, given_up
from genesys_sentiment.errors import Failure
from genesys_sentiment.model.entries import STANDARD_DELAYS, Retry

RETRY = Retry(delays=(5.0, 60.0), jitter=0.1, refusals=3, longest_wait=3600.0)


def test_the_standard_schedule_is_ten_tries_in_three_days() -> None:
    """S1-20: the deferred queue that the tutorial only advises."""
    retry, failure = Retry(jitter=0.0), Failure(0, "503")
    waits = [delay(retry, failure, tries, 0.5) for tries in range(1, 10)]
    assert tuple(waits) == STANDARD_DELAYS
    assert [tries for tries in range(1, 12) if given_up(retry, failure, tries)] == [10, 11]
    assert 3 * 86_400 < sum(waits) < 3.5 * 86_400


def test_what_cannot_succeed_is_given_up_sooner() -> None:
    refused = Failure(0, "400", retry=False)
    assert not given_up(RETRY, refused, 2)
    assert given_up(RETRY, refused, 3)
    assert given_up(Retry(), refused, 1)
    assert not given_up(RETRY, refused, 0)


@pytest.mark.parametrize(
    ("after", "seconds"),
    [(None, 0.0), (-1.0, 0.0), (nan, 0.0), (7.0, 7.0), (1e9, 3600.0), (inf, 3600.0)],
)
def test_what_a_receiver_may_ask_for(after: float | None, seconds: float) -> None:
    """C5-12: Retry-After, absent, negative, garbage, 10^9."""
    assert asked(RETRY, after) == seconds


@given(
    st.integers(0, 5), st.floats(0, 1), st.none() | st.floats(allow_nan=True, allow_infinity=True)
)
def test_a_delay_is_never_sooner_than_planned_or_asked(
    tries: int, chance: float, after: float | None
) -> None:
    planned = RETRY.delays[0 if tries < 2 else 1]
    found = delay(RETRY, Failure(0, "x", after=after), tries, chance)
    least = max(planned, asked(RETRY, after))
    assert least <= found <= max(planned * 1.1 + 1e-9, least)


def test_without_delays_nothing_is_tried_again() -> None:
    never = Retry(delays=())
    assert given_up(never, Failure(0, "x"), 1)
    assert delay(never, Failure(0, "x", after=3.0), 0, 0.5) == 3.0
