"""Deduplication memory (C3: 100,000 ids or one hour)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.streaming.memory import Memory, Seen


def test_the_bound_by_number() -> None:
    seen = Seen(limit=3)
    assert [seen.add(each, 0.0) for each in "abcd"] == [True] * 4
    assert len(seen) == 3
    assert seen.add("a", 0.0), "the oldest had to go"


def test_the_bound_by_age_is_counted_from_the_last_sight() -> None:
    seen = Seen(ttl=10.0)
    seen.add("a", 0.0)
    seen.add("b", 1.0)
    assert not seen.add("a", 8.0)
    assert seen.add("c", 12.0)
    assert len(seen) == 2, "b is older than ten seconds, a was seen again"
    assert not seen.add("a", 13.0)
    assert seen.add("b", 14.0)


def test_seen_again_moves_to_the_end() -> None:
    seen = Seen(limit=2)
    seen.add("a", 0.0)
    seen.add("b", 0.0)
    seen.add("a", 0.0)
    seen.add("c", 0.0)
    assert not seen.add("a", 0.0)
    assert seen.add("b", 0.0)


@given(
    st.lists(st.tuples(st.sampled_from("abcdefg"), st.floats(0, 4)), max_size=60),
    st.integers(1, 5),
)
def test_like_a_simple_reference(steps: list[tuple[str, float]], limit: int) -> None:
    """Whatever comes: a list of pairs, oldest first, tells the same."""
    seen, ttl, now = Seen(limit=limit, ttl=5.0), 5.0, 0.0
    kept: list[tuple[str, float]] = []
    for name, passed in steps:
        now += passed
        known = name in [each for each, _ in kept]
        kept = [(each, at) for each, at in kept if each != name] + [(name, now)]
        if not known:
            kept = [(each, at) for each, at in kept if at >= now - ttl][-limit:]
        assert seen.add(name, now) is not known
        assert len(seen) == len(kept)


def test_drift_is_counted_by_name_up_to_a_bound() -> None:
    """C5-18: unknown fields are counted, and an endless supply of them takes no endless room."""
    memory = Memory()
    for number in range(1000):
        memory.note_drift((f"toy.{number}", "toy.same"))
    assert memory.counters.drift == 1000
    assert len(memory.drift) <= 258
    assert memory.drift["toy.same"] == 1000
    assert sum(memory.drift.values()) == 2000
