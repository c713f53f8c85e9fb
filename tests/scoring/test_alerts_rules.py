"""What each rule computes, at its limits, and which settings it refuses."""

from __future__ import annotations

from math import nan
from typing import Any

import pytest

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.scoring.alert_rules import (
    Heard,
    Judgement,
    PolarityRule,
    Rule,
    ShareRule,
    TrendRule,
)
from genesys_sentiment.scoring.alerts import AlertRules
from tests.scoring.alert_feed import Feed, score, told


def heard(*values: float, sarcastic: bool = False) -> list[Heard]:
    """One score a second; with ``sarcastic`` the positive ones carry the flag."""
    return [
        Heard(at=float(at), value=value, sarcasm=sarcastic and value > 0)
        for at, value in enumerate(values)
    ]


def verdict(rule: Rule, *values: float, sarcastic: bool = False) -> tuple[bool, bool]:
    """Whether it is breached, and whether recovered."""
    judgement = rule.judge(heard(*values, sarcastic=sarcastic))
    assert isinstance(judgement, Judgement)
    return judgement.breached, judgement.recovered


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (-0.5001, (True, False)),
        (-0.5, (False, False)),
        (-0.3001, (False, False)),
        (-0.3, (False, True)),
        (0.0, (False, True)),
    ],
)
def test_the_levels_of_the_trend(value: float, expected: tuple[bool, bool]) -> None:
    """S3-10, C3: below −0.5, strict; well from −0.3 on; between them neither."""
    assert verdict(TrendRule(), *[value] * 5) == expected


def test_a_trend_needs_its_readings() -> None:
    """S3-09: five by default, and configurable."""
    assert TrendRule().judge(heard(-1.0, -1.0, -1.0, -1.0)) is None
    assert verdict(TrendRule(min_readings=2), -1.0, -1.0) == (True, False)


@pytest.mark.parametrize(("negatives", "breached"), [(8, False), (9, True), (10, True), (5, False)])
def test_the_share_must_be_above_the_threshold(negatives: int, breached: bool) -> None:
    """S1-14: exactly 0.8 does not alert; recovered from 0.5 down."""
    values = [-0.3] * negatives + [-0.29] * (10 - negatives)
    assert verdict(ShareRule(), *values) == (breached, negatives <= 5)


def test_only_none_means_the_default_threshold() -> None:
    """S1-11: the tutorial turns a configured 0 into 0.8."""
    assert ShareRule(threshold=None).threshold == ShareRule().threshold == 0.8
    zero = ShareRule(threshold=0)
    assert zero.threshold == 0
    assert verdict(zero, -0.9, 0.5, 0.5, 0.5, 0.5) == (True, False)
    assert verdict(zero, 0.5, 0.5, 0.5, 0.5, 0.5) == (False, True)


@pytest.mark.parametrize("threshold", [-0.01, 1.01, nan, True, "0.8"])
def test_a_threshold_out_of_range_is_refused(threshold: Any) -> None:
    """S1-11: from 0 to 1; no text, no truth value."""
    with pytest.raises(ConfigurationError, match="from 0 to 1"):
        ShareRule(threshold=threshold)


def test_three_negatives_in_a_row() -> None:
    """S0-18: −0.3 is negative, −0.2999 is not, and ends the row."""
    rule = PolarityRule()
    assert verdict(rule, -0.3, -0.3, -0.3) == (True, False)
    assert verdict(rule, -0.3, -0.2999, -0.3) == (False, False)
    assert verdict(rule, -0.3, -0.3, -0.2999) == (False, True)
    assert rule.judge([]) is None


def test_sarcasm_can_veto_what_is_positive() -> None:
    """S0-20: with the veto a flagged positive score counts neither for nor against."""
    row = (-0.9, -0.9, 0.9, -0.9)
    assert verdict(PolarityRule(), *row, sarcastic=True) == (False, False)
    assert verdict(PolarityRule(sarcasm_veto=True), *row, sarcastic=True) == (True, False)
    assert verdict(PolarityRule(sarcasm_veto=True), *row) == (False, False)
    share = ShareRule(min_readings=4, sarcasm_veto=True)
    assert verdict(share, *row, -0.9, sarcastic=True) == (True, False)
    trend = TrendRule(min_readings=3, sarcasm_veto=True)
    assert verdict(trend, *row, sarcastic=True) == (True, False)
    assert verdict(TrendRule(min_readings=3), *row, sarcastic=True) == (False, False)


def test_the_veto_in_the_stage() -> None:
    """S0-20: the flag comes with the score, and the alert with the third negative."""
    feed = Feed(AlertRules((PolarityRule(sarcasm_veto=True),)))
    feed(score(-0.9, 0.0), score(-0.9, 1.0))
    feed(score(0.8, 2.0, sarcasm_flag=True))
    assert told(feed.out) == []
    feed(score(-0.9, 3.0))
    assert told(feed.out) == [("polarity", "raised", 3.0)]


@pytest.mark.parametrize(
    ("rule", "settings", "words"),
    [
        (
            TrendRule,
            {"id": "", "window": 0, "sustain": -1.0, "threshold": 2.0},
            ("id", "window", "sustain", "threshold"),
        ),
        (TrendRule, {"recovery": -0.6}, ("recovery must not be less",)),
        (TrendRule, {"min_readings": 6}, ("min_readings",)),
        (TrendRule, {"window": True, "stale": nan}, ("window", "stale")),
        (TrendRule, {"participants": "customer"}, ("participants",)),
        (ShareRule, {"participants": ("supervisor",), "negative": 3}, ("participants", "negative")),
        (ShareRule, {"recovery": 0.9}, ("recovery must not be more",)),
        (
            PolarityRule,
            {"window": 101, "count": 0, "cooldown": "long"},
            ("window", "count", "cooldown"),
        ),
    ],
)
def test_settings_that_cannot_work(
    rule: Any, settings: dict[str, Any], words: tuple[str, ...]
) -> None:
    """S1-11: refused at once, with every problem."""
    with pytest.raises(ConfigurationError) as caught:
        rule(**settings)
    for word in words:
        assert word in str(caught.value)
