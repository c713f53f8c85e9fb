"""Ranking: what is shown, in which order, and what became of the rest."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.assist import Ranked
from genesys_sentiment.model.events import Suggestion, Suggestions
from genesys_sentiment.scoring.ranking import UNRATED_KINDS, AssistPolicy, rank

POLICY = AssistPolicy()


def offer(
    name: str, confidence: Any = 0.9, relevance: Any = None, kind: str = "knowledge", **rest: Any
) -> Suggestion:
    return Suggestion(
        conversation="c",
        suggestion=name,
        kind=kind,
        confidence=confidence,
        relevance=relevance,
        **rest,
    )


def message(*suggestions: Suggestion, **rest: Any) -> Suggestions:
    values = {"conversation": "c", "message": "m", "at": 10.0, **rest}
    return Suggestions(suggestions=suggestions, **values)


def names(ranked: Ranked) -> list[str]:
    return [each.suggestion for each in ranked.suggestions]


def accounted(ranked: Ranked) -> bool:
    rest = ranked.too_uncertain + ranked.invalid + ranked.repeated + ranked.beyond
    return ranked.offered == len(ranked.suggestions) + rest


def test_the_order_is_by_relevance_and_confidence() -> None:
    """S2-08: 0.6 × relevance + 0.4 × confidence, descending."""
    ranked = rank(
        message(offer("sure", 1.0, 0.1), offer("fits", 0.75, 1.0), offer("middle", 0.8, 0.6)),
        POLICY,
    )
    assert names(ranked) == ["fits", "middle", "sure"]
    assert ranked.scores == (0.9, 0.68, 0.46)


@pytest.mark.parametrize(("confidence", "shown"), [(0.75, True), (0.7499999999, False), (1, True)])
def test_the_limit_itself_passes(confidence: float, shown: bool) -> None:
    """S2-08, and A5: 0.75 passes."""
    ranked = rank(message(offer("a", confidence, 0.5)), POLICY)
    assert (len(ranked.suggestions), ranked.too_uncertain) == (int(shown), int(not shown))
    assert accounted(ranked)


@pytest.mark.parametrize("value", [True, False, "0.9", 95, 1.0001, -0.1, nan, inf, [0.9], 10**400])
@pytest.mark.parametrize("field", ["confidence", "relevance"])
def test_what_is_no_number_from_0_to_1_is_invalid(field: str, value: Any) -> None:
    """S2-08: text, booleans, another scale and NaN are counted, and move nothing else."""
    numbers = {"confidence": 0.9, "relevance": 0.9, field: value}
    bad = offer("bad", **numbers)
    ranked = rank(message(offer("low", 0.8, 0.1), bad, offer("high", 0.8, 0.9)), POLICY)
    assert names(ranked) == ["high", "low"]
    assert (ranked.invalid, ranked.too_uncertain) == (1, 0)
    assert accounted(ranked)


def test_a_suggestion_without_id_is_invalid() -> None:
    """S2-11 could never count it."""
    assert rank(message(offer("")), POLICY).invalid == 1


def test_a_missing_confidence_is_too_uncertain_and_not_invalid() -> None:
    """S2-08: missing is below every limit, even below 0."""
    ranked = rank(message(offer("a", None, 1.0)), AssistPolicy(confidence=0.0))
    assert (names(ranked), ranked.too_uncertain, ranked.invalid) == ([], 1, 0)


@pytest.mark.parametrize("kind", UNRATED_KINDS)
def test_kinds_that_have_no_confidence_on_the_platform_are_shown_last(kind: str) -> None:
    """S2-08 on the real platform: they have no score, and 0.0 is not made up for them."""
    ranked = rank(message(offer("plain", None, kind=kind), offer("rated", 0.75)), POLICY)
    assert names(ranked) == ["rated", "plain"]
    assert ranked.scores == (0.75, None)
    assert names(rank(message(offer("low", 0.5, kind=kind)), POLICY)) == []


def test_without_any_relevance_confidence_alone_is_the_score() -> None:
    """S2-08 on the real platform, where nothing has a relevance."""
    ranked = rank(message(offer("b", 0.8), offer("a", 0.9)), POLICY)
    assert (names(ranked), ranked.scores) == (["a", "b"], (0.9, 0.8))


def test_where_others_have_a_relevance_a_missing_one_counts_as_0() -> None:
    """S2-08: what names none is not preferred to what names some."""
    ranked = rank(message(offer("none", 1.0), offer("some", 0.75, 0.2)), POLICY)
    assert (names(ranked), ranked.scores) == (["some", "none"], (0.42, 0.4))


def test_ties_go_by_confidence_then_by_id() -> None:
    """S2-08: 0.6 × 0.75 + 0.4 × 0.95 ties with 0.6 × 0.85 + 0.4 × 0.8, which floats do not see."""
    assert 0.6 * 0.75 + 0.4 * 0.95 < 0.6 * 0.85 + 0.4 * 0.8
    tied = [offer("x", 0.8, 0.85), offer("z", 0.95, 0.75), offer("y", 0.95, 0.75)]
    ranked = rank(message(*tied), POLICY)
    assert names(ranked) == ["y", "z", "x"]
    assert ranked.scores == (0.83, 0.83, 0.83)


def test_ties_go_by_relevance_where_confidence_weighs_all() -> None:
    """S2-08: the weights are a setting."""
    policy = AssistPolicy(relevance_weight=0.0, confidence_weight=1.0)
    ranked = rank(message(offer("a", 0.9, 0.1), offer("b", 0.9, 0.7)), policy)
    assert names(ranked) == ["b", "a"]


def test_one_id_is_shown_once_and_what_was_shown_not_again() -> None:
    """S2-08: of two with one id the better one is kept."""
    twice = message(offer("a", 0.8, 0.2), offer("b", 0.9, 0.5), offer("a", 0.9, 0.9))
    ranked = rank(twice, POLICY)
    assert (names(ranked), ranked.repeated) == (["a", "b"], 1)
    assert ranked.suggestions[0].confidence == 0.9
    again = rank(twice, POLICY, shown={"a"})
    assert (names(again), again.repeated) == (["b"], 2)
    assert accounted(ranked)
    assert accounted(again)


def test_only_the_top_is_shown() -> None:
    """S2-08, S2-10: what is beyond it is counted."""
    ranked = rank(message(*(offer(f"s{n}", 0.75 + n / 100) for n in range(5))), AssistPolicy(top=2))
    assert (names(ranked), ranked.beyond, ranked.offered) == (["s4", "s3"], 3, 5)


@pytest.mark.parametrize(("latency", "kept"), [(None, None), (0.0, 0.0), (0.12, 0.12)])
def test_a_missing_latency_is_none_and_a_zero_is_0(
    latency: float | None, kept: float | None
) -> None:
    """S2-09: the tutorial reports 0 for both."""
    assert rank(message(latency=latency), POLICY).latency == kept


@pytest.mark.parametrize("latency", [nan, -1.0, True, "3"])
def test_a_latency_that_is_none_is_not_reported(latency: Any) -> None:
    """S2-09."""
    assert rank(message(latency=latency), POLICY).latency is None


def test_our_own_measurement_stands_beside_the_platforms() -> None:
    """S2-09: from the message's time to its arrival; None where it names no time."""
    assert rank(message(at=10.0, received=10.25), POLICY).transit == 0.25
    assert rank(message(at=None, received=10.25), POLICY).transit is None
    assert rank(message(at=10.0), POLICY).transit is None
    assert rank(message(at=nan, received=10.0), POLICY).transit is None


