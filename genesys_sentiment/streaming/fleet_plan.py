"""One plan, spread over the channels of a fleet. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from genesys_sentiment.model.events import Event, StateChange
from genesys_sentiment.streaming.fleet_placement import Placement, conversation_of
from genesys_sentiment.streaming.plan import Following, Plan

DROPS = 30.0
"""Seconds that topics which nobody wants any more may stay. Dropping them takes a call on every
channel, and those that subscribe what is new are in a hurry."""


class Spread:
    """A plan whose topics lie on several channels; a ``Share`` is what one of them has.

    It is a plan itself, for whoever deals with all of it. ``notify`` is called when the plan may
    have changed: ``distribute`` then.
    """

    def __init__(self, whole: Plan, placement: Placement, notify: Callable[[], None]) -> None:
        self._whole = whole
        self._notify = notify
        self._version: int | None = None
        self._behind: dict[int, float] = {}
        self.placement = placement
        self.shares: list[Share] = []

    @property
    def wanted(self) -> Collection[str]:
        """The topics of all channels, and those that have no place."""
        return self._whole.wanted

    @property
    def version(self) -> int:
        """The whole plan's."""
        return self._whole.version

    @property
    def deadline(self) -> float | None:
        """The whole plan's."""
        return self._whole.deadline

    def observe(self, change: StateChange, now: float) -> Sequence[Event]:
        """A conversation changed, on whatever channel that was told."""
        told = self._whole.observe(change, now)
        self._look()
        return told

    def heard(self, conversation: str, now: float) -> None:
        """Something was said in a conversation."""
        self._whole.heard(conversation, now)

    def discovered(
        self, conversations: Iterable[Following], now: float, whole: float | None = None
    ) -> None:
        """These conversations are going on."""
        self._whole.discovered(conversations, now, whole)
        self._look()

    def subscribed(self, topics: Collection[str], wall: float) -> Sequence[Event]:
        """These topics of one channel are subscribed."""
        return self._whole.subscribed(topics, wall)

    def tick(self, now: float) -> None:
        """Time has passed."""
        self._whole.tick(now)
        self._look()

    def open(self) -> Share:
        """There is another channel: its share, empty until topics are distributed."""
        share = Share(self, self.placement.open())
        self.shares.append(share)
        return share

    @property
    def due(self) -> float | None:
        """When topics should be distributed although nothing changed; None for not at all."""
        return min(self._behind.values(), default=None)

    def distribute(self, now: float) -> Collection[int]:
        """Give channels their topics; the numbers of those where that changed something.

        One that only loses topics waits until it also gains some, or for ``DROPS`` seconds.
        """
        self._version = self._whole.version
        for channel in self.placement.update(self._whole.wanted):
            self._behind.setdefault(channel, now + DROPS)
        changed = []
        for channel, due in tuple(self._behind.items()):
            topics, share = self.placement.topics(channel), self.shares[channel]
            if due <= now or not share.holds(topics):
                del self._behind[channel]
                share.assign(topics)
                changed.append(channel)
        return changed

    def look_again(self) -> None:
        """There is more room, or less, than there was."""
        self._notify()

    def _look(self) -> None:
        if self._whole.version != self._version:
            self._notify()


class Share:
    """One channel's topics, as a plan. The ``lead`` keeps the whole plan's time."""

    def __init__(self, spread: Spread, channel: int) -> None:
        self._spread = spread
        self._channel = channel
        self._lead = channel == 0
        self._live: Collection[str] = ()
        self._held: frozenset[str] = frozenset()
        self.wanted: Collection[str] = ()
        self.version = 0
        self.discovers = False

    @property
    def deadline(self) -> float | None:
        """When the whole plan wants to be called."""
        return self._spread.deadline if self._lead else None

    @property
    def conversations(self) -> tuple[str, ...]:
        """The conversations whose topics were subscribed on this channel and are wanted still."""
        live = frozenset(self._live)
        named = (conversation_of(topic) for topic in self.wanted if topic in live)
        return tuple(dict.fromkeys(each for each in named if each is not None))

    def holds(self, topics: Iterable[str]) -> bool:
        """Whether these topics are its topics, or some of them."""
        return self._held.issuperset(topics)

    def assign(self, topics: tuple[str, ...]) -> None:
        """These are the channel's topics from now on."""
        self.wanted = topics
        self._held = frozenset(topics)
        self.version += 1
        self.discovers = any(conversation_of(topic) is None for topic in topics)

    def available(self, there: bool) -> None:
        """The channel cannot be had for now, or is ``there`` again: new topics go by that."""
        if there:
            self._spread.placement.shut.discard(self._channel)
        else:
            self._spread.placement.shut.add(self._channel)
        self._spread.look_again()

    def observe(self, change: StateChange, now: float) -> Sequence[Event]:
        """A conversation changed."""
        return self._spread.observe(change, now)

    def heard(self, conversation: str, now: float) -> None:
        """Something was said in a conversation."""
        self._spread.heard(conversation, now)

    def discovered(
        self, conversations: Iterable[Following], now: float, whole: float | None = None
    ) -> None:
        """These conversations are going on."""
        self._spread.discovered(conversations, now, whole)

    def subscribed(self, topics: Collection[str], wall: float) -> Sequence[Event]:
        """These topics are subscribed on the channel."""
        self._live = frozenset(topics)
        return self._spread.subscribed(topics, wall)

    def tick(self, now: float) -> None:
        """Time has passed."""
        if self._lead:
            self._spread.tick(now)
