"""Snapshots that two connections tell: by hand, and against what one connection would have told."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.model.wire import ParticipantState, Snapshot
from genesys_sentiment.streaming.overlap import Overlap


def snapshot(state: str, conversation: str = "c", received: float = 0.0) -> Snapshot:
    person = ParticipantState(participant="p", wrapup=state)
    return Snapshot(conversation=conversation, participants=(person,), received=received)


def test_the_new_connection_takes_over_with_its_first_word() -> None:
    subject = Overlap()
    assert subject.old(snapshot("a"))
    assert not subject.new(snapshot("a", received=1.0))
    assert not subject.old(snapshot("b"))
    assert subject.new(snapshot("b"))
    assert subject.old(snapshot("a", "another"))


def test_what_comes_again_later_counts() -> None:
    """Held, retrieved, held: the second time is no repetition of the first."""
    subject = Overlap()
    assert subject.old(snapshot("a"))
    assert subject.old(snapshot("b"))
    assert not subject.new(snapshot("b"))
    assert subject.new(snapshot("a"))


def test_what_is_compared_is_bounded() -> None:
    """Beyond that a snapshot counts twice: a change of state is found out by its id."""
    subject = Overlap()
    for number in range(100_000):
        assert subject.old(snapshot(str(number)))
    assert subject.old(snapshot("more", "another"))
    assert not subject.new(snapshot("99999"))
    assert subject.new(snapshot("more", "another"))


def states(told: Sequence[str]) -> list[str]:
    """What changes: a state that is told again is none."""
    return [state for at, state in enumerate(told) if at == 0 or told[at - 1] != state]


@given(st.lists(st.sampled_from("abc"), max_size=12), st.data())
def test_any_order_of_two_connections_tells_what_one_tells(
    said: list[str], data: st.DataObject
) -> None:
    """Both carry one sequence, the new one from somewhere on, the old one up to somewhere.

    However their frames interleave, what counts ends as it ended, goes through nothing that was
    not said, and through everything that the new connection brought.
    """
    start = data.draw(st.integers(0, len(said)), "the new one hears from here on")
    end = data.draw(st.integers(start, len(said)), "the old one hears up to here")
    old, new = said[:end], said[start:]
    subject = Overlap()
    counted: list[str] = []
    while old or new:
        from_old = bool(old) and (not new or data.draw(st.booleans()))
        state = (old if from_old else new).pop(0)
        if (subject.old if from_old else subject.new)(snapshot(state)):
            counted.append(state)
    counted += [str(each.participants[0].wrapup) for each in subject.rest()]
    found = states(counted)
    if start < len(said):
        assert found[-1] == said[-1]
    rest = iter(states(said))
    assert all(any(state == each for each in rest) for state in found), (said, counted)
