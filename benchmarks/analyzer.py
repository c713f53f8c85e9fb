"""How good and how fast the embedded analyzer is: macro-F1 per language, µs per utterance.

    python benchmarks/analyzer.py DATA        # a folder with sentiment/ and calls/

The texts are no part of this repository. ``asr`` is the same text without case and punctuation.
"""

from __future__ import annotations

import csv
import html
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from time import perf_counter

from genesys_sentiment.analysis.lexicon_analyzer import LexiconAnalyzer

LANGUAGES = {"en": "english", "es": "spanish", "fr": "french", "de": "german", "pt": "portuguese"}
LABELS = ("negative", "neutral", "positive")


def macro_f1(pairs: Iterable[tuple[str, str]]) -> float:
    """Mean over the labels of the F1 score; ``pairs`` are (true, predicted)."""
    counts = Counter(pairs)
    scores = []
    for label in LABELS:
        hit = counts[label, label]
        truth = sum(n for (true, _), n in counts.items() if true == label)
        said = sum(n for (_, guess), n in counts.items() if guess == label)
        scores.append(2 * hit / (truth + said) if truth + said else 0.0)
    return sum(scores) / len(scores)


def tweets(folder: Path, language: str) -> list[tuple[str, str]]:
    """(text, label). The English file holds literal escapes and entities."""
    path = folder / "sentiment" / f"umsab_{LANGUAGES[language]}_valid.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        rows = [(row["text"], row["label"]) for row in csv.DictReader(lines)]
    return [(html.unescape(text.replace("\\u2019", "’")), label) for text, label in rows]


def calls(folder: Path) -> list[tuple[str, str]]:
    """(text, the source's own silver label)."""
    found = []
    for path in sorted((folder / "calls").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            segment = json.loads(line)
            valence = segment["valence"]
            found.append((segment["text"], LABELS[valence.index(max(valence))]))
    return found


def as_recognised(text: str) -> str:
    return re.sub(r"[^\w\s']", " ", text.casefold())


def microseconds(analyzer: LexiconAnalyzer, texts: Sequence[str], language: str) -> float:
    """Per text, words known."""
    best = float("inf")
    for _ in range(5):
        start = perf_counter()
        for text in texts:
            analyzer(text, language)
        best = min(best, perf_counter() - start)
    return best / len(texts) * 1e6


def report(name: str, rows: list[tuple[str, str]], language: str) -> float:
    analyzer = LexiconAnalyzer()
    first = perf_counter()
    analyzer("", language)
    learned = (perf_counter() - first) * 1e3
    raw = macro_f1((label, analyzer(text, language).label) for text, label in rows)
    asr = macro_f1((label, analyzer(as_recognised(text), language).label) for text, label in rows)
    cost = microseconds(analyzer, [text for text, _ in rows], language)
    words = sum(len(text.split()) for text, _ in rows) / len(rows)
    print(
        f"{name:6} raw {raw:.3f}  asr {asr:.3f}  {cost:6.1f} µs for {words:4.1f} words"
        f"  (learning the language: {learned:.0f} ms)"
    )
    return raw


def main() -> None:
    folder = Path(sys.argv[1])
    raw = [report(language, tweets(folder, language), language) for language in LANGUAGES]
    print(f"mean   raw {sum(raw) / len(raw):.3f}")
    report("calls", calls(folder), "en")


if __name__ == "__main__":
    main()
