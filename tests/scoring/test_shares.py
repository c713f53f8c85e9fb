"""Shares of a chat: missing is no data, a tie is neutral, a score is no confidence."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.results import Score
from genesys_sentiment.scoring.scale import PERCENT, POLARITY, UNIT, Scale
from genesys_sentiment.scoring.scorer import Scorer
from genesys_sentiment.scoring.shares import (
    Assessment,
    SharePolicy,
    Shares,
    assess,
    assess_metrics,
    assess_scores,
)
from tests.scoring.helpers import Fixed, scored, utterance

EVEN: dict[str, object] = {"positive": 0.2, "neutral": 0.5, "negative": 0.3}


def metrics(
    positive: Any = 0.1, neutral: Any = 0.2, negative: Any = 0.7, overall: Any = -0.9
) -> list[dict[str, Any]]:
    """As the tutorial's query answers; None leaves a metric out."""
    found = {
        "sentimentOverallScore": overall,
        "sentimentPositive": positive,
        "sentimentNeutral": neutral,
        "sentimentNegative": negative,
    }
    return [{"name": name, "value": value} for name, value in found.items() if value is not None]


def tutorial(found: list[dict[str, Any]]) -> str:
    """Its own polarity and gate: raises where it throws."""
    values = {each["name"]: each["value"] for each in found}
    confidence = values.get("sentimentOverallScore") or 0
    positive, negative = (values.get(f"sentiment{name}", nan) for name in ("Positive", "Negative"))
    if confidence < 0.75:
        raise ValueError("below the threshold")
    return "positive" if positive > negative else "negative"


def test_the_tutorial_rejects_the_very_calls_that_need_escalation() -> None:
    """S1-06: it takes the score for the confidence, so every negative chat is thrown away."""
    with pytest.raises(ValueError, match="below"):
        tutorial(metrics(overall=-0.9))
    found = assess_metrics(metrics(overall=-0.9), confidence=0.9)
    assert (found.outcome, found.polarity, found.score) == ("scored", "negative", -0.9)
    assert found.confidence == 0.9


@pytest.mark.parametrize(
    ("shares", "ours"),
    [((0.1, 0.8, 0.1), "neutral"), ((0.0, 1.0, 0.0), "neutral"), ((0.4, 0.2, 0.4), "neutral")],
)
def test_the_tutorial_calls_a_tie_and_a_neutral_chat_negative(
    shares: tuple[float, float, float], ours: str
) -> None:
    """S1-07."""
    found = metrics(*shares, overall=0.9)
    assert tutorial(found) == "negative"
    assert assess_metrics(found).polarity == ours


def test_the_tutorial_calls_a_missing_sentiment_negative() -> None:
    """S1-05, S1-07, and A5: missing sentiment is no data."""
    found = metrics(positive=None, negative=None, overall=0.9)
    assert tutorial(found) == "negative"
    ours = assess_metrics(found)
    assert (ours.outcome, ours.polarity, ours.detail) == ("no_data", None, "positive")


@pytest.mark.parametrize(
    ("shares", "polarity"),
    [
        ((0.5, 0.3, 0.2), "positive"),
        ((0.2, 0.3, 0.5), "negative"),
        ((0.3, 0.5, 0.2), "neutral"),
        ((0.4, 0.4, 0.2), "neutral"),
        ((0.2, 0.4, 0.4), "neutral"),
        ((0.4, 0.2, 0.4), "neutral"),
        ((0.0, 0.0, 0.0), "neutral"),
        ((0.40002, 0.19994, 0.40004), "neutral"),
        ((0.4, 0.1999, 0.4001), "negative"),
    ],
)
def test_the_greatest_share_decides_and_a_tie_is_neutral(
    shares: tuple[float, float, float], polarity: str
) -> None:
    """S1-07: on the shares with their 4 decimals, which the receiver sees."""
    positive, neutral, negative = shares
    assert Shares(positive=positive, neutral=neutral, negative=negative).polarity == polarity


@given(*[st.floats(0, 1)] * 3)
def test_positive_and_negative_are_mirror_images(a: float, b: float, c: float) -> None:
    """S1-07: exchanging the two exchanges the answer, so neither is preferred."""
    mirrored = {"positive": "negative", "negative": "positive", "neutral": "neutral"}
    one = Shares(positive=a, neutral=b, negative=c)
    other = Shares(positive=c, neutral=b, negative=a)
    assert mirrored[one.polarity] == other.polarity


@pytest.mark.parametrize("empty", [[], [None], [{"name": "other", "value": 1}], [{}], ["text"]])
def test_no_result_is_no_data_to_be_asked_for_again(empty: list[Any]) -> None:
    """S1-05: an outcome, not an error; sentiment may lag."""
    found = assess_metrics(empty, confidence=1.0)
    assert (found.outcome, found.shares, found.polarity) == ("no_data", None, None)
    assert found.retry_later


@pytest.mark.parametrize("missing", ["positive", "neutral", "negative"])
def test_one_missing_share_is_no_data_and_null_is_missing(missing: str) -> None:
    """S1-07: 0.0 is not made up for it."""
    for shares in ({**EVEN, missing: None}, {k: v for k, v in EVEN.items() if k != missing}):
        found = assess(shares)
        assert (found.outcome, found.detail) == ("no_data", missing)
    assert assess({**EVEN, missing: 0.0}).outcome == "scored"


@pytest.mark.parametrize(
    ("confidence", "outcome"),
    [
        (0.75, "scored"),
        (1, "scored"),
        (0.7499999999, "below_confidence"),
        (0.74999, "below_confidence"),
        (0.0, "below_confidence"),
        (None, "scored"),
        (nan, "invalid"),
        (-0.1, "invalid"),
        (75, "invalid"),
        (True, "invalid"),
        ("0.9", "invalid"),
    ],
)
def test_the_gate(confidence: Any, outcome: str) -> None:
    """S1-06, and A5: ≥ 0.75 passes, NaN does not; no confidence is nothing to gate, and not 0."""
    found = assess(EVEN, confidence=confidence)
    assert found.outcome == outcome
    assert not found.retry_later


