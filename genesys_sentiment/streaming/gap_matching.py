"""Which phrases of a transcript were heard live already. Pure: no I/O.

Nothing ties a phrase of a transcript to an utterance of the stream: their ids differ, and so may
capitals, punctuation and where one ends and the next begins. Two things are compared instead:
whether the same side was heard at that time (one side does not say two things at once), and
whether the same words were heard about then. What is remembered of an utterance is 24 bytes: when,
how long, which side, and a hash of its words; nothing that was said.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Final

from attrs import define, field, frozen

from genesys_sentiment.model.events import Gap, Utterance

MARGIN: Final = 60.0
"""Seconds before a gap in which what was lost in it may have been said: transcripts lag up to
about 35 s behind speech, and our clock may differ from the platform's."""

_RECENT: Final = MARGIN + 5.0
"""Seconds of a conversation that are remembered while it has no gap: one begins no earlier."""
_AFTER: Final = 5.0
"""Seconds after a gap: what was said then came live, unless the clocks differ."""
_CLOSE: Final = 5.0
"""Seconds between the same words heard live and in the transcript, at most."""
_VAGUE: Final = 40.0
"""The same where the stream said no more than when its message was sent."""
_MOST: Final = 4_096
"""Utterances remembered of one conversation."""
_WINDOWS: Final = 32
_LIMIT: Final = 100_000
"""Conversations without a gap of which something is remembered."""

_WORDS: Final = re.compile(r"\w+")
_APOSTROPHES: Final = str.maketrans("", "", "'’`")
_SIDES: Final = {None: 0, "customer": 1, "agent": 2}


@frozen
class Missed:
    """What was said in the gaps of a conversation and not heard, in the transcript's order.

    ``whole``: False where it cannot be said of some phrases.
    """

    utterances: tuple[Utterance, ...]
    whole: bool = True


@define(eq=False)
class _Memory:
    """Three whole numbers an utterance: its start, its length and side (see ``_mark``), a hash."""

    marks: array[int] = field(factory=lambda: array("q"))
    newest: int = 0
    checked: int = 0
    blind: int = -1
    windows: list[tuple[int, int]] = field(factory=list)

    def holds(self, start: int) -> bool:
        return any(since <= start <= until for since, until in self.windows)

    def add(self, mark: tuple[int, int, int]) -> None:
        self.marks.extend(mark)
        self.newest = max(self.newest, mark[0])
        if len(self.marks) >= self.checked + self.checked // 2 + 30:
            self.prune()

    def prune(self) -> None:
        """Forget what is neither recent nor about a gap; of that, the first if it is too much."""
        recent = self.newest - round(_RECENT * 1000)
        kept = [mark for mark in _triples(self.marks) if mark[0] >= recent or self.holds(mark[0])]
        for start, _, _ in kept[:-_MOST]:
            self.blind = max(self.blind, start)
        self.marks = array("q", [number for mark in kept[-_MOST:] for number in mark])
        self.checked = len(self.marks)


class Heard:
    """What was heard of late of each conversation, and about its gaps for as long as they matter.

    ``limit``: conversations without a gap that are remembered; beyond it the one that was silent
    longest is forgotten. Those with a gap are as many as the caller opens.
    """

    def __init__(self, limit: int = _LIMIT) -> None:
        self._limit = limit
        self._recent: OrderedDict[str, _Memory] = OrderedDict()
        self._concerned: dict[str, _Memory] = {}

    def __len__(self) -> int:
        return len(self._recent) + len(self._concerned)

    def note(self, utterance: Utterance) -> None:
        """Remember that an utterance came. A revision does not count: its end was not heard."""
        if not utterance.final:
            return
        name = utterance.conversation
        memory = self._concerned.get(name)
        if memory is None:
            memory = self._recent.pop(name, None) or _Memory()
            self._recent[name] = memory
            if len(self._recent) > self._limit:
                self._recent.popitem(last=False)
        memory.add(_mark(utterance))

    def concern(self, gap: Gap, conversation: str) -> None:
        """There was a gap. Whoever joined late missed all that was said before."""
        since = gap.since
        memory = self._concerned.get(conversation)
        if memory is None:
            memory = self._recent.pop(conversation, None) or _Memory()
            self._concerned[conversation] = memory
        if gap.reason == "joined_late" and not any(
            start < gap.until * 1000 for start, _, _ in _triples(memory.marks)
        ):
            since = 0.0  # nothing was heard of it
        window = (_milliseconds(since - MARGIN), _milliseconds(gap.until + _AFTER))
        if len(memory.windows) >= _WINDOWS:
            last = memory.windows.pop()
            window = (min(last[0], window[0]), max(last[1], window[1]))
        memory.windows.append(window)

    def within(self, conversation: str, at: float | None) -> bool:
        """Whether something of that time may be missing; unknown times may."""
        memory = self._concerned.get(conversation)
        return memory is not None and (at is None or memory.holds(_milliseconds(at)))

    def release(self, conversation: str) -> None:
        """Its gaps matter no longer."""
        memory = self._concerned.pop(conversation, None)
        if memory is not None:
            memory.windows.clear()
            memory.prune()
            memory.blind = -1
            self._recent[conversation] = memory
            if len(self._recent) > self._limit:
                self._recent.popitem(last=False)

    def missed(self, conversation: str, spoken: Sequence[Utterance]) -> Missed:
        """Those of ``spoken`` that fall into a gap of the conversation and were not heard.

        ``spoken`` is one transcript. A phrase without a time may lie anywhere: it is left out, as
        is what lies before more than can be remembered.
        """
        memory = self._concerned.get(conversation)
        if memory is None:
            return Missed(())
        marks = list(_triples(memory.marks))
        unheard = _unheard(marks, [one for one in spoken if one.at is not None])
        there = [one for one in unheard if self.within(conversation, one.at)]
        told = tuple(one for one in there if _milliseconds(one.at or 0.0) > memory.blind)
        vague = any(one.at is None for one in spoken)
        return Missed(told, whole=len(told) == len(there) and not vague)


