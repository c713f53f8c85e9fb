"""Which phrases of a transcript came live already, whatever the two call them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.model.events import Gap, Side, Utterance
from genesys_sentiment.streaming import gap_matching
from genesys_sentiment.streaming.gap_matching import MARGIN, Heard, words_of

START = 1_772_359_200.0
_SIDES: tuple[Side | None, ...] = ("customer", "agent", None)
_TEXTS = ("yes", "no", "i have waited for an hour", "thank you", "what is my balance")


def spoken(
    number: int,
    at: float | None,
    text: str = "yes",
    side: Side | None = "customer",
    duration: float | None = 1.0,
) -> Utterance:
    """Something said ``at`` seconds into the call."""
    return Utterance(
        conversation="c",
        utterance=f"t:{number}",
        text=text,
        participant=side,
        at=None if at is None else START + at,
        duration=duration,
        received=START + (at or 0.0) + 3.0,
    )


def gap(since: float, until: float, reason: str = "disconnected") -> Gap:
    return Gap(reason=reason, since=since, until=until)


def live(one: Utterance) -> Utterance:
    """As the stream says it: another id, other capitals, no punctuation."""
    return evolve(one, utterance=f"live-{one.utterance}", text=one.text.upper().replace(".", ""))


def missed(heard: Heard, transcript: Sequence[Utterance]) -> list[str]:
    return [one.utterance for one in heard.missed("c", transcript).utterances]


calls = st.lists(
    st.tuples(
        st.floats(0.0, 5.0),
        st.floats(0.2, 8.0),
        st.sampled_from(_TEXTS),
        st.sampled_from(_SIDES),
        st.booleans(),
    ),
    max_size=40,
).map(
    lambda turns: [
        (spoken(number, sum(pause + length for pause, length, *_ in turns[:number]) + turn[0],
                turn[2], turn[3], turn[1]), turn[4])
        for number, turn in enumerate(turns)
    ]
)  # fmt: skip


@given(calls, st.floats(0.0, 400.0), st.floats(0.0, 200.0))
def test_what_was_heard_is_not_told_and_what_was_not_is(
    call: list[tuple[Utterance, bool]], since: float, length: float
) -> None:
    """Exactly once: each phrase of the gap came live, or is told. Nothing else is told.

    Whoever's side is unknown is known by words only, so that the same words close by may hide it;
    there it is enough that nothing comes twice.
    """
    heard = Heard()
    heard.concern(gap(START + since, START + since + length), "c")
    for one, came in call:
        if came:
            heard.note(live(one))
    told = set(missed(heard, [one for one, _ in call]))
    for one, came in call:
        at = (one.at or 0.0) - START
        clearly = since - MARGIN < at < since + length
        if came:
            assert one.utterance not in told
        elif clearly and one.participant is not None and not _beside(one, call):
            assert one.utterance in told
        elif not since - MARGIN - 1 < at < since + length + 6:
            assert one.utterance not in told


def _beside(one: Utterance, call: list[tuple[Utterance, bool]]) -> bool:
    """Whether the same words were heard close by from somebody unknown."""
    return any(
        came and other.participant is None and other.text == one.text for other, came in call
    )


def test_the_same_word_three_times_of_which_one_is_lost() -> None:
    """The neighbours are used up by the phrases that they are."""
    heard = Heard()
    heard.concern(gap(START, START + 10), "c")
    words = [spoken(number, 2.0 * number) for number in range(3)]
    heard.note(live(words[0]))
    heard.note(live(words[2]))
    assert missed(heard, words) == ["t:1"]


def test_where_the_transcript_cuts_otherwise_nothing_comes_twice() -> None:
    heard = Heard()
    heard.concern(gap(START, START + 10), "c")
    heard.note(live(spoken(0, 1.0, "hello. how are you", duration=3.0)))
    parts = [spoken(1, 1.0, "Hello.", duration=0.9), spoken(2, 2.1, "How are you?", duration=1.9)]
    other = spoken(3, 1.5, "fine", side="agent")
    assert missed(heard, [*parts, other]) == ["t:3"]


def test_words_are_enough_where_a_time_is_not_told() -> None:
    """A message's text has no length; a live utterance may have no time of its own."""
    heard = Heard()
    heard.concern(gap(START, START + 10), "c")
    heard.note(evolve(live(spoken(0, None, "Thank you.")), received=START + 30.0))
    assert missed(heard, [spoken(1, 1.0, "thank you", duration=None)]) == []
    assert missed(heard, [spoken(2, 1.0, "thanks", duration=None)]) == ["t:2"]


def test_a_revision_was_not_heard() -> None:
    heard = Heard()
    heard.concern(gap(START, START + 10), "c")
    heard.note(evolve(live(spoken(0, 1.0, "i have")), final=False))
    assert missed(heard, [spoken(0, 1.0, "i have waited")]) == ["t:0"]


def test_what_was_heard_before_the_gap_is_remembered() -> None:
    """Transcripts lag: something may be lost that was said before, beside what was not."""
    heard = Heard()
    first, second = spoken(0, 0.0, "one"), spoken(1, 2.0, "two")
    heard.note(live(first))
    heard.concern(gap(START + 30, START + 40), "c")
    assert missed(heard, [first, second]) == ["t:1"]


def test_whoever_joined_late_missed_it_from_the_beginning() -> None:
    heard = Heard()
    early, late = spoken(0, -3000.0, "hello"), spoken(1, 20.0, "bye")
    heard.concern(gap(START, START + 10, "joined_late"), "c")
    heard.note(live(late))
    assert missed(heard, [early, late]) == ["t:0"]
    heard.release("c")
    heard.concern(gap(START, START + 10), "c")
    assert missed(heard, [early, late]) == []


def test_nothing_is_missed_without_a_gap() -> None:
    heard = Heard()
    assert missed(heard, [spoken(0, 1.0)]) == []
    assert not heard.within("c", None)


def test_a_phrase_without_a_time_is_not_told_and_that_is_said() -> None:
    heard = Heard()
    heard.concern(gap(START, START + 10), "c")
    found = heard.missed("c", [spoken(0, None), spoken(1, 1.0)])
    assert [one.utterance for one in found.utterances] == ["t:1"]
    assert not found.whole


def test_memory_is_bounded() -> None:
    heard = Heard(limit=10)
    for number in range(1_000):
        heard.note(evolve(spoken(number, 1.0), conversation=f"c{number}"))
    assert len(heard) == 10
    for number in range(10_000):
        heard.note(spoken(number, 2.0 * number))
    recent = heard._recent["c"].marks
    assert len(recent) / 3 <= 1.5 * (MARGIN + 5.0) / 2.0 + 12, "a minute of it, and half as much"


def test_beyond_what_can_be_remembered_nothing_is_told_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gap_matching, "_MOST", 10)
    heard = Heard()
    heard.concern(gap(START, START + 1e6), "c")
    call = [spoken(number, 2.0 * number, f"word {number}") for number in range(100)]
    for one in call:
        heard.note(live(one))
    found = heard.missed("c", call)
    assert found.utterances == ()


@given(st.text())
def test_words_are_what_recognisers_agree_on(text: str) -> None:
    assert words_of(words_of(text)) == words_of(text)
    assert words_of("I'm here.") == words_of("im HERE") == words_of("i’m, here!")
