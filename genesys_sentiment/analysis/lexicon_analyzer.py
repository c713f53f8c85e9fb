"""The embedded analyzer: concepts, negation, emphasis and turns. Pure once its lexicon is read.

It hears words, not meaning. What it reaches is measured in ``docs/scoring.md``; it is the default
because it needs no network and no download, and it may be replaced by any Analyzer.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from genesys_sentiment.analysis.analyzer import Analysis
from genesys_sentiment.analysis.concepts import load
from genesys_sentiment.analysis.hearing import Hit, hear
from genesys_sentiment.analysis.tokens import MAX_TOKENS, tidy
from genesys_sentiment.analysis.vocabulary import Vocabulary
from genesys_sentiment.model.values import Polarity

DECISIVE = 0.4
"""Evidence from which a text is not neutral. One plain word ("good", "bad") weighs 1."""

_DEAD_ZONE = 0.2  # evidence up to this is no polarity at all: topics ("bill", "wait") stay at 0
_EMOTION_DECISIVE = 0.6
_MAX_EVIDENCE = 8


class LexiconAnalyzer:
    """Sentiment and emotion from a lexicon of concepts, for en, es, fr, de and pt.

    Reads its lexicon at the first call and keeps the words it has met, up to a bound.
    ``confidence`` grows with the distance of the evidence from the decision and shrinks with
    evidence against it. It is not calibrated: 0.8 does not mean right in 80 of 100 cases.
    Calling it raises KeyError for another language and AnalyzerError if the lexicon is damaged.
    """

    name = "lexicon"
    languages = frozenset({"de", "en", "es", "fr", "pt"})

    def __init__(self) -> None:
        self._vocabularies: dict[str, Vocabulary] = {}

    def __call__(self, text: str, language: str) -> Analysis:
        """Judge ``text``; ``language`` is one of ``languages``. Any string is accepted."""
        vocabulary = self._vocabularies.get(language)
        if vocabulary is None:
            vocabulary = self._learn(language)
        tokens = vocabulary.pattern.findall(tidy(text))[:MAX_TOKENS]
        words = [vocabulary[token] for token in tokens]
        spoken = sum(1 for word in words if word is None or word.spoken)
        return _conclude(hear(words), spoken)

    def _learn(self, language: str) -> Vocabulary:
        if language not in self.languages:
            raise KeyError(language)
        vocabulary = self._vocabularies[language] = Vocabulary(load(), language)
        return vocabulary


def _conclude(hits: Sequence[Hit], spoken: int) -> Analysis:
    weights = [hit.weight for hit in hits]
    praise = sum(weight for weight in weights if weight > 0)
    blame = -sum(weight for weight in weights if weight < 0)
    evidence = praise - blame
    emotion, emotion_confidence = _emotion(hits)
    return Analysis(
        polarity=_polarity(evidence),
        label=_label(evidence),
        confidence=_confidence(evidence, min(praise, blame)),
        words=spoken,
        emotion=emotion,
        emotion_confidence=emotion_confidence,
        evidence=_evidence(hits),
    )


def _polarity(evidence: float) -> float:
    """−1…1, 0 inside the dead zone; evidence 1 (one plain word) is 0.62."""
    beyond = max(0.0, abs(evidence) - _DEAD_ZONE)
    polarity = beyond / sqrt(beyond * beyond + 1.0)
    return -polarity if evidence < 0 and polarity else polarity


def _label(evidence: float) -> Polarity:
    if evidence >= DECISIVE:
        return "positive"
    return "negative" if evidence <= -DECISIVE else "neutral"


def _confidence(evidence: float, conflict: float) -> float:
    margin = abs(abs(evidence) - DECISIVE)
    return 0.5 + 0.5 * margin / (margin + 1.0 + conflict)


def _emotion(hits: Sequence[Hit]) -> tuple[str | None, float]:
    """The strongest emotion, if it is strong enough; what is negated shows none."""
    sums: dict[str, float] = {}
    for hit in hits:
        if not hit.negated:
            for emotion, weight in hit.word.emotions:
                sums[emotion] = sums.get(emotion, 0.0) + weight * hit.strength
    if not sums:
        return None, 0.0
    emotion = max(sums, key=lambda name: sums[name])
    strength = sums[emotion]
    if strength < _EMOTION_DECISIVE:
        return None, 0.0
    return emotion, strength / (sum(sums.values()) + 0.5)


def _evidence(hits: Sequence[Hit]) -> tuple[str, ...]:
    if not hits:
        return ()
    strongest = sorted((hit for hit in hits if hit.weight), key=lambda hit: -abs(hit.weight))
    return tuple(dict.fromkeys(hit.evidence for hit in strongest))[:_MAX_EVIDENCE]
