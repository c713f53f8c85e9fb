"""The tracker: once each, in order, never backwards, nothing lost without a word."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.dialects.interaction_stream import InteractionStream
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.events import Gap, StateChange
from genesys_sentiment.model.results import Record
from genesys_sentiment.scoring.tracker import Tracker
from genesys_sentiment.scoring.transitions import TRANSITIONS, TrackerPolicy
from tests.scoring.helpers import START, utterance

LIFE = ("queued", "ringing", "connected", "completed")


def event(
    sequence: int | None, state: str = "queued", of: str = "i", at: float | None = None
) -> StateChange:
    """Number n happened n seconds after the start, and everything arrives a little later."""
    happened = START + (sequence or 0) % 1_000 if at is None else at
    return StateChange(
        conversation=of,
        subject="interaction",
        state=state,
        medium="voice",
        sequence=sequence,
        at=happened,
        received=START,
    )


def run(tracker: Tracker, events: Iterable[Record]) -> list[Record]:
    return [record for each in events for record in tracker(each, START)]


def steps(records: Iterable[Record]) -> list[tuple[str | None, str]]:
    """Transitions only: from where to where."""
    return [
        (each.before, each.state)
        for each in records
        if isinstance(each, StateChange) and not each.unexpected
    ]


def told(records: Iterable[Record]) -> list[object]:
    """State and number of each state change, with an exclamation mark where unexpected; gaps."""
    return [
        (
            f"{each.state}{'!' * each.unexpected}"
            if isinstance(each, StateChange)
            else ("gap", each.count)
            if isinstance(each, Gap)
            else each
        )
        for each in records
    ]


def balance(tracker: Tracker) -> Tracker:
    assert tracker.counters.balanced, tracker.counters
    return tracker


def test_four_events_of_one_interaction_are_four_transitions() -> None:
    """S4-11, S4-13: the tutorial's own processor and state machine let one of them through."""
    events = [event(number, state) for number, state in enumerate(LIFE, 1)]

    last_sequence, processed, current = 0, set[str](), dict[str, str]()
    theirs = []
    for each in events:
        assert each.sequence is not None
        if each.sequence <= last_sequence or each.conversation in processed:
            continue
        last_sequence = each.sequence
        processed.add(each.conversation)  # the interaction's id, taken for the event's
        theirs.append((current.get(each.conversation), each.state))
        current[each.conversation] = each.state
    ours = steps(run(Tracker(), events))

    assert theirs == [(None, "queued")]
    assert ours == [
        (None, "queued"),
        ("queued", "ringing"),
        ("ringing", "connected"),
        ("connected", "completed"),
    ]


def test_frames_of_the_dialect_become_transitions() -> None:
    """S4-11, S4-13: from the tutorial's own messages, a repeat and a late one among them."""
    tracker, dialect = Tracker(), InteractionStream()
    out: list[Record] = []
    for number in (1, 3, 2, 2, 4):
        message = {
            "sequence": number,
            "id": "6b1f2c3d-1111-4222-8333-444455556666",
            "type": "interaction",
            "status": LIFE[number - 1],
            "channelType": "voice",
            "timestamp": f"2026-11-20T10:00:0{number}Z",
        }
        [change] = dialect.decode(json.dumps(message).encode(), START)
        assert isinstance(change, StateChange)
        out += tracker(change, START)
    assert steps(out) == [(None, LIFE[0]), *pairwise(LIFE)]
    assert {each.medium for each in out if isinstance(each, StateChange)} == {"voice"}


def test_sequence_zero_is_a_number_and_interactions_count_for_themselves() -> None:
    """S4-11: the tutorial's one cursor for all begins at 0 and drops it."""
    events = [event(0, "queued", "a"), event(0, "queued", "b"), event(1, "ringing", "a")]
    assert told(run(Tracker(), events)) == ["queued", "queued", "ringing"]


