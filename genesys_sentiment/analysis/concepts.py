"""The concept lexicon: words of several languages on shared concepts. Pure once read.

Every line of ``lexicon/concepts.txt`` is ``concept:group[:weight] | words | words | …`` with one
column per language, as its first line names them. A word may be ``word``, ``prefix*``,
``two_words`` or ``=wörd`` (accents kept: German "schön" is not "schon"). A symbol without letters
counts in every language.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files

from attrs import frozen

from genesys_sentiment.analysis.tokens import fold
from genesys_sentiment.errors import AnalyzerError

GROUPS = {
    "pos": 1.0,
    "thx": 1.0,
    "joy": 1.0,
    "neg": -1.0,
    "anger": -1.0,
    "sadness": -1.0,
    "fear": -1.0,
    "disgust": -1.0,
    # These say how something is said or what it is about, never how somebody feels about it.
    "surprise": 0.0,
    "curious": 0.0,
    "req": 0.0,
    "int": 0.0,
    "dim": 0.0,
    "but": 0.0,
    "not": 0.0,
    "notback": 0.0,
    "name": 0.0,
}
"""Sign of each group's polarity; a line's weight is multiplied with it."""

EMOTIONS = ("joy", "anger", "sadness", "fear", "disgust", "surprise")
"""The groups that are emotions too."""


@frozen
class Concept:
    """One line of the lexicon. ``words`` holds its entries by language, as written."""

    name: str
    group: str
    weight: float
    words: dict[str, tuple[str, ...]]


@cache
def load() -> tuple[Concept, ...]:
    """The packaged lexicon, read once. Raises AnalyzerError if it is damaged or missing."""
    source = files("genesys_sentiment.analysis") / "lexicon" / "concepts.txt"
    try:
        text = source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AnalyzerError("the lexicon cannot be read; reinstall the package") from error
    return parse(text)


def parse(text: str) -> tuple[Concept, ...]:
    """Read a lexicon. Raises AnalyzerError that names the line."""
    header, *lines = text.splitlines() or [""]
    languages = [column.split()[0] for column in header.split("|")[1:] if column.strip()]
    if not header.startswith("#") or not languages:
        raise AnalyzerError("lexicon line 1: it must begin with # and name the languages")
    concepts = tuple(
        _concept(number, line, languages) for number, line in enumerate(lines, 2) if line.strip()
    )
    if not concepts:
        raise AnalyzerError("lexicon line 2: there are no concepts")
    return concepts


def _concept(number: int, line: str, languages: list[str]) -> Concept:
    head, *columns = (column.strip() for column in line.split("|"))
    name, _, rest = head.partition(":")
    group, _, weight = rest.partition(":")
    if not name or group not in GROUPS:
        raise AnalyzerError(f"lexicon line {number}: expected concept:group with a known group")
    if not columns or len(columns) > len(languages):
        raise AnalyzerError(f"lexicon line {number}: {len(columns)} columns of words")
    words = {
        language: tuple(column.split())
        for language, column in zip(languages, columns, strict=False)
    }
    for entry in (entry for column in words.values() for entry in column):
        if not _well_formed(entry):
            raise AnalyzerError(f"lexicon line {number}: unreadable entry {entry!r}")
    return Concept(name, group, _weight(number, weight), words)


def _weight(number: int, text: str) -> float:
    try:
        weight = float(text or 1.0)
    except ValueError:
        weight = -1.0
    if not 0.0 <= weight <= 5.0:
        raise AnalyzerError(f"lexicon line {number}: the weight must be a number from 0 to 5")
    return weight


def _well_formed(entry: str) -> bool:
    """A star only ends a single word; ``=`` only begins one; no phrase has an empty part."""
    if is_symbol(entry):
        return True
    body = entry.removeprefix("=").removesuffix("*")
    stray = "*" in body or ("_" in body and entry.endswith("*"))
    return not stray and all(body.split("_"))


def is_symbol(entry: str) -> bool:
    """An emoji or emoticon, not a word: it does not begin with a letter or digit."""
    return not entry.removeprefix("=")[:1].isalnum()


def symbols(concepts: Iterable[Concept]) -> Iterator[tuple[Concept, str]]:
    """Every symbol of every column, with its concept."""
    for concept in concepts:
        for column in concept.words.values():
            for entry in column:
                if is_symbol(entry):
                    yield concept, entry


def parts(entry: str) -> tuple[str, ...]:
    """A phrase as the tokeniser gives it: ``can't_wait`` is ``("cant", "wait")``."""
    joined = fold(entry).replace("n't", "nt").replace("'", "_").replace("-", "_")
    return tuple(joined.split("_"))
