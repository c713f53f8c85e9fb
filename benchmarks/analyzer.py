"""What the embedded analyzer costs: µs an utterance beside VADER, ms to load, bytes a word.

    python benchmarks/analyzer.py [--rounds 15]

The texts are this repository's own utterances, in five languages. Warm: every word was met before.
Cold: a fresh analyzer, and every text is twelve words that it has never met. Times are of the
processor, so that other programs on the machine count less; rounds take turns, and the median of
them is told. VADER knows English only and is given the same texts. How good the decisions are is
measured by ``python -m training.evaluate``.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from time import process_time

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from genesys_sentiment.analysis.embedded_analyzer import EmbeddedAnalyzer, load
from genesys_sentiment.analysis.lexemes import MAX_KNOWN_WORDS

UTTERANCES = Path(__file__).resolve().parents[1] / "training" / "utterances"
LANGUAGES = ("de", "en", "es", "fr", "pt")
WORDS = 12
WARM_GOAL, COLD_GOAL, LOAD_GOAL = 60.0, 250.0, 20.0
"""µs, µs, ms."""

Text = tuple[str, str]
"""Language and text."""


def utterances() -> list[Text]:
    """Every fifth line: several thousand would only measure the same again."""
    found = []
    for language in LANGUAGES:
        _, *lines = (UTTERANCES / f"{language}.tsv").read_text("utf-8").splitlines()
        found += [(language, line.split("\t")[4]) for line in lines[4::5]]
    return found


def unknown_words() -> list[Text]:
    """Texts of twelve words each, no word twice in a language."""
    found = []
    for language in LANGUAGES:
        _, *lines = (UTTERANCES / f"{language}.tsv").read_text("utf-8").splitlines()
        said = " ".join(line.split("\t")[4] for line in lines).casefold()
        words = [*dict.fromkeys("".join(c if c.isalpha() else " " for c in said).split())]
        ends = range(WORDS, len(words) + 1, WORDS)
        found += [(language, " ".join(words[end - WORDS : end])) for end in ends]
    return found


def fresh() -> EmbeddedAnalyzer:
    """It has learned its languages and met no text."""
    analyzer = EmbeddedAnalyzer()
    for language in LANGUAGES:
        analyzer("", language)
    return analyzer


def microseconds(analyze: Callable[[str, str], object], texts: Sequence[Text]) -> float:
    """Of the processor, for one text."""
    gc.collect()
    start = process_time()
    for language, text in texts:
        analyze(text, language)
    return (process_time() - start) / len(texts) * 1e6


def milliseconds(work: Callable[[], object]) -> float:
    gc.collect()
    start = process_time()
    work()
    return (process_time() - start) * 1e3


def speed(rounds: int) -> None:
    texts, new = utterances(), unknown_words()
    vader = SentimentIntensityAnalyzer()
    warm = fresh()
    ways: dict[str, Callable[[], float]] = {
        "warm": lambda: microseconds(warm, texts),
        "first pass": lambda: microseconds(fresh(), texts),
        "cold": lambda: microseconds(fresh(), new),
        "VADER": lambda: microseconds(lambda text, _: vader.polarity_scores(text), texts),
        "VADER, cold's texts": lambda: microseconds(
            lambda text, _: vader.polarity_scores(text), new
        ),
    }
    ways["warm"]()
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            found[name].append(way())
    words = sum(len(text.split()) for _, text in texts) / len(texts)
    print(f"{len(texts)} utterances of {words:.1f} words; {len(new)} texts of {WORDS} new words")
    goals = {"warm": f"goal {WARM_GOAL:.0f}", "cold": f"goal {COLD_GOAL:.0f}"}
    for name, times in found.items():
        spread = f"{min(times):.1f} to {max(times):.1f}"
        print(f"{name:20} {median(times):7.1f} µs  ({spread})  {goals.get(name, '')}".rstrip())


def loading(rounds: int) -> None:
    def model() -> None:
        load.cache_clear()
        load()

    times = [milliseconds(model) for _ in range(rounds)]
    print(f"{'model':20} {median(times):7.1f} ms  goal {LOAD_GOAL:.0f}")
    for language in LANGUAGES:
        times = [milliseconds(lambda: EmbeddedAnalyzer()("", language)) for _ in range(rounds)]  # noqa: B023
        print(f"{language:20} {median(times):7.1f} ms  at a language's first text")


def memory() -> None:
    texts = unknown_words()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    analyzer = fresh()
    learned = tracemalloc.get_traced_memory()[0]
    for language, text in texts:
        analyzer(text, language)
    known = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    each = (known - learned) / (len(texts) * WORDS)
    print(f"{'five languages':20} {(learned - before) / 1e6:7.1f} MB  lexicon and common words")
    most = each * MAX_KNOWN_WORDS / 1e6
    print(f"{'a word and its pair':20} {each:7.0f} bytes, so {most:.0f} MB a language at the bound")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    version = ".".join(map(str, sys.version_info[:3]))
    print(f"Python {version}, {rounds} rounds")
    load()
    speed(rounds)
    loading(min(rounds, 5))
    memory()


if __name__ == "__main__":
    main()
