"""One channel takes over from another: days of virtual time, every utterance accounted for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from attrs import define, field, frozen

from genesys_sentiment.errors import AuthError, ConnectionFailed, ConnectionLost
from genesys_sentiment.model.events import Event, Gap, StateChange, Utterance
from genesys_sentiment.model.wire import (
    CommunicationState,
    ParticipantState,
    Snapshot,
    WireMessage,
)
from genesys_sentiment.streaming.stream import Stream
from tests.streaming.platform import Channelled, Platform
from tests.streaming.toys import ONE_SECOND, Toy, names

HOUR = 3600.0


@define
class Run:
    """A stream of a platform, read to the end."""

    platform: Platform
    stream: Stream
    events: list[Event] = field(factory=list)

    @property
    def heard(self) -> list[str]:
        """The utterances, in order."""
        return [each.utterance for each in self.events if isinstance(each, Utterance)]

    @property
    def gaps(self) -> list[Gap]:
        """The gaps, in order."""
        return [each for each in self.events if isinstance(each, Gap)]

    async def read(self) -> None:
        """Keep everything."""
        async for event in self.stream:
            self.events.append(event)


@asynccontextmanager
async def running(
    platform: Platform, dialect: Toy | None = None, topics: Sequence[str] = ("a",)
) -> AsyncIterator[Run]:
    stream = Stream(
        dialect or Channelled(),
        platform,
        tokens=platform,
        channels=platform,
        topics=topics,
        options=ONE_SECOND,
        clock=platform.clock,
    )
    run = Run(platform, stream)
    async with stream:
        await platform.clock.elapse(platform.slow)
        await stream.ready()
        reader = asyncio.create_task(run.read())
        yield run
        await stream.close()
        await reader
    assert stream.counters.problems() == ()
    assert all(each.closed is not None for each in platform.wires)


def whole(run: Run, connections: int) -> None:
    """Every utterance came once, in order, and nothing says that any is missing."""
    assert run.heard == run.platform.said
    assert run.gaps == []
    assert run.stream.counters.connections == connections


async def test_three_days() -> None:
    """C3 Rollover, C4 last row: 23 h of each channel, and each token 300 s before its end."""
    platform = Platform()
    async with running(platform) as run:
        await platform.run(72 * HOUR, every=40.0)
    whole(run, 7)
    lives = [wire.closed - wire.opened for wire in platform.wires if wire.closed is not None]
    assert max(lives) <= 23 * HOUR + 60.0
    ends = [wire.closed for wire in platform.wires]
    starts = [wire.opened for wire in platform.wires]
    assert all(
        end is not None and end >= start for end, start in zip(ends, starts[1:], strict=False)
    )
    assert len({wire.channel for wire in platform.wires}) == len(platform.wires)


@pytest.mark.parametrize("times", [1, 2, 30])
async def test_maintenance(times: int) -> None:
    """C4: socket_closing is make-before-break; announced twice, or thirty times, it is one."""
    platform = Platform()
    async with running(platform) as run:
        await platform.run(HOUR)
        old = platform.live[0]
        for _ in range(times):
            old.say("closing")
        await platform.run(60.0, every=0.25)
        assert (old.alive, len(platform.live)) == (False, 1)
        assert len({wire.channel for wire in platform.wires}) == 2
        await platform.run(HOUR)
    whole(run, 2)


async def test_what_is_on_its_way_on_the_old_connection() -> None:
    """It was said before the new one was subscribed, and comes a moment after."""
    platform = Platform()
    async with running(platform) as run:
        await platform.run(HOUR)
        platform.live[0].say("closing")
        await platform.run(0.5, every=0.25)
        assert [wire.alive for wire in platform.wires] == [True, True]
        platform.wires[0].say("u-late")
        await platform.run(60.0, every=0.25)
        platform.wires[0].say("u-much-later")
        await platform.run(1.0)
    assert sorted(run.heard) == sorted([*platform.said, "u-late"])
    assert run.gaps == []


async def test_a_successor_that_is_refused_for_a_while() -> None:
    """The old connection is read meanwhile; a channel that was made for it is made once."""
    platform = Platform(refusals=[None, 503, 503, 503])
    async with running(platform) as run:
        await platform.run(HOUR)
        platform.live[0].say("closing")
        await platform.run(60.0, every=0.25)
    whole(run, 2)
    assert [what for _, what, _ in platform.calls].count("create") == 2


async def test_a_successor_that_is_refused_to_the_end() -> None:
    """The old connection is used until it really ends; then a Gap says of what."""
    platform = Platform(refusals=[None, *[503] * 15])
    async with running(platform) as run:
        await platform.run(HOUR)
        old = platform.live[0]
        old.say("closing")
        await platform.run(10.0, every=0.25)
        ended = len(platform.said)
        assert run.heard == platform.said
        old.end()
        await platform.run(60.0, every=0.25)
    (gap,) = run.gaps
    assert (gap.reason, gap.since <= HOUR + 10.0 <= gap.until) == ("socket_closing", True)
    missing = [name for name in platform.said if name not in run.heard]
    assert missing
    assert missing == platform.said[ended : ended + len(missing)]
    assert run.heard == [name for name in platform.said if name not in missing]
    assert gap.until - gap.since >= len(missing) * 0.25


async def test_closing_is_announced_while_the_successor_opens() -> None:
    """One successor, whatever it was for."""
    platform = Platform(channel_life=2400.0)
    async with running(platform) as run:
        await platform.run(2290.0, every=10.0)
        platform.slow = 8.0
        await platform.run(14.0, every=0.25)
        assert (len(platform.attempts), len(platform.wires)) == (2, 1)
        platform.live[0].say("closing")
        await platform.run(30.0, every=0.25)
    whole(run, 2)


async def test_the_successor_is_closed_in_its_turn() -> None:
    """Maintenance goes round: closing is announced on the new connection during the overlap."""
    platform = Platform()
    async with running(platform) as run:
        await platform.run(HOUR)
        platform.greeting = "closing"
        platform.live[0].say("closing")
        await asyncio.sleep(0)
        await platform.run(1.0, every=0.25)
        platform.greeting = None
        assert len(platform.wires) >= 2
        await platform.run(60.0, every=0.25)
        assert len(platform.live) == 1
    whole(run, 3)


@pytest.mark.parametrize("how", ["closes", "is mute"])
async def test_the_successor_ends_during_the_overlap(how: str) -> None:
    """The old connection takes its place back, and another one is opened."""
    platform = Platform()
    async with running(platform) as run:
        await platform.run(HOUR)
        platform.live[0].say("closing")
        await platform.run(0.5, every=0.25)
        assert len(platform.live) == 2
        if how == "closes":
            platform.live[1].end(1011)
        else:
            platform.live[1].lost = ConnectionLost("x", host="h", code=1006)
            platform.wires[1].end()
        await platform.run(0.5, every=0.25)
        assert platform.wires[0].alive
        await platform.run(30.0, every=0.25)
        assert not platform.wires[0].alive
    whole(run, 3)


async def test_both_end_during_the_overlap() -> None:
    """Then there is nothing left, and a Gap."""
    platform = Platform()
    async with running(platform) as run:
        await platform.run(HOUR)
        platform.live[0].say("closing")
        await platform.run(0.5, every=0.25)
        for wire in platform.live:
            wire.end(1006)
        await platform.run(30.0, every=0.25)
    assert len(run.gaps) == 1
    assert run.heard == [name for name in platform.said if name in set(run.heard)]
    assert run.stream.counters.connections == 3


async def test_a_storm_of_closing_notes() -> None:
    """C3 Reconnect, C5-6: a platform that closes whatever it opens; nothing is lost for it."""
    platform = Platform(greeting="closing")
    async with running(platform) as run:
        await platform.run(HOUR, every=1.0)
    attempts = platform.attempts
    assert len(attempts) > 100
    busiest = max(
        sum(began <= each <= began + 300.0 - 1e-6 for each in attempts) for began in attempts
    )
    assert busiest <= 20
    assert run.heard == platform.said
    assert run.gaps == []


async def test_a_channel_that_lost_its_subscriptions() -> None:
    """``no_longer_subscribed``: what was said until the new one has them is missing, and said."""
    platform = Platform(slow=2.0)
    async with running(platform) as run:
        await platform.run(HOUR)
        before, then = len(platform.said), platform.clock.monotonic()
        platform.forget_topics()
        platform.live[0].say("gone")
        await platform.run(60.0, every=0.25)
    (gap,) = run.gaps
    missing = [name for name in platform.said if name not in run.heard]
    assert missing == platform.said[before : before + len(missing)]
    assert run.heard == [name for name in platform.said if name not in missing]
    assert gap.reason == "another_channel_subscribed"
    assert then - 2.0 <= gap.since <= then
    assert gap.until - gap.since >= len(missing) * 0.25
    at = run.events.index(gap)
    assert names(run.events[at - 1 : at + 2 : 2]) == [
        platform.said[before - 1],
        platform.said[before + len(missing)],
    ]


async def test_two_programs_that_take_each_others_subscriptions() -> None:
    """Bounded: at most 20 channels in five minutes."""
    platform = Platform(greeting="gone")
    async with running(platform) as run:
        await platform.run(1200.0, every=5.0)
    created = [at for at, what, _ in platform.calls if what == "create"]
    assert max(sum(b <= each < b + 300.0 for each in created) for b in created) <= 20
    assert run.gaps


async def test_a_revoked_token() -> None:
    """C5-8: another token and channel before the old one closes."""
    platform = Platform()
    async with running(platform) as run:
        await platform.run(HOUR)
        platform.live[0].say("revoked")
        await platform.run(10.0, every=0.25)
        platform.wires[0].end()
        await platform.run(60.0)
    whole(run, 2)
    assert platform.tokens == ["t1", "t2"]


async def test_a_revoked_token_whose_socket_closes_at_once() -> None:
    """There is no time to make before break: a Gap, and the token is not used again."""
    platform = Platform(slow=0.5)
    async with running(platform) as run:
        await platform.run(HOUR)
        platform.live[0].say("revoked")
        platform.live[0].end(1001)
        await platform.run(60.0, every=0.25)
    assert [gap.reason for gap in run.gaps] == ["token_revoked"]
    assert platform.tokens == ["t1", "t2"]


async def test_a_revoked_token_and_no_other_one() -> None:
    """C5-8: refused credentials are raised by the iterator, and not asked for again and again."""
    platform = Platform(token_error=AuthError("the client is disabled", status=401))
    stream = Stream(
        Channelled(),
        platform,
        tokens=platform,
        channels=platform,
        topics=["a"],
        options=ONE_SECOND,
        clock=platform.clock,
    )
    async with stream:
        await stream.ready()
        await platform.run(HOUR)
        platform.live[0].say("revoked")
        await platform.run(45.0)
        with pytest.raises(AuthError, match="disabled"):
            async for _ in stream:
                pass


async def test_a_revoked_token_and_a_login_that_is_down() -> None:
    """The old connection is read as long as it lives."""
    platform = Platform(token_error=ConnectionFailed("down", host="login"))
    async with running(platform) as run:
        await platform.run(HOUR)
        platform.live[0].say("revoked")
        await platform.run(120.0, every=0.25)
        platform.token_error = None
        await platform.run(300.0, every=1.0)
    whole(run, 2)


async def test_tokens_that_live_a_minute_and_channels_that_live_two() -> None:
    """What the platform says of the life of either counts."""
    platform = Platform(token_life=900.0, channel_life=240.0)
    async with running(platform) as run:
        await platform.run(0.5 * HOUR, every=1.25)
    assert run.heard == platform.said
    assert run.gaps == []
    assert 1800 / 240 <= run.stream.counters.connections <= 1800 / 240 * 2


async def test_a_thousand_topics() -> None:
    """C5-36: the successor is subscribed in one call; calls of a channel are a second apart."""
    topics = [f"v2.conversations.{number}.transcription" for number in range(1000)]
    platform = Platform()
    async with running(platform, topics=topics) as run:
        await platform.run(25 * HOUR, every=40.0)
    whole(run, 3)
    assert [(what, size) for _, what, size in platform.calls] == [
        ("create", 0),
        ("replace", 1000),
    ] * 3


async def test_leaving_at_every_step_of_a_handover() -> None:
    """C5-20, C5-25: whatever has been opened by then is closed, and nothing comes twice."""
    connections = set()
    for step in range(80):
        platform = Platform()
        async with running(platform) as run:
            await platform.run(60.0)
            platform.live[0].say("closing")
            platform.publish()
            for _ in range(step):
                await asyncio.sleep(0)
        connections.add(len(platform.wires))
        assert run.heard in (platform.said[:-1], platform.said)
        assert run.gaps == []
    assert connections == {1, 2}, "some steps are before the second connection, some after"


@frozen(kw_only=True)
class Holding(Channelled):
    """``held`` and ``back`` are snapshots of one conversation."""

    def decode(self, frame: bytes, received: float) -> Sequence[WireMessage]:
        """Those, or what the others say."""
        if frame not in (b"held", b"back"):
            return super().decode(frame, received)
        leg = CommunicationState(
            communication="k", medium="call", state="connected", held=frame == b"held"
        )
        person = ParticipantState(participant="p", purpose="agent", communications=(leg,))
        return (Snapshot(conversation="c", participants=(person,), received=received),)


async def test_late_snapshots_of_the_old_connection_change_nothing() -> None:
    """C5-7: a snapshot has no number, so the old connection's would put the state back."""
    platform = Platform()
    async with running(platform, Holding()) as run:
        await platform.run(HOUR)
        old = platform.live[0]
        old.say("held")
        await platform.run(1.0, every=0.25)
        old.say("closing")
        await platform.run(0.25, every=0.25)
        new = platform.live[1]
        for frame in ("back", "held", "back"):
            new.say(frame)
        await platform.run(0.25, every=0.25)
        for frame in ("back", "held", "back"):
            old.say(frame)
        await platform.run(10.0)
    states = [each.state for each in run.events if isinstance(each, StateChange)]
    assert states == ["connected", "held", "retrieved", "held", "retrieved"]
    whole(run, 2)