def words_of(text: str) -> str:
    """A text's letters and figures, without what recognisers differ in."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return "".join(_WORDS.findall(text.casefold().translate(_APOSTROPHES)))


def _mark(utterance: Utterance) -> tuple[int, int, int]:
    at = utterance.received if utterance.at is None else utterance.at
    length = 0 if utterance.at is None else _milliseconds(utterance.duration or 0.0)
    side = _SIDES[utterance.participant]
    return _milliseconds(at), min(length, 2**40) << 2 | side, hash(words_of(utterance.text))


def _milliseconds(seconds: float) -> int:
    return round(min(max(seconds, 0.0), 1e12) * 1000) if isfinite(seconds) else 0


def _triples(marks: Sequence[int]) -> Iterable[tuple[int, int, int]]:
    return zip(marks[::3], marks[1::3], marks[2::3], strict=True)


def _unheard(marks: Sequence[tuple[int, int, int]], spoken: Sequence[Utterance]) -> list[Utterance]:
    """First by time, for all of them: the same words at another time are then something else."""
    phrases = [(_mark(one), one) for one in spoken]
    used: set[int] = set()
    left = _by_time(marks, phrases, used)
    known = _by_words(
        [(*mark, place) for place, mark in enumerate(marks) if place not in used],
        [phrase for phrase, _ in left],
    )
    return [one for place, (_, one) in enumerate(left) if place not in known]


def _by_time(
    marks: Sequence[tuple[int, int, int]],
    phrases: Sequence[tuple[tuple[int, int, int], Utterance]],
    used: set[int],
) -> list[tuple[tuple[int, int, int], Utterance]]:
    """The phrases of which not half was covered; ``used`` are the marks that cover others."""
    spans: dict[int, list[tuple[int, int, int]]] = {1: [], 2: []}
    for place, (start, packed, _) in enumerate(marks):
        if packed & 3 and packed >> 2:
            spans[packed & 3].append((start, start + (packed >> 2), place))
    for each in spans.values():
        each.sort()
    left = []
    for phrase, one in phrases:
        start, length = phrase[0], phrase[1] >> 2
        covering = _covering(spans.get(phrase[1] & 3, []), start, start + length) if length else []
        if covering and sum(share for share, _ in covering) * 2 >= length:
            used.update(place for _, place in covering)
        else:
            left.append((phrase, one))
    return left


def _covering(spans: Sequence[tuple[int, int, int]], start: int, end: int) -> list[tuple[int, int]]:
    """Milliseconds that each span has of start…end, and which it is. A few are enough to tell."""
    last = bisect_left(spans, (end, 0, 0))
    found = []
    for since, until, place in spans[max(last - 16, 0) : last]:
        share = min(until, end) - max(since, start)
        if share > 0:
            found.append((share, place))
    return found


def _by_words(
    marks: Sequence[tuple[int, int, int, int]], phrases: Sequence[tuple[int, int, int]]
) -> set[int]:
    """Which phrases have the words of a mark of about then, of a side that may be the same.

    Each mark is one phrase's, and those that are closest find each other first.
    """
    free: dict[int, list[tuple[int, int, int]]] = {}
    for start, packed, words, mark in sorted(marks):
        free.setdefault(words, []).append((start, packed, mark))
    pairs = [
        (abs(since - start), mark, place)
        for place, (start, packed, words) in enumerate(phrases)
        for since, heard, mark in _around(free.get(words, ()), start)
        if (heard & 3 == packed & 3 or not (heard & 3 and packed & 3))
        and abs(since - start) <= (_CLOSE if heard >> 2 else _VAGUE) * 1000
    ]
    used: set[int] = set()
    known: set[int] = set()
    for _, mark, place in sorted(pairs):
        if mark not in used and place not in known:
            used.add(mark)
            known.add(place)
    return known


def _around(marks: Sequence[tuple[int, int, int]], start: int) -> Sequence[tuple[int, int, int]]:
    """The nearest of them, and not more than a few: nobody says the same a hundred times."""
    place = bisect_left(marks, (start, 0, 0))
    return marks[max(place - 16, 0) : place + 16]
