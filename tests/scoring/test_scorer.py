"""The scorer: every event has exactly one outcome, and the reason is the right one."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest

from genesys_sentiment.analysis.analyzer import Analysis
from genesys_sentiment.errors import AnalyzerError
from genesys_sentiment.model.events import ABSENT, Event, Gap, Message, StateChange, Unknown
from genesys_sentiment.scoring import Policy, Scorer, Stage
from tests.scoring.helpers import START, Fixed, kinds, reading, scored, skipped, utterance

OTHERS: list[Event] = [
    Gap(reason="silent", since=1.0, until=2.0),
    Message(conversation="c", message="m"),
    StateChange(conversation="c", subject="call", state="connected"),
    Unknown(topic="t", body=b"{}"),
]


def test_the_scorer_is_a_stage_with_an_embedded_analyzer() -> None:
    stage: Stage = Scorer()
    assert stage.deadline is None
    assert list(stage.tick(1.0)) == []
    score = scored(stage(utterance("thank you so much"), 1.0))
    assert (score.polarity, score.method) == ("positive", "embedded")


@pytest.mark.parametrize("event", OTHERS, ids=lambda event: type(event).__name__)
def test_other_events_pass_unchanged(event: Event) -> None:
    scorer = Scorer(analyzer=Fixed())
    (out,) = scorer(event, 1.0)
    assert out is event
    assert scorer.counters.passed == 1
    assert scorer.counters.conversations == 0


def test_the_fields_of_a_text_score() -> None:
    """S0-21."""
    analyzer = Fixed(
        polarity=-0.5,
        label="negative",
        confidence=0.7,
        emotion="Anger",
        emotion_confidence=0.9,
        evidence=("angry:mad",),
    )
    event = utterance("i am mad", participant="customer", communication="k")
    score = scored(Scorer(analyzer=analyzer)(event, 9.0))
    assert analyzer.asked == [("i am mad", "en")]
    assert (score.conversation, score.utterance, score.communication) == ("c", "u", "k")
    assert (score.participant, score.language, score.method) == ("customer", "en-US", "fixed")
    assert (score.polarity, score.polarity_raw, score.confidence) == ("negative", -0.5, 0.7)
    assert (score.emotion, score.emotion_raw, score.emotion_confidence) == ("anger", None, 0.9)
    assert (score.at, score.scored_at, score.context_segment_count) == (START, 9.0, 1)
    assert score.evidence == ("angry:mad",)
    assert score.event is event
    assert score.id == f"score:{event.id}"


def test_to_be_calm_is_no_emotion() -> None:
    """S0-19: an analyzer that is sure of there being none is not sure of any."""
    for emotion in (None, ""):
        analyzer = Fixed(polarity=0.9, confidence=0.1, emotion=emotion, emotion_confidence=0.9)
        score = scored(Scorer(analyzer=analyzer)(utterance(), 9.0))
        assert (score.emotion, score.emotion_confidence) == ("unknown", 0.0)
        assert not score.sarcasm_flag


def test_the_fields_of_a_platform_score() -> None:
    """S0-18, S0-19, S0-21."""
    event = reading(0.6, confidence=0.4, emotion="JOY", emotion_confidence=0.9, participant="agent")
    score = scored(Scorer()(event, 9.0))
    assert (score.polarity, score.polarity_raw, score.confidence) == ("positive", 0.6, 0.4)
    assert (score.emotion, score.emotion_confidence, score.sarcasm_flag) == ("joy", 0.9, True)
    assert (score.method, score.participant, score.language) == ("platform", "agent", None)


def test_missing_parts_of_a_platform_score_stay_missing() -> None:
    """S0-15, S0-19, S0-20: no confidence is None, no emotion is unknown with 0.0."""
    for missing in (ABSENT, None):
        event = reading(0.9, confidence=missing, emotion=missing, emotion_confidence=0.9)
        score = scored(Scorer()(event, 1.0))
        assert score.confidence is None
        assert (score.emotion, score.emotion_confidence) == ("unknown", 0.0)
        assert not score.sarcasm_flag
    score = scored(Scorer()(reading(0.1, emotion="Awe", emotion_confidence=0.3), 1.0))
    assert (score.emotion, score.emotion_raw) == ("uncategorized", "Awe")
    assert score.emotion_confidence == 0.3


@pytest.mark.parametrize(
    ("score", "reason", "detail"),
    [
        (ABSENT, "no_data", "absent"),
        (None, "no_data", "null"),
        (nan, "invalid", "score"),
        (inf, "invalid", "score"),
        (-inf, "invalid", "score"),
        (1.0000001, "invalid", "score"),
        (-1.0000001, "invalid", "score"),
        (True, "invalid", "score"),
        (False, "invalid", "score"),
        ("0.9", "invalid", "score"),
    ],
)
def test_missing_and_invalid_are_never_neutral(score: Any, reason: str, detail: str) -> None:
    """S0-13, S0-15, S0-18."""
    outcome = skipped(Scorer()(reading(score), 1.0))
    assert (outcome.reason, outcome.detail) == (reason, detail)


@pytest.mark.parametrize("score", [0.0, -0.0, 0, 1, -1, 1.0, -1.0])
def test_zero_and_the_ends_of_the_range_are_scores(score: float) -> None:
    """S0-15: 0.0 is neutral, absent is not."""
    assert scored(Scorer()(reading(score), 1.0)).polarity_raw == score


@pytest.mark.parametrize("name", ["confidence", "emotion_confidence"])
@pytest.mark.parametrize("value", [nan, inf, -0.01, 1.01, True, "0.5"])
def test_an_invalid_confidence_spoils_the_reading(name: str, value: Any) -> None:
    """S0-13."""
    outcome = skipped(Scorer()(reading(0.5, **{name: value}), 1.0))
    assert (outcome.reason, outcome.detail) == ("invalid", name.replace("_", " "))


@pytest.mark.parametrize("at", [nan, inf, -inf, 1e15])
def test_an_event_outside_of_time_is_invalid(at: float) -> None:
    scorer = Scorer(analyzer=Fixed())
    assert skipped(scorer(reading(0.5, at), 1.0)).detail == "time"
    assert skipped(scorer(utterance("hi", at), 1.0)).reason == "invalid"
    assert scorer.counters.conversations == 0


def test_demanded_fields() -> None:
    """S0-13: segments, then language, then whether it is supported."""
    scorer = Scorer(Policy.interactions(min_interval=0.0))
    segment = (utterance(),)
    assert kinds(scorer(reading(0.5), 1.0)) == ["segments_missing"]
    assert kinds(scorer(reading(0.5, segments=segment), 1.0)) == ["language_missing"]
    assert kinds(scorer(reading(0.5, segments=segment, language="ja"), 1.0)) == [
        "language_unsupported"
    ]
    assert kinds(scorer(reading(0.5, segments=segment, language="PT-br"), 1.0)) == ["score"]
    assert kinds(Scorer()(reading(0.5, language="ja"), 1.0)) == ["language_unsupported"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"final": False}, "not_final"),
        ({"text": ""}, "empty"),
        ({"text": " \t\u2003\n"}, "empty"),
        ({"text": "..."}, "no_words"),
        ({"language": None}, "language_missing"),
        ({"language": ""}, "language_missing"),
        ({"language": "ja-JP"}, "language_unsupported"),
        ({"language": "fr"}, "language_unsupported"),  # the policy's, but not the analyzer's
    ],
)
def test_texts_that_are_not_scored(changes: dict[str, Any], reason: str) -> None:
    """S0-13, S0-14."""
    scorer = Scorer(analyzer=Fixed())
    outcome = skipped(scorer(utterance(**changes), 1.0))
    assert outcome.reason == reason
    assert outcome.id.startswith("skipped:")
    assert scorer.counters.skipped == {reason: 1}


def test_a_default_language_is_taken_when_none_is_named() -> None:
    analyzer = Fixed()
    scorer = Scorer(Policy(default_language="es-MX"), analyzer)
    assert scored(scorer(utterance(language=None), 1.0)).language == "es-MX"
    assert analyzer.asked[-1][1] == "es"
    assert kinds(scorer(utterance(language="ja"), 1.0)) == ["language_unsupported"]


@pytest.mark.parametrize(("labels", "label"), [("analyzer", "negative"), ("thresholds", "neutral")])
def test_where_a_texts_label_comes_from(labels: Any, label: str) -> None:
    """S0-18."""
    analyzer = Fixed(polarity=-0.1, label="negative")
    assert scored(Scorer(Policy(labels=labels), analyzer)(utterance(), 1.0)).polarity == label


class Failing:
    """An analyzer that raises, or answers with nonsense."""

    name = "failing"
    languages = frozenset({"en"})

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def __call__(self, text: str, language: str) -> Analysis:
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer  # type: ignore[no-any-return]


def _analysis(**changes: Any) -> Analysis:
    good: dict[str, Any] = {"polarity": 0.0, "label": "neutral", "confidence": 0.5, "words": 1}
    return Analysis(**{**good, **changes})


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (ValueError("the canary text"), "ValueError"),
        (None, "no Analysis"),
        (_analysis(polarity=nan), "polarity"),
        (_analysis(polarity=True), "polarity"),
        (_analysis(confidence=1.5), "confidence"),
        (_analysis(emotion_confidence=inf), "emotion confidence"),
        (_analysis(label="fine"), "label"),
    ],
)
def test_a_failing_analyzer_is_counted(answer: Any, detail: str) -> None:
    scorer = Scorer(analyzer=Failing(answer))
    outcome = skipped(scorer(utterance(), 1.0))
    assert (outcome.reason, outcome.detail) == ("analyzer_failed", detail)
    assert scorer.counters.skipped == {"analyzer_failed": 1}
    assert scorer.counters.balanced


@pytest.mark.parametrize("error", [AnalyzerError("damaged"), KeyboardInterrupt()])
def test_what_no_next_text_can_cure_comes_out(error: BaseException) -> None:
    scorer = Scorer(analyzer=Failing(error))
    with pytest.raises(type(error)):
        scorer(utterance(), 1.0)
    assert scorer.counters.balanced


def test_the_context_counts_segments_of_the_last_30_seconds() -> None:
    """S0-17: strict, this one included."""
    scorer = Scorer()
    counts = [
        scored(scorer(reading(0.0, START + at), 1.0)).context_segment_count
        for at in (0.0, 10.0, 29.999, 30.0, 40.0, 100.0)
    ]
    assert counts == [1, 2, 3, 3, 3, 1]


def test_all_segments_of_a_reading_count() -> None:
    """S0-17: each at its own time; one without a time at the event's."""
    scorer = Scorer()
    segments = tuple(utterance("x", at) for at in (START - 30.0, START - 29.0, START, None))
    assert scored(scorer(reading(0.0, segments=segments), 1.0)).context_segment_count == 3
    assert scored(scorer(reading(0.0, START + 1.0), 1.0)).context_segment_count == 3
    old = (utterance("x", START - 90.0),)
    fresh = reading(0.0, segments=old, conversation="d")
    assert scored(scorer(fresh, 1.0)).context_segment_count == 1


