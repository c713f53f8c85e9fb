"""The trend rule over time: raised once, cleared once, nothing lost at the end of a call."""

from __future__ import annotations

from math import nan
from typing import Any

import attrs
import pytest

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.alerts import Alert
from genesys_sentiment.model.events import Message
from genesys_sentiment.scoring.alert_rules import (
    DEFAULT_RULES,
    Heard,
    Judgement,
    PolarityRule,
    ShareRule,
    TrendRule,
)
from genesys_sentiment.scoring.alerts import AlertRules
from tests.scoring.alert_feed import Feed, change, platform, score, told
from tests.scoring.helpers import START

ANGRY = [score(-0.8, at) for at in (0.0, 5.0, 10.0, 15.0, 20.0)]
"""Five readings: the breach begins with the last, at 20 s."""


def angry(start: float = 0.0, value: float = -0.8, **changes: Any) -> list[Any]:
    """Five scores, 5 s apart."""
    return [score(value, start + 5.0 * step, **changes) for step in range(5)]


def test_the_figures_of_the_default_rule() -> None:
    """C3: window 5, average < −0.5 for > 30 s, recovery, cooldown, grace and staleness."""
    (rule,) = DEFAULT_RULES
    assert isinstance(rule, TrendRule)
    assert attrs.asdict(rule) == {
        "id": "trend",
        "window": 5,
        "min_readings": 5,
        "threshold": -0.5,
        "recovery": -0.3,
        "participants": ("customer", "agent", None),
        "sarcasm_veto": False,
        "sustain": 30.0,
        "recovery_time": 15.0,
        "cooldown": 300.0,
        "stale": 60.0,
    }


def test_an_alert_is_raised_by_time_alone_and_once() -> None:
    """S3-10, C3: 30.001 s after the first breach, without a new event, and never again."""
    feed = Feed(AlertRules())
    assert feed(*ANGRY) == []
    assert feed.deadline == 50.001
    assert feed.tick(50.0) == []
    (alert,) = feed.wait()
    assert (alert.state, round(alert.at - START, 3), alert.began) == ("raised", 50.001, START + 20)
    assert feed.tick(51.0) == []
    assert feed(score(-0.9, 52.0), score(-0.9, 60.0), score(-0.9, 90.0)) == []


def test_thirty_seconds_are_not_more_than_thirty_seconds() -> None:
    """S3-10: strict, at the millisecond."""
    well = Feed(AlertRules())
    well(*ANGRY)
    assert well(score(1.0, 50.0)) == []
    assert well.tick(100.0) == []
    late = Feed(AlertRules())
    late(*ANGRY)
    assert told(late(score(1.0, 50.001))) == [("trend", "raised", 50.001)]


@pytest.mark.parametrize(("value", "breached"), [(-0.5, False), (-0.5001, True)])
def test_the_average_must_be_below_the_threshold(value: float, breached: bool) -> None:
    """S3-10: −0.5 itself is not below −0.5."""
    feed = Feed(AlertRules())
    feed(*angry(value=value))
    assert bool(feed.tick(55.0)) is breached


def test_a_single_drop_and_four_readings_raise_nothing() -> None:
    """S3-06, S3-09: trends, not points; and no trend of fewer than five."""
    feed = Feed(AlertRules())
    feed(*(score(-1.0, at) for at in (0.0, 10.0, 20.0, 30.0)))
    assert feed.deadline is None
    feed(score(0.9, 40.0), score(0.8, 50.0))
    assert feed.tick(85.0) == []
    steady = Feed(AlertRules())
    assert steady(*(score(0.4 - 0.1 * (at == 25), float(at)) for at in range(0, 80, 5))) == []
    assert steady.deadline is None


def test_a_breach_that_ends_in_time_begins_anew() -> None:
    """S3-10: the 30 s count from the first breach of those that hold."""
    feed = Feed(AlertRules())
    feed(*ANGRY)
    feed(score(0.9, 30.0))
    assert feed.deadline is None
    feed(score(-1.0, 35.0))
    assert feed.deadline is None  # −0.5
    feed(score(-1.0, 40.0))  # −0.54
    assert feed.deadline == 70.001


