"""Many channels as one stream, over real sockets against the simulator."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import pytest

from genesys_sentiment.dialects import topics
from genesys_sentiment.errors import AuthError, ConfigurationError, LimitExceeded
from genesys_sentiment.model.events import Event, Gap, Reading, StateChange, TopicRefused, Utterance
from genesys_sentiment.simulator import Simulator, builtin_calls
from genesys_sentiment.streaming.fleet import Fleet
from genesys_sentiment.streaming.options import StreamOptions
from genesys_sentiment.streaming.plan import TopicList
from genesys_sentiment.streaming.stream import Stream
from genesys_sentiment.streaming.transport import AiohttpTransport
from genesys_sentiment.streaming.watch import watch
from tests.streaming.fleets import Reader, both, conversations, fleet_of, others, say
from tests.streaming.simulated import QUICK, client
from tests.streaming.toys import Toy

CREATED = "POST /api/v2/notifications/channels"
LISTED = "GET /api/v2/notifications/channels"
PUT = "PUT /api/v2/notifications/channels/{id}/subscriptions"
POST = "POST /api/v2/notifications/channels/{id}/subscriptions"


async def rest_of(fleet: Fleet) -> list[Event]:
    """What is left to read."""
    return [event async for event in fleet]


async def test_thousands_of_topics_are_one_stream() -> None:
    """C5-36: 1,001st topic: another channel. One list, and a channel and a PUT for each 950."""
    names = conversations(2_000)
    async with Simulator(rate_limit=300) as simulator, client(simulator) as cloud:
        fleet = fleet_of(cloud, topics=both(names))
        async with fleet, Reader(fleet) as reader:
            await fleet.ready()
            assert fleet.channels == simulator.open_sockets == 5
            assert sum(say(simulator, name) for name in names) == 2_000
            await reader.has(2_000)
        assert fleet.state == "done"
    assert Counter(reader.readings) == Counter(names)
    assert fleet.counters.connections == fleet.counters.attempts == 5
    assert fleet.counters.eventful == 2_000
    asked = {name: simulator.requests[name] for name in (LISTED, CREATED, PUT, POST)}
    assert asked == {LISTED: 1, CREATED: 5, PUT: 5, POST: 0}


async def test_channels_are_opened_as_topics_need_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is new goes where there is room; nothing that has a place moves."""
    monkeypatch.setattr("genesys_sentiment.streaming.fleet_plan.DROPS", 0.3)
    monkeypatch.setattr("genesys_sentiment.streaming.fleet.TOPICS_PER_CHANNEL", 20)
    wanted = TopicList(both(conversations(5)))
    async with Simulator() as simulator, client(simulator) as cloud:
        fleet = fleet_of(cloud, topics=wanted)
        async with fleet, Reader(fleet) as reader:
            await fleet.ready()
            assert fleet.channels == 1
            wanted.add(*both(conversations(20, 5)))
            async with asyncio.timeout(20):
                while not all(say(simulator, name) for name in conversations(25)):
                    await asyncio.sleep(0.05)
            assert fleet.channels == 3
            wanted.remove(*both(conversations(5)))
            async with asyncio.timeout(20):
                while say(simulator, conversations(1)[0]):
                    await asyncio.sleep(0.05)
            wanted.add(*both(conversations(4, 100)))
            async with asyncio.timeout(20):
                while not all(say(simulator, name) for name in conversations(4, 100)):
                    await asyncio.sleep(0.05)
            assert fleet.channels == 3
            assert fleet.counters.gaps == 0
            assert not reader.refused


async def test_the_twenty_first_channel_is_never_opened() -> None:
    """C5-36: 20,000 topics have a place, what is beyond them is told one by one."""
    names = conversations(10_003)
    async with Simulator(rate_limit=300) as simulator, client(simulator) as cloud:
        fleet = fleet_of(cloud, topics=both(names), most=20)
        async with fleet, Reader(fleet) as reader:
            await reader.has(6, TopicRefused, timeout=30)
            await fleet.ready()
            assert fleet.channels == simulator.open_sockets == 20
            assert sum(say(simulator, name) for name in names) == 10_000
            await reader.has(10_000, timeout=30)
    assert simulator.requests[CREATED] == 20
    assert [each.topic for each in reader.refused] == both(names[10_000:])
    assert {each.reason for each in reader.refused} == {"no_room"}
    assert reader.refused[0].conversation == names[10_000]
    assert Counter(reader.readings) == Counter(names[:10_000])


