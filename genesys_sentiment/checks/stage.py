"""The contract of a stage as a function, for a stage of your own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import inf, isfinite
from typing import Any, Final

from genesys_sentiment.checks._promises import PromiseBroken, require
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.events import TopicRefused, Unknown
from genesys_sentiment.model.export import to_json
from genesys_sentiment.model.results import Record
from genesys_sentiment.scoring.stage import Stage

__all__ = ["PromiseBroken", "check_stage"]

_TICKS: Final = 1_000
"""Deadlines that a stage may have between two events, or after the last one."""

_CUTS: Final = (1, 2, 5)
"""After so many events each, a stage hands over to a new one."""

_DAMAGED: Final = b"\x00no snapshot"


def check_stage(make: Callable[[], Stage], events: Sequence[Record]) -> None:
    """See whether a stage keeps the promises of ``scoring.stage``; raise PromiseBroken if not.

    ``make`` makes a new stage, the same each time; it is called often. ``events`` are what the
    stage is for, in the order of their arrival (``received``, else ``at``), each id once: what is
    checked is how the stage takes these, with the ticks that it asks for between them. A stage with
    ``snapshot()`` and ``restore(data)`` also hands over between events, to a new one.

    Raises ConfigurationError for events that are no records, or of which two have one id. Any
    other error of the stage comes out as it is.
    """
    before = _written(events)
    usual = _run(make, events)
    usual.end()
    _unique(usual.out, events)
    again = _run(make, events)
    again.end()
    _same(again.out, usual.out, "the same events give the same records")
    require(_written(events) == before, "events stay as they are", "one of them was changed")
    _strangers(make, events, usual)
    _early_ticks(make, events, usual)
    patient = _run(make, events)
    patient.end(waits=True)
    _unique(patient.out, events)
    if hasattr(usual.stage, "snapshot") and hasattr(usual.stage, "restore"):
        _handing_over(make, events, usual, waits=False)
        _handing_over(make, events, patient, waits=True)
        _snapshots(make, events, usual)


class _Drive:
    """A stage with a clock that shows each event's own arrival, ticked when it asks for it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.now = 0.0
        self.out: list[Record] = []

    def event(self, event: Record) -> list[Record]:
        """What follows from an event; what time brings before it goes to ``out`` as well."""
        arrival = getattr(event, "received", 0.0) or event.at or self.now
        self.wait(max(self.now, arrival))
        self.now = max(self.now, arrival)
        found = _records(self.stage(event, self.now), "a call")
        self.out += found
        self.deadline()
        return found

    def wait(self, until: float) -> None:
        """Every tick that the stage asks for until then."""
        for _ in range(_TICKS):
            due = self.deadline()
            if due is None or due > until:
                return
            self.now = max(self.now, due)
            self.out += self.tick(self.now)
            later = self.deadline()
            moved = later is None or later > self.now
            require(moved, "a tick at the deadline moves it on", f"{due} became {later}")
            twice = self.tick(self.now)
            require(not twice, "a second tick at the same time gives nothing", _names(twice))
        raise PromiseBroken("deadlines end", f"{_TICKS} of them came, and no event")

    def tick(self, now: float) -> list[Record]:
        """What follows from time alone."""
        return _records(self.stage.tick(now), "a tick")

    def end(self, *, waits: bool = False) -> None:
        """No event comes any more: at once, or after all that time brings."""
        if waits:
            self.wait(inf)
        self.out += _records(self.stage.finish(self.now), "finish")
        twice = _records(self.stage.finish(self.now), "finish")
        require(not twice, "finish leaves nothing", _names(twice))
        due = self.deadline()
        if due is None or due > self.now:
            more = self.tick(self.now)
            require(not more, "finish leaves nothing, nor for a tick", _names(more))

    def deadline(self) -> float | None:
        """The stage's own."""
        due = self.stage.deadline
        real = isinstance(due, int | float) and not isinstance(due, bool) and isfinite(due)
        require(due is None or real, "the deadline is None or a finite number", repr(due))
        return due


def _run(make: Callable[[], Stage], events: Iterable[Record]) -> _Drive:
    drive = _Drive(make())
    for event in events:
        drive.event(event)
    return drive


