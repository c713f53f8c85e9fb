"""A conversation of the details query as a snapshot, like those of the stream. Pure: no I/O.

Analytics tells of sessions and their segments; a snapshot tells of communications and states. Ids
are the same: a session's is the communication's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from genesys_sentiment.cloud.details import Detail
from genesys_sentiment.cloud.instants import from_iso
from genesys_sentiment.cloud.loose import objects, text
from genesys_sentiment.model.wire import CommunicationState, ParticipantState, Snapshot

_RINGING: Final = {
    "alert": "alerting",
    "dialing": "dialing",
    "contacting": "contacting",
    "offering": "offering",
}
_CONNECTED: Final = frozenset(
    {"interact", "hold", "ivr", "system", "delay", "voicemail", "coaching", "monitoring", "barging"}
)
_MEDIA: Final = {"voice": "call"}
"""Media that the stream's snapshots call otherwise."""


def snapshot_of(detail: Detail, received: float) -> Snapshot:
    """The snapshot; what analytics does not tell stays None."""
    return Snapshot(
        conversation=detail.conversation,
        participants=tuple(
            _participant(one, detail.ended)
            for one in detail.participants
            if text(one.get("participantId")) is not None
        ),
        received=received,
    )


def _participant(fields: Mapping[str, Any], over: float | None) -> ParticipantState:
    sessions = [one for one in objects(fields.get("sessions")) if text(one.get("sessionId"))]
    segments = [segment for one in sessions for segment in _ordered(one)]
    wrapups = [one for one in segments if one.get("segmentType") == "wrapup"]
    communications = tuple(_communication(one, over) for one in sessions)
    ends = [one.disconnected for one in communications]
    last = wrapups[-1] if wrapups else {}
    return ParticipantState(
        participant=text(fields.get("participantId")) or "",
        purpose=text(fields.get("purpose")),
        user=text(fields.get("userId")),
        queue=next((one for one in map(_queue, reversed(segments)) if one is not None), None),
        ended=max((one for one in ends if one is not None), default=None)
        if None not in ends
        else None,
        acw_started=from_iso(last.get("segmentStart")),
        acw_ended=from_iso(last.get("segmentEnd")),
        wrapup=text(last.get("wrapUpCode")),
        communications=communications,
    )


def _communication(session: Mapping[str, Any], over: float | None) -> CommunicationState:
    spoken = [one for one in _ordered(session) if one.get("segmentType") != "wrapup"]
    last = spoken[-1] if spoken else {}
    state = _state(last, over)
    connected = (
        from_iso(one.get("segmentStart")) for one in spoken if one.get("segmentType") in _CONNECTED
    )
    ended = from_iso(last.get("segmentEnd"))
    medium = text(session.get("mediaType")) or "unknown"
    return CommunicationState(
        communication=text(session.get("sessionId")) or "",
        medium=_MEDIA.get(medium, medium),
        state=state,
        held=last.get("segmentType") == "hold" if state == "connected" else None,
        connected=next(connected, None),
        disconnected=(over if ended is None else ended) if state == "disconnected" else None,
    )


def _state(last: Mapping[str, Any], over: float | None) -> str | None:
    """The state that the last segment tells; None where it tells none."""
    ended = from_iso(last.get("segmentEnd")) is not None
    if over is not None or (ended and text(last.get("disconnectType")) is not None):
        return "disconnected"
    kind = text(last.get("segmentType"))
    if kind is None or ended:  # between two segments anything may be
        return None
    return _RINGING.get(kind, "connected" if kind in _CONNECTED else None)


def _ordered(session: Mapping[str, Any]) -> list[dict[str, Any]]:
    return sorted(
        objects(session.get("segments")), key=lambda one: from_iso(one.get("segmentStart")) or 0.0
    )


def _queue(segment: Mapping[str, Any]) -> str | None:
    return text(segment.get("queueId"))
