"""A whole training run, small: it is repeatable, and what it writes judges as it was taught."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import numpy as np
import pytest

from genesys_sentiment.analysis.embedded_analyzer import EmbeddedAnalyzer
from genesys_sentiment.analysis.features import EMOTION_BUCKETS, SENTIMENT_BUCKETS
from genesys_sentiment.analysis.model_file import ModelFile, Table, read
from tests.project import ROOT
from tests.training.generated import (
    EMOTIONS,
    KNOWN,
    LABELS,
    data_folder,
    sentence,
    utterance_folder,
)
from training.data import LANGUAGES, Example
from training.matrix import GROUPS, Extractor

RUN = """
import sys
from functools import partial
from pathlib import Path
from training import __main__ as run, data
data.utterances = partial(data.utterances, folder=Path(sys.argv.pop()))
run.main()
"""
"""The command, with other utterances than the repository's several thousand."""


def _train(folder: Path, seed: str) -> bytes:
    out = folder / f"{seed}.model"
    command = [sys.executable, "-c", RUN, str(folder / "data"), "--out", str(out)]
    subprocess.run(
        [*command, str(folder / "own")],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed, "OMP_NUM_THREADS": "1"},
        check=True,
        capture_output=True,
        timeout=240,
    )
    return out.read_bytes()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("training")
    data_folder(found / "data")
    utterance_folder(found / "own")
    return found


@pytest.fixture(scope="module")
def trained(folder: Path) -> bytes:
    return _train(folder, "1")


@pytest.fixture(scope="module")
def model(trained: bytes) -> ModelFile:
    return read(trained)


def test_training_again_gives_the_same_bytes(folder: Path, trained: bytes) -> None:
    assert _train(folder, "2") == trained


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_written_model_judges_as_it_was_taught(model: ModelFile, language: str) -> None:
    analyzer, chance = EmbeddedAnalyzer(model), Random(8)
    for label, word in LABELS.items():
        said = analyzer(sentence(chance, word), language)
        assert said.label == label
    assert analyzer(sentence(chance, LABELS["negative"]), language).polarity < 0
    assert analyzer(sentence(chance, LABELS["positive"]), language).polarity > 0


def test_the_written_model_tells_emotions(model: ModelFile) -> None:
    analyzer, chance = EmbeddedAnalyzer(model), Random(9)
    for emotion, word in EMOTIONS.items():
        said = analyzer(sentence(chance, word, KNOWN[emotion]), "en").emotion
        assert (said or "neutral") == emotion


def test_each_column_has_a_scale_of_its_own(model: ModelFile) -> None:
    """By its largest value: clipped or shared scales lose rare emotions, told by few words."""
    assert {*model.tables} == {"sentiment", "emotion", "concepts"}
    for table in model.tables.values():
        assert np.abs(_signed(table)).max(axis=0).tolist() == [127] * table.columns
        assert len(set(table.scales)) > 1


TEXTS = [
    ("en", "I am not happy about it at all, but thanks anyway!"),
    ("en", "you charged me twice and i want my money back"),
    ("es", "No estoy nada contento, pero muchas gracias"),
    ("fr", "je ne suis pas du tout satisfait, c'est très décevant"),
    ("de", "Das gefällt mir überhaupt nicht. Ich bin wirklich enttäuscht!"),
    ("pt", "não gostei nada do atendimento, foi muito ruim"),
    ("en", "[noise]"),
    ("en", ""),
]


@pytest.mark.parametrize(("language", "text"), TEXTS)
def test_scoring_makes_the_sums_that_training_learned_from(
    model: ModelFile, language: str, text: str
) -> None:
    """Two ways to the same numbers: rows of a matrix, and a walk over the words."""
    extractor, example = Extractor(letters=1.0), Example(language, text)
    concepts = _weights(model.tables["concepts"])
    nothing = np.zeros((2 * len(GROUPS), concepts.shape[1]))  # theirs is in the concepts' rows
    columns = np.vstack([concepts, nothing])
    bias = np.array(model.header["bias"])
    sentiment = np.vstack([_weights(model.tables["sentiment"]), columns[:, :3]])
    emotion = np.vstack([_weights(model.tables["emotion"]), columns[:, 3:]])
    assert len(sentiment) - len(columns) == SENTIMENT_BUCKETS
    assert len(emotion) - len(columns) == EMOTION_BUCKETS
    labels = (extractor.sentiment([example]) @ sentiment)[0] + bias[:3]
    moods = (extractor.emotion([example]) @ emotion)[0] + bias[3:]
    sums = EmbeddedAnalyzer(model).sums(text, language)
    assert sums == pytest.approx([*labels, *moods], abs=1e-9)


def _signed(table: Table) -> np.ndarray:
    return np.array(table.values, dtype=int).reshape(-1, table.columns)


def _weights(table: Table) -> np.ndarray:
    weights: np.ndarray = _signed(table) * np.array(table.scales)
    return weights
