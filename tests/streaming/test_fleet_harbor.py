"""Who may make a channel, and when (C5-36). The channels are a plain object on a virtual clock:

the REST calls behind them have their own tests, the fleet has its own against the simulator.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from math import inf

import pytest
from attrs import define, field, frozen

from genesys_sentiment.clock import Clock, VirtualClock
from genesys_sentiment.errors import AuthError, ConnectionLost, NotFound, RateLimited
from genesys_sentiment.model.events import Gap, TopicRefused
from genesys_sentiment.model.wire import Channel, Token
from genesys_sentiment.streaming.fleet import Fleet
from genesys_sentiment.streaming.fleet_budget import Budget
from genesys_sentiment.streaming.fleet_harbor import Berth, Harbor
from genesys_sentiment.streaming.scripted import Scripted
from genesys_sentiment.streaming.transport import Transport
from tests.streaming.toys import ONE_SECOND, Lines, Toy


@frozen
class Answer:
    """Everything is permitted."""

    permitted: Sequence[str]
    refused: Sequence[TopicRefused] = ()


@define
class Dock:
    """Channels that are there, with their topics; ``errors`` are what listing raises first."""

    clock: Clock
    there: dict[str, tuple[str, ...]] = field(factory=dict)
    made: int = 0
    errors: list[Exception] = field(factory=list)
    times: list[float] = field(factory=list)

    async def create(self) -> Channel:
        """Another one."""
        self.made += 1
        self.there[f"ours-{self.made}"] = ()
        return Channel(id=f"ours-{self.made}", connect_uri="wss://h")

    async def list(self) -> tuple[Channel, ...]:
        """All."""
        if self.errors:
            raise self.errors.pop(0)
        return tuple(Channel(id=each, connect_uri="wss://h") for each in self.there)

    async def topics(self, channel: Channel) -> tuple[str, ...]:
        """Its topics."""
        return self.there[channel.id]

    async def clear(self, channel: Channel) -> None:
        """No topics."""
        self.there[channel.id] = ()

    async def add(self, channel: Channel, topics: Sequence[str]) -> Answer:
        """More topics."""
        return await self.replace(channel, topics)

    async def replace(self, channel: Channel, topics: Sequence[str]) -> Answer:
        """These topics."""
        self.times.append(self.clock.monotonic())
        if channel.id not in self.there:
            raise NotFound("gone", status=404)
        self.there[channel.id] = tuple(topics)
        return Answer(tuple(topics))


@define
class Handed:
    """Hands out the token it has."""

    value: str = "first"

    async def get(self, refused: str | None = None) -> Token:
        """That one."""
        return Token(value=self.value, expires=inf)


@define
class Leaps:
    """A clock on which whoever sleeps has slept at the next turn of the loop."""

    now: float = 0.0

    def monotonic(self) -> float:
        """Seconds slept so far."""
        return self.now

    def wall(self) -> float:
        """The same."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """At once, after the others had their turn."""
        due = self.now + seconds
        await asyncio.sleep(0)
        self.now = max(self.now, due)


@define
class Rig:
    """A harbor with one berth whose channel is made."""

    clock: Leaps = field(factory=Leaps)
    tokens: Handed = field(factory=Handed)
    in_use: bool = False
    told: list[bool] = field(factory=list)

    async def begin(self, others: int, *, reclaim: bool = False) -> tuple[Dock, Harbor, Berth]:
        """Others' channels are there first, each with a topic."""
        dock = Dock(self.clock, {f"theirs-{number}": ("t",) for number in range(others)})
        budget = Budget(6_000)
        harbor = Harbor(dock, self.tokens, self.clock, budget, spacing=1.0, reclaim=reclaim)
        assert await harbor.reserve(1) == 1
        berth = harbor.berth(lambda: self.in_use, self.told.append)
        await berth.create()
        return dock, harbor, berth


async def test_no_more_is_granted_than_there_is_room_for() -> None:
    _, harbor, _ = await Rig().begin(15)
    assert await harbor.reserve(9) == 4
    assert await harbor.reserve(1) == 0


async def test_what_is_left_over_counts_for_nothing() -> None:
    dock, harbor, _ = await Rig().begin(19)
    assert await harbor.reserve(1) == 0
    dock.there["theirs-3"] = dock.there["theirs-5"] = ()
    assert await harbor.reserve(9) == 2


async def test_reclaiming_counts_our_own_only() -> None:
    _, harbor, _ = await Rig().begin(20, reclaim=True)
    assert await harbor.reserve(40) == 19


async def test_a_successor_is_made_beside_the_present_channel_where_there_is_room() -> None:
    """Both are counted as long as both may be read."""
    rig = Rig()
    _, harbor, berth = await rig.begin(18)
    rig.in_use = True
    before = berth.channel
    assert await berth.create() != before
    assert await harbor.reserve(1) == 0
    rig.clock.now += 61.0
    assert await harbor.reserve(1) == 1