def test_repeats_give_nothing_and_are_counted() -> None:
    """S4-11: dedup by interaction and sequence, whether applied or waiting."""
    tracker = Tracker()
    events = [event(1), event(1), event(3, "connected"), event(3, "connected"), event(2, "ringing")]
    assert told(run(tracker, [*events, event(2, "ringing"), event(3, "connected")])) == [
        "queued",
        "ringing",
        "connected",
    ]
    assert (tracker.counters.repeated, tracker.counters.moved) == (4, 3)
    balance(tracker)


def test_what_is_not_numbered_comes_back() -> None:
    plain = event(None)
    spoken = utterance()
    gap = Gap(reason="sequence", since=1.0, until=2.0, conversation="i", count=1)
    tracker = Tracker()
    assert run(tracker, [plain, spoken, gap]) == [plain, spoken, gap]
    assert balance(tracker).counters.passed == 3


def test_a_transition_is_the_event_with_before_filled_in() -> None:
    """S4-13: from, to, time, channel type, and whatever else the event had."""
    first, second = event(1), evolve(event(2, "ringing"), attributes=(("skill", "x"),))
    assert run(Tracker(), [first, second]) == [first, evolve(second, before="queued")]


class TestNumbersOfTheStream:
    """``numbering="stream"``: one count, a state for each interaction."""

    POLICY = TrackerPolicy(numbering="stream")

    def test_interactions_share_the_numbers(self) -> None:
        """S4-11, S4-12: in order across interactions, each with its own state."""
        tracker = Tracker(self.POLICY)
        events = [
            event(1, "queued", "a"),
            event(3, "ringing", "a"),
            event(2, "queued", "b"),
            event(4, "completed", "b"),
            event(4, "completed", "b"),
        ]
        assert run(tracker, events) == [
            event(1, "queued", "a"),
            event(2, "queued", "b"),
            evolve(event(3, "ringing", "a"), before="queued"),
            evolve(event(4, "completed", "b"), before="queued"),
        ]
        assert balance(tracker).counters.repeated == 1

    def test_a_gap_is_anybodys(self) -> None:
        tracker = Tracker(self.POLICY)
        run(tracker, [event(1, "queued", "a"), event(4, "queued", "b")])
        gap, _ = tracker.tick(START + 2.0)
        assert gap == Gap(reason="sequence", since=START, until=START, count=2)
        assert told(tracker(gap, START)) == [("gap", 2)]
        assert run(tracker, [event(4, "queued", "b")]) == [], "no new connection"

    def test_after_a_restart_each_interaction_has_its_own_past(self) -> None:
        """S4-13: an event is late for its own interaction only."""
        tracker = Tracker(self.POLICY)
        run(tracker, [event(1, "queued", "a"), event(2, "connected", "b", at=START + 90)])
        run(tracker, [Gap(reason="silent", since=START, until=START)])
        events = [event(1, "ringing", "a", at=START + 50), event(2, "queued", "b", at=START + 50)]
        assert told(run(tracker, events)) == ["ringing", "queued!"]
        balance(tracker)


