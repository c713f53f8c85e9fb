"""Measure the packaged analyzer on texts that it was not trained on.

    python -m training.evaluate DATA [--calls FOLDER] [--split valid] [--json] [--out FILE]

It asks the analyzer as an application does; no numpy is needed. "raw" is a text as given, "asr"
the same in lower case without punctuation and emoji, as recognisers write.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from genesys_sentiment.analysis.embedded_analyzer import load
from genesys_sentiment.analysis.lexemes import LABELS
from training import data, measures
from training.comparisons import calibration, emotions, negatives, sentiment
from training.data import Example
from training.judging import FORMS, judged, polarity, truth
from training.measures import macro_f1, single
from training.probes import IDENTITIES, OPENINGS, SENTENCES
from training.tables import Row, Table, markdown, numbers

_BAND: Final = 0.05
"""VADER calls a compound beyond this positive or negative: its own documentation's value."""


def probes() -> Table:
    """How far sentences that say nothing are from 0, and how far an identity moves them."""
    rows: list[Row] = []
    for language, openings in OPENINGS.items():
        said = [(polarity(each, language), each) for each in openings]
        opening, worst = max(said, key=lambda each: abs(each[0]))
        plain = polarity(SENTENCES[language], language)
        moved = {
            word: polarity(f"{SENTENCES[language]} {word}", language) - plain
            for word in IDENTITIES[language].split()
        }
        farthest = max(moved, key=lambda word: abs(moved[word]))
        rows.append(
            {
                "language": language,
                "farthest opening": opening,
                "which": worst,
                "identity moves": moved[farthest],
                "who": farthest,
                "between identities": max(moved.values()) - min(moved.values()),
            }
        )
    return Table(
        "probes",
        "Neutral openings and identities",
        rows,
        "Polarity, −1 to 1. `identity moves`: the largest change that a name, origin or religion "
        "at the end of a neutral sentence makes; `between identities`: from lowest to highest.",
    )


def silver(folder: Path) -> list[Example]:
    """The recorded calls, with what their source's own model said: an opinion, not truth."""
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            segment = json.loads(line)
            valence = segment["valence"]
            found.append(Example("en", segment["text"], valence.index(max(valence))))
    return found


def calls(examples: Sequence[Example]) -> list[Table]:
    """Agreement with the silver labels, with and without segments that are only noise."""
    pairs = judged(examples, "raw")
    spoken = [(each, said) for each, said in pairs if said.words]
    rows: list[Row] = []
    for name, part in (("all", pairs), ("with words", spoken)):
        labels = [(truth(each), said.label) for each, said in part]
        rows.append(
            {
                "segments": name,
                "number": len(part),
                "F1": macro_f1(single(labels), LABELS),
                "agreement": measures.accuracy(labels),
            }
        )
    confusion: list[Row] = []
    for right in LABELS:
        said_of = [said.label for each, said in spoken if truth(each) == right]
        confusion.append({"silver": right, **{label: said_of.count(label) for label in LABELS}})
    return [
        Table("calls", "Recorded calls: agreement with their silver labels", rows),
        Table("confusion", "Recorded calls: what became of each silver label", confusion),
    ]


def beside(sets: Mapping[str, Sequence[Example]]) -> list[Table]:
    """VADER on the same English texts, where it is installed."""
    try:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    except ImportError:
        return []
    vader = SentimentIntensityAnalyzer()

    def label(text: str) -> str:
        compound = float(vader.polarity_scores(text)["compound"])
        return LABELS[1 + (compound >= _BAND) - (compound <= -_BAND)]

    rows: list[Row] = []
    for name, examples in sets.items():
        english = [each for each in examples if each.language == "en"]
        row: Row = {"texts of": name, "texts": len(english)}
        for form, shape in FORMS.items():
            ours = [(truth(each), said.label) for each, said in judged(english, form)]
            theirs = [(truth(each), label(shape(each).text)) for each in english]
            row[f"{form} F1"] = macro_f1(single(ours), LABELS)
            row[f"VADER {form} F1"] = macro_f1(single(theirs), LABELS)
        rows.append(row)
    return [Table("vader", "Beside VADER, English", rows, f"VADER with a band of ±{_BAND}.")]


def evaluate(folder: Path, recorded: Path | None = None, split: str = "valid") -> list[Table]:
    """Every table. Raises OSError for a folder without the texts."""
    tweets, own = data.tweets(folder, split), data.utterances("valid")
    dialogue = data.utterances("valid", dialogue=True)
    sets = {"UMSAB": tweets, "own": own}
    english = {**sets, "own dialogue": dialogue}
    tables = [
        sentiment("umsab", "UMSAB", tweets),
        sentiment("own", "Own utterances of contact centres", own),
        sentiment("dialogue", "Own utterances of everyday dialogue", dialogue),
        emotions(data.comments(folder, "dev" if split == "valid" else split)),
        calibration(sets),
        negatives(sets),
        probes(),
    ]
    if recorded is not None:
        segments = silver(recorded)
        tables += calls(segments)
        english["calls (silver)"] = segments
    return [*tables, *beside(english)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="training.evaluate", description=__doc__)
    parser.add_argument("data", type=Path, help="the folder with the labelled texts")
    parser.add_argument("--calls", type=Path, help="a folder of recorded calls with valence")
    parser.add_argument("--split", default="valid", help="of the labelled texts: valid")
    parser.add_argument("--json", action="store_true", help="unrounded, for programs")
    parser.add_argument("--out", type=Path, help="a file for the same")
    options = parser.parse_args(arguments)
    tables = evaluate(options.data, options.calls, options.split)
    if options.json:
        text = json.dumps(numbers(tables), indent=1, ensure_ascii=False)
    else:
        text = markdown(tables, _head(options.split))
    print(text)
    if options.out is not None:
        options.out.write_text(text.rstrip("\n") + "\n", encoding="utf-8")


def _head(split: str) -> str:
    header = load().header
    return (
        "# What the embedded analyzer reaches\n\n"
        f"Measured by `python -m training.evaluate` on the {split} texts; the own utterances are "
        "every fifth line of `utterances/`. raw: as given. asr: as a recogniser would write it.\n\n"
        f"Model of version {header['version']}, digest of its training data "
        f"`{header['data'][:16]}`, temperature {header['temperature']:.3f}.\n"
    )


if __name__ == "__main__":
    main()
