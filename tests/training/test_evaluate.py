"""The evaluation as a command: readable, for programs, and without numpy."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from genesys_sentiment.analysis.lexemes import LABELS
from tests.project import ROOT
from tests.training.generated import data_folder
from training import evaluate
from training.data import LANGUAGES

SEGMENTS = [
    ("thank you so much you have been great", [0.1, 0.2, 0.7]),
    ("this is the worst service ever", [0.8, 0.1, 0.1]),
    ("my account number is four two", [0.1, 0.8, 0.1]),
    ("[noise] <unk>", [0.0, 1.0, 0.0]),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data_folder(tmp_path / "data", count=2)
    calls = tmp_path / "calls"
    calls.mkdir()
    lines = [json.dumps({"text": text, "valence": valence}) for text, valence in SEGMENTS]
    (calls / "one.jsonl").write_text("\n".join(lines) + "\n")
    return tmp_path


def _tables(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    evaluate.main([str(folder / "data"), "--json", *more])
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def test_every_measure_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tables = _tables(folder, capsys, "--calls", str(folder / "calls"))
    assert [*tables] == [
        *("umsab", "own", "dialogue", "emotions", "calibration", "negatives", "probes"),
        *("calls", "confusion", "vader"),
    ]
    assert [row["language"] for row in tables["umsab"]] == [*LANGUAGES, "mean", "all"]
    assert tables["umsab"][0]["texts"] == 6
    for rows in tables.values():
        for row in rows:
            for name, value in row.items():
                if any(word in name for word in ("F1", "accuracy", "ECE", "precision", "recall")):
                    assert 0.0 <= value <= 1.0


def test_calls_are_compared_with_and_without_noise(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = _tables(folder, capsys, "--calls", str(folder / "calls"))
    every, spoken = tables["calls"]
    assert (every["segments"], every["number"], every["F1"]) == ("all", 4, 1.0)
    assert (spoken["segments"], spoken["number"], spoken["agreement"]) == ("with words", 3, 1.0)
    assert [sum(row[label] for row in tables["confusion"]) for label in LABELS] == [1] * 3


def test_calls_are_asked_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "calls" not in _tables(folder, capsys)


def test_the_report_names_no_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "report.md"
    evaluate.main([str(folder / "data"), "--calls", str(folder / "calls"), "--out", str(out)])
    text = out.read_text("utf-8")
    assert capsys.readouterr().out.rstrip() == text.rstrip()
    assert text.startswith("# What the embedded analyzer reaches\n")
    assert "| language | texts | raw F1 | asr F1 |" in text
    assert str(folder) not in text
    assert str(ROOT) not in text


def test_it_needs_no_numpy(folder: Path) -> None:
    script = (
        "import sys; sys.modules.update(numpy=None, scipy=None, sklearn=None)\n"
        "from training.evaluate import main; main(sys.argv[1:])"
    )
    command = [sys.executable, "-c", script, str(folder / "data"), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert len(json.loads(done.stdout)["own"]) == len(LANGUAGES) + 2
