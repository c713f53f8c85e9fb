"""What the agent-assist stage says: ranked suggestions and how they were taken. Pure: no I/O."""

from __future__ import annotations

from attrs import frozen

from genesys_sentiment.model.events import Suggestion


@frozen(kw_only=True)
class Ranked:
    """The suggestions of one message that are worth showing, best first (S2-08, S2-09).

    ``scores`` belong to ``suggestions``, 0…1, None for one that has no confidence by its kind.
    ``offered`` were in the message; ``too_uncertain`` were below the confidence limit or had no
    confidence, ``invalid`` had no id or a number that is none, ``repeated`` had been shown before
    or stood twice in the message, ``beyond`` were past the top: together with the shown ones they
    make up ``offered``. ``latency`` is the seconds that the platform says it took, None where it
    does not say. ``transit`` is our own measurement: seconds from the message's time to its
    arrival here, as far as both clocks agree; None where the message has no time.
    ``event`` is the message's id, or of a suggestion that came alone the suggestion's.
    """

    conversation: str
    at: float
    suggestions: tuple[Suggestion, ...] = ()
    scores: tuple[float | None, ...] = ()
    offered: int = 0
    too_uncertain: int = 0
    invalid: int = 0
    repeated: int = 0
    beyond: int = 0
    latency: float | None = None
    transit: float | None = None
    event: str = ""

    @property
    def id(self) -> str:
        """The message that they came in."""
        return f"ranked:{self.conversation}:{self.event}"


@frozen(kw_only=True)
class Acceptance:
    """How the suggestions of one conversation were taken so far (S2-11).

    All are numbers of different suggestions: ``shown``, and of these ``accepted``,
    ``dismissed``, ``copied``, ``opened``, ``rated_up`` and ``rated_down`` (the last rating
    counts). ``unseen`` are others: reacted to, though never in a ``Ranked`` (we joined late, or
    the platform's own panel showed what was below our limit). ``suggestion`` is the one whose
    reaction this follows, ``reaction`` what it was (a name of one of the counts), ``reference``
    the article or response that it points to, None where it names none.
    ``rate`` is accepted ÷ shown.
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
    unseen: int = 0
    reference: str | None = None

    @property
    def rate(self) -> float | None:
        """0…1; None while nothing was shown."""
        return self.accepted / self.shown if self.shown else None

    @property
    def id(self) -> str:
        """The suggestion and the reaction."""
        return f"acceptance:{self.conversation}:{self.suggestion}:{self.reaction}"
