"""What the tutorials' platform finds in a turn. Pure but for a model that is read once.

The platform of the tutorials scores every turn; the real one does not. Here a call file may say
what is found (``mood``); where it does not, the library's own analyzer is asked, so that the
figures fit the words.
"""

from __future__ import annotations

from functools import lru_cache

from genesys_sentiment.analysis.embedded_analyzer import EmbeddedAnalyzer
from genesys_sentiment.simulator.call_files import Mood, Turn

_analyze = EmbeddedAnalyzer()


@lru_cache(maxsize=4096)
def mood(turn: Turn) -> Mood:
    """The turn's sentiment and emotion; without a score where there is nothing to judge."""
    if turn.mood is not None:
        return turn.mood
    language = turn.language.partition("-")[0].lower()
    if language not in _analyze.languages:
        return Mood()
    found = _analyze(turn.text, language)
    if not found.words:
        return Mood()
    return Mood(
        score=round(found.polarity, 4),
        confidence=round(found.confidence, 4),
        emotion=found.emotion,
        emotion_confidence=round(found.emotion_confidence, 4) if found.emotion else 0.0,
    )


def label(score: float) -> str:
    """The platform's word for a score. The bounds are made up: no tutorial gives any."""
    if score > 0.2:
        return "positive"
    return "negative" if score < -0.2 else "neutral"
