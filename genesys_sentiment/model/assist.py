"""What the agent-assist stage says: ranked suggestions and how they were taken. Pure: no I/O."""

from __future__ import annotations

from attrs import field, frozen

from genesys_sentiment.model.events import Suggestion


@frozen(kw_only=True)
class Ranked:
    """The suggestions of one message that are worth showing, best first (S2-08, S2-09).

    ``scores`` belong to ``suggestions``, 0…1. ``offered`` were in the message; ``too_uncertain``
    were below the confidence limit, ``invalid`` had no usable number, ``repeated`` had been shown
    before, ``beyond`` were past the top: together with the shown ones they make up ``offered``.
    ``latency`` is the seconds that the platform says it took, None where it does not say.
    """

    conversation: str
    at: float
    suggestions: tuple[Suggestion, ...] = ()
    scores: tuple[float, ...] = ()
    offered: int = 0
    too_uncertain: int = 0
    invalid: int = 0
    repeated: int = 0
    beyond: int = 0
    latency: float | None = None
    event: str = field(default="")

    @property
    def id(self) -> str:
        """The message that they came in."""
        return f"ranked:{self.conversation}:{self.event}"


@frozen(kw_only=True)
class Acceptance:
    """How the suggestions of one conversation were taken so far (S2-11).

    All are numbers of different suggestions: ``shown``, and of these ``accepted``,
    ``dismissed``, ``copied``, ``opened``, ``rated_up`` and ``rated_down``. ``suggestion`` is the
    one whose reaction this follows, ``reaction`` what it was. ``rate`` is accepted ÷ shown.
    """

    conversation: str
    at: float
    suggestion: str
    reaction: str
    shown: int
    accepted: int
    dismissed: int = 0
    copied: int = 0
    opened: int = 0
    rated_up: int = 0
    rated_down: int = 0

    @property
    def rate(self) -> float | None:
        """0…1; None while nothing was shown."""
        return self.accepted / self.shown if self.shown else None

    @property
    def id(self) -> str:
        """The suggestion and the reaction."""
        return f"acceptance:{self.conversation}:{self.suggestion}:{self.reaction}"
