"""The histogram against sorted lists: S0-23's average and samples, at constant cost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from math import ceil, inf, isclose, nan
from typing import Any

import pytest
from attrs import evolve
from attrs.exceptions import FrozenInstanceError
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.histogram import (
    BOUNDS,
    FARTHEST,
    GROWTH,
    RELATIVE_ERROR,
    Histogram,
    Latencies,
)

usual = st.floats(min_value=-5.0, max_value=3.0).map(lambda power: 10.0**power)
edges = st.sampled_from([0.0, -0.0, 5e-324, *BOUNDS, *(bound * (1 - 1e-15) for bound in BOUNDS)])
late = st.lists(usual | edges | st.floats(min_value=0.0, max_value=FARTHEST, exclude_max=True))
early = st.lists(st.floats(max_value=-5e-324, min_value=-FARTHEST, exclude_min=True), max_size=5)


def held(values: Sequence[float]) -> Latencies:
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    return histogram.snapshot()


def test_the_bounds() -> None:
    assert BOUNDS[0] == 1e-5
    assert 600.0 < BOUNDS[-1] < 610.0
    assert all(isclose(b / a, GROWTH) for a, b in pairwise(BOUNDS))
    assert 0.0488 < RELATIVE_ERROR < 0.0489


@given(values=late, before=early, share=st.floats(0.0, 1.0) | st.sampled_from([0.5, 0.95, 0.99]))
def test_a_quantile_is_as_near_as_it_says(
    values: list[float], before: list[float], share: float
) -> None:
    """S0-23: against the sorted samples that nobody has to keep any more."""
    found = held([*before, *values])
    assert found.early == len(before)
    assert found.count == len(values)
    estimate = found.quantile(share)
    if not values:
        assert (estimate, found.least, found.most, found.mean) == (None, None, None, None)
        return
    assert (found.least, found.most) == (min(values), max(values))
    assert found.mean == pytest.approx(sum(values) / len(values))
    assert estimate is not None
    truth = sorted(values)[max(ceil(share * len(values)), 1) - 1]
    if truth < BOUNDS[0]:
        assert abs(estimate - truth) <= 5.0001e-6
    elif truth >= BOUNDS[-1]:
        assert estimate in (truth, max(values))
    else:
        assert abs(estimate / truth - 1.0) <= RELATIVE_ERROR * (1 + 1e-9)


@given(values=st.lists(usual, min_size=1))
def test_the_first_and_the_last_are_exact_and_quantiles_grow(values: list[float]) -> None:
    found = held(values)
    shares = [0.0, 0.1, 0.5, 0.9, 0.99, 1.0]
    estimates = [found.quantile(share) or 0.0 for share in shares]
    assert (estimates[0], estimates[-1]) == (min(values), max(values))
    assert estimates == sorted(estimates)


@given(parts=st.lists(st.tuples(late, early), max_size=4))
def test_what_was_counted_apart_adds_up(parts: list[tuple[list[float], list[float]]]) -> None:
    """S0-23: in any order, and an empty one changes nothing."""
    apart = [held([*values, *before]) for values, before in parts]
    together = held([each for values, before in parts for each in (*values, *before)])
    for order in (apart, apart[::-1]):
        merged = sum(order, Latencies())
        assert merged.total == pytest.approx(together.total)
        assert evolve(merged, total=0.0) == evolve(together, total=0.0)


@given(values=late, before=early)
def test_it_survives_json(values: list[float], before: list[float]) -> None:
    found = held([*values, *before])
    text = json.dumps(found.as_dict(), allow_nan=False)
    assert Latencies.from_dict(json.loads(text)) == found


_GOOD = held([0.001, 0.2, 0.2, -1.0]).as_dict()
_EMPTY = Latencies().as_dict()


@pytest.mark.parametrize(
    "damage",
    [
        {"layout": 2},
        {"buckets": {}},
        {"buckets": None},
        {"buckets": {"1": 3}},
        {"buckets": {**_GOOD["buckets"], "x": 1}},
        {"buckets": {**_GOOD["buckets"], "190": 1}},
        {"buckets": {**_GOOD["buckets"], "-1": 1}},
        {"buckets": {**_GOOD["buckets"], "060": 1}},
        {"buckets": {**_GOOD["buckets"], "60": -1}},
        {"buckets": {**_GOOD["buckets"], "60": True}},
        {"buckets": {**_GOOD["buckets"], "60": 1.0}},
        {"total": inf},
        {"total": nan},
        {"total": 0.1},
        {"total": "1"},
        {"least": None},
        {"least": 0.2},
        {"most": 0.001},
        {"most": nan},
        {"most": 1e13},
        {"early": -1},
        {"early": True},
        {"early": None},
    ],
    ids=str,
)
def test_damage_is_refused(damage: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        Latencies.from_dict({**_GOOD, **damage})


@pytest.mark.parametrize("name", list(_GOOD))
def test_a_missing_part_is_refused(name: str) -> None:
    data = {key: value for key, value in _GOOD.items() if key != name}
    with pytest.raises(ConfigurationError):
        Latencies.from_dict(data)


@pytest.mark.parametrize("damage", [{"total": 1.0}, {"least": 0.0}, {"most": 0.0}], ids=str)
def test_an_empty_one_has_no_figures(damage: dict[str, Any]) -> None:
    assert Latencies.from_dict(_EMPTY) == Latencies()
    with pytest.raises(ConfigurationError):
        Latencies.from_dict({**_EMPTY, **damage})


@pytest.mark.parametrize("value", [nan, inf, -inf, 1e12, -1e12])
def test_what_is_no_latency_is_refused_and_not_counted(value: float) -> None:
    histogram = Histogram()
    with pytest.raises(ValueError, match="finite"):
        histogram.add(value)
    assert histogram.snapshot() == Latencies()


@pytest.mark.parametrize("share", [-0.01, 1.01, nan, 99])
def test_a_share_is_from_0_to_1(share: float) -> None:
    with pytest.raises(ConfigurationError):
        Latencies().quantile(share)


def test_a_snapshot_is_of_its_moment() -> None:
    """S0-24: it does not go on counting, and cannot be written."""
    histogram = Histogram()
    histogram.add(0.5)
    before: Any = histogram.snapshot()
    histogram.add(7.0)
    histogram.add(-0.5)
    assert (before.count, before.most, before.early) == (1, 0.5, 0)
    assert (histogram.snapshot().count, histogram.snapshot().early) == (2, 1)
    with pytest.raises(FrozenInstanceError):
        before.early = 7


def test_it_does_not_grow() -> None:
    """S0-23: the tutorial keeps every sample and adds them all up for every event."""
    histogram = Histogram()
    for number in range(20_000):
        histogram.add(number / 1000)
    found = histogram.snapshot()
    assert (found.count, len(found.counts)) == (20_000, len(BOUNDS) + 1)
    assert found.mean == pytest.approx(9.9995)
    assert found.quantile(0.5) == pytest.approx(10.0, rel=RELATIVE_ERROR)