def test_hysteresis_between_the_two_levels() -> None:
    """C3: cleared when the average was ≥ −0.3 for 15 s, and what lies between changes nothing."""
    feed = Feed(AlertRules())
    feed(*ANGRY)
    feed.wait()
    assert feed(score(0.4, 52.0)) == []  # −0.56
    assert feed(score(0.4, 54.0)) == []  # −0.32: neither breached nor recovered
    assert feed.deadline == 114.001  # stale
    assert feed(score(0.4, 56.0)) == []  # −0.08
    assert feed.deadline == 71.0
    assert feed(score(-1.0, 60.0)) == []  # −0.12: still well
    assert feed(score(-1.0, 62.0), score(-1.0, 63.0)) == []  # −0.44: no longer
    assert feed.deadline == 123.001
    feed(score(1.0, 64.0), score(1.0, 65.0))
    assert feed.deadline == 80.0  # −0.2 at 64 s
    (cleared,) = feed.wait()
    assert told([cleared]) == [("trend", "recovered", 80.0)]


def test_the_cooldown_and_the_second_alert() -> None:
    """C3, S3-10: re-armed after recovery, and not before 300 s are over."""
    feed = Feed(AlertRules())
    feed(*ANGRY)
    feed.wait()
    feed(*angry(55.0, 0.5))
    feed(*(score(-0.9, float(second)) for second in range(90, 460, 10)))
    assert told(feed.out) == [
        ("trend", "raised", 50.001),
        ("trend", "recovered", 75.0),
        ("trend", "raised", 375.0),
    ]
    assert len({each.alert for each in feed.out if isinstance(each, Alert)}) == 2


def test_silence_suspends() -> None:
    """S3-10, C3: 60 s without a reading: nothing is known any more, and nothing stays up."""
    feed = Feed(AlertRules())
    feed(*ANGRY)
    feed.wait()
    assert feed.deadline == 80.001
    assert told(feed.wait()) == [("trend", "stale", 80.001)]
    assert feed.deadline is None
    feed(*(score(-1.0, at) for at in (81.0, 86.0, 91.0, 96.0)))
    assert feed.deadline is None  # what was said before the silence does not count with it
    assert feed.stage.deadline is None


def test_silence_ends_a_breach_that_was_not_raised_yet() -> None:
    """S3-10: stale readings suspend the timer."""
    feed = Feed(AlertRules((TrendRule(sustain=90.0),)))
    feed(*ANGRY)
    assert feed.deadline == 80.001
    assert feed.wait() == []
    assert feed.deadline is None


def test_the_evidence_of_an_alert() -> None:
    """S3-11: readings, utterances, rule, threshold and times; the agent and the queue."""
    feed = Feed(AlertRules())
    feed(change("connected", -1.0, queue="q"), *ANGRY, score(-0.3, 25.0))
    (alert,) = feed.wait()
    assert alert.id == f"alert:trend:c:customer:{START + 20:.3f}:raised"
    assert (alert.rule, alert.threshold, alert.user, alert.queue) == ("trend", -0.5, "a", "q")
    assert (alert.participant, alert.conversation) == ("customer", "c")
    assert alert.value == pytest.approx(-0.7)
    assert [each.value for each in alert.evidence] == [-0.8, -0.8, -0.8, -0.8, -0.3]
    assert [each.utterance for each in alert.evidence] == [
        "u5.0", "u10.0", "u15.0", "u20.0", "u25.0",
    ]  # fmt: skip
    assert alert.evidence[0].record == ANGRY[1].id == "score:utterance:c:u5.0"
    (cleared,) = feed.tick(90.0)
    assert (cleared.alert, cleared.began, cleared.raised) == (
        alert.alert, alert.began, alert.raised,
    )  # fmt: skip
    assert cleared.id == alert.id.replace("raised", "cleared")


def test_the_evidence_of_platform_readings() -> None:
    """S3-11: a reading has no utterance, and its score's id is whole."""
    feed = Feed(AlertRules())
    readings = [platform(-0.8, at) for at in (0.0, 5.0, 10.0, 15.0, 20.0)]
    feed(*readings)
    (alert,) = feed.wait()
    assert alert.participant is None
    assert [each.record for each in alert.evidence] == [each.id for each in readings]
    assert {each.utterance for each in alert.evidence} == {None}


