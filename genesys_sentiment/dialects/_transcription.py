"""Transcription bodies as utterances and the session's state. Pure: no I/O."""

from __future__ import annotations

from typing import Annotated, Any, Final

from msgspec import Meta, Raw

from genesys_sentiment.dialects._bodies import Body, Envelope, moment, number, owner, with_unread
from genesys_sentiment.model.events import Side, StateChange, Utterance
from genesys_sentiment.model.wire import WireMessage


@with_unread("words decoratedTranscript decoratedWords")
class Alternative(Body):
    confidence: Any = None
    offset_ms: Any = None
    duration_ms: Any = None
    transcript: str | None = None


@with_unread(
    "agentAssistantId engineProvider engineId engineName speechTextAnalyticsProgramId"
    " agentAssistEnabled voiceTranscriptionEnabled"
)
class Transcript(Body):
    utterance_id: str | None = None
    is_final: bool | None = None
    channel: str | None = None
    alternatives: list[Alternative] | None = None
    dialect: str | None = None


class Status(Body):
    offset_ms: Raw = Raw()
    status: str | None = None


@with_unread("organizationId transcriptionStartTimeMs speechTextAnalyticsProgramId")
class Transcription(Body):
    event_time: Any = None
    conversation_id: str | None = None
    communication_id: str | None = None
    session_start_time_ms: Any = None
    transcripts: Annotated[list[Transcript], Meta(max_length=1_000)] | None = None
    status: Status | None = None


_SIDES: Final[dict[str, Side | None]] = {
    "internal": "agent",
    "external": "customer",
    "both": None,
    "unknown": None,
    "": None,
}
_SESSION_STATES: Final = frozenset({"SESSION_ONGOING", "SESSION_ENDED"})
_NO_ALTERNATIVE: Final = Alternative()


def transcription(
    body: Transcription, envelope: Envelope, received: float, language: str | None, names: list[str]
) -> list[WireMessage]:
    """An Utterance for each transcript, then the session's state as a StateChange."""
    conversation = owner(body.conversation_id, envelope.topic_name)
    at = moment(body.event_time, "transcription.eventTime", names)
    messages: list[WireMessage] = []
    for place, each in enumerate(body.transcripts or ()):
        # Without an id, it is whatever this message said in this place.
        utterance = each.utterance_id or f"{envelope.correlation or at}:{place}"
        messages.append(
            _utterance(each, utterance, body, conversation, at, received, language, names)
        )
    state = body.status.status if body.status is not None else None
    if state and state != "UNKNOWN":
        if state not in _SESSION_STATES:
            names.append(f"transcription.status.status={state}")
        messages.append(
            StateChange(
                conversation=conversation,
                subject="transcription",
                state=state,
                communication=body.communication_id,
                at=at,
                received=received,
            )
        )
    return messages


def _utterance(
    item: Transcript,
    utterance: str,
    body: Transcription,
    conversation: str,
    event_time: float | None,
    received: float,
    language: str | None,
    names: list[str],
) -> Utterance:
    best = _best(item.alternatives)
    side = (item.channel or "").lower()
    if side not in _SIDES:
        names.append(f"transcription.transcripts.channel={item.channel}")
    start = number(body.session_start_time_ms, "transcription.sessionStartTimeMs", names)
    offset = number(best.offset_ms, "transcription.transcripts.alternatives.offsetMs", names)
    duration = number(best.duration_ms, "transcription.transcripts.alternatives.durationMs", names)
    at = event_time if start is None or offset is None else (start + offset) / 1000
    return Utterance(
        conversation=conversation,
        utterance=utterance,
        text=best.transcript or "",
        final=item.is_final is not False,
        communication=body.communication_id,
        participant=_SIDES.get(side),
        language=item.dialect or language,
        confidence=number(
            best.confidence, "transcription.transcripts.alternatives.confidence", names
        ),
        at=at,
        offset=None if offset is None else offset / 1000,
        duration=None if duration is None else duration / 1000,
        received=received,
    )


def _best(alternatives: list[Alternative] | None) -> Alternative:
    """The most confident alternative, the first of equals."""
    if not alternatives:
        return _NO_ALTERNATIVE
    if len(alternatives) == 1:
        return alternatives[0]
    return max(alternatives, key=_confidence)


def _confidence(alternative: Alternative) -> float:
    stated = number(alternative.confidence, "", [])
    return -1.0 if stated is None else stated
