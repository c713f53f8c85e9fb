"""Where the recorded calls and labelled texts lie. They are never part of this repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_VARIABLE = "GENESYS_SENTIMENT_DATA"


def data_dir() -> Path | None:
    """The data folder: named by the environment, or ``shared/data`` beside the checkout."""
    named = os.environ.get(_VARIABLE)
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    for folder in (Path(named) if named else None, beside):
        if folder is not None and folder.is_dir():
            return folder
    return None


needs_data = pytest.mark.skipif(
    data_dir() is None, reason=f"no data: set {_VARIABLE} or put shared/data beside the checkout"
)


def calls_dir() -> Path:
    """The folder of recorded calls; only for tests marked with ``needs_data``."""
    folder = data_dir()
    assert folder is not None
    return folder / "calls"
