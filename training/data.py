"""The texts that the analyzer is trained on and measured with.

``DATA`` is a folder with ``umsab_<language>_<split>.csv`` and ``goemotions_ekman_<split>.tsv``; it
is no part of this repository. Our own utterances are, in ``utterances/``.
"""

from __future__ import annotations

import csv
import html
import re
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

from attrs import evolve, frozen

from genesys_sentiment.analysis.lexemes import EMOTIONS, LABELS

UTTERANCES: Final = Path(__file__).resolve().parent / "utterances"
LANGUAGES: Final = {
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fr": "french",
    "pt": "portuguese",
}
HELD_OUT: Final = 5
"""Every fifth of our own utterances is for validation."""

_FEELING: Final = {"anger": 0, "disgust": 0, "fear": 0, "sadness": 0, "joy": 2, "neutral": 1}


@frozen
class Example:
    """One text. ``label`` is a place in LABELS, None where not known; ``emotions`` are places in
    EMOTIONS, None where not known."""

    language: str
    text: str
    label: int | None = None
    emotions: frozenset[int] | None = None


def tweets(data: Path, split: str) -> list[Example]:
    """UMSAB, five languages. The English file holds literal escapes and entities."""
    found = []
    for language, name in LANGUAGES.items():
        with (data / f"umsab_{name}_{split}.csv").open(encoding="utf-8", newline="") as lines:
            found += [
                Example(language, _clean(row["text"]), LABELS.index(row["label"]))
                for row in csv.DictReader(lines)
            ]
    return found


def comments(data: Path, split: str) -> list[Example]:
    """GoEmotions with Ekman's emotions, English; several may be right."""
    names = (data / "goemotions_ekman_labels.txt").read_text("utf-8").split()
    places = [EMOTIONS.index(name) for name in names]
    found = []
    for line in (data / f"goemotions_ekman_{split}.tsv").read_text("utf-8").splitlines():
        text, labels, _ = line.split("\t")
        emotions = frozenset(places[int(each)] for each in labels.split(","))
        found.append(Example("en", re.sub(r"\[[A-Z]+\]", " ", text), None, emotions))
    return found


def utterances(split: str, *, dialogue: bool = False, folder: Path = UTTERANCES) -> list[Example]:
    """Our own of contact centres, or of everyday ``dialogue``: ``train``, or ``valid``, a fifth."""
    found = []
    for language in LANGUAGES:
        path = folder / (f"{language}_dialogue.tsv" if dialogue else f"{language}.tsv")
        _, *lines = path.read_text("utf-8").splitlines()
        for number, line in enumerate(lines):
            label, emotion, _, _, text = line.split("\t")
            if (number % HELD_OUT == HELD_OUT - 1) is (split == "valid"):
                emotions = frozenset({EMOTIONS.index(emotion)})
                found.append(Example(language, text, LABELS.index(label), emotions))
    return found


def felt(examples: Iterable[Example]) -> list[Example]:
    """Texts whose one emotion tells their label: what is only surprising does not."""
    found = []
    for example in examples:
        if example.emotions is not None and len(example.emotions) == 1:
            label = _FEELING.get(EMOTIONS[min(example.emotions)])
            if label is not None:
                found.append(evolve(example, label=label))
    return found


def as_recognised(example: Example) -> Example:
    """The same as speech recognition would write it: one case, no punctuation, no emoji."""
    bare = re.sub(r"[^\w\s']|_", " ", example.text.casefold().replace("’", "'"))
    return evolve(example, text=" ".join(bare.split()))


def digest(data: Path) -> str:
    """Of every file that is read, by name: where they lie does not count."""
    names = [*data.glob("umsab_*.csv"), *data.glob("goemotions_*"), *UTTERANCES.glob("*.tsv")]
    whole = sha256()
    for path in sorted(names, key=lambda path: path.name):
        whole.update(path.name.encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()


def texts(examples: Sequence[Example]) -> list[str]:
    """Just those."""
    return [example.text for example in examples]


def _clean(text: str) -> str:
    text = html.unescape(text.replace("\\u2019", "'").replace("\\u002c", ","))
    return re.sub(r"https?://\S+|www\.\S+|\bhttp\b|@\w+", " ", text)