async def test_channels_of_others_are_counted_and_left_alone() -> None:
    """C5-36: never evict silently: the room that they leave is used, and no more."""
    names = conversations(1_700)
    async with Simulator() as simulator, client(simulator) as cloud, client(simulator) as other:
        async with others(other, 17) as theirs:
            fleet = fleet_of(cloud, topics=both(names))
            async with fleet, Reader(fleet) as reader:
                await reader.has(400, TopicRefused)
                await fleet.ready()
                assert fleet.channels == 3
                await asyncio.sleep(0.2)
                assert len(reader.refused) == 400
            living = {channel.id for channel in await other.channels.list()}
            assert living.issuperset(channel.id for channel in theirs)
    assert simulator.requests[CREATED] == 20


async def test_no_room_for_the_first_channel_is_an_error_with_advice() -> None:
    """C5-36: refuse with advice."""
    async with Simulator() as simulator, client(simulator) as cloud, client(simulator) as other:
        async with others(other, 20):
            async with fleet_of(cloud, topics=both(conversations(1))) as fleet:
                with pytest.raises(LimitExceeded, match="OAuth client of its own"):
                    await anext(aiter(fleet))
            assert simulator.requests[CREATED] == 20
            fleet = fleet_of(cloud, topics=both(conversations(1)), reclaim=True)
            async with fleet:
                await fleet.ready()
                assert fleet.state == "open"


async def test_what_a_fleet_left_behind_counts_for_nothing() -> None:
    """There is no way to delete a channel: without its topics it is known to be left over."""
    names = conversations(3_000)
    async with Simulator() as simulator:
        for _ in range(4):
            async with client(simulator) as cloud:
                async with fleet_of(cloud, topics=both(names)) as fleet:
                    await fleet.ready()
                    assert fleet.channels == 7


async def test_room_that_comes_free_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Topics that were told as refused get their place when there is one."""
    monkeypatch.setattr("genesys_sentiment.streaming.fleet_steering._AGAIN", 0.2)
    names = conversations(1_200)
    async with Simulator() as simulator, client(simulator) as cloud, client(simulator) as other:
        async with others(other, 18) as theirs:
            fleet = fleet_of(cloud, topics=both(names), calls=6_000)
            async with fleet, Reader(fleet) as reader:
                await reader.has(400, TopicRefused)
                await fleet.ready()
                await other.channels.clear(theirs[0])
                async with asyncio.timeout(20):
                    while not say(simulator, names[-1]):
                        await asyncio.sleep(0.05)
                assert fleet.channels == 3
                assert len(reader.refused) == 400


async def test_refused_topics_are_told_one_by_one_and_the_others_live() -> None:
    """C5-37: on several channels, each with its missing permissions."""
    names = conversations(1_200)
    simulator = Simulator(denied_permissions=["conversation:transcription:view"])
    async with simulator, client(simulator) as cloud:
        fleet = fleet_of(cloud, topics=both(names))
        async with fleet, Reader(fleet) as reader:
            await fleet.ready()
            assert fleet.channels == 3
            assert sum(say(simulator, name) for name in names) == 1_200
            await reader.has(1_200)
    assert Counter(each.topic for each in reader.refused) == Counter(
        map(topics.transcription, names)
    )
    assert {each.missing for each in reader.refused} == {("conversation:transcription:view",)}
    assert fleet.counters.refused == 1_200


async def test_eviction_is_noticed_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """C5-36: somebody opens the 21st. Ours is not taken back by evicting in turn."""
    monkeypatch.setattr("genesys_sentiment.streaming.fleet_harbor._AGAIN", 0.2)
    names = conversations(1_000)
    async with Simulator() as simulator, client(simulator) as cloud, client(simulator) as other:
        wanted = TopicList(both(names))
        fleet = fleet_of(cloud, topics=wanted, calls=6_000)
        async with fleet, Reader(fleet) as reader:
            await fleet.ready()
            assert fleet.channels == 3
            async with others(other, 17) as theirs:
                ours = {each.id for each in await cloud.channels.list()} - {x.id for x in theirs}
                made = simulator.requests[CREATED]
                intruder = await other.channels.create()
                await other.channels.replace(intruder, both(conversations(1, 800_000)))
                (gone,) = ours - {each.id for each in await cloud.channels.list()}
                lost = [name for name in names if not say(simulator, name)]
                assert 300 < len(lost) < 400
                await reader.has(2 * len(lost), TopicRefused)
                said = [(gap.reason, gap.conversation) for gap in reader.gaps]
                assert sorted(said) == sorted(("evicted", name) for name in lost)
                assert {each.topic for each in reader.refused} == set(both(lost))
                new = conversations(60, 50_000)
                wanted.add(*both(new))
                async with asyncio.timeout(20):
                    while not all(say(simulator, name) for name in new):
                        await asyncio.sleep(0.05)
                assert simulator.requests[CREATED] == made + 1
                assert {each.id for each in await cloud.channels.list()} >= {x.id for x in theirs}
                await other.channels.clear(intruder)
                await reader.has(2 * len(lost), Gap)
                assert all(say(simulator, name, -0.5) for name in names)
                first, again = reader.gaps[: len(lost)], reader.gaps[len(lost) :]
                assert {gap.reason for gap in again} == {"evicted"}
                ends = {gap.conversation: gap.until for gap in first}
                assert all(gap.since == ends[gap.conversation] <= gap.until for gap in again)
    assert gone
    assert fleet.counters.gaps == 2 * len(lost)


async def test_a_gap_of_one_channel_is_of_its_conversations() -> None:
    """A line that breaks with queues on it concerns everybody, another one those it reads."""
    names = conversations(700)
    queue = topics.queue_conversations("q-1")
    async with Simulator() as simulator, client(simulator) as cloud:
        fleet = fleet_of(cloud, topics=[queue, *both(names)])
        async with fleet, Reader(fleet) as reader:
            await fleet.ready()
            assert fleet.channels == 2
            await simulator.abort_sockets()
            await reader.has(300, Gap)
            async with asyncio.timeout(20):
                while fleet.state != "open":
                    await asyncio.sleep(0.01)
    told = {gap.conversation for gap in reader.gaps}
    assert None in told
    assert 300 < len(told - {None}) < 400
    assert {gap.reason for gap in reader.gaps} == {"disconnected"}


async def test_calls_are_followed_over_several_channels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every final utterance once and in its conversation's order, whichever channel brought it."""
    monkeypatch.setattr("genesys_sentiment.streaming.fleet.TOPICS_PER_CHANNEL", 3)
    simulator = Simulator(builtin_calls(), speed=30, wait=1.0, rate_limit=300)
    async with simulator, client(simulator) as cloud:
        fleet = watch(cloud, queues=[simulator.queue_id], options=QUICK, channels=20, backfill=True)
        assert isinstance(fleet, Fleet)
        async with fleet, Reader(fleet) as reader:
            await fleet.ready()
            await simulator.play()
            async with asyncio.timeout(20):
                while fleet.counters.received < simulator.frames_sent.total():
                    await asyncio.sleep(0.01)
            assert fleet.channels > 3
    spoken = [(each.conversation, each.utterance) for each in simulator.ledger if each.final]
    voice = {each.conversation for each in reader.events if isinstance(each, Utterance)}
    heard = [
        (each.conversation, each.utterance)
        for each in reader.events
        if isinstance(each, Utterance) and each.final
    ]
    assert len(voice) == len(simulator.conversations) > 5
    for conversation in voice:
        expected = [each for each in spoken if each[0] == conversation]
        assert [each for each in heard if each[0] == conversation] == expected
    changes = Counter(each.id for each in reader.events if isinstance(each, StateChange))
    assert set(changes.values()) == {1}


