"""The gate (S0-16) and handing over: nothing is lost, nothing is doubled."""

from __future__ import annotations

from itertools import pairwise
from math import nan
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesys_sentiment.analysis.analyzer import Analysis
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.events import ABSENT, Reading, Utterance
from genesys_sentiment.model.results import Record, Score, Skipped
from genesys_sentiment.scoring import Policy, Scorer
from tests.scoring.helpers import START, Fixed, kinds, reading, scored, utterance

GATE = Policy(min_interval=2.0)


def test_exactly_the_interval_scores_and_less_does_not() -> None:
    """S0-16: strict <, at every millisecond of a second."""
    for milliseconds in range(0, 1000, 7):
        first = START + milliseconds / 1000
        scorer = Scorer(GATE)
        assert kinds(scorer(reading(0.1, first), 1.0)) == ["score"]
        assert kinds(scorer(reading(0.1, first + 1.999), 1.0)) == []
        assert kinds(scorer(reading(0.1, first + 2.0), 1.0)) == ["too_soon", "score"]


def test_the_gate_is_off_by_default() -> None:
    scorer = Scorer()
    assert [kinds(scorer(reading(0.1), 1.0)) for _ in range(3)] == [["score"]] * 3
    assert scorer.deadline is None


def test_a_newer_event_takes_the_place_of_a_withheld_one() -> None:
    """S0-16: the older one is too_soon, and was still heard."""
    scorer = Scorer(GATE)
    scorer(reading(0.1), 1.0)
    assert scorer(reading(0.2, START + 0.5), 1.0) == ()
    (out,) = scorer(reading(0.3, START + 1.0), 1.0)
    assert isinstance(out, Skipped)
    assert (out.reason, out.at) == ("too_soon", START + 0.5)
    score = scored(scorer.flush("c", 9.0))
    assert (score.polarity_raw, score.context_segment_count, score.scored_at) == (0.3, 3, 9.0)
    assert scorer.flush("c", 9.0) == ()
    assert scorer.flush("unheard of", 9.0) == ()


def test_at_the_end_everything_withheld_is_scored_once() -> None:
    """S0-16: the last event of every conversation counts, earliest due first."""
    scorer = Scorer(GATE)
    for name, at in (("a", START + 1.0), ("b", START)):
        scorer(reading(0.1, at, conversation=name), 1.0)
        assert scorer(reading(0.2, at + 0.5, conversation=name), 1.0) == ()
    assert [scored([each]).conversation for each in scorer.finish(9.0)] == ["b", "a"]
    assert scorer.finish(9.0) == []
    assert scorer.deadline is None
    assert scorer.counters.balanced


def test_an_older_event_does_not_take_the_place_of_a_newer_one() -> None:
    """S0-16: what is withheld is the latest in event time."""
    scorer = Scorer(GATE)
    scorer(reading(0.1), 1.0)
    scorer(reading(0.3, START + 1.0), 1.0)
    assert kinds(scorer(reading(0.2, START + 0.5), 1.0)) == ["too_soon"]
    assert scored(scorer.flush("c", 1.0)).polarity_raw == 0.3


def test_the_trailing_event_is_released_when_its_interval_is_over() -> None:
    """S0-16: a trailing edge, and the rate still holds after it."""
    scorer = Scorer(GATE)
    scorer(reading(0.1), 1.0)
    scorer(reading(0.2, START + 0.5), 1.0)
    assert scorer.deadline == START + 2.0
    assert scorer.tick(START + 1.999) == []
    assert scored(scorer.tick(START + 2.0)).polarity_raw == 0.2
    assert scorer.deadline is None
    assert kinds(scorer(reading(0.3, START + 3.0), 1.0)) == []
    assert scorer.deadline == START + 4.0


def test_deadlines_of_several_conversations_come_in_order() -> None:
    scorer = Scorer(GATE)
    for name, at in (("a", 1.0), ("b", 0.0)):
        scorer(reading(0.1, START + at, conversation=name), 1.0)
        scorer(reading(0.2, START + at + 0.1, conversation=name), 1.0)
    assert scorer.deadline == START + 2.0
    released = scorer.tick(START + 60.0)
    assert [record.conversation for record in released] == ["b", "a"]


