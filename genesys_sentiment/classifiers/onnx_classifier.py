"""A text classifier in the ONNX format, as an analyzer. Needs the extra ``onnx``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Final, TypeAlias

from genesys_sentiment.analysis.analyzer import Analysis
from genesys_sentiment.analysis.tokens import MAX_CHARACTERS, splitter, tidy
from genesys_sentiment.classifiers.ahead import Ahead
from genesys_sentiment.errors import AnalyzerError, ConfigurationError
from genesys_sentiment.model.values import Polarity
from genesys_sentiment.scoring.language import primary_subtag

Place: TypeAlias = str | PathLike[str]

_LABELS: Final[Sequence[Polarity]] = ("negative", "neutral", "positive")
_NAMES: Final[Mapping[str, Polarity]] = {
    "negative": "negative",
    "neutral": "neutral",
    "positive": "positive",
    "neg": "negative",
    "neu": "neutral",
    "pos": "positive",
}
_INPUTS: Final = ("input_ids", "attention_mask", "token_type_ids")
_TYPES: Final = {"tensor(int64)": "int64", "tensor(int32)": "int32"}
_NO_LINKS: Final = ("http://", "https://", "www.")


class OnnxClassifier(Ahead):
    """A sequence classifier, asked in a thread ahead of the scorer: see :class:`Ahead`.

    ``model``: the ONNX file; what it keeps beside itself is found there. Its inputs are
    ``input_ids`` and, where it has them, ``attention_mask`` and ``token_type_ids``; its output is
    ``logits``, or the only one there is: a row of numbers, one for each of ``labels``.
    ``tokenizer``: the model's ``tokenizer.json``. ``labels``: what the numbers mean, in their
    order: negative, neutral, positive (or neg, neu, pos; case does not matter). Several may mean
    the same, as stars do. ``languages``: those that the model was trained for. ``most_tokens``:
    more of a text are not read; not more than the model can take. ``timeout``: seconds for one
    text. ``threads``: processor cores for one text.

    ``polarity`` is p(positive) − p(negative), ``confidence`` the softmax's largest: calibrated only
    as far as the model is. No emotion, no evidence.

    Making one reads the model and asks it once, which takes seconds for a large one: before the
    loop runs, or in ``asyncio.to_thread``. Raises ConfigurationError for arguments that cannot
    work, the libraries missing included, and AnalyzerError for files that do not fit.
    """

    def __init__(
        self,
        model: Place,
        tokenizer: Place,
        *,
        languages: Sequence[str],
        labels: Sequence[str] = _LABELS,
        most_tokens: int = 256,
        timeout: float = 2.0,
        threads: int = 1,
        name: str = "onnx",
    ) -> None:
        judge = _Judge(name, _languages(languages), _meanings(labels))
        for number, most, said in ((most_tokens, 8192, "most_tokens"), (threads, 256, "threads")):
            if type(number) is not int or not 0 < number <= most:
                raise ConfigurationError(f"{said} must be a whole number from 1 to {most}")
        super().__init__(judge, timeout=timeout)
        judge.load(model, tokenizer, most_tokens, threads)


class _Judge:
    """The analyzer itself: slow, but safe to be called from several threads."""

    def __init__(self, name: str, languages: frozenset[str], meanings: Sequence[Polarity]) -> None:
        self.name = name
        self.languages = languages
        self._meanings = meanings
        self._pattern = splitter(frozenset())

    def load(self, model: Place, tokenizer: Place, most_tokens: int, threads: int) -> None:
        """Read both files and see that they fit. Raises AnalyzerError, ConfigurationError."""
        try:
            import numpy
            import onnxruntime  # type: ignore[import-untyped]
            import tokenizers
        except ImportError as error:
            raise ConfigurationError(
                "an ONNX model needs more libraries: pip install 'genesys-sentiment[onnx]'"
            ) from error
        self._array = numpy.array
        self._tokenizer = _tokenizer(tokenizers.Tokenizer, tokenizer, most_tokens)
        self._session = _session(onnxruntime, model, threads)
        self._types = _types(self._session)
        self._output = _output(self._session)
        self._try(model)

    def __call__(self, text: str, language: str) -> Analysis:
        """Judge ``text``, whatever its language: ``language`` is one of the model's."""
        words = self._words(text)
        if words == 0:
            return Analysis(polarity=0.0, label="neutral", confidence=0.0, words=0)
        (logits,) = self._ask(text)
        chances = dict.fromkeys(_LABELS, 0.0)
        for meaning, chance in zip(self._meanings, _softmax(logits.tolist()), strict=True):
            chances[meaning] += chance
        label = max(_LABELS, key=chances.__getitem__)
        return Analysis(
            polarity=min(max(chances["positive"] - chances["negative"], -1.0), 1.0),
            label=label,
            confidence=min(chances[label], 1.0),
            words=words,
        )

    def _words(self, text: str) -> int:
        """Without noise marks, links, mentions and punctuation, as the embedded analyzer counts."""
        found = self._pattern.findall(tidy(text))
        return sum(each[0].isalnum() and not each.startswith(_NO_LINKS) for each in found)

    def _ask(self, text: str) -> Any:
        """The output for one text, as an array."""
        # Half a surrogate pair is no text to the tokenizer.
        said = text[:MAX_CHARACTERS].encode("utf-8", "replace").decode()
        read = self._tokenizer.encode(said)
        rows = {
            "input_ids": read.ids,
            "attention_mask": read.attention_mask,
            "token_type_ids": read.type_ids,
        }
        given = {name: self._array([rows[name]], dtype=each) for name, each in self._types.items()}
        return self._session.run([self._output], given)[0]

    def _try(self, model: Place) -> None:
        """See that an answer has the form that the labels need."""
        try:
            shape = self._ask("a word or two").shape
        except Exception as error:
            raise AnalyzerError(
                f"{fspath(model)} fails on a short text: are model and tokenizer of one kind?"
            ) from error
        if shape != (1, len(self._meanings)):
            raise AnalyzerError(
                f"{fspath(model)} answers {self._output} of the shape {list(shape)} to one text,"
                f" and there are {len(self._meanings)} labels: take a sequence classifier, and"
                " name in labels what each of its outputs means, in its order (id2label in"
                " config.json)"
            )


