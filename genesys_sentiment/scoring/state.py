"""What the scorer remembers of one conversation, and how that is written down. Pure: no I/O."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable
from math import isfinite
from typing import Any

import cattrs
import msgspec
from attrs import field, frozen

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.events import Absent, Reading, Utterance
from genesys_sentiment.scoring.names import shared
from genesys_sentiment.scoring.outcome import flaw_of

VERSION = 1
"""Of the snapshot's form. Another one is refused."""


@frozen
class Withheld:
    """The newest event behind the gate: its time and the context it had when it came."""

    event: Utterance | Reading = field(repr=False)
    at: float
    count: int


class Conversation(msgspec.Struct, gc=False):
    """Numbers only, but for one withheld event. Times are event time, seconds since the epoch.

    ``name`` is its id, one text for all who keep it. ``context`` are the times of the segments in
    the window, oldest first, as the window module writes them. ``touched`` is the time of its
    latest event, ``last`` that of its latest score, None before the first.
    """

    name: str
    context: bytes = b""
    touched: float = 0.0
    last: float | None = None
    withheld: Withheld | None = None


class _Entry(msgspec.Struct, kw_only=True):
    """One conversation in a snapshot; at most one of ``utterance`` and ``reading`` is withheld."""

    conversation: str
    context: list[float]
    touched: float
    last: float | None = None
    utterance: dict[str, Any] | None = None
    reading: dict[str, Any] | None = None
    at: float = 0.0
    count: int = 0


class _Snapshot(msgspec.Struct, kw_only=True):
    version: int
    conversations: list[_Entry]


def _scalar(value: Any, _: Any) -> Any:
    if value is None or isinstance(value, float | int | str):
        return value
    raise ValueError("neither a number nor a word")


# Defaults are left out, so that a field that is ABSENT stays absent and null stays null.
_EVENTS = cattrs.Converter(omit_if_default=True, forbid_extra_keys=True, detailed_validation=False)
_EVENTS.register_structure_hook(float | Absent | None, _scalar)
_EVENTS.register_structure_hook(str | Absent | None, _scalar)


def write(conversations: Iterable[tuple[str, Conversation]]) -> bytes:
    """A snapshot in JSON. It may hold the text of withheld events: treat it as transcripts."""
    entries = [_entry(name, state) for name, state in conversations]
    plain = msgspec.to_builtins(_Snapshot(version=VERSION, conversations=entries))
    # The standard encoder escapes lone surrogates; msgspec's own refuses texts that have them.
    return json.dumps(plain, separators=(",", ":")).encode("ascii")


def read(data: bytes) -> list[tuple[str, Conversation]]:
    """What ``write`` wrote. Raises ConfigurationError for anything else."""
    try:
        snapshot = msgspec.convert(json.loads(data), _Snapshot)
        if snapshot.version != VERSION:
            raise ConfigurationError(
                f"snapshot of version {snapshot.version}: this release reads version {VERSION}"
            )
        return [(entry.conversation, _state(entry)) for entry in snapshot.conversations]
    except ConfigurationError:
        raise
    # The cause is not chained: it may quote a withheld event's text.
    except (ValueError, TypeError, KeyError, RecursionError, cattrs.errors.ForbiddenExtraKeysError):
        raise ConfigurationError("this is not a scorer's snapshot, or it is damaged") from None


def _entry(name: str, state: Conversation) -> _Entry:
    entry = _Entry(
        conversation=name,
        context=[*array("d", state.context)],
        touched=state.touched,
        last=state.last,
    )
    if (withheld := state.withheld) is not None:
        entry.at, entry.count = withheld.at, withheld.count
        if isinstance(withheld.event, Utterance):
            entry.utterance = _EVENTS.unstructure(withheld.event)
        else:
            entry.reading = _EVENTS.unstructure(withheld.event)
    return entry


def _state(entry: _Entry) -> Conversation:
    times = [*entry.context, entry.touched, entry.at, entry.last or 0.0]
    event = _event(entry)
    sound = all(map(isfinite, times)) and entry.context == sorted(entry.context)
    if not sound or (event is not None and (entry.last is None or entry.count < 1)):
        raise ConfigurationError("this scorer's snapshot is damaged")
    withheld = None if event is None else Withheld(event, entry.at, entry.count)
    context = array("d", entry.context).tobytes()
    return Conversation(shared(entry.conversation), context, entry.touched, entry.last, withheld)


def _event(entry: _Entry) -> Utterance | Reading | None:
    if entry.utterance is not None:
        return _EVENTS.structure(entry.utterance, Utterance)
    if entry.reading is None:
        return None
    reading = _EVENTS.structure(entry.reading, Reading)
    if flaw_of(reading) is not None:
        raise ValueError("a reading that would never have been withheld")
    return reading