NUMBERS = st.one_of(
    st.none(), st.sampled_from([0.75, 0.8, 0.9, 1.0, 0, 1, 95, True, "0.9", nan]), st.floats(0, 1)
)
OFFERS = st.builds(
    offer,
    st.sampled_from(["", "a", "b", "c", "d"]),
    NUMBERS,
    NUMBERS,
    kind=st.sampled_from(["knowledge", "response"]),
    title=st.sampled_from([None, "x", "y"]),
)


@given(st.data(), st.lists(OFFERS, max_size=8), st.sets(st.sampled_from("abcd")))
def test_the_order_of_the_message_does_not_matter(
    data: st.DataObject, offers: list[Suggestion], shown: set[str]
) -> None:
    """S2-08: any permutation gives the same, every suggestion is accounted for, scores descend."""
    policy = AssistPolicy(top=3)
    ranked = rank(message(*offers), policy, shown)
    other = rank(message(*data.draw(st.permutations(offers))), policy, shown)
    assert [repr(each) + str(each.title) for each in ranked.suggestions] == [
        repr(each) + str(each.title) for each in other.suggestions
    ]
    assert ranked.scores == other.scores
    assert accounted(ranked)
    numbers = [-1.0 if score is None else score for score in ranked.scores]
    assert numbers == sorted(numbers, reverse=True)
    assert all(0.0 <= score <= 1.0 for score in ranked.scores if score is not None)
    assert len(set(names(ranked))) == len(names(ranked)) <= 3
    assert not shown & set(names(ranked))


def test_the_tutorials_filter_lets_through_what_ours_counts_as_invalid() -> None:
    """S2-08: its comparison takes text and another scale, and its order depends on the input's."""

    def tutorial(found: list[Suggestion]) -> list[str]:
        def number(value: Any) -> float:  # as JavaScript compares: text becomes a number
            return float(value or 0)

        kept = [each for each in found if number(each.confidence) >= 0.75]
        kept.sort(key=lambda s: -(number(s.relevance) * 0.6 + number(s.confidence) * 0.4))
        return [each.suggestion for each in kept]

    found = [offer("a", 0.9, 0.9), offer("percent", 95, 0.1), offer("text", "0.9", 0.1)]
    assert tutorial(found) == ["percent", "a", "text"]
    assert names(rank(message(*found), POLICY)) == ["a"]

    tied = [offer("x", 0.9, 0.5), offer("y", 0.9, 0.5), offer("x", 0.9, 0.5)]
    assert tutorial(tied) == ["x", "y", "x"] != tutorial(tied[1:] + tied[:1])
    ours = [names(rank(message(*order), POLICY)) for order in (tied, tied[1:] + tied[:1])]
    assert ours == [["x", "y"], ["x", "y"]]


def test_a_policy_lists_what_is_wrong_with_it() -> None:
    """S2-08: the weights' sum is checked."""
    for weights in ((0.6, 0.5), (0.0, 0.0), (nan, 0.4), (1.5, -0.5), (True, 0.0)):
        with pytest.raises(ConfigurationError, match="weight"):
            AssistPolicy(relevance_weight=weights[0], confidence_weight=weights[1])
    damaged: dict[str, Any] = {
        "confidence": 75,
        "top": 0,
        "unrated_kinds": "script",
        "max_suggestions": 1.5,
        "max_conversations": True,
        "idle_eviction": nan,
    }
    with pytest.raises(ConfigurationError) as caught:
        AssistPolicy(**damaged)
    assert all(name in str(caught.value) for name in damaged)
    assert AssistPolicy(relevance_weight=0.1, confidence_weight=0.9).top == 10
