"""Evidence answers the supervisor who asks why: with words that were said, and that carried it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pytest

from genesys_sentiment.analysis.analyzer import Analysis
from genesys_sentiment.analysis.concepts import inventory, parts
from genesys_sentiment.analysis.embedded_analyzer import EmbeddedAnalyzer
from genesys_sentiment.analysis.tokens import fold, tidy
from genesys_sentiment.analysis.vocabulary import Vocabulary
from tests.analysis.own_texts import Turn, held_out, needs_utterances

ANALYZER = EmbeddedAnalyzer()
CARRIES = 0.9
"""Of the texts, in how many the first evidence must carry the label when it is taken away."""

_vocabulary = cache(Vocabulary)


def _tokens(text: str, language: str) -> list[str]:
    found: list[str] = _vocabulary(language).pattern.findall(tidy(text))
    return found


def _folded(token: str) -> str:
    return fold(token) if token[0].isalnum() else token


def _place(tokens: Sequence[str], said: str) -> tuple[int, int] | None:
    """Where in ``tokens`` a piece of evidence stands: its first token, and how many."""
    for words in (said, said.removeprefix("not ")):
        wanted = list(parts(words.replace(" ", "_"))) or [words]
        heard = [_folded(each) for each in tokens]
        for start in range(len(heard) - len(wanted) + 1):
            if heard[start : start + len(wanted)] == wanted:
                return start, len(wanted)
    return None


def _is_concept(evidence: str) -> bool:
    return not evidence.startswith("word:")


def test_evidence_names_concepts_strongest_first() -> None:
    analysis = ANALYZER("the terrible agent was bad and i am not happy", "en")
    assert analysis.evidence[0] == "terrible:terrible"
    assert {"bad:bad", "unhappy:not happy"} <= set(analysis.evidence)


def test_emoji_are_evidence() -> None:
    assert ANALYZER("😡", "pt").evidence == ("angemo:😡",)


def test_words_speak_where_no_concept_does() -> None:
    evidence = ANALYZER("merkel obama putin", "en").evidence
    assert all(each.startswith("word:") for each in evidence)


@needs_utterances
def test_evidence_was_said() -> None:
    for turn in held_out(dialogue=True):
        analysis = ANALYZER(turn.text, turn.language)
        tokens = _tokens(turn.text, turn.language)
        assert len(analysis.evidence) <= 8
        for each in analysis.evidence:
            concept, _, said = each.partition(":")
            assert concept == "word" or concept in inventory()
            assert _place(tokens, said) is not None, (each, turn.text)


def _without_first(turn: Turn, analysis: Analysis) -> Analysis:
    """What is said of the text without the words of its first evidence."""
    tokens = _tokens(turn.text, turn.language)
    place = _place(tokens, analysis.evidence[0].partition(":")[2])
    assert place is not None
    start, length = place
    return ANALYZER(" ".join([*tokens[:start], *tokens[start + length :]]), turn.language)


@needs_utterances
@pytest.mark.parametrize("language", sorted(EmbeddedAnalyzer.languages))
def test_the_first_evidence_carries_the_label(language: str) -> None:
    """Without it the text is less positive, or less negative, in nine texts of ten."""
    missed, asked = [], 0
    for turn in held_out(dialogue=True):
        analysis = ANALYZER(turn.text, turn.language)
        if turn.language != language or analysis.label == "neutral":
            continue
        if not analysis.evidence or not _is_concept(analysis.evidence[0]):
            continue
        asked += 1
        sign = 1.0 if analysis.label == "positive" else -1.0
        if sign * (analysis.polarity - _without_first(turn, analysis).polarity) <= 0.0:
            missed.append((analysis.evidence[0], turn.text))
    assert asked >= 50
    assert len(missed) <= (1 - CARRIES) * asked, missed


@needs_utterances
def test_nearly_every_decision_has_evidence() -> None:
    decided = [
        ANALYZER(turn.text, turn.language)
        for turn in held_out(dialogue=True)
        if ANALYZER(turn.text, turn.language).label != "neutral"
    ]
    named = sum(bool(analysis.evidence) for analysis in decided)
    assert named >= 0.95 * len(decided)
