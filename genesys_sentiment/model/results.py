"""What goes out: frozen values that stages make from events. Pure: no I/O."""

from __future__ import annotations

from typing import Literal, TypeAlias

from attrs import field, frozen

from genesys_sentiment.model.events import Event, Reading, Side, Utterance

Polarity: TypeAlias = Literal["positive", "neutral", "negative"]


# Without slots for the same reason as Reading.
@frozen(kw_only=True, slots=False)
class Score:
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

    conversation: str
    participant: Side | None
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
    event: Utterance | Reading = field(repr=False, eq=False)
    utterance: str | None = None
    communication: str | None = None
    emotion_raw: str | None = None
    evidence: tuple[str, ...] = field(default=(), repr=False)

    @property
    def id(self) -> str:
        """Stable for the same logical event: the event's own id with a prefix."""
        return f"score:{self.event.id}"


@frozen(kw_only=True)
class Skipped:
    """An event that could have been scored and was not, and why. Never a neutral score instead.

    ``reason``: ``not_final``, ``empty``, ``no_words`` (noise marks only), ``language_missing``,
    ``language_unsupported``, ``segments_missing``, ``no_data`` (the platform sent no score),
    ``invalid`` (not a finite number in range), ``too_soon`` (the gate), ``analyzer_failed``.
    ``detail`` is for people and holds no transcript text.
    """

    conversation: str
    reason: str
    at: float
    event: Utterance | Reading = field(repr=False, eq=False)
    participant: Side | None = None
    language: str | None = None
    utterance: str | None = None
    communication: str | None = None
    detail: str | None = None

    @property
    def id(self) -> str:
        """Stable for the same logical event: the event's own id with a prefix."""
        return f"skipped:{self.event.id}"


Result: TypeAlias = Score | Skipped
Record: TypeAlias = Event | Result
"""Whatever a pipeline hands on: results, and the events that no stage turned into one."""