def test_what_is_below_the_gate_is_recorded_with_its_figures() -> None:
    """S1-06: a recorded outcome, without a polarity that somebody might forward."""
    found = assess(EVEN, score=-0.5, confidence=0.7)
    assert found == Assessment(
        outcome="below_confidence",
        shares=Shares(positive=0.2, neutral=0.5, negative=0.3),
        score=-0.5,
        confidence=0.7,
        detail="confidence",
    )
    assert found.polarity is None


@pytest.mark.parametrize("score", [-1.0, -0.9, 0.0, 0.74, 1.0, None])
def test_the_score_never_stands_in_for_the_confidence(score: float | None) -> None:
    """S1-06."""
    found = assess(EVEN, score=score)
    assert (found.outcome, found.score, found.confidence) == ("scored", score, None)


@pytest.mark.parametrize("value", [nan, inf, -inf, True, "0.5", 85, -0.9, 10**400, [0.5]])
@pytest.mark.parametrize("name", ["positive", "neutral", "negative"])
def test_a_share_that_is_no_share_is_invalid(name: str, value: Any) -> None:
    """S1-09, and A5: not finite, or on another scale; it is never guessed and never clamped."""
    found = assess({**EVEN, name: value})
    assert (found.outcome, found.detail, found.shares) == ("invalid", name, None)


def test_a_share_a_little_outside_is_clamped_and_counted() -> None:
    """S1-09."""
    found = assess({"positive": 1.2, "neutral": -0.00001, "negative": 0.0})
    assert found.shares == Shares(positive=1.0, neutral=0.0, negative=0.0)
    assert (found.outcome, found.clamped) == ("scored", 2)
    assert assess(EVEN).clamped == 0
    strict = SharePolicy(slack=0.0)
    assert assess({**EVEN, "positive": 1.00001}, policy=strict).outcome == "invalid"


def test_shares_have_four_decimals() -> None:
    """S1-08."""
    shares = Shares(positive=0.12355, neutral=0.00015, negative=1 / 3)
    assert (shares.positive, shares.neutral, shares.negative) == (0.1236, 0.0002, 0.3333)


@pytest.mark.parametrize("value", [nan, -0.1, 1.1, True, "0.5", None])
def test_shares_are_checked(value: Any) -> None:
    """S1-09."""
    with pytest.raises(ConfigurationError, match="shares"):
        Shares(positive=value, neutral=0.5, negative=0.5)


def test_the_first_of_two_metrics_with_one_name_counts() -> None:
    """S1-07."""
    found = assess_metrics([*metrics(), {"name": "sentimentNegative", "value": 0.0}])
    assert found.polarity == "negative"


def labelled(label: str, value: float) -> Score:
    analyzer = Fixed(polarity=value, label=label, confidence=0.9)
    return scored(Scorer(analyzer=analyzer)(utterance("word"), 1.0))


def test_shares_of_scores_on_the_real_platform() -> None:
    """S1-07: counted from the labels of a conversation's scores."""
    scores = [labelled("negative", -0.9), labelled("negative", -0.5), labelled("positive", 0.8)]
    found = assess_scores(scores, confidence=0.8)
    assert found.shares == Shares(positive=0.3333, neutral=0.0, negative=0.6667)
    assert (found.outcome, found.polarity, found.clamped) == ("scored", "negative", 0)
    assert found.score == pytest.approx(-0.2)
    assert assess_scores(scores, confidence=0.5).outcome == "below_confidence"


def test_no_scores_are_no_data() -> None:
    """S1-05."""
    found = assess_scores([])
    assert (found.outcome, found.score, found.retry_later) == ("no_data", None, True)


@pytest.mark.parametrize(
    ("scale", "value", "polarity"),
    [
        (POLARITY, -0.9, -0.9),
        (POLARITY, 0, 0.0),
        (UNIT, 0.5, 0.0),
        (UNIT, 0, -1.0),
        (PERCENT, -90, -0.9),
        (PERCENT, 100, 1.0),
        (Scale(0, 10), 7.5, 0.5),
        (POLARITY, 1.0001, None),
        (POLARITY, -90, None),
        (UNIT, -0.1, None),
        (PERCENT, 101, None),
        (POLARITY, nan, None),
        (POLARITY, True, None),
        (POLARITY, "0.5", None),
        (POLARITY, None, None),
    ],
)
def test_a_scale_is_named_and_never_guessed(
    scale: Scale, value: Any, polarity: float | None
) -> None:
    """S1-06, and A5: out of the named scale is invalid, not on another one."""
    assert scale.polarity(value) == (None if polarity is None else pytest.approx(polarity))
    if value is not None:
        found = assess(EVEN, score=value, policy=SharePolicy(scale=scale))
        assert (found.outcome == "invalid") == (polarity is None)
        assert found.detail == ("score" if polarity is None else None)


@pytest.mark.parametrize("ends", [(1, 1), (1, -1), (nan, 1), (0, inf), (True, 2), (0, 10**400)])
def test_a_scale_needs_two_ends(ends: tuple[Any, Any]) -> None:
    """S1-06."""
    with pytest.raises(ConfigurationError, match="scale"):
        Scale(*ends)


def test_a_policy_lists_what_is_wrong_with_it() -> None:
    """S1-06."""
    with pytest.raises(ConfigurationError, match=r"confidence.*slack"):
        SharePolicy(confidence=75, slack=nan)
