"""One language of the lexicon, ready to be asked word by word. Pure: no I/O."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence

from attrs import frozen

from genesys_sentiment.analysis.concepts import (
    EMOTIONS,
    GROUPS,
    Concept,
    is_symbol,
    parts,
    symbols,
)
from genesys_sentiment.analysis.tokens import MAX_WORD, fold, splitter

MAX_KNOWN_WORDS = 20_000
"""Words remembered per language, about 2 MB. Beyond it the memory starts again from nothing."""

_FACTORS = {"int": 1.4, "dim": 0.6}


@frozen
class Word:
    """What one token, or a phrase of several, means.

    ``polarity`` is its weight with sign, ``emotions`` the emotions it shows with their weights,
    ``factor`` what it does to the strength of the next word, ``ahead`` and ``back`` how many words
    after and before it it negates. ``firm``: no negation touches it (thanks, "no funciona").
    ``turns``: a "but". ``mutes``: a name follows. ``spoken`` is
    False for noise marks and punctuation. ``phrases`` are the phrases that begin with it, longest
    first.
    """

    text: str
    concept: str = ""
    polarity: float = 0.0
    emotions: tuple[tuple[str, float], ...] = ()
    firm: bool = False
    factor: float = 1.0
    ahead: int = 0
    back: int = 0
    turns: bool = False
    mutes: bool = False
    spoken: bool = True
    phrases: tuple[tuple[tuple[str, ...], Word], ...] = ()


BREAK = Word(".", spoken=False)
"""Punctuation: a negation ends there."""

NOISE = Word("", spoken=False)
"""A recogniser's mark, a link or a mention."""


class Vocabulary(dict[str, "Word | None"]):
    """Tidied token → Word, None for a word that says nothing. Fills itself, up to a bound."""

    def __init__(self, concepts: Sequence[Concept], language: str) -> None:
        super().__init__()
        self._exact: defaultdict[str, list[Concept]] = defaultdict(list)
        self._accented: defaultdict[str, list[Concept]] = defaultdict(list)
        self._prefixes: defaultdict[str, list[Concept]] = defaultdict(list)
        phrases: defaultdict[tuple[str, ...], list[Concept]] = defaultdict(list)
        for concept in concepts:
            for entry in concept.words.get(language, ()):
                self._enter(concept, entry, phrases)
        self._symbols: defaultdict[str, list[Concept]] = defaultdict(list)
        for concept, symbol in symbols(concepts):
            self._symbols[symbol].append(concept)
        self._phrases = _by_head(phrases)
        self._inside = frozenset(part for phrase in phrases for part in phrase)
        self.pattern: re.Pattern[str] = splitter(frozenset(self._symbols))

    def _enter(
        self, concept: Concept, entry: str, phrases: dict[tuple[str, ...], list[Concept]]
    ) -> None:
        if is_symbol(entry):
            return
        if entry.startswith("="):
            self._accented[unicodedata.normalize("NFC", entry[1:].casefold())].append(concept)
        elif entry.endswith("*"):
            self._prefixes[fold(entry[:-1])].append(concept)
        elif len(words := parts(entry)) > 1:
            phrases[words].append(concept)
        else:
            self._exact[words[0]].append(concept)

    def __missing__(self, token: str) -> Word | None:
        word = self._look_up(token[:MAX_WORD])
        if len(self) >= MAX_KNOWN_WORDS:
            self.clear()
        if len(token) <= MAX_WORD:
            self[token] = word
        return word

    def _look_up(self, token: str) -> Word | None:
        if token in self._symbols:
            return _merge(token, self._symbols[token])
        if not token[0].isalnum():
            return NOISE if token[0] in "[<@" else BREAK
        if token.startswith(("http://", "https://", "www.")):
            return NOISE
        text = fold(token)
        found = [*self._exact.get(text, ()), *self._accented.get(token, ())]
        for end in range(1, len(text) + 1):
            found += self._prefixes.get(text[:end], ())
        if not found and text not in self._inside:
            return None
        return _merge(text, found, self._phrases.get(text, ()))


def _merge(
    text: str,
    concepts: Iterable[Concept],
    phrases: tuple[tuple[tuple[str, ...], Word], ...] = (),
) -> Word:
    """One meaning out of all concepts that a word stands for: of each kind the strongest."""
    name, polarity, factor = "", 0.0, 1.0
    emotions: dict[str, float] = {}
    reach = {"not": 0.0, "notback": 0.0}
    groups = set()
    for concept in concepts:
        groups.add(concept.group)
        signed = GROUPS[concept.group] * concept.weight
        if not name or abs(signed) > abs(polarity):
            name, polarity = concept.name, signed
        if concept.group in EMOTIONS:
            emotions[concept.group] = max(concept.weight, emotions.get(concept.group, 0.0))
        if concept.group in reach:
            reach[concept.group] = max(concept.weight, reach[concept.group])
        factor = _FACTORS.get(concept.group, factor)
    return Word(
        text,
        name,
        polarity,
        tuple(emotions.items()),
        firm="thx" in groups or (polarity < 0 and " " in text),
        factor=factor,
        ahead=int(reach["not"]),
        back=int(reach["notback"]),
        turns="but" in groups,
        mutes="name" in groups,
        phrases=phrases,
    )


def _by_head(
    phrases: dict[tuple[str, ...], list[Concept]],
) -> dict[str, tuple[tuple[tuple[str, ...], Word], ...]]:
    heads: defaultdict[str, list[tuple[tuple[str, ...], Word]]] = defaultdict(list)
    for words in sorted(phrases, key=len, reverse=True):
        heads[words[0]].append((words[1:], _merge(" ".join(words), phrases[words])))
    return {head: tuple(found) for head, found in heads.items()}