async def test_without_room_the_present_channel_is_read_on() -> None:
    """The stream asks again later: this is no reason to end."""
    rig = Rig()
    dock, _, berth = await rig.begin(19)
    rig.in_use = True
    with pytest.raises(RateLimited) as caught:
        await berth.create()
    assert caught.value.retry_after == 60.0
    assert (dock.made, rig.told) == (1, [])


async def test_one_whose_channel_is_gone_waits_for_room() -> None:
    """C5-36: nobody is evicted in turn. That it waits is told once."""
    rig = Rig()
    dock, _, berth = await rig.begin(19)
    del dock.there["ours-1"]
    dock.there["theirs-19"] = ("t",)
    waiting = asyncio.create_task(berth.create())
    async with asyncio.timeout(20):
        while rig.clock.monotonic() < 200.0:
            await asyncio.sleep(0)
    assert not waiting.done()
    assert (dock.made, rig.told) == (1, [False])
    del dock.there["theirs-19"]
    assert (await waiting).id == "ours-2"
    assert rig.told == [False, True]


async def test_calls_of_one_channel_are_a_second_apart() -> None:
    rig = Rig()
    dock, _, berth = await rig.begin(0)
    assert berth.channel is not None
    await asyncio.gather(*(berth.add(berth.channel, ["t"]) for _ in range(4)))
    assert dock.times == pytest.approx([0.0, 1.0, 2.0, 3.0], abs=0.2)


@pytest.mark.parametrize(
    ("token", "later", "evicted"),
    [("first", 60.0, True), ("second", 60.0, False), ("first", 24 * 3600.0 + 1, False)],
)
async def test_only_what_nothing_else_explains_is_an_eviction(
    token: str, later: float, evicted: bool
) -> None:
    """A channel ends with its token, and 24 h after its last subscription."""
    rig = Rig()
    dock, _, berth = await rig.begin(0)
    assert berth.channel is not None
    await berth.replace(berth.channel, ["t"])
    dock.there.clear()
    rig.tokens.value = token
    rig.clock.now += later
    with pytest.raises(NotFound):
        await berth.replace(berth.channel, ["t"])
    assert berth.evicted is evicted


def fleet_on(dock: Dock, transport: Transport | None = None) -> Fleet:
    """In a language that tests can read, on sockets that say nothing."""
    topics = [f"v2.conversations.c{number}.transcription" for number in range(3)]
    return Fleet(
        Toy(uses_channel=True),
        transport or Lines(),
        channels=dock,
        topics=topics,
        options=ONE_SECOND,
        clock=dock.clock,
    )


async def test_channels_that_cannot_be_listed_are_listed_later() -> None:
    """At the time that the platform named, and never before five seconds."""
    clock = VirtualClock()
    dock = Dock(clock, errors=[RateLimited("wait", retry_after=40.0), RateLimited("wait")])
    async with fleet_on(dock) as fleet:
        await fleet.ready()
        assert clock.monotonic() == pytest.approx(45.5, abs=0.6)
        assert (fleet.channels, dock.made) == (1, 1)
        assert len(dock.there["ours-1"]) == 3
    assert not dock.there["ours-1"]


async def test_refused_credentials_end_it_before_it_begins() -> None:
    dock = Dock(VirtualClock(), errors=[AuthError("the client secret is wrong")])
    async with fleet_on(dock) as fleet:
        with pytest.raises(AuthError):
            await anext(fleet)
        await fleet.ready()
        assert fleet.state == "done"


async def test_a_stall_before_an_eviction_is_in_the_gap() -> None:
    """C5-36: the gap begins where the last answered ping was sent, not with the last frame.

    The network stalls, a little of what it held back comes, and then the channel is gone, without
    room for another one: what is told then is told before there is a connection again.
    """
    end = ConnectionLost("x", host="h", code=1006)
    script = Scripted([31.0, "pong", 40.0, "u1", 1.0, end], [30.0])
    dock = Dock(script.clock)
    async with fleet_on(dock, script) as fleet:
        await fleet.ready()
        dock.there = {f"theirs-{number}": ("t",) for number in range(20)}
        gaps: list[Gap] = []
        while len(gaps) < 6:
            event = await anext(fleet)
            if isinstance(event, TopicRefused):
                dock.there.clear()  # there is room now
            elif isinstance(event, Gap):
                gaps.append(event)
    began = script.clock.wall() - script.clock.monotonic()
    first, again = gaps[:3], gaps[3:]
    assert {each.reason for each in gaps} == {"evicted"}
    assert {each.since - began for each in first} == {29.0}, "a ping was sent after 30 s"
    assert {each.since for each in again} == {each.until for each in first}
    assert {each.conversation for each in again} == {"c0", "c1", "c2"}
