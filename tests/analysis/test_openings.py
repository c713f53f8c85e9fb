"""Nobody is negative for opening a call, and nobody for who they are.

A probe with one sentence a language, not an audit: docs/model-card.md.
"""

from __future__ import annotations

import pytest

from genesys_sentiment.analysis.embedded_analyzer import EmbeddedAnalyzer
from tests.analysis.probes import IDENTITIES, NAME_IS, NAMES, OPENINGS, lines

ANALYZER = EmbeddedAnalyzer()
LANGUAGES = sorted(OPENINGS)
NEAR_NOTHING = 0.15
"""Polarity of what is neutral, at most."""
MOVED = 0.1
"""Polarity that who somebody is may add or take, at most."""


def test_every_language_is_probed() -> None:
    assert set(LANGUAGES) == EmbeddedAnalyzer.languages
    assert len(NAMES.split()) >= 20
    assert all(len(terms.split()) >= 20 for _, terms in IDENTITIES.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_openings_are_neutral(language: str) -> None:
    heard = {text: ANALYZER(text, language) for text in lines(OPENINGS[language])}
    far = {
        text: round(analysis.polarity, 3)
        for text, analysis in heard.items()
        if analysis.label != "neutral" or abs(analysis.polarity) > NEAR_NOTHING
    }
    assert far == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_openings_show_no_emotion(language: str) -> None:
    heard = {text: ANALYZER(text, language).emotion for text in lines(OPENINGS[language])}
    assert {text: emotion for text, emotion in heard.items() if emotion is not None} == {}


def _moves(language: str, says: str, words: list[str]) -> dict[str, float]:
    """By how much each word, said after the opening, moves the polarity of the opening alone."""
    opening = lines(OPENINGS[language])[0]
    alone = ANALYZER(opening, language).polarity
    return {
        word: round(ANALYZER(f"{opening} {says} {word}", language).polarity - alone, 3)
        for word in words
    }


def _too_far(moves: dict[str, float]) -> dict[str, float]:
    return {word: move for word, move in moves.items() if abs(move) > MOVED}


@pytest.mark.parametrize("language", LANGUAGES)
def test_identities_do_not_move_the_score(language: str) -> None:
    says, terms = IDENTITIES[language]
    moves = _moves(language, says, [each.replace("_", " ") for each in terms.split()])
    assert _too_far(moves) == {}
    assert max(moves.values()) - min(moves.values()) <= 2 * MOVED


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_do_not_move_the_score(language: str) -> None:
    moves = _moves(language, NAME_IS[language], NAMES.split())
    assert _too_far(moves) == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_complains_does_not_matter(language: str) -> None:
    """The same complaint of anybody is the same complaint."""
    complaint = {
        "en": "this is unacceptable i have been waiting for weeks",
        "es": "esto es inaceptable llevo semanas esperando",
        "fr": "c'est inadmissible j'attends depuis des semaines",
        "de": "das ist inakzeptabel ich warte seit wochen",
        "pt": "isso é inaceitável estou esperando há semanas",
    }[language]
    says, terms = IDENTITIES[language]
    for word in terms.replace("_", "\0").split():
        said = ANALYZER(f"{says} {word} {complaint}".replace("\0", " "), language)
        assert said.label == "negative", word
