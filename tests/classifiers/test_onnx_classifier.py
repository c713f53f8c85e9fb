"""An ONNX classifier of the user's: read, checked, asked, and clear where it does not fit."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from math import exp
from pathlib import Path
from typing import Any

import pytest
from onnx import TensorProto

from genesys_sentiment.analysis import Analysis
from genesys_sentiment.classifiers import OnnxClassifier
from genesys_sentiment.errors import AnalyzerError, ConfigurationError
from genesys_sentiment.model.events import Event, Utterance
from genesys_sentiment.model.results import Score, Skipped
from genesys_sentiment.scoring import Scorer
from genesys_sentiment.streaming.score import score
from tests.classifiers.tiny import Files, write


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A classifier as most are: three outputs, two inputs."""
    return write(tmp_path)


def said(text: str, language: str | None = "en-US") -> Utterance:
    """Somebody said it."""
    return Utterance(conversation="c", utterance=text[:20], text=text, language=language, at=1.0)


async def listed(events: Sequence[Event]) -> AsyncIterator[Event]:
    """As a stream."""
    for event in events:
        yield event


async def ask(classifier: OnnxClassifier, *texts: str) -> Sequence[Analysis]:
    """What it says of English texts."""
    async with classifier.ahead(listed([said(text) for text in texts])) as events:
        return [
            classifier(event.text, "en") async for event in events if isinstance(event, Utterance)
        ]


async def test_a_model_of_ones_own_scores_a_stream(files: Files) -> None:
    """Read ahead in a thread, in order, with the reasons that the scorer has."""
    classifier = OnnxClassifier(files.model, files.tokenizer, languages=("en", "de-DE"), name="m")
    assert classifier.languages == {"en", "de"}
    texts = ["this is GREAT", "[noise] ...", "terrible", "okay", "   ", "great"]
    events = [*map(said, texts), said("bueno", "es"), said("great", "de")]
    scorer = Scorer(analyzer=classifier)
    async with classifier.ahead(listed(events)) as ahead:
        records = [record async for record in score(ahead, scorer)]
    found = [
        (each.polarity, each.method) if isinstance(each, Score) else getattr(each, "reason", "")
        for each in records
    ]
    assert found == [
        ("positive", "m"),
        "no_words",
        ("negative", "m"),
        ("neutral", "m"),
        "empty",
        ("positive", "m"),
        "language_unsupported",
        ("positive", "m"),
    ]
    assert scorer.counters.skipped == {"no_words": 1, "empty": 1, "language_unsupported": 1}


async def test_the_figures_are_the_softmax(files: Files) -> None:
    classifier = OnnxClassifier(files.model, files.tokenizer, languages=["en"])
    (found,) = await ask(classifier, "bad okay okay")
    parts = [exp(2), exp(4), 1.0]
    assert found.label == "neutral"
    assert found.confidence == pytest.approx(parts[1] / sum(parts))
    assert found.polarity == pytest.approx((parts[2] - parts[0]) / sum(parts))
    assert (found.words, found.emotion, found.evidence) == (3, None, ())


@pytest.mark.parametrize(
    ("columns", "labels", "expected"),
    [
        ((2, 1, 0), ("POS", "NEU", "NEG"), ("positive", "neutral", "negative")),
        ((0, 2), ("neg", " Positive "), ("positive", "positive", "negative")),
        ((0, 0, 1, 2, 2), ("neg", "neg", "neu", "pos", "pos"), ("positive", "neutral", "negative")),
    ],
)
async def test_labels_say_what_the_outputs_mean(
    tmp_path: Path, columns: Sequence[int], labels: Sequence[str], expected: Sequence[str]
) -> None:
    """Whatever their order and number: two labels, three, or the five of stars."""
    files = write(tmp_path, columns=columns)
    classifier = OnnxClassifier(files.model, files.tokenizer, labels=labels, languages=["en"])
    texts = ("great", "okay" if "neutral" in expected else "good", "bad")
    found = await ask(classifier, *texts)
    assert [each.label for each in found] == list(expected)
    assert found[0].polarity > 0.5
    assert all(0 <= each.confidence <= 1 for each in found)


@pytest.mark.parametrize(
    "form",
    [
        {"inputs": ("input_ids",)},
        {"inputs": ("input_ids", "attention_mask", "token_type_ids")},
        {"kind": TensorProto.INT32},
        {"outputs": ("something",)},
        {"outputs": ("last_hidden_state", "logits")},
    ],
    ids=str,
)
async def test_the_usual_forms_of_an_export(tmp_path: Path, form: dict[str, Any]) -> None:
    files = write(tmp_path, **form)
    (found,) = await ask(OnnxClassifier(files.model, files.tokenizer, languages=["en"]), "great")
    assert found.label == "positive"


