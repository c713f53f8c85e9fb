"""What the embedded analyzer says to everyday sentences, typed and recognised."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter

import pytest

from genesys_sentiment.analysis.embedded_analyzer import EmbeddedAnalyzer
from genesys_sentiment.model.values import Polarity
from tests.analysis.calls import DEMANDS, DOUBTFUL, EMOTIONS, LISTS
from tests.analysis.sentences import SENTENCES
from tests.data import calls_dir, needs_data

ANALYZER = EmbeddedAnalyzer()


@pytest.mark.parametrize(("language", "label"), SENTENCES)
def test_everyday_sentences(language: str, label: str) -> None:
    lines = [line.strip() for line in SENTENCES[language, label].strip().splitlines()]
    assert len(lines) >= 8
    assert [line for line in lines if ANALYZER(line, language).label != label] == []


@pytest.mark.parametrize(("label", "language", "text"), LISTS)
def test_sentences_of_calls(label: Polarity, language: str, text: str) -> None:
    """Praise and gratitude, complaints also without a word of feeling, topics and names."""
    analysis = ANALYZER(text, language)
    assert analysis.label == label
    if label == "neutral":
        assert abs(analysis.polarity) < 0.3
    else:
        assert abs(analysis.polarity) > 0.15
        assert analysis.evidence


@pytest.mark.parametrize(("language", "text", "never"), DOUBTFUL)
def test_doubtful_sentences_are_not_turned_round(language: str, text: str, never: str) -> None:
    """Sentences on which people or the model waver: known weaknesses, listed so they are known."""
    assert ANALYZER(text, language).label != never


@pytest.mark.parametrize(("language", "text"), [each[1:] for each in LISTS])
def test_case_and_composition_do_not_matter(language: str, text: str) -> None:
    heard = ANALYZER(text, language)
    for other in (text.upper(), text.title(), unicodedata.normalize("NFD", text)):
        said = ANALYZER(other, language)
        assert (said.label, said.emotion, said.words) == (heard.label, heard.emotion, heard.words)
        assert said.polarity == pytest.approx(heard.polarity, abs=1e-9)


@pytest.mark.parametrize(("language", "text"), DEMANDS)
def test_demands_are_not_positive(language: str, text: str) -> None:
    analysis = ANALYZER(text, language)
    assert analysis.label != "positive"
    assert analysis.polarity <= 0.0


@pytest.mark.parametrize(("language", "text", "emotion"), EMOTIONS)
def test_emotions(language: str, text: str, emotion: str | None) -> None:
    analysis = ANALYZER(text, language)
    assert analysis.emotion == emotion
    assert 0.0 < analysis.emotion_confidence <= 1.0, "of being calm, where there is no emotion"


@pytest.mark.parametrize(
    ("language", "text", "label"),
    [
        ("en", "good", "positive"),
        ("en", "not good", "negative"),
        ("en", "not a really good idea", "negative"),
        ("en", "i am not happy", "negative"),
        ("en", "it is not bad at all", "not negative"),
        ("en", "i did not. great", "positive"),
        ("es", "no estoy contento", "negative"),
        ("fr", "je ne suis pas content", "negative"),
        ("fr", "j'aime pas du tout", "negative"),
        ("de", "das gefällt mir nicht", "negative"),
        ("de", "ich bin nicht zufrieden", "negative"),
        ("pt", "não gostei", "negative"),
        ("pt", "não estou satisfeito", "negative"),
        ("en", "no thank you", "not negative"),
        ("es", "no, gracias", "not negative"),
    ],
)
def test_negation(language: str, text: str, label: str) -> None:
    """It reaches a few words and stops at punctuation; thanks cannot be negated."""
    said = ANALYZER(text, language).label
    assert said != "negative" if label == "not negative" else said == label


@pytest.mark.parametrize(
    ("language", "plain", "strong", "weak"),
    [
        ("en", "the service was good", "the service was very good", "the service was kind of good"),
        ("en", "that was bad", "that was really bad", "that was slightly bad"),
    ],
)
def test_emphasis(language: str, plain: str, strong: str, weak: str) -> None:
    """What is said stronger never turns weaker than what is half taken back."""
    sure, half = abs(ANALYZER(strong, language).polarity), abs(ANALYZER(weak, language).polarity)
    assert half < sure
    assert ANALYZER(strong, language).label == ANALYZER(plain, language).label


@pytest.mark.parametrize(
    ("language", "ends_badly", "ends_well"),
    [
        ("en", "you are nice but this is terrible", "this was terrible but you are very nice"),
        ("es", "eres amable pero esto es horrible", "esto fue horrible pero eres muy amable"),
        ("fr", "vous êtes gentil mais c'est horrible", "c'était horrible mais vous êtes génial"),
        (
            "de",
            "sie sind nett aber das ist schrecklich",
            "es war schlecht aber sie sind super nett",
        ),
        ("pt", "você é legal mas isso é horrível", "isso foi horrível mas você é ótimo"),
    ],
)
def test_the_later_clause_weighs_more(language: str, ends_badly: str, ends_well: str) -> None:
    badly, well = ANALYZER(ends_badly, language), ANALYZER(ends_well, language)
    assert badly.label == "negative"
    assert badly.polarity < well.polarity


@needs_data
def test_real_calls_are_not_angry() -> None:
    """24 polite bank calls: gratitude is heard, and hardly ever anything negative."""
    labels: Counter[str] = Counter()
    silent = 0
    for path in sorted(calls_dir().glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            analysis = ANALYZER(json.loads(line)["text"], "en")
            labels[analysis.label] += 1
            silent += analysis.words == 0
    assert silent == 66  # as the data's README counts them
    assert labels["positive"] >= 24, "one a call; thanks for calling is routine"
    assert labels["negative"] <= 0.05 * labels.total()
