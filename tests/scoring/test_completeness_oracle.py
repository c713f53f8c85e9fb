"""Any order of events: one Completed per ending, and the same over an interruption."""

from __future__ import annotations

from typing import Any

from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.model.completed import Completed
from genesys_sentiment.scoring.completeness import Completeness
from genesys_sentiment.scoring.completeness_rules import CompletenessRules
from tests.scoring.completeness_feed import at_of, call, final, gap, said, session
from tests.scoring.helpers import START

GRACE = 10


@frozen
class Step:
    """Some seconds after the one before, something happens in a conversation."""

    pause: int
    what: str
    conversation: str


_NAMES = ("a", "b")
_steps = st.lists(
    st.builds(
        Step,
        st.integers(0, 25),
        st.sampled_from(
            ["connect", "end", "say", "revise", "read", "gap", "settle", "give up", "session"]
        ),
        st.sampled_from(_NAMES),
    ),
    max_size=40,
)


def events(steps: list[Step]) -> list[Any]:
    """Each connection is another communication, and the end is that of all of them."""
    made: list[Any] = []
    legs = dict.fromkeys(_NAMES, 0)
    at = 0
    for number, step in enumerate(steps):
        at += step.pause
        name = step.conversation
        if step.what == "connect":
            legs[name] += 1
            made.append(leg(name, "connected", at, legs[name]))
        elif step.what == "end":
            made += [leg(name, "disconnected", at, each + 1) for each in range(legs[name])]
        else:
            made.append(other(step.what, at, number, name))
    return made


def leg(name: str, state: str, at: int, number: int) -> Any:
    return call(state, at, conversation=name, communication=f"{name}{number}")


def other(what: str, at: int, number: int, name: str) -> Any:
    """What is said and told besides."""
    whose = {"conversation": name}
    match what:
        case "say":
            return said(at, f"u{number}", **whose)
        case "revise":
            return said(at, f"u{number + 1}", final=False, **whose)
        case "read":
            return final(at, **whose)
        case "gap":
            return gap(at - 5, at)
        case "settle":
            return gap(at - 5, at, name, unrecovered=())
        case "give up":
            return gap(at - 5, at, unrecovered=("states", "utterances"))
    return session("SESSION_ENDED" if number % 2 else "SESSION_ONGOING", at, **whose)


def run(made: list[Any], rules: CompletenessRules, *, interrupted: bool = False) -> list[Any]:
    """All that comes out, with ticks at every deadline in between, as ``score`` gives them."""
    stage = Completeness(rules)
    out: list[Any] = []
    for each in (*made, None):
        now = START + 1e5 if each is None else START + at_of(each)
        while (due := stage.deadline) is not None and due <= now:
            out += stage.tick(due)
        if each is not None:
            out += stage(each, now)
        if interrupted:
            data, stage = stage.snapshot(), Completeness(rules)
            stage.restore(data)
            assert stage.snapshot() == data
    out += stage.finish(START + 1e5)
    return out


def endings(made: list[Any], name: str) -> int:
    """How often a conversation ended for a whole grace: every open communication was over."""
    found, over, open_now, seen = 0, None, set[str](), False
    for each in made:
        if getattr(each, "subject", None) != "call" or each.conversation != name:
            continue
        at = at_of(each)
        if over is not None and at - over >= GRACE:
            found += 1
            over, seen = None, False
        if each.state == "connected":
            open_now.add(each.communication)
            over, seen = None, True
        elif each.communication in open_now or seen:
            open_now.discard(each.communication)
            over = at if over is None and not open_now else over
    return found + (over is not None)


@given(_steps)
def test_every_ending_is_told_exactly_once(steps: list[Step]) -> None:
    made = [each for each in events(steps) if getattr(each, "subject", "") != "transcription"]
    rules = CompletenessRules(grace=GRACE, quiet=0, idle_eviction=1e6)
    told = [each for each in run(made, rules) if isinstance(each, Completed)]
    for name in _NAMES:
        mine = [each for each in told if each.conversation == name]
        assert len(mine) == endings(made, name)
        assert [each.count for each in mine] == [*range(1, len(mine) + 1)]
        assert len({each.id for each in mine}) == len(mine)


@given(
    steps=_steps,
    rules=st.builds(
        CompletenessRules,
        grace=st.integers(0, 30),
        quiet=st.integers(0, 10),
        longest=st.integers(0, 60),
        sentiment=st.none() | st.integers(0, 60),
        gaps=st.none() | st.integers(0, 60),
        max_conversations=st.integers(1, 3),
        idle_eviction=st.integers(1, 200),
    ),
)
def test_an_interruption_changes_nothing_and_every_event_passes(
    steps: list[Step], rules: CompletenessRules
) -> None:
    made = events(steps)
    out = run(made, rules)
    assert [each for each in out if not isinstance(each, Completed)] == made
    assert run(made, rules, interrupted=True) == out