def test_a_clock_that_goes_back_blocks_nothing() -> None:
    """S0-16."""
    scorer = Scorer(GATE)
    scorer(reading(0.1), 1.0)
    for back in (0.001, 1.0, 3600.0):
        assert kinds(scorer(reading(0.1, START - back), 1.0)) == ["score"]


def test_invalid_events_never_displace_a_withheld_one() -> None:
    """S0-16."""
    scorer = Scorer(GATE, Fixed())
    scorer(utterance("one"), 1.0)
    scorer(utterance("two", START + 0.1), 1.0)
    assert kinds(scorer(utterance("...", START + 0.2), 1.0)) == ["no_words"]
    assert kinds(scorer(reading(nan, START + 0.3), 1.0)) == ["invalid"]
    score = scored(scorer.flush("c", 1.0))
    assert isinstance(score.event, Utterance)
    assert score.event.text == "two"


def test_a_conversation_that_must_go_loses_nothing() -> None:
    """The bound releases what it held back."""
    scorer = Scorer(Policy(min_interval=2.0, max_conversations=1))
    scorer(reading(0.1, conversation="a"), 1.0)
    scorer(reading(0.2, START + 0.1, conversation="a"), 1.0)
    records = scorer(reading(0.3, START + 0.2, conversation="b"), 1.0)
    assert [(record.conversation, kinds([record])) for record in records] == [
        ("a", ["score"]),
        ("b", ["score"]),
    ]
    assert scorer.counters.balanced
    assert scorer.deadline is None


def test_eviction_forgets_and_keeps_the_accounts() -> None:
    scorer = Scorer(GATE)
    scorer(reading(0.1), 1.0)
    scorer(reading(0.2, START + 0.1), 1.0)
    scorer.evict("c")
    scorer.evict("c")
    assert (scorer.counters.conversations, scorer.counters.offered) == (0, 1)
    assert scorer.counters.balanced
    assert scorer.tick(START + 60.0) == []


SCORES = st.sampled_from([0.0, 0.6, -0.3, 1.0, None, ABSENT, nan, 2.0])
EVENTS = st.lists(
    st.builds(
        reading,
        SCORES,
        st.integers(-500, 40_000).map(lambda ms: START + ms / 1000),
        conversation=st.sampled_from("abc"),
        emotion=st.sampled_from([ABSENT, None, "joy", "Awe"]),
        language=st.sampled_from([None, "en-US", "ja"]),
    )
    | st.builds(
        utterance,
        st.sampled_from(["hello", "...", "", "fine \ud800 thanks", "ünïcode"]),
        st.integers(-500, 40_000).map(lambda ms: START + ms / 1000),
        conversation=st.sampled_from("abc"),
        final=st.booleans(),
    )
    | st.integers(-500, 60_000).map(lambda ms: START + ms / 1000)  # a tick
    | st.sampled_from("abc"),  # the end of a conversation
    max_size=40,
)
POLICIES = st.sampled_from(
    [Policy(), GATE, Policy(min_interval=0.25, context_segments=2), Policy.interactions()]
)


def _feed(scorer: Scorer, step: Any) -> list[Record]:
    if isinstance(step, float):
        return list(scorer.tick(step))
    if isinstance(step, str):
        return list(scorer.flush(step, 5.0))
    return list(scorer(step, 5.0))


@given(EVENTS, POLICIES, st.integers(1, 4))
def test_every_event_has_exactly_one_outcome(
    steps: list[Any], policy: Policy, conversations: int
) -> None:
    """S0-16, S0-23: by identity of the event objects, and the counters agree at every moment."""
    scorer = Scorer(attrs.evolve(policy, max_conversations=conversations), Fixed())
    offered = [step for step in steps if isinstance(step, Reading | Utterance)]
    outcomes: list[Record] = []
    for step in steps:
        outcomes += _feed(scorer, step)
        assert scorer.counters.balanced
        assert scorer.counters.conversations <= conversations
    for name in "abc":
        outcomes += scorer.flush(name, 9.0)
    judged = [outcome.event for outcome in outcomes if isinstance(outcome, Score | Skipped)]
    assert sorted(map(id, judged)) == sorted(map(id, offered))
    counters = scorer.counters
    assert counters.balanced
    assert (counters.offered, counters.withheld) == (len(offered), 0)
    assert counters.scored == sum(isinstance(outcome, Score) for outcome in outcomes)


