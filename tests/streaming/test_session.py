"""One connection's life, without a loop, a socket or a clock."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.dialects.notifications import Notifications
from genesys_sentiment.model.events import (
    Event,
    Gap,
    StateChange,
    TopicRefused,
    Unreadable,
    Utterance,
)
from genesys_sentiment.model.wire import (
    Acknowledged,
    CommunicationState,
    ParticipantState,
    Refused,
    Snapshot,
    WireMessage,
)
from genesys_sentiment.streaming.actions import Action, Leave, Replace, Send
from genesys_sentiment.streaming.memory import Memory
from genesys_sentiment.streaming.requests import Requests
from genesys_sentiment.streaming.session import Session
from tests.streaming.test_requests import Asking
from tests.streaming.toys import Toy

FRAMES = st.sampled_from(
    [
        *(b"u1", b"u2", b"u3", b"u1 u2", b"u1 heartbeat", b"u4 u4", b"heartbeat", b"pong", b"ok"),
        *(b"ignored", b"drift", b"drift u5", b"u1 drift", b"nothing", b"jump", b"refused"),
        *(b"unknown", b"x", b"\xff", b"", b"closing", b"gone", b"revoked", b"closing u6"),
    ]
)


class Lenient(Toy):
    """The toy dialect, for which bytes that are no text are a bad frame, too."""

    def decode(self, frame: bytes, received: float) -> Sequence[WireMessage]:
        return super().decode(frame if frame.isascii() else b"x", received)


def session(dialect: Toy | Notifications | None = None, memory: Memory | None = None) -> Session:
    return Session(dialect or Toy(), memory or Memory(), now=100.0, wall=1000.0)


def received(frames: list[bytes], subject: Session) -> list[Event | Action]:
    return [each for frame in frames for each in subject.receive(frame, 100.0)]


@given(st.lists(FRAMES, max_size=40))
def test_every_frame_ends_in_exactly_one_count(frames: list[bytes]) -> None:
    """received = eventful + control + duplicate + invalid, after each of them (C5-15)."""
    memory = Memory()
    subject = Session(Lenient(), memory, now=0.0, wall=0.0)
    events = 0
    for number, frame in enumerate(frames, 1):
        out = subject.receive(frame, float(number))
        new = [each for each in out if not isinstance(each, Send | Leave)]
        memory.counters.emitted += len(new)
        memory.counters.yielded += len(new)
        events += len(new)
        assert memory.counters.received == number
        assert memory.counters.problems() == ()
    assert memory.counters.eventful <= events


@given(st.lists(st.binary(max_size=60) | st.just(b'{"topicName":"x"}'), max_size=20))
def test_the_real_dialect_accounts_for_any_bytes(frames: list[bytes]) -> None:
    memory = Memory()
    received(frames, session(Notifications(), memory))
    assert memory.counters.received == len(frames)
    assert memory.counters.problems() == ()


@pytest.mark.parametrize(
    ("frames", "count"),
    [
        ([b"u1"], "eventful"),
        ([b"u1 heartbeat"], "eventful"),
        ([b"heartbeat"], "control"),
        ([b"drift"], "control"),
        ([b""], "control"),
        ([b"closing"], "control"),
        ([b"x"], "invalid"),
        ([b"jump"], "eventful"),
        ([b"nothing"], "duplicate"),
    ],
)
def test_where_a_frame_is_counted(frames: list[bytes], count: str) -> None:
    memory = Memory()
    received(frames, session(memory=memory))
    assert memory.counters.as_dict()[count] == 1
    assert memory.counters.received == 1


def test_an_event_comes_once_and_its_repetition_is_counted() -> None:
    """C5-13."""
    memory = Memory()
    out = received([b"u1", b"u1", b"u1 u2"], session(memory=memory))
    assert [each.utterance for each in out if isinstance(each, Utterance)] == ["u1", "u2"]
    assert (memory.counters.duplicate, memory.counters.duplicates) == (1, 2)


def test_the_memory_outlives_the_session() -> None:
    memory = Memory()
    assert received([b"u1"], session(memory=memory))
    assert received([b"u1"], session(memory=memory)) == []


def test_the_time_of_arrival_is_monotonic_time_plus_a_fixed_difference() -> None:
    """C5-19: setting the wall clock meanwhile moves nothing."""
    (event,) = session().receive(b"u1", 107.5)
    assert isinstance(event, Utterance)
    assert event.received == 1107.5


def test_an_unreadable_frame_is_an_event_without_its_content() -> None:
    """C5-15, C5-17."""
    (event,) = session().receive(b"secret", 101.0)
    assert isinstance(event, Unreadable)
    assert (event.reason, event.length, event.received) == ("word", 6, 1101.0)
    assert "secret" not in repr(event)


def test_gaps_that_the_dialect_reports_are_events() -> None:
    """C5-13: a sequence that jumps is for the dialect to see."""
    memory = Memory()
    (gap,) = session(memory=memory).receive(b"jump", 100.0)
    assert isinstance(gap, Gap)
    assert memory.counters.gaps == 1


def test_drift_refusals_and_the_unknown_are_counted() -> None:
    memory = Memory()
    received([b"drift", b"drift u1", b"refused", b"unknown"], session(memory=memory))
    counters = memory.counters
    assert (counters.drift, counters.refused, counters.unknown) == (2, 1, 1)
    assert memory.drift == {"toy.new": 2}


def test_a_bug_in_the_dialect_comes_out_and_the_accounting_stays_whole() -> None:
    memory = Memory()
    with pytest.raises(LookupError):
        session(memory=memory).receive(b"bug", 100.0)
    assert memory.counters.problems() == ()


@pytest.mark.parametrize("frame", [b"closing", b"gone", b"revoked"])
def test_what_the_server_says_makes_us_open_another_connection(frame: bytes) -> None:
    """Whatever it is, and however often it is said: one."""
    subject = session()
    assert subject.receive(frame, 100.0) == [Replace()]
    assert subject.receive(frame, 101.0) == []


def test_45_seconds_without_a_frame_are_silence() -> None:
    """C3 liveness, C5-9, C5-10."""
    subject = session(Toy(ping=None))
    assert subject.deadline == 145.0
    assert subject.tick(144.9) == ()
    assert subject.tick(145.0) == (Leave(reason="silent"),)


def test_any_frame_is_a_sign_of_life() -> None:
    """Liveness counts frames, not pongs; nonsense is one as well."""
    subject = session(Toy(ping=None))
    subject.receive(b"x", 140.0)
    assert subject.deadline == 185.0
    subject.receive(b"heartbeat", 150.0)
    assert subject.tick(194.0) == ()
    assert subject.tick(195.0) == (Leave(reason="silent"),)


def test_pings_are_their_interval_apart_whatever_comes() -> None:
    subject = session(Toy(ping="are you there", ping_interval=10.0))
    sent = []
    for now in range(100, 160):
        subject.receive(b"heartbeat", float(now))
        sent += [(now, each) for each in subject.tick(float(now))]
    assert sent == [(at, Send("are you there")) for at in (110, 120, 130, 140, 150)]


def test_waiting_for_the_reader_is_not_silence() -> None:
    """C1: a slow consumer is no reason to leave."""
    subject = session(Toy(ping=None))
    subject.liveness.excuse(300.0)
    assert subject.tick(301.0) == ()
    assert subject.deadline == 345.0
    assert subject.liveness.whole == 100.0, "and yet no frame has come"


class Snapshots(Toy):
    """Every frame is a snapshot of conversation ``c``: ``state of the agent's call``."""

    def decode(self, frame: bytes, received: float) -> Sequence[WireMessage]:
        call = CommunicationState(communication="k", medium="call", state=frame.decode())
        agent = ParticipantState(participant="p", purpose="agent", communications=(call,))
        return [Snapshot(conversation="c", participants=(agent,), received=received)]


