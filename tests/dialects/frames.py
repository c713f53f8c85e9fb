"""Frames in the shapes of the platform, made up for these tests."""

from __future__ import annotations

import json
from typing import Any

CONVERSATION = "6b1f2c3d-1111-4222-8333-444455556666"
QUEUE = "0f9e8d7c-aaaa-4bbb-8ccc-ddddeeee0001"
USER = "c0de0000-aaaa-4bbb-8ccc-ddddeeee0002"
CALL = "ca110000-aaaa-4bbb-8ccc-ddddeeee0003"
AGENT_CALL = "ca110000-aaaa-4bbb-8ccc-ddddeeee0004"
CORRELATION = "c0441d00-aaaa-4bbb-8ccc-ddddeeee0005"

TRANSCRIPTION = f"v2.conversations.{CONVERSATION}.transcription"
SENTIMENT = f"v2.speechandtextanalytics.conversation.{CONVERSATION}.sentiment"
QUEUE_TOPIC = f"v2.routing.queues.{QUEUE}.conversations"
USER_TOPIC = f"v2.users.{USER}.conversations"


def frame(topic: str, body: Any, **more: Any) -> bytes:
    """One event as the channel sends it."""
    envelope = {
        "topicName": topic,
        "version": "2",
        "eventBody": body,
        "metadata": {"CorrelationId": CORRELATION},
    }
    return json.dumps(envelope | more).encode()


def transcript(**more: Any) -> dict[str, Any]:
    said = {
        "utteranceId": "u-1",
        "isFinal": True,
        "channel": "EXTERNAL",
        "alternatives": [
            {
                "confidence": 0.75,
                "offsetMs": 4_000,
                "durationMs": 1_500,
                "transcript": "my card was declined twice",
                "words": [{"confidence": 0.7, "offsetMs": 4_000, "durationMs": 90, "word": "my"}],
                "decoratedTranscript": "My card was declined twice.",
            }
        ],
        "engineProvider": "made up",
        "engineId": "e",
        "dialect": "en-GB",
        "agentAssistEnabled": False,
        "voiceTranscriptionEnabled": True,
    }
    return said | more


def transcription(*transcripts: dict[str, Any], **more: Any) -> dict[str, Any]:
    body = {
        "eventTime": "2026-03-01T10:00:09.500Z",
        "organizationId": "an-organization",
        "conversationId": CONVERSATION,
        "communicationId": CALL,
        "sessionStartTimeMs": 1_772_359_200_000,
        "transcriptionStartTimeMs": 1_772_359_201_000,
        "transcripts": list(transcripts),
        "status": {"offsetMs": 5_500, "status": "SESSION_ONGOING"},
    }
    return body | more


def sentiment(**more: Any) -> dict[str, Any]:
    return {
        "conversationId": CONVERSATION,
        "sentimentOverallScore": -0.25,
        "sentimentTrendScore": 0.5,
        "queueIds": [QUEUE],
        "divisionIds": [],
        "flowIds": ["a-flow"],
    } | more


def suggestion(**more: Any) -> dict[str, Any]:
    return {
        "eventTime": "2026-03-01T10:00:12Z",
        "conversationId": CONVERSATION,
        "suggestionId": "s-1",
        "state": "Suggested",
        "triggerType": "Fallback",
        "context": {
            "queueId": QUEUE,
            "mediaType": "VOICE",
            "userId": USER,
            "utteranceId": "u-1",
            "queryStatement": "declined card",
            "language": "en-gb",
            "participantType": "CUSTOMER",
        },
    } | more


def snapshot(**more: Any) -> dict[str, Any]:
    """A connected call between a customer and an agent."""
    return {
        "id": CONVERSATION,
        "recordingState": "none",
        "participants": [
            {
                "id": "p-customer",
                "purpose": "customer",
                "connectedTime": "2026-03-01T10:00:00Z",
                "queueId": QUEUE,
                "attributes": {"anything": "at all"},
                "calls": [
                    {
                        "id": CALL,
                        "state": "connected",
                        "held": False,
                        "connectedTime": "2026-03-01T10:00:00Z",
                        "direction": "inbound",
                        "provider": "Edge",
                        "self": {"name": "line"},
                    }
                ],
            },
            {
                "id": "p-agent",
                "purpose": "agent",
                "connectedTime": "2026-03-01T10:00:20Z",
                "userId": USER,
                "queueId": QUEUE,
                "calls": [{"id": AGENT_CALL, "state": "alerting", "held": False}],
            },
        ],
    } | more


def detail(**more: Any) -> dict[str, Any]:
    return {
        "eventTime": 1_772_359_300_250,
        "conversationId": CONVERSATION,
        "participantId": "p-customer",
        "sessionId": "session-1",
        "mediaType": "VOICE",
        "provider": "Edge",
        "direction": "INBOUND",
        "disconnectType": "CLIENT",
        "interactingDurationMs": 60_000,
    } | more
