"""Asking the packaged analyzer, as an application does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Final, TypeAlias

from genesys_sentiment.analysis.analyzer import Analysis
from genesys_sentiment.analysis.embedded_analyzer import EmbeddedAnalyzer
from genesys_sentiment.analysis.lexemes import EMOTIONS, LABELS
from training.data import Example, as_recognised

Judged: TypeAlias = tuple[Example, Analysis]

FORMS: Final[Mapping[str, Callable[[Example], Example]]] = {
    "raw": lambda example: example,
    "asr": as_recognised,
}
"""As given, and as a recogniser would write it."""


@cache
def analyzer() -> EmbeddedAnalyzer:
    """The one that is measured."""
    return EmbeddedAnalyzer()


def judged(examples: Sequence[Example], form: str) -> list[Judged]:
    """Each text with what the analyzer says of it in that form."""
    ask, shape = analyzer(), FORMS[form]
    return [(each, ask(shape(each).text, each.language)) for each in examples]


def polarity(text: str, language: str) -> float:
    """Of one text."""
    return analyzer()(text, language).polarity


def truth(example: Example) -> str:
    """The label that it is known to have."""
    assert example.label is not None
    return LABELS[example.label]


def felt(example: Example) -> list[str]:
    """The emotions that it is known to have."""
    return [EMOTIONS[each] for each in sorted(example.emotions or ())]


def shown(analysis: Analysis) -> str:
    """The one emotion that was returned; being calm is one as well here."""
    return analysis.emotion or "neutral"
