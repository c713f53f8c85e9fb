"""Coverage: what gaps took of a conversation, against a count of its seconds one by one."""

from __future__ import annotations

from typing import Any

from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.model.completed import Completed
from genesys_sentiment.scoring import completeness_holes
from tests.scoring.completeness_feed import Feed, call, gap, said, when
from tests.scoring.helpers import START

ENDED = "disconnected"
EVERYTHING = ("states", "utterances", "messages")


def over(feed: Feed) -> Completed:
    """The call of 100 s, complete at 145."""
    feed(call(ENDED, 100))
    (completed,) = feed.wait()
    return completed


def test_seconds_in_several_gaps_count_once_and_others_gaps_do_not() -> None:
    feed = Feed()
    feed(gap(-50, -10), call("connected", 0), gap(20, 40), gap(30, 50, "c", reason="dropped"))
    feed(gap(60, 90, "d"), gap(140, 140))
    completed = over(feed)
    assert (completed.gaps, completed.missing) == (3, 30.0)
    assert completed.coverage == round(1 - 30 / 145, 6)
    assert completed.unrecovered == ()


def test_a_gap_in_the_grace_counts_late_words_may_have_been_in_it() -> None:
    feed = Feed()
    feed(call("connected", 0), call(ENDED, 100), gap(110, 130))
    (completed,) = feed.wait()
    assert completed.missing == 20.0


def test_a_conversation_that_was_joined_late_began_before() -> None:
    feed = Feed()
    feed(gap(-30, 5, "c", reason="joined_late"), call("connected", 5))
    completed = over(feed)
    assert (completed.began, completed.missing) == (START - 30, 35.0)
    assert completed.coverage == 0.8


def test_what_backfill_filled_is_not_missing_and_what_it_did_not_is_named() -> None:
    feed = Feed()
    feed(call("connected", 0), gap(10, 20), gap(30, 40), gap(50, 60, "c"))
    feed(gap(10, 20, "c", unrecovered=()), gap(30, 40, "c", unrecovered=("utterances",)))
    feed(gap(50, 60, "c", unrecovered=("states", "messages")))
    completed = over(feed)
    assert (completed.gaps, completed.missing) == (3, 20.0)
    assert completed.unrecovered == ("messages", "states", "utterances")


def test_what_the_stream_knows_of_a_gap_says_nothing_of_a_transcript() -> None:
    """The stream's part is settled before the calls in it end; given up it is at once."""
    feed = Feed(gaps=600)
    feed(call("connected", 0), gap(10, 20), gap(10, 20, unrecovered=()))
    feed(call(ENDED, 100))
    assert feed.tick(146) == []
    (completed,) = feed(gap(10, 20, unrecovered=EVERYTHING), now=200)
    assert when(completed) == 200
    assert completed.unrecovered == tuple(sorted(EVERYTHING))


def test_gaps_are_waited_for_if_asked() -> None:
    feed = Feed(gaps=600)
    feed(call("connected", 0), gap(10, 20), gap(30, 40, "c"), call(ENDED, 100))
    feed(gap(10, 20, "c", unrecovered=()), now=120)
    assert feed.wait() == []
    assert feed.deadline == 700
    feed(said(150, "u", source="backfill"))
    (completed,) = feed(gap(30, 40, "c", unrecovered=()), now=160)
    assert when(completed) == 160
    assert (completed.utterances, completed.late, completed.coverage) == (1, 0, 1.0)
    assert feed.deadline is None


def test_gaps_are_waited_for_no_longer_than_allowed() -> None:
    feed = Feed(gaps=600)
    feed(call("connected", 0), gap(10, 20), call(ENDED, 100))
    assert feed.wait() == []
    (completed,) = feed.wait()
    assert (when(completed), completed.missing) == (700, 10.0)


def test_who_went_on_while_gaps_were_waited_for_waits_for_them_anew() -> None:
    feed = Feed(gaps=600)
    feed(call("connected", 0), gap(10, 20), call(ENDED, 100))
    assert feed.wait() == []
    feed(call("connected", 200, communication="again"))
    assert feed(gap(10, 20, "c", unrecovered=()), now=210) == [], "it has not ended"
    feed(call(ENDED, 300, communication="again"))
    assert feed.deadline == 345


