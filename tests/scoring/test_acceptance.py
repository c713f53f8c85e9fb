"""How suggestions are taken: every suggestion counts once, and the rate stays in 0…1."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.assist import Acceptance
from genesys_sentiment.model.events import Suggestion, Suggestions
from genesys_sentiment.scoring.acceptance import Reaction, is_offer, reactions
from genesys_sentiment.scoring.assist import Assist
from genesys_sentiment.scoring.ranking import AssistPolicy
from genesys_sentiment.sinks.payloads import assist_sync
from tests.sinks.entries import entry_of

NAMES: tuple[Reaction, ...] = get_args(Reaction)


def event(suggestion: str = "a", state: str | None = "Suggested", **rest: Any) -> Suggestion:
    """As the real platform sends one: a knowledge search with a confidence."""
    values = {"kind": "knowledge.search", "confidence": 0.9, "at": 10.0, **rest}
    return Suggestion(conversation="c", suggestion=suggestion, state=state, **values)


def batch(*ids: str, message: str = "m") -> Suggestions:
    """As the tutorial's server sends them."""
    found = tuple(
        Suggestion(
            conversation="c",
            suggestion=each,
            kind="knowledge",
            confidence=0.9,
            relevance=0.5,
            reference=f"article-{each}",
        )
        for each in ids
    )
    return Suggestions(conversation="c", message=message, suggestions=found, at=10.0)


def acceptances(records: Any) -> list[Acceptance]:
    return [each for each in records if isinstance(each, Acceptance)]


def only(records: Any) -> Acceptance:
    (found,) = acceptances(records)
    return found


def note(assist: Assist, suggestion: str, reaction: Reaction, now: float = 11.0) -> Acceptance:
    """The agent's click, by the method for it."""
    if reaction in ("rated_up", "rated_down"):
        return assist.rate("c", suggestion, reaction == "rated_up", now)
    verbs = {"accepted": "accept", "dismissed": "dismiss", "copied": "copy", "opened": "open"}
    found = getattr(assist, verbs[reaction])("c", suggestion, now)
    assert isinstance(found, Acceptance)
    return found


def test_the_rate_is_of_different_suggestions() -> None:
    """S2-11: accepted ÷ shown, not clicks ÷ messages."""
    assist = Assist()
    assist(batch("a", "b"), 10.0)
    assist(batch("b", "c", "d", message="n"), 10.5)
    found = assist.accept("c", "b", 11.0)
    assert (found.shown, found.accepted, found.rate) == (4, 1, 0.25)
    assert (found.suggestion, found.reaction, found.at) == ("b", "accepted", 11.0)
    assert found.reference == "article-b"


def test_the_tutorials_rate_exceeds_1() -> None:
    """S2-11: it divides clicks by messages, and takes clicks on what nobody was shown."""
    log = [("retrieved", "")]

    def tutorial(suggestion: str) -> float:
        log.append(("accepted", suggestion))
        retrieved = sum(kind == "retrieved" for kind, _ in log)
        return sum(kind == "accepted" for kind, _ in log) / retrieved

    clicks = ["a", "a", "b"]
    assert [tutorial(each) for each in clicks] == [1.0, 2.0, 3.0]
    assert tutorial("never shown") == 4.0

    assist = Assist()
    assist(batch("a", "b", "c", "d"), 10.0)
    assert [assist.accept("c", each, 11.0).rate for each in clicks] == [0.25, 0.25, 0.5]
    with pytest.raises(ConfigurationError):
        assist.accept("c", "never shown", 11.0)


@pytest.mark.parametrize("reaction", NAMES)
def test_a_click_once_more_changes_nothing(reaction: Reaction) -> None:
    """S2-11: idempotent, and the same record id."""
    assist = Assist()
    assist(batch("a", "b"), 10.0)
    first = note(assist, "a", reaction)
    assert getattr(first, reaction) == 1
    assert note(assist, "a", reaction) == first
    assert assist.counters.reactions == 1


