"""What goes out: frozen values that stages make from events. Pure: no I/O."""

from __future__ import annotations

from typing import TypeAlias

from attrs import field, frozen

from genesys_sentiment.model.alerts import Alert, Diagnosis
from genesys_sentiment.model.assist import Acceptance, Ranked
from genesys_sentiment.model.completed import Completed
from genesys_sentiment.model.entries import Receipt
from genesys_sentiment.model.events import Event, Reading, Side, Utterance
from genesys_sentiment.model.forwards import Forward
from genesys_sentiment.model.values import Polarity


class _OfEvent:
    """What a result has from the event that it is about."""

    __slots__ = ()
    event: Utterance | Reading

    @property
    def conversation(self) -> str:
        """The conversation's id."""
        return self.event.conversation

    @property
    def communication(self) -> str | None:
        """The communication's id, None where the platform named none."""
        return self.event.communication

    @property
    def utterance(self) -> str | None:
        """The utterance's id, None for a reading of a whole conversation."""
        return self.event.utterance

    @property
    def participant(self) -> Side | None:
        """Who spoke, None where the platform named neither or both."""
        return self.event.participant


# Without slots for the same reason as Reading.
@frozen(kw_only=True, slots=False)
class Score(_OfEvent):
    """The sentiment of one utterance or one platform reading (S0-21).

    ``polarity`` is the label, ``polarity_raw`` the value in −1…1. ``confidence`` is how sure the
    scorer (or the platform) is of it, 0…1, None where the platform did not say. ``emotion`` is one
    of the policy's emotions, ``uncategorized`` for another (then ``emotion_raw`` keeps it) and
    ``unknown`` where there was none. ``context_segment_count`` counts the segments in the context
    window, this one included. ``method`` is ``platform`` or the analyzer's name. ``evidence``
    names the words or concepts that carried the decision, strongest first. ``at`` is event time,
    ``scored_at`` the time the scorer was given as now; both seconds since the epoch.
    ``event`` is what was scored, with its text; it is never exported on its own.
    """

    event: Utterance | Reading = field(repr=False, eq=False)
    language: str | None
    polarity: Polarity
    polarity_raw: float
    confidence: float | None
    emotion: str
    emotion_confidence: float
    sarcasm_flag: bool
    context_segment_count: int
    at: float
    scored_at: float
    method: str
    emotion_raw: str | None = None
    evidence: tuple[str, ...] = field(default=(), repr=False)

    @property
    def id(self) -> str:
        """Stable for the same logical event: the event's own id with a prefix."""
        return f"score:{self.event.id}"


@frozen(kw_only=True)
class Skipped(_OfEvent):
    """An event that could have been scored and was not, and why. Never a neutral score instead.

    ``reason``: ``not_final``, ``empty``, ``no_words`` (noise marks only), ``language_missing``,
    ``language_unsupported``, ``segments_missing``, ``no_data`` (the platform sent no score),
    ``invalid`` (not a finite number in range), ``too_soon`` (the gate), ``analyzer_failed``.
    ``detail`` is for people and holds no transcript text.
    """

    event: Utterance | Reading = field(repr=False, eq=False)
    reason: str
    at: float
    detail: str | None = None

    @property
    def language(self) -> str | None:
        """What the event named, None where it named none."""
        return self.event.language

    @property
    def id(self) -> str:
        """Stable for the same logical event: the event's own id with a prefix."""
        return f"skipped:{self.event.id}"


Result: TypeAlias = (
    Score | Skipped | Alert | Diagnosis | Ranked | Acceptance | Forward | Completed | Receipt
)
Record: TypeAlias = Event | Result
"""Whatever a pipeline hands on: results, and the events that no stage turned into one."""
