"""What the embedded analyzer says to everyday sentences, typed and recognised."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.analysis.concepts import load
from genesys_sentiment.analysis.lexicon_analyzer import DECISIVE, LexiconAnalyzer
from genesys_sentiment.analysis.tokens import MAX_TOKENS
from genesys_sentiment.analysis.vocabulary import MAX_KNOWN_WORDS, Vocabulary
from tests.analysis.sentences import SENTENCES
from tests.data import calls_dir, needs_data

ANALYZER = LexiconAnalyzer()

POSITIVE = [
    ("en", "thank you so much for your help"),
    ("en", "no thank you that was that"),
    ("en", "you've been very helpful"),
    ("en", "Great, thank you!"),
    ("en", "seventy one okay perfect that's that's great okay thank you so much"),
    ("en", "i had a problem but now i am really happy"),
    ("es", "muchas gracias por su ayuda"),
    ("es", "No, gracias."),
    ("es", "estoy muy contenta"),
    ("fr", "merci beaucoup pour votre aide"),
    ("fr", "C'est très bien !"),
    ("de", "vielen dank für ihre hilfe"),
    ("de", "Das ist sehr schön"),
    ("pt", "muito obrigado pela ajuda"),
    ("pt", "gostei muito"),
    ("de", "❤️"),
]
NEGATIVE = [
    ("en", "i am very frustrated"),
    ("en", "I'm not happy with this!"),
    ("en", "not a good experience at all"),
    ("en", "you charged me twice and i want my money back"),
    ("en", "this is absolutely ridiculous i have been waiting for two hours"),
    ("en", "why is it still not working"),
    ("en", "you are nice but this is terrible"),
    ("es", "no estoy contento con el servicio"),
    ("es", "Es una vergüenza"),
    ("es", "me cobraron dos veces y quiero mi dinero"),
    ("fr", "je ne suis pas content"),
    ("fr", "j'aime pas du tout"),
    ("fr", "C’est inacceptable"),
    ("de", "das gefällt mir nicht"),
    ("de", "ich bin nicht zufrieden"),
    ("de", "Das ist eine Frechheit"),
    ("pt", "não estou satisfeito"),
    ("pt", "isso é um absurdo"),
    ("pt", "😡"),
]
NEUTRAL = [
    ("en", "i want to report a lost card"),
    ("en", "cancel my appointment"),
    ("en", "how can i help you today"),
    ("en", "hello this is harper valley national bank my name is robert"),
    ("en", "my name is joy grace"),
    ("en", "i would like to pay a bill"),
    ("en", "i'll call you back on monday"),
    ("en", "what are your local branch hours"),
    ("en", "i forgot my password"),
    ("en", "i would like to transfer money between my accounts"),
    ("en", "don't worry"),
    ("en", "what kind of account is it"),
    ("en", "uh huh"),
    ("es", "quiero cancelar mi seguro"),
    ("es", "quiero confirmar mi cita con roberto"),
    ("es", "mi nombre es linda garcía"),
    ("es", "no se preocupe"),
    ("fr", "je voudrais annuler mon rendez-vous s'il vous plaît"),
    ("fr", "comment puis-je vous aider"),
    ("de", "ich möchte meine adresse ändern"),
    ("de", "ich habe das schon bezahlt"),
    ("de", "wie kann ich ihnen helfen"),
    ("pt", "gostaria de cancelar o meu seguro"),
    ("pt", "nossa conta é conjunta"),
    ("pt", "como posso ajudar"),
]


@pytest.mark.parametrize(("language", "text"), POSITIVE)
def test_praise_and_gratitude_are_positive(language: str, text: str) -> None:
    analysis = ANALYZER(text, language)
    assert analysis.label == "positive"
    assert analysis.polarity > 0.3
    assert analysis.evidence


@pytest.mark.parametrize(("language", "text"), NEGATIVE)
def test_complaints_are_negative(language: str, text: str) -> None:
    analysis = ANALYZER(text, language)
    assert analysis.label == "negative"
    assert analysis.polarity <= -0.3
    assert analysis.evidence


@pytest.mark.parametrize(("language", "text"), NEUTRAL)
def test_topics_and_names_are_neutral(language: str, text: str) -> None:
    analysis = ANALYZER(text, language)
    assert analysis.label == "neutral"
    assert abs(analysis.polarity) < 0.2
    assert analysis.emotion is None
    assert analysis.words > 0


@pytest.mark.parametrize(("language", "label"), SENTENCES)
def test_everyday_sentences(language: str, label: str) -> None:
    lines = [line.strip() for line in SENTENCES[language, label].strip().splitlines()]
    assert len(lines) >= 8
    wrong = [line for line in lines if ANALYZER(line, language).label != label]
    assert wrong == []


@pytest.mark.parametrize(("language", "text"), [*POSITIVE, *NEGATIVE, *NEUTRAL])
def test_case_and_composition_do_not_matter(language: str, text: str) -> None:
    heard = ANALYZER(text, language)
    assert ANALYZER(text.upper(), language).label == heard.label
    assert ANALYZER(unicodedata.normalize("NFD", text), language).label == heard.label


@pytest.mark.parametrize(
    "text",
    [
        "let me speak to a supervisor",
        "i want to speak to a manager right now",
        "i want my money back",
        "this is the third time i call",
    ],
)
def test_demands_are_not_positive(text: str) -> None:
    analysis = ANALYZER(text, "en")
    assert analysis.label != "positive"
    assert analysis.polarity <= 0.0


@pytest.mark.parametrize(
    ("language", "text", "emotion"),
    [
        ("en", "i am furious", "anger"),
        ("en", "i am so happy", "joy"),
        ("en", "this is scary", "fear"),
        ("en", "that makes me sad", "sadness"),
        ("en", "this is disgusting", "disgust"),
        ("en", "wow i am shocked", "surprise"),
        ("es", "estoy muy enfadado", "anger"),
        ("fr", "je suis très en colère", "anger"),
        ("de", "ich bin sehr wütend", "anger"),
        ("pt", "estou muito irritado", "anger"),
        ("en", "i am not happy", None),
        ("en", "the branch is on main street", None),
    ],
)
def test_emotions(language: str, text: str, emotion: str | None) -> None:
    analysis = ANALYZER(text, language)
    assert analysis.emotion == emotion
    assert (analysis.emotion_confidence > 0.0) is (emotion is not None)


@pytest.mark.parametrize(
    "text",
    ["", " ", "[noise]", "[Noise] [music]", "<unk>", "[laughter] ...", "https://a.b/c", "?!"],
)
def test_marks_and_punctuation_are_no_words(text: str) -> None:
    analysis = ANALYZER(text, "en")
    assert (analysis.words, analysis.label, analysis.polarity) == (0, "neutral", 0.0)


@pytest.mark.parametrize("text", ["[noise] hi", "mm hmm", "👍", "a", "1"])
def test_anything_said_is_words(text: str) -> None:
    assert ANALYZER(text, "en").words > 0


def test_evidence_names_concepts_strongest_first() -> None:
    analysis = ANALYZER("the terrible agent was bad and i am not happy", "en")
    assert analysis.evidence == ("terrible:terrible", "bad:bad", "happy:not happy")


def test_negation_reaches_three_words_and_stops_at_punctuation() -> None:
    assert ANALYZER("not a really good idea", "en").label == "negative"
    assert ANALYZER("not in my whole life good", "en").label == "positive"
    assert ANALYZER("i did not. great", "en").label == "positive"
    assert ANALYZER("das ist toll und ich muss gar nicht warten", "de").label == "positive"


def test_emphasis_strengthens_and_diminishing_weakens() -> None:
    plain, strong, weak = (
        ANALYZER(f"i am {how}disappointed", "en").polarity for how in ("", "very ", "slightly ")
    )
    assert strong < plain < weak < 0.0


def test_the_later_clause_weighs_more() -> None:
    assert ANALYZER("good but bad", "en").polarity < 0.0 < ANALYZER("bad but good", "en").polarity


def test_confidence_grows_with_evidence_and_shrinks_with_contradiction() -> None:
    few, more, mixed = (
        ANALYZER(text, "en").confidence
        for text in ("terrible", "terrible awful", "terrible awful terrible good")
    )
    assert few < more
    assert mixed < ANALYZER("terrible awful terrible", "en").confidence


def test_another_language_is_never_guessed() -> None:
    with pytest.raises(KeyError):
        ANALYZER("ottimo", "it")


@given(st.text(), st.sampled_from(sorted(LexiconAnalyzer.languages)))
def test_any_text_is_judged_within_the_ranges(text: str, language: str) -> None:
    analysis = ANALYZER(text, language)
    assert -1.0 < analysis.polarity < 1.0
    assert 0.5 <= analysis.confidence <= 1.0
    assert 0.0 <= analysis.emotion_confidence <= 1.0
    assert (analysis.label == "positive") <= (analysis.polarity > 0.0)
    assert (analysis.label == "negative") <= (analysis.polarity < 0.0)
    assert ANALYZER(text, language) == analysis


@given(st.integers(0, 40))
def test_more_blame_is_never_milder(count: int) -> None:
    less, more = ANALYZER("bad " * count, "en"), ANALYZER("bad " * (count + 1), "en")
    assert more.polarity <= less.polarity
    if count > DECISIVE:  # below it, more blame is less neutral, and so less sure
        assert more.confidence >= less.confidence


@pytest.mark.parametrize(
    "text",
    [
        "a" * 65_536,
        "not " * 16_384,
        "very bad " * 8_000,
        "[" * 65_536,
        "<" * 65_536,
        ":d" * 32_768,
        "é" * 65_536,
        "\u0301" * 65_536,
        "\ud800" * 65_536,
        "\x00\x1b[31m" * 10_000,
        "\ufdfa" * 65_536,
        "@" * 65_536,
        "been waiting " * 5_000,
        "😡" * 20_000,
    ],
    ids=lambda text: f"{text[:6]!a}",
)
@pytest.mark.parametrize("language", ["en", "de"])
def test_a_hostile_text_of_64_kb_costs_little(text: str, language: str) -> None:
    ANALYZER("warm", language)
    before = process_time()
    analysis = ANALYZER(text, language)
    assert process_time() - before < 0.25  # measured: under 20 ms
    assert analysis.words <= MAX_TOKENS


def test_the_memory_of_words_is_bounded() -> None:
    vocabulary = Vocabulary(load(), "en")
    for number in range(MAX_KNOWN_WORDS + 100):
        vocabulary[f"word{number}"]
    assert len(vocabulary) <= MAX_KNOWN_WORDS


def test_no_text_in_reprs() -> None:
    analyzer = LexiconAnalyzer()
    analysis = analyzer("canary is terrible", "en")
    assert "canary" not in repr(analyzer)
    assert "terrible" not in repr(analysis)


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
    assert labels["positive"] >= 50
    assert labels["negative"] <= 4
