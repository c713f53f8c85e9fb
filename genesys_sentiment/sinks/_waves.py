"""How a batch is sent in parts and each conversation stays in order. Pure: no I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from genesys_sentiment.errors import Failure, SinkFailed
from genesys_sentiment.model.entries import Entry

HELD_BACK: Final = "held_back"
"""The reason of an entry that was not tried, behind one of its conversation that failed."""


class Waves:
    """A batch in waves: the first entry of every conversation, then the second of each, and so on.

    Iterating gives the places of each wave in the batch, in order. Whatever is sent at once may be
    any part of one wave, and before the next wave comes up, its result is told by :meth:`failed`.
    What is behind a failed one does not come up.
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._lanes = [each.lane for each in entries]
        self._failures: dict[int, Failure] = {}
        self._broken: set[str] = set()
        self._waves: list[list[int]] = []
        seen: Counter[str] = Counter()
        for place, lane in enumerate(self._lanes):
            if seen[lane] == len(self._waves):
                self._waves.append([])
            self._waves[seen[lane]].append(place)
            seen[lane] += 1

    def __iter__(self) -> Iterator[list[int]]:
        for wave in self._waves:
            free = [place for place in wave if self._lanes[place] not in self._broken]
            for place in wave:
                if self._lanes[place] in self._broken:
                    self._failures[place] = Failure(place, HELD_BACK, tried=False)
            if free:
                yield free

    def failed(self, failure: Failure) -> None:
        """One entry did not go through."""
        self._failures[failure.index] = failure
        self._broken.add(self._lanes[failure.index])

    def settle(self) -> None:
        """The end of the batch: raises SinkFailed for what did not go through, if anything."""
        if self._failures:
            raise SinkFailed(self._failures[place] for place in sorted(self._failures))
