"""A batch sent in waves keeps the order of each conversation, whatever fails."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.errors import Failure, SinkFailed
from genesys_sentiment.model.entries import Entry
from genesys_sentiment.sinks._waves import HELD_BACK, Waves


def entry(number: int, conversation: str | None) -> Entry:
    return Entry(id=f"e{number}", kind="score", conversation=conversation, at=None, body=b"{}")


def batch(conversations: str) -> list[Entry]:
    """One letter for each entry; ``-`` for one without a conversation."""
    return [entry(at, None if each == "-" else each) for at, each in enumerate(conversations)]


def test_one_entry_of_a_conversation_at_a_time() -> None:
    """S1-15."""
    assert list(Waves(batch("aabacb"))) == [[0, 2, 4], [1, 5], [3]]


def test_what_belongs_to_no_conversation_waits_for_nobody() -> None:
    waves = Waves(batch("--a--"))
    assert list(waves) == [[0, 1, 2, 3, 4]]
    waves.settle()


def test_nothing_is_no_wave() -> None:
    waves = Waves([])
    assert list(waves) == []
    waves.settle()


def test_behind_a_failure_its_conversation_is_held_back_and_no_other() -> None:
    """S1-15."""
    waves = Waves(batch("ababa"))
    sent = []
    for wave in waves:
        sent += wave
        if 0 in wave:
            waves.failed(Failure(0, "ThrottlingException"))
    assert sent == [0, 1, 3]
    with pytest.raises(SinkFailed) as failed:
        waves.settle()
    assert failed.value.failures == (
        Failure(0, "ThrottlingException"),
        Failure(2, HELD_BACK, tried=False),
        Failure(4, HELD_BACK, tried=False),
    )


@given(
    st.lists(st.sampled_from(["a", "b", "c", None]), max_size=30),
    st.sets(st.integers(0, 29)),
)
def test_everything_is_sent_failed_or_held_back_and_in_order(
    conversations: list[str | None], bad: set[int]
) -> None:
    """S1-15: in every batch with any failures."""
    entries = [entry(place, each) for place, each in enumerate(conversations)]
    waves = Waves(entries)
    sent: list[int] = []
    tried: list[int] = []
    for wave in waves:
        lanes = [entries[place].lane for place in wave]
        assert wave
        assert len(lanes) == len(set(lanes))
        for place in wave:
            tried.append(place)
            if place in bad:
                waves.failed(Failure(place, "no", retry=False))
            else:
                sent.append(place)
    failures: tuple[Failure, ...] = ()
    try:
        waves.settle()
    except SinkFailed as error:
        failures = error.failures
    assert sorted([*sent, *(each.index for each in failures)]) == list(range(len(entries)))
    assert {each.index for each in failures if each.tried} == bad & set(tried)
    by_lane: dict[str, list[int]] = defaultdict(list)
    for place in sent:
        by_lane[entries[place].lane].append(place)
    for lane, places in by_lane.items():
        assert places == sorted(places)
        first = min((f.index for f in failures if entries[f.index].lane == lane), default=99)
        assert max(places) < first
