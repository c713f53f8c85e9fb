"""Which topics a stream wants, now and as conversations come and go. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from attrs import frozen

from genesys_sentiment.model.events import Event, StateChange

_LOOK = 0.25
"""Seconds."""


@frozen
class Following:
    """A conversation that is going on. ``since``: seconds since the epoch, None if not known."""

    conversation: str
    since: float | None = None


class Plan(Protocol):
    """Decides what is subscribed. ``now`` is monotonic seconds, ``wall`` seconds since the epoch.

    ``version`` grows whenever ``wanted`` changes. ``deadline`` is when ``tick`` wants to be
    called, None for never.
    """

    @property
    def wanted(self) -> Collection[str]: ...
    @property
    def version(self) -> int: ...
    @property
    def deadline(self) -> float | None: ...

    def observe(self, change: StateChange, now: float) -> Sequence[Event]:
        """A conversation changed; returns what the reader should know of it, beside that."""
        ...

    def heard(self, conversation: str, now: float) -> None:
        """Something was said in a conversation."""
        ...

    def discovered(
        self, conversations: Iterable[Following], now: float, whole: float | None = None
    ) -> None:
        """These conversations are going on. ``whole``: until when nothing had been missed.

        That is seconds since the epoch on our own clock; None when this is the beginning.
        """
        ...

    def subscribed(self, topics: Collection[str], wall: float) -> Sequence[Event]:
        """These topics are subscribed from now on; returns what the reader should know of it."""
        ...

    def tick(self, now: float) -> None:
        """Time has passed."""
        ...


class FixedPlan:
    """The same topics for ever."""

    version: int = 0
    deadline: float | None = None

    def __init__(self, topics: Iterable[str]) -> None:
        self.wanted: Collection[str] = tuple(dict.fromkeys(topics))

    def observe(self, change: StateChange, now: float) -> Sequence[Event]:
        """Nothing to say of it."""
        return ()

    def heard(self, conversation: str, now: float) -> None:
        """Changes nothing."""

    def discovered(
        self, conversations: Iterable[Following], now: float, whole: float | None = None
    ) -> None:
        """Changes nothing."""

    def subscribed(self, topics: Collection[str], wall: float) -> Sequence[Event]:
        """Nothing to say of it."""
        return ()

    def tick(self, now: float) -> None:
        """Changes nothing."""


class TopicList(FixedPlan):
    """Topics that the caller adds and removes while a stream runs.

    The stream looks for changes four times a second.
    """

    def __init__(self, topics: Iterable[str] = ()) -> None:
        super().__init__(topics)
        self.version = 0
        self.deadline: float | None = 0.0

    def add(self, *topics: str) -> None:
        """Want these as well."""
        self._set(tuple(dict.fromkeys((*self.wanted, *topics))))

    def remove(self, *topics: str) -> None:
        """Want these no longer; those that were not wanted change nothing."""
        self._set(tuple(topic for topic in self.wanted if topic not in topics))

    def tick(self, now: float) -> None:
        """Time to look again."""
        self.deadline = now + _LOOK

    def _set(self, wanted: tuple[str, ...]) -> None:
        if wanted != self.wanted:
            self.wanted = wanted
            self.version += 1
