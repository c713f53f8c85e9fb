"""A policy is checked as a whole, and says everything that is wrong with it."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import attrs
import pytest

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.scoring.policy import Policy
from genesys_sentiment.scoring.sarcasm import SarcasmRule


def test_the_defaults_are_the_tutorials_figures() -> None:
    """S0-14, S0-17, S0-18, S0-19, S0-20."""
    policy = Policy()
    assert (policy.positive, policy.negative) == (0.6, -0.3)
    assert policy.languages == ("en", "es", "fr", "de", "pt")
    assert policy.context_window == 30.0
    assert policy.min_interval == 0.0
    assert policy.idle_eviction == 14_400.0
    assert set(policy.emotions) == {"joy", "anger", "fear", "sadness", "disgust", "surprise"}
    rule = policy.sarcasm
    assert (rule.max_confidence, rule.min_polarity, rule.min_emotion_confidence) == (0.5, 0.4, 0.8)


def test_the_tutorials_payloads_have_a_gate_and_demand_fields() -> None:
    """S0-13, S0-16."""
    policy = Policy.interactions(positive=0.5)
    assert (policy.min_interval, policy.require_segments, policy.require_language) == (
        2,
        True,
        True,
    )
    assert (policy.positive, policy.negative) == (0.5, -0.3)
    assert Policy.interactions(min_interval=1.0).min_interval == 1.0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("positive", nan),
        ("positive", inf),
        ("positive", 1.01),
        ("positive", True),
        ("positive", "0.9"),
        ("positive", None),
        ("positive", -0.3),
        ("negative", -1.01),
        ("negative", 0.6),
        ("negative", False),
        ("labels", "both"),
        ("languages", ()),
        ("languages", "en"),
        ("languages", ("en", "")),
        ("languages", (1,)),
        ("default_language", ""),
        ("default_language", "ja"),
        ("default_language", 1),
        ("require_language", 1),
        ("require_segments", None),
        ("exact_languages", "yes"),
        ("min_interval", -1.0),
        ("min_interval", nan),
        ("context_window", inf),
        ("context_segments", 0),
        ("context_segments", 1.5),
        ("context_segments", True),
        ("emotions", ("Joy",)),
        ("emotions", "joy"),
        ("sarcasm", None),
        ("max_conversations", 0),
        ("idle_eviction", -1.0),
    ],
)
def test_a_wrong_figure_is_refused_by_name(name: str, value: Any) -> None:
    """S0-18: finite real numbers in range, bool excluded, negative < positive."""
    with pytest.raises(ConfigurationError, match=name):
        Policy(**{name: value})


def test_all_problems_come_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Policy(positive=2.0, min_interval=-1.0, languages=(), emotions=("JOY",))
    for name in ("positive", "min_interval", "languages", "emotions"):
        assert name in str(caught.value)


def test_a_neutral_threshold_has_no_meaning_and_is_refused() -> None:
    """S0-18: the tutorial's third threshold is used nowhere."""
    with pytest.raises(TypeError):
        Policy(neutral=0.3)  # type: ignore[call-arg]


@pytest.mark.parametrize(("positive", "negative"), [(1, -1), (0.0, -0.0001), (1.0, 0.9999)])
def test_the_widest_and_the_narrowest_thresholds(positive: float, negative: float) -> None:
    policy = Policy(positive=positive, negative=negative)
    assert attrs.evolve(policy, min_interval=1.0).positive == positive


def test_lists_are_as_good_as_tuples() -> None:
    policy = Policy(languages=["en"], emotions=["joy"])
    assert (policy.languages, policy.emotions) == (("en",), ("joy",))
    assert hash(policy) == hash(Policy(languages=("en",), emotions=("joy",)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_confidence", 1.1),
        ("min_polarity", -2.0),
        ("min_emotion_confidence", nan),
        ("emotions", "joy"),
        ("emotions", ("Joy",)),
        ("emotions", ("",)),
    ],
)
def test_a_wrong_sarcasm_rule_is_refused(name: str, value: Any) -> None:
    """S0-20."""
    with pytest.raises(ConfigurationError, match=name):
        SarcasmRule(**{name: value})