@pytest.mark.parametrize(("conversation", "suggestion"), [("c", "x"), ("other", "a"), ("c", "")])
def test_a_suggestion_that_was_never_shown_is_an_error(conversation: str, suggestion: str) -> None:
    """S2-11: and nothing is counted by the attempt."""
    assist = Assist()
    assist(batch("a"), 10.0)
    for call in (assist.accept, assist.dismiss, assist.copy, assist.open):
        with pytest.raises(ConfigurationError, match="never shown"):
            call(conversation, suggestion, 11.0)
    with pytest.raises(ConfigurationError, match="never shown"):
        assist.rate(conversation, suggestion, True, 11.0)
    assert assist.counters.reactions == 0
    assert assist.counters.conversations == 1


def test_what_was_suppressed_cannot_be_accepted_and_does_not_count_as_shown() -> None:
    """S2-10, S2-11: shown means that it was in a Ranked."""
    assist = Assist(AssistPolicy(top=1))
    assist(batch("a", "b"), 10.0)
    with pytest.raises(ConfigurationError):
        assist.accept("c", "b", 11.0)
    assert assist.accept("c", "a", 11.0).rate == 1.0


def test_all_reactions_are_told_apart() -> None:
    """S2-11: dismissed, copied, opened, rated beside accepted; the last rating counts."""
    assist = Assist()
    assist(batch("a", "b", "c"), 10.0)
    assist.accept("c", "a", 11.0)
    assist.copy("c", "a", 11.0)
    assist.dismiss("c", "b", 11.0)
    assist.open("c", "b", 11.0)
    assist.rate("c", "c", True, 11.0)
    found = assist.rate("c", "c", False, 12.0)
    counts = {name: getattr(found, name) for name in NAMES}
    assert counts == {name: name != "rated_up" for name in NAMES}


REAL = [
    ({"state": "Accepted"}, ("accepted",)),
    ({"state": "Dismissed"}, ("dismissed",)),
    ({"state": "Dismissed", "engagement": "Dismissed"}, ("dismissed",)),
    ({"state": "Accepted", "engagement": "Copied"}, ("accepted", "copied")),
    ({"state": "Suggested", "engagement": "Opened"}, ("opened",)),
    ({"state": "Rated", "engagement": "Feedback", "rating": "Positive"}, ("rated_up",)),
    ({"state": "Rated", "rating": "Negative"}, ("rated_down",)),
    ({"state": "Rated", "rating": "Unknown"}, ()),
    ({"state": "Suggested", "engagement": "Unknown", "rating": None}, ()),
    ({"state": "Failed"}, ()),
    ({"state": "Triggered"}, ()),
    ({"state": "Unknown"}, ()),
    ({"state": "SomethingNew", "engagement": "New", "rating": "New"}, ()),
]


@pytest.mark.parametrize(("fields", "found"), REAL)
def test_reactions_of_the_real_platform(
    fields: dict[str, Any], found: tuple[Reaction, ...]
) -> None:
    """S2-11: read from the state, engagement and rating of a later event of the suggestion."""
    assist = Assist()
    assist(event(), 10.0)
    later = event(**fields)
    records = list(assist(later, 11.0))
    assert records[0] is later
    assert reactions(later) == found
    assert tuple(each.reaction for each in acceptances(records)) == found
    again = list(assist(later, 12.0))
    assert acceptances(again) == []


def test_only_suggested_or_no_state_at_all_is_an_offer() -> None:
    """S2-11: the tutorial's suggestions have no state."""
    assert is_offer(event())
    assert is_offer(event(state=None))
    assert not any(is_offer(event(state=each)) for each in ("Failed", "Accepted", "Rated"))
    assert not is_offer(event(engagement="Opened"))


def test_an_acceptance_of_what_we_never_saw_shown_is_counted_apart() -> None:
    """S2-11: we joined late; the rate cannot exceed 1."""
    assist = Assist()
    assert acceptances(assist(event("before", "Accepted"), 10.0)) == []
    assert acceptances(assist(event("before", "Accepted", engagement="Copied"), 10.0)) == []
    assist(event("a"), 10.0)
    found = only(assist(event("a", "Accepted", reference="doc"), 11.0))
    assert (found.shown, found.accepted, found.unseen, found.rate) == (1, 1, 1, 1.0)
    assert assist.counters.unseen == 1
    with pytest.raises(ConfigurationError):
        assist.accept("c", "before", 12.0)


