"""Measures of decisions against what is known to be right. Pure: no I/O, and no numpy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeAlias, TypeVar

Name = TypeVar("Name", str, int)
Sets: TypeAlias = Iterable[tuple[Collection[Name], Collection[Name]]]
"""For each text what is right and what was said: none, one or several names."""

BINS = 15
"""Of confidence, all of one width."""


def f1(pairs: Sets[Name], names: Sequence[Name]) -> dict[Name, float]:
    """F1 of each name; 0 for a name that is neither right nor said anywhere."""
    hits: Counter[Name] = Counter()
    both: Counter[Name] = Counter()
    for right, said in pairs:
        hits.update(set(right).intersection(said))
        both.update(set(right))
        both.update(set(said))
    return {name: 2 * hits[name] / both[name] if both[name] else 0.0 for name in names}


def single(pairs: Iterable[tuple[Name, Name]]) -> Sets[Name]:
    """One right name and one said."""
    return [((right,), (said,)) for right, said in pairs]


def mean(values: Iterable[float]) -> float:
    """0 for none."""
    numbers = list(values)
    return sum(numbers) / len(numbers) if numbers else 0.0


def macro_f1(pairs: Sets[Name], names: Sequence[Name]) -> float:
    """The mean over the names: each counts the same, however rare it is."""
    return mean(f1(pairs, names).values())


def accuracy(pairs: Iterable[tuple[Name, Name]]) -> float:
    """The share of decisions that are right."""
    return mean(float(right == said) for right, said in pairs)


def calibration_error(decisions: Iterable[tuple[float, bool]]) -> float:
    """Expected calibration error of (confidence, was it right): how far, on the mean, the share of
    right decisions in a bin lies from their mean confidence."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    count = 0
    for confidence, right in decisions:
        bins.setdefault(min(int(confidence * BINS), BINS - 1), []).append((confidence, right))
        count += 1
    return sum(abs(sum(right - sure for sure, right in each)) for each in bins.values()) / max(
        count, 1
    )


def flagged(decisions: Iterable[tuple[float, bool]], wanted: int) -> Mapping[str, float | int]:
    """Of (confidence, was it right) of what was flagged: precision, recall among ``wanted``."""
    right = [each for _, each in decisions]
    return {
        "flagged": len(right),
        "precision": mean(map(float, right)),
        "recall": sum(right) / wanted if wanted else 0.0,
    }


def best_limit(sums: Sequence[float], truth: Sequence[bool]) -> float:
    """The sum above which saying yes has the best F1 on these very texts."""
    ranked = sorted(zip(sums, truth, strict=True), reverse=True)
    wanted, hits, best, limit = sum(truth), 0, -1.0, 0.0
    for said, (value, right) in enumerate(ranked, 1):
        hits += right
        last = said == len(ranked) or ranked[said][0] < value
        if last and (found := 2 * hits / (said + wanted)) > best:
            best, limit = found, value
    return limit
