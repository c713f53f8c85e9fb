"""What a run has shown, and the summary at its end. Pure: no I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from attrs import asdict, define, field

from genesys_sentiment.delivery import log
from genesys_sentiment.model.completed import Completed
from genesys_sentiment.model.events import Gap
from genesys_sentiment.model.export import SCHEMA_VERSION, Exported, iso
from genesys_sentiment.model.results import Record, Score, Skipped
from genesys_sentiment.scoring.counters import ScorerCounters
from genesys_sentiment.streaming.counters import Counters

_NAMES: Final = {"discovery_failures": "discoveryFailures"}


@define
class Tally:
    """Counts the records that were shown."""

    records: int = 0
    scored: int = 0
    gaps: int = 0
    completed: int = 0
    skipped: Counter[str] = field(factory=Counter)

    def add(self, record: Record) -> None:
        """One more."""
        self.records += 1
        match record:
            case Score():
                self.scored += 1
            case Skipped():
                self.skipped[record.reason] += 1
            case Gap() if record.unrecovered is None or record.reason == "dropped":
                self.gaps += 1
            case Completed():
                self.completed += 1


def summary(
    tally: Tally,
    stream: Counters,
    scorer: ScorerCounters,
    sinks: Mapping[str, log.Tally] = MappingProxyType({}),
    *,
    started: float,
    ended: float,
    problems: Iterable[str] = (),
) -> Exported:
    """The record that ends a run. ``started`` and ``ended``: seconds since the epoch.

    ``problems``, and every other identity of the accounting that does not hold, are in it.
    ``sinks`` are only if there are any.
    """
    problems = [*stream.problems(), *_scorer_problems(tally, stream, scorer), *problems]
    return {
        "type": "summary",
        "schemaVersion": SCHEMA_VERSION,
        "id": f"summary:{started:.3f}",
        "conversationId": None,
        "at": iso(ended),
        "seconds": max(round(ended - started, 3), 0.0),
        "framesReceived": stream.received,
        "events": stream.emitted,
        "records": tally.records,
        "scored": tally.scored,
        "skipped": dict(sorted(tally.skipped.items())),
        "gaps": tally.gaps,
        "completed": tally.completed,
        "dropped": stream.dropped,
        "stream": {_NAMES.get(name, name): count for name, count in stream.as_dict().items()},
        "scorer": {**asdict(scorer), "skipped": dict(scorer.skipped)},
        **({"sinks": {name: of_sink(each) for name, each in sinks.items()}} if sinks else {}),
        "problems": problems,
    }


def of_sink(tally: log.Tally) -> Exported:
    """The accounting of one sink: ``offered = sent + dropped + dead + pending``."""
    return {**asdict(tally), "pending": tally.pending}


def in_words(tally: Mapping[str, object]) -> str:
    """The same for people."""
    names = ("sent", "pending", "dead", "dropped")
    return " · ".join(f"{tally[name]} {name}" for name in names)


def _scorer_problems(tally: Tally, stream: Counters, scorer: ScorerCounters) -> list[str]:
    found = []
    if not scorer.balanced:
        found.append(f"the scorer was offered {scorer.offered} events and cannot account for all")
    if scorer.offered != stream.yielded:
        found.append(f"{stream.yielded} events were read, the scorer was offered {scorer.offered}")
    made = scorer.scored + sum(scorer.skipped.values()) + scorer.passed
    shown = tally.records - tally.completed
    if shown != made:
        found.append(f"the scorer made {made} records, {shown} were shown")
    return found