async def test_any_text_costs_bounded_time(files: Files) -> None:
    """More than ``most_tokens`` is not read, and half a surrogate pair is no end."""
    classifier = OnnxClassifier(files.model, files.tokenizer, languages=["en"], most_tokens=4)
    long, odd = await ask(
        classifier, "good bad bad bad " + "great " * 500_000, "great \ud83d\x00 !"
    )
    assert (long.label, odd.label) == ("negative", "positive")


async def test_the_model_is_asked_in_a_thread(files: Files) -> None:
    """Not on the loop, and the thread is gone afterwards."""
    classifier = OnnxClassifier(str(files.model), str(files.tokenizer), languages=["en"])
    before = set(threading.enumerate())
    async with classifier.ahead(listed([said("great")])) as events:
        await anext(events)
        (thread,) = set(threading.enumerate()) - before
    thread.join(5)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"labels": ("LABEL_0", "LABEL_1", "LABEL_2")}, "LABEL_0 does not say"),
        ({"labels": "negative"}, "labels must be"),
        ({"labels": ("neutral", "positive")}, "negative and positive at least"),
        ({"languages": ()}, "languages must name"),
        ({"languages": "en"}, "languages must name"),
        ({"most_tokens": 0}, "most_tokens must be"),
        ({"threads": 1.5}, "threads must be"),
        ({"timeout": 0}, "timeout must be"),
        ({"timeout": float("nan")}, "timeout must be"),
    ],
)
def test_arguments_that_cannot_work(files: Files, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        OnnxClassifier(files.model, files.tokenizer, **{"languages": ["en"], **changes})


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"columns": (0, 2)}, "there are 3 labels"),
        ({"inputs": ("pixels",)}, "inputs pixels tensor"),
        ({"inputs": ("input_ids", "position_ids")}, "position_ids"),
        ({"kind": TensorProto.FLOAT}, "of int64"),
        ({"outputs": ("a", "b")}, "outputs a, b"),
    ],
    ids=str,
)
def test_a_model_of_another_kind(tmp_path: Path, form: dict[str, Any], words: str) -> None:
    files = write(tmp_path, **form)
    with pytest.raises(AnalyzerError, match=words):
        OnnxClassifier(files.model, files.tokenizer, languages=["en"])


@pytest.mark.parametrize("which", ["model", "tokenizer"])
def test_files_that_are_missing_or_damaged(files: Files, which: str) -> None:
    path: Path = getattr(files, which)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(AnalyzerError, match=path.name):
        OnnxClassifier(files.model, files.tokenizer, languages=["en"])
    path.unlink()
    with pytest.raises(AnalyzerError, match="no such file"):
        OnnxClassifier(files.model, files.tokenizer, languages=["en"])


def test_a_tokenizer_of_another_model(files: Files) -> None:
    """It has words that the model has no row for."""
    text = files.tokenizer.read_text()
    files.tokenizer.write_text(text.replace('"[UNK]": 0', '"[UNK]": 4000'))
    with pytest.raises(AnalyzerError, match="of one kind"):
        OnnxClassifier(files.model, files.tokenizer, languages=["en"])


async def test_one_text_that_the_model_fails_on_is_skipped(files: Files) -> None:
    text = files.tokenizer.read_text()
    files.tokenizer.write_text(text.replace('"bad": 1', '"bad": 1000'))
    classifier = OnnxClassifier(files.model, files.tokenizer, languages=["en"])
    async with classifier.ahead(listed([said("bad"), said("good")])) as events:
        records = [each async for each in score(events, Scorer(analyzer=classifier))]
    first, second = records
    assert isinstance(first, Skipped)
    assert first.reason == "analyzer_failed"
    assert "bad" not in (first.detail or "")
    assert isinstance(second, Score)
    assert (classifier.counters.failed, classifier.counters.judged) == (1, 1)


@pytest.mark.parametrize("library", ["onnxruntime", "tokenizers", "numpy"])
def test_without_the_extra_it_is_named(
    files: Files, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The import is refused, as where the library is not installed."""
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ConfigurationError, match=r"pip install 'genesys-sentiment\[onnx\]'"):
        OnnxClassifier(files.model, files.tokenizer, languages=["en"])


def test_nothing_of_the_extra_is_imported_before_it_is_used() -> None:
    code = (
        "import sys; from genesys_sentiment.classifiers import OnnxClassifier;"
        "print({'numpy', 'onnxruntime', 'tokenizers'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.strip() == "set()"