class TestOrder:
    def test_early_ones_wait(self) -> None:
        """S4-12: a late event is not lost, and not out of order."""
        tracker = Tracker()
        assert told(run(tracker, [event(1), event(4, "completed"), event(3, "connected")])) == [
            "queued"
        ]
        assert balance(tracker).counters.held == 2
        assert told(tracker(event(2, "ringing"), START)) == ["ringing", "connected", "completed"]
        assert tracker.deadline is None
        balance(tracker)

    def test_not_for_ever(self) -> None:
        """S4-12: after 2 s the gap is said, with how many are missing."""
        tracker = Tracker()
        run(tracker, [event(1), event(4, "connected")])
        assert tracker.deadline == START + 2.0
        assert tracker.tick(START + 1.999) == []
        gap, moved = tracker.tick(START + 2.0)
        assert gap == Gap(reason="sequence", since=START, until=START, conversation="i", count=2)
        assert moved == evolve(event(4, "connected"), before="queued")
        assert tracker.deadline is None
        assert balance(tracker).counters.gaps == 1

    def test_events_bring_time_too(self) -> None:
        """A replay without ticks decides as the live run did."""
        tracker = Tracker()
        run(tracker, [event(1), event(3, "completed")])
        other = evolve(event(1, "queued", "other"), received=START + 3.0)
        assert told(tracker(other, START)) == [("gap", 1), "completed", "queued"]

    def test_each_waits_its_own_time(self) -> None:
        tracker = Tracker()
        late = evolve(event(6, "completed"), received=START + 1.0)
        run(tracker, [event(1), event(3, "ringing"), late])
        assert told(tracker.tick(START + 2.5)) == [("gap", 1), "ringing"]
        assert tracker.deadline == START + 3.0
        assert told(tracker.tick(START + 3.0)) == [("gap", 2), "completed"]

    def test_not_more_than_64(self) -> None:
        """S4-12: the buffer is bounded in number as well."""
        tracker = Tracker()
        states = ("held", "connected")
        waiting = [event(number, states[number % 2]) for number in range(3, 3 + 64)]
        assert told(run(tracker, [event(1, "connected"), *waiting])) == ["connected"]
        out = told(tracker(event(3 + 64, states[1]), START))
        assert out[0] == ("gap", 1)
        assert len(out) == 1 + 64
        assert balance(tracker).counters.held == 0

    def test_the_end_releases_all(self) -> None:
        tracker = Tracker()
        run(tracker, [event(1), event(3, "ringing"), event(9, "completed", "other")])
        assert told(tracker.finish(START)) == [("gap", 1), "ringing", "completed"]
        assert tracker.finish(START) == []
        balance(tracker)

    def test_joining_late_is_no_gap(self) -> None:
        """Nobody knows whether the numbers before the first were ever meant for this line."""
        tracker = Tracker()
        assert run(tracker, [event(8, "completed"), event(7, "connected")]) == []
        assert told(tracker.tick(START + 2.0)) == ["connected", "completed"]
        assert tracker.counters.gaps == 0


class TestNeverBackwards:
    def test_a_late_event_is_handed_back_and_changes_nothing(self) -> None:
        """S4-13: an older event does not move the state back, and is not dropped."""
        tracker = Tracker()
        run(tracker, [event(1), event(3, "connected")])
        tracker.tick(START + 2.0)
        late = event(2, "ringing")
        assert tracker(late, START) == [evolve(late, before="connected", unexpected=True)]
        assert told(tracker(late, START)) == []
        [moved] = tracker(event(4, "completed"), START)
        assert isinstance(moved, StateChange)
        assert (moved.before, moved.unexpected) == ("connected", False)
        assert (tracker.counters.late, balance(tracker).counters.repeated) == (1, 1)

    def test_before_the_first_as_well(self) -> None:
        tracker = Tracker()
        run(tracker, [event(7, "connected")])
        tracker.tick(START + 2.0)
        assert told(tracker(event(5, "queued"), START)) == ["queued!"]
        assert told(tracker(event(5, "queued"), START)) == []

    def test_unchanged_gives_nothing(self) -> None:
        """S4-13: the tutorial's machine emits a transition from a state to itself."""
        tracker = Tracker()
        events = [event(1), event(2), event(3, "ringing")]
        assert told(run(tracker, events)) == ["queued", "ringing"]
        assert balance(tracker).counters.unchanged == 1

    @pytest.mark.parametrize("before", TRANSITIONS)
    @pytest.mark.parametrize("state", [*TRANSITIONS, "a new state"])
    def test_a_step_that_the_table_does_not_know_is_marked(self, before: str, state: str) -> None:
        """S4-13: legality is a flag; the event is never dropped."""
        out = run(Tracker(), [event(1, before), event(2, state)])
        if before == state:
            assert len(out) == 1
            return
        [_, moved] = out
        assert isinstance(moved, StateChange)
        assert (moved.before, moved.state) == (before, state)
        assert moved.unexpected is (state not in TRANSITIONS[before])

    def test_spelling_does_not_matter(self) -> None:
        out = run(Tracker(), [event(1, "Connected"), event(2, "WRAP-UP"), event(3, "wrap_up")])
        assert told(out) == ["Connected", "WRAP-UP"]


