"""Which suggestions are worth showing, and in which order (S2-08). Pure: no I/O."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Literal

from attrs import field, frozen

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.assist import Ranked
from genesys_sentiment.model.events import Suggestion, Suggestions
from genesys_sentiment.scoring.numbers import is_real
from genesys_sentiment.scoring.sarcasm import as_tuple

UNRATED_KINDS = ("intent", "knowledge.article", "response", "script", "thirdpartyaction")
"""Kinds that the real platform sends without a confidence: only knowledge search has one."""

_DECIMALS = 9  # of a score: 0.6 × 0.75 + 0.4 × 0.95 is to tie with 0.6 × 0.85 + 0.4 × 0.8
_FARTHEST = 1e12  # seconds: any time beyond ±32,000 years is damage


@frozen(kw_only=True)
class AssistPolicy:
    """Which suggestions are shown, how they are ranked, and how much is remembered.

    ``confidence``: the least that is shown, itself included (S2-08). ``unrated_kinds``: kinds
    that need none, because the platform gives them none.
    ``relevance_weight``, ``confidence_weight``: of the score; their sum is 1.
    ``top``: the most that one message shows.
    ``max_suggestions``: remembered per conversation, against repeats and for reactions.
    ``max_conversations``, ``idle_eviction``: as in ``Policy``; seconds of event time.

    Raises ConfigurationError that lists every problem.
    """

    confidence: float = 0.75
    relevance_weight: float = 0.6
    confidence_weight: float = 0.4
    top: int = 10
    unrated_kinds: tuple[str, ...] = field(default=UNRATED_KINDS, converter=as_tuple)
    max_suggestions: int = 256
    max_conversations: int = 100_000
    idle_eviction: float = 4 * 3600.0

    def __attrs_post_init__(self) -> None:
        if problems := list(_problems(self)):
            raise ConfigurationError("assist policy: " + "; ".join(problems))


def rank(message: Suggestions, policy: AssistPolicy, shown: Container[str] = ()) -> Ranked:
    """What to show of ``message``: the order of its suggestions does not matter.

    ``shown`` are the ids that were shown before. Descending by relevance and confidence with the
    policy's weights; ties by confidence, relevance, then the smaller id. If no suggestion of the
    message has a relevance (the real platform gives none), confidence alone is the score; if some
    have one, a missing one counts as 0. What has no confidence by its kind comes last, by id.
    """
    verdicts = [_verdict(each, policy) for each in message.suggestions]
    sure = [
        each
        for each, verdict in zip(message.suggestions, verdicts, strict=True)
        if verdict == "sure"
    ]
    related = any(each.relevance is not None for each in sure)
    best: dict[str, tuple[Suggestion, float | None]] = {}
    scored = [(each, _score(each, related, policy)) for each in sure]
    for each, score in sorted(scored, key=_order):
        best.setdefault(each.suggestion, (each, score))
    fresh = [pair for name, pair in best.items() if name not in shown]
    top = fresh[: policy.top]
    return Ranked(
        conversation=message.conversation,
        at=message.received if message.at is None else message.at,
        suggestions=tuple(each for each, _ in top),
        scores=tuple(score for _, score in top),
        offered=len(verdicts),
        too_uncertain=verdicts.count("too_uncertain"),
        invalid=verdicts.count("invalid"),
        repeated=len(sure) - len(fresh),
        beyond=len(fresh) - len(top),
        latency=message.latency if is_real(message.latency, 0.0, _FARTHEST) else None,
        transit=_transit(message),
        event=message.message,
    )


def _verdict(each: Suggestion, policy: AssistPolicy) -> Literal["sure", "too_uncertain", "invalid"]:
    """A number that is there must be one, on the scale 0…1; one that is missing is not 0."""
    numbers = (each.confidence, each.relevance)
    if not each.suggestion or any(n is not None and not is_real(n, 0.0, 1.0) for n in numbers):
        return "invalid"
    if each.confidence is None:
        return "sure" if each.kind in policy.unrated_kinds else "too_uncertain"
    return "sure" if each.confidence >= policy.confidence else "too_uncertain"


def _score(each: Suggestion, related: bool, policy: AssistPolicy) -> float | None:
    if each.confidence is None:
        return None
    if not related:
        return float(each.confidence)
    relevance = policy.relevance_weight * (each.relevance or 0.0)
    return min(round(relevance + policy.confidence_weight * each.confidence, _DECIMALS), 1.0)


def _order(
    pair: tuple[Suggestion, float | None],
) -> tuple[tuple[float, float, float], tuple[str, ...]]:
    """Best first. What follows the id only decides which of two with one id is kept."""
    each, score = pair
    numbers = (
        1.0 if score is None else -score,
        -(each.confidence or 0.0),
        -(each.relevance or 0.0),
    )
    content = (each.reference, each.title, each.text)
    return numbers, (each.suggestion, each.kind, *(part or "" for part in content))


def _transit(message: Suggestions) -> float | None:
    """``received`` is 0.0 in a message that nobody received."""
    at = message.at
    if at is None or not message.received or not is_real(at, -_FARTHEST, _FARTHEST):
        return None
    return message.received - at


def _problems(policy: AssistPolicy) -> Iterator[str]:
    weights = (policy.relevance_weight, policy.confidence_weight)
    for name in ("confidence", "relevance_weight", "confidence_weight"):
        if not is_real(getattr(policy, name), 0.0, 1.0):
            yield f"{name} must be a number from 0 to 1"
    if all(is_real(each, 0.0, 1.0) for each in weights) and abs(sum(weights) - 1.0) > 1e-9:
        yield "relevance_weight and confidence_weight must add up to 1"
    for name, most in (
        ("top", 1_000),
        ("max_suggestions", 100_000),
        ("max_conversations", 10_000_000),
    ):
        value = getattr(policy, name)
        if not isinstance(value, int) or not is_real(value, 1, most):
            yield f"{name} must be a whole number from 1 to {most:,}"
    if not is_real(policy.idle_eviction, 0.0, _FARTHEST):
        yield "idle_eviction must be a number of at least 0"
    kinds: object = policy.unrated_kinds
    if not isinstance(kinds, tuple) or not all(isinstance(each, str) for each in kinds):
        yield "unrated_kinds must be a sequence of words"
