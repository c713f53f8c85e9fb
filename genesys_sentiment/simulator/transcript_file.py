"""Pure: no I/O. A whole transcript, as the file behind a pre-signed link has it."""

from __future__ import annotations

from typing import Any

from genesys_sentiment.simulator.conversation import Conversation, Said
from genesys_sentiment.simulator.languages.readings import label, mood
from genesys_sentiment.simulator.times import milliseconds

_SIGN = {"positive": 1, "neutral": 0, "negative": -1}


def transcript_file(conversation: Conversation) -> dict[str, Any]:
    """The transcript of the customer's communication: every phrase, and which were judged."""
    customer = conversation.communication("customer")
    return {
        "organizationId": conversation.organization,
        "conversationId": conversation.id,
        "communicationId": customer,
        "mediaType": "call" if conversation.medium == "voice" else conversation.medium,
        "conversationStartTime": milliseconds(conversation.started),
        "transcripts": [_transcript(conversation)],
        "participants": [
            {"participantPurpose": "external", "communicationId": customer},
            {
                "participantPurpose": "internal",
                "communicationId": conversation.communication("agent"),
                "userId": conversation.agent,
            },
        ],
    }


def _transcript(conversation: Conversation) -> dict[str, Any]:
    begun = conversation.answered or conversation.started
    spoken = sorted(conversation.spoken, key=lambda said: (said.turn.start, said.turn.index))
    phrases = [_phrase(number, said, begun) for number, said in enumerate(spoken)]
    judged = []
    for phrase, said in zip(phrases, spoken, strict=True):
        score = mood(said.turn).score
        if said.turn.speaker == "caller" and score is not None:
            judged.append(
                {
                    "participant": "external",
                    "phrase": said.turn.text,
                    "phraseIndex": phrase["phraseIndex"],
                    "sentiment": _SIGN[label(score)],
                    "startTimeMs": phrase["startTimeMs"],
                    "duration": phrase["duration"],
                }
            )
    return {
        "transcriptId": conversation.ids("transcript"),
        "language": spoken[0].turn.language.lower() if spoken else "en-us",
        "phrases": phrases,
        "analytics": {"sentiment": judged, "topics": [], "acoustic": []},
    }


def _phrase(number: int, said: Said, begun: float) -> dict[str, Any]:
    turn = said.turn
    return {
        "phraseIndex": number,
        "participantPurpose": "internal" if turn.speaker == "agent" else "external",
        "text": turn.text,
        "decoratedText": turn.text,
        "confidence": 0.92,
        "startTimeMs": milliseconds(begun + turn.start),
        "duration": {"milliseconds": milliseconds(turn.duration)},
        "words": [],
    }
