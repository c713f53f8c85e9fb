"""Call files: recorded or written calls, one JSON object a line.

A line is one turn: ``speaker`` (``agent`` or ``caller``), ``start_ms``, ``duration_ms``, ``text``,
and optionally ``index``, ``language`` and ``mood`` (what the tutorials' platform finds in it: null,
or ``score`` −1…1, ``confidence``, ``emotion``, ``emotion_confidence``). Other fields are ignored.
The first line may be a header instead, an object without ``speaker``: ``language`` (default
``en-US``), ``sentiment`` (``overall`` and ``trend``, −1…1, what the platform finds after the call),
``suggestions`` and ``medium`` (default ``voice``).

Turns are kept in the order of the file: ``start_ms`` need not rise, speakers may overlap, texts
may be empty or only noise marks. All of it is played as it stands.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from attrs import field, frozen

from genesys_sentiment.errors import ConfigurationError

DEFAULT_LANGUAGE = "en-US"
MEDIA = ("voice", "chat", "email", "message")
_LARGEST = sys.float_info.max


@frozen(kw_only=True)
class Mood:
    """What the tutorials' platform finds in a turn: ``score`` −1…1, the others 0…1 and a word.

    ``score`` is None where it finds nothing to judge, ``emotion`` where it finds none.
    """

    score: float | None = None
    confidence: float = 0.0
    emotion: str | None = None
    emotion_confidence: float = 0.0


@frozen(kw_only=True)
class Turn:
    """One stretch of speech. ``start`` and ``duration`` are seconds, from the call's beginning.

    ``mood`` is None where the file does not say what the platform finds in it.
    """

    index: int
    speaker: Literal["agent", "caller"]
    start: float
    duration: float
    text: str = field(repr=False)
    language: str
    mood: Mood | None = None

    @property
    def end(self) -> float:
        """When it was spoken, in seconds from the call's beginning."""
        return self.start + self.duration


@frozen(kw_only=True)
class Sentiment:
    """What the platform's analysis finds after the call, both −1…1."""

    overall: float
    trend: float


@frozen(kw_only=True)
class Hint:
    """A knowledge article that the platform suggests to the agent after turn ``after``.

    ``reaction`` is the state that follows (``Accepted``, ``Dismissed``), None where none does.
    ``kind`` (``knowledge`` or ``process``) and ``relevance`` (0…1) are told in tutorial S2 only.
    """

    after: int
    title: str
    answer: str
    confidence: float
    reaction: str | None = None
    kind: str = "knowledge"
    relevance: float = 0.5


@frozen(kw_only=True)
class Call:
    """One call to be played. ``name`` is the file's, without its suffix.

    ``medium`` is ``voice``, or ``chat``, ``email`` or ``message``: then turns are messages.
    """

    name: str
    turns: tuple[Turn, ...]
    language: str = DEFAULT_LANGUAGE
    sentiment: Sentiment | None = None
    suggestions: tuple[Hint, ...] = ()
    medium: str = "voice"

    @property
    def duration(self) -> float:
        """Seconds until the last word."""
        return max((turn.end for turn in self.turns), default=0.0)


def load_calls(folder: Path) -> tuple[Call, ...]:
    """Read every ``*.jsonl`` of a folder, in the order of their names.

    Raises ConfigurationError, naming file and line, for anything that cannot be played.
    """
    if not folder.is_dir():
        raise ConfigurationError(f"no folder of calls at {folder}")
    calls = tuple(
        parse_call(path.stem, _read(path), path.name) for path in sorted(folder.glob("*.jsonl"))
    )
    if not calls:
        raise ConfigurationError(f"no *.jsonl call files in {folder}")
    return calls


@cache
def builtin_calls() -> tuple[Call, ...]:
    """The calls written for this package: made-up companies, several languages and tempers."""
    folder = resources.files("genesys_sentiment.simulator") / "calls"
    files = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".jsonl")),
        key=lambda entry: entry.name,
    )
    return tuple(
        parse_call(entry.name.removesuffix(".jsonl"), entry.read_text("utf-8"), entry.name)
        for entry in files
    )