def test_one_buffer_for_each_conversation_and_side() -> None:
    """S3-08: what others say, elsewhere or on the other side, is another matter."""
    feed = Feed(AlertRules())
    for at in range(0, 100, 5):
        feed(
            score(-0.9, at, participant="customer", conversation="one"),
            score(0.9, at, participant="agent", conversation="one"),
            score(0.9, at, conversation="two"),
        )
    (alert,) = feed.out
    assert isinstance(alert, Alert)
    assert (alert.conversation, alert.participant) == ("one", "customer")
    assert told([alert]) == [("trend", "raised", 50.001)]


def test_the_late_final_score_counts_and_may_alert() -> None:
    """S3-12, C5-14: 5 s after wrap-up or disconnected nothing is discarded."""
    feed = Feed(AlertRules())
    feed(change("connected", 0.0), *ANGRY[:4], score(-0.8, 17.0))
    feed(change("disconnected", 46.0), change("wrapup", 46.5, subject="wrapup"))
    assert feed.deadline == 47.001
    feed.wait()
    assert feed(score(-0.9, 51.0)) == []
    (cleared,) = feed.wait()
    assert told(feed.out) == [("trend", "raised", 47.001), ("trend", "ended", 51.0)]
    assert cleared.evidence[-1].value == -0.9
    assert feed.deadline is None


def test_a_late_score_can_be_the_fifth() -> None:
    """S3-12, C5-14: the final score makes the trend that alerts, here by a rule without delay."""
    feed = Feed(AlertRules((TrendRule(sustain=0.0),)))
    feed(change("connected", 0.0), *ANGRY[:4], change("disconnected", 16.0))
    assert told(feed(score(-0.8, 20.9))) == [("trend", "raised", 20.9)]
    assert told(feed.wait()) == [("trend", "ended", 21.0)]


@pytest.mark.parametrize("state", ["disconnected", "wrapup", "acw", "terminated", "ended"])
def test_after_the_grace_the_buffer_is_gone(state: str) -> None:
    """S3-12, C5-14: a score more than 5 s after the end is counted as late, and heard nowhere."""
    stage = AlertRules()
    feed = Feed(stage)
    feed(change("connected", 0.0), *ANGRY, change(state, 21.0))
    assert feed(score(-0.9, 26.001)) == []
    assert feed.tick(60.0) == []
    assert feed(*angry(61.0)) == []
    assert (stage.counters.late, stage.counters.heard) == (6, 5)
    assert stage.counters.conversations == 0
    assert stage.counters.balanced


def test_the_agents_next_call_has_its_own_buffer() -> None:
    """S3-12, C5-14: also within the grace, and the late score of the first is the first's."""
    stage = AlertRules((TrendRule(sustain=0.0),))
    feed = Feed(stage)
    feed(change("connected", 0.0), *ANGRY[:4], change("disconnected", 16.0))
    feed(change("connected", 17.0, conversation="next"))
    feed(*(score(-1.0, at, conversation="next") for at in (17.5, 18.0, 18.5, 19.0)))
    assert feed.out == []
    (alert,) = feed(score(-0.8, 20.0))
    assert (alert.conversation, alert.user) == ("c", "a")
    (second,) = feed(score(-1.0, 21.5, conversation="next"))
    assert (second.conversation, second.user) == ("next", "a")


def test_a_transfer_gives_the_next_agent_an_empty_buffer() -> None:
    """S3-08, S3-12: keyed by conversation, side and agent; each score goes by its own time."""
    feed = Feed(AlertRules((TrendRule(sustain=0.0),)))
    feed(change("connected", 0.0), *ANGRY[:4], change("disconnected", 16.0))
    feed(change("connected", 18.0, user="b"))
    (alert,) = feed(score(-0.8, 15.9))  # of the first agent's time, come late
    assert alert.user == "a"
    assert feed(score(-1.0, 19.0), score(-1.0, 19.5), score(-1.0, 20.0), score(-1.0, 20.5)) == []
    (ended, raised) = feed(score(-1.0, 21.1))
    assert (ended.user, ended.reason, raised.user) == ("a", "ended", "b")


