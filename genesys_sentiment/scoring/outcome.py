"""The two things that an event can become: a Score or a Skipped. Pure: no I/O."""

from __future__ import annotations

from genesys_sentiment.analysis.analyzer import Analysis
from genesys_sentiment.model.events import ABSENT, Reading, Utterance
from genesys_sentiment.model.results import Score, Skipped
from genesys_sentiment.scoring.emotion import UNKNOWN, classify_emotion
from genesys_sentiment.scoring.numbers import is_real
from genesys_sentiment.scoring.polarity import polarity_label
from genesys_sentiment.scoring.policy import Policy


def skipped(
    event: Utterance | Reading, at: float, reason: str, detail: str | None = None
) -> Skipped:
    """``event`` was not scored, and why."""
    return Skipped(event=event, reason=reason, at=at, detail=detail)


def score_reading(event: Reading, at: float, count: int, now: float, policy: Policy) -> Score:
    """The platform's own judgement, labelled. Its numbers have been checked before."""
    polarity = event.score
    if type(polarity) is not float:
        polarity = float(polarity)  # type: ignore[arg-type]
    confidence = None if event.confidence is ABSENT else event.confidence
    # The real service names no emotion, ever: what would come of it is known.
    emotion, emotion_raw, feeling = UNKNOWN, None, 0.0
    if event.emotion is not ABSENT:
        emotion, emotion_raw = classify_emotion(event.emotion, policy.emotions)
        if event.emotion_confidence and emotion is not UNKNOWN:
            feeling = event.emotion_confidence
    return Score(
        event=event,
        language=event.language or policy.default_language,
        polarity=polarity_label(polarity, policy.positive, policy.negative),
        polarity_raw=polarity,
        confidence=confidence,
        emotion=emotion,
        emotion_confidence=feeling,
        sarcasm_flag=confidence is not None
        and policy.sarcasm(polarity, confidence, emotion, feeling),
        context_segment_count=count,
        at=at,
        scored_at=now,
        method="platform",
        emotion_raw=emotion_raw,
    )


def score_utterance(
    event: Utterance,
    analysis: Analysis,
    at: float,
    count: int,
    now: float,
    policy: Policy,
    method: str,
) -> Score:
    """An analyzer's judgement; ``method`` is the analyzer's name."""
    emotion, emotion_raw = classify_emotion(analysis.emotion, policy.emotions)
    # Without an emotion, an analyzer says how sure it is of that: no confidence in one.
    feeling = 0.0 if emotion is UNKNOWN else analysis.emotion_confidence
    label = analysis.label
    if policy.labels == "thresholds":
        label = polarity_label(analysis.polarity, policy.positive, policy.negative)
    return Score(
        event=event,
        language=event.language or policy.default_language,
        polarity=label,
        polarity_raw=analysis.polarity,
        confidence=analysis.confidence,
        emotion=emotion,
        emotion_confidence=feeling,
        sarcasm_flag=policy.sarcasm(analysis.polarity, analysis.confidence, emotion, feeling),
        context_segment_count=count,
        at=at,
        scored_at=now,
        method=method,
        emotion_raw=emotion_raw,
        evidence=analysis.evidence,
    )


def flaw_of(event: Reading) -> tuple[str, str] | None:
    """(reason, detail) why a reading's numbers cannot be used, None if they can.

    Absent, null and 0.0 are three things: the first two are ``no_data``, the third is a score.
    """
    score = event.score
    # Nearly always a good float: the full check of a number costs three times as much.
    if type(score) is not float or not -1.0 <= score <= 1.0:
        if score is None or score is ABSENT:
            return "no_data", "null" if score is None else "absent"
        if not is_real(score, -1.0, 1.0):
            return "invalid", "score"
    if event.confidence is not ABSENT and not _is_share(event.confidence):
        return "invalid", "confidence"
    if event.emotion_confidence is not ABSENT and not _is_share(event.emotion_confidence):
        return "invalid", "emotion confidence"
    return None


def _is_share(value: float | None) -> bool:
    """0…1, or null."""
    if value is None:
        return True
    return (type(value) is float and 0.0 <= value <= 1.0) or is_real(value, 0.0, 1.0)


def unsound_analysis(analysis: object) -> str | None:
    """What is wrong with an analyzer's answer, None if nothing is."""
    if not isinstance(analysis, Analysis):
        return "no Analysis"
    if not is_real(analysis.polarity, -1.0, 1.0):
        return "polarity"
    if not is_real(analysis.confidence, 0.0, 1.0):
        return "confidence"
    if not is_real(analysis.emotion_confidence, 0.0, 1.0):
        return "emotion confidence"
    return None if analysis.label in ("positive", "neutral", "negative") else "label"
