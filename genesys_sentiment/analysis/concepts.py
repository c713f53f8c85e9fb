"""The concept lexicon: words of several languages on shared concepts. Pure once read.

``lexicon/concepts.txt`` has a line for each concept, ``name:group[:reach] | what it means``. Each
language has a file of its own, ``concept | word word word``: a word may be ``word``, ``prefix*``,
``two_words`` or ``=wörd`` (accents kept: German "schön" is not "schon"). ``symbols.txt`` has what
counts in every language. Lines that begin with # are for people.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Final

from attrs import frozen

from genesys_sentiment.analysis.tokens import fold
from genesys_sentiment.errors import AnalyzerError

LANGUAGES: Final = ("de", "en", "es", "fr", "pt")

GROUPS: Final = frozenset(
    (
        *("pos", "thx", "joy", "neg", "anger", "sadness", "fear", "disgust", "surprise"),
        *("curious", "req", "topic", "int", "dim", "but", "not", "notback", "name", "mark"),
    )
)
"""Kinds of concepts. ``int`` stresses, ``dim`` weakens, ``but`` turns, ``not`` negates what follows
and ``notback`` what went before, after ``name`` comes somebody's name, a ``mark`` ends a clause;
the others say something."""


@frozen
class Concept:
    """One line of the inventory. ``weight``: a negation's reach in words; else how strong it is."""

    name: str
    group: str
    weight: float


@cache
def inventory() -> dict[str, Concept]:
    """Every concept by its name. Raises AnalyzerError for a damaged or missing lexicon."""
    found: dict[str, Concept] = {}
    for number, head, _ in _lines("concepts"):
        name, _, rest = head.partition(":")
        group, _, weight = rest.partition(":")
        if not name or name in found or group not in GROUPS:
            raise AnalyzerError(f"lexicon concepts line {number}: expected a new name:group")
        found[name] = Concept(name, group, _weight(number, weight))
    if not found:
        raise AnalyzerError("lexicon concepts: there are none; reinstall the package")
    return found


def entries(language: str) -> Iterator[tuple[str, Concept]]:
    """The words of a language as written, or its ``symbols``, each with a concept it stands for.

    Raises AnalyzerError that names the line.
    """
    concepts = inventory()
    for number, name, words in _lines(language):
        concept = concepts.get(name)
        if concept is None:
            raise AnalyzerError(f"lexicon {language} line {number}: no concept {name!r}")
        for word in words.split():
            if not _well_formed(word) or is_symbol(word) is not (language == "symbols"):
                raise AnalyzerError(f"lexicon {language} line {number}: unreadable {word!r}")
            yield word, concept


def is_symbol(word: str) -> bool:
    """An emoji or emoticon, not a word: it does not begin with a letter or digit."""
    return not word.removeprefix("=")[:1].isalnum()


def parts(word: str) -> tuple[str, ...]:
    """A phrase as the tokeniser gives it: ``can't_wait`` is ``("cant", "wait")``."""
    joined = fold(word)
    if "'" in joined or "-" in joined:
        joined = joined.replace("n't", "nt").replace("'", "_").replace("-", "_")
    return tuple(part for part in joined.split("_") if part)


def _lines(name: str) -> Iterator[tuple[int, str, str]]:
    """Number, head and rest of each line of one file."""
    try:
        source = files("genesys_sentiment.analysis") / "lexicon" / f"{name}.txt"
        text = source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AnalyzerError(f"lexicon {name} cannot be read; reinstall the package") from error
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            head, _, rest = line.partition("|")
            yield number, head.strip(), rest


def _weight(number: int, text: str) -> float:
    try:
        weight = float(text or 1.0)
    except ValueError:
        weight = -1.0
    if not 0.0 <= weight <= 5.0:
        raise AnalyzerError(f"lexicon concepts line {number}: a weight is a number from 0 to 5")
    return weight


def _well_formed(word: str) -> bool:
    """A star only ends a single word; ``=`` only begins one; no phrase has an empty part."""
    if word.isalpha() or is_symbol(word):
        return True
    body = word.removeprefix("=").removesuffix("*")
    stray = "*" in body or ("_" in body and word.endswith("*"))
    return not stray and all(body.split("_"))