def test_what_was_said_before_an_agent_came_is_not_the_agents() -> None:
    """S3-08: a bot's part is a part of its own; scores and the change may come in any order."""
    feed = Feed(AlertRules((TrendRule(sustain=0.0),)))
    feed(*ANGRY[:4], change("connected", 17.0))
    assert feed(score(-0.8, 18.0)) == []
    swapped = Feed(AlertRules((TrendRule(sustain=0.0),)))
    swapped(*ANGRY[:4], change("connected", -1.0))  # said late, but true of all of them
    (alert,) = swapped(ANGRY[4])
    assert alert.user == "a"


def test_other_legs_end_nothing() -> None:
    """S3-12: flows, queues, screen shares and held calls are not the end of the agent's part."""
    feed = Feed(AlertRules())
    feed(change("connected", 0.0, communication="call"))
    feed(
        change("disconnected", 1.0, purpose="ivr", user=None),
        change("disconnected", 1.0, purpose="acd", user=None),
        change("disconnected", 1.0, user="b"),
        change("disconnected", 1.0, communication="screen"),
        change("held", 1.0, subject="hold"),
        change("stopped", 1.0, subject="transcription"),
    )
    assert feed.deadline is None
    feed(change("disconnected", 2.0, communication="call"))
    assert feed.deadline == 7.001


def test_the_customers_end_is_everybodys() -> None:
    """S3-12: and a change that names nobody is the conversation's."""
    for who in ({"purpose": "customer", "user": None}, {"purpose": None, "user": None}):
        feed = Feed(AlertRules())
        feed(change("connected", 0.0), change("connected", 1.0, user="b"))
        feed(change("disconnected", 9.0, **who))
        feed.wait()
        assert feed.deadline is None
        assert feed.stage.snapshot("c") != feed.stage.snapshot("another")  # type: ignore[attr-defined]


def test_a_conversation_may_come_back() -> None:
    """S3-12: an asynchronous one is connected again, with an empty buffer."""
    stage = AlertRules((TrendRule(sustain=0.0),))
    feed = Feed(stage)
    feed(change("connected", 0.0), *ANGRY[:4], change("disconnected", 16.0), score(0.0, 30.0))
    assert stage.counters.late == 1
    assert feed(change("connected", 10.0), score(-1.0, 31.0)) == []  # an old word opens nothing
    assert stage.counters.late == 2
    feed(change("connected", 40.0))
    assert feed(*angry(41.0)[:4]) == []
    assert told(feed(score(-0.8, 60.0))) == [("trend", "raised", 60.0)]


def test_an_older_score_takes_its_place() -> None:
    """S3-10: by event time; what time has decided already is not undone."""
    feed = Feed(AlertRules((TrendRule(sustain=0.0),)))
    feed(*(score(-1.0, at) for at in (10.0, 20.0, 30.0, 40.0)))
    (alert,) = feed(score(-1.0, 25.0))
    assert [round(each.at - START) for each in alert.evidence] == [10, 20, 25, 30, 40]
    assert alert.began == START + 40.0
    stage = feed.stage
    assert feed(score(1.0, 9.0)) == []
    assert isinstance(stage, AlertRules)
    assert stage.counters.late == 1


def test_several_rules_at_once_with_an_alert_each() -> None:
    """S1-14, S0-18: three named rules over the same scores, and each says which it is."""
    feed = Feed(AlertRules((TrendRule(), ShareRule(), PolarityRule())))
    feed(*angry(), score(-0.8, 50.5))
    assert told(feed.out) == [
        ("polarity", "raised", 10.0),
        ("share", "raised", 20.0),
        ("trend", "raised", 50.001),
    ]


def test_a_rule_of_ones_own() -> None:
    """S3-06: anything with the members of a rule is one."""

    @attrs.frozen
    class Scream:
        id: str = "scream"
        threshold: float = -0.95
        window: int = 1
        participants: tuple[str | None, ...] = ("customer",)
        sustain: float = 0.0
        recovery_time: float = 0.0
        cooldown: float = 0.0
        stale: float = 60.0

        def judge(self, heard: Any, /) -> Judgement | None:
            value = heard[-1].value
            return Judgement(value, value < self.threshold, value >= 0.0)

    feed = Feed(AlertRules((Scream(),)))
    feed(score(-0.99, 1.0), score(-0.5, 2.0), score(0.1, 3.0))
    assert told(feed.out) == [("scream", "raised", 1.0), ("scream", "recovered", 3.0)]


