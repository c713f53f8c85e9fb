"""Late truth: a conversation is complete when nothing more is to be expected of it."""

from __future__ import annotations

from typing import Any

import pytest

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.alerts import Diagnosis
from genesys_sentiment.model.completed import Completed
from genesys_sentiment.model.events import ABSENT, Message
from genesys_sentiment.model.results import Score, Skipped
from genesys_sentiment.scoring.completeness_rules import CompletenessRules
from tests.scoring.completeness_feed import Feed, call, detail, final, said, session, when
from tests.scoring.helpers import START

ENDED = "disconnected"


def test_the_last_utterance_may_come_after_the_end() -> None:
    """The call is over at 100, its last words arrive at 130: complete at 145, with them."""
    feed = Feed()
    assert feed(call("connected", 0), said(10), said(40), call(ENDED, 100), said(130)) == []
    assert feed.deadline == 145
    assert feed.tick(144.9) == []
    (completed,) = feed.wait()
    assert completed == Completed(
        conversation="c",
        at=START + 145,
        reason="ended",
        began=START,
        ended=START + 100,
        utterances=3,
        late=1,
        latest=30.0,
        coverage=1.0,
    )
    assert feed.deadline is None
    assert feed.stage.counters.conversations == 0


def test_nothing_is_complete_while_a_communication_goes_on() -> None:
    """Transferred: the first agent's end, and the wrap-up, are not the conversation's."""
    feed = Feed()
    feed(call("connected", 0), call("connected", 1, "ann"), said(2))
    feed(call(ENDED, 50, "ann"), call("started", 50, "ann", subject="acw", communication=None))
    feed(call("code-1", 55, "ann", subject="wrapup", communication=None))
    feed(call("alerting", 51, "bob"), call("connected", 60, "bob"))
    assert feed.tick(3600) == []
    feed(call(ENDED, 4000), call(ENDED, 4001, "bob"))
    (completed,) = feed.wait()
    assert when(completed) == 4046
    assert completed.ended == START + 4001


def test_after_call_work_is_not_waited_for_and_not_counted_as_too_late() -> None:
    feed = Feed()
    feed(call("connected", 0), call(ENDED, 10))
    feed(call("started", 10, subject="acw", communication=None))
    (completed,) = feed.wait()
    assert when(completed) == 55
    assert feed(call("ended", 300, subject="acw", communication=None)) == []
    assert feed(call("code", 301, subject="wrapup", communication=None)) == []
    counters = feed.stage.counters
    assert (counters.after, counters.conversations, counters.completed) == (0, 0, 1)


def test_the_end_of_transcription_is_not_the_end_where_calls_are_followed() -> None:
    feed = Feed()
    feed(call("connected", 0), session("SESSION_ONGOING", 1), said(5))
    feed(session("SESSION_ENDED", 30))
    assert feed.stage.counters.ending == 0
    feed(call(ENDED, 40), session("SESSION_ONGOING", 41), said(41))
    (completed,) = feed.wait()
    assert when(completed) == 85
    assert completed.late == 1


def test_the_end_of_transcription_is_the_end_where_nothing_else_is_followed() -> None:
    """Two sessions, as of two calls; the last words come with SESSION_ENDED said again."""
    feed = Feed()
    feed(session("SESSION_ONGOING", 0), session("SESSION_ONGOING", 1, communication="second"))
    feed(
        said(5), session("SESSION_ENDED", 30), session("SESSION_ENDED", 31, communication="second")
    )
    feed(said(50), session("SESSION_ENDED", 50))
    (completed,) = feed.wait()
    assert (when(completed), completed.ended, completed.latest) == (76, START + 31, 19)


def test_revisions_replace_each_other_and_what_stays_unfinished_is_counted() -> None:
    feed = Feed()
    feed(call("connected", 0))
    feed(said(1, "u", final=False, text="I"), said(2, "u", final=False, text="I am"))
    feed(said(3, "u"), said(4, "v", final=False), said(5, "w", final=False), said(6, "w"))
    feed(said(7, "u", final=False, text="overtaken"))
    feed(call(ENDED, 10))
    (completed,) = feed.wait()
    assert (completed.utterances, completed.revisions, completed.unfinished) == (2, 5, 1)


def test_unfinished_utterances_beyond_any_memory_are_still_counted() -> None:
    feed = Feed()
    feed(call("connected", 0))
    feed(*(said(index / 100, f"u{index}", final=False) for index in range(500)))
    feed(call(ENDED, 10))
    (completed,) = feed.wait()
    assert completed.unfinished == 500


