"""The embedded analyzer: a small trained model over concepts and letters. Pure once it is read.

It hears words, not meaning. What it reaches, and what it must not be used for, is in
``docs/model-card.md``. It is the default because it needs no network and no download; any other
Analyzer may take its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise
from math import exp, sqrt
from operator import sub
from typing import Final

from genesys_sentiment.analysis.analyzer import Analysis
from genesys_sentiment.analysis.concepts import LANGUAGES
from genesys_sentiment.analysis.hearing import Hit, hear
from genesys_sentiment.analysis.lexemes import EMOTIONS, LABELS, NOTHING, Lexeme, Lexemes, Row
from genesys_sentiment.analysis.model_file import ModelFile, read
from genesys_sentiment.analysis.tokens import MAX_TOKENS, tidy
from genesys_sentiment.errors import AnalyzerError

_MAX_EVIDENCE: Final = 8
_NOTICEABLE: Final = 0.1
"""Of what speaks for a label: less than that is no evidence that a person would call one."""
_CALM: Final = EMOTIONS.index("neutral")


@cache
def load() -> ModelFile:
    """The packaged model, read once. Raises AnalyzerError if it is damaged or missing."""
    try:
        data = (files("genesys_sentiment.analysis") / "embedded.model").read_bytes()
    except OSError as error:
        raise AnalyzerError("the model cannot be read; reinstall the package") from error
    return read(data)


class EmbeddedAnalyzer:
    """Sentiment and emotion of short texts, for de, en, es, fr and pt.

    Reads its model at the first call and a language's words at that language's first; keeps the
    words it has met, up to a bound. ``confidence`` is calibrated on the validation texts of its
    training: elsewhere it orders decisions, and is no share of right ones. ``evidence`` are the
    words that spoke for the label most, as ``concept:word``; ``word:word`` where only the letters
    of a word did. ``model`` is another model. Calling it raises KeyError for another language and
    AnalyzerError if the model or the lexicon is damaged.
    """

    name = "embedded"
    languages = frozenset(LANGUAGES)

    def __init__(self, model: ModelFile | None = None) -> None:
        self._model = model
        self._lexemes: dict[str, Lexemes] = {}

    def __call__(self, text: str, language: str) -> Analysis:
        """Judge ``text``; ``language`` is one of ``languages``. Any string is accepted."""
        return _judge(self._read(text, language))

    def sums(self, text: str, language: str) -> Row:
        """What the model makes of ``text`` before anything is decided: one number for each of
        LABELS, before the temperature, then one for each of EMOTIONS, before the thresholds."""
        return self._read(text, language).sums

    def _read(self, text: str, language: str) -> _Reading:
        lexemes = self._lexemes.get(language)
        if lexemes is None:
            lexemes = self._learn(language)
        known = [lexemes[token] for token in lexemes.pattern.findall(tidy(text))[:MAX_TOKENS]]
        return _Reading(lexemes, known)

    def _learn(self, language: str) -> Lexemes:
        if language not in self.languages:
            raise KeyError(language)
        found = self._lexemes[language] = Lexemes(self._model or load(), language)
        return found


class _Reading:
    """A text as the model sees it. ``norm`` divides what the letters say, ``weight`` what the
    concepts do."""

    __slots__ = ("hits", "lexemes", "norm", "spoken", "sums", "weight")

    def __init__(self, lexemes: Lexemes, known: Sequence[Lexeme]) -> None:
        self.lexemes = lexemes
        self.spoken = [lexeme for lexeme in known if lexeme.word.spoken]
        self.hits = hear([lexeme.word for lexeme in known])
        self.norm = sqrt(max(2 * len(self.spoken) - 1, 1))
        concepts, self.weight = _of_concepts(lexemes, self.hits)
        letters, norm, weight = _of_letters(lexemes, self.spoken), self.norm, self.weight
        self.sums: Row = tuple(
            [
                bias + letter / norm + concept / weight
                for bias, letter, concept in zip(lexemes.bias, letters, concepts, strict=True)
            ]
        )


def _judge(reading: _Reading) -> Analysis:
    lexemes, sums = reading.lexemes, reading.sums
    chances = _softmax(sums[:3], lexemes.temperature)
    confidence = max(chances)
    label = chances.index(confidence)
    emotion, emotion_confidence = _emotion(sums[3:], lexemes.thresholds)
    return Analysis(
        polarity=chances[2] - chances[0],
        label=LABELS[label],
        confidence=confidence,
        # An emoji alone is something to judge; a question mark alone is not.
        words=len(reading.spoken) or sum(not hit.word.ends for hit in reading.hits),
        emotion=emotion,
        emotion_confidence=emotion_confidence,
        evidence=_evidence(reading, label),
    )


def _of_letters(lexemes: Lexemes, spoken: Sequence[Lexeme]) -> Sequence[float]:
    """What the words' letters and pairs sum up to. Columns are summed, not rows: it is hot."""
    texts = [lexeme.word.text for lexeme in spoken]
    rows = [lexeme.row for lexeme in spoken]
    rows += filter(None, map(lexemes.pairs.__getitem__, pairwise(texts)))
    return list(map(sum, zip(*rows, strict=True))) or NOTHING


def _of_concepts(lexemes: Lexemes, hits: Sequence[Hit]) -> tuple[Sequence[float], float]:
    rows, squares = [], 0.0
    for hit in hits:
        strength = hit.strength
        for concept in hit.word.concepts:
            row = lexemes.concepts[concept][hit.negated]
            squares += strength * strength
            rows.append(row if strength == 1.0 else [strength * each for each in row])
    return list(map(sum, zip(*rows, strict=True))) or NOTHING, sqrt(squares) or 1.0


def _softmax(sums: Sequence[float], temperature: float) -> tuple[float, float, float]:
    most = max(sums)
    a, b, c = (exp((each - most) / temperature) for each in sums)
    whole = a + b + c
    return a / whole, b / whole, c / whole


def _emotion(sums: Sequence[float], thresholds: Row) -> tuple[str | None, float]:
    """The emotion that is farthest above its threshold; None where being calm is."""
    beyond = list(map(sub, sums, thresholds))
    found = beyond.index(max(beyond))
    confidence = 1.0 / (1.0 + exp(-sums[found]))
    return (None if found == _CALM else EMOTIONS[found]), confidence


def _evidence(reading: _Reading, label: int) -> tuple[str, ...]:
    """What spoke for the label, strongest first: words that stand for a concept, then others."""
    found: dict[str, float] = {}
    concepts, weight = reading.lexemes.concepts, reading.weight
    for hit in reading.hits:
        for concept in hit.word.concepts:
            said = _speaks_for(concepts[concept][hit.negated], label) * hit.strength
            if said > _NOTICEABLE * weight:
                name = f"{concept}:{hit.text}"
                found[name] = found.get(name, 0.0) + said / weight
    if not found:
        for lexeme in reading.spoken:
            said = _speaks_for(lexeme.row, label) / reading.norm
            if said > _NOTICEABLE:
                found[f"word:{lexeme.word.text}"] = said
    return tuple(sorted(found, key=found.__getitem__, reverse=True)[:_MAX_EVIDENCE])


def _speaks_for(row: Row, label: int) -> float:
    """For this label, beyond what it says for the others."""
    return row[label] - (row[0] + row[1] + row[2] - row[label]) / 2