async def test_a_slow_reader_bounds_all_channels() -> None:
    """C3: one buffer of so many events, however many channels fill it; nothing is lost."""
    names = conversations(2_000)
    options = StreamOptions(subscribe_spacing=0.05, buffer_events=100)
    async with Simulator() as simulator, client(simulator) as cloud:
        async with fleet_of(cloud, topics=both(names), options=options) as fleet:
            await fleet.ready()
            assert fleet.channels == 5
            for turn in range(5):
                for name in names:
                    say(simulator, name, turn / 10)
                await asyncio.sleep(0.1)
            assert 100 <= fleet.counters.buffered < 5_000
            held = fleet.counters.received
            await asyncio.sleep(0.2)
            assert fleet.counters.received == held
            got = [await anext(fleet) for _ in range(10_000)]
            assert fleet.counters.problems() == ()
    assert all(isinstance(each, Reading) for each in got)
    assert len({each.id for each in got}) == 10_000


@pytest.mark.parametrize("trouble", ["none", "mute", "just begun"])
async def test_leaving_twenty_channels_is_bounded(
    monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    """C5-25: at most two seconds, whatever the peers do."""
    monkeypatch.setattr("genesys_sentiment.streaming.fleet.TOPICS_PER_CHANNEL", 20)
    async with Simulator() as simulator, client(simulator) as cloud:
        async with fleet_of(cloud, topics=both(conversations(200)), calls=6_000) as fleet:
            if trouble != "just begun":
                await fleet.ready()
                assert fleet.channels == simulator.open_sockets == 20
            if trouble == "mute":
                simulator.mute_sockets()
            began = time.monotonic()
        assert time.monotonic() - began < 2
        assert fleet.state == "done"
        with pytest.raises(StopAsyncIteration):
            await anext(fleet)
        await fleet.close()


async def test_whoever_leaves_in_a_hurry_leaves_no_task() -> None:
    """C5-20, C5-25: the close itself is cancelled, and that comes out."""
    async with Simulator() as simulator, client(simulator) as cloud:
        async with fleet_of(cloud, topics=both(conversations(1_000))) as fleet:
            await fleet.ready()
            closing = asyncio.create_task(fleet.close())
            await asyncio.sleep(0)
            closing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await closing
            assert fleet.state == "done"


async def test_it_can_be_left_at_any_time() -> None:
    """C5-20, C5-25: while it lists, makes channels, subscribes, connects: no task is left."""
    async with Simulator() as simulator, client(simulator) as cloud:
        for turns in (*range(0, 60, 3), *range(60, 400, 20)):
            async with fleet_of(cloud, topics=both(conversations(1_000)), reclaim=True) as fleet:
                for _ in range(turns):
                    await asyncio.sleep(0)
            assert fleet.state == "done"
            assert fleet.counters.problems() == ()


async def test_what_ends_one_channel_for_good_ends_the_fleet() -> None:
    """S0-04: the error comes out of the iterator, after what had come before."""
    names = conversations(1_000)
    async with Simulator() as simulator, client(simulator) as cloud:
        async with fleet_of(cloud, topics=both(names)) as fleet:
            await fleet.ready()
            say(simulator, names[0])
            await asyncio.sleep(0.1)
            simulator.token_failures = [401] * 20
            simulator.expire_tokens()
            assert isinstance(await anext(fleet), Reading)
            with pytest.raises(AuthError):
                await rest_of(fleet)
            async with asyncio.timeout(2):
                while simulator.open_sockets or fleet.state != "done":
                    await asyncio.sleep(0.01)


async def test_tokens_that_end_are_no_eviction() -> None:
    """C5-8: every channel dies with its token; that is a lost connection, and not somebody else."""
    async with Simulator() as simulator, client(simulator) as cloud:
        fleet = fleet_of(cloud, topics=both(conversations(1_000)))
        async with fleet, Reader(fleet) as reader:
            await fleet.ready()
            simulator.expire_tokens()
            await reader.has(1_000, Gap)
            assert sum(say(simulator, name) for name in conversations(1_000)) == 1_000
    assert len(reader.gaps) == 1_000
    assert "evicted" not in {gap.reason for gap in reader.gaps}


async def test_watch_makes_a_stream_unless_it_is_told_otherwise() -> None:
    async with Simulator() as simulator, client(simulator) as cloud:
        assert isinstance(watch(cloud, queues=["q-1"]), Stream)
        assert isinstance(watch(cloud, queues=["q-1"], channels=2), Fleet)
        with pytest.raises(ConfigurationError, match="1 to 20"):
            watch(cloud, queues=["q-1"], channels=21)
        with pytest.raises(ConfigurationError, match="1 to 20"):
            watch(cloud, queues=["q-1"], channels=0)


async def test_what_cannot_be_a_fleet() -> None:
    async with Simulator() as simulator, client(simulator) as cloud:
        with pytest.raises(ConfigurationError, match="not one text"):
            fleet_of(cloud, topics="v2.one")
        with pytest.raises(ConfigurationError, match="use a Stream"):
            Fleet(Toy(), AiohttpTransport(cloud.session), channels=cloud.channels)
        fleet = fleet_of(cloud, topics=["v2.one"])
        with pytest.raises(RuntimeError, match="enter the fleet"):
            await anext(fleet)
        await fleet.close()


@pytest.mark.parametrize("trouble", ["announce_closing", "take_subscriptions", "revoke_tokens"])
async def test_every_channel_is_replaced_and_what_is_said_comes_once(trouble: str) -> None:
    """C4: each part gets its next channel by itself, within the limit of 20."""
    names = conversations(1_000)
    async with Simulator() as simulator, client(simulator) as cloud:
        fleet = fleet_of(cloud, topics=both(names))
        async with fleet, Reader(fleet) as reader:
            await fleet.ready()
            getattr(simulator, trouble)()
            async with asyncio.timeout(30):
                while simulator.connections < 6 or not all(say(simulator, each) for each in names):
                    await asyncio.sleep(0.1)
            assert fleet.channels == 3
            await reader.has(1_000)
    assert set(reader.readings) == set(names)
    assert simulator.requests[CREATED] <= 6
    assert len(reader.readings) == len(
        {each.id for each in reader.events if isinstance(each, Reading)}
    )