class TestConnections:
    GAP = Gap(reason="disconnected", since=START, until=START + 5.0)

    def test_numbers_may_begin_again(self) -> None:
        """S4-11: the tutorial drops everything for ever after a restart at 1 (C5-13)."""
        tracker = Tracker()
        before = [event(number, state) for number, state in enumerate(LIFE[:3], 1)]
        after = [event(1, "held", at=START + 50), event(2, "connected", at=START + 51)]
        out = told(run(tracker, [*before, self.GAP, *after]))
        assert out == ["queued", "ringing", "connected", ("gap", None), "held", "connected"]
        balance(tracker)

    def test_what_is_older_than_the_state_is_late_there_too(self) -> None:
        """S4-13: by event time, where numbers of two connections cannot be compared."""
        tracker = Tracker()
        run(tracker, [event(1, "queued"), event(2, "connected", at=START + 20), self.GAP])
        assert told(run(tracker, [event(1, "ringing", at=START + 10)])) == ["ringing!"]
        assert told(run(tracker, [event(2, "completed", at=START + 30)])) == ["completed"]

    def test_numbers_may_go_on(self) -> None:
        tracker = Tracker()
        run(tracker, [event(5, "queued"), event(6, "ringing")])
        tracker.tick(START + 2.0)
        run(tracker, [self.GAP, self.GAP])
        assert told(run(tracker, [event(7, "connected")])) == ["connected"]

    def test_the_same_moment_is_not_older(self) -> None:
        tracker = Tracker()
        run(tracker, [event(1, "queued", at=START), self.GAP])
        assert told(run(tracker, [event(1, "ringing", at=START)])) == ["ringing"]

    def test_what_waited_comes_before_the_break(self) -> None:
        tracker = Tracker()
        out = run(tracker, [event(1), event(3, "completed"), self.GAP])
        assert told(out) == ["queued", ("gap", 1), "completed", ("gap", None)]
        assert out[-1] is self.GAP

    @pytest.mark.parametrize(
        "gap",
        [
            Gap(reason="dropped", since=START, until=START),
            Gap(reason="joined_late", since=START, until=START, conversation="i"),
        ],
    )
    def test_other_gaps_are_no_new_connection(self, gap: Gap) -> None:
        tracker = Tracker()
        run(tracker, [event(1), gap])
        assert run(tracker, [event(1)]) == []
        assert tracker.counters.repeated == 1


class TestJumps:
    HUGE = 2**53

    def test_one_huge_number_blocks_nothing(self) -> None:
        """S4-11: in the tutorial everything after it is "outdated" (C5-13)."""
        tracker = Tracker()
        events = [event(1), event(self.HUGE, "held"), event(2, "ringing"), event(3, "connected")]
        assert told(run(tracker, events)) == ["queued", "held!", "ringing", "connected"]
        assert balance(tracker).counters.stray == 1

    def test_nor_as_the_very_first(self) -> None:
        tracker = Tracker()
        events = [event(self.HUGE, "held"), event(1), event(2, "ringing")]
        assert told(run(tracker, events)) == ["queued", "held!", "ringing"]

    def test_nor_where_it_had_to_be_believed(self) -> None:
        tracker = Tracker()
        run(tracker, [event(self.HUGE, "queued", at=START)])
        assert told(tracker.tick(START + 2.0)) == ["queued"]
        assert told(run(tracker, [event(5, "ringing"), event(6, "connected")])) == [
            "ringing!",
            ("gap", None),
            "connected",
        ]
        assert told(run(tracker, [event(7, "completed")])) == ["completed"]

    def test_two_that_follow_each_other_are_believed(self) -> None:
        """C5-13: a jump of the numbering itself; the gap cannot be counted."""
        tracker = Tracker()
        run(tracker, [event(1), event(3, "connected")])
        jumped = [event(5_007, "held"), event(5_008, "completed")]
        out = run(tracker, jumped)
        assert told(out) == ["held!", ("gap", 1), "connected", ("gap", None), "completed"]
        assert told(run(tracker, jumped)) == []
        assert balance(tracker).counters.restarts == 1

    def test_two_that_do_not_are_not(self) -> None:
        tracker = Tracker()
        run(tracker, [event(1)])
        strays = [event(5_007, "held"), event(5_009, "held"), event(2, "ringing")]
        assert told(run(tracker, [*strays, event(5_010, "held")])) == [
            "held!",
            "held!",
            "ringing",
            "held!",
        ]
        assert balance(tracker).counters.restarts == 0

    def test_a_restart_that_nobody_announced(self) -> None:
        """C5-13: known numbers with newer times are no repeats."""
        tracker = Tracker()
        run(tracker, [event(number, state) for number, state in enumerate(LIFE[:3], 1)])
        assert told(run(tracker, [event(1, "held", at=START + 60)])) == ["held!"]
        assert told(run(tracker, [event(2, "completed", at=START + 61)])) == [
            ("gap", None),
            "completed",
        ]

    def test_a_jump_within_reason_waits(self) -> None:
        tracker = Tracker()
        assert told(run(tracker, [event(1), event(1_002, "ringing")])) == ["queued"]
        assert told(tracker.tick(START + 2.0)) == [("gap", 1_000), "ringing"]
        tracker = Tracker()
        assert told(run(tracker, [event(1), event(1_003, "ringing")])) == ["queued", "ringing!"]


