"""A language's words with what the model says of each, kept once they are known. Pure: no I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from genesys_sentiment.analysis.concepts import inventory
from genesys_sentiment.analysis.features import (
    EMOTION_BUCKETS,
    SENTIMENT_BUCKETS,
    emotion_of,
    sentiment_of_pair,
    sentiment_of_word,
)
from genesys_sentiment.analysis.model_file import ModelFile, Table
from genesys_sentiment.analysis.tokens import MAX_WORD
from genesys_sentiment.analysis.vocabulary import Vocabulary, Word
from genesys_sentiment.errors import AnalyzerError
from genesys_sentiment.model.values import Polarity

LABELS: Final[tuple[Polarity, ...]] = ("negative", "neutral", "positive")
EMOTIONS: Final = ("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise")
"""Columns of the model, in their order."""

MAX_KNOWN_WORDS: Final = 20_000
"""Words, and as many pairs, remembered per language. Beyond it the memory starts anew."""

NOTHING: Final = (0.0,) * (len(LABELS) + len(EMOTIONS))

Row: TypeAlias = tuple[float, ...]
"""A part of the sums: one number for each label, then one for each emotion."""


class Lexeme:
    """A token: what it means, and what the model makes of it."""

    __slots__ = ("row", "word")

    def __init__(self, word: Word, row: Row) -> None:
        self.word = word
        self.row = row


class Lexemes(dict[str, Lexeme]):
    """Token → Lexeme, for one language. Fills itself, up to a bound.

    ``concepts`` has two rows of labels and emotions for each concept: as said, and denied.
    ``pairs`` has what two folded words say together, beyond what each does; nothing where that is
    zero.
    """

    def __init__(self, model: ModelFile, language: str) -> None:
        super().__init__()
        self._vocabulary = Vocabulary(language)
        self.pattern: re.Pattern[str] = self._vocabulary.pattern
        try:
            self._letters = _Letters(model, language)
            self.concepts = _concept_rows(model)
            self.bias: Row = tuple(map(float, model.header["bias"]))
            self.thresholds: Row = tuple(map(float, model.header["thresholds"]))
            self.temperature = float(model.header["temperature"])
            common = tuple(model.header["common"][language])
        except (KeyError, TypeError, ValueError):
            raise AnalyzerError("the model lacks a part; reinstall the package") from None
        self._check()
        self.pairs = _Pairs(self._letters)
        for token in common:
            self[token] = self._make(token)

    def __missing__(self, token: str) -> Lexeme:
        lexeme = self._make(token)
        if len(token) <= MAX_WORD:
            if len(self) >= MAX_KNOWN_WORDS:
                self.clear()
            self[token] = lexeme
        return lexeme

    def _check(self) -> None:
        """A whole model may yet be of another lexicon, or of other labels."""
        fits = len(self.bias) == len(NOTHING) and len(self.thresholds) == len(EMOTIONS)
        if not fits or not self.temperature > 0.0 or inventory().keys() != self.concepts.keys():
            raise AnalyzerError("the model fits another version; reinstall the package")

    def _make(self, token: str) -> Lexeme:
        word = self._vocabulary.look_up(token)
        return Lexeme(word, self._letters.of_word(word.text) if word.spoken else NOTHING)


class _Letters:
    """What the model has learned of letters, for one language. Tables are kept column by column."""

    def __init__(self, model: ModelFile, language: str) -> None:
        sentiment, emotion = model.tables["sentiment"], model.tables["emotion"]
        if (sentiment.rows, emotion.rows) != (SENTIMENT_BUCKETS, EMOTION_BUCKETS):
            raise AnalyzerError("the model's tables are of another size; reinstall the package")
        self._language = language
        self._sentiment = _columns(sentiment)
        self._emotion = _columns(emotion)

    def of_word(self, word: str) -> Row:
        places = sentiment_of_word(word)
        labels = [scale * sum(map(column, places)) for column, scale in self._sentiment]
        return (*labels, *self._emotions(word))

    def of_pair(self, first: str, second: str) -> Row:
        place = sentiment_of_pair(first, second)
        labels = [scale * column(place) for column, scale in self._sentiment]
        return (*labels, *self._emotions(f"{first} {second}"))

    def _emotions(self, words: str) -> list[float]:
        place = emotion_of(self._language, words)
        return [scale * column(place) for column, scale in self._emotion]


class _Pairs(dict[tuple[str, str], Row]):
    """Two folded words → their row. Fills itself, up to a bound."""

    def __init__(self, letters: _Letters) -> None:
        super().__init__()
        self._letters = letters

    def __missing__(self, pair: tuple[str, str]) -> Row:
        row = self._letters.of_pair(*pair)
        if len(self) >= MAX_KNOWN_WORDS:
            self.clear()
        found = self[pair] = row if any(row) else ()
        return found


def _columns(table: Table) -> Sequence[tuple[Callable[[int], int], float]]:
    """For each column how to ask it for a row, and its scale."""
    values, columns = table.values, table.columns
    return [(values[place::columns].__getitem__, scale) for place, scale in enumerate(table.scales)]


def _concept_rows(model: ModelFile) -> Mapping[str, tuple[Row, Row]]:
    names, table = model.header["concepts"], model.tables["concepts"]
    if table.rows != 2 * len(names):
        raise AnalyzerError("the model has other concepts than it names; reinstall the package")
    columns = _columns(table)
    rows = [tuple([scale * column(row) for column, scale in columns]) for row in range(table.rows)]
    return {name: (rows[2 * place], rows[2 * place + 1]) for place, name in enumerate(names)}