def parse_call(name: str, content: str, origin: str) -> Call:
    """Read one call file's content. ``origin`` is what errors name. Raises ConfigurationError."""
    lines = list(_objects(content, origin))
    header: Mapping[str, Any] = {}
    if lines and "speaker" not in lines[0][1]:
        place, header = lines.pop(0)
        language, sentiment, suggestions = _header(place, header)
    else:
        language, sentiment, suggestions = DEFAULT_LANGUAGE, None, ()
    turns = tuple(
        _turn(place, number, line, language) for number, (place, line) in enumerate(lines, 1)
    )
    if not turns:
        raise ConfigurationError(f"{origin} holds no turns")
    medium = _text(origin, header, "medium", "voice")
    if medium not in MEDIA:
        raise ConfigurationError(f"{origin}: medium must be one of {', '.join(MEDIA)}")
    return Call(
        name=name,
        turns=turns,
        language=language,
        sentiment=sentiment,
        suggestions=suggestions,
        medium=medium,
    )


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path.name} cannot be read: {error}") from error


def _objects(content: str, origin: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, line in enumerate(content.split("\n"), 1):
        if not line.strip():
            continue
        place = f"{origin} line {number}"
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ConfigurationError(f"{place}: not JSON") from error
        if not isinstance(value, dict):
            raise ConfigurationError(f"{place}: not a JSON object")
        yield place, value


def _header(place: str, line: Mapping[str, Any]) -> tuple[str, Sentiment | None, tuple[Hint, ...]]:
    sentiment = line.get("sentiment")
    if sentiment is not None:
        sentiment = _object(place, "sentiment", sentiment)
        sentiment = Sentiment(
            overall=_number(place, sentiment, "overall", -1.0, 1.0),
            trend=_number(place, sentiment, "trend", -1.0, 1.0),
        )
    hints = line.get("suggestions", [])
    if not isinstance(hints, list):
        raise ConfigurationError(f"{place}: suggestions must be a list")
    return (
        _text(place, line, "language", DEFAULT_LANGUAGE),
        sentiment,
        tuple(_hint(place, _object(place, "suggestion", hint)) for hint in hints),
    )


def _hint(place: str, line: Mapping[str, Any]) -> Hint:
    return Hint(
        after=int(_number(place, line, "after", 1)),
        title=_text(place, line, "title"),
        answer=_text(place, line, "answer"),
        confidence=_number(place, line, "confidence", 0.0, 1.0),
        reaction=_text(place, line, "reaction", "") or None,
        kind=_text(place, line, "kind", "knowledge"),
        relevance=_number(place, {"relevance": 0.5, **line}, "relevance", 0.0, 1.0),
    )


def _turn(place: str, number: int, line: Mapping[str, Any], language: str) -> Turn:
    speaker = line.get("speaker")
    if speaker not in ("agent", "caller"):
        raise ConfigurationError(f"{place}: speaker must be agent or caller")
    return Turn(
        index=int(_number(place, line, "index")) if "index" in line else number,
        speaker=speaker,
        start=_number(place, line, "start_ms") / 1000,
        duration=_number(place, line, "duration_ms") / 1000,
        text=_text(place, line, "text"),
        language=_text(place, line, "language", language),
        mood=_mood(place, line["mood"]) if "mood" in line else None,
    )


def _mood(place: str, value: object) -> Mood:
    if value is None:
        return Mood()
    line = {"confidence": 1.0, "emotion_confidence": 0.0, **_object(place, "mood", value)}
    return Mood(
        score=_number(place, line, "score", -1.0, 1.0),
        confidence=_number(place, line, "confidence", 0.0, 1.0),
        emotion=_text(place, line, "emotion", "") or None,
        emotion_confidence=_number(place, line, "emotion_confidence", 0.0, 1.0),
    )


def _object(place: str, name: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ConfigurationError(f"{place}: {name} must be an object")
    return value


def _text(place: str, line: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = line.get(name, default)
    if not isinstance(value, str):
        raise ConfigurationError(f"{place}: {name} must be a string")
    return value


def _number(
    place: str, line: Mapping[str, Any], name: str, low: float = 0.0, high: float = math.inf
) -> float:
    value = line.get(name)
    # By comparison: isfinite raises for an integer that no float holds.
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST:
        raise ConfigurationError(f"{place}: {name} must be a number")
    if not low <= value <= high:
        raise ConfigurationError(f"{place}: {name} must be at least {low:g} and at most {high:g}")
    return float(value)
