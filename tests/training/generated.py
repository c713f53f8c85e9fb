"""Labelled texts of made-up words, in the files that training and evaluation read.

No lexicon knows the words, so whatever a model says of them it has learned from these files. Each
comment has a word of the lexicon as well, for the concepts to learn from.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Final

from training.data import LANGUAGES

LABELS: Final = {"negative": "grumzak", "neutral": "tableko", "positive": "lumivon"}
EMOTIONS: Final = {
    "anger": "brakkuz",
    "disgust": "yirgpel",
    "fear": "shuvrik",
    "joy": "lumivon",
    "neutral": "tableko",
    "sadness": "wemoldu",
    "surprise": "zuppixa",
}
"""The word that each is told by."""

KNOWN: Final = {
    "anger": "furious",
    "disgust": "disgusting",
    "fear": "afraid",
    "joy": "happy",
    "neutral": "account",
    "sadness": "sad",
    "surprise": "surprised",
}
FEELING: Final = {"negative": "anger", "neutral": "neutral", "positive": "joy"}
_FILLERS: Final = ("kabo", "renti", "solpa", "dimu", "vorek", "natil", "hespo", "jund")
_NAMES: Final = ("anger", "disgust", "fear", "joy", "sadness", "surprise", "neutral")
"""In an order of their own, as the real file has them."""


def sentence(chance: Random, *words: str) -> str:
    """Some fillers with the words among them."""
    said = [*chance.sample(_FILLERS, 4), *words]
    chance.shuffle(said)
    return " ".join(said)


def data_folder(folder: Path, count: int = 8) -> Path:
    """Tweets and comments: ``count`` of each label or emotion, language and split."""
    chance = Random(6)
    folder.mkdir()
    for name in LANGUAGES.values():
        for split in ("train", "valid"):
            rows = [
                (sentence(chance, word), label, "made")
                for label, word in LABELS.items()
                for _ in range(count)
            ]
            path = folder / f"umsab_{name}_{split}.csv"
            with path.open("w", encoding="utf-8", newline="") as lines:
                csv.writer(lines).writerows([("text", "label", "source"), *rows])
    (folder / "goemotions_ekman_labels.txt").write_text("\n".join(_NAMES) + "\n")
    for split in ("train", "dev"):
        comments = [
            f"{sentence(chance, EMOTIONS[emotion], KNOWN[emotion])}\t{place}\tid{number}\n"
            for place, emotion in enumerate(_NAMES)
            for number in range(count)
        ]
        (folder / f"goemotions_ekman_{split}.tsv").write_text("".join(comments))
    return folder


def utterance_folder(folder: Path, count: int = 15) -> Path:
    """Own utterances and dialogue of every language, ``count`` of each label."""
    chance = Random(7)
    folder.mkdir()
    for language in LANGUAGES:
        for name in (language, f"{language}_dialogue"):
            lines = [
                (label, FEELING[label], "asr", "call", sentence(chance, word))
                for _ in range(count)
                for label, word in LABELS.items()
            ]
            write_utterances(folder / f"{name}.tsv", lines)
    return folder


def write_utterances(path: Path, lines: Sequence[Sequence[str]]) -> None:
    """A file of them, with its first line."""
    whole = [("label", "emotion", "style", "channel", "text"), *lines]
    path.write_text("".join("\t".join(line) + "\n" for line in whole), encoding="utf-8")