def test_one_that_is_later_than_the_platform_says_keeps_it_waiting() -> None:
    """10 s after the last one, and 180 s after the end at most."""
    feed = Feed()
    feed(call("connected", 0), call(ENDED, 100), said(134))
    assert feed.deadline == 145
    feed(said(140), said(149, final=False))
    assert feed.deadline == 159
    for at in range(155, 275, 9):
        assert feed(said(at)) == []
    (completed,) = feed.wait()
    assert (when(completed), completed.latest) == (280, 172)


def test_what_comes_after_it_passes_is_counted_and_revives_nothing() -> None:
    feed = Feed()
    feed(call("connected", 0), call(ENDED, 10))
    (completed,) = feed.wait()
    late = said(70)
    assert feed(late, said(71, final=False), final(90), call(ENDED, 92)) == []
    assert feed(session("SESSION_ONGOING", 93)) == []
    assert late in feed.out
    counters = feed.stage.counters
    assert (counters.after, counters.conversations) == (3, 0)
    assert counters.balanced
    assert feed.told == [completed]


def test_a_conversation_that_goes_on_within_the_grace_has_not_ended() -> None:
    feed = Feed()
    feed(call("connected", 0), said(1), call(ENDED, 10), said(20))
    feed(call("connected", 30, communication="again"))
    assert feed.stage.counters.withdrawn == 1
    assert feed.tick(500) == []
    feed(call(ENDED, 600, communication="again"), said(601))
    (completed,) = feed.wait()
    assert (completed.count, completed.utterances, completed.late) == (1, 3, 1)
    assert (completed.ended, completed.latest) == (START + 600, 1)


def test_a_conversation_that_goes_on_later_is_complete_a_second_time() -> None:
    feed = Feed()
    feed(call("connected", 0), said(1), said(2), call(ENDED, 10))
    (first,) = feed.wait()
    feed(call("alerting", 5000, at=None, communication="again"), said(5010))
    feed(call(ENDED, 5020, communication="again"))
    (second,) = feed.wait()
    assert (first.count, second.count) == (1, 2)
    assert first.id != second.id
    assert (second.utterances, second.began) == (1, START + 5000)


@pytest.mark.parametrize("after", [False, True])
def test_what_came_late_of_the_time_before_the_end_reopens_nothing(after: bool) -> None:
    """Out of order: the beginning of a session arrives after its end."""
    feed = Feed()
    feed(detail("customer.start", 0), detail("customer.end", 10))
    if after:
        feed.wait()
    feed(detail("customer.start", 100 if after else 11, at=START))
    assert [when(each) for each in (*feed.told, *feed.tick(56))] == [55]


def test_every_ending_is_told_once_whatever_the_order() -> None:
    feed = Feed()
    feed(call(ENDED, 10), call("connected", 10, at=START), said(9), said(8), call(ENDED, 10))
    feed.wait()
    assert feed.tick(1e6) == []
    assert len(feed.told) == 1
    assert feed.told[0].late == 0, "it arrived before the end did"


def test_a_stream_that_ends_says_so_of_those_that_ended_and_nothing_of_the_others() -> None:
    feed = Feed()
    feed(call("connected", 0), call("connected", 1, conversation="d"), said(5), call(ENDED, 10))
    (completed,) = feed.finish(20)
    assert (completed.conversation, completed.reason) == ("c", "stream_ended")
    assert (when(completed), completed.ended) == (20, START + 10)
    assert feed.finish(21) == []
    assert feed.stage.counters.conversations == 1


def test_a_conversation_of_which_nothing_is_heard_is_taken_to_be_over() -> None:
    feed = Feed(idle_eviction=3600)
    feed(said(0), call("connected", 1, conversation="d"), said(2))
    assert feed.deadline == 3600
    assert feed.wait() == []
    assert feed.deadline == 3601
    (first,) = feed.wait()
    assert (first.conversation, first.reason, when(first)) == ("d", "idle", 3601)
    assert (first.ended, first.coverage) == (None, None)
    (second,) = feed.wait()
    assert (second.conversation, second.utterances) == ("c", 2)
    assert feed.deadline is None
    feed(said(9000))
    (third,) = feed.wait()
    assert (third.conversation, third.count) == ("c", 2)


def test_too_many_conversations_push_out_the_one_longest_silent() -> None:
    feed = Feed(max_conversations=2)
    feed(said(0, conversation="a"), said(1, conversation="b"), said(2, conversation="a"))
    (evicted,) = feed(said(3, conversation="d"))
    assert (evicted.conversation, evicted.reason, evicted.utterances) == ("b", "evicted", 1)
    assert feed.stage.counters.conversations == 2