def test_the_context_is_capped() -> None:
    """S0-17."""
    scorer = Scorer(Policy(context_segments=5))
    for _ in range(50):
        score = scored(scorer(reading(), 1.0))
    assert score.context_segment_count == 5


def test_what_could_not_be_scored_was_still_said() -> None:
    """S0-16, S0-17: a reading without a score feeds the window."""
    scorer = Scorer()
    scorer(reading(None), 1.0)
    scorer(reading(nan), 1.0)
    assert scored(scorer(reading(0.1), 1.0)).context_segment_count == 3


def test_event_time_is_the_time_of_arrival_where_there_is_no_other() -> None:
    assert scored(Scorer()(reading(0.0, None, received=5.0), 9.0)).at == 5.0


def test_conversations_are_bounded_and_the_silent_one_goes() -> None:
    scorer = Scorer(Policy(max_conversations=3))
    for name in ("a", "b", "c", "a", "d"):
        scorer(reading(conversation=name), 1.0)
    assert (scorer.counters.conversations, scorer.counters.evicted) == (3, 1)
    assert scored(scorer(reading(conversation="a"), 1.0)).context_segment_count == 3
    assert scored(scorer(reading(conversation="b"), 1.0)).context_segment_count == 1


def test_many_conversations_stay_within_the_bound() -> None:
    scorer = Scorer(Policy(max_conversations=100))
    for number in range(5_000):
        scorer(reading(conversation=str(number)), 1.0)
        assert scorer.counters.conversations <= 100
    assert scorer.counters.evicted == 4_900