class TestBounds:
    def test_completed_ones_go_after_a_grace(self) -> None:
        """S4-13: the tutorial's map only grows."""
        tracker = Tracker()
        run(tracker, [event(number, state) for number, state in enumerate(LIFE, 1)])
        tracker.tick(START + 4.9)
        assert tracker.counters.conversations == 1
        assert told(run(tracker, [event(5, "wrapup")])) == ["wrapup"]
        assert tracker.deadline is None
        tracker.tick(START + 5.0)
        assert (tracker.counters.conversations, tracker.counters.evicted) == (0, 1)

    def test_not_when_they_go_on(self) -> None:
        tracker = Tracker()
        run(tracker, [event(1, "completed"), event(2, "connected")])
        tracker.tick(START + 100.0)
        assert tracker.counters.conversations == 1

    def test_at_the_bound_the_one_longest_silent_goes_with_a_word(self) -> None:
        """S4-11: bounded LRU."""
        tracker = Tracker(TrackerPolicy(max_conversations=2))
        run(tracker, [event(1, of="a"), event(3, "ringing", of="a"), event(1, of="b")])
        assert told(run(tracker, [event(1, of="c")])) == [("gap", 1), "ringing", "queued"]
        assert balance(tracker).counters.conversations == 2
        run(tracker, [event(2, "ringing", of="b"), event(1, of="d")])
        [moved] = run(tracker, [event(3, "connected", of="b")])
        assert isinstance(moved, StateChange)
        assert moved.before == "ringing", "b was heard of after c"

    def test_idle_ones_go(self) -> None:
        """S4-11: and TTL."""
        tracker = Tracker()
        run(tracker, [event(1, of="a"), event(1, of="b")])
        run(tracker, [evolve(event(1, of="c"), received=START + 4 * 3600.0)])
        assert tracker.counters.conversations == 1

    def test_holes_are_bounded(self) -> None:
        tracker = Tracker(TrackerPolicy(wait=0.0))
        for number in range(1, 1_001, 2):
            run(tracker, [event(number, "queued", at=START)])
            tracker.tick(START)
        assert len(tracker.snapshot()) < 3_000

    @pytest.mark.parametrize(
        "figures",
        [
            {"buffer": 0},
            {"numbering": "both"},
            {"wait": -1.0},
            {"max_jump": 1.5},
            {"grace": float("nan")},
            {"max_conversations": True},
        ],
        ids=str,
    )
    def test_figures_are_checked(self, figures: dict[str, object]) -> None:
        with pytest.raises(ConfigurationError, match=next(iter(figures))):
            TrackerPolicy(**figures)  # type: ignore[arg-type]


STATES = st.sampled_from([*LIFE, "held", "wrapup", "surprise"])


