"""The rule of rounding: vectors, an oracle that does not round, and the others' rules beside it."""

from __future__ import annotations

from fractions import Fraction
from math import copysign, floor, inf, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.scoring.rounding import clamp, round_half_up

VECTORS = [
    (0.00015, 0.0002),
    (0.12355, 0.1236),
    (-0.00005, -0.0001),
    (0.00005, 0.0001),
    (0.000049999999999, 0.0),
    (1e-9, 0.0),
    (-1e-9, 0.0),
    (5e-324, 0.0),
    (0.5, 0.5),
    (0.0, 0.0),
    (-0.0, 0.0),
    (1, 1.0),
    (1 / 3, 0.3333),
    (2 / 3, 0.6667),
    (0.28595, 0.286),
    (0.62505, 0.6251),
    (1.00005, 1.0001),
    (0.99995, 1.0),
    (-0.12345, -0.1235),
    (0.1 + 0.2, 0.3),
    (1e22, 1e22),
    (1.7976931348623157e308, 1.7976931348623157e308),
]


@pytest.mark.parametrize(("value", "rounded"), VECTORS)
def test_vectors(value: float, rounded: float) -> None:
    """S1-08: half up on the number's own decimal text, and never −0.0."""
    found = round_half_up(value)
    assert found == rounded
    assert found or copysign(1.0, found) == 1.0


@pytest.mark.parametrize(
    ("value", "decimals", "rounded"),
    [(0.5, 0, 1.0), (2.5, 0, 3.0), (-2.5, 0, -3.0), (0.125, 2, 0.13)],
)
def test_other_decimals(value: float, decimals: int, rounded: float) -> None:
    """S1-08: one rule for all of them; ties are not sent to the even number."""
    assert round_half_up(value, decimals) == rounded


def oracle(value: float, decimals: int) -> float:
    """By whole numbers only: counts steps of the last decimal, and adds half of one."""
    exact = Fraction(repr(value))
    steps = floor(abs(exact) * 10**decimals + Fraction(1, 2))
    return float(Fraction(steps if exact > 0 else -steps, 10**decimals))


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 17))
def test_any_float_against_whole_numbers(value: float, decimals: int) -> None:
    """S1-08: the oracle knows neither Decimal nor quantize."""
    assert round_half_up(value, decimals) == oracle(value, decimals)


@given(st.integers(-(10**6), 10**6))
def test_ties_against_whole_numbers(number: int) -> None:
    """S1-08: every number with five decimals whose last one is 5, where rules differ."""
    value = float(f"{number}5e-5") if number else 5e-5
    assert round_half_up(value) == oracle(value, 4)


@given(st.floats(-1, 1))
def test_once_rounded_stays_as_it_is(value: float) -> None:
    """S1-08."""
    once = round_half_up(value)
    assert round_half_up(once) == once
    assert abs(once - value) <= 0.5e-4 + 1e-12


def test_the_tutorials_rule_and_pythons_disagree_with_each_other() -> None:
    """S1-08: Math.round(v * 10000) / 10000 is right about one vector where round() is not, and
    the other way round; ours is right about all three."""

    def tutorial(value: float) -> float:
        return floor(value * 10_000 + 0.5) / 10_000

    right = {0.00015: 0.0002, 0.12355: 0.1236, -0.00005: -0.0001}
    assert [tutorial(value) == one for value, one in right.items()] == [False, True, False]
    assert [round(value, 4) == one for value, one in right.items()] == [False, False, True]
    assert all(round_half_up(value) == one for value, one in right.items())


@pytest.mark.parametrize("value", [nan, inf, -inf, True, "0.5", None, 10**400])
def test_what_is_no_finite_number_is_refused(value: Any) -> None:
    """S1-09: before anything is clamped."""
    with pytest.raises(ConfigurationError, match="finite number"):
        round_half_up(value)
    with pytest.raises(ConfigurationError, match="finite number"):
        clamp(value)


@pytest.mark.parametrize("decimals", [-1, 18, 4.0, True])
def test_decimals_are_checked(decimals: Any) -> None:
    """S1-08."""
    with pytest.raises(ConfigurationError, match="decimals"):
        round_half_up(0.5, decimals)


@pytest.mark.parametrize(
    ("value", "inside", "moved"),
    [(0.0, 0.0, False), (1, 1.0, False), (1.2, 1.0, True), (-1e-9, 0.0, True), (-0.0, 0.0, False)],
)
def test_clamping_tells_that_it_moved(value: float, inside: float, moved: bool) -> None:
    """S1-09: so that it can be counted."""
    assert clamp(value) == (inside, moved)


def test_the_usual_clamp_lets_nan_through() -> None:
    """S1-09: min and max of the prose, in Python."""
    assert not 0.0 <= min(max(nan, 0.0), 1.0) <= 1.0
    with pytest.raises(ConfigurationError):
        clamp(nan)
