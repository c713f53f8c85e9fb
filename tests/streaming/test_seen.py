"""Deduplication memory (C3: never more than 100,000 ids or one hour)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.streaming.memory import Memory, Seen


def test_the_bound_by_number() -> None:
    seen = Seen(limit=3)
    assert [seen.add(each, 0.0) for each in "abcdefghij"] == [True] * 10
    assert len(seen) <= 6
    assert not seen.add("h", 0.0), "two have come since"
    assert seen.add("a", 0.0), "nine have come since"


def test_the_bound_by_age_is_counted_from_the_last_sight() -> None:
    seen = Seen(ttl=10.0)
    assert seen.add("a", 0.0)
    assert not seen.add("a", 9.0)
    assert not seen.add("a", 18.0)
    assert not seen.add("a", 27.0)
    assert seen.add("a", 60.0)


def test_nothing_old_survives_a_long_pause() -> None:
    seen = Seen(ttl=10.0)
    seen.add("a", 0.0)
    assert seen.add("b", 1000.0)
    assert len(seen) == 1


@given(
    st.lists(st.tuples(st.sampled_from("abcdefghijkl"), st.floats(0, 4)), max_size=60),
    st.integers(1, 5),
)
def test_what_must_be_known_is_and_what_must_be_forgotten_is(
    steps: list[tuple[str, float]], limit: int
) -> None:
    """Whatever comes, compared with the whole history: between the two bounds either is right."""
    seen, ttl, now = Seen(limit=limit, ttl=5.0), 5.0, 0.0
    history: list[tuple[str, float]] = []
    for name, passed in steps:
        now += passed
        new = seen.add(name, now)
        places = [place for place, (each, _) in enumerate(history) if each == name]
        if not places:
            assert new
        else:
            since = {each for each, _ in history[places[-1] + 1 :]}
            age = now - history[places[-1]][1]
            if len(since) < limit and age < ttl:
                assert not new
            if age > 2 * ttl:
                assert new
        assert len(seen) <= 2 * limit
        history.append((name, now))


def test_drift_is_counted_by_name_up_to_a_bound() -> None:
    """C5-18: unknown fields are counted, and an endless supply of them takes no endless room."""
    memory = Memory()
    for number in range(1000):
        memory.note_drift((f"toy.{number}", "toy.same"))
    assert memory.counters.drift == 1000
    assert len(memory.drift) <= 258
    assert memory.drift["toy.same"] == 1000
    assert sum(memory.drift.values()) == 2000
