"""The stage: what passes, what follows, what is remembered and handed over."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.assist import Ranked
from genesys_sentiment.model.events import Gap, Suggestion, Suggestions
from genesys_sentiment.scoring.assist import Assist
from genesys_sentiment.scoring.ranking import AssistPolicy
from genesys_sentiment.scoring.stage import Stage


def suggestion(name: str = "a", confidence: Any = 0.9, **rest: Any) -> Suggestion:
    values = {"conversation": "c", "kind": "knowledge.search", "at": 10.0, **rest}
    return Suggestion(suggestion=name, confidence=confidence, **values)


def message(*found: Suggestion, **rest: Any) -> Suggestions:
    values = {"conversation": "c", "message": "m", "at": 10.0, **rest}
    return Suggestions(suggestions=found, **values)


def ranked(records: Any) -> Ranked:
    (found,) = (each for each in records if isinstance(each, Ranked))
    assert isinstance(found, Ranked)
    return found


def test_it_is_a_stage_that_waits_for_nothing() -> None:
    """S2-08."""
    stage: Stage = Assist()
    assert stage.deadline is None
    assert list(stage.tick(1.0)) == []
    assert list(stage.finish(1.0)) == []


def test_every_event_passes_on_in_front_of_what_follows() -> None:
    """S2-10: nothing disappears."""
    assist = Assist()
    gap = Gap(reason="silent", since=1.0, until=2.0)
    alone, several = suggestion(), message(suggestion("b"))
    assert list(assist(gap, 10.0)) == [gap]
    for event in (alone, several):
        first, second = assist(event, 10.0)
        assert first is event
        assert isinstance(second, Ranked)
    assert assist.counters.passed == 1


def test_the_fields_of_a_ranked_message() -> None:
    """S2-09: interaction, time, ranked suggestions, latency."""
    event = message(suggestion("b", 0.8), suggestion("a"), latency=0.12, received=10.5)
    found = ranked(Assist()(event, 11.0))
    assert (found.conversation, found.at, found.id) == ("c", 10.0, "ranked:c:m")
    assert [each.suggestion for each in found.suggestions] == ["a", "b"]
    assert found.scores == (0.9, 0.8)
    assert (found.latency, found.transit, found.offered) == (0.12, 0.5, 2)


def test_a_message_with_nothing_to_show_has_its_counts() -> None:
    """S2-10: the tutorial keeps silent about it."""
    assist = Assist()
    found = ranked(assist(message(suggestion("low", 0.1), suggestion("bad", "0.9")), 11.0))
    assert (found.suggestions, found.offered) == ((), 2)
    assert (found.too_uncertain, found.invalid) == (1, 1)
    assert ranked(assist(message(message="n"), 11.0)).offered == 0
    counters = assist.counters
    assert (counters.offered, counters.shown) == (2, 0)
    assert counters.suppressed == {"too_uncertain": 1, "invalid": 1}
    assert counters.balanced


def test_a_suggestion_that_comes_alone_is_ranked_by_its_confidence() -> None:
    """S2-08, S2-09 on the real platform: no relevance, no latency; its id is the message's."""
    found = ranked(Assist()(suggestion("s", 0.8), 11.0))
    assert (found.scores, found.latency, found.id) == ((0.8,), None, "ranked:c:s")


def test_what_was_shown_is_not_shown_again_in_this_conversation() -> None:
    """S2-08, S2-11: it would count twice."""
    assist = Assist()
    assist(message(suggestion("a"), suggestion("b", 0.5)), 10.0)
    again = ranked(assist(message(suggestion("a"), suggestion("b"), message="n"), 11.0))
    assert ([each.suggestion for each in again.suggestions], again.repeated) == (["b"], 1)
    elsewhere = ranked(assist(message(suggestion("a"), conversation="d"), 11.0))
    assert len(elsewhere.suggestions) == 1


@pytest.mark.parametrize(
    ("times", "at"),
    [
        ({"at": 5.0, "received": 6.0}, 5.0),
        ({"at": None, "received": 6.0}, 6.0),
        ({"at": None}, 11.0),
        ({"at": float("nan"), "received": 6.0}, 11.0),
        ({"at": 1e300}, 11.0),
    ],
)
def test_the_time_of_a_ranked_message(times: dict[str, Any], at: float) -> None:
    """S2-09: the event's, else that of its arrival, else now."""
    assert ranked(Assist()(message(suggestion(), **times), 11.0)).at == at


def test_conversations_are_bounded_and_the_longest_silent_goes() -> None:
    """S2-11: memory is bounded."""
    assist = Assist(AssistPolicy(max_conversations=2))
    for name in ("one", "two", "one", "three"):
        assist(suggestion(conversation=name), 10.0)
    assert (assist.counters.conversations, assist.counters.evicted) == (2, 1)
    assist.accept("one", "a", 11.0)
    with pytest.raises(ConfigurationError):
        assist.accept("two", "a", 11.0)


def _click(assist: Assist) -> None:
    assist.accept("one", "a", 11.0)


def _take_over(assist: Assist) -> None:
    assist.restore(assist.snapshot("one"))


