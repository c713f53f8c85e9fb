"""Every figure of scoring, in one frozen value. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import Any, Literal

from attrs import field, frozen

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.scoring.language import primary_subtag, supported_language
from genesys_sentiment.scoring.numbers import is_real
from genesys_sentiment.scoring.sarcasm import SarcasmRule, as_tuple

LANGUAGES = ("en", "es", "fr", "de", "pt")
EMOTIONS = ("joy", "anger", "fear", "sadness", "disgust", "surprise")


@frozen(kw_only=True)
class Policy:
    """How events are scored. The row of the acceptance list that a figure comes from is named.

    ``positive``, ``negative``: a polarity at or beyond these has that label (S0-18).
    ``labels``: where a text's label comes from; ``analyzer`` takes the analyzer's own decision,
    ``thresholds`` the two figures above. Platform readings have no label: always thresholds.
    ``languages``: supported (S0-14), compared by primary subtag, whole tags if
    ``exact_languages``. ``default_language``: taken for an utterance that names none; None means
    that such an utterance is skipped as ``language_missing``.
    ``require_language``, ``require_segments``: a platform reading without them is skipped (S0-13).
    ``min_interval``: seconds of event time between two scores of a conversation (S0-16); 0.0
    turns the gate off, which suits transcripts: every utterance is new text.
    ``context_window``: seconds of event time (S0-17). ``context_segments``: the most that are
    counted; 8 bytes each.
    ``emotions``: lower case (S0-19). ``sarcasm``: the rule of the sarcasm flag (S0-20).
    ``max_conversations``: held at once; beyond it the one longest without an event goes.
    ``idle_eviction``: seconds of event time without an event after which a conversation may go;
    looked for whenever a new conversation comes.

    Raises ConfigurationError that lists every problem.
    """

    positive: float = 0.6
    negative: float = -0.3
    labels: Literal["analyzer", "thresholds"] = "analyzer"
    languages: tuple[str, ...] = field(default=LANGUAGES, converter=as_tuple)
    exact_languages: bool = False
    default_language: str | None = None
    require_language: bool = False
    require_segments: bool = False
    min_interval: float = 0.0
    context_window: float = 30.0
    context_segments: int = 64
    emotions: tuple[str, ...] = field(default=EMOTIONS, converter=as_tuple)
    sarcasm: SarcasmRule = field(factory=SarcasmRule)
    max_conversations: int = 100_000
    idle_eviction: float = 4 * 3600.0

    def __attrs_post_init__(self) -> None:
        problems = [*_figures(self), *_lists(self)]
        if problems:
            raise ConfigurationError("scoring policy: " + "; ".join(problems))

    @classmethod
    def interactions(cls, **changes: Any) -> Policy:
        """The tutorial's payloads: a 2 s gate, and segments and a language are demanded."""
        figures = {"min_interval": 2.0, "require_segments": True, "require_language": True}
        return cls(**{**figures, **changes})


_RANGES = (
    ("positive", -1.0, 1.0),
    ("negative", -1.0, 1.0),
    ("min_interval", 0.0, inf),
    ("context_window", 0.0, inf),
    ("idle_eviction", 0.0, inf),
)
_FLAGS = ("exact_languages", "require_language", "require_segments")


def _figures(policy: Policy) -> Iterator[str]:
    sound = True
    for name, low, high in _RANGES:
        if not is_real(getattr(policy, name), low, high):
            sound = sound and name not in ("positive", "negative")
            limit = f"from {low:g} to {high:g}" if high < inf else f"of at least {low:g}"
            yield f"{name} must be a finite number {limit}"
    if sound and not policy.negative < policy.positive:
        yield "negative must be less than positive"
    for name, most in (("context_segments", 10_000), ("max_conversations", 10_000_000)):
        value = getattr(policy, name)
        if not isinstance(value, int) or not is_real(value, 1, most):
            yield f"{name} must be a whole number from 1 to {most:,}"
    for name in _FLAGS:
        if not isinstance(getattr(policy, name), bool):
            yield f"{name} must be True or False"
    if policy.labels not in ("analyzer", "thresholds"):
        yield "labels must be 'analyzer' or 'thresholds'"


def _lists(policy: Policy) -> Iterator[str]:
    for name in ("languages", "emotions"):
        value: object = getattr(policy, name)
        if not isinstance(value, tuple) or not all(isinstance(item, str) for item in value):
            yield f"{name} must be a sequence of words"
        elif name == "emotions" and any(item != item.strip().casefold() for item in value):
            yield "emotions must be in lower case"
        elif name == "languages" and not (value and all(map(primary_subtag, value))):
            yield "languages must name at least one language, and no empty one"
    default: object = policy.default_language
    if default is not None and not isinstance(default, str):
        yield "default_language must be a language tag or None"
    elif default is not None and not _supports(policy, default):
        yield "default_language must be one of the languages"
    rule: object = policy.sarcasm
    if not isinstance(rule, SarcasmRule):
        yield "sarcasm must be a SarcasmRule"


def _supports(policy: Policy, tag: str) -> bool:
    """True where the list of languages itself is damaged: that is reported already."""
    languages: object = policy.languages
    if not isinstance(languages, tuple) or not all(isinstance(item, str) for item in languages):
        return True
    return supported_language(tag, languages, bool(policy.exact_languages)) is not None