def test_an_idle_conversation_is_forgotten_after_4_hours() -> None:
    scorer = Scorer()
    scorer(reading(0.0, START, conversation="a"), 1.0)
    scorer(reading(0.0, START + 14_399.999, conversation="b"), 1.0)
    assert scorer.counters.conversations == 2
    scorer(reading(0.0, START + 14_400.0, conversation="d"), 1.0)
    assert (scorer.counters.conversations, scorer.counters.evicted) == (2, 1)


def test_scoring_has_no_side_effect_on_events_and_is_repeatable() -> None:
    """Same input twice, same output."""
    events = [reading(i / 10, START + i) for i in range(5)]
    events_before = repr(events)
    first, second = Scorer(), Scorer()
    assert [first(event, 1.0) for event in events] == [second(event, 1.0) for event in events]
    assert repr(events) == events_before


def test_no_transcript_in_reprs() -> None:
    scorer = Scorer(Policy(min_interval=2.0))
    shown = [repr(scorer(utterance("canary is terrible", at), 1.0)) for at in (START, START + 1.0)]
    shown += [repr(scorer), repr(scorer.counters), repr(scorer._states), repr(scorer.policy)]
    assert not [text for text in shown if "canary" in text or "terrible" in text]


def test_the_memory_of_language_tags_is_bounded() -> None:
    scorer = Scorer()
    for number in range(3_000):
        scorer(reading(language=f"en-{number}"), 1.0)
    assert len(scorer._tags) <= 1_024
    assert scorer.counters.scored == 3_000
