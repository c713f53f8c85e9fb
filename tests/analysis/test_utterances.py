"""The labelled utterances keep the rules of their README: they train and check the analyzer."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from genesys_sentiment.analysis.concepts import LANGUAGES
from genesys_sentiment.analysis.lexemes import EMOTIONS, LABELS
from tests.analysis.own_texts import FOLDER, as_recognised, files, needs_utterances, turns

pytestmark = needs_utterances

OF_LABEL = {
    "positive": {"joy", "surprise"},
    "neutral": {"neutral", "sadness", "surprise"},
    "negative": set(EMOTIONS) - {"joy", "neutral"},
}
"""Emotions that a label may come with."""


def test_every_language_has_its_file() -> None:
    assert set(LANGUAGES) <= set(files())
    assert {name[:2] for name in files()} == set(LANGUAGES)


@pytest.mark.parametrize("file", files())
def test_the_format(file: str) -> None:
    text = (FOLDER / f"{file}.tsv").read_text("utf-8")
    header, *lines = text.splitlines()
    assert header.split("\t") == ["label", "emotion", "style", "channel", "text"]
    assert text.endswith("\n")
    assert "\r" not in text
    assert [line for line in lines if line.count("\t") != 4 or line != line.strip()] == []


@pytest.mark.parametrize("file", files())
def test_the_values(file: str) -> None:
    dialogue = file.endswith("_dialogue")
    for turn in turns(file):
        assert turn.label in LABELS, turn
        assert turn.emotion in OF_LABEL[turn.label], turn
        assert turn.style in {"asr", "written"}, turn
        assert turn.channel in ({"call"} if dialogue else {"call", "chat"}), turn
        assert (1 if dialogue else 2) <= len(turn.text.split()) <= 40, turn


@pytest.mark.parametrize("file", files())
def test_recognised_turns_look_recognised(file: str) -> None:
    """Lower case, no digits, no punctuation but inside a word."""
    wrong = [
        turn.text
        for turn in turns(file)
        if turn.style == "asr"
        and (turn.text != turn.text.lower() or re.search(r"[^\w\s'’·-]|[\d_]", turn.text))
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_enough_of_each(language: str) -> None:
    found = turns(language)
    styles = Counter(turn.style for turn in found)
    labels = Counter(turn.label for turn in found)
    assert len(found) >= 500
    assert 0.4 <= styles["asr"] / len(found) <= 0.6, "about half as a recogniser writes"
    assert min(labels.values()) >= 0.2 * len(found)
    assert set(EMOTIONS) == {turn.emotion for turn in found}


def test_no_text_is_there_twice() -> None:
    """Else what is held out would have been trained on."""
    counts = Counter(as_recognised(turn.text) for file in files() for turn in turns(file))
    assert [each for each, count in counts.items() if count > 1] == []


def test_nobody_real_is_in_them() -> None:
    """Neither addresses nor long numbers: whatever looks like them was invented wrongly."""
    looks_real = re.compile(r"https?://|www\.|[\w.]+@[\w.]+|(?<!0x)\b\d{7,}\b|\+\d{4,}")
    found = [turn.text for file in files() for turn in turns(file) if looks_real.search(turn.text)]
    assert found == []