def test_a_reaction_that_overtook_its_suggestion_counts_when_it_comes() -> None:
    """S2-11: topics of one channel are not ordered among each other."""
    assist = Assist()
    assist(event("a", "Accepted"), 10.0)
    found = only(assist(event("a"), 11.0))
    assert (found.reaction, found.shown, found.accepted, found.unseen) == ("accepted", 1, 1, 0)
    assert acceptances(assist(event("a", "Accepted"), 12.0)) == []


def test_the_rate_without_anything_shown_is_none_and_not_0() -> None:
    """S2-11."""
    none = Acceptance(conversation="c", at=1.0, suggestion="a", reaction="x", shown=0, accepted=0)
    assert none.rate is None


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("show"), st.lists(st.sampled_from("abcdef"), max_size=4)),
        st.tuples(st.sampled_from(NAMES), st.sampled_from("abcdef")),
    ),
    max_size=30,
)


@given(STEPS)
def test_against_sets_that_forget_nothing(steps: list[tuple[str, Any]]) -> None:
    """S2-11: the oracle keeps a set of ids per reaction; the rate is in 0…1 at every step."""
    assist = Assist()
    shown: set[str] = set()
    done: dict[str, set[str]] = {name: set() for name in NAMES}
    for number, (step, what) in enumerate(steps):
        if step == "show":
            assist(batch(*what, message=str(number)), 10.0)
            shown |= set(what)
            continue
        reaction: Reaction = next(name for name in NAMES if name == step)
        if what not in shown:
            with pytest.raises(ConfigurationError):
                note(assist, what, reaction)
            continue
        done[reaction].add(what)
        if reaction in ("rated_up", "rated_down"):
            done["rated_down" if reaction == "rated_up" else "rated_up"].discard(what)
        found = note(assist, what, reaction)
        assert found.shown == len(shown)
        assert {name: getattr(found, name) for name in NAMES} == {
            name: len(done[name]) for name in NAMES
        }
        assert found.rate is not None
        assert 0.0 <= found.rate <= 1.0


def test_forgotten_suggestions_stay_in_the_counts() -> None:
    """S2-11: bounded memory; the rate remains in 0…1 when a forgotten one comes again."""
    assist = Assist(AssistPolicy(max_suggestions=2))
    for name in ("a", "b", "c", "a"):
        assist(batch(name, message=name), 10.0)
        found = assist.accept("c", name, 11.0)
    assert (found.shown, found.accepted, found.rate) == (4, 4, 1.0)
    assert len(json.loads(assist.snapshot())["conversations"]["c"]["seen"]) == 2
    with pytest.raises(ConfigurationError, match="forgotten"):
        assist.accept("c", "b", 12.0)


def synced(acceptance: Acceptance) -> dict[str, object]:
    """What a knowledge platform is told; empty for what it is not told."""
    return dict(assist_sync(entry_of(acceptance), 0.0) or {})


def test_the_payload_of_a_sync_names_the_suggestion_and_a_key() -> None:
    """S2-12: the tutorial's fields, and suggestionId and idempotencyKey which it lacks."""
    assist = Assist()
    assist(batch("a", "b"), 10.0)
    payload = synced(assist.accept("c", "a", 1_800_000_000.0))
    key = payload.pop("idempotencyKey")
    assert payload == {
        "type": "agent_assist_sync",
        "interactionId": "c",
        "suggestionId": "a",
        "acceptedArticleId": "article-a",
        "acceptanceRate": 0.5,
        "exportedAt": "2027-01-15T08:00:00.000Z",
    }
    # Pinned: another namespace would make every sync of the past a new one.
    assert key == "4b3c8d21-11d0-5f71-8d16-c3f219e9caed"


def test_the_key_of_a_sync_is_that_of_the_logical_event() -> None:
    """S2-12: the same after another click, a rate that moved and a restart; else another."""
    assist = Assist()
    assist(batch("a", "b"), 10.0)
    key = synced(assist.accept("c", "a", 11.0))["idempotencyKey"]
    other = synced(assist.accept("c", "b", 12.0))["idempotencyKey"]
    assert key != other
    assert synced(assist.copy("c", "a", 12.0)) == {}
    restarted = Assist()
    restarted.restore(assist.snapshot())
    again = synced(restarted.accept("c", "a", 99.0))
    assert (again["idempotencyKey"], again["acceptanceRate"]) == (key, 1.0)
