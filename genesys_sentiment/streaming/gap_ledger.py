"""Which gaps are being asked about, and what stayed missing of them. Pure: no I/O."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from typing import Final, Literal, TypeAlias

from attrs import define, evolve, field

from genesys_sentiment.model.events import Gap
from genesys_sentiment.model.wire import Snapshot
from genesys_sentiment.streaming.counters import Counters

Part: TypeAlias = Literal["states", "utterances", "messages", "suggestions"]
PARTS: Final[tuple[Part, ...]] = ("states", "utterances", "messages", "suggestions")
"""What a gap may have swallowed, in the order in which ``Gap.unrecovered`` names it."""

LONGEST: Final = 24 * 3600.0
"""Seconds after which a conversation is thought to have ended without our learning of it."""


@define(eq=False)
class Entry:
    """A gap that will be told again: of the stream, or of one ``conversation``.

    ``parent`` is the stream's, where it is one of its conversations; ``children`` counts their
    answers that the stream waits for. ``bad``: something of it, or of a child, stayed missing.
    """

    gap: Gap
    conversation: str | None
    pending: set[Part]
    parent: Entry | None = None
    missing: set[Part] = field(factory=set)
    children: int = 0
    bad: bool = False


@define(eq=False)
class Case:
    """A conversation that had a gap. ``opened``: when, in monotonic seconds.

    ``media``: kinds of its communications, as far as they are known. ``asking``: its messages and
    suggestions are on the agenda. ``ending``: its transcript is, until ``until``. ``read``: the
    communications whose transcript was read; ``whole``: nothing in them was doubtful.
    """

    conversation: str
    opened: float
    entries: dict[str, Entry] = field(factory=dict)
    media: set[str] = field(factory=set)
    asking: bool = False
    ending: bool = False
    until: float | None = None
    read: set[str] = field(factory=set)
    whole: bool = True

    def note_media(self, snapshot: Snapshot) -> None:
        """Learn what kinds of communications there are."""
        self.media.update(
            each.medium for one in snapshot.participants for each in one.communications
        )

    def pending(self, part: Part) -> tuple[Entry, ...]:
        """The gaps for which that has not been answered, and whose states have been."""
        return tuple(
            entry
            for entry in self.entries.values()
            if part in entry.pending and (part == "utterances" or "states" not in entry.pending)
        )


class Ledger:
    """Gaps by conversation. ``limit``: entries, the stream's and the conversations'.

    What is told again comes as a list, to be told in that order. ``counters.unrecovered`` counts
    gaps, as they were told first, of which something stayed missing.
    """

    def __init__(self, limit: int, counters: Counters) -> None:
        self._limit = limit
        self._counters = counters
        self._streams: dict[str, Entry] = {}
        self._entries = 0
        self.cases: OrderedDict[str, Case] = OrderedDict()

    @property
    def full(self) -> bool:
        """Whether no gap can be noted any more."""
        return self._entries >= self._limit

    def open(self, gap: Gap, parts: Collection[Part], now: float) -> Entry | None:
        """Note a gap, of the stream or of its own conversation; None if it is noted already."""
        if gap.conversation is not None:
            return self._add(gap, gap.conversation, parts, now, None)
        if gap.id in self._streams:
            return None
        self._entries += 1
        return self._streams.setdefault(gap.id, Entry(gap, None, {"states"}))

    def join(self, stream: Entry, conversation: str, parts: Collection[Part], now: float) -> bool:
        """A gap of the stream concerns this conversation, too. False if that is known.

        Beyond the limit the stream's own entry says that all of it is missing.
        """
        if self.full and self.entry(conversation, stream) is None:
            stream.missing.update(parts)
            self._bad(stream)
            return False
        if self._add(stream.gap, conversation, parts, now, stream) is None:
            return False
        stream.children += len(set(parts) - {"utterances"})
        return True

    def entry(self, conversation: str, stream: Entry) -> Entry | None:
        """What is noted of the stream's gap about one of its conversations."""
        case = self.cases.get(conversation)
        return None if case is None else case.entries.get(stream.gap.id)

    def finish(self, entry: Entry, part: Part, *, found: bool) -> list[Gap]:
        """A part of a gap was answered, or given up."""
        if part not in entry.pending:
            return []
        entry.pending.discard(part)
        if not found:
            entry.missing.add(part)
            self._bad(entry)
        told: list[Gap] = []
        stream = entry.parent
        if stream is not None and part != "utterances":
            stream.children -= 1
            if not found:
                stream.missing.add(part)
            told += self._settled(stream)
        return told + self._settled(entry)

    def close(self) -> None:
        """Count what is left: nobody will ask."""
        for stream in self._streams.values():
            self._bad(stream)
        for case in self.cases.values():
            for entry in case.entries.values():
                self._bad(entry)

    def _add(
        self,
        gap: Gap,
        conversation: str,
        parts: Collection[Part],
        now: float,
        parent: Entry | None,
    ) -> Entry | None:
        case, key = self.cases.get(conversation), gap.id
        if case is None:
            case = self.cases[conversation] = Case(conversation, now)
        elif key in case.entries:
            return None
        self._entries += 1
        entry = case.entries[key] = Entry(gap, conversation, set(parts), parent)
        return entry

    def _settled(self, entry: Entry) -> list[Gap]:
        gap, conversation = entry.gap, entry.conversation
        if entry.pending or entry.children:
            return []
        if conversation is None:
            del self._streams[gap.id]
        else:
            case = self.cases[conversation]
            del case.entries[gap.id]
            if not case.entries:
                del self.cases[conversation]
        self._entries -= 1
        missing = tuple(each for each in PARTS if each in entry.missing)
        return [evolve(gap, conversation=conversation, unrecovered=missing)]

    def _bad(self, entry: Entry) -> None:
        first = entry.parent or entry
        if not first.bad:
            first.bad = True
            self._counters.unrecovered += 1
