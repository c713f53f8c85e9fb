"""What alert rules and diagnostics say: frozen values. Pure: no I/O."""

from __future__ import annotations

from typing import Literal, TypeAlias

from attrs import frozen

from genesys_sentiment.model.events import Side

AlertState: TypeAlias = Literal["raised", "cleared"]


@frozen(kw_only=True)
class Evidence:
    """One score that an alert rests on.

    ``at`` is event time, seconds since the epoch; ``value`` what the rule looked at (−1…1 or
    0…1); ``record`` the id of the score; ``utterance`` the utterance's id, None for a reading of
    the whole conversation.
    """

    at: float
    value: float
    record: str
    utterance: str | None = None


@frozen(kw_only=True)
class Alert:
    """A rule's condition held for long enough, or holds no longer.

    An alert is raised once and cleared once; both have the same ``alert`` id. ``rule`` is the
    rule's id, ``value`` what it computed (an average, a share), ``threshold`` what that was
    compared with. ``evidence`` are the scores behind ``value``, oldest first. ``began`` is the
    event time at which the condition began to hold, ``raised`` and ``cleared`` the event times of
    this alert's two ends (``cleared`` is None in the first). ``reason`` tells why it was cleared:
    ``recovered``, ``stale`` (no score for too long), ``ended`` (the conversation); None when
    raised. ``user`` is the agent and ``queue`` the queue, None where not known.
    All times are seconds since the epoch.
    """

    conversation: str
    alert: str
    rule: str
    state: AlertState
    value: float
    threshold: float
    began: float
    raised: float
    cleared: float | None = None
    reason: str | None = None
    participant: Side | None = None
    user: str | None = None
    queue: str | None = None
    evidence: tuple[Evidence, ...] = ()

    @property
    def id(self) -> str:
        """The alert and which end of it."""
        return f"alert:{self.alert}:{self.state}"

    @property
    def at(self) -> float:
        """The event time of this end."""
        return self.raised if self.cleared is None else self.cleared


@frozen(kw_only=True)
class Diagnosis:
    """Something about the data itself looks wrong. Not an alert: it needs an administrator.

    ``kind``: ``flat_line`` (every score is 0.0: language mismatch), ``sentiment_gap`` (connected,
    but no score for too long: masking, policy), ``no_data`` (every reading without a score:
    licence or policy), ``no_coverage`` (connected conversations of a queue without any score:
    policy of the queue). ``state`` tells whether it was found or is over. ``conversation`` and
    ``queue`` are None where it is not about one. ``figures`` are name and number of what was
    counted. ``advice`` says what to look at. ``at`` is event time, seconds since the epoch.
    """

    kind: str
    state: AlertState
    at: float
    conversation: str | None = None
    queue: str | None = None
    figures: tuple[tuple[str, float], ...] = ()
    advice: str = ""

    @property
    def id(self) -> str:
        """What, about whom, and when."""
        whom = self.conversation or self.queue or "*"
        return f"diagnosis:{self.kind}:{whom}:{self.state}:{self.at:.3f}"
