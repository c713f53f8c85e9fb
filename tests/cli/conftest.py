"""A call to play, and a file that takes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from genesys_sentiment.simulator import Call, load_calls

SAID = ("Hello, how can I help you?", "This is a terrible, terrible service.", "I am very sorry.")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one short call."""
    where = tmp_path / "calls"
    where.mkdir()
    turns = [
        {
            "speaker": ("agent", "caller")[index % 2],
            "start_ms": index * 2000,
            "duration_ms": 1500,
            "text": text,
        }
        for index, text in enumerate(SAID)
    ]
    (where / "short.jsonl").write_text("\n".join(json.dumps(turn) for turn in turns))
    return where


@pytest.fixture
def calls(folder: Path) -> tuple[Call, ...]:
    """The same call, loaded."""
    return load_calls(folder)


@pytest.fixture
def full() -> Iterator[int]:
    """A file that takes nothing."""
    path = Path("/dev/full")
    if not path.exists():
        pytest.skip("no /dev/full here")
    with path.open("wb") as sink:
        yield sink.fileno()