def _strangers(make: Callable[[], Stage], events: Sequence[Record], usual: _Drive) -> None:
    """What nobody knows comes back, and changes nothing."""
    drive, strangers = _Drive(make()), []
    for place, event in enumerate(events):
        drive.event(event)
        unknown = Unknown(topic=f"check.{place}", body=b"{}", received=drive.now, at=drive.now)
        refused = TopicRefused(topic=f"check.{place}", reason="check", received=drive.now)
        for stranger in (unknown, refused):
            found = drive.event(stranger)
            back = sum(each is stranger for each in found) == 1
            promise = "an event that is not its business comes back, once"
            require(back, promise, f"{type(stranger).__name__} gave {_names(found)}")
            strangers.append(id(stranger))
    drive.end()
    rest = [each for each in drive.out if id(each) not in strangers]
    _same(rest, usual.out, "an event that is not its business changes nothing")


def _early_ticks(make: Callable[[], Stage], events: Sequence[Record], usual: _Drive) -> None:
    """A tick that nobody asked for."""
    drive = _Drive(make())
    for event in events:
        drive.event(event)
        due = drive.deadline()
        if due is None or due > drive.now:
            early = drive.tick(drive.now)
            require(not early, "a tick before the deadline gives nothing", _names(early))
            later = drive.deadline()
            require(later == due, "a tick before the deadline leaves it", f"{due} became {later}")
    drive.end()
    _same(drive.out, usual.out, "a tick before the deadline changes nothing")


def _handing_over(
    make: Callable[[], Stage], events: Sequence[Record], whole: _Drive, *, waits: bool
) -> None:
    """A stage that others go on for, one after the other."""
    for every in _CUTS:
        drive = _Drive(make())
        for place, event in enumerate(events):
            drive.event(event)
            if (place + 1) % every == 0:
                _hand_over(drive, make())
        drive.end(waits=waits)
        _same(drive.out, whole.out, "a restored stage goes on as the one before would have")


def _snapshots(make: Callable[[], Stage], events: Sequence[Record], usual: _Drive) -> None:
    """A stage that is looked at only."""
    drive = _Drive(make())
    for event in events:
        drive.event(event)
        _snapshot(drive.stage)
        _refuse_damage(drive.stage)
    drive.end()
    _same(drive.out, usual.out, "a snapshot, or a restore that is refused, changes nothing")


def _hand_over(drive: _Drive, heir: Stage) -> None:
    restore: Any = heir
    restore.restore(_snapshot(drive.stage))
    drive.stage = heir


def _snapshot(stage: Any) -> bytes:
    data = stage.snapshot()
    require(isinstance(data, bytes), "a snapshot is bytes", type(data).__name__)
    return bytes(data)


def _refuse_damage(stage: Any) -> None:
    try:
        stage.restore(_DAMAGED)
    except ConfigurationError:
        return
    raise PromiseBroken("restore raises ConfigurationError for damaged data", "it took it")


def _records(found: Any, of: str) -> list[Record]:
    """What came, if it is what comes of a stage."""
    iterable = isinstance(found, Iterable) and not isinstance(found, str | bytes)
    require(iterable, f"{of} gives records, or none, never something else", type(found).__name__)
    records = list(found)
    for each in records:
        try:
            to_json(each, text=True)
            to_json(each)
        except Exception as error:
            said = f"{type(each).__name__}: {type(error).__name__}"
            raise PromiseBroken("what comes out can be exported", said) from error
        named = isinstance(each.id, str) and bool(each.id)
        require(named, "what comes out has an id", type(each).__name__)
    return records


def _written(events: Sequence[Record]) -> list[tuple[bytes, str]]:
    """All of them, as text: what an export leaves out is in the repr, and the other way round."""
    try:
        written = [(to_json(each, text=True), repr(each)) for each in events]
    except TypeError as error:
        raise ConfigurationError(f"events must be records: {error}") from None
    if len({(type(each), each.id) for each in events}) != len(events):
        raise ConfigurationError("two of the events have the same id: give each once")
    return written


def _unique(found: Sequence[Record], events: Sequence[Record]) -> None:
    """No id of what the stage made is there twice."""
    given = {id(each) for each in events}
    seen: set[tuple[type, str]] = set()
    for each in found:
        if id(each) in given:
            continue
        key = (type(each), each.id)
        require(key not in seen, "each record has an id of its own", _names([each]))
        seen.add(key)


def _same(found: Sequence[Record], expected: Sequence[Record], promise: str) -> None:
    for place, (one, other) in enumerate(zip(found, expected, strict=False)):
        require(one == other, promise, f"record {place}: {_names([one])}, not {_names([other])}")
    same = len(found) == len(expected)
    require(same, promise, f"{len(found)} records, not {len(expected)}")


def _names(found: Sequence[Record]) -> str:
    """Which records: their types and ids, which hold no text."""
    return ", ".join(f"{type(each).__name__} {each.id}" for each in found) or "nothing"