def test_records_come_out_before_their_alerts_and_others_pass() -> None:
    """S3-11: the alert follows the record that caused it; nothing is dropped or changed."""
    stage = AlertRules((PolarityRule(count=1),))
    bad = score(-1.0, 0.0)
    first, alert = stage(bad, START)
    assert first is bad
    assert isinstance(alert, Alert)
    other = Message(conversation="c", message="m")
    assert list(stage(other, START)) == [other]
    assert stage.counters.passed == 1


def test_a_number_that_is_none_poisons_no_window() -> None:
    """S3-07: what is not finite or out of range is counted and not heard."""
    stage = AlertRules()
    feed = Feed(stage)
    for value in (nan, -2.0):
        stage(score(value, 0.0), START)
    stage(attrs.evolve(score(-1.0, 0.0), at=nan), START)
    assert (stage.counters.unsound, stage.counters.heard) == (3, 0)
    feed(*ANGRY)
    assert told(feed.wait()) == [("trend", "raised", 50.001)]


def test_events_an_hour_old_wait_for_the_rest_of_them() -> None:
    """C5-19: after an interruption old events come in a heap; the wall clock raises nothing."""
    feed = Feed(AlertRules(), lag=3600.0)
    feed(*ANGRY)
    assert feed.stage.tick(START + 3600.0 + 20.5) == []
    assert feed(score(1.0, 25.0)) == []
    assert feed.stage.tick(START + 3700.0) == []


@pytest.mark.parametrize("leap", [3600.0, -3600.0, 86_400.0 * 4000])
def test_a_leap_of_the_clock_raises_nothing(leap: float) -> None:
    """C5-19: one hour ahead or back, or past 2038: the wait goes on from there."""
    feed = Feed(AlertRules())
    feed(*ANGRY)
    assert feed.tick(21.0 + leap) == []
    if leap > 0:
        deadline = feed.stage.deadline
        assert deadline == pytest.approx(START + 21.0 + leap + 30.0, abs=0.01)
    feed.lag = leap
    assert feed(score(1.0, 25.0)) == []  # well again, and nobody was called
    assert feed.tick(60.0) == []
    assert feed(*angry(26.0)) == []
    assert told(feed.wait()) == [("trend", "raised", 76.001)]


def test_after_the_end_of_events_only_what_ended_is_said() -> None:
    """S3-12: no late score will come; a conversation that goes on keeps its alert."""
    feed = Feed(AlertRules((PolarityRule(count=1),)))
    feed(change("connected", 0.0), score(-1.0, 1.0), change("disconnected", 2.0))
    feed(change("connected", 0.0, conversation="on"), score(-1.0, 1.0, conversation="on"))
    assert told(feed.stage.finish(START + 3.0)) == [("polarity", "ended", 7.0)]
    assert list(feed.stage.finish(START + 3.0)) == []


def test_a_configuration_that_cannot_work_says_all_that_is_wrong() -> None:
    """S1-11: every problem at once, before anything runs."""
    with pytest.raises(ConfigurationError) as caught:
        AlertRules(
            (TrendRule(), TrendRule(), "rule"),  # type: ignore[arg-type]
            grace=-1.0,
            max_conversations=0,
            idle_eviction=nan,
        )
    for word in ("rules[2]", "grace", "max_conversations", "idle_eviction"):
        assert word in str(caught.value)
    with pytest.raises(ConfigurationError, match="same id"):
        AlertRules((TrendRule(), TrendRule()))
    with pytest.raises(ConfigurationError, match="at least one"):
        AlertRules(())


def test_what_a_rule_sees() -> None:
    """S3-08: times, values, utterances and the sarcasm flag, oldest first."""
    seen: list[Any] = []

    class Watching(TrendRule):
        def judge(self, heard: Any, /) -> Judgement | None:
            seen.append(heard)
            return None

    Feed(AlertRules((Watching(),)))(score(0.5, 1.0, sarcasm_flag=True))
    ((only,),) = seen
    assert isinstance(only, Heard)
    assert (only.at, only.value, only.utterance, only.sarcasm) == (START + 1, 0.5, "u1.0", True)
