"""The trend rule against an oracle that looks at every moment, and what must not matter."""

from __future__ import annotations

from itertools import pairwise, permutations
from math import fsum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.results import Record
from genesys_sentiment.scoring.alert_rules import PolarityRule, Rule, ShareRule, TrendRule
from genesys_sentiment.scoring.alerts import AlertRules
from tests.scoring.alert_feed import Feed, change, score, told
from tests.scoring.helpers import START

RULE = TrendRule(window=3, min_readings=3, sustain=5.0, recovery_time=3.0, cooldown=20.0, stale=8.0)
RULES: tuple[Rule, ...] = (RULE, ShareRule(min_readings=3, stale=9.0), PolarityRule(count=2))
STEP = 0.5  # seconds: every time below is a multiple

# Gaps in half seconds and values that are below, between and above the two levels.
VALUES = st.sampled_from([-1.0, -0.75, -0.5, -0.25, 0.5])
READINGS = st.lists(
    st.tuples(st.sampled_from([1, 1, 2, 3, 5, 12, 17, 40]), VALUES), min_size=1, max_size=40
)


def oracle(readings: list[tuple[float, float]], until: float) -> list[tuple[str, float]]:
    """S3-10 word by word, asked anew at every half second."""
    said: list[tuple[str, float]] = []
    state: dict[str, float | None] = {"began": None, "raised": None, "well": None, "quiet": None}
    at = 0.0
    while at <= until:
        past = [each for each in readings if each[0] <= at]
        before = [each for each in readings if each[0] < at]
        if before:
            _by_time(state, at, before[-1][0], said)
        if past and past[-1][0] == at:
            _by_reading(state, at, _average(past))
        at += STEP
    return said


def _by_time(
    state: dict[str, float | None], at: float, last: float, said: list[tuple[str, float]]
) -> None:
    began, raised, well = state["began"], state["raised"], state["well"]
    # Between the half seconds: "more than" is past the mark just before this moment.
    held = began is not None and at - STEP >= began + RULE.sustain
    quiet = state["quiet"] or 0.0
    # Both may fall between two half seconds: what was stale by then is not raised any more.
    due = max((began or 0.0) + RULE.sustain + 0.001, quiet)
    in_time = due <= last + RULE.stale + 0.001 + 1e-6  # sums of floats, equal on paper
    if raised is None and held and at >= quiet and in_time:
        state["raised"] = at
        said.append(("raised", at))
    elif raised is not None and well is not None and at >= well + RULE.recovery_time:
        said.append(("recovered", at))
        _rest(state, at)
    if at - STEP >= last + RULE.stale:
        if state["raised"] is not None:
            said.append(("stale", at))
            _rest(state, last + RULE.stale + 0.001)
        state["began"] = None


def _rest(state: dict[str, float | None], at: float) -> None:
    state["began"] = state["raised"] = state["well"] = None
    state["quiet"] = at + RULE.cooldown


def _by_reading(state: dict[str, float | None], at: float, average: float | None) -> None:
    if state["raised"] is not None:
        fine = average is not None and average >= RULE.recovery
        state["well"] = (state["well"] or at) if fine else None
    else:
        bad = average is not None and average < RULE.threshold
        state["began"] = (state["began"] or at) if bad else None


def _average(past: list[tuple[float, float]]) -> float | None:
    recent = past[-RULE.window :]
    for position in range(len(recent) - 1, 0, -1):
        if recent[position][0] - recent[position - 1][0] > RULE.stale:
            recent = recent[position:]
            break
    if len(recent) < RULE.min_readings:
        return None
    return fsum(value for _, value in recent) / len(recent)


def timed(gaps: list[tuple[int, float]]) -> list[tuple[float, float]]:
    """Times from gaps: the first reading is at 1 s."""
    out, at = [], 1.0
    for gap, value in gaps:
        out.append((at, value))
        at += gap * STEP
    return out


