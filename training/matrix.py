"""Texts as rows of numbers: the very sums that the analyzer makes, taken apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from math import sqrt

import scipy.sparse as sparse

from genesys_sentiment.analysis.concepts import LANGUAGES, inventory
from genesys_sentiment.analysis.features import (
    EMOTION_BUCKETS,
    SENTIMENT_BUCKETS,
    emotion_of,
    sentiment_of_pair,
    sentiment_of_word,
)
from genesys_sentiment.analysis.hearing import hear
from genesys_sentiment.analysis.tokens import MAX_TOKENS, tidy
from genesys_sentiment.analysis.vocabulary import Vocabulary, Word
from training.data import Example

CONCEPTS = tuple(inventory())
"""In the order of their rows: each has two, as said and denied."""

GROUPS = tuple(sorted({concept.group for concept in inventory().values()}))


class Extractor:
    """Keeps what it knows of words. ``letters`` scales what letters say against concepts."""

    def __init__(self, letters: float = 0.3) -> None:
        self._vocabularies = {language: Vocabulary(language) for language in LANGUAGES}
        self._words: dict[tuple[str, str], Word] = {}
        self._place = {name: place for place, name in enumerate(CONCEPTS)}
        self._groups = {name: place for place, name in enumerate(GROUPS)}
        self.letters = letters

    def sentiment(self, examples: Sequence[Example]) -> sparse.csr_matrix:
        """A column for each row of the sentiment table, then for each concept and each group."""
        return self._matrix(examples, SENTIMENT_BUCKETS, self._sentiments)

    def emotion(self, examples: Sequence[Example]) -> sparse.csr_matrix:
        """The same for the emotion table."""
        return self._matrix(examples, EMOTION_BUCKETS, self._emotions)

    def _matrix(self, examples, buckets, letters_of) -> sparse.csr_matrix:  # type: ignore[no-untyped-def]
        places: list[int] = []
        values: list[float] = []
        ends = [0]
        for example in examples:
            words = self._read(example)
            row = letters_of(example.language, [each.text for each in words if each.spoken])
            for place, value in self._concepts(words).items():
                row[buckets + place] = value
            places += row.keys()
            values += row.values()
            ends.append(len(places))
        width = buckets + 2 * len(CONCEPTS) + 2 * len(GROUPS)
        return sparse.csr_matrix((values, places, ends), shape=(len(examples), width))

    def _read(self, example: Example) -> list[Word]:
        vocabulary = self._vocabularies[example.language]
        found = []
        for token in vocabulary.pattern.findall(tidy(example.text))[:MAX_TOKENS]:
            key = example.language, token
            if key not in self._words:
                self._words[key] = vocabulary.look_up(token)
            found.append(self._words[key])
        return found

    def _sentiments(self, _language: str, words: Sequence[str]) -> dict[int, float]:
        row: defaultdict[int, float] = defaultdict(float)
        norm = self.letters / sqrt(max(2 * len(words) - 1, 1))
        for word in words:
            for place in sentiment_of_word(word):
                row[place] += norm
        for first, second in pairwise(words):
            row[sentiment_of_pair(first, second)] += norm
        return row

    def _emotions(self, language: str, words: Sequence[str]) -> dict[int, float]:
        row: defaultdict[int, float] = defaultdict(float)
        norm = 1.0 / sqrt(max(2 * len(words) - 1, 1))
        for word in words:
            row[emotion_of(language, word)] += norm
        for first, second in pairwise(words):
            row[emotion_of(language, f"{first} {second}")] += norm
        return row

    def _concepts(self, words: Sequence[Word]) -> dict[int, float]:
        row: defaultdict[int, float] = defaultdict(float)
        squares = 0.0
        concepts = inventory()
        for hit in hear(words):
            for name in hit.word.concepts:
                row[2 * self._place[name] + hit.negated] += hit.strength
                concept = concepts[name]
                group = 2 * len(CONCEPTS) + 2 * self._groups[concept.group] + hit.negated
                row[group] += hit.strength * concept.weight
                squares += hit.strength * hit.strength
        norm = sqrt(squares) or 1.0
        return {place: value / norm for place, value in row.items()}
