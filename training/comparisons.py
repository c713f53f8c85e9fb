"""Decisions beside what is known to be right, as tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, TypeAlias

from genesys_sentiment.analysis.embedded_analyzer import load
from genesys_sentiment.analysis.lexemes import EMOTIONS, LABELS
from training import measures
from training.data import LANGUAGES, Example
from training.judging import FORMS, Judged, analyzer, felt, judged, shown, truth
from training.measures import macro_f1, mean, single
from training.tables import Row, Table

_SURE: Final = (0.5, 0.6, 0.7, 0.75, 0.8, 0.9)

Several: TypeAlias = list[tuple[Sequence[str], Sequence[str]]]
"""What is right and what was said of each text."""


def sentiment(name: str, title: str, examples: Sequence[Example]) -> Table:
    """Macro-F1 of the three labels per language, their mean, and of all texts together."""
    found = {form: judged(examples, form) for form in FORMS}
    rows = [_sentiment_row(language, found, {language}) for language in LANGUAGES]
    average: Row = {"language": "mean"}
    for column in list(rows[0])[1:]:
        average[column] = mean(float(row[column]) for row in rows)
    average["texts"] = len(examples)
    rows += [average, _sentiment_row("all", found, set(LANGUAGES))]
    return Table(name, title, rows, "Macro-F1 of negative, neutral and positive.")


def _sentiment_row(
    name: str, found: Mapping[str, Sequence[Judged]], languages: Collection[str]
) -> Row:
    row: Row = {"language": name}
    accuracies: Row = {}
    for form, pairs in found.items():
        mine = [(each, said) for each, said in pairs if each.language in languages]
        row["texts"] = len(mine)
        labels = [(truth(each), said.label) for each, said in mine]
        row[f"{form} F1"] = macro_f1(single(labels), LABELS)
        if mine and mine[0][0].emotions is not None:
            accuracies[f"{form} emotion accuracy"] = measures.accuracy(
                (felt(each)[0], shown(said)) for each, said in mine
            )
    return row | accuracies


def emotions(examples: Sequence[Example]) -> Table:
    """The one emotion that is returned, and all that reach their thresholds."""
    rows: list[Row] = []
    for form in FORMS:
        right = [felt(each) for each in examples]
        one = [(shown(said),) for _, said in judged(examples, form)]
        rows.append(_emotion_row(f"one, {form}", list(zip(right, one, strict=True))))
    for form, shape in FORMS.items():
        sums = [analyzer().sums(shape(each).text, each.language)[3:] for each in examples]
        limits = load().header["thresholds"]
        rows.append(_emotion_row(f"several, {form}", _beyond(right, sums, limits)))
        rows.append(
            _emotion_row(f"several, {form}, best", _beyond(right, sums, _best(right, sums)))
        )
    return Table(
        "emotions",
        "Emotions: GoEmotions, English",
        rows,
        "F1 against all emotions of a comment. `one`: what the analyzer returns. `several`: "
        "every emotion whose sum is beyond the model's threshold. `best`: beyond the one that is "
        "best on these texts, which flatters.",
    )


def calibration(sets: Mapping[str, Sequence[Example]]) -> Table:
    """How far confidence is from the share of right decisions."""
    rows: list[Row] = []
    for name, examples in sets.items():
        row: Row = {"texts of": name, "texts": len(examples)}
        for form in FORMS:
            row[f"{form} ECE"] = measures.calibration_error(
                (said.confidence, said.label == truth(each))
                for each, said in judged(examples, form)
            )
        rows.append(row)
    return Table(
        "calibration",
        "Calibration",
        rows,
        f"Expected calibration error, {measures.BINS} bins of one width.",
    )


def negatives(sets: Mapping[str, Sequence[Example]]) -> Table:
    """What an alert that waits for a confidence would get right."""
    rows: list[Row] = []
    for name, examples in sets.items():
        wanted = sum(truth(each) == "negative" for each in examples)
        said = [
            (said.confidence, truth(each) == "negative")
            for each, said in judged(examples, "raw")
            if said.label == "negative"
        ]
        for sure in _SURE:
            found = measures.flagged([each for each in said if each[0] >= sure], wanted)
            rows.append({"texts of": name, "confidence from": f"{sure:.2f}", **found})
    return Table("negatives", "Negatives by confidence, raw", rows)


def _emotion_row(name: str, pairs: Several) -> Row:
    each = measures.f1(pairs, EMOTIONS)
    return {"emotions": name, "F1": mean(each.values()), **each}


def _beyond(
    right: Sequence[Sequence[str]], sums: Sequence[Sequence[float]], limits: Sequence[float]
) -> Several:
    said = [
        [name for name, each, limit in zip(EMOTIONS, row, limits, strict=True) if each >= limit]
        for row in sums
    ]
    return list(zip(right, said, strict=True))


def _best(right: Sequence[Sequence[str]], sums: Sequence[Sequence[float]]) -> list[float]:
    columns = zip(*sums, strict=True)
    return [
        measures.best_limit(column, [name in each for each in right])
        for name, column in zip(EMOTIONS, columns, strict=True)
    ]
