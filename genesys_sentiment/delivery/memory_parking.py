"""Entries that wait for another try, by conversation. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush
from operator import attrgetter

from attrs import evolve

from genesys_sentiment.delivery.log import Parked
from genesys_sentiment.model.entries import Entry

_BY_SEQUENCE = attrgetter("entry.sequence")


class Parking:
    """A conversation is due when the first of its entries is; without a time, that is now."""

    def __init__(self) -> None:
        self._held: dict[int, Parked] = {}
        self._lanes: dict[str, list[Parked]] = {}
        # Times that no longer hold are left in it and skipped when their turn comes.
        self._times: list[tuple[float, str]] = []
        self.size = 0

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, sequence: object) -> bool:
        return sequence in self._held

    @property
    def lanes(self) -> frozenset[str]:
        """Every lane that something is parked of."""
        return frozenset(self._lanes)

    def add(self, parked: Iterable[Parked]) -> None:
        """Park; what is parked already is replaced."""
        several = list(parked)
        self.remove([each.entry for each in several])
        for each in several:
            lane = self._lanes.setdefault(each.entry.lane, [])
            lane.append(each)
            if len(lane) > 1 and lane[-2].entry.sequence > each.entry.sequence:
                lane.sort(key=_BY_SEQUENCE)
            self._held[each.entry.sequence] = each
            self.size += len(each.entry.body)
        for name in {each.entry.lane for each in several}:
            self._schedule(name)

    def remove(self, entries: Iterable[Entry]) -> None:
        """Let those go that are parked."""
        gone = [each for each in entries if self._held.pop(each.sequence, None) is not None]
        numbers = {each.sequence for each in gone}
        self.size -= sum(len(each.body) for each in gone)
        for name in {each.lane for each in gone}:
            left = [each for each in self._lanes[name] if each.entry.sequence not in numbers]
            if left:
                self._lanes[name] = left
                self._schedule(name)
            else:
                del self._lanes[name]

    def due(self, now: float, limit: int) -> Sequence[Parked]:
        """At most ``limit`` entries of lanes that are due, the one that is due longest first."""
        found: list[Parked] = []
        seen: dict[str, tuple[float, str]] = {}
        while len(found) < limit and (first := self._first()) is not None and first[0] <= now:
            heappop(self._times)
            if first[1] not in seen:
                seen[first[1]] = first
                found += self._lanes[first[1]][: limit - len(found)]
        for each in seen.values():
            heappush(self._times, each)
        return found

    def next_due(self) -> float | None:
        """When the first lane is due, None if none is parked."""
        first = self._first()
        return None if first is None else first[0]

    def hurry(self, now: float) -> None:
        """All is due now."""
        for lane in self._lanes.values():
            lane[:] = [_hurried(each, now) for each in lane]
            self._held.update((each.entry.sequence, each) for each in lane)
        self._times = []
        for name in self._lanes:
            self._schedule(name)

    def _schedule(self, name: str) -> None:
        if len(self._times) > 4 * len(self._lanes) + 64:
            self._times = [(self._due(each), each) for each in self._lanes]
            heapify(self._times)
        else:
            heappush(self._times, (self._due(name), name))

    def _due(self, name: str) -> float:
        return self._lanes[name][0].due or 0.0

    def _first(self) -> tuple[float, str] | None:
        while self._times:
            due, name = self._times[0]
            if name in self._lanes and self._due(name) == due:
                return self._times[0]
            heappop(self._times)
        return None


def _hurried(one: Parked, now: float) -> Parked:
    return one if one.due is None or one.due <= now else evolve(one, due=now)