@given(EVENTS)
def test_scores_of_rising_time_keep_their_distance(steps: list[Any]) -> None:
    """S0-16: at most one score per conversation in 2 s, when events come in order."""
    events = [step for step in steps if isinstance(step, Reading)]
    scorer = Scorer(GATE)
    times: dict[str, list[float]] = {}
    for event in sorted(events, key=lambda event: event.at or 0.0):
        for record in scorer(event, 1.0):
            if isinstance(record, Score):
                times.setdefault(record.conversation, []).append(record.at)
    for series in times.values():
        for one, two in pairwise(series):
            assert two - one > 1.9999


@settings(deadline=None)
@given(EVENTS, POLICIES, st.integers(0, 40), st.booleans())
def test_a_restored_scorer_goes_on_identically(
    steps: list[Any], policy: Policy, cut: int, one_by_one: bool
) -> None:
    """Split anywhere: the same records come out, and the same snapshot in the end."""
    whole = Scorer(policy, Fixed())
    expected = [_feed(whole, step) for step in steps]
    first, second = Scorer(policy, Fixed()), Scorer(policy, Fixed())
    actual = [_feed(first, step) for step in steps[:cut]]
    if one_by_one:
        for name in "abc":
            second.restore(first.snapshot(name))
            first.evict(name)
        assert first.counters.withheld == 0
        assert first.counters.balanced
    else:
        second.restore(first.snapshot())
        assert second.snapshot() == first.snapshot()
    actual += [_feed(second, step) for step in steps[cut:]]
    assert repr(actual) == repr(expected)
    assert [kinds(records) for records in actual] == [kinds(records) for records in expected]
    assert second.counters.balanced
    for name in "abc":
        assert second.snapshot(name) == whole.snapshot(name)


def test_snapshots_hold_the_withheld_event_in_full() -> None:
    segment = utterance("said", START, offset=1.0)
    event = reading(0.25, START + 1, segments=(segment,), queues=("q",), trend=None, received=7.0)
    first, second = Scorer(GATE), Scorer(GATE)
    first(reading(), 1.0)
    first(event, 1.0)
    second.restore(first.snapshot("c"))
    assert second.deadline == first.deadline
    assert scored(second.flush("c", 1.0)).event == event


def _damaged() -> list[bytes]:
    scorer = Scorer(GATE)
    scorer(reading(), 1.0)
    scorer(reading(0.2, START + 0.1), 1.0)
    whole = scorer.snapshot()
    return [
        b"",
        b"{}",
        b"[]",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        whole[:-1],
        whole.replace(b'"version":1', b'"version":2'),
        whole.replace(b'"count":2', b'"count":0'),
        whole.replace(b'"touched":18', b'"touched":NaN,"x":18'),
        whole.replace(b'"context":[', b'"context":[9e99,'),
        whole.replace(b'"last":', b'"lost":'),
        whole.replace(b'"score":0.2', b'"score":[]'),
    ]


@pytest.mark.parametrize("data", _damaged(), ids=range(len(_damaged())))
def test_damaged_snapshots_are_refused_and_change_nothing(data: bytes) -> None:
    scorer = Scorer(GATE)
    scorer(reading(), 1.0)
    before = scorer.snapshot()
    with pytest.raises(ConfigurationError):
        scorer.restore(data)
    assert scorer.snapshot() == before


@given(st.binary())
def test_only_configuration_errors_come_out_of_restore(data: bytes) -> None:
    with pytest.raises(ConfigurationError):
        Scorer().restore(data)


class OnceOnly(Fixed):
    """Fails at the second question about the same text."""

    def __call__(self, text: str, language: str) -> Analysis:
        if (text, language) in self.asked:
            raise RuntimeError
        return super().__call__(text, language)


def test_an_analyzer_that_fails_at_the_release_is_counted_too() -> None:
    scorer = Scorer(GATE, OnceOnly())
    scorer(utterance("one"), 1.0)
    scorer(utterance("two", START + 0.1), 1.0)
    assert kinds(scorer.tick(START + 2.0)) == ["analyzer_failed"]
    assert scorer.counters.balanced
