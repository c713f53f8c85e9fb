"""Measures against examples worked out by hand, and against asking every possibility."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training import measures


def test_f1_of_one_name_a_text() -> None:
    pairs = measures.single([("a", "a"), ("a", "b"), ("b", "b"), ("c", "b")])
    assert measures.f1(pairs, "abc") == {"a": pytest.approx(2 / 3), "b": 0.5, "c": 0.0}
    assert measures.macro_f1(pairs, "abc") == pytest.approx((2 / 3 + 1 / 2) / 3)


def test_f1_of_several_names_a_text() -> None:
    pairs = [({"a", "b"}, {"a"}), ({"b"}, {"a", "b"}), (set[str](), {"b"})]
    assert measures.f1(pairs, "ab") == {"a": pytest.approx(2 / 3), "b": 0.5}


def test_a_name_that_never_occurs_has_no_f1() -> None:
    assert measures.f1(measures.single([("a", "a")]), "ab") == {"a": 1.0, "b": 0.0}


def test_accuracy_is_the_share_of_right_decisions() -> None:
    assert measures.accuracy([("a", "a"), ("a", "b"), ("b", "b"), ("c", "b")]) == 0.5
    assert measures.accuracy([]) == 0.0


def test_confidence_is_compared_bin_by_bin() -> None:
    """Two bins: .95 of which one of two is right, .4 of which none of one is."""
    decisions = [(0.95, True), (0.95, False), (0.4, False)]
    assert measures.calibration_error(decisions) == pytest.approx((2 * 0.45 + 0.4) / 3)
    assert measures.calibration_error([(1.0, True)]) == 0.0
    assert measures.calibration_error([]) == 0.0


def test_flags_have_a_precision_and_a_recall() -> None:
    found = measures.flagged([(0.9, True), (0.8, False), (0.8, True)], wanted=4)
    assert found == {"flagged": 3, "precision": pytest.approx(2 / 3), "recall": 0.5}
    assert measures.flagged([], wanted=0) == {"flagged": 0, "precision": 0.0, "recall": 0.0}


@given(st.lists(st.tuples(st.integers(-3, 3).map(float), st.booleans()), min_size=1, max_size=12))
def test_the_best_limit_is_the_best_of_all(texts: list[tuple[float, bool]]) -> None:
    sums, truth = [each for each, _ in texts], [right for _, right in texts]

    def reached(limit: float) -> float:
        said = [each >= limit for each in sums]
        hits = sum(a and b for a, b in zip(said, truth, strict=True))
        return 2 * hits / (sum(said) + sum(truth)) if any(said) else 0.0

    best = max(map(reached, sums))
    assert reached(measures.best_limit(sums, truth)) == pytest.approx(best)