async def test_no_room_for_another_channel() -> None:
    """C5-36: the limit of 20 counts; the old channel is used to its end, and then again."""
    platform = Platform(most=1)
    async with running(platform) as run:
        await platform.run(HOUR)
        old = platform.live[0]
        old.say("closing")
        await platform.run(10.0, every=0.25)
        assert run.heard == platform.said
        old.end()
        await platform.run(60.0, every=0.25)
    assert [gap.reason for gap in run.gaps] == ["socket_closing"]
    assert [wire.channel for wire in platform.wires] == ["c1", "c1"]


async def test_a_channel_of_no_use_makes_room() -> None:
    """One that lost its subscriptions is closed where no other fits beside it."""
    platform = Platform(most=1)
    async with running(platform) as run:
        await platform.run(HOUR)
        platform.forget_topics()
        platform.live[0].say("gone")
        await platform.run(60.0, every=0.25)
        assert [wire.channel for wire in platform.live] == ["c2"]
    assert [gap.reason for gap in run.gaps] == ["another_channel_subscribed"]


async def test_leaving_while_a_successor_is_opened_or_waited_for() -> None:
    """C5-25: nothing is left open, and nothing is opened after."""
    for slow, refusals in ((30.0, []), (0.0, [503] * 9)):
        platform = Platform()
        async with running(platform) as run:
            await platform.run(HOUR)
            platform.slow, platform.refusals = slow, list(refusals)
            platform.live[0].say("closing")
            await platform.run(0.5, every=0.25)
        attempts = len(platform.attempts)
        await platform.run(60.0)
        assert len(platform.attempts) == attempts
        assert run.gaps == []
