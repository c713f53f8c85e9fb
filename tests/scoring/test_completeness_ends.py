"""When a conversation is over, in the words of every dialect."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.dialects.interaction_stream import InteractionStream
from genesys_sentiment.dialects.realtime_analytics import RealtimeAnalytics
from genesys_sentiment.model.events import StateChange
from genesys_sentiment.model.wire import CommunicationState, ParticipantState, Snapshot
from genesys_sentiment.scoring.completeness import Completeness
from genesys_sentiment.scoring.snapshots import Snapshots
from tests.scoring.completeness_feed import Feed, call, detail
from tests.scoring.helpers import START


def is_over(changes: Sequence[Any]) -> bool:
    """Whether the last of them ended the conversation."""
    stage = Completeness()
    for each in changes:
        if isinstance(each, StateChange):
            stage(each, START)
    return stage.counters.ending == 1


def test_all_must_be_gone_of_a_conference() -> None:
    legs = [call("connected", 0, whose) for whose in ("customer", "ann", "bob", "external")]
    ends = [call("disconnected", 9, whose) for whose in ("bob", "customer", "external", "ann")]
    found = [is_over([*legs, *ends[:count]]) for count in range(5)]
    assert found == [False, False, False, False, True]


@pytest.mark.parametrize(
    ("changes", "over"),
    [
        ([detail("customer.start", 0), detail("customer.end", 1)], True),
        ([detail("acd.start", 0, "acd"), detail("customer.end", 1)], False),
        ([detail("user.start", 0, "ann"), detail("acw", 1, "ann")], True),
        ([detail("user.start", 0, "ann"), detail("attributes", 1, "ann")], False),
        ([detail("flow.outcome", 0, "flow")], False),
        ([call("connected", 0), detail("customer.end", 1)], True),
        ([detail("customer.start", 0), call("disconnected", 1)], True),
        ([call("connected", 0), call("held", 1, subject="hold")], False),
        ([call("held", 1, subject="hold"), call("x", 1, subject="wrapup")], False),
        ([call("connected", 0), call("Terminated", 1)], True),
        ([call("connected", 0), call("converting", 1)], False),
        ([call("disconnected", 1)], True),
    ],
)
def test_calls_and_their_detail_events(changes: list[StateChange], over: bool) -> None:
    assert is_over(changes) is over


def test_topics_of_one_medium_do_not_name_the_communication() -> None:
    unnamed = {"communication": None}
    assert is_over([call("connected", 0, **unnamed), call("disconnected", 9, **unnamed)])
    assert is_over([call("connected", 0, **unnamed), call("disconnected", 9)])
    assert is_over([call("connected", 0), call("disconnected", 9, **unnamed)])
    chat = call("connected", 0, subject="chat", communication="chat")
    assert not is_over([call("connected", 0), chat, call("disconnected", 9, **unnamed)])


def interaction(*states: str) -> list[Any]:
    """Events of the interaction stream."""
    return [
        each
        for number, state in enumerate(states)
        for each in InteractionStream().decode(
            json.dumps(
                {
                    "sequence": number,
                    "id": "i",
                    "type": "interaction",
                    "status": state,
                    "channelType": "voice",
                    "timestamp": f"2026-03-01T10:00:{number:02}.000Z",
                    "attributes": {},
                }
            ).encode(),
            START,
        )
    ]


@pytest.mark.parametrize(
    ("states", "over"),
    [
        (("queued", "ringing", "connected"), False),
        (("queued", "connected", "completed"), True),
        (("connected", "Wrap-Up"), True),
        (("connected", "completed", "wrapup"), True),
        (("connected", "completed", "queued"), False),
    ],
)
def test_numbered_states_of_interactions(states: tuple[str, ...], over: bool) -> None:
    """S4: completed is the end, and an interaction may begin anew."""
    assert is_over(interaction(*states)) is over


def test_a_numbered_state_that_came_late_reopens_nothing() -> None:
    queued, connected, completed = interaction("queued", "connected", "completed")
    assert is_over([queued, completed, connected])


def analytics(*told: tuple[str | None, str]) -> list[Any]:
    """Events of the agent sentiment tutorial: (agent, state)."""
    return [
        each
        for number, (agent, state) in enumerate(told)
        for each in RealtimeAnalytics().decode(
            json.dumps(
                {
                    "type": "conversation",
                    "conversationId": "c",
                    "agentId": agent,
                    "timestamp": f"2026-03-01T10:00:{number:02}Z",
                    "state": state,
                }
            ).encode(),
            START,
        )
    ]


@pytest.mark.parametrize(
    ("told", "over"),
    [
        ([(None, "queued"), ("ann", "connected")], False),
        ([(None, "queued"), ("ann", "connected"), ("ann", "disconnected")], True),
        ([("ann", "connected"), (None, "connected"), ("ann", "disconnected")], True),
        ([("ann", "connected"), ("ann", "disconnected"), (None, "queued")], False),
        ([("ann", "connected"), ("bob", "connected"), ("ann", "wrapup")], False),
        ([("ann", "connected"), ("bob", "connected"), (None, "disconnected")], True),
    ],
)
def test_states_of_agents_and_of_the_whole(told: list[Any], over: bool) -> None:
    """S3-12: an agent's state is the agent's, one without an agent is everybody's."""
    assert is_over(analytics(*told)) is over


def test_a_conversation_of_a_thousand_parts_takes_bounded_memory() -> None:
    feed = Feed()
    feed(*(call("connected", number, f"p{number}") for number in range(1_000)))
    assert len(feed.stage.snapshot()) < 8_000
    feed(*(call("disconnected", 2_000 + number, f"p{number}") for number in range(1_000)))
    assert len(feed.told) == 1
    assert feed.stage.counters.conversations == 0


_communications = st.builds(
    CommunicationState,
    communication=st.sampled_from(["", "1", "2"]),
    medium=st.sampled_from(["call", "chat"]),
    state=st.sampled_from(["alerting", "connected", "disconnected", "terminated"]),
    held=st.none() | st.booleans(),
)
_participants = st.builds(
    ParticipantState,
    participant=st.sampled_from(["p", "q"]),
    purpose=st.sampled_from(["customer", "agent", "acd"]),
    communications=st.lists(
        _communications, max_size=2, unique_by=lambda each: each.communication
    ).map(tuple),
)


def _named(participant: ParticipantState) -> ParticipantState:
    """Communications of two participants never share an id, and one has one medium for life."""
    whose = participant.participant
    return ParticipantState(
        participant=whose,
        purpose=participant.purpose,
        communications=tuple(
            CommunicationState(
                communication=each.communication and f"{whose}{each.communication}",
                medium="call" if each.communication == "1" else each.medium,
                state=each.state,
                held=each.held,
            )
            for each in participant.communications
        ),
    )


@given(
    st.lists(
        st.lists(_participants.map(_named), max_size=2, unique_by=lambda each: each.participant),
        max_size=6,
    )
)
def test_it_is_over_when_the_snapshots_say_so(told: list[list[ParticipantState]]) -> None:
    """Named, unnamed, several media: the same verdict as ``Snapshots.phase``."""
    snapshots, stage = Snapshots(), Completeness()
    for participants in told:
        changes = snapshots.observe(
            Snapshot(conversation="k", participants=tuple(participants), received=START)
        )
        for each in changes:
            stage(each, START)
        ended = snapshots.phase("k") == "ended"
        assert (stage.counters.ending == 1) is ended