def test_who_is_complete_waits_for_no_gap_any_more() -> None:
    feed = Feed(gaps=600)
    feed(call("connected", 0), gap(10, 20), call(ENDED, 100))
    assert [len(feed.wait()), len(feed.wait())] == [0, 1]
    assert feed(gap(10, 20, unrecovered=EVERYTHING), now=800) == []


def test_a_conversation_without_gaps_waits_for_nobodys() -> None:
    feed = Feed(gaps=600)
    feed(gap(-20, -10), call("connected", 0), gap(5, 9, "d"))
    assert when(over(feed)) == 145


def test_what_became_of_a_gap_revives_nothing() -> None:
    feed = Feed()
    feed(call("connected", 0), gap(10, 20, "c"))
    over(feed)
    feed(gap(10, 20, "c", unrecovered=()), gap(1, 2, "never-seen", unrecovered=()), now=200)
    feed(gap(150, 160, "c"))
    assert feed.stage.counters.conversations == 0
    assert feed.stage.counters.passed == 3


def test_gaps_beyond_memory_make_the_coverage_unknown_not_wrong(monkeypatch: Any) -> None:
    monkeypatch.setattr(completeness_holes, "_OF_STREAM", 2)
    feed = Feed()
    feed(call("connected", 0), gap(10, 20), gap(30, 40), gap(50, 60))
    feed(call("connected", 15, conversation="d"), call("connected", 25, conversation="e"))
    feed(*(call(ENDED, 100, conversation=name) for name in "cde"))
    assert [each.coverage is None for each in feed.tick(145)] == [True, True, False]


def test_gaps_of_one_conversation_beyond_memory_become_one() -> None:
    feed = Feed()
    feed(call("connected", 0))
    feed(*(gap(at, at + 1, "c") for at in range(0, 80, 4)))
    completed = over(feed)
    assert completed.gaps == 16
    assert completed.missing == 15 + 17, "the first five and what lies between them"


def test_a_gap_whose_times_are_none_is_left_alone() -> None:
    feed = Feed()
    feed(call("connected", 0), gap(float("nan"), 5), now=0)
    assert over(feed).gaps == 0


@frozen
class Drawn:
    """A gap in whole seconds from START, and what became of it (None: nothing was told)."""

    since: int
    length: int
    own: bool
    settled: tuple[str, ...] | None
    own_settled: tuple[str, ...] | None


_settled = st.sampled_from([None, (), ("states",), ("utterances",), ("states", "utterances")])
_drawn = st.builds(
    Drawn, st.integers(-60, 160), st.integers(0, 50), st.booleans(), _settled, _settled
)


def missed(drawn: Drawn) -> bool:
    """Whether something of it stayed missing for the conversation."""
    final = drawn.own_settled if drawn.own_settled is not None else drawn.settled
    if drawn.own:
        return final != ()
    return drawn.own_settled != ()


@given(
    gaps=st.lists(_drawn, max_size=8, unique_by=lambda each: each.since),
    length=st.integers(1, 100),
    joined=st.integers(0, 40),
)
def test_missing_is_what_a_count_of_seconds_finds(
    gaps: list[Drawn], length: int, joined: int
) -> None:
    feed = Feed()
    feed(call("connected", 0))
    if joined:
        feed(gap(-joined, 0, "c", reason="joined_late"))
    for each in gaps:
        whose = "c" if each.own else None
        times = (each.since, each.since + each.length)
        feed(gap(*times, whose))
        if each.settled is not None:
            feed(gap(*times, whose, unrecovered=each.settled))
        if each.own_settled is not None:
            feed(gap(*times, "c", unrecovered=each.own_settled))
    feed(call(ENDED, length))
    (completed,) = feed.wait()
    life = range(-joined, length + 45)
    lost = {
        second
        for each in gaps
        if missed(each)
        for second in range(each.since, each.since + each.length)
    } | set(range(-joined, 0))
    touching = [
        each for each in gaps if each.since <= life.stop and each.since + each.length >= life.start
    ]
    assert completed.missing == len(lost & set(life))
    assert completed.gaps == len(touching) + (joined > 0)
    assert completed.coverage == round(1 - len(lost & set(life)) / len(life), 6)
