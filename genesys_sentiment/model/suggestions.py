"""What Agent Assist and Copilot suggest, and what became of it. Pure: no I/O.

Times as in ``model.events``.
"""

from __future__ import annotations

from attrs import field, frozen

from genesys_sentiment.model.values import Source


@frozen(kw_only=True)
class Suggestion:
    """One Agent Assist or Copilot suggestion, or what became of it.

    A later event with the same ``suggestion`` and another ``state`` (``Suggested``, ``Accepted``,
    ``Dismissed``, ``Rated``…) is the agent's reaction. ``kind`` is the topic's suffix
    (``knowledge.search``, ``response``…). ``confidence`` is 0…1 and only knowledge search has one
    on the real service; ``relevance`` is 0…1 and no kind has one there. ``reference`` is the
    document, response, script page or intent that it points to.
    """

    conversation: str
    suggestion: str
    kind: str
    state: str | None = None
    relevance: float | None = None
    trigger: str | None = None
    engagement: str | None = None
    rating: str | None = None
    title: str | None = field(default=None, repr=False)
    text: str | None = field(default=None, repr=False)
    reference: str | None = None
    confidence: float | None = None
    queue: str | None = None
    user: str | None = None
    utterance: str | None = None
    language: str | None = None
    at: float | None = None
    received: float = 0.0
    source: Source = "live"

    @property
    def id(self) -> str:
        """Suggestion, state, engagement and rating: the reaction is another event."""
        reaction = f"{self.state or ''}:{self.engagement or ''}:{self.rating or ''}"
        return f"suggestion:{self.conversation}:{self.suggestion}:{reaction}"


@frozen(kw_only=True)
class Suggestions:
    """Several suggestions that came in one message (the real service sends one at a time).

    ``message`` is the message's id, or a hash of it. ``latency`` is the seconds that the platform
    says it took, None where it does not say: never 0 instead.
    """

    conversation: str
    message: str
    suggestions: tuple[Suggestion, ...] = ()
    latency: float | None = None
    at: float | None = None
    received: float = 0.0
    source: Source = "live"

    @property
    def id(self) -> str:
        """The message's."""
        return f"suggestions:{self.conversation}:{self.message}"