def test_the_final_sentiment_is_waited_for_if_asked() -> None:
    feed = Feed(sentiment=600)
    feed(call("connected", 0), final(5, source="live", score=0.1), call(ENDED, 10))
    assert feed.tick(100) == []
    (completed,) = feed(final(120, score=ABSENT))
    assert (when(completed), completed.readings, completed.reason) == (120, 2, "ended")


def test_the_grace_is_waited_for_though_the_final_sentiment_is_there() -> None:
    feed = Feed(sentiment=600)
    feed(call("connected", 0), call(ENDED, 10), final(12, source="live"))
    assert feed.deadline == 55


def test_a_reading_of_one_utterance_is_not_the_final_one_and_patience_ends() -> None:
    feed = Feed(sentiment=600)
    feed(call("connected", 0), call(ENDED, 10), final(12, utterance="u"))
    (completed,) = feed.wait()
    assert when(completed) == 610


def test_behind_a_scorer_it_sees_what_was_scored_and_skipped() -> None:
    feed = Feed()
    skipped = Skipped(event=said(2, final=False), reason="not_final", at=START)
    score = Score(
        event=said(40),
        language="en",
        polarity="neutral",
        polarity_raw=0.0,
        confidence=None,
        emotion="unknown",
        emotion_confidence=0.0,
        sarcasm_flag=False,
        context_segment_count=1,
        at=START,
        scored_at=START,
        method="embedded",
    )
    feed(call("connected", 0), skipped, call(ENDED, 10), score)
    (completed,) = feed.wait()
    assert (completed.revisions, completed.utterances, completed.late) == (1, 1, 1)


def test_what_is_none_of_its_business_passes() -> None:
    feed = Feed()
    diagnosis = Diagnosis(kind="flat_line", state="raised", at=START, conversation="c")
    assert feed.stage(diagnosis, START) == (diagnosis,)
    counters = feed.stage.counters
    assert (counters.passed, counters.conversations) == (1, 0)
    feed(Message(conversation="c", message="m", received=START))
    assert feed.stage.counters.conversations == 1


def test_late_events_of_others_complete_what_is_due_before_them() -> None:
    """A replay is not waited for: the times of its events say what is due."""
    feed = Feed(lag=1e7)
    feed(call("connected", 0), call(ENDED, 10))
    other = said(60, conversation="d")
    (completed,) = feed(other)
    assert when(completed) == 55
    assert feed.out[-2:] == [completed, other]


def test_a_backlog_that_is_being_read_completes_nothing_early() -> None:
    """The reader is 50 s behind: what arrived in time still counts."""
    feed = Feed(lag=50)
    feed(call("connected", 0), call(ENDED, 10))
    assert feed.stage.tick(START + 70) == []
    feed(said(40))
    (completed,) = feed.wait()
    assert (when(completed), completed.late) == (55, 1)


def test_a_leap_of_the_clock_completes_nothing() -> None:
    feed = Feed()
    feed(call("connected", 0), call(ENDED, 10))
    assert feed.tick(7200) == []
    assert feed.deadline == 7245
    feed.lag = 7190
    assert feed(said(30)) == []
    (completed,) = feed.wait()
    assert (when(completed), completed.late) == (55, 1)


def test_events_that_do_not_say_when_they_came_came_now() -> None:
    feed = Feed()
    feed(call("connected", 0, received=0.0), now=0)
    feed(call(ENDED, 10, received=0.0, at=None), now=10)
    feed(said(30, received=0.0), now=30)
    (completed,) = feed.wait()
    assert (when(completed), completed.latest, completed.ended) == (55, 20, START + 10)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"grace": -1}, "grace"),
        ({"quiet": float("nan"), "longest": True}, "longest"),
        ({"sentiment": "long"}, "sentiment"),
        ({"gaps": float("inf")}, "gaps"),
        ({"max_conversations": 0}, "max_conversations"),
        ({"idle_eviction": None}, "idle_eviction"),
    ],
)
def test_rules_that_cannot_work_are_refused(rules: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        CompletenessRules(**rules)


def test_what_is_no_snapshot_changes_nothing() -> None:
    feed = Feed()
    feed(call("connected", 0), call(ENDED, 10))
    good = feed.stage.snapshot()
    for bad in (b"", b"\xc0", good[:-1], good.replace(b"version\x01", b"version\x02")):
        with pytest.raises(ConfigurationError):
            feed.stage.restore(bad)
    assert feed.deadline == 55
