"""Which conversations were talking before their topics were subscribed, whenever that is heard."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.model.events import Event, Gap, StateChange
from genesys_sentiment.model.wire import CommunicationState, ParticipantState, Snapshot
from genesys_sentiment.scoring.snapshots import Snapshots
from genesys_sentiment.streaming.watching import Watcher

WALL = 1_000.0


class Heard:
    """A watcher and the snapshots that it looks at; times are seconds since the epoch."""

    def __init__(self) -> None:
        self.snapshots = Snapshots()
        self.watcher = Watcher(
            self.snapshots, lambda each: (f"{each}.x",), linger=60.0, idle=3_600.0, wall=WALL
        )

    def says(
        self, purpose: str, state: str, now: float, at: float | None = None, name: str = "c"
    ) -> list[Event]:
        """A snapshot tells of a call, ``now``; what the watcher says to it."""
        call = CommunicationState(
            communication=f"{purpose}-k",
            medium="call",
            state=state,
            connected=at if state == "connected" else None,
            disconnected=at if state == "disconnected" else None,
        )
        one = ParticipantState(participant=purpose, purpose=purpose, communications=(call,))
        snapshot = Snapshot(conversation=name, participants=(one,))
        return [
            told
            for change in self.snapshots.observe(snapshot)
            if isinstance(change, StateChange)
            for told in self.watcher.observe(change, now - WALL)
        ]

    def subscribed(self, now: float, name: str = "c") -> list[Event]:
        """Its topic is subscribed."""
        return list(self.watcher.subscribed([f"{name}.x"], now))


def late(since: float, until: float) -> Gap:
    """The gap of a conversation that was talking before."""
    return Gap(reason="joined_late", conversation="c", since=since, until=until)


def test_who_was_connected_before_is_announced_although_it_is_heard_of_afterwards() -> None:
    """A network that stalls brings the customer's leg first, and the agent's a second later."""
    subject = Heard()
    assert subject.says("customer", "connected", 1_042.5, 1_029.0) == []
    assert subject.subscribed(1_043.0) == []
    assert subject.says("agent", "alerting", 1_043.2) == []
    assert subject.says("agent", "connected", 1_043.4, 1_032.0) == [late(1_032.0, 1_043.0)]
    assert subject.says("agent2", "connected", 1_043.5, 1_032.0) == [], "said once"
    assert subject.subscribed(1_050.0) == []


def test_who_was_connected_since_is_not() -> None:
    subject = Heard()
    subject.says("agent", "alerting", 1_000.0)
    subject.subscribed(1_001.0)
    assert subject.says("agent", "connected", 1_010.0, 1_005.0) == []
    assert subject.says("agent2", "connected", 1_011.0, 1_000.5) == [], "somebody heard it all"


def test_an_unknown_time_decides_nothing() -> None:
    """The next one that is known does."""
    subject = Heard()
    subject.says("agent", "alerting", 1_000.0)
    subject.subscribed(1_001.0)
    assert subject.says("agent", "connected", 1_010.0) == []
    assert subject.says("agent2", "connected", 1_011.0, 1_000.5) == [late(1_000.5, 1_001.0)]


def test_who_talked_while_its_topics_were_asked_for_is_announced_although_it_is_over() -> None:
    """REST took its time: nobody is talking any more when they are subscribed."""
    subject = Heard()
    subject.says("agent", "alerting", 1_000.0)
    subject.says("agent", "connected", 1_005.0, 1_005.0)
    subject.says("agent", "disconnected", 1_030.0, 1_030.0)
    assert subject.subscribed(1_040.0) == [late(1_000.0, 1_040.0)]


def test_who_hung_up_before_anybody_answered_is_not() -> None:
    subject = Heard()
    subject.says("agent", "alerting", 1_000.0)
    subject.says("agent", "disconnected", 1_030.0, 1_030.0)
    assert subject.subscribed(1_040.0) == []


def test_who_talked_and_ended_while_nothing_could_be_subscribed_is_announced() -> None:
    """REST is out for longer than topics linger: all that was said there is missing."""
    subject = Heard()
    subject.says("agent", "alerting", 1_000.0)
    subject.says("agent", "connected", 1_005.0, 1_005.0)
    subject.says("agent", "disconnected", 1_030.0, 1_030.0)
    subject.watcher.tick(100.0)
    assert subject.watcher.conversations == ()
    assert list(subject.watcher.subscribed((), 1_101.0)) == [late(1_000.0, 1_100.0)]
    assert list(subject.watcher.subscribed((), 1_102.0)) == []


def test_nothing_is_kept_of_a_conversation_that_was_let_go() -> None:
    """C3: not of one that nobody ever answered, either."""
    subject = Heard()
    empty = {name: len(kept) for name, kept in vars(subject.watcher).items() if _sized(kept)}
    for number in range(50):
        name = f"c{number}"
        subject.says("agent", "alerting", 1_000.0, name=name)
        subject.subscribed(1_001.0, name)
        if number % 2:
            subject.says("agent", "disconnected", 1_010.0, 1_010.0, name)
    subject.watcher.tick(1_100.0 - WALL)
    subject.watcher.tick(9_000.0 - WALL)
    assert subject.watcher.conversations == ()
    kept = vars(subject.watcher)
    assert {name: len(kept[name]) for name in empty} == empty


def _sized(kept: object) -> bool:
    return isinstance(kept, dict | set | list)


times = st.floats(1_000.0, 1_100.0)


@given(times, st.floats(0.0, 50.0), times)
def test_whatever_is_held_back_what_was_said_before_is_in_the_gap(
    connected: float, held: float, asked: float
) -> None:
    """Either the gap begins when the agent was connected, at the latest, or nothing was before."""
    subject = Heard()
    subject.says("customer", "connected", 1_000.0, 1_000.0)
    heard = connected + held
    told: list[Event] = []
    for at, what in sorted([(heard, "heard"), (asked, "asked")]):
        if what == "asked":
            told += subject.subscribed(at)
        else:
            told += subject.says("agent", "connected", at, connected)
    if connected < asked:
        (gap,) = told
        assert isinstance(gap, Gap)
        assert gap.since <= connected
        assert gap.until == asked
