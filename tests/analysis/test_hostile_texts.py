"""Whatever is said is judged, within the ranges and at a bounded cost."""

from __future__ import annotations

from math import isfinite
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.analysis import lexemes
from genesys_sentiment.analysis.embedded_analyzer import EmbeddedAnalyzer, load
from genesys_sentiment.analysis.lexemes import EMOTIONS, MAX_KNOWN_WORDS, Lexemes
from genesys_sentiment.analysis.tokens import MAX_TOKENS
from genesys_sentiment.model.results import Skipped
from genesys_sentiment.scoring.scorer import Scorer
from tests.scoring.helpers import utterance

ANALYZER = EmbeddedAnalyzer()
LANGUAGES = sorted(EmbeddedAnalyzer.languages)
SIZE = 65_536
"""Bytes at least, of every hostile text."""
LIMIT = 0.05
"""Seconds of processor time. Measured: 16 ms for the worst of them."""

HOSTILE = [
    "a" * SIZE,
    "not " * 16_384,
    "but " * 16_384,
    "very bad " * 8_000,
    "good but not bad " * 4_000,
    "nicht gut aber " * 4_400,
    "been waiting " * 5_100,
    "not a good idea at " * 3_500,
    "[" * SIZE,
    "<" * SIZE,
    "@" * SIZE,
    "[noise] " * 8_200,
    "https://" * 8_200,
    ":d" * 32_768,
    ":) " * 22_000,
    "😡" * 20_000,
    "é" * 32_768,
    "\u0301" * 32_768,
    "a" + "\u0301" * 32_768,
    "\ufdfa" * 32_768,
    "\ud800" * SIZE,
    "\x00\x1b[31m" * 11_000,
    "\u202eabc\u202c" * 10_000,
    "שלום " * 8_000,
    " \n" * 32_768,
    "a b c d e f g " * 5_000,
    " ".join(f"w{number}x" for number in range(11_000)),
    " ".join(chr(0x4E00 + number) for number in range(20_000)),
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: f"{text[:6]!a}")
def test_64_kb_cost_little(text: str, language: str) -> None:
    assert len(text.encode("utf-8", "surrogatepass")) >= SIZE
    ANALYZER("warm", language)
    took = []
    for _ in range(3):
        before = process_time()
        analysis = ANALYZER(text, language)
        took.append(process_time() - before)
    assert analysis.words <= MAX_TOKENS
    assert min(took) < LIMIT


_ODD = st.text(
    st.one_of(
        st.sampled_from("aeéñß’'.,!?[]<>@:)(😡👍❤️\u0301\u200d\u202e\x00\ud800\n\t -_0"),
        st.characters(),
    )
)


@given(_ODD, st.sampled_from(LANGUAGES))
def test_any_text_is_judged_within_the_ranges(text: str, language: str) -> None:
    analysis = ANALYZER(text, language)
    assert -1.0 <= analysis.polarity <= 1.0
    assert 1 / 3 - 1e-9 <= analysis.confidence <= 1.0, "the surest of three"
    assert 0.0 <= analysis.emotion_confidence <= 1.0
    assert isfinite(analysis.polarity + analysis.confidence + analysis.emotion_confidence)
    assert analysis.emotion is None or analysis.emotion in EMOTIONS
    assert analysis.emotion != "neutral", "to be calm is no emotion"
    assert (analysis.label == "positive") <= (analysis.polarity > 0.0)
    assert (analysis.label == "negative") <= (analysis.polarity < 0.0)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "text",
    ["", " ", "[noise]", "[Noise] [music]", "<unk>", "[laughter] ...", "https://a.b/c", "@x"],
)
def test_marks_of_recognisers_say_nothing(text: str, language: str) -> None:
    analysis = ANALYZER(text, language)
    assert (analysis.words, analysis.label, analysis.emotion) == (0, "neutral", None)
    assert abs(analysis.polarity) <= 0.15
    assert analysis.evidence == ()


@pytest.mark.parametrize("text", ["?!", "...", "¿?", "!!!", "- . ,", "[noise] ?"])
def test_punctuation_is_no_words(text: str) -> None:
    assert ANALYZER(text, "es").words == 0


@pytest.mark.parametrize("text", ["[noise] hi", "mm hmm", "👍", "😡 😡", ":)", "a", "1"])
def test_anything_said_is_words(text: str) -> None:
    assert ANALYZER(text, "en").words > 0


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("mark", ["[noise]", "<unk>", "[background noise]", "@agent"])
def test_a_mark_is_no_evidence(mark: str, language: str) -> None:
    for text in ("this is terrible", "muchas gracias", "ich rufe wegen meines kontos an"):
        heard, plain = ANALYZER(f"{mark} {text} {mark}", language), ANALYZER(text, language)
        assert heard == plain


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("hola quiero cancel my account porque this is terrible", "es"),
        ("das meeting war really awful aber merci beaucoup", "de"),
        ("je suis furious with votre service de merda", "fr"),
        ("мой счёт is broken 我很生气 and i hate it", "en"),
        ("obrigado thank you gracias merci danke", "pt"),
    ],
)
def test_several_languages_in_one_text(text: str, language: str) -> None:
    """It need not be right: it is judged by the words that the named language knows."""
    analysis = ANALYZER(text, language)
    assert analysis.words >= 5
    assert analysis == ANALYZER(text, language)


@pytest.mark.parametrize("language", ["it", "", "EN", "en-US", "symbols", "concepts", "../en"])
def test_another_language_is_never_guessed(language: str) -> None:
    with pytest.raises(KeyError):
        ANALYZER("ottimo", language)


def test_another_language_is_skipped_with_its_reason() -> None:
    (outcome,) = Scorer()(utterance("ottimo, grazie", language="it-IT"), 1.0)
    assert isinstance(outcome, Skipped)
    assert outcome.reason == "language_unsupported"


def test_the_memory_of_words_and_pairs_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_KNOWN_WORDS <= 50_000
    monkeypatch.setattr(lexemes, "MAX_KNOWN_WORDS", 600)
    known = Lexemes(load(), "en")
    for number in range(2_000):
        known[f"word{number}"]
        known.pairs[f"word{number}", "word"]
        assert len(known) <= 600
        assert len(known.pairs) <= 600


def test_words_that_are_too_long_are_not_remembered() -> None:
    known = Lexemes(load(), "en")
    before = len(known)
    for number in range(100):
        known[f"{number}" + "a" * 10_000]
    assert len(known) == before


def test_no_text_in_reprs() -> None:
    analyzer = EmbeddedAnalyzer()
    analysis = analyzer("canary is terrible", "en")
    assert "canary" not in repr(analyzer)
    assert "terrible" not in repr(analysis)
