"""Conversation snapshots: of queues and users, nested and flattened, and from REST."""

from __future__ import annotations

import json
from typing import Any

import pytest

from genesys_sentiment.dialects.notifications import Notifications, snapshot_from_rest
from genesys_sentiment.errors import BadFrame
from genesys_sentiment.model.wire import CommunicationState, Drift, ParticipantState, Snapshot

from . import frames
from .frames import AGENT_CALL, CALL, CONVERSATION, QUEUE, USER, frame

NOW = 1_772_359_400.0

EXPECTED = Snapshot(
    conversation=CONVERSATION,
    participants=(
        ParticipantState(
            participant="p-customer",
            purpose="customer",
            queue=QUEUE,
            connected=1_772_359_200.0,
            communications=(
                CommunicationState(
                    communication=CALL,
                    medium="call",
                    state="connected",
                    held=False,
                    connected=1_772_359_200.0,
                ),
            ),
        ),
        ParticipantState(
            participant="p-agent",
            purpose="agent",
            user=USER,
            queue=QUEUE,
            connected=1_772_359_220.0,
            communications=(
                CommunicationState(
                    communication=AGENT_CALL, medium="call", state="alerting", held=False
                ),
            ),
        ),
    ),
    received=NOW,
)


def read(topic: str, body: Any) -> Snapshot:
    [found] = Notifications().decode(frame(topic, body), NOW)
    assert isinstance(found, Snapshot)
    return found


@pytest.mark.parametrize(
    "topic",
    [
        frames.QUEUE_TOPIC,
        frames.USER_TOPIC,
        frames.QUEUE_TOPIC.upper(),
        f"{frames.QUEUE_TOPIC}.calls",
        f"{frames.USER_TOPIC}.cobrowseSessions",
    ],
)
def test_queue_and_user_topics_give_the_same_snapshot(topic: str) -> None:
    assert read(topic, frames.snapshot()) == EXPECTED


def test_rest_gives_the_same_snapshot() -> None:
    body = frames.snapshot(startTime="2026-03-01T10:00:00Z", selfUri="/x", brandNew=[1])
    assert snapshot_from_rest(json.dumps(body).encode(), NOW) == EXPECTED


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"id":null}', b"\xff", b"[" * 5_000])
def test_rest_refuses_what_is_no_conversation(body: bytes) -> None:
    with pytest.raises(BadFrame):
        snapshot_from_rest(body, NOW)


def test_flattened_participants() -> None:
    """The per-media user topics: the state is the participant's, its communication unnamed."""
    body = {
        "id": CONVERSATION,
        "participants": [
            {
                "id": "p-agent",
                "purpose": "agent",
                "state": "CONNECTED",
                "held": True,
                "user": {"id": USER, "selfUri": "/u"},
                "queue": {"id": QUEUE},
                "connectedTime": "2026-03-01T10:00:20Z",
            }
        ],
    }
    assert read(f"{frames.USER_TOPIC}.calls", body).participants == (
        ParticipantState(
            participant="p-agent",
            purpose="agent",
            user=USER,
            queue=QUEUE,
            connected=1_772_359_220.0,
            communications=(
                CommunicationState(
                    communication="",
                    medium="call",
                    state="connected",
                    held=True,
                    connected=1_772_359_220.0,
                ),
            ),
        ),
    )


def test_messages_nested_and_flattened() -> None:
    """Message details carry ids only; a flattened participant has them itself."""
    details = [
        {
            "messageId": "m-1",
            "messageTime": "2026-03-01T10:01:00Z",
            "messageStatus": "delivered",
            "media": [],
        },
        {"messageId": "m-2"},
        {"messageStatus": "no id"},
    ]
    expected = (("m-1", "delivered", 1_772_359_260.0), ("m-2", None, None))
    nested = {"id": "x", "state": "connected", "type": "webmessaging", "messages": details}
    participants = ({"messages": [nested]}, {"state": "connected", "messages": details})
    for more in participants:
        body = {"id": CONVERSATION, "participants": [{"id": "p", **more}]}
        [participant] = read(f"{frames.USER_TOPIC}.messages", body).participants
        [communication] = participant.communications
        assert communication.medium == "message"
        assert communication.messages == expected


def test_after_call_work_and_wrapup() -> None:
    body = {
        "id": CONVERSATION,
        "participants": [
            {
                "id": "p",
                "startAcwTime": "2026-03-01T10:00:01Z",
                "endAcwTime": "2026-03-01T10:00:02Z",
                "endTime": "2026-03-01T10:00:00Z",
                "wrapup": {"code": "solved", "notes": "private", "durationSeconds": 1},
            }
        ],
    }
    [participant] = read(frames.QUEUE_TOPIC, body).participants
    assert participant.acw_started == 1_772_359_201.0
    assert participant.acw_ended == 1_772_359_202.0
    assert participant.ended == 1_772_359_200.0
    assert participant.wrapup == "solved"


@pytest.mark.parametrize(
    "medium",
    [
        "calls",
        "callbacks",
        "chats",
        "emails",
        "messages",
        "internalMessages",
        "cobrowsesessions",
        "screenshares",
        "socialExpressions",
        "videos",
    ],
)
def test_every_medium(medium: str) -> None:
    body = {
        "id": CONVERSATION,
        "participants": [{"id": "p", medium: [{"id": "c", "state": "connected"}]}],
    }
    [participant] = read(frames.QUEUE_TOPIC, body).participants
    [communication] = participant.communications
    assert communication.state == "connected"
    assert medium.lower().startswith(communication.medium)


def test_what_has_no_id_is_left_out() -> None:
    body = {"id": CONVERSATION, "participants": [{"id": "p", "calls": [{}]}, {"purpose": "acd"}]}
    [participant] = read(frames.QUEUE_TOPIC, body).participants
    assert participant.participant == "p"
    assert participant.communications == ()


def test_new_fields_and_states_are_named() -> None:
    """C5-18."""
    body = frames.snapshot(flavour="sweet")
    body["participants"][0]["calls"][0] |= {"pitch": 1, "state": "floating"}
    body["participants"][1] |= {"mood": {}, "endTime": "soon"}
    snapshot, drift = Notifications().decode(frame(frames.QUEUE_TOPIC, body), NOW)
    assert isinstance(snapshot, Snapshot)
    assert snapshot.participants[0].communications[0].state == "floating"
    assert drift == Drift(
        (
            "conversation.participants.calls.pitch",
            "conversation.participants.mood",
            "conversation.flavour",
            "conversation.state=floating",
            "conversation.participants.endTime",
        )
    )