@pytest.mark.parametrize("touch", [_click, _take_over])
def test_a_click_and_a_restored_snapshot_are_signs_of_life(touch: Callable[[Assist], None]) -> None:
    """S2-11: the one that was clicked in, or handed over, is not the longest silent."""
    assist = Assist(AssistPolicy(max_conversations=2))
    for name in ("one", "two"):
        assist(suggestion(conversation=name), 10.0)
    touch(assist)
    assist(suggestion(conversation="three"), 12.0)
    assert assist.accept("one", "a", 13.0).rate == 1.0


def test_idle_conversations_go_when_new_ones_come() -> None:
    """S2-11: after the policy's time, in event time."""
    assist = Assist(AssistPolicy(idle_eviction=60.0))
    assist(suggestion(conversation="old", at=100.0), 0.0)
    assist(suggestion(conversation="young", at=159.9), 0.0)
    assert assist.counters.evicted == 0
    assist(suggestion(conversation="new", at=160.0), 0.0)
    assert (assist.counters.conversations, assist.counters.evicted) == (2, 1)


def test_a_conversation_can_be_forgotten() -> None:
    """S2-11."""
    assist = Assist()
    assist(suggestion(), 10.0)
    assist.evict("c")
    assist.evict("unknown")
    assert assist.counters.conversations == 0


EVENTS = st.lists(
    st.builds(
        suggestion,
        st.sampled_from(["a", "b", "\ud800", ""]),
        st.sampled_from([0.9, 0.5, None]),
        conversation=st.sampled_from(["c", "d"]),
        state=st.sampled_from(["Suggested", "Accepted", "Dismissed", "Rated", "Failed"]),
        engagement=st.sampled_from([None, "Copied", "Opened"]),
        rating=st.sampled_from([None, "Positive", "Negative"]),
        reference=st.sampled_from([None, "doc"]),
    ),
    max_size=20,
)


@given(EVENTS, st.integers(0, 20))
def test_a_restored_stage_goes_on_as_if_nothing_had_happened(
    events: list[Suggestion], cut: int
) -> None:
    """S2-11: the snapshot is taken at any point; the counters always balance."""
    whole, first, second = Assist(), Assist(), Assist()
    expected = [record for event in events for record in whole(event, 1.0)]
    found = [record for event in events[:cut] for record in first(event, 1.0)]
    second.restore(first.snapshot())
    assert second.snapshot() == first.snapshot()
    found += [record for event in events[cut:] for record in second(event, 1.0)]
    assert found == expected
    assert whole.counters.balanced


def test_one_conversation_can_be_handed_over() -> None:
    """S2-11: and its snapshot holds no text."""
    assist, other = Assist(), Assist()
    assist(suggestion(title="secret title", text="secret text"), 10.0)
    assist(suggestion(conversation="d"), 10.0)
    data = assist.snapshot("c")
    assert b"secret" not in data
    other.restore(data)
    assert other.counters.conversations == 1
    assert other.accept("c", "a", 11.0).rate == 1.0
    other.restore(assist.snapshot("unknown"))
    assert other.counters.conversations == 1


def test_restoring_keeps_the_bound() -> None:
    """S2-11."""
    assist, small = Assist(), Assist(AssistPolicy(max_conversations=1))
    for name in ("one", "two"):
        assist(suggestion(conversation=name), 10.0)
    small.restore(assist.snapshot())
    assert small.counters.conversations == 1


GOOD = {
    "touched": 1.0,
    "seen": {"a": {"marks": 3, "reference": None}},
    "shown": 1,
    "unseen": 0,
    "counts": {"accepted": 1},
}
DAMAGED: list[dict[str, Any]] = [
    {"touched": "x"},
    {"touched": float("nan")},
    {"seen": {"a": {"marks": 0}}},
    {"seen": {"a": {"marks": 128}}},
    {"seen": {"a": {"marks": 2}}},
    {"shown": 0},
    {"unseen": -1},
    {"counts": {"accepted": 2}},
    {"counts": {"accepted": 0}},
    {"counts": {"accepted": 1, "dismissed": -1}},
    {"counts": {"accepted": 1, "liked": 1}},
]


def test_the_snapshot_that_the_damaged_ones_are_made_from_is_good() -> None:
    """S2-11."""
    assist = Assist()
    assist.restore(json.dumps({"version": 1, "conversations": {"c": GOOD}}).encode())
    assert assist.accept("c", "a", 1.0).rate == 1.0


@pytest.mark.parametrize("damage", DAMAGED, ids=str)
def test_a_damaged_snapshot_is_refused_and_changes_nothing(damage: dict[str, Any]) -> None:
    """S2-11."""
    assist = Assist()
    assist(suggestion("kept"), 10.0)
    before = assist.snapshot()
    data = json.dumps({"version": 1, "conversations": {"c": {**GOOD, **damage}}}).encode()
    with pytest.raises(ConfigurationError, match="damaged"):
        assist.restore(data)
    assert assist.snapshot() == before


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff", b"[" * 100_000])
def test_what_is_no_snapshot_is_refused(data: bytes) -> None:
    """S2-11."""
    with pytest.raises(ConfigurationError, match="not a snapshot"):
        Assist().restore(data)


def test_a_snapshot_of_another_version_is_refused() -> None:
    """S2-11."""
    with pytest.raises(ConfigurationError, match="version 2"):
        Assist().restore(b'{"version": 2, "conversations": {}}')
