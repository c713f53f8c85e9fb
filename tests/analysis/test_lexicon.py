"""The lexicon: read line by line, refused with the line if it is damaged, and kept in order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.analysis import concepts
from genesys_sentiment.analysis.concepts import (
    GROUPS,
    LANGUAGES,
    entries,
    inventory,
    is_symbol,
    parts,
)
from genesys_sentiment.analysis.tokens import fold, tidy
from genesys_sentiment.analysis.vocabulary import Vocabulary
from genesys_sentiment.errors import AnalyzerError
from tests.analysis.own_texts import files as files_of_turns
from tests.analysis.own_texts import needs_utterances, turns

FOLDER = files("genesys_sentiment.analysis") / "lexicon"
FILES = (*LANGUAGES, "symbols")

_OF_SYMBOLS = {
    name for name, concept in inventory().items() if name.endswith("emo") or concept.group == "mark"
}
_OF_ONE_LANGUAGE = {"negation_fr", "negation_de"}
WITHOUT_WORDS = {"fr": {"heart"}}
"""Concepts for which a language has no words of its own, besides those of emoji and negation."""


def _lines(name: str) -> Iterator[tuple[int, str, list[str]]]:
    """Number, concept and words of each line, read here without the code under test."""
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            head, _, rest = line.partition("|")
            yield number, head.strip(), rest.split()


def test_the_inventory_is_whole() -> None:
    found = inventory()
    assert len(found) > 150
    assert {concept.group for concept in found.values()} == GROUPS
    assert inventory() is found, "read once"


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_read(name: str) -> None:
    assert sum(1 for _ in entries(name)) == sum(len(words) for _, _, words in _lines(name))


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_there_twice(name: str) -> None:
    heads = Counter(concept for _, concept, _ in _lines(name))
    assert [concept for concept, count in heads.items() if count > 1] == []
    twice = [
        (number, word)
        for number, _, words in _lines(name)
        for word, count in Counter(words).items()
        if count > 1
    ]
    assert twice == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_concept_has_words(language: str) -> None:
    named = {concept for _, concept, words in _lines(language) if words}
    silent = set(inventory()) - named - _OF_SYMBOLS - _OF_ONE_LANGUAGE
    assert silent == WITHOUT_WORDS.get(language, set())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_many_words(language: str) -> None:
    """Goal: what one language hears, the others do, so that none is judged by less."""
    assert sum(len(words) for _, _, words in _lines(language)) >= 4_000


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_prefix_is_so_short_that_it_hits_by_chance(language: str) -> None:
    short = [
        (number, word)
        for number, _, words in _lines(language)
        for word in words
        if word.endswith("*") and len(word.removesuffix("*").removeprefix("=")) < 3
    ]
    assert short == []


def test_symbols_are_emoji_and_emoticons() -> None:
    """No phrase got in among them, and no concept that is not theirs."""
    assert {concept for _, concept, _ in _lines("symbols")} <= _OF_SYMBOLS
    words = [word for _, _, words in _lines("symbols") for word in words]
    assert [word for word in words if not is_symbol(word) or len(word) > 4] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_are_letters(language: str) -> None:
    """What the tokeniser never gives would never be found: ``{a,b}``, ``co.uk``, ``50%``."""
    lost = [
        (number, word)
        for number, _, words in _lines(language)
        for word in words
        for part in parts(word.removeprefix("=").removesuffix("*"))
        if not part.isalnum()
    ]
    assert lost == []


@needs_utterances
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_accent_makes_another_word(language: str) -> None:
    """Accents are folded away: Portuguese "dó" (pity) must be "=dó", or every "do" is pity."""
    said = Counter(
        token
        for file in files_of_turns()
        if file.startswith(language)
        for turn in turns(file)
        for token in re.findall(r"[^\W_]+", tidy(turn.text))
    )
    hit = {
        (concept.name, word, said[fold(word)])
        for word, concept in entries(language)
        if word.isalpha() and word.casefold() != fold(word)
        if said[fold(word)] >= 5 and said[fold(word)] > said[word.casefold()]
    }
    assert hit == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_is_found_again(language: str) -> None:
    """A word of the lexicon, said, stands for its concept."""
    vocabulary = Vocabulary(language)
    lost = [
        (concept.name, word)
        for word, concept in entries(language)
        if "_" not in word and not word.endswith("*") and len(parts(word)) == 1
        for token in [word.removeprefix("=").casefold().replace("n't", "nt")]
        if concept.name not in vocabulary.look_up(token).concepts
    ]
    assert lost == []


@pytest.fixture
def lexicon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in place of the packaged lexicon."""
    folder = tmp_path / "lexicon"
    folder.mkdir()
    (folder / "concepts.txt").write_text("good:pos\nbad:neg:0.5 | what is bad\n", "utf-8")
    monkeypatch.setattr(concepts, "files", lambda package: tmp_path)
    inventory.cache_clear()
    yield folder
    inventory.cache_clear()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("good\n", 1),
        ("good:pos\nbad:evil\n", 2),
        ("# first\n:pos\n", 2),
        ("good:pos:heavy\n", 1),
        ("good:pos:nan\n", 1),
        ("good:pos:99\n", 1),
        ("good:pos:-1\n", 1),
        ("good:pos\n\ngood:neg\n", 3),
    ],
)
def test_a_damaged_inventory_names_its_line(lexicon: Path, text: str, line: int) -> None:
    (lexicon / "concepts.txt").write_text(text, "utf-8")
    with pytest.raises(AnalyzerError, match=f"concepts line {line}:"):
        inventory()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("other | word\n", 1),
        ("good | fine\nbad | b*d\n", 2),
        ("# people\ngood | very_go*\n", 2),
        ("good | very__good\n", 1),
        ("good | _good\n", 1),
        ("good | 😀\n", 1),
        ("good | {fine,good}\n", 1),
    ],
)
def test_a_damaged_language_names_its_line(lexicon: Path, text: str, line: int) -> None:
    (lexicon / "en.txt").write_text(text, "utf-8")
    with pytest.raises(AnalyzerError, match=f"en line {line}:"):
        list(entries("en"))


def test_a_word_among_symbols_is_refused(lexicon: Path) -> None:
    (lexicon / "symbols.txt").write_text("good | 😀 good\n", "utf-8")
    with pytest.raises(AnalyzerError, match="symbols line 1"):
        list(entries("symbols"))


def test_weights_and_words(lexicon: Path) -> None:
    (lexicon / "es.txt").write_text("bad | mal malo* =esperé muy_mal\n", "utf-8")
    found = list(entries("es"))
    assert [word for word, _ in found] == ["mal", "malo*", "=esperé", "muy_mal"]
    assert {(each.name, each.group, each.weight) for _, each in found} == {("bad", "neg", 0.5)}


@given(st.text())
def test_any_word_can_be_asked_about(text: str) -> None:
    assert all(parts(text))
    assert concepts._well_formed(text) in (True, False)


@pytest.mark.parametrize("damage", [b"", b"# nothing\n", b"good:pos\n\xff"])
def test_an_empty_or_unreadable_lexicon_is_an_analyzer_error(lexicon: Path, damage: bytes) -> None:
    (lexicon / "concepts.txt").write_bytes(damage)
    with pytest.raises(AnalyzerError, match="reinstall"):
        inventory()


def test_a_missing_language_is_an_analyzer_error(lexicon: Path) -> None:
    with pytest.raises(AnalyzerError, match="reinstall"):
        list(entries("fr"))
