"""The lexicon file: read once, and refused with the line if it is damaged."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.analysis.concepts import EMOTIONS, GROUPS, load, parse
from genesys_sentiment.analysis.lexicon_analyzer import LexiconAnalyzer
from genesys_sentiment.errors import AnalyzerError

HEADER = "# concept:group | en | es\n"


def test_the_packaged_lexicon_is_whole_and_read_once() -> None:
    concepts = load()
    assert load() is concepts
    assert len(concepts) > 100
    assert len({concept.name for concept in concepts}) == len(concepts)
    assert {concept.group for concept in concepts} <= set(GROUPS)
    assert set(EMOTIONS) <= {concept.group for concept in concepts}
    for language in LexiconAnalyzer.languages:
        assert sum(bool(concept.words.get(language)) for concept in concepts) > 100


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("good:pos | good\n", 1),
        (HEADER, 2),
        (HEADER + "good:pos | good | bueno\nbad:evil | bad | malo\n", 3),
        (HEADER + "good | good | bueno\n", 2),
        (HEADER + ":pos | good | bueno\n", 2),
        (HEADER + "good:pos:heavy | good | bueno\n", 2),
        (HEADER + "good:pos:nan | good | bueno\n", 2),
        (HEADER + "good:pos:99 | good | bueno\n", 2),
        (HEADER + "good:pos\n", 2),
        (HEADER + "good:pos | a | b | c\n", 2),
        (HEADER + "good:pos | g*od | bueno\n", 2),
        (HEADER + "good:pos | very_go* | bueno\n", 2),
        (HEADER + "good:pos | very__good | bueno\n", 2),
    ],
)
def test_a_damaged_lexicon_names_its_line(text: str, line: int) -> None:
    with pytest.raises(AnalyzerError, match=f"line {line}:"):
        parse(text)


def test_weights_and_columns() -> None:
    (concept,) = parse(HEADER + "wait:neg:0.5 | wait waiting* | =esperé\n")
    assert (concept.name, concept.group, concept.weight) == ("wait", "neg", 0.5)
    assert concept.words == {"en": ("wait", "waiting*"), "es": ("=esperé",)}


@given(st.text())
def test_only_analyzer_errors_come_out(text: str) -> None:
    with suppress(AnalyzerError):
        assert parse(HEADER + text)


def test_a_missing_lexicon_is_an_analyzer_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("genesys_sentiment.analysis.concepts.files", lambda package: tmp_path)
    load.cache_clear()
    with pytest.raises(AnalyzerError, match="reinstall"):
        load()
    load.cache_clear()
