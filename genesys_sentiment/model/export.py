"""What leaves: records as plain dictionaries and as lines of JSON. Pure: no I/O.

Names are camelCase, times ISO 8601 in UTC with milliseconds. Nothing that somebody said or wrote
leaves unless asked for with ``text=True``. ``docs/records.md`` describes every record, and
``genesys_sentiment/contracts/record.schema.json`` defines it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, TypeAlias

import msgspec
from attrs import fields, frozen
from cattrs import Converter
from cattrs.gen import make_dict_unstructure_fn, override

from genesys_sentiment.model.alerts import Alert, Diagnosis, Evidence
from genesys_sentiment.model.assist import Acceptance, Ranked
from genesys_sentiment.model.completed import Completed
from genesys_sentiment.model.entries import Receipt
from genesys_sentiment.model.events import (
    ABSENT,
    Absent,
    Gap,
    Message,
    Reading,
    StateChange,
    Suggestion,
    Suggestions,
    TopicRefused,
    Unknown,
    Unreadable,
    Utterance,
)
from genesys_sentiment.model.forwards import Forward
from genesys_sentiment.model.results import Record, Score, Skipped

SCHEMA_VERSION: Final = 1
"""Raised when a field of a record goes or changes its meaning; a new field does not raise it."""

Exported: TypeAlias = dict[str, object]

# Everything that a line reader or a terminal may act on and that JSON allows unescaped.
_UNSAFE: Final = re.compile(rb"\x7f|\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]")
_CONCEPT: Final = re.compile(r"([A-Za-z][\w.-]*):", re.ASCII)


def to_dict(record: Record, *, text: bool = False) -> Exported:
    """One record as a dictionary of plain values: strings, numbers, booleans, None, lists.

    A field that was ABSENT is left out, None stays None, 0.0 stays 0.0. ``at`` is the event's
    time, else the time it was received, None where neither is known. ``text`` adds what is left
    out otherwise: transcripts, suggestions' titles and texts, attributes of state changes, the
    bodies of unknown messages, and the words (not only the concepts) of a score's evidence.
    Raises TypeError for what is no record.
    """
    shape = _SHAPES.get(type(record))
    if shape is None:
        raise TypeError(f"{type(record).__name__} is no record that can be exported")
    at = record.at or getattr(record, "received", 0.0) or None
    out: Exported = {
        "type": shape.name,
        "schemaVersion": SCHEMA_VERSION,
        "id": record.id,
        "conversationId": record.conversation,
        "at": iso(at),
    }
    out.update((shape.full if text else shape.plain)(record))
    if shape.finish is not None:
        shape.finish(record, out, text)
    return out


def to_json(record: Record, *, text: bool = False) -> bytes:
    """The same as one line of JSON in UTF-8, without its line end. See :func:`encode`."""
    return encode(to_dict(record, text=text))


def encode(values: Mapping[str, object]) -> bytes:
    """A dictionary of plain values as one line that is safe to print and to split.

    Control characters (C0, DEL, C1) and the Unicode line ends are escaped; half a surrogate pair,
    which UTF-8 cannot say, becomes U+FFFD.
    """
    try:
        line = msgspec.json.encode(values)
    except UnicodeEncodeError:
        line = msgspec.json.encode(_mend(values))
    return _UNSAFE.sub(_escape, line)


def iso(seconds: float | None) -> str | None:
    """Seconds since the epoch as ``2026-11-20T19:30:00.123Z``; None for None and for no time."""
    if seconds is None:
        return None
    try:
        whole, milliseconds = divmod(round(seconds * 1000), 1000)
        return f"{_second(whole)}.{milliseconds:03d}Z"
    except (ValueError, OverflowError, OSError):
        return None


@lru_cache(maxsize=256)
def _second(whole: int) -> str:
    return datetime.fromtimestamp(whole, UTC).isoformat()[:19]


@frozen(kw_only=True)
class _Shape:
    """How one type of record is written: without and with its text, and a last touch."""

    name: str
    plain: Callable[[Any], Exported]
    full: Callable[[Any], Exported]
    finish: Callable[[Any, Exported, bool], None] | None = None


_CONVERTER: Final = Converter()
_CONVERTER.register_unstructure_hook(Absent, lambda value: value)

_HEAD: Final = {"conversation", "at", "received", "event", "body"}
_IDS: Final = {"utterance", "communication", "suggestion", "message", "queue", "user", "alert"}
_NAMES: Final = {
    "forwarding": "forwardingId",
    "record": "recordId",
    "correlation": "correlationId",
    "queues": "queueIds",
    "missing": "missingPermissions",
}


def _shape(
    cls: type,
    name: str,
    *,
    content: Sequence[str] = (),
    times: Sequence[str] = (),
    names: Mapping[str, str] | None = None,
    finish: Callable[[Any, Exported, bool], None] | None = None,
) -> _Shape:
    def writer(hidden: set[str]) -> Callable[[Any], Exported]:
        rules = {
            each.name: override(
                rename=(names or {}).get(each.name) or _json_name(each.name),
                omit=each.name in hidden,
                unstruct_hook=iso if each.name in times else None,
            )
            for each in fields(cls)
        }
        return make_dict_unstructure_fn(cls, _CONVERTER, **rules)  # type: ignore[arg-type]

    return _Shape(name=name, plain=writer(_HEAD | set(content)), full=writer(_HEAD), finish=finish)


def _json_name(name: str) -> str:
    if name in _IDS:
        return f"{name}Id"
    first, *rest = name.split("_")
    return _NAMES.get(name) or first + "".join(word.capitalize() for word in rest)


def _finish_reading(reading: Reading, out: Exported, text: bool) -> None:
    for name in ("score", "trend", "confidence", "emotion", "emotionConfidence"):
        if out[name] is ABSENT:
            del out[name]
    out["segments"] = [to_dict(segment, text=text) for segment in reading.segments]


def _finish_score(score: Score, out: Exported, text: bool) -> None:
    if not text:
        # Concepts are the analyzer's own names; the words after them were said by somebody.
        concepts = (_CONCEPT.match(each) for each in score.evidence)
        out["evidence"] = list(dict.fromkeys(found[1] for found in concepts if found))
    _finish_result(score, out, text)


def _finish_result(result: Score | Skipped, out: Exported, text: bool) -> None:
    out["utteranceId"] = result.utterance
    out["communicationId"] = result.communication
    out["participant"] = result.participant
    out["language"] = result.language
    if text and isinstance(result.event, Utterance):
        out["text"] = result.event.text


def _finish_suggestions(batch: Suggestions | Ranked, out: Exported, text: bool) -> None:
    out["suggestions"] = [to_dict(each, text=text) for each in batch.suggestions]


def _finish_ranked(ranked: Ranked, out: Exported, text: bool) -> None:
    out["messageId"] = ranked.event
    _finish_suggestions(ranked, out, text)


def _finish_acceptance(acceptance: Acceptance, out: Exported, text: bool) -> None:
    out["rate"] = acceptance.rate


def _finish_forward(forward: Forward, out: Exported, text: bool) -> None:
    out["escalated"] = forward.escalated


def _finish_alert(alert: Alert, out: Exported, text: bool) -> None:
    out["evidence"] = [_evidence(each) for each in alert.evidence]


def _finish_diagnosis(diagnosis: Diagnosis, out: Exported, text: bool) -> None:
    out["figures"] = dict(diagnosis.figures)


def _finish_change(change: StateChange, out: Exported, text: bool) -> None:
    if text:
        out["attributes"] = dict(change.attributes)


def _finish_unknown(unknown: Unknown, out: Exported, text: bool) -> None:
    out["length"] = len(unknown.body)
    if text:
        out["body"] = unknown.body.decode("utf-8", "replace")


# A participant is a side of a conversation in some records and a participant's id in others.
_PARTICIPANT_ID: Final = {"participant": "participantId"}
_SHAPES: Final[Mapping[type, _Shape]] = {
    Score: _shape(Score, "score", times=["scored_at"], finish=_finish_score),
    Skipped: _shape(Skipped, "skipped", finish=_finish_result),
    Utterance: _shape(Utterance, "utterance", content=["text"]),
    Reading: _shape(Reading, "reading", finish=_finish_reading),
    Suggestion: _shape(Suggestion, "suggestion", content=["title", "text"]),
    Suggestions: _shape(Suggestions, "suggestions", finish=_finish_suggestions),
    StateChange: _shape(
        StateChange,
        "stateChange",
        content=["attributes"],
        names=_PARTICIPANT_ID,
        finish=_finish_change,
    ),
    Message: _shape(Message, "message", names=_PARTICIPANT_ID),
    Gap: _shape(Gap, "gap", times=["since", "until"]),
    TopicRefused: _shape(TopicRefused, "topicRefused"),
    Unknown: _shape(Unknown, "unknown", finish=_finish_unknown),
    Unreadable: _shape(Unreadable, "unreadable"),
    Alert: _shape(Alert, "alert", times=["began", "raised", "cleared"], finish=_finish_alert),
    Diagnosis: _shape(Diagnosis, "diagnosis", finish=_finish_diagnosis),
    Ranked: _shape(Ranked, "ranked", finish=_finish_ranked),
    Acceptance: _shape(Acceptance, "acceptance", finish=_finish_acceptance),
    Forward: _shape(Forward, "forward", finish=_finish_forward),
    Completed: _shape(
        Completed, "completed", times=["began", "ended"], names={"missing": "missing"}
    ),
    Receipt: _shape(Receipt, "receipt"),
}


def _evidence(evidence: Evidence) -> Exported:
    return {
        "at": iso(evidence.at),
        "value": evidence.value,
        "recordId": evidence.record,
        "utteranceId": evidence.utterance,
    }


def _escape(found: re.Match[bytes]) -> bytes:
    return b"\\u%04x" % ord(found[0].decode())


def _mend(value: object) -> Any:
    match value:
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case Mapping():
            return {_mend(key): _mend(each) for key, each in value.items()}
        case list() | tuple():
            return [_mend(each) for each in value]
    return value
