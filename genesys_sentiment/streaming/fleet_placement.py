"""Which topic goes to which channel of a fleet. Pure: no I/O.

What was placed never moves: topics that leave one channel for another would be missed, or come
twice, on the way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from math import ceil

from genesys_sentiment.dialects.topics import split

_CONVERSATION = re.compile(r"\.conversations?\.([A-Za-z0-9-]*[0-9][A-Za-z0-9-]*)(?=[.?])")
"""An id has digits (a UUID without any is one of 10¹³); ``conversations.calls`` names a medium."""


def conversation_of(topic: str) -> str | None:
    """The conversation that a topic is about; None for one of a queue, a user or anything else."""
    found = _CONVERSATION.search(topic)
    return found[1] if found else None


def group_of(topic: str) -> str:
    """What keeps a topic together with others: its conversation, else what it can be combined with.

    The topics of one conversation share a channel, so that their events keep their order.
    """
    conversation = conversation_of(topic)
    if conversation is not None:
        return conversation
    stem, _, last = topic.rpartition(".")
    return stem if stem and last.isalpha() else topic


class Placement:
    """Spreads topics over at most ``channels`` channels of ``room`` topics each.

    Topics of no conversation go to the first channel that has room: it is enough then to discover
    conversations there. Conversations go to the emptiest, and those that follow go there as well,
    until it has a twentieth of the room more than the emptiest: what comes together is subscribed
    by one call. Each single topic counts, also where
    several are subscribed as one: whether the platform counts those once is not confirmed.

    ``growth``: topics that a channel keeps free for the conversations it has, while others can be
    opened; None is a twentieth of the room. ``exhausted``: no further channel can be had now, so
    that nothing is kept free. ``shut``: channels that cannot be had for now: they keep what they
    have and get nothing more.
    """

    def __init__(self, *, channels: int, room: int = 1000, growth: int | None = None) -> None:
        self._channels = channels
        self._room = room
        self._growth = room // 20 if growth is None else growth
        self._known: dict[str, tuple[str, ...]] = {}
        self._groups: dict[str, dict[str, int]] = {}
        self._homes: dict[str, int] = {}
        self._loads: list[int] = []
        self._placed: list[dict[str, tuple[str, ...]]] = []
        self._waiting: dict[str, tuple[str, ...]] = {}
        self._latest = 0
        self.exhausted = False
        self.shut: set[int] = set()

    @property
    def opened(self) -> int:
        """How many channels there are."""
        return len(self._loads)

    @property
    def loads(self) -> Sequence[int]:
        """How many topics each channel has."""
        return tuple(self._loads)

    @property
    def waiting(self) -> tuple[str, ...]:
        """The topics that have no place, in the order in which they are wanted."""
        return tuple(topic for topics in self._waiting.values() for topic in topics)

    @property
    def needed(self) -> int:
        """How many more channels would give a place to those that wait; the first is always."""
        sizes = [
            len(topics)
            for group, topics in self._waiting.items()
            if group not in self._homes and len(topics) <= self._usable
        ]
        more = ceil(sum(sizes) / self._usable)
        return min(max(more, not self.opened), self._channels - self.opened)

    def topics(self, channel: int) -> tuple[str, ...]:
        """What a channel has, longest placed first."""
        return tuple(topic for topics in self._placed[channel].values() for topic in topics)

    def open(self) -> int:
        """There is another channel, empty; its number."""
        if self.opened == self._channels:
            raise ValueError(f"{self._channels} channels are all there are")
        self._loads.append(0)
        self._placed.append({})
        return self.opened - 1

    def update(self, wanted: Iterable[str]) -> frozenset[int]:
        """These topics are wanted and no others; the channels that this changed.

        Raises ConfigurationError for what cannot be a topic.
        """
        changed: set[int] = set()
        touched = self._compare(dict.fromkeys(wanted))
        for group in touched:
            if group in self._homes:
                self._shrink(group, changed)
        # Those that waited before come first, in their order.
        for group in dict.fromkeys((*self._waiting, *touched)):
            self._waiting.pop(group, None)
            topics = tuple(self._groups.get(group, ()))
            if topics and group in self._homes:
                self._grow(group, topics, changed)
            elif topics:
                self._settle(group, topics, changed)
        return frozenset(changed)

    def _compare(self, wanted: Mapping[str, None]) -> Iterable[str]:
        """Note what is new and what is gone; the groups that this touches."""
        touched: dict[str, None] = {}
        # Of 20,000 topics few change at a time: only those are looked at closely.
        new = {topic: split(topic) for topic in wanted if topic not in self._known}
        for topic in self._known.keys() - wanted.keys():
            for single in self._known.pop(topic):
                group = group_of(single)
                touched[group] = None
                topics = self._groups[group]
                topics[single] -= 1
                if not topics[single]:
                    del topics[single]
                if not topics:
                    del self._groups[group]
        self._known.update(new)
        for singles in new.values():
            for single in singles:
                group = group_of(single)
                touched[group] = None
                topics = self._groups.setdefault(group, {})
                topics[single] = topics.get(single, 0) + 1
        return touched

    def _shrink(self, group: str, changed: set[int]) -> None:
        home, topics = self._homes[group], self._groups.get(group, {})
        held = self._placed[home][group]
        kept = tuple(topic for topic in held if topic in topics)
        if kept != held:
            self._put(group, home, kept, changed)

    def _grow(self, group: str, topics: tuple[str, ...], changed: set[int]) -> None:
        home = self._homes[group]
        held = self._placed[home][group]
        new = tuple(topic for topic in topics if topic not in held)
        free = 0 if home in self.shut else self._room - self._loads[home]
        if new[:free]:
            self._put(group, home, (*held, *new[:free]), changed)
        if new[free:]:
            self._waiting[group] = new[free:]

    def _settle(self, group: str, topics: tuple[str, ...], changed: set[int]) -> None:
        """A group that has no place yet gets one, as a whole."""
        fit = [
            channel
            for channel, load in enumerate(self._loads)
            if load + len(topics) <= self._limit and channel not in self.shut
        ]
        if not fit:
            self._waiting[group] = topics
            return
        home = fit[0]
        if conversation_of(topics[0]) is not None:
            home = self._latest = self._emptiest(fit)
        self._put(group, home, topics, changed)

    def _emptiest(self, fit: Sequence[int]) -> int:
        least = min(fit, key=self._loads.__getitem__)
        near = self._loads[self._latest] < self._loads[least] + self._room // 20
        return self._latest if near and self._latest in fit else least

    def _put(self, group: str, home: int, topics: tuple[str, ...], changed: set[int]) -> None:
        """A group has these topics on a channel; none, and it has no place there any more."""
        placed = self._placed[home]
        self._loads[home] += len(topics) - len(placed.get(group, ()))
        if topics:
            placed[group] = topics
            self._homes[group] = home
        else:
            del placed[group], self._homes[group]
        changed.add(home)

    @property
    def _usable(self) -> int:
        """What a new channel takes, as long as it is not the last one."""
        return max(self._room - self._growth, 1)

    @property
    def _limit(self) -> int:
        full = self.exhausted or self.opened == self._channels
        return self._room if full else self._usable