@st.composite
def shuffled(draw: st.DrawFn) -> list[StateChange]:
    """Interactions with numbers lost, repeated, and in any order, but soon after each other."""
    events: list[StateChange] = []
    for of in ("a", "b"):
        first = draw(st.sampled_from([1, 7, 500]))
        states = draw(st.lists(STATES, max_size=12))
        numbered = [event(number, state, of) for number, state in enumerate(states, first)]
        kept = [each for each in numbered if draw(st.integers(0, 4))]
        events += kept + [each for each in kept if not draw(st.integers(0, 3))]
    return draw(st.permutations(events))


def by_brute_force(events: Sequence[StateChange], of: str) -> list[tuple[object, ...]]:
    """What the sorted, unique events of one interaction come to."""
    told: list[tuple[object, ...]] = []
    before: str | None = None
    unique = {each.sequence or 0: each for each in events if each.conversation == of}
    last: int | None = 0 if 1 in unique else None
    for number, each in sorted(unique.items()):
        if last is not None and number > last + 1:
            told.append(("gap", number - last - 1))
        last = number
        if each.state != before:
            told.append((before, each.state))
            before = each.state
    return told


@given(shuffled())
def test_any_order_comes_to_what_sorting_comes_to(events: list[StateChange]) -> None:
    """S4-11, S4-12: dedup and reordering against sorting a set; C5-13."""
    tracker = Tracker()
    out = [*run(tracker, events), *tracker.finish(START)]
    for of in ("a", "b"):
        found: list[tuple[object, ...]] = [
            ("gap", each.count) if isinstance(each, Gap) else (each.before, each.state)
            for each in out
            if isinstance(each, Gap | StateChange) and each.conversation == of
        ]
        assert found == by_brute_force(events, of)
    balance(tracker)
    assert tracker.counters.held == 0


ARRIVALS = st.lists(
    st.tuples(st.integers(1, 15), st.sampled_from(["a", "b"]), st.floats(0, 1.5)), max_size=40
)


@given(ARRIVALS)
def test_whenever_they_come_they_are_in_order_and_every_number_is_accounted_for(
    arrivals: list[tuple[int, str, float]],
) -> None:
    """S4-11, S4-12: applied ones only go up; what is missing is what the gaps said (C5-13)."""
    tracker = Tracker()
    now, out = START, list[Record]()
    for number, of, later in arrivals:
        now += later
        change = evolve(event(number, f"state {number}", of), received=now)
        out += tracker(change, START)
        deadline = tracker.deadline
        assert deadline is None or now < deadline <= now + 2.0
    out += tracker.finish(START)
    counters = balance(tracker).counters
    assert (counters.held, counters.stray, counters.unchanged) == (0, 0, 0)
    for of in ("a", "b"):
        mine = [each for each in out if isinstance(each, Gap | StateChange)]
        mine = [each for each in mine if each.conversation == of]
        numbers = [each.sequence or 0 for each in mine if isinstance(each, StateChange)]
        assert sorted(numbers) == sorted({number for number, whose, _ in arrivals if whose == of})
        applied: list[int] = []
        for number in numbers:
            if not applied or number > applied[-1]:
                applied.append(number)
        missing = sum(each.count or 0 for each in mine if isinstance(each, Gap))
        assert missing == (applied[-1] - applied[0] + 1 - len(applied) if applied else 0)


NUMBERS = st.one_of(st.integers(0, 12), st.integers(990, 1_020), st.just(2**53))
ANYTHING: st.SearchStrategy[Record] = st.one_of(
    st.builds(
        lambda number, state, of, at, later: evolve(
            event(number, state, of, START + at), received=START + later
        ),
        NUMBERS,
        STATES,
        st.sampled_from(["a", "b", "c"]),
        st.integers(0, 60),
        st.integers(0, 12),
    ),
    st.builds(
        Gap, reason=st.sampled_from(["silent", "dropped"]), since=st.just(1.0), until=st.just(2.0)
    ),
    st.just(utterance()),
)
POLICIES = st.sampled_from(
    [
        TrackerPolicy(buffer=3, max_conversations=2),
        TrackerPolicy(buffer=3, max_conversations=2, numbering="stream"),
    ]
)


