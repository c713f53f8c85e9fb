"""The envelope, and reading event bodies strictly yet kindly. Pure: no I/O.

A body is read into a private shape that lists every field known today; those that nobody here
uses are only listed (:func:`with_unread`). So the usual frame is read once, and only a frame with
a new field takes the slow way (:func:`salvage`), which names the new fields and reads the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from math import isfinite
from typing import Any, Final, TypeVar, cast, get_args, get_origin

import msgspec
from msgspec import Raw, Struct, defstruct, field

from genesys_sentiment.dialects._depth import too_deep
from genesys_sentiment.dialects._instants import LAST_MOMENT, iso
from genesys_sentiment.errors import BadFrame
from genesys_sentiment.model.wire import Drift

UNREADABLE: Final = (msgspec.MsgspecError, RecursionError, UnicodeError, OverflowError, ValueError)
"""All that msgspec raises for bytes that it cannot read (RecursionError: nested too deep)."""

_MAX_NAMES = 8
_MAX_NAME = 96
_LARGEST_WHOLE = 2**53
_UNSAFE = re.compile(r"[^A-Za-z0-9_.=?-]")

ShapeT = TypeVar("ShapeT", bound=Struct)


class Body(Struct, rename="camel", forbid_unknown_fields=True, gc=False):
    """The base of shapes: a field that they do not list is an error, for :func:`salvage`."""


def with_unread(names: str) -> Callable[[type[ShapeT]], type[ShapeT]]:
    """List fields that may come as well and that nobody here reads; nor are they checked."""

    def extend(shape: type[ShapeT]) -> type[ShapeT]:
        fields = [(name, Raw, Raw()) for name in names.split()]
        extended = defstruct(shape.__name__, fields, bases=(shape,), module=shape.__module__)
        return cast("type[ShapeT]", extended)

    return extend


class Metadata(Struct, gc=False):
    """Beside every body; whatever else it holds is of no use here."""

    correlation: str | None = field(default=None, name="CorrelationId")


@with_unread("version timestamp status message code")
class Envelope(Body):
    """Every frame: an event under its topic, or the answer to something sent on the socket."""

    topic_name: str = ""
    event_body: Raw = Raw()
    metadata: Metadata | None = None
    result: str | int | None = None
    correlation_id: str | None = None

    @property
    def correlation(self) -> str | None:
        return self.metadata.correlation if self.metadata is not None else None


def salvage(raw: Raw | bytes, shape: type[ShapeT], kind: str, names: list[str]) -> ShapeT:
    """Read what ``shape`` knows; append the names of all other fields to ``names``.

    Raises BadFrame if what is left still does not fit.
    """
    if too_deep(bytes(raw)):
        raise BadFrame("too_deep")
    try:
        # Not one name holds the values: they are gone before they are read again.
        known = msgspec.json.encode(_prune(msgspec.json.decode(raw), shape, kind, names))
        return msgspec.json.decode(known, type=shape)
    except msgspec.ValidationError:
        raise BadFrame("envelope" if kind == "envelope" else "body") from None
    except UNREADABLE:
        raise BadFrame("json") from None


def drift(names: Sequence[str]) -> Drift:
    """At most 8 names, each made safe for a log line and a metric: the wire chose them."""
    safe = (_UNSAFE.sub("_", name[:_MAX_NAME]) for name in names)
    return Drift(tuple(dict.fromkeys(safe))[:_MAX_NAMES])


def moment(value: object, name: str, names: list[str]) -> float | None:
    """Seconds since the epoch from ISO 8601 with a zone, or from epoch milliseconds.

    None where there is no time, and where it cannot be understood; then ``name`` is appended.
    """
    if value is None:
        return None
    at = _moment(value)
    if at is None:
        names.append(name)
    return at


def number(value: object, name: str, names: list[str]) -> float | None:
    """A number that an event can do without: None where there is none.

    None also for anything else (true, a text, an integer that no float holds); then ``name`` is
    appended.
    """
    if value is None or type(value) is float:
        return value
    if type(value) is int and abs(value) <= _LARGEST_WHOLE:
        return float(value)
    names.append(name)
    return None


def owner(conversation: str | None, topic: str) -> str:
    """Whose event: the id in the body, else the one in the topic. Raises BadFrame without one."""
    found = conversation or conversation_in(topic)
    if not found:
        raise BadFrame("no_conversation")
    return found


def conversation_in(topic: str) -> str | None:
    """The conversation's id in a topic's name, None where the topic names none.

    A plain word there is a part of the name: ``v2.conversations.chats.{id}.members``.
    """
    lowered = topic.lower()
    start = next((each for each in _CONVERSATION_TOPICS if lowered.startswith(each)), None)
    if start is None:
        return None
    found = topic[len(start) :].partition(".")[0]
    return found if found and not found.isalpha() else None


_CONVERSATION_TOPICS: Final = (
    "v2.conversations.",
    "v2.speechandtextanalytics.conversation.",
    "v2.speechandtextanalytics.conversations.",
    "v2.detail.events.conversation.",
)


def _moment(value: object) -> float | None:
    if isinstance(value, str):
        return iso(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        # The comparison comes first: an integer may be too large for a float.
        return value / 1000 if 0 <= value < LAST_MOMENT and isfinite(value) else None
    return None


def _prune(value: Any, shape: type[Struct], path: str, names: list[str]) -> Any:
    if isinstance(value, list):
        return [_prune(item, shape, path, names) for item in value]
    if not isinstance(value, dict):
        return value
    fields = _fields(shape)
    known: dict[str, Any] = {}
    for name, item in value.items():
        where = f"{path}.{name}"
        if name not in fields:
            if len(names) < _MAX_NAMES:
                names.append(where)
            continue
        inner = fields[name]
        if inner is not None:
            known[name] = _prune(item, inner, where, names)
        elif isinstance(item, dict | list) and name in _single(shape):
            known[name] = type(item)()  # as wrong as it came, and not copied
        else:
            known[name] = item
    return known


@cache
def _fields(shape: type[Struct]) -> dict[str, type[Struct] | None]:
    """The wire names of a shape, each with the shape inside it."""
    return {field.encode_name: _inner(field.type) for field in msgspec.structs.fields(shape)}


@cache
def _single(shape: type[Struct]) -> frozenset[str]:
    """The wire names of fields that hold one value: an array or an object there says nothing."""
    fields = msgspec.structs.fields(shape)
    return frozenset(each.encode_name for each in fields if not _holds_more(each.type))


def _holds_more(annotation: Any) -> bool:
    whole = annotation is Raw or get_origin(annotation) in (list, tuple, dict)
    return whole or any(_holds_more(each) for each in get_args(annotation))


def _inner(annotation: Any) -> type[Struct] | None:
    if isinstance(annotation, type) and issubclass(annotation, Struct):
        return annotation
    return next((found for each in get_args(annotation) if (found := _inner(each))), None)
