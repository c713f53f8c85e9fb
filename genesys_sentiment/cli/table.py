"""The live table on a terminal. Needs rich, the extra ``cli``."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

from attrs import define
from rich.console import Console, JustifyMethod
from rich.live import Live
from rich.table import Table as RichTable
from rich.text import Text

from genesys_sentiment.cli.lines import printable
from genesys_sentiment.cli.tally import in_words
from genesys_sentiment.model.completed import Completed
from genesys_sentiment.model.events import Reading, StateChange, Utterance
from genesys_sentiment.model.export import Exported
from genesys_sentiment.model.results import Record, Score, Skipped
from genesys_sentiment.scoring.emotion import UNKNOWN

_ROWS: Final = 30
_KEPT: Final = 1000
_PERIOD: Final = 0.3
"""Seconds between two looks of the table."""
_COLORS: Final = {"positive": "green", "negative": "red", "neutral": "yellow"}


@define
class _Row:
    """What is shown of one conversation. ``sum`` is of the customer's polarities.

    ``place``: the how-manieth conversation it is. ``emotion``: the last that was recognised.
    """

    place: int
    state: str = ""
    emotion: str = "–"
    scored: int = 0
    skipped: int = 0
    sum: float = 0.0
    customer: int = 0
    last: Score | None = None


class Table:
    """The conversations that spoke last, with the customer's mean sentiment.

    No transcript text unless ``text``. To be made inside a running event loop.
    """

    def __init__(self, *, text: bool, title: str) -> None:
        self.broken = asyncio.Event()
        self.error: OSError | None = None
        self._text = text
        self._title = title
        self._rows: OrderedDict[str, _Row] = OrderedDict()
        self._seen = 0
        self._console = Console()
        self._live = Live(self._render(), console=self._console, auto_refresh=False)
        self._live.start()
        self._refresher = asyncio.create_task(self._refresh(), name="genesys-table")

    def show(self, record: Record) -> None:
        """Keep what the table shows of a record."""
        if record.conversation is None:
            return
        row = self._rows.get(record.conversation)
        if row is None:
            self._seen += 1
            row = self._rows[record.conversation] = _Row(place=self._seen)
        self._rows.move_to_end(record.conversation)
        if len(self._rows) > _KEPT:
            self._rows.popitem(last=False)
        match record:
            case Score():
                _add_score(row, record)
            case Skipped() if record.reason != "not_final":
                row.skipped += 1
            case StateChange():
                # The wrap-up's state is an id that says nothing to people.
                named = record.subject == "wrapup"
                row.state = "wrapped up" if named else f"{record.subject} {record.state}"
            case Completed():
                row.state = _completed(record)

    async def room(self) -> None:
        """A terminal takes what it gets."""

    async def finish(self, summary: Exported | None) -> None:
        """Leave the last table standing, with the summary below."""
        self._refresher.cancel()
        self._live.update(self._render(), refresh=True)
        self._live.stop()
        if summary is not None:
            self._console.print(_accounting(summary), highlight=False, markup=False)

    async def _refresh(self) -> None:
        while True:
            await asyncio.sleep(_PERIOD)
            self._live.update(self._render(), refresh=True)

    def _render(self) -> RichTable:
        table = RichTable(title=self._title, expand=False)
        for name in ("conversation", "customer", "last", "emotion", "scored", "skipped", "state"):
            justify: JustifyMethod = "right" if name in ("scored", "skipped") else "left"
            table.add_column(name, justify=justify, no_wrap=True)
        if self._text:
            table.add_column("said", overflow="ellipsis", no_wrap=True, max_width=60)
        room = min(_ROWS, max(self._console.height - 6, 1))
        latest = list(self._rows.items())[-room:]
        for name, row in sorted(latest, key=lambda item: item[1].place):
            table.add_row(*self._cells(name, row))
        return table

    def _cells(self, name: str, row: _Row) -> list[Text]:
        last = row.last
        mean = f"{row.sum / row.customer:+.2f}" if row.customer else "–"
        label = Text("–") if last is None else Text(last.polarity, _COLORS[last.polarity])
        cells = [
            Text(printable(name)[:8]),
            Text(mean),
            label,
            Text(printable(row.emotion)),
            Text(str(row.scored)),
            Text(str(row.skipped)),
            Text(printable(row.state)),
        ]
        if self._text:
            said = last.event.text if last and isinstance(last.event, Utterance) else ""
            cells.append(Text(printable(said)))
        return cells


def _add_score(row: _Row, score: Score) -> None:
    row.scored += 1
    if isinstance(score.event, Reading):
        return  # the platform's view of the whole conversation, not of what was said last
    row.last = score
    if score.emotion != UNKNOWN:
        row.emotion = score.emotion
    if score.participant == "customer":
        row.customer += 1
        row.sum += score.polarity_raw


def _completed(completed: Completed) -> str:
    """What is worth knowing at a glance: why no end was seen, else what is missing."""
    if completed.reason in ("idle", "evicted"):
        return completed.reason
    missed = completed.coverage is not None and completed.coverage < 1
    return f"complete, {completed.missing:.0f} s missed" if missed else "complete"


def _accounting(summary: Exported) -> str:
    skipped = summary["skipped"]
    reasons = ""
    if isinstance(skipped, Mapping) and skipped:
        reasons = " (" + ", ".join(f"{name} {count}" for name, count in skipped.items()) + ")"
    total = sum(skipped.values()) if isinstance(skipped, Mapping) else 0
    sinks = summary.get("sinks")
    delivered = ""
    if isinstance(sinks, Mapping):
        delivered = "".join(f"\n{name}: {in_words(each)}" for name, each in sinks.items())
    return (
        f"{summary['framesReceived']} frames received · {summary['events']} events ·"
        f" {summary['scored']} scored · {total} skipped{reasons} · {summary['gaps']} gaps ·"
        f" {summary['dropped']} dropped · {summary['seconds']} s{delivered}"
    )
