"""What comes in: frozen values for everything a conversation stream can say. Pure: no I/O.

Times named ``at`` and ``received`` are seconds since the epoch (UTC, float, milliseconds kept).
``at`` is the platform's time of the event, None where the platform sent none; ``received`` is
when the frame arrived here. ``id`` is the same for the same logical event, however often and on
whichever channel it arrives: it is the key of deduplication and the idempotency key downstream.
Kinds and states from the wire stay strings: the platform adds values without notice.
"""

from __future__ import annotations

from typing import TypeAlias

from attrs import field, frozen

from genesys_sentiment.model.suggestions import Suggestion as Suggestion
from genesys_sentiment.model.suggestions import Suggestions as Suggestions
from genesys_sentiment.model.values import ABSENT as ABSENT
from genesys_sentiment.model.values import Absent as Absent
from genesys_sentiment.model.values import Side as Side
from genesys_sentiment.model.values import Source as Source
from genesys_sentiment.model.values import fingerprint as fingerprint


# A dictionary instead of slots, as in Reading, and for the same reason: several come with each.
@frozen(kw_only=True, slots=False)
class Utterance:
    """One stretch of speech (or one message text) as recognised text.

    ``final`` is False for a revision that a later one with the same ``utterance`` replaces.
    ``language`` is what the platform named (``en-US``), None where it named none.
    ``confidence`` is the recogniser's, 0…1, None where it sent none: it says nothing of sentiment.
    ``offset`` and ``duration`` are seconds, from the start of the session; None where not sent.
    """

    conversation: str
    utterance: str
    text: str = field(repr=False)
    final: bool = True
    communication: str | None = None
    participant: Side | None = None
    language: str | None = None
    confidence: float | None = None
    at: float | None = None
    offset: float | None = None
    duration: float | None = None
    received: float = 0.0
    source: Source = "live"

    @property
    def id(self) -> str:
        """Final: conversation and utterance. A revision also carries its text's length and hash."""
        if self.final:
            return f"utterance:{self.conversation}:{self.utterance}"
        return f"revision:{self.conversation}:{self.utterance}:{fingerprint(self.text)}"


# A dictionary instead of slots: attrs fills one in half the time, and this class is made for every
# event of the fastest path. Benchmarks: benchmarks/pipeline.py.
@frozen(kw_only=True, slots=False)
class Reading:
    """A sentiment or emotion that the *platform* delivered, as it delivered it.

    ``score`` and ``trend`` are on the dialect's scale, −1…1 for the real service. ABSENT: the
    field was not sent; None: it was sent as null. Neither is neutral, and neither is 0.0.
    ``confidence`` and ``emotion_confidence`` are 0…1. ``segments`` are the utterances that came
    in the same message (none on the real service). ``correlation`` is the platform's
    CorrelationId, which tells repeats from new events as far as anything does.
    """

    conversation: str
    score: float | Absent | None = ABSENT
    trend: float | Absent | None = ABSENT
    confidence: float | Absent | None = ABSENT
    emotion: str | Absent | None = ABSENT
    emotion_confidence: float | Absent | None = ABSENT
    utterance: str | None = None
    communication: str | None = None
    participant: Side | None = None
    language: str | None = None
    segments: tuple[Utterance, ...] = ()
    queues: tuple[str, ...] = ()
    correlation: str | None = None
    at: float | None = None
    received: float = 0.0
    source: Source = "live"

    @property
    def key(self) -> tuple[object, ...]:
        """What tells it from other readings: the platform gives no event id."""
        return (
            self.conversation,
            self.utterance,
            self.correlation,
            self.at,
            self.score,
            self.trend,
            self.emotion,
        )

    @property
    def id(self) -> str:
        """The key as a text."""
        return ":".join(("reading", *map(_part, self.key)))


