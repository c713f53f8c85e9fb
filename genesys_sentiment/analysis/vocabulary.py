"""One language of the lexicon, ready to be asked word by word. Pure: no I/O."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from attrs import frozen

from genesys_sentiment.analysis.concepts import Concept, entries, parts
from genesys_sentiment.analysis.tokens import MAX_WORD, fold, splitter

_DRAWN_OUT: Final = re.compile(r"(.)\1{2,}")
_FACTORS: Final = {"int": 1.4, "dim": 0.6}

Phrases: TypeAlias = Mapping[str, Sequence["Phrase"]]
"""By the second word; the longest first."""


@frozen
class Word:
    """What one token, or a phrase of several, means.

    ``concepts`` are the names of what it stands for. ``factor`` is what it does to the strength of
    the next words, ``ahead`` and ``back`` how many words after and before it it negates. ``firm``:
    no negation touches it (thanks). ``turns``: a "but". ``mutes``: a name follows. ``ends``: no
    negation reaches beyond it. ``spoken`` is
    False for noise marks, symbols and punctuation. ``phrases`` are those that begin with it.
    """

    text: str
    concepts: tuple[str, ...] = ()
    firm: bool = False
    factor: float = 1.0
    ahead: int = 0
    back: int = 0
    turns: bool = False
    mutes: bool = False
    ends: bool = False
    spoken: bool = True
    phrases: Phrases | None = None


BREAK: Final = Word(".", ends=True, spoken=False)
"""Punctuation."""

NOISE: Final = Word("", spoken=False)
"""A recogniser's mark, a link or a mention."""


class Phrase:
    """Several words that mean something together. ``rest`` are those after the second."""

    __slots__ = ("_concepts", "_text", "_word", "rest")

    def __init__(self, words: tuple[str, ...], concepts: Sequence[Concept]) -> None:
        self.rest = words[2:]
        self._text = " ".join(words)
        self._concepts = concepts
        self._word: Word | None = None

    @property
    def word(self) -> Word:
        """What they mean. Made when it is first asked for: most phrases never are."""
        if self._word is None:
            self._word = _word(self._text, self._concepts)
        return self._word


class Vocabulary:
    """Asked for a token that ``tokens.tidy`` and ``pattern`` made, it says what that means.

    It remembers nothing: whoever asks does. Reads the lexicon when it is made.
    """

    def __init__(self, language: str) -> None:
        self._exact: defaultdict[str, list[Concept]] = defaultdict(list)
        self._accented: defaultdict[str, list[Concept]] = defaultdict(list)
        self._prefixes: defaultdict[str, list[Concept]] = defaultdict(list)
        self._symbols: defaultdict[str, list[Concept]] = defaultdict(list)
        phrases: defaultdict[tuple[str, ...], list[Concept]] = defaultdict(list)
        for text, concept in entries(language):
            self._enter(concept, text, phrases)
        for text, concept in entries("symbols"):
            self._symbols[text.casefold()].append(concept)
        self._phrases = _by_head(phrases)
        self._longest = max(map(len, self._prefixes), default=0)
        self.pattern: re.Pattern[str] = splitter(frozenset(self._symbols))

    @property
    def words(self) -> Iterable[str]:
        """Every single word of the lexicon, folded."""
        return self._exact.keys()

    def look_up(self, token: str) -> Word:
        """What a token means; one without concepts where the lexicon does not know it."""
        token = token[:MAX_WORD]
        if token in self._symbols:
            return _word(token, self._symbols[token], spoken=False)
        if not token[0].isalnum():
            return NOISE if token[0] in "[<@" else BREAK
        if token.startswith(("http://", "https://", "www.")):
            return NOISE
        text = fold(token)
        found = self._found(text, token)
        for shorter in _shortened(text):
            if not found:
                text, found = shorter, self._found(shorter, shorter)
        return _word(text, found, phrases=self._phrases.get(text))

    def _found(self, text: str, token: str) -> list[Concept]:
        found = [*self._exact.get(text, ()), *self._accented.get(token, ())]
        for end in range(1, min(len(text), self._longest) + 1):
            found += self._prefixes.get(text[:end], ())
        return found

    def _enter(
        self, concept: Concept, text: str, phrases: dict[tuple[str, ...], list[Concept]]
    ) -> None:
        if text.startswith("="):
            self._accented[unicodedata.normalize("NFC", text[1:].casefold())].append(concept)
        elif text.endswith("*"):
            self._prefixes[fold(text[:-1])].append(concept)
        elif len(words := parts(text)) > 1:
            phrases[words].append(concept)
        else:
            self._exact[words[0]].append(concept)


def _shortened(text: str) -> tuple[str, ...]:
    """Of "soooo" and "goooood": two letters of a kind in a row, then one. Mostly nothing."""
    if _DRAWN_OUT.search(text) is None:
        return ()
    return _DRAWN_OUT.sub(r"\1\1", text), _DRAWN_OUT.sub(r"\1", text)


def _word(
    text: str,
    concepts: Iterable[Concept],
    *,
    spoken: bool = True,
    phrases: Phrases | None = None,
) -> Word:
    found = {concept.name: concept for concept in concepts}
    groups = {concept.group for concept in found.values()}
    reach = {"not": 0.0, "notback": 0.0}
    factor = 1.0
    for concept in found.values():
        factor = _FACTORS.get(concept.group, factor)
        if concept.group in reach:
            reach[concept.group] = max(concept.weight, reach[concept.group])
    return Word(
        text,
        tuple(found),
        firm="thx" in groups,
        factor=factor,
        ahead=int(reach["not"]),
        back=int(reach["notback"]),
        turns="but" in groups,
        mutes="name" in groups,
        ends="mark" in groups,
        spoken=spoken,
        phrases=phrases,
    )


def _by_head(
    phrases: Mapping[tuple[str, ...], list[Concept]],
) -> Mapping[str, Phrases]:
    heads: dict[str, dict[str, list[Phrase]]] = {}
    for words in sorted(phrases, key=len, reverse=True):
        seconds = heads.setdefault(words[0], {})
        seconds.setdefault(words[1], []).append(Phrase(words, phrases[words]))
    return heads