class Watching:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, float]] = []

    def observe(self, change: StateChange, now: float) -> Sequence[Event]:
        """What turns out when somebody is connected."""
        self.seen.append((change.state, now))
        late = change.state == "connected"
        return [Gap(reason="joined_late", conversation="c", since=0, until=1)] if late else ()

    def heard(self, conversation: str, now: float) -> None:
        """Who talks."""
        self.seen.append((conversation, now))

    def subscribed(self, topics: Collection[str], wall: float) -> Sequence[Event]:
        """Something to say of each."""
        return [
            Gap(reason="joined_late", conversation=each, since=0, until=wall) for each in topics
        ]


def test_snapshots_become_changes_and_the_observer_is_told() -> None:
    memory, watching = Memory(), Watching()
    subject = Session(Snapshots(), memory, now=0.0, wall=0.0, observer=watching)
    states = [b"alerting", b"alerting", b"connected"]
    out = [each for at, frame in enumerate(states) for each in subject.receive(frame, float(at))]
    assert [each.state for each in out if isinstance(each, StateChange)] == [
        "alerting",
        "connected",
    ]
    assert watching.seen == [("alerting", 0.0), ("connected", 2.0)]
    assert [type(each) for each in out] == [StateChange, StateChange, Gap]
    assert (memory.counters.eventful, memory.counters.duplicate) == (2, 1)
    assert memory.counters.gaps == 1


class Answered(Asking):
    """``ok:…`` acknowledges the request of that id, ``no:…`` refuses it."""

    def decode(self, frame: bytes, received: float) -> Sequence[WireMessage]:
        word, _, reference = frame.decode().partition(":")
        return [Acknowledged(reference) if word == "ok" else Refused(reference, "no such topic")]


def test_answers_reach_the_requests_and_are_counted() -> None:
    """S0-12, S0-10: an acknowledgement is control, a refusal is an event, each in one count."""
    memory, watching = Memory(), Watching()
    requests = Requests(Answered(pacing=0.0), iter(["r1", "r2"]).__next__, wall=1000.0)
    requests.desire(["a", "b"], 0.0)
    subject = Session(
        Answered(pacing=0.0), memory, now=0.0, wall=1000.0, observer=watching, requests=requests
    )
    assert subject.deadline <= 0.0
    assert list(subject.tick(0.0)) == [Send("+a"), Send("+b")]
    assert subject.deadline == 10.0, "when answers are due"
    (gap,) = subject.receive(b"ok:r1", 1.0)
    assert isinstance(gap, Gap)
    assert (gap.conversation, gap.until) == ("a", 1001.0)
    (refused,) = subject.receive(b"no:r2", 2.0)
    assert isinstance(refused, TopicRefused)
    assert (refused.topic, refused.reason, refused.received) == ("b", "no such topic", 1002.0)
    assert list(subject.receive(b"ok:r9", 3.0)) == []
    counters = memory.counters
    assert (counters.received, counters.eventful, counters.control) == (3, 2, 1)
    assert (counters.gaps, counters.refused) == (1, 1)


def test_a_change_that_was_told_is_not_told_again_when_the_snapshots_are_forgotten() -> None:
    memory = Memory()
    subject = Session(Snapshots(), memory, now=0.0, wall=0.0)
    assert len(subject.receive(b"connected", 0.0)) == 1
    memory.snapshots.forget("c")
    assert subject.receive(b"connected", 1.0) == []
    assert (memory.counters.eventful, memory.counters.duplicate) == (1, 1)
    assert memory.counters.problems() == ()
