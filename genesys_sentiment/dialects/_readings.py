"""The sentiment topic as readings, detail events as state changes. Pure: no I/O."""

from __future__ import annotations

from typing import Any, Final

from msgspec import UNSET, UnsetType

from genesys_sentiment.dialects._bodies import Body, Envelope, moment, owner, with_unread
from genesys_sentiment.dialects.topics import DETAIL_KINDS
from genesys_sentiment.errors import BadFrame
from genesys_sentiment.model.events import ABSENT, Reading, StateChange
from genesys_sentiment.model.wire import WireMessage


@with_unread("divisionIds flowIds")
class Sentiment(Body):
    conversation_id: str | None = None
    sentiment_overall_score: float | UnsetType | None = UNSET
    sentiment_trend_score: float | UnsetType | None = UNSET
    queue_ids: tuple[str, ...] | None = None


def sentiment(
    body: Sentiment, envelope: Envelope, received: float, language: str | None, names: list[str]
) -> list[WireMessage]:
    """The platform's overall sentiment as it is: the scorer judges whether it is in range."""
    score, trend = body.sentiment_overall_score, body.sentiment_trend_score
    metadata = envelope.metadata
    return [
        Reading(
            conversation=body.conversation_id or owner(None, envelope.topic_name),
            score=ABSENT if score is UNSET else score,
            trend=ABSENT if trend is UNSET else trend,
            queues=body.queue_ids or (),
            correlation=None if metadata is None else metadata.correlation,
            received=received,
        )
    ]


@with_unread(
    "mediaType provider direction ani dnis addressTo addressFrom subject messageType flowId"
    " divisionId conversationExternalContactIds conversationExternalOrganizationIds"
    " disconnectType interactingDurationMs alertingDurationMs heldDurationMs"
    " contactingDurationMs dialingDurationMs callbackDurationMs connectedDurationMs"
    " acdOutcome answeredUserId flowType flowVersion exitReason transferTargetAddress"
    " transferTargetName"
    " attributes communications wrapupCode wrapupNotes wrapupDurationMs"
    " externalContactId externalOrganizationId journeyCustomerId journeyCustomerIdType"
    " outboundCampaignId outboundContactId outboundContactListId dispositionAnalyzer"
    " dispositionName flowOutcome flowOutcomeId flowOutcomeValue flowMilestoneId"
)
class DetailEvent(Body):
    event_time: Any = None
    conversation_id: str | None = None
    participant_id: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    queue_id: str | None = None


def detail(
    body: DetailEvent, envelope: Envelope, received: float, language: str | None, names: list[str]
) -> list[WireMessage]:
    """One StateChange, its state the kind in the topic's name.

    A detail event may repeat (``attributes``) and decoding has no memory to count with, so
    ``count`` is the event's time in milliseconds: another number each time, the same when resent.
    """
    at = moment(body.event_time, "detail.eventTime", names)
    kind = ".".join(envelope.topic_name.split(".")[5:]).lower()
    if not kind:
        raise BadFrame("no_kind")
    if kind not in DETAIL_KINDS:
        names.append(f"detail={kind}")
    return [
        StateChange(
            conversation=owner(body.conversation_id, envelope.topic_name),
            subject="detail",
            state=kind,
            communication=body.session_id,
            participant=body.participant_id,
            purpose=_PURPOSES.get(kind.partition(".")[0]),
            user=body.user_id,
            queue=body.queue_id,
            count=1 if at is None else round(at * 1000),
            at=at,
            received=received,
        )
    ]


_PURPOSES: Final = {"customer": "customer", "user": "user", "acd": "acd", "voicemail": "voicemail"}
