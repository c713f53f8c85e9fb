"""The frames of one live conversation, as the Notifications service sends them.

Its beginning as the queue's topic shows it (waiting, alerting, connected), then six utterances in
turns, and two of the platform's readings of all of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from uuid import UUID

BEGAN = 1_763_668_200
"""Seconds since the epoch, when the conversations begin."""
PER_CONVERSATION = 11
QUEUES = 50
_GAP = 5
_SAID = (
    "I have been waiting for this delivery for two weeks now and nobody has told me anything",
    "I am very sorry to hear that, let me see where your parcel is at the moment",
    "this is really not what I have paid for and I am annoyed",
    "I understand, could you please give me the number of the order",
    "it is on the letter that I have here somewhere, just a second please",
    "thank you very much, that helps me a lot",
)


def conversation(number: int) -> str:
    """An id as the platform's are."""
    return _id(number, 1)


def queue(number: int) -> str:
    """The queue of a conversation."""
    return _id(number % QUEUES, 2)


def frames(number: int) -> Iterator[tuple[float, bytes]]:
    """(when it comes in seconds since the epoch, the frame), all of a conversation in order."""
    for step in range(PER_CONVERSATION):
        yield frame(number, step)


def frame(number: int, step: int) -> tuple[float, bytes]:
    """One of them, 0…10."""
    at = BEGAN + step * _GAP
    name = conversation(number)
    if step < 3:
        topic, body = f"v2.routing.queues.{queue(number)}.conversations", _snapshot(number, step)
    elif step in (7, 10):
        topic = f"v2.speechandtextanalytics.conversation.{name}.sentiment"
        body = _reading(number, step)
    else:
        topic, body = f"v2.conversations.{name}.transcription", _utterance(number, step)
    envelope = {
        "topicName": topic,
        "version": "2",
        "eventBody": body,
        "metadata": {"CorrelationId": _id(number * PER_CONVERSATION + step, 3)},
    }
    return at + 0.25, json.dumps(envelope, separators=(",", ":")).encode()


def _snapshot(number: int, step: int) -> dict[str, object]:
    customer = {
        "id": _id(number, 4),
        "purpose": "customer",
        "connectedTime": _iso(0),
        "queueId": queue(number),
        "calls": [
            {"id": _id(number, 5), "state": "connected", "held": False, "connectedTime": _iso(0)}
        ],
    }
    agent: dict[str, object] = {
        "id": _id(number, 6),
        "purpose": "agent",
        "userId": _id(number, 7),
        "queueId": queue(number),
    }
    call: dict[str, object] = {"id": _id(number, 8), "state": "alerting", "held": False}
    if step == 2:
        agent["connectedTime"] = _iso(step * _GAP)
        call |= {"state": "connected", "connectedTime": _iso(step * _GAP)}
    participants = [customer] if step == 0 else [customer, agent | {"calls": [call]}]
    return {"id": conversation(number), "participants": participants}


def _utterance(number: int, step: int) -> dict[str, object]:
    turn = step - 3 - (step > 7)
    start = step * _GAP * 1000
    text = _SAID[turn]
    alternative = {
        "confidence": 0.9,
        "offsetMs": start,
        "durationMs": 2500,
        "transcript": text,
        "decoratedTranscript": text,
    }
    return {
        "eventTime": _iso(step * _GAP),
        "organizationId": _id(0, 9),
        "conversationId": conversation(number),
        "communicationId": _id(number, 5 if turn % 2 == 0 else 8),
        "sessionStartTimeMs": BEGAN * 1000,
        "transcriptionStartTimeMs": BEGAN * 1000,
        "transcripts": [
            {
                "utteranceId": _id(number * PER_CONVERSATION + step, 10),
                "isFinal": True,
                "channel": "EXTERNAL" if turn % 2 == 0 else "INTERNAL",
                "alternatives": [alternative],
                "dialect": "en-US",
            }
        ],
        "status": {"offsetMs": start, "status": "SESSION_ONGOING"},
    }


def _reading(number: int, step: int) -> dict[str, object]:
    return {
        "conversationId": conversation(number),
        "sentimentOverallScore": (number * 7919 + step) % 2001 / 1000 - 1,
        "sentimentTrendScore": 0.18,
        "queueIds": [queue(number)],
        "divisionIds": [],
        "flowIds": [],
    }


def _iso(seconds: int) -> str:
    return f"2025-11-20T19:{50 + seconds // 60:02d}:{seconds % 60:02d}.000Z"


def _id(number: int, kind: int) -> str:
    return str(UUID(int=(kind << 110) + (4 << 76) + (8 << 62) + number * 2_654_435_761 % (1 << 48)))