@settings(max_examples=300, deadline=None)
@given(READINGS, st.booleans())
def test_the_rule_says_what_the_oracle_says(gaps: list[tuple[int, float]], ticks: bool) -> None:
    """S3-06, S3-10: with ticks between the readings and without, over gaps and silences."""
    readings = timed(gaps)
    feed = Feed(AlertRules((RULE,)))
    end = readings[-1][0] + 30.0
    for (at, value), (following, _) in pairwise([*readings, (end, 0.0)]):
        feed(score(value, at))
        moment = at
        while ticks and moment < following - STEP:
            moment += STEP
            feed.tick(moment)
    while feed.deadline is not None:
        feed.wait()
    # What is due a millisecond after the mark is seen by the oracle at the next half second.
    mine = [(reason, _up(at)) for _, reason, at in told(feed.out)]
    assert mine == oracle(readings, end)


def _up(at: float) -> float:
    return at if at % STEP == 0 else (at // STEP + 1) * STEP


def life(draws: list[tuple[int, float, int]]) -> list[Record]:
    """Scores and changes of three conversations, two sides and two agents."""
    records: list[Record] = []
    at = 0.0
    for gap, value, what in draws:
        at += gap * STEP
        names: dict[str, Any] = {"conversation": f"c{what % 3}"}
        agent = "ab"[what % 2]
        if what == 7:
            records.append(change("connected", at, user=agent, **names))
        elif what in (8, 9):
            records.append(change("disconnected", at, user=agent, **names))
        else:
            side = ("customer", "agent", None)[what % 3]
            moment = at - (what == 6) * 4.0  # some come late
            records.append(score(value, moment, participant=side, utterance=f"{at}", **names))
    return records


LIVES = st.lists(
    st.tuples(st.sampled_from([0, 1, 2, 3, 9, 30]), VALUES, st.integers(0, 9)), max_size=60
).map(life)


def run(stage: AlertRules, records: list[Record]) -> list[Record]:
    """Each record, with a tick 2 s after it."""
    out: list[Record] = []
    for record in records:
        assert record.at is not None
        out += stage(record, record.at)
        out += stage.tick(record.at + 2.0)
    return out


@settings(max_examples=150, deadline=None)
@given(LIVES)
def test_a_replay_says_the_same(records: list[Record]) -> None:
    """S3-10: the same events give the same alerts; each is raised once and cleared at most once."""
    out = run(AlertRules(RULES), records)
    assert out == run(AlertRules(RULES), records)
    alerts = told(out)
    assert len(alerts) == len(out) - len(records)
    up: set[str] = set()
    for each in out:
        name = getattr(each, "alert", None)
        if name is not None:
            assert (getattr(each, "state") == "raised") is (name not in up)  # noqa: B009
            up ^= {name}


@settings(max_examples=150, deadline=None)
@given(LIVES, st.data())
def test_handing_over_anywhere_changes_nothing(records: list[Record], data: Any) -> None:
    """S3-12: all of it at once, or each conversation by itself, at any moment."""
    cut = data.draw(st.integers(0, len(records)))
    first, second = AlertRules(RULES), AlertRules(RULES)
    out = run(first, records[:cut])
    if data.draw(st.booleans()):
        second.restore(first.snapshot())
    else:
        for name in ("c0", "c1", "c2"):
            second.restore(first.snapshot(name))
    out += run(second, records[cut:])
    whole = AlertRules(RULES)
    assert out == run(whole, records)
    assert second.snapshot("c1") == whole.snapshot("c1")
    assert second.finish(START + 1e6) == whole.finish(START + 1e6)


@settings(max_examples=50, deadline=None)
@given(LIVES)
def test_the_order_of_the_rules_does_not_matter(records: list[Record]) -> None:
    """S1-14: composed rules do not know of one another."""
    expected = run(AlertRules(RULES), records)
    for order in permutations(RULES):
        assert run(AlertRules(order), records) == expected
    alone = [run(AlertRules((rule,)), records) for rule in RULES]
    assert sorted(told(expected)) == sorted(each for out in alone for each in told(out))


@settings(max_examples=100, deadline=None)
@given(LIVES)
def test_ticks_only_bring_forward_what_the_next_record_would_have_brought(
    records: list[Record],
) -> None:
    """S3-10: alerts carry the time at which they were due, however late one looks."""
    ordered = sorted(records, key=lambda record: record.at or 0.0)
    busy, lazy = AlertRules(RULES), AlertRules(RULES)
    often: list[Record] = []
    for record in ordered:
        assert record.at is not None
        for _ in range(50):
            if (busy.deadline or record.at + 1) > record.at:
                break
            often += busy.tick(busy.deadline or 0.0)
        often += busy(record, record.at)
    seldom = [each for record in ordered for each in lazy(record, record.at or 0.0)]
    for name in ("c0", "c1", "c2"):
        late = [each for each in seldom if each.conversation == name and told([each])]
        early = [each for each in often if each.conversation == name and told([each])]
        assert early[: len(late)] == late


def test_what_is_held_is_bounded() -> None:
    """C3: beyond the bound the longest silent goes, with its alert cleared; ended ones go."""
    stage = AlertRules((PolarityRule(count=1),), max_conversations=50)
    feed = Feed(stage)
    for number in range(200):
        feed(score(-0.9, number / 100, conversation=f"c{number}"))
    counters = stage.counters
    assert (counters.conversations, counters.raised, counters.cleared) == (50, 200, 150)
    feed(*(change("ended", 3.0, conversation=f"c{number}", purpose=None) for number in range(200)))
    feed.tick(9.0)
    assert stage.counters.conversations == 0
    assert stage.deadline is None
    assert stage.counters.cleared == 200


def test_idle_conversations_go_when_others_come() -> None:
    """C3: after 4 h; what they would have said comes first."""
    stage = AlertRules((PolarityRule(count=1),))
    feed = Feed(stage)
    feed(score(-0.9, 0.0), score(0.0, 0.0, conversation="other"))
    assert told(feed(score(0.0, 4 * 3600.0, conversation="new"))) == [("polarity", "stale", 60.001)]
    assert stage.counters.conversations == 1


def test_a_conversation_takes_less_than_a_kilobyte() -> None:
    """C3: an alert up, five readings with real ids, agent, queue and call; beyond its own id."""
    stage = AlertRules()
    name = "3f6c9a52-0000-4000-8000-000000000001"
    feed = Feed(stage)
    feed(change("connected", -1.0, conversation=name, user=name, queue=name, communication=name))
    for step in range(12):
        for side in ("customer", "agent"):
            uttered = f"{step:08d}-0000-4000-8000-000000000001"
            feed(score(-0.9, 5.0 * step, conversation=name, participant=side, utterance=uttered))
    assert stage.counters.raised == 2
    assert len(stage.snapshot(name)) <= 1000


@pytest.mark.parametrize("data", [b"", b"\x80", b"[]", b"\xff" * 40, b"{}"])
def test_damaged_snapshots_are_refused_and_change_nothing(data: bytes) -> None:
    """S3-12: what was known stays known."""
    stage = AlertRules(RULES)
    Feed(stage)(*(score(-1.0, float(at)) for at in range(4)))
    before = stage.snapshot()
    with pytest.raises(ConfigurationError):
        stage.restore(data)
    with pytest.raises(ConfigurationError):
        stage.restore(before[:-3])
    assert stage.snapshot() == before


def test_an_unknown_conversation_gives_an_empty_snapshot() -> None:
    """S3-12: and what was handed over can be forgotten."""
    stage = AlertRules(RULES)
    empty = stage.snapshot("unheard of")
    Feed(stage)(*(score(-1.0, float(at)) for at in range(4)))
    assert stage.snapshot("c") != empty
    stage.evict("c")
    assert stage.snapshot("c") == empty
    assert stage.deadline is None


def test_ids_that_utf8_cannot_say() -> None:
    """C5-15: half a surrogate pair in an id stops nothing."""
    stage = AlertRules((PolarityRule(count=1),))
    (alert,) = Feed(stage)(score(-1.0, 0.0, conversation="\ud800", utterance="\udfff"))
    assert alert.conversation.encode()
    stage.restore(stage.snapshot())
    assert stage.counters.conversations == 1
