"""One channel of a fleet: a stream whose events go where those of all the others go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TypeAlias

from attrs import evolve

from genesys_sentiment.model.events import Event, Gap, TopicRefused
from genesys_sentiment.streaming.buffer import Buffer
from genesys_sentiment.streaming.companions import Outlet
from genesys_sentiment.streaming.counters import Counters
from genesys_sentiment.streaming.fleet_harbor import Berth, Harbor
from genesys_sentiment.streaming.fleet_placement import conversation_of
from genesys_sentiment.streaming.fleet_plan import Share
from genesys_sentiment.streaming.stream import Stream

Ended: TypeAlias = Callable[[BaseException | None], None]
MakeStream: TypeAlias = "Callable[[Part], Stream]"


class Prompt:
    """A companion that makes a stream look at its plan, which somebody else has changed."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()

    def observe(self, event: Event) -> None:
        """Nothing to note."""

    async def run(self, outlet: Outlet) -> None:
        """Prompt the stream's connections until cancelled."""
        while True:
            await self.changed.wait()
            self.changed.clear()
            outlet.tell(())


class PartBuffer(Buffer):
    """One part's way into the buffer of all.

    ``about`` says what a gap of this part means for the whole, ``ended`` hears of its end.
    """

    def __init__(
        self,
        whole: Buffer,
        counters: Counters,
        about: Callable[[Gap], Iterable[Event]],
        ended: Ended,
    ) -> None:
        # Nothing of its own: what is kept, and waited for, is kept by the whole.
        self._whole = whole
        self._put = whole.put
        self._gaps = counters
        self._about = about
        self._ended_by = ended
        self.over = False

    @property
    def full(self) -> bool:
        """Whether the whole is."""
        return self._whole.full

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of this part."""
        return self.over or self._whole.ended

    async def room(self) -> None:
        """Wait for room in the whole."""
        await self._whole.room()

    def put(self, event: Event, size: int, now: float) -> None:
        """Add an event; a gap of the part becomes gaps of what the part reads."""
        if type(event) is not Gap or event.conversation is not None:
            self._put(event, size, now)
            return
        self._gaps.gaps -= 1
        for each in self._about(event):
            self._gaps.gaps += 1
            self._put(each, size, now)
            size = 0

    async def get(self) -> Event:
        """The next event of the whole."""
        return await self._whole.get()

    def poll(self) -> Event | None:
        """The next event of the whole, if there is one."""
        return self._whole.poll()

    def end(self, error: BaseException | None = None) -> None:
        """Nothing more will come of this part. The first call counts."""
        if not self.over:
            self.over = True
            self._ended_by(error)

    def __len__(self) -> int:
        return len(self._whole)


class Part:
    """A stream, its share of the topics, and its channels.

    A gap of its line concerns the conversations it reads, and everybody where it also reads
    queues or users: what is told of conversations there is missing as well.
    """

    def __init__(
        self,
        share: Share,
        harbor: Harbor,
        whole: Buffer,
        counters: Counters,
        ended: Ended,
        make: MakeStream,
    ) -> None:
        self.share = share
        self.prompt = Prompt()
        self.berth: Berth = harbor.berth(self._is_open, self._available)
        self.buffer = PartBuffer(whole, counters, self._about, ended)
        self._harbor = harbor
        self._whole = whole
        self._counters = counters
        self._told = 0.0
        self.stream: Stream = make(self)

    def _is_open(self) -> bool:
        return self.stream.state == "open"

    def _about(self, gap: Gap) -> Iterable[Event]:
        reason = "evicted" if self.berth.evicted else gap.reason
        self.berth.evicted = False
        since = min(max(gap.since, self._told), gap.until)
        gap = evolve(gap, reason=reason, since=since)
        if self.share.discovers:
            return (gap,)
        return [evolve(gap, conversation=each) for each in self.share.conversations]

    def _available(self, there: bool) -> None:
        self.share.available(there)
        if not there:
            self._lost()

    def _lost(self) -> None:
        """The channel is gone for an unknown time: that is said now, not when it is over."""
        now = self._harbor.clock.wall()
        whole = self.stream.whole_until
        since = now if whole is None else min(whole, now)
        evicted = self.berth.evicted
        self.buffer.put(Gap(reason="disconnected", since=since, until=now), 0, now)
        self._counters.gaps += 1
        self.berth.evicted, self._told = evicted, now
        refused = [no_room_for(topic, now) for topic in self.share.wanted]
        self._counters.refused += len(refused)
        for each in refused:
            self._whole.put(each, 0, now)


def no_room_for(topic: str, now: float) -> TopicRefused:
    """A topic that no channel has room for. ``now``: seconds since the epoch."""
    return TopicRefused(
        topic=topic, reason="no_room", conversation=conversation_of(topic), received=now
    )
