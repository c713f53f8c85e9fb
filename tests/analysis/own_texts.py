"""The project's own labelled utterances: beside the package in a checkout, in no sdist."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import pytest
from attrs import frozen

from tests.project import ROOT

FOLDER = ROOT / "training" / "utterances"
HELD_OUT = 5
"""Every fifth turn is for validation: training never sees it."""

needs_utterances = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="no utterances: training/ is in the checkout only"
)


@frozen
class Turn:
    """One line of a file; ``place`` is its number there, from 0 and without the header."""

    file: str
    place: int
    label: str
    emotion: str
    style: str
    channel: str
    text: str

    @property
    def language(self) -> str:
        """Its primary subtag."""
        return self.file[:2]


def files() -> list[str]:
    """Their names without the suffix."""
    return sorted(path.stem for path in FOLDER.glob("*.tsv"))


def turns(file: str) -> list[Turn]:
    """The turns of one file, in their order."""
    _, *lines = (FOLDER / f"{file}.tsv").read_text("utf-8").splitlines()
    return [Turn(file, place, *line.split("\t")) for place, line in enumerate(lines)]


def held_out(*, dialogue: bool = False) -> list[Turn]:
    """The validation turns of contact centres; with ``dialogue`` also those of everyday life."""
    return [
        turn
        for file in files()
        if dialogue or "_" not in file
        for turn in turns(file)
        if turn.place % HELD_OUT == HELD_OUT - 1
    ]


def without_accents(text: str) -> str:
    """``está`` is ``esta``."""
    parts = unicodedata.normalize("NFD", text)
    return "".join(each for each in parts if not unicodedata.combining(each))


def without_punctuation(text: str) -> str:
    """Neither punctuation nor emoji; apostrophes stay, as recognisers write them."""
    return " ".join(re.sub(r"[^\w\s']|_", " ", text.replace("’", "'")).split())


def as_recognised(text: str) -> str:
    """One case and no punctuation."""
    return without_punctuation(text.casefold())


def macro_f1(pairs: Sequence[tuple[str, str]]) -> float:
    """Mean over the labels of F1; ``pairs`` are (true, said)."""
    scores = []
    for label in ("negative", "neutral", "positive"):
        hits = sum(true == said == label for true, said in pairs)
        named = sum((true == label) + (said == label) for true, said in pairs)
        scores.append(2 * hits / max(named, 1))
    return sum(scores) / len(scores)