@given(st.lists(ANYTHING, max_size=30), st.integers(0, 30), POLICIES)
def test_handing_over_anywhere_changes_nothing(
    events: list[Record], at: int, policy: TrackerPolicy
) -> None:
    """C6-1: a tracker restored in the middle says what one that went on says."""
    steady, first, second = (Tracker(policy) for _ in range(3))
    expected = [list(steady(each, START)) for each in events]
    expected.append(list(steady.finish(START)))
    found = [list(first(each, START)) for each in events[:at]]
    second.restore(first.snapshot())
    balance(second)
    found += [list(second(each, START)) for each in events[at:]]
    found.append(list(second.finish(START)))
    assert found == expected
    assert second.snapshot() == steady.snapshot()
    balance(second)


@given(st.lists(ANYTHING, max_size=30), POLICIES)
def test_whatever_comes_the_counts_add_up_and_nothing_is_made_up(
    events: list[Record], policy: TrackerPolicy
) -> None:
    """S4-11, S4-13: each event comes out once at most, and the state goes on from its last."""
    tracker = Tracker(policy)
    out = [*run(tracker, events), *tracker.finish(START)]
    counters = balance(tracker).counters
    assert (counters.offered, counters.held) == (len(events), 0)
    changes = [each for each in out if isinstance(each, StateChange)]
    assert len(changes) == counters.moved + counters.late + counters.stray
    ids = {each.id for each in events}
    assert all(each.id in ids for each in changes)
    assert sum(isinstance(each, Gap) and each.reason == "sequence" for each in out) == counters.gaps


@given(st.lists(ANYTHING, max_size=30), POLICIES)
def test_the_same_events_say_the_same(events: list[Record], policy: TrackerPolicy) -> None:
    """C6-1: replay determinism, whatever the time of the replay."""
    first, second = Tracker(policy), Tracker(policy)
    later = [record for each in events for record in second(each, START + 1e6)]
    assert run(first, events) == later
    assert first.snapshot() == second.snapshot()


@pytest.mark.parametrize("data", [b"", b"[]", b'{"version":2,"epoch":0,"tracks":[]}', b"\xff"])
def test_restoring_nonsense_is_refused(data: bytes) -> None:
    tracker = Tracker()
    run(tracker, [event(1), event(3)])
    with pytest.raises(ConfigurationError):
        tracker.restore(data)
    assert balance(tracker).counters.held == 1, "what was kept is kept"


def test_a_snapshot_that_contradicts_itself_is_refused() -> None:
    tracker, other = Tracker(), Tracker()
    run(tracker, [event(1, of="a"), event(3, of="a"), event(1, of="b")])
    whole = tracker.snapshot()
    for old, new in ((b'"name":"b"', b'"name":"a"'), (b'"name":""', b'"name":"c"')):
        assert old in whole
        with pytest.raises(ConfigurationError, match="damaged"):
            other.restore(whole.replace(old, new))
    with pytest.raises(ConfigurationError, match="damaged"):
        other.restore(whole.replace(b'"conversation":"a"', b'"conversation":"z"'))


def test_a_snapshot_survives_half_a_surrogate_pair() -> None:
    tracker, other = Tracker(), Tracker()
    run(tracker, [evolve(event(9), attributes=(("\ud800", "\udfff"),))])
    other.restore(tracker.snapshot())
    assert other.finish(START) == tracker.finish(START)


def test_the_example_of_the_docs(capsys: pytest.CaptureFixture[str]) -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "tracking.md"
    [example] = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(example, str(page), "exec"), {})
    promised = [line[2:] for line in example.splitlines() if line.startswith("# ")]
    assert capsys.readouterr().out.splitlines() == promised


def test_the_table_of_the_docs() -> None:
    """S4-13: what is documented is what is decided."""
    page = Path(__file__).resolve().parents[2] / "docs" / "tracking.md"
    rows = re.findall(r"^\| (\w+) \| ([\w, ]+) \|$", page.read_text("utf-8"), re.MULTILINE)
    told_there = {before: set(states.split(", ")) for before, states in rows}
    assert told_there == {"from": {"to"}, **TRANSITIONS}
