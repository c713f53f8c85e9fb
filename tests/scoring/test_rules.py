"""The small pure rules: numbers, polarity, language, emotion, sarcasm, window, deadlines."""

from __future__ import annotations

from array import array
from math import inf, nan, nextafter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.model.events import ABSENT
from genesys_sentiment.scoring.deadlines import Deadlines
from genesys_sentiment.scoring.emotion import classify_emotion
from genesys_sentiment.scoring.language import primary_subtag, supported_language
from genesys_sentiment.scoring.numbers import is_real
from genesys_sentiment.scoring.polarity import polarity_label
from genesys_sentiment.scoring.policy import EMOTIONS, LANGUAGES
from genesys_sentiment.scoring.sarcasm import SarcasmRule
from genesys_sentiment.scoring.window import SIZE, enter, enter_all
from tests.scoring.helpers import START

POLARITIES = st.floats(-1.0, 1.0)


@pytest.mark.parametrize("value", [True, False, nan, inf, -inf, 1.1, -1.1, "0.5", None, 10**400])
def test_what_is_no_number_in_range(value: Any) -> None:
    assert not is_real(value, -1.0, 1.0)


@pytest.mark.parametrize("value", [-1.0, 1.0, 0, 1, -0.0, 5e-324])
def test_what_is_a_number_in_range(value: float) -> None:
    assert is_real(value, -1.0, 1.0)


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (1.0, "positive"),
        (0.6, "positive"),
        (nextafter(0.6, 0), "neutral"),
        (0.0, "neutral"),
        (nextafter(-0.3, 0), "neutral"),
        (-0.3, "negative"),
        (-1.0, "negative"),
    ],
)
def test_polarity_boundaries(value: float, label: str) -> None:
    """S0-18: 0.6 is positive and −0.3 negative, the next floats inwards are neutral."""
    assert polarity_label(value, 0.6, -0.3) == label


@given(POLARITIES, POLARITIES, POLARITIES, POLARITIES)
def test_labels_are_monotonic(one: float, two: float, negative: float, positive: float) -> None:
    """S0-18: a higher polarity never has a worse label."""
    order = ("negative", "neutral", "positive")
    low, high = sorted((one, two))
    below, above = sorted((negative, positive))
    ranks = [order.index(polarity_label(value, above, below)) for value in (low, high)]
    if below < above:
        assert ranks == sorted(ranks)


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("en", "en"),
        ("en-US", "en"),
        ("EN-us", "en"),
        ("es-MX", "es"),
        ("pt_BR", "pt"),
        (" de ", "de"),
        ("zh-Hans-CN", None),
        ("eng", None),
        ("", None),
        ("-US", None),
        ("e", None),
    ],
)
def test_language_by_primary_subtag(tag: str, language: str | None) -> None:
    """S0-14."""
    assert supported_language(tag, LANGUAGES) == language


@pytest.mark.parametrize(
    ("tag", "language"), [("en-us", "en"), ("EN-US", "en"), ("en", None), ("en-GB", None)]
)
def test_exact_language(tag: str, language: str | None) -> None:
    """S0-14: exact mode compares whole tags, still without case."""
    assert supported_language(tag, ("en-US",), exact=True) == language


@given(st.text())
def test_any_tag_is_answered(tag: str) -> None:
    assert supported_language(tag, LANGUAGES) in (*LANGUAGES, None)
    assert primary_subtag(primary_subtag(tag)) == primary_subtag(tag)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("joy", ("joy", None)),
        ("ANGER", ("anger", None)),
        (" Fear ", ("fear", None)),
        ("Boredom", ("uncategorized", "Boredom")),
        (None, ("unknown", None)),
        (ABSENT, ("unknown", None)),
        ("", ("unknown", None)),
        ("unknown", ("uncategorized", "unknown")),
    ],
)
def test_emotions(raw: Any, expected: tuple[str, str | None]) -> None:
    """S0-19."""
    assert classify_emotion(raw, EMOTIONS) == expected


@pytest.mark.parametrize(
    ("polarity", "confidence", "emotion", "feeling", "flag"),
    [
        (0.5, 0.4, "joy", 0.9, True),
        (0.5, 0.4, "surprise", 0.9, True),
        (0.4, 0.4, "joy", 0.9, False),
        (nextafter(0.4, 1), 0.4, "joy", 0.9, True),
        (0.5, 0.5, "joy", 0.9, False),
        (0.5, nextafter(0.5, 0), "joy", 0.9, True),
        (0.5, 0.4, "joy", 0.8, False),
        (0.5, 0.4, "joy", nextafter(0.8, 1), True),
        (0.5, 0.4, "anger", 0.9, False),
        (0.5, None, "joy", 0.9, False),
        (0.5, 0.4, "joy", None, False),
        (0.5, 0.4, "unknown", 0.0, False),
    ],
)
def test_sarcasm_is_strict_and_total(
    polarity: float, confidence: float | None, emotion: str, feeling: float | None, flag: bool
) -> None:
    """S0-20."""
    assert SarcasmRule()(polarity, confidence, emotion, feeling) is flag


def test_sarcasm_of_angry_praise_is_configurable() -> None:
    """S0-20."""
    assert SarcasmRule(emotions=("anger",))(0.5, 0.4, "anger", 0.9)


def test_the_window_is_strict() -> None:
    """S0-17: exactly 30 s is too old, 29.999 s is not; milliseconds a float cannot hold."""
    for milliseconds in range(0, 1000, 7):
        first = START + milliseconds / 1000
        times = array("d", [first, first + 0.001]).tobytes()
        times = enter_all(times, first + 30.0, (), 30.0, 9)
        assert [*array("d", times)] == [first + 0.001]


@given(
    st.lists(st.tuples(st.integers(0, 120_000), st.integers(1, 3))),
    st.integers(1, 40_000),
    st.integers(1, 12),
)
def test_the_window_against_brute_force(steps: list[tuple[int, int]], span: int, cap: int) -> None:
    """S0-17: whatever the order of the times (milliseconds), also back in time."""
    times = b""
    oracle: list[int] = []
    for at, segments in steps:
        oracle = [time for time in oracle if time > at - span]
        now = START + at / 1000
        times = enter(times, now, span / 1000, cap)
        oracle = sorted([*oracle, at])[-cap:]
        times = enter_all(times, now, [now] * (segments - 1), span / 1000, cap)
        for _ in range(segments - 1):
            oracle = sorted([*oracle, at])[-cap:]
        assert len(times) == len(oracle) * SIZE
        assert [round((time - START) * 1000) for time in array("d", times)] == oracle


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 20) | st.none())))
def test_deadlines_against_a_dict(steps: list[tuple[str, int | None]]) -> None:
    deadlines, oracle = Deadlines(), dict[str, int]()
    for key, at in steps:
        if at is None:
            deadlines.drop(key)
            oracle.pop(key, None)
        else:
            deadlines.set(key, at)
            oracle[key] = at
        assert deadlines.earliest == min(oracle.values(), default=None)
        assert len(deadlines) == len(oracle)
    due = list(deadlines.due(10))
    assert set(due) == {key for key, at in oracle.items() if at <= 10}
    assert [oracle[key] for key in due] == sorted(oracle[key] for key in due)
    assert deadlines.earliest == min((at for at in oracle.values() if at > 10), default=None)


def test_dropped_deadlines_do_not_pile_up() -> None:
    deadlines = Deadlines()
    deadlines.set("first", 0.0)
    for number in range(10_000):
        deadlines.set("a", float(number + 1))
        deadlines.drop("a")
    assert len(deadlines._heap) < 100
