"""Days of a stream in virtual time; ``make life`` lives through more of them."""

from __future__ import annotations

import asyncio

import pytest

from genesys_sentiment.simulator import Lose
from tests.life.__main__ import report
from tests.life.faults import FAULTS, Stroke
from tests.life.life import Outcome, Programme, live
from tests.life.oracle import judge


async def test_a_day_of_1000_conversations_and_100_faults() -> None:
    """Issue 5: every utterance arrives exactly once or lies in a reported gap.

    C3 Reconnect: at most 20 attempts in five minutes. What a frame cut short held is reported as
    Unreadable. The gaps are too small to be an excuse: under 3 % of the day.
    """
    outcome = await live(Programme(seed=20261121))
    verdict = outcome.verdict
    assert outcome.problems == (), report(outcome)
    assert len(outcome.said) > 10_000
    assert verdict.arrived_finals >= 0.975 * verdict.finals, report(outcome)
    assert 60.0 < verdict.open_gaps < 0.03 * 86_400.0, report(outcome)
    assert verdict.longest < 180.0, report(outcome)
    assert verdict.late < 0.03 * 86_400.0, report(outcome)
    assert set(outcome.faults) == set(FAULTS)
    assert outcome.renewals >= 12, report(outcome)
    assert outcome.rollovers >= 20, report(outcome)


async def test_a_day_without_faults_has_no_gap() -> None:
    """C3 Rollover: 23 h of a channel, a token that lives 24 h, and nothing is missed."""
    quiet = Programme(
        seed=1, hours=25.0, conversations=100, faults=0, token_life=86_400.0, rollover=23 * 3600.0
    )
    outcome = await live(quiet)
    assert outcome.problems == (), report(outcome)
    assert outcome.verdict.arrived == outcome.verdict.said > 500
    assert outcome.counters.gaps == 0, report(outcome)
    assert (outcome.rollovers, outcome.renewals) == (2, 1), report(outcome)


async def test_a_connection_that_stalls_while_another_one_takes_over() -> None:
    """C3 Rollover: what it still holds is waited for, and not dropped with it."""
    stalls = [Stroke(200.0 + 200.0 * number, "pause") for number in range(9)]
    brief = Programme(seed=1, hours=0.7, conversations=100, rollover=61.0)
    outcome = await live(brief, stalls)
    assert outcome.problems == (), report(outcome)
    assert outcome.rollovers > 20, report(outcome)
    assert outcome.verdict.open_gaps < 120.0, report(outcome)


ENDS = (
    *("abort", "close", "evict", "proxy reset", "proxy half close", "expire token", "mute"),
    *("take subscriptions", "revoke token", "open elsewhere", "announce closing", "half open"),
)


@pytest.mark.parametrize("rollover", [61.0, 3_000.0])
@pytest.mark.parametrize("after", [3.0, 9.0, 18.0])
async def test_a_connection_that_stalls_and_is_then_lost(after: float, rollover: float) -> None:
    """C5-9: frames that come late are no proof that none was still held back.

    Neither when another connection takes over meanwhile.
    """
    stalls = [
        Stroke(200.0 + 200.0 * number + later, name)
        for number in range(24)
        for later, name in ((0.0, "pause"), (after, ENDS[number % len(ENDS)]))
    ]
    stalling = Programme(seed=11, hours=1.5, conversations=400, rollover=rollover)
    outcome = await live(stalling, stalls)
    assert outcome.problems == (), report(outcome)
    assert outcome.verdict.in_gaps > 100, report(outcome)
    assert outcome.verdict.longest < 120.0, report(outcome)


async def test_a_conversation_whose_beginning_was_unreadable_is_found() -> None:
    """A frame that nobody can read may be the only one that told of a conversation."""
    cuts = [Stroke(100.0 + 100.0 * number, "truncate") for number in range(25)]
    outcome = await live(Programme(seed=3, hours=1.0, conversations=60), cuts)
    assert outcome.problems == (), report(outcome)
    assert outcome.verdict.reasons["joined_late"] > 0, report(outcome)
    assert outcome.verdict.late < 30.0 * 60, report(outcome)


@pytest.fixture(scope="module")
def brief() -> Outcome:
    """An hour, with some gaps."""
    return asyncio.run(live(Programme(seed=4, hours=1.0, conversations=60, faults=8)))


def test_the_oracle_sees_what_is_lost_or_comes_twice(brief: Outcome) -> None:
    """One of the utterances that came, taken away or told twice, is enough."""
    assert brief.problems == (), report(brief)
    names = [(each.conversation, each.utterance) for each in brief.said if each.final]
    seen = 0
    for place, event in enumerate(brief.events):
        if not event.id.startswith("utterance:"):
            continue
        without = [*brief.events[:place], *brief.events[place + 1 :]]
        verdict = judge(brief.said, without, brief.cuts)
        seen += len(verdict.lost) == 1
        verdict = judge(brief.said, [*brief.events, event], brief.cuts)
        assert len(verdict.twice) == 1
        if seen == 20:
            break
    assert seen == 20 < len(names)


def test_the_oracle_sees_what_was_never_said(brief: Outcome) -> None:
    """And states that go back."""
    first = next(each.utterance for each in brief.said if each.final)
    others = [each for each in brief.said if each.utterance != first]
    verdict = judge(others, brief.events, brief.cuts)
    assert {name.split()[1] for name in verdict.invented} == {first}
    back = judge(brief.said, [*brief.events, *brief.events], brief.cuts)
    assert len(back.backwards) > 60


async def test_the_oracle_sees_what_vanishes_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the platform loses in silence is in no gap: no client can know of it."""
    monkeypatch.setitem(FAULTS, "lose", lambda world: world.strike(Lose(3)))
    vanishing = [Stroke(300.0 + 300.0 * number, "lose") for number in range(8)]
    outcome = await live(Programme(seed=5, hours=1.0, conversations=60), vanishing)
    assert outcome.verdict.lost, report(outcome)
    assert any(each.startswith("lost ") for each in outcome.problems)
