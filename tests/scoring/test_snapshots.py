"""State changes by comparing snapshots: S3-12 (transitions), S4-13 (no repeats, no going back)."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.events import Message, StateChange
from genesys_sentiment.model.wire import CommunicationState, ParticipantState, Snapshot
from genesys_sentiment.scoring.snapshots import Snapshots


def leg(
    state: str | None,
    communication: str = "c-agent",
    medium: str = "call",
    *,
    held: bool | None = None,
    connected: float | None = None,
    disconnected: float | None = None,
    messages: tuple[tuple[str, str | None, float | None], ...] = (),
) -> CommunicationState:
    return CommunicationState(
        communication=communication,
        medium=medium,
        state=state,
        held=held,
        connected=connected,
        disconnected=disconnected,
        messages=messages,
    )


def agent(*communications: CommunicationState, participant: str = "p-agent") -> ParticipantState:
    return ParticipantState(
        participant=participant,
        purpose="agent",
        user="u",
        queue="q",
        communications=communications,
    )


def customer(state: str) -> ParticipantState:
    return ParticipantState(
        participant="p-customer",
        purpose="customer",
        communications=(leg(state, "c-customer"),),
    )


def snap(*participants: ParticipantState, received: float = 9.0, of: str = "k") -> Snapshot:
    return Snapshot(conversation=of, participants=participants, received=received)


def states(snapshots: Snapshots, *participants: ParticipantState) -> list[tuple[str, str]]:
    changes = snapshots.observe(snap(*participants))
    return [(each.subject, each.state) for each in changes if isinstance(each, StateChange)]


def test_a_change_tells_all_that_the_snapshot_tells() -> None:
    snapshots = Snapshots()
    snapshots.observe(snap(agent(leg("alerting"))))
    assert snapshots.observe(snap(agent(leg("connected", connected=3.0)), received=4.0)) == [
        StateChange(
            conversation="k",
            subject="call",
            state="connected",
            before="alerting",
            communication="c-agent",
            participant="p-agent",
            purpose="agent",
            user="u",
            queue="q",
            count=2,
            at=3.0,
            received=4.0,
        )
    ]


def test_the_same_snapshot_again_gives_nothing() -> None:
    """The platform repeats itself, by queue and by user topic; each change is told once."""
    snapshots = Snapshots()
    full = evolve(
        agent(leg("connected", held=True, messages=(("m", "sent", 1.0),))),
        acw_started=5.0,
        acw_ended=6.0,
        wrapup="w",
    )
    assert len(snapshots.observe(snap(full))) == 6
    assert snapshots.observe(snap(full, received=10.0)) == []


def test_a_whole_call() -> None:
    snapshots = Snapshots()
    seen = [
        *states(snapshots, customer("connected")),
        *states(snapshots, customer("connected"), agent(leg("alerting", held=False))),
        *states(snapshots, customer("connected"), agent(leg("connected", held=False))),
        *states(snapshots, customer("connected"), agent(leg("connected", held=True))),
        *states(snapshots, customer("connected"), agent(leg("connected", held=False))),
        *states(snapshots, customer("disconnected"), agent(leg("connected", held=False))),
        *states(snapshots, customer("disconnected"), agent(leg("disconnected", held=False))),
        *states(snapshots, evolve(agent(), acw_started=5.0)),
        *states(snapshots, evolve(agent(), acw_started=5.0, wrapup="w")),
        *states(snapshots, evolve(agent(), acw_started=5.0, wrapup="w", acw_ended=6.0)),
    ]
    assert seen == [
        ("call", "connected"),
        ("call", "alerting"),
        ("call", "connected"),
        ("hold", "held"),
        ("hold", "retrieved"),
        ("call", "disconnected"),
        ("call", "disconnected"),
        ("acw", "started"),
        ("wrapup", "w"),
        ("acw", "ended"),
    ]


def test_ids_are_unique_and_the_same_for_another_observer() -> None:
    held = [True, False, True, False]
    first, second = Snapshots(), Snapshots()
    ids = [
        [
            change.id
            for on in held
            for change in snapshots.observe(snap(agent(leg("connected", held=on))))
        ]
        for snapshots in (first, second)
    ]
    assert len(set(ids[0])) == 5
    assert ids[0] == ids[1]


def test_a_call_that_ends_on_hold_was_not_retrieved() -> None:
    snapshots = Snapshots()
    states(snapshots, agent(leg("connected", held=True)))
    assert states(snapshots, agent(leg("disconnected", held=False))) == [("call", "disconnected")]


@pytest.mark.parametrize(
    ("kept", "late"),
    [
        ("disconnected", "connected"),
        ("disconnected", "alerting"),
        ("terminated", "disconnected"),
        ("terminated", "parked"),
        ("connected", "alerting"),
        ("connected", "dialing"),
    ],
)
def test_an_older_snapshot_changes_nothing(kept: str, late: str) -> None:
    """S4-13: a late event does not move a state backwards."""
    snapshots = Snapshots()
    states(snapshots, agent(leg(kept, held=False)))
    assert states(snapshots, agent(leg(late, held=True))) == []
    assert states(snapshots, agent(leg(kept, held=False))) == []


def test_what_may_go_back_and_forth_does() -> None:
    snapshots = Snapshots()
    seen = [
        states(snapshots, agent(leg(state, medium="message")))
        for state in ("connected", "parked", "alerting", "connected", "a new state", "connected")
    ]
    assert all(len(changes) == 1 for changes in seen)


def test_acw_happens_again_and_old_times_do_not() -> None:
    snapshots = Snapshots()
    person = agent()
    assert states(snapshots, evolve(person, acw_started=5.0, acw_ended=6.0)) == [
        ("acw", "started"),
        ("acw", "ended"),
    ]
    assert states(snapshots, evolve(person, acw_started=4.0)) == []
    [again] = snapshots.observe(snap(evolve(person, acw_started=8.0, acw_ended=6.0)))
    assert isinstance(again, StateChange)
    assert (again.state, again.before, again.at, again.count) == ("started", "ended", 8.0, 3)


def test_messages() -> None:
    snapshots = Snapshots()
    first = agent(leg("connected", medium="message", messages=(("m-1", "sent", 1.0),)))
    more = agent(
        leg(
            "connected",
            medium="message",
            messages=(("m-1", "delivered", 1.0), ("m-2", None, 2.0)),
        )
    )
    [_, one] = snapshots.observe(snap(first))
    assert one == Message(
        conversation="k",
        message="m-1",
        communication="c-agent",
        participant="p-agent",
        purpose="agent",
        status="sent",
        at=1.0,
        received=9.0,
    )
    found = [each for each in snapshots.observe(snap(more)) if isinstance(each, Message)]
    assert [(each.message, each.status) for each in found] == [("m-1", "delivered"), ("m-2", None)]
    assert snapshots.observe(snap(more)) == []


class TestFlattened:
    """A topic of one medium does not name the communication."""

    def test_it_is_the_one_that_is_known(self) -> None:
        snapshots = Snapshots()
        states(snapshots, agent(leg("connected", "old")))
        states(snapshots, agent(leg("disconnected", "old"), leg("alerting", "new")))
        assert states(snapshots, agent(leg("alerting", ""))) == []
        assert states(snapshots, agent(leg("connected", ""))) == [("call", "connected")]
        assert states(snapshots, agent(leg("connected", "new"))) == []

    def test_it_may_come_first(self) -> None:
        snapshots = Snapshots()
        assert states(snapshots, agent(leg("connected", ""))) == [("call", "connected")]
        assert states(snapshots, agent(leg("connected", "named"))) == []
        assert states(snapshots, agent(leg("disconnected", ""))) == [("call", "disconnected")]

    def test_what_is_over_is_not_taken_over(self) -> None:
        snapshots = Snapshots()
        states(snapshots, agent(leg("disconnected", "")))
        assert states(snapshots, agent(leg("alerting", "new"))) == [("call", "alerting")]
        assert states(snapshots, agent(leg("connected", ""))) == [("call", "connected")]

    def test_it_gets_the_name_that_is_known(self) -> None:
        snapshots = Snapshots()
        named = []
        for state, communication in (("alerting", ""), ("connected", "c"), ("disconnected", "")):
            [change] = snapshots.observe(snap(agent(leg(state, communication))))
            named.append(change.communication)
        assert named == [None, "c", "c"]


class TestPhase:
    def test_of_nothing(self) -> None:
        assert Snapshots().phase("k") is None

    def test_follows_the_call(self) -> None:
        snapshots = Snapshots()
        phases = []
        for participants in (
            (ParticipantState(participant="p", purpose="customer"),),
            (customer("connected"),),
            (customer("connected"), agent(leg("alerting"))),
            (customer("connected"), agent(leg("connected"))),
            (customer("disconnected"), agent(leg("connected"))),
            (customer("disconnected"), agent(leg("terminated"))),
        ):
            snapshots.observe(snap(*participants))
            phases.append(snapshots.phase("k"))
        assert phases == ["waiting", "waiting", "alerting", "talking", "talking", "ended"]

    def test_the_active_agent_counts_not_the_first(self) -> None:
        """Re-routing leaves several agents; the first one did not answer."""
        snapshots = Snapshots()
        gone = agent(leg("disconnected", "c-1"), participant="p-1")
        snapshots.observe(snap(customer("connected"), gone))
        assert snapshots.phase("k") == "waiting"
        snapshots.observe(snap(gone, agent(leg("connected", "c-2"), participant="p-2")))
        assert snapshots.phase("k") == "talking"

    def test_without_communications_the_participants_count(self) -> None:
        snapshots = Snapshots()
        snapshots.observe(snap(ParticipantState(participant="p", ended=7.0)))
        assert snapshots.phase("k") == "ended"


class TestBounds:
    def test_conversations(self) -> None:
        snapshots = Snapshots(limit=2)
        for conversation in ("a", "b", "a", "c"):
            snapshots.observe(snap(customer("connected"), of=conversation))
        assert len(snapshots) == 2
        assert [snapshots.phase(each) for each in "abc"] == ["waiting", None, "waiting"]

    def test_participants_and_communications(self) -> None:
        snapshots = Snapshots()
        people = [agent(participant=f"p-{number}") for number in range(300)]
        snapshots.observe(snap(*people))
        legs = [leg("connected", f"c-{number}") for number in range(300)]
        assert len(snapshots.observe(snap(agent(*legs, participant="p-0")))) == 256
        assert snapshots.observe(snap(agent(*legs, participant="p-0"))) == []
        assert snapshots.observe(snap(agent(legs[0], participant="p-299"))) == []

    def test_messages(self) -> None:
        snapshots = Snapshots()
        for start in (0, 2_000):
            many = tuple((f"m-{start + number}", None, None) for number in range(1_500))
            found = snapshots.observe(
                snap(agent(leg("connected", medium="message", messages=many)))
            )
            assert sum(isinstance(each, Message) for each in found) == 1_000
        assert len(snapshots.snapshot()) < 50_000

    def test_a_limit_is_at_least_one(self) -> None:
        with pytest.raises(ConfigurationError):
            Snapshots(limit=0)


def test_forgetting() -> None:
    snapshots = Snapshots()
    before = snapshots.observe(snap(customer("connected")))
    snapshots.forget("k")
    snapshots.forget("never seen")
    assert snapshots.phase("k") is None
    assert snapshots.observe(snap(customer("connected"))) == before


def test_backfill_is_marked() -> None:
    changes = Snapshots().observe(snap(customer("connected")), source="backfill")
    assert [each.source for each in changes] == ["backfill"]


@pytest.mark.parametrize("data", [b"", b"[]", b'{"k": 7}', b'{"k": [{}, {"c": []}]}', b"\xff"])
def test_restoring_nonsense_is_refused(data: bytes) -> None:
    snapshots = Snapshots()
    snapshots.observe(snap(customer("connected")))
    with pytest.raises(ConfigurationError):
        snapshots.restore(data)
    assert snapshots.phase("k") == "waiting", "what was kept is kept"


def test_restoring_keeps_to_the_limit() -> None:
    large, small = Snapshots(), Snapshots(limit=1)
    for conversation in ("a", "b"):
        large.observe(snap(customer("connected"), of=conversation))
    small.restore(large.snapshot())
    assert len(small) == 1
    assert small.phase("b") == "waiting"


STATES = st.sampled_from(["alerting", "connected", "parked", "disconnected", "terminated", None])
LEGS = st.builds(
    leg,
    STATES,
    st.sampled_from(["", "c-1", "c-2"]),
    st.sampled_from(["call", "message"]),
    held=st.sampled_from([None, True, False]),
    messages=st.sampled_from([(), (("m", "sent", 1.0),), (("m", "read", 1.0), ("n", None, None))]),
)
SNAPSHOTS = st.lists(
    st.builds(
        lambda legs, name, started: snap(
            evolve(agent(*legs, participant=name), acw_started=started)
        ),
        st.lists(LEGS, max_size=2),
        st.sampled_from(["p-1", "p-2"]),
        st.sampled_from([None, 1.0, 2.0]),
    ),
    max_size=12,
)


@given(SNAPSHOTS, st.integers(0, 12))
def test_handing_over_changes_nothing(snapshots: list[Snapshot], at: int) -> None:
    """A snapshots restored in the middle says what one that went on says."""
    steady, first, second = Snapshots(), Snapshots(), Snapshots()
    expected = [steady.observe(each) for each in snapshots]
    found = [first.observe(each) for each in snapshots[:at]]
    second.restore(first.snapshot())
    found += [second.observe(each) for each in snapshots[at:]]
    assert found == expected
    assert second.snapshot() == steady.snapshot()


@given(SNAPSHOTS)
def test_state_changes_have_ids_of_their_own(snapshots: list[Snapshot]) -> None:
    kept = Snapshots()
    changes = [change for each in snapshots for change in kept.observe(each)]
    ids = [change.id for change in changes if isinstance(change, StateChange)]
    assert len(ids) == len(set(ids))
