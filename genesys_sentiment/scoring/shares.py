"""How much of a chat was positive, neutral, negative (S1-05…S1-09). Pure: no I/O.

A share is no score and a score is no confidence: three inputs, three rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import fsum
from typing import Final, Literal, TypeAlias

from attrs import evolve, frozen

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.results import Score
from genesys_sentiment.model.values import Polarity
from genesys_sentiment.scoring.numbers import is_real
from genesys_sentiment.scoring.rounding import clamp, round_half_up
from genesys_sentiment.scoring.scale import POLARITY, Scale

Outcome: TypeAlias = Literal["scored", "no_data", "below_confidence", "invalid"]

_NAMES: Final[tuple[Polarity, ...]] = ("positive", "neutral", "negative")
_METRICS: Final = ("sentimentPositive", "sentimentNeutral", "sentimentNegative")
_OVERALL: Final = "sentimentOverallScore"


@frozen(kw_only=True)
class Shares:
    """Three shares of one whole, each 0…1 with 4 decimals.

    Raises ConfigurationError for anything else than a finite number from 0 to 1.
    """

    positive: float
    neutral: float
    negative: float

    def __attrs_post_init__(self) -> None:
        if not all(is_real(getattr(self, name), 0.0, 1.0) for name in _NAMES):
            raise ConfigurationError("shares must be finite numbers from 0 to 1")
        for name in _NAMES:
            object.__setattr__(self, name, round_half_up(getattr(self, name)))

    @property
    def polarity(self) -> Polarity:
        """The greatest of the three; neutral where two are equally great (S1-07).

        Decided on the rounded shares: whoever gets them sees what decided.
        """
        if self.positive > max(self.neutral, self.negative):
            return "positive"
        return "negative" if self.negative > max(self.neutral, self.positive) else "neutral"


@frozen(kw_only=True)
class SharePolicy:
    """The figures of an assessment.

    ``confidence``: the least that passes, itself included (S1-06). ``scale``: of the overall
    score. ``slack``: how far outside 0…1 a share is still moved to the border and counted
    (S1-09); further out it is on another scale, and invalid (85 is not "very negative").

    Raises ConfigurationError that lists every problem.
    """

    confidence: float = 0.75
    scale: Scale = POLARITY
    slack: float = 0.25

    def __attrs_post_init__(self) -> None:
        problems = [
            f"{name} must be a number from 0 to 1"
            for name in ("confidence", "slack")
            if not is_real(getattr(self, name), 0.0, 1.0)
        ]
        if problems:
            raise ConfigurationError("share policy: " + "; ".join(problems))


@frozen(kw_only=True)
class Assessment:
    """What is known of one conversation's sentiment, or why nothing is. Never a crash.

    ``outcome``: ``scored``; ``no_data`` (a share is missing: sentiment may lag, so ask again
    later); ``below_confidence`` (all there, but not sure enough); ``invalid`` (no finite number,
    or one of another scale). ``detail`` names the input it was about. ``shares`` are None without
    data. ``score`` is the overall score on −1…1 and ``confidence`` is 0…1: each None where none
    was given, and neither stands in for the other. ``clamped`` counts shares moved into 0…1.
    """

    outcome: Outcome
    shares: Shares | None = None
    score: float | None = None
    confidence: float | None = None
    clamped: int = 0
    detail: str | None = None

    @property
    def polarity(self) -> Polarity | None:
        """That of the shares; None unless ``scored``."""
        return self.shares.polarity if self.shares and self.outcome == "scored" else None

    @property
    def retry_later(self) -> bool:
        """Whether another look may find more (S1-05)."""
        return self.outcome == "no_data"


def assess(
    shares: Mapping[str, object],
    *,
    score: object = None,
    confidence: object = None,
    policy: SharePolicy | None = None,
) -> Assessment:
    """Judge the shares ``positive``, ``neutral`` and ``negative``, as they came from outside.

    ``score`` is the overall score, ``confidence`` how sure whoever made it is: None where there
    is none, and then there is nothing to gate. Missing or None as a share is ``no_data``.
    """
    policy = policy or SharePolicy()
    found = [shares.get(name) for name in _NAMES]
    overall = policy.scale.polarity(score)
    flaw = _flaw(found, policy)
    if flaw is None and score is not None and overall is None:
        flaw = "invalid", "score"
    if flaw is None and confidence is not None and not is_real(confidence, 0.0, 1.0):
        flaw = "invalid", "confidence"
    if flaw is not None:
        return Assessment(outcome=flaw[0], detail=flaw[1])
    inside = [clamp(value) for value in found if isinstance(value, int | float)]
    positive, neutral, negative = (value for value, _ in inside)
    sure = float(confidence) if isinstance(confidence, int | float) else None
    unsure = sure is not None and sure < policy.confidence
    return Assessment(
        outcome="below_confidence" if unsure else "scored",
        shares=Shares(positive=positive, neutral=neutral, negative=negative),
        score=overall,
        confidence=sure,
        clamped=sum(moved for _, moved in inside),
        detail="confidence" if unsure else None,
    )


def assess_metrics(
    metrics: Iterable[object],
    *,
    confidence: object = None,
    policy: SharePolicy | None = None,
) -> Assessment:
    """The metrics of the tutorial's details query: objects with ``name`` and ``value``.

    What is no such object, or has another name, does not matter; of two with one name the first
    counts. ``sentimentOverallScore`` becomes ``score``, and never the confidence (S1-06).
    """
    named = dict(reversed([*_named(metrics)]))
    return assess(
        dict(zip(_NAMES, map(named.get, _METRICS), strict=True)),
        score=named.get(_OVERALL),
        confidence=confidence,
        policy=policy,
    )


def assess_scores(
    scores: Iterable[Score],
    *,
    confidence: object = None,
    policy: SharePolicy | None = None,
) -> Assessment:
    """The share of each label among ``scores``: the real platform has no such metrics.

    ``score`` is the mean of their ``polarity_raw``. No scores are ``no_data``, not neutral.
    """
    held = list(scores)
    if not held:
        return Assessment(outcome="no_data", detail="scores")
    counts = Counter(each.polarity for each in held)
    found = assess(
        {name: counts[name] / len(held) for name in _NAMES},
        confidence=confidence,
        policy=policy,
    )
    return evolve(found, score=fsum(each.polarity_raw for each in held) / len(held))


def _flaw(found: Sequence[object], policy: SharePolicy) -> tuple[Outcome, str] | None:
    """Missing first: a chat without a share has no sentiment, whatever else is wrong with it."""
    for name, value in zip(_NAMES, found, strict=True):
        if value is None:
            return "no_data", name
    for name, value in zip(_NAMES, found, strict=True):
        if not is_real(value, -policy.slack, 1.0 + policy.slack):
            return "invalid", name
    return None


def _named(metrics: Iterable[object]) -> Iterator[tuple[str, object]]:
    for each in metrics:
        if isinstance(each, Mapping) and isinstance(name := each.get("name"), str):
            yield name, each.get("value")
