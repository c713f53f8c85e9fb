"""Train the embedded analyzer and write its file.

python -m training DATA [--out FILE]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from genesys_sentiment.analysis import embedded_analyzer
from genesys_sentiment.analysis.features import EMOTION_BUCKETS, SENTIMENT_BUCKETS
from genesys_sentiment.analysis.lexemes import EMOTIONS
from genesys_sentiment.analysis.model_file import write
from training import data, fit
from training.data import Example, as_recognised
from training.matrix import CONCEPTS, Extractor

OUT = Path(embedded_analyzer.__file__).parent / "embedded.model"


def train(folder: Path, settings: fit.Settings) -> bytes:
    """The file of a model trained on the texts in ``folder`` and on our own."""
    extractor = Extractor(settings.letters)
    tweets, own = data.tweets(folder, "train"), data.utterances("train")
    spoken = data.utterances("train", dialogue=True)
    comments = data.comments(folder, "train")
    weighted = _weighted(tweets, own, spoken, comments, settings)
    sentiment = fit.sentiment_head(extractor, *weighted, settings)
    ours = _twice([*own, *spoken])
    counted = [1.0] * len(comments) + [settings.own_emotions] * len(ours)
    seen = np.diff(extractor.sentiment(weighted[0]).tocsc().indptr)[SENTIMENT_BUCKETS:]
    emotion = fit.emotion_head(extractor, [*comments, *ours], counted, settings)
    calm, asked = _held_out(folder)
    labels = np.array([example.label for example in calm])
    heat = fit.temperature(fit.sums(extractor.sentiment(calm), *sentiment), labels)
    truth = np.array(
        [[place in (each.emotions or ()) for place in range(len(EMOTIONS))] for each in asked]
    )
    limits = fit.thresholds(fit.sums(extractor.emotion(asked), *emotion), truth)
    header = {
        "version": 1,
        "data": data.digest(folder),
        "temperature": heat,
        "thresholds": limits.tolist(),
        "bias": [*sentiment[1].tolist(), *emotion[1].tolist()],
        "concepts": list(CONCEPTS),
        "common": fit.common([*tweets, *own, *spoken, *comments]),
    }
    letters = fit.pruned(sentiment[0][:SENTIMENT_BUCKETS] * settings.letters, settings.pruned)
    moods = fit.pruned(emotion[0][:EMOTION_BUCKETS], settings.pruned)
    tables = {
        "sentiment": letters,
        "emotion": moods,
        "concepts": fit.concept_rows(sentiment[0], emotion[0], seen),
    }
    return write(header, [(name, *fit.as_bytes(table)) for name, table in tables.items()])


def _weighted(
    tweets: list[Example],
    own: list[Example],
    spoken: list[Example],
    comments: list[Example],
    settings: fit.Settings,
) -> tuple[list[Example], list[float]]:
    """Texts and how much each counts: comments, whose labels are guessed from emotions, little."""
    felt = data.felt(comments)
    labels = [example.label for example in felt]
    shares = {label: len(labels) / (3 * labels.count(label)) for label in set(labels)}
    parts = [
        *((example, 1.0) for example in _twice(tweets)),
        *((example, settings.own) for example in _twice(own)),
        *((example, settings.dialogue) for example in _twice(spoken)),
        *((example, settings.felt * shares[example.label]) for example in felt),
    ]
    return [example for example, _ in parts], [weight for _, weight in parts]


def _twice(examples: list[Example]) -> list[Example]:
    """As written and as recognised: what holds for both is learned."""
    return [*examples, *map(as_recognised, examples)]


def _held_out(folder: Path) -> tuple[list[Example], list[Example]]:
    """For the temperature; for the thresholds. On tweets the model is the most too sure."""
    return _twice(data.tweets(folder, "valid")), data.comments(folder, "dev")


def main() -> None:
    """Train, write, say how large it is."""
    parser = argparse.ArgumentParser(prog="training", description=__doc__)
    parser.add_argument("data", type=Path, help="the folder with the labelled texts")
    parser.add_argument("--out", type=Path, default=OUT, help="where the model goes")
    options = parser.parse_args()
    model = train(options.data, fit.Settings())
    options.out.write_bytes(model)
    print(f"{options.out.name}: {len(model)} bytes; now measure it: python -m training.evaluate")


if __name__ == "__main__":
    main()
