"""Reading labelled texts: what is cleaned, what is held out, what tells a label."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.training.generated import data_folder, utterance_folder, write_utterances
from training import data
from training.data import LANGUAGES, Example


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return data_folder(tmp_path / "data", count=2)


def test_tweets_have_a_label_and_a_language(folder: Path) -> None:
    found = data.tweets(folder, "train")
    assert Counter((each.language, each.label) for each in found) == {
        (language, label): 2 for language in LANGUAGES for label in range(3)
    }


def test_tweets_lose_escapes_links_and_mentions(folder: Path) -> None:
    line = '"@user it\\u2019s fine &amp; dandy\\u002c see https://example.com/a",positive,made\n'
    (folder / "umsab_english_train.csv").write_text("text,label,source\n" + line)
    found = [each for each in data.tweets(folder, "train") if each.language == "en"]
    assert [" ".join(each.text.split()) for each in found] == ["it's fine & dandy, see"]
    assert [each.label for each in found] == [2]


def test_comments_have_every_emotion_that_they_were_given(folder: Path) -> None:
    (folder / "goemotions_ekman_dev.tsv").write_text("thanks [NAME], wow\t3,5\tid1\n")
    (found,) = data.comments(folder, "dev")
    assert found.emotions == frozenset({3, 6})  # joy and surprise, in the model's order
    assert (found.language, found.label) == ("en", None)
    assert "NAME" not in found.text


def test_every_fifth_utterance_is_held_out(tmp_path: Path) -> None:
    folder = utterance_folder(tmp_path / "own", count=5)
    write_utterances(
        folder / "en.tsv", [("neutral", "neutral", "asr", "call", str(n)) for n in range(12)]
    )
    train, valid = data.utterances("train", folder=folder), data.utterances("valid", folder=folder)
    english = [each.text for each in valid if each.language == "en"]
    assert english == ["4", "9"]
    assert "4" not in [each.text for each in train]
    assert len(train) + len(valid) == 12 + 4 * 15


def test_dialogue_is_read_apart(tmp_path: Path) -> None:
    folder = utterance_folder(tmp_path / "own", count=5)
    lines = [("positive", "joy", "asr", "call", "hello")] * 5
    write_utterances(folder / "fr_dialogue.tsv", lines)
    of_calls = data.utterances("valid", folder=folder)
    dialogue = data.utterances("valid", dialogue=True, folder=folder)
    assert "hello" not in data.texts(of_calls)
    assert [each.language for each in dialogue if each.text == "hello"] == ["fr"]


def test_our_own_utterances_are_whole() -> None:
    """The repository's files: all lines can be read, no training text is held out as well."""
    for dialogue in (False, True):
        train = data.utterances("train", dialogue=dialogue)
        valid = data.utterances("valid", dialogue=dialogue)
        assert {each.language for each in train} == {each.language for each in valid}
        assert {each.language for each in train} == {*LANGUAGES}
        known = {(each.language, data.as_recognised(each).text) for each in train}
        twice = [each for each in valid if (each.language, data.as_recognised(each).text) in known]
        assert not twice
    assert min(Counter(each.language for each in data.utterances("train")).values()) >= 400


@pytest.mark.parametrize(
    ("emotions", "label"), [({0}, 0), ({3}, 2), ({4}, 1), ({6}, None), ({0, 3}, None)]
)
def test_one_emotion_tells_the_label(emotions: set[int], label: int | None) -> None:
    found = data.felt([Example("en", "oh", None, frozenset(emotions))])
    assert [each.label for each in found] == ([] if label is None else [label])


def test_recognised_text_has_one_case_and_no_signs() -> None:
    said = data.as_recognised(Example("en", "I’m NOT happy!!! :( It's_over… 😡"))
    assert said.text == "i'm not happy it's over"


def test_the_digest_is_of_every_file(folder: Path) -> None:
    before = data.digest(folder)
    assert data.digest(folder) == before
    with (folder / "umsab_french_valid.csv").open("a") as lines:
        lines.write("x,neutral,made\n")
    assert data.digest(folder) != before


def test_the_digest_does_not_tell_where_the_files_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "UTTERANCES", utterance_folder(tmp_path / "m", count=1))
    before, behind = data_folder(tmp_path / "a"), data_folder(tmp_path / "z")
    assert data.digest(before) == data.digest(behind)
