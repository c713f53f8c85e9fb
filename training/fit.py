"""From examples to a model: two linear heads, rounded to bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import scipy.sparse as sparse
from attrs import frozen
from sklearn.linear_model import LogisticRegression

from genesys_sentiment.analysis.concepts import inventory
from genesys_sentiment.analysis.features import EMOTION_BUCKETS, SENTIMENT_BUCKETS
from genesys_sentiment.analysis.lexemes import EMOTIONS, LABELS
from genesys_sentiment.analysis.tokens import tidy
from genesys_sentiment.analysis.vocabulary import Vocabulary
from training.data import LANGUAGES, Example
from training.matrix import CONCEPTS, GROUPS, Extractor

_COMMON: Final = 500
"""Words of each language with which its memory begins."""


_PRAISE: Final = ("pos", "joy")
_ENOUGH: Final = 20
"""Texts in which denied praise was, for half of its weight to be what was learned of it."""


@frozen
class Settings:
    """What was chosen on the validation texts. ``strength`` is the inverse of regularisation."""

    strength: float = 0.45
    emotion_strength: float = 2.0
    letters: float = 0.4
    felt: float = 0.1
    own: float = 0.85
    own_emotions: float = 0.5
    dialogue: float = 0.5
    pruned: float = 0.5


def sentiment_head(
    extractor: Extractor, examples: Sequence[Example], weights: Sequence[float], settings: Settings
) -> tuple[np.ndarray, np.ndarray]:
    """A column of weights for each label, and the bias. Centred: only differences count."""
    labels = np.array([example.label for example in examples])
    solver = LogisticRegression(C=settings.strength, max_iter=1000, tol=1e-4)
    solver.fit(extractor.sentiment(examples), labels, sample_weight=np.array(weights))
    weights_, bias = solver.coef_.T, solver.intercept_
    return weights_ - weights_.mean(axis=1, keepdims=True), bias - bias.mean()


def emotion_head(
    extractor: Extractor, examples: Sequence[Example], weights: Sequence[float], settings: Settings
) -> tuple[np.ndarray, np.ndarray]:
    """One yes or no for each emotion: several may be in a text."""
    matrix = extractor.emotion(examples)
    columns, bias = [], []
    for place in range(len(EMOTIONS)):
        wanted = np.array([place in (example.emotions or ()) for example in examples])
        solver = LogisticRegression(C=settings.emotion_strength, max_iter=300, tol=1e-5)
        solver.fit(matrix, wanted, sample_weight=np.array(weights))
        columns.append(solver.coef_[0])
        bias.append(solver.intercept_[0])
    return np.array(columns).T, np.array(bias)


def concept_rows(sentiment: np.ndarray, emotion: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """What each concept says, as said and denied: its own part and that of its group.

    ``seen``: in how many texts each row was. Praise that was seldom denied is taken for blame when
    it is, half as strong: "not glad" is hardly ever written.
    """
    own = np.hstack([sentiment[SENTIMENT_BUCKETS:], emotion[EMOTION_BUCKETS:]])
    rows, shared = own[: 2 * len(CONCEPTS)], own[2 * len(CONCEPTS) :]
    concepts = inventory()
    for place, name in enumerate(CONCEPTS):
        concept = concepts[name]
        group = 2 * GROUPS.index(concept.group)
        rows[2 * place] += concept.weight * shared[group]
        rows[2 * place + 1] += concept.weight * shared[group + 1]
        if concept.group not in _PRAISE:
            continue
        known = seen[2 * place + 1] / (seen[2 * place + 1] + _ENOUGH)
        contrary = -0.5 * rows[2 * place, : len(LABELS)]
        denied = rows[2 * place + 1, : len(LABELS)]
        rows[2 * place + 1, : len(LABELS)] = known * denied + (1 - known) * contrary
    return rows


def pruned(table: np.ndarray, share: float) -> np.ndarray:
    """Without the rows that say least; half of them cost nothing measurable."""
    said = np.abs(table).max(axis=1)
    return np.where((said > np.quantile(said, share))[:, None], table, 0.0)


def as_bytes(table: np.ndarray) -> tuple[list[float], bytes]:
    """Each column by its largest value: rare emotions live in the tails."""
    scales = np.abs(table).max(axis=0) / 127.0
    scales[scales == 0.0] = 1.0
    return [float(each) for each in scales], np.rint(table / scales).astype(np.int8).tobytes()


def temperature(sums: np.ndarray, labels: np.ndarray) -> float:
    """What the sums are divided by so that confidence is the share of right decisions."""
    found = {value: _miscalibrated(sums / value, labels) for value in np.arange(0.5, 2.5, 0.02)}
    return float(min(found, key=found.__getitem__))


def _miscalibrated(sums: np.ndarray, labels: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error."""
    chances = np.exp(sums - sums.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    confidence, right = chances.max(axis=1), chances.argmax(axis=1) == labels
    places = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(places, confidence - right, bins)
    return float(np.abs(gaps).sum() / len(labels))


def thresholds(sums: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """For each emotion the sum from which it counts, so that one emotion a text is right most.

    Begins with each emotion on its own and then moves one after the other while the mean F1 of
    the emotion that is farthest above its threshold grows.
    """
    limits = np.array([_alone(sums[:, place], truth[:, place]) for place in range(truth.shape[1])])
    best = one_emotion_f1(sums - limits, truth)
    for step in (0.4, 0.2, 0.1, 0.05):
        moved = True
        while moved:
            moved = False
            for place in range(len(limits)):
                for change in (-step, step):
                    tried = limits.copy()
                    tried[place] += change
                    found = one_emotion_f1(sums - tried, truth)
                    if found > best + 1e-6:
                        limits, best, moved = tried, found, True
    return limits


def one_emotion_f1(beyond: np.ndarray, truth: np.ndarray) -> float:
    """Macro-F1 where each text is given the emotion with the largest number."""
    said = np.zeros_like(truth)
    said[np.arange(len(beyond)), beyond.argmax(axis=1)] = True
    return macro_f1(said, truth)


def macro_f1(said: np.ndarray, truth: np.ndarray) -> float:
    """Mean over the columns of two tables of yes and no."""
    hits = (said & truth).sum(axis=0)
    return float((2 * hits / np.maximum(said.sum(axis=0) + truth.sum(axis=0), 1)).mean())


def _alone(sums: np.ndarray, truth: np.ndarray) -> float:
    limits = np.quantile(sums, np.linspace(0.3, 0.995, 140))
    return float(max(limits, key=lambda each: macro_f1((sums > each)[:, None], truth[:, None])))


def common(examples: Sequence[Example]) -> Mapping[str, list[str]]:
    """The tokens that each language uses most."""
    found: dict[str, list[str]] = {}
    for language in LANGUAGES:
        pattern = Vocabulary(language).pattern
        counts: Counter[str] = Counter()
        for example in examples:
            if example.language == language:
                counts.update(pattern.findall(tidy(example.text)))
        spoken = [token for token, _ in counts.most_common() if token[0].isalpha()]
        found[language] = spoken[:_COMMON]
    return found


def sums(matrix: sparse.csr_matrix, weights: np.ndarray, bias: np.ndarray) -> Any:
    """What a head makes of texts."""
    return matrix @ weights + bias


assert LABELS == ("negative", "neutral", "positive")