@frozen(kw_only=True)
class StateChange:
    """Something about a conversation, a participant or one of its communications changed.

    ``subject`` names what changed: a medium (``call``, ``message``, ``chat``, …), ``hold``,
    ``acw`` (after-call work), ``wrapup``, ``transcription``, or ``detail`` for a detail event.
    ``before`` is None where nothing was known. ``purpose`` is the participant's (``customer``,
    ``agent``, ``acd``, …), ``user`` the agent's id. ``count`` is the how-manieth change of this
    subject it is, so that a call held twice gives two ids (of a detail event: its time in
    milliseconds). ``medium`` is the conversation's channel type where the message named it.
    ``sequence`` is the message's number in its stream, None where the dialect has none.
    ``unexpected``: no step that the table of transitions knows leads from ``before`` to here.
    ``attributes`` are name and value, as the message carried them.
    """

    conversation: str
    subject: str
    state: str
    before: str | None = None
    communication: str | None = None
    participant: str | None = None
    purpose: str | None = None
    user: str | None = None
    queue: str | None = None
    count: int = 1
    medium: str | None = None
    sequence: int | None = None
    unexpected: bool = False
    attributes: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    at: float | None = None
    received: float = 0.0
    source: Source = "live"

    @property
    def id(self) -> str:
        """Whose state, which state, and for the how-manieth time."""
        whose = self.communication or self.participant or ""
        which = self.count if self.sequence is None else f"{self.sequence}@{self.at}"
        return f"state:{self.conversation}:{whose}:{self.subject}:{self.state}:{which}"


@frozen(kw_only=True)
class Message:
    """A digital message was sent or received. The platform sends ids only; its text is by REST."""

    conversation: str
    message: str
    communication: str | None = None
    participant: str | None = None
    purpose: str | None = None
    status: str | None = None
    at: float | None = None
    received: float = 0.0
    source: Source = "live"

    @property
    def id(self) -> str:
        """A message and its delivery status."""
        return f"message:{self.conversation}:{self.message}:{self.status or ''}"


@frozen(kw_only=True)
class Gap:
    """Events may have been missed. The platform has no replay: this is all that is known of them.

    ``reason``: ``disconnected``, ``silent``, ``dropped`` (our buffer was full), ``joined_late``
    (a conversation was already talking when its topics were subscribed) or what a dialect says.
    ``since`` and ``until`` are local times, seconds since the epoch: the last moment at which the
    line was known to be whole, and the first at which it was again. ``conversation`` is None when
    every conversation of the stream is concerned. ``count`` is how many events are known to be
    missing, None where nobody can know. ``unrecovered`` is None when a gap is told of. With
    backfill it is told of again, for the stream or for each of its conversations, when all has been
    asked for that there is to ask: then it names what stayed missing (``states``, ``utterances``,
    ``messages``, ``suggestions``); empty: nothing that is known of. One that is ``dropped`` is told
    once, with all of them: nobody asks for what was there already.
    """

    reason: str
    since: float
    until: float
    conversation: str | None = None
    count: int | None = None
    unrecovered: tuple[str, ...] | None = None

    @property
    def id(self) -> str:
        """Whose gap, when it began, and whether it is what became of it."""
        settled = "" if self.unrecovered is None else ":settled"
        return f"gap:{self.conversation or '*'}:{self.reason}:{self.since:.3f}{settled}"

    @property
    def at(self) -> float:
        """When the gap ended."""
        return self.until


@frozen(kw_only=True)
class TopicRefused:
    """One topic was not subscribed; the others live.

    ``missing`` names the missing permissions where the platform named them.
    """

    topic: str
    reason: str
    missing: tuple[str, ...] = ()
    conversation: str | None = None
    received: float = 0.0

    @property
    def id(self) -> str:
        """The topic and why."""
        return f"refused:{self.topic}:{self.reason}"

    @property
    def at(self) -> float:
        """When the refusal arrived."""
        return self.received


@frozen(kw_only=True)
class Unknown:
    """A readable message of a kind this library does not know. ``body`` is kept as it came."""

    topic: str
    body: bytes = field(repr=False)
    conversation: str | None = None
    correlation: str | None = None
    at: float | None = None
    received: float = 0.0

    @property
    def id(self) -> str:
        """Topic, correlation and the body's hash."""
        return f"unknown:{self.topic}:{self.correlation or ''}:{fingerprint(self.body)}"


@frozen(kw_only=True)
class Unreadable:
    """A frame that could not be read. Its content is not kept: it may hold anything.

    ``reason`` is a short fixed word, ``length`` the frame's bytes, ``digest`` a hash of it.
    """

    reason: str
    length: int
    digest: str
    received: float = 0.0
    conversation: str | None = None

    @property
    def id(self) -> str:
        """The frame's digest and its time of arrival: the same nonsense twice is two frames."""
        return f"unreadable:{self.digest}:{self.received:.3f}"

    @property
    def at(self) -> float:
        """When the frame arrived."""
        return self.received


Event: TypeAlias = (
    Utterance
    | Reading
    | Suggestion
    | Suggestions
    | StateChange
    | Message
    | Gap
    | TopicRefused
    | Unknown
    | Unreadable
)


def _part(value: object) -> str:
    return "" if value is None else "-" if value is ABSENT else str(value)
