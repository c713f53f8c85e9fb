"""The sarcasm rule (S0-20): praise that is unsure of itself, with much feeling. Pure: no I/O."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.scoring.numbers import is_real


def as_tuple(value: Any) -> Any:
    """Lists and sets are as good as tuples; anything else is left for the check to refuse."""
    return tuple(value) if isinstance(value, list | set | frozenset) else value


@frozen(kw_only=True)
class SarcasmRule:
    """Flags what holds all four: every comparison is strict, a missing number is never sarcasm.

    ``max_confidence``, ``min_polarity`` and ``min_emotion_confidence`` are exclusive limits.
    ``emotions`` are compared without case; add ``anger`` and ``disgust`` for praise that is meant
    as blame. Raises ConfigurationError that lists every problem.
    """

    max_confidence: float = 0.5
    min_polarity: float = 0.4
    min_emotion_confidence: float = 0.8
    emotions: tuple[str, ...] = field(default=("joy", "surprise"), converter=as_tuple)

    def __attrs_post_init__(self) -> None:
        problems = [
            f"{name} must be a finite number from {low:g} to 1"
            for name, low in (
                ("max_confidence", 0.0),
                ("min_polarity", -1.0),
                ("min_emotion_confidence", 0.0),
            )
            if not is_real(getattr(self, name), low, 1.0)
        ]
        emotions: object = self.emotions
        if not (isinstance(emotions, tuple) and all(map(_is_folded, emotions))):
            problems.append("emotions must be a sequence of words in lower case")
        if problems:
            raise ConfigurationError("sarcasm rule: " + "; ".join(problems))

    def __call__(
        self,
        polarity: float,
        confidence: float | None,
        emotion: str,
        emotion_confidence: float | None,
    ) -> bool:
        """Whether this looks like sarcasm. ``emotion`` is lower case."""
        return (
            polarity > self.min_polarity
            and confidence is not None
            and confidence < self.max_confidence
            and emotion_confidence is not None
            and emotion_confidence > self.min_emotion_confidence
            and emotion in self.emotions
        )


def _is_folded(word: object) -> bool:
    return isinstance(word, str) and word == word.strip().casefold() != ""