def _languages(languages: Sequence[str]) -> frozenset[str]:
    found = frozenset(map(primary_subtag, () if isinstance(languages, str) else languages))
    if not found or "" in found:
        raise ConfigurationError('languages must name those of the model, as in ("en", "de")')
    return found


def _meanings(labels: Sequence[str]) -> Sequence[Polarity]:
    found = [_NAMES.get(str(each).strip().lower()) for each in labels]
    known = tuple(each for each in found if each is not None)
    if isinstance(labels, str) or len(known) != len(labels):
        raise ConfigurationError(
            "labels must be negative, neutral or positive, one for each output of the model in its"
            " order: a name like LABEL_0 does not say what it means, the model's page does"
        )
    if not {"negative", "positive"} <= set(known):
        raise ConfigurationError("labels must hold negative and positive at least")
    return known


def _file(place: Place, what: str) -> str:
    if not Path(place).is_file():
        raise AnalyzerError(f"{fspath(place)}: there is no such file; give the path of {what}")
    return str(Path(place))


def _tokenizer(library: Any, place: Place, most_tokens: int) -> Any:
    path = _file(place, "the model's tokenizer.json")
    try:
        tokenizer = library.from_file(path)
    except Exception as error:
        raise AnalyzerError(f"{path} is no tokenizer.json of the tokenizers library") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(most_tokens)
    return tokenizer


def _session(library: Any, place: Place, threads: int) -> Any:
    path = _file(place, "an ONNX model")
    options = library.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what fails is raised
    # Between two texts its threads would otherwise spin on the cores that the loop needs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return library.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise AnalyzerError(
            f"{path} cannot be loaded: is it a whole ONNX file, with the files that came with it?"
        ) from error


def _types(session: Any) -> Mapping[str, str]:
    """Which inputs the model has, and of which type."""
    found = {each.name: each.type for each in session.get_inputs()}
    odd = [name for name in found if name not in _INPUTS or found[name] not in _TYPES]
    if odd or "input_ids" not in found:
        told = ", ".join(f"{name} {each}" for name, each in found.items())
        raise AnalyzerError(
            f"the model has the inputs {told}: export it for text classification, with"
            f" {', '.join(_INPUTS)} of int64 and no others"
        )
    return {name: _TYPES[each] for name, each in found.items()}


def _output(session: Any) -> str:
    names = [str(each.name) for each in session.get_outputs()]
    if "logits" in names:
        return "logits"
    if len(names) > 1:
        raise AnalyzerError(
            f"the model has the outputs {', '.join(names)}: export it for text classification,"
            " with the output logits"
        )
    return names[0]


def _softmax(sums: Sequence[float]) -> Sequence[float]:
    most = max(sums)
    parts = [exp(each - most) for each in sums]
    whole = sum(parts)
    return [each / whole for each in parts]
