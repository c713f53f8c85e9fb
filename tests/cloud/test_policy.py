"""Delays and the retry decision: S0-03, C4, C5-12."""

from __future__ import annotations

from itertools import islice, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.cloud.delays import full_jitter
from genesys_sentiment.cloud.retry import Patience, judge_status, retry_after
from genesys_sentiment.errors import ConfigurationError

NOW = 784111777.0  # Sun, 06 Nov 1994 08:49:37 GMT


def test_delays_double_up_to_the_cap() -> None:
    ceilings = list(islice(full_jitter(random=lambda: 1.0), 9))
    assert ceilings == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_delays_are_spread_over_the_whole_range() -> None:
    assert list(islice(full_jitter(2.0, 3.0, 10.0, random=lambda: 0.5), 3)) == [1.0, 3.0, 5.0]
    assert list(islice(full_jitter(random=lambda: 0.0), 2)) == [0.0, 0.0]


def test_delays_never_end_nor_overflow() -> None:
    assert next(islice(full_jitter(random=lambda: 1.0), 5000, None)) == 60.0


@pytest.mark.parametrize(
    ("base", "factor", "cap"),
    [
        (0, 2, 60),
        (-1, 2, 60),
        (1, 0.5, 60),
        (61, 2, 60),
        (1, 2, float("inf")),
        (1, float("nan"), 9),
    ],
)
def test_delays_that_cannot_work_are_refused_at_once(
    base: float, factor: float, cap: float
) -> None:
    with pytest.raises(ConfigurationError):
        full_jitter(base, factor, cap)


@pytest.mark.parametrize(
    ("verdict", "statuses"),
    [
        ("ok", (200, 201, 202, 204)),
        ("renew", (401,)),
        ("wait", (429,)),
        ("retry", (408, 425, 500, 502, 503, 504)),
        ("fatal", (301, 302, 307, 308, 400, 403, 404, 405, 409, 410, 413, 422, 501, 505, 100)),
    ],
)
def test_c4_matrix(verdict: str, statuses: tuple[int, ...]) -> None:
    """S1-03: which status is tried again."""
    assert [judge_status(status) for status in statuses] == list(repeat(verdict, len(statuses)))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 42 ", 42.0),
        ("1.5", 1.5),
        ("300", 300.0),
        ("301", 300.0),
        ("1000000000", 300.0),
        ("9" * 60, 300.0),
        ("-5", 0.0),
        ("Sun, 06 Nov 1994 08:50:07 GMT", 30.0),
        ("Sunday, 06-Nov-94 08:50:07 GMT", 30.0),
        ("Sun Nov  6 08:50:07 1994", 30.0),
        ("Sun, 06 Nov 1994 08:50:07 -0000", 30.0),
        ("Sun, 06 Nov 1994 07:49:37 GMT", 0.0),
        ("Fri, 20 Nov 2099 08:50:07 GMT", 300.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("NaN", None),
        ("inf", None),
        ("1e3", None),
        ("0x10", None),
        ("\u0663", None),
        ("9" * 5000, None),
        ("Sun, 99 Nov 1994 99:99:99 GMT", None),
        ("Sun, 06 Nov 99999999999 08:49:37 GMT", None),
    ],
)
def test_c5_12_every_form_of_retry_after(header: str | None, seconds: float | None) -> None:
    """S0-03: seconds and HTTP dates, clamped to 0…300; nonsense says nothing."""
    assert retry_after(header, NOW) == seconds


@given(st.text(max_size=70))
def test_c5_12_no_header_breaks_it_or_waits_longer_than_300_s(header: str) -> None:
    seconds = retry_after(header, NOW)
    assert seconds is None or 0.0 <= seconds <= 300.0


def test_patience_ends_at_its_time() -> None:
    patience = Patience(iter([1.0, 2.0, 2.0, 0.5]), 10.0)
    assert patience.wait(0.0) == 1.0
    assert patience.wait(5.0, 2.5) == 4.5
    assert patience.wait(8.0) is None
    assert patience.wait(9.0) == 0.5


def test_c5_12_a_retry_after_of_zero_makes_no_hot_loop() -> None:
    patience = Patience(iter([1.0, 2.0]), 60.0)
    assert patience.wait(0.0, 0.0) == 1.0
    assert patience.wait(1.0, 0.0) == 2.0
