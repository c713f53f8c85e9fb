"""What was said in the gaps of a conversation that has ended, by its transcripts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from attrs import define, frozen

from genesys_sentiment.cloud.details import Detail, Details
from genesys_sentiment.cloud.loose import objects, text
from genesys_sentiment.cloud.transcripts import Transcripts
from genesys_sentiment.errors import (
    AuthError,
    CertificateRefused,
    ConfigurationError,
    GenesysSentimentError,
    NotFound,
    PermissionDenied,
    RateLimited,
)
from genesys_sentiment.model.events import StateChange, Utterance
from genesys_sentiment.streaming.gap_agenda import Pace
from genesys_sentiment.streaming.gap_ledger import Case
from genesys_sentiment.streaming.gap_matching import Heard

VOICE: Final = frozenset({"call", "callback", "voice"})
"""Media that are spoken, as snapshots and analytics call them."""

LATE: Final = 40.0
"""Seconds after a conversation's end in which its last words may still come live: asked for before
that, they would come twice. Transcripts lag up to about 35 s behind speech."""

_CUSTOMERS: Final = frozenset({"customer", "external"})
_STAFF: Final = frozenset({"agent", "user"})


@frozen
class _Legs:
    """Voice communications: the customer's, and of whoever spoke with them."""

    customer: tuple[str, ...]
    staff: tuple[str, ...]


@define
class GapTranscripts:
    """Asks for the transcripts of one conversation after the other."""

    details: Details
    transcripts: Transcripts
    heard: Heard
    pace: Pace

    async def ended(self, case: Case) -> Detail | None:
        """The conversation if it is over; None if it is not, or not as far as analytics knows."""
        await self.pace.turn()
        try:
            detail = await self.details.get(case.conversation)
        except NotFound:
            return None
        return None if detail.ended is None else detail

    async def missed(self, case: Case, detail: Detail) -> AsyncIterator[Utterance]:
        """What was said in its gaps and did not come live, as far as there is a transcript yet.

        Both sides are in the transcript of the customer's communication; the others are asked
        about where that has none. Raises GenesysSentimentError.
        """
        legs = _legs(detail)
        for leg in (*legs.customer, *legs.staff):
            if leg in case.read or (leg in legs.staff and _complete(case, legs)):
                continue
            await self.pace.turn()
            transcript = await self.transcripts.get(case.conversation, leg)
            if transcript is None or transcript.conversation != case.conversation:
                continue
            missed = self.heard.missed(case.conversation, transcript.utterances)
            case.read.add(leg)
            case.whole = case.whole and missed.whole
            for utterance in missed.utterances:
                yield utterance

    def enough(self, case: Case, detail: Detail) -> bool:
        """Whether there is nothing more to wait for: all is read, or nobody spoke with anybody."""
        legs = _legs(detail)
        return not (legs.customer or legs.staff) or not legs.staff or _complete(case, legs)


def is_last_word(event: StateChange) -> bool:
    """Whether the transcription says that nothing more will come: the call may be over."""
    return event.subject == "transcription" and event.state == "SESSION_ENDED"


def lasts(error: GenesysSentimentError) -> bool:
    """Whether asking again will not help: a link that got too old will, for one."""
    return isinstance(error, AuthError | PermissionDenied | ConfigurationError | CertificateRefused)


def pause_after(error: GenesysSentimentError) -> float:
    """Seconds to wait before asking again, as far as the platform says so."""
    return (error.retry_after or 0.0) if isinstance(error, RateLimited) else 0.0


def _complete(case: Case, legs: _Legs) -> bool:
    return case.read.issuperset(legs.customer or legs.staff)


def _legs(detail: Detail) -> _Legs:
    return _Legs(
        customer=_sessions(detail.participants, _CUSTOMERS),
        staff=_sessions(detail.participants, _STAFF),
    )


def _sessions(
    participants: tuple[Mapping[str, Any], ...], purposes: frozenset[str]
) -> tuple[str, ...]:
    found = (
        text(session.get("sessionId"))
        for one in participants
        if one.get("purpose") in purposes
        for session in objects(one.get("sessions"))
        if session.get("mediaType") in VOICE
    )
    return tuple(dict.fromkeys(each for each in found if each is not None))
