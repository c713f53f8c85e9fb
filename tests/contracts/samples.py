"""One good value of every kind that enters or is forwarded, made up for these tests."""

from __future__ import annotations

from typing import Any

UUID = "6B1f2c3d-1111-4222-8333-444455556666"

GOOD: dict[str, dict[str, Any]] = {
    "chat_sentiment": {
        "conversationId": UUID,
        "sentimentMatrix": {
            "polarity": "negative",
            "confidence": 0.9,
            "positive": 0.1,
            "neutral": 0.0,
            "negative": 1,
        },
        "escalationThreshold": 0,
        "forwardingId": UUID.lower(),
        "timestamp": "2026-11-20T10:00:00.000Z",
    },
    "agent_assist": {
        "interactionId": "i-1",
        "suggestions": [
            {
                "id": "s-1",
                "title": "Declined cards",
                "confidence": 0.9,
                "relevanceScore": 0.8,
                "knowledgeArticleId": "a-1",
            },
            {"id": "s-2"},
        ],
        "metadata": {"processingLatencyMs": 12},
    },
    "interaction_stream": {
        "sequence": 0,
        "id": "i-1",
        "type": "interaction",
        "status": "queued",
        "channelType": "voice",
        "timestamp": "2026-11-20T10:00:00+05:30",
        "attributes": {"skill": "billing", "vip": True},
    },
    "interaction_topics": {
        "type": "v2.interaction",
        "data": {
            "id": "i-1",
            "language": "es-MX",
            "segments": [{"id": "g", "text": "hola", "timestamp": 1763632800000}],
            "sentiment": {"polarity": -0.5, "confidence": 0.8, "label": "negative"},
            "emotion": {"label": "anger", "confidence": 0.9},
        },
    },
    "realtime_analytics": {
        "conversationId": "c-1",
        "agentId": "a-1",
        "queueId": None,
        "state": "connected",
        "timestamp": "2026-11-20T10:00:00Z",
        "sentiment": {"score": 0.0, "label": "neutral"},
    },
    "notifications_sentiment": {
        "topicName": f"v2.speechandtextanalytics.conversation.{UUID}.sentiment",
        "version": "2",
        "eventBody": {
            "conversationId": UUID,
            "sentimentOverallScore": -0.25,
            "sentimentTrendScore": None,
            "queueIds": [UUID],
        },
        "metadata": {"CorrelationId": "k"},
    },
    "notifications_suggestion": {
        "topicName": f"v2.conversations.{UUID}.suggestions.knowledge.search",
        "eventBody": {
            "eventTime": "2026-03-01T10:00:12Z",
            "conversationId": UUID,
            "suggestionId": "s-1",
            "state": "Suggested",
            "context": {"queueId": UUID, "language": "en-gb"},
            "knowledgeSearch": {"title": "Declined cards", "confidence": 0.5},
        },
    },
    "notifications_transcription": {
        "topicName": f"v2.conversations.{UUID}.transcription",
        "eventBody": {
            "eventTime": 1772359300250,
            "conversationId": UUID,
            "communicationId": UUID,
            "sessionStartTimeMs": 1772359200000,
            "transcripts": [
                {
                    "utteranceId": "u-1",
                    "isFinal": True,
                    "channel": "EXTERNAL",
                    "alternatives": [{"confidence": 0.75, "offsetMs": 4000, "transcript": "no"}],
                }
            ],
            "status": {"offsetMs": 5500, "status": "SESSION_ONGOING"},
        },
    },
}
