"""A stream over scripts, on virtual time: what comes out, in which order, and what ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from itertools import count, pairwise
from typing import Any, cast

import pytest

from genesys_sentiment.clock import VirtualClock
from genesys_sentiment.errors import (
    AuthError,
    ConfigurationError,
    ConnectionFailed,
    ConnectionLost,
    HandshakeRefused,
    PermissionDenied,
    ProtocolError,
)
from genesys_sentiment.model.events import Event, Gap, Utterance
from genesys_sentiment.model.wire import Channel, Connect, Token
from genesys_sentiment.streaming.plan import Following
from genesys_sentiment.streaming.scripted import Scripted, Step
from genesys_sentiment.streaming.stream import Stream, StreamOptions
from genesys_sentiment.streaming.transport import Finished, Socket
from tests.streaming.toys import ONE_SECOND, Toy, everything, names, turns

QUIET = Toy(ping=None)


def lost(code: int = 1006) -> ConnectionLost:
    return ConnectionLost("lost", host="toy", code=code)


def refused(status: int) -> HandshakeRefused:
    return HandshakeRefused("no", host="toy", status=status)


def stream(*scripts: list[Step], dialect: Toy = QUIET, epoch: float = 1000.0) -> Stream:
    script = Scripted(*scripts, clock=VirtualClock(epoch))
    return Stream(dialect, script, options=ONE_SECOND, clock=script.clock)


async def test_events_come_in_order_and_once() -> None:
    subject = stream(["u1", "heartbeat", "u2 u3", "u2", 1.5, "u4"])
    assert names(await everything(subject)) == ["u1", "u2", "u3", "u4"]
    counters = subject.counters
    assert (counters.received, counters.eventful, counters.control) == (5, 3, 1)
    assert (counters.duplicate, counters.duplicates) == (1, 1)
    assert (counters.attempts, counters.connections) == (1, 1)
    assert subject.state == "done"


async def test_a_gap_stands_where_events_may_be_missing() -> None:
    """``since``: a second before the last frame; ``until``: when the next line was open."""
    subject = stream(["u1", 5.0, "u2", 3.0, lost()], ["u3"])
    first, second, gap, third = await everything(subject)
    assert names([first, second, third]) == ["u1", "u2", "u3"]
    assert gap == Gap(reason="disconnected", since=1004.0, until=1009.0)
    assert subject.counters.gaps == 1


async def test_a_gap_begins_no_earlier_than_its_connection() -> None:
    subject = stream([lost()], [5.0, "u1", lost()], [lost(), "u2"])
    gaps = [each for each in await everything(subject) if isinstance(each, Gap)]
    assert all(gap.since <= gap.until for gap in gaps)
    for before, after in pairwise(gaps):
        assert before.until <= after.since


async def test_failed_attempts_make_no_gap_of_their_own() -> None:
    subject = stream(["u1", lost()], [refused(503)], [ConnectionFailed("dns", host="h")], ["u2"])
    events = await everything(subject)
    assert names(events) == ["u1", "gap disconnected", "u2"]
    assert (subject.counters.attempts, subject.counters.connections) == (5 - 1, 2)
    gap = events[1]
    assert isinstance(gap, Gap)
    assert gap.until == 1003.0, "three delays of one second"


async def test_deduplication_outlives_the_connection() -> None:
    subject = stream(["u1 u2", lost()], ["u2", "u3"])
    assert names(await everything(subject)) == ["u1", "u2", "gap disconnected", "u3"]


async def test_a_line_that_says_nothing_is_left_within_the_idle_timeout() -> None:
    """S3-14, C5-9, C5-10: silence for 45 s, not until TCP notices."""
    subject = stream(["u1", 3600.0, "never"], ["u2"])
    first, gap, second = await everything(subject)
    assert names([first, second]) == ["u1", "u2"]
    assert gap == Gap(reason="silent", since=1000.0, until=1046.0)


async def test_pings_are_sent_on_quiet_lines() -> None:
    transport = Scripted([step for _ in range(4) for step in (20.0, "heartbeat")])
    subject = Stream(Toy(ping_interval=25.0), transport, clock=transport.clock)
    await everything(subject)
    assert transport.sent == ["ping"] * 3, "at 25, 50 and 75 of 80 seconds"


class Busy(Scripted):
    """A line on which every read brings a frame, one second after the last one."""

    async def open(self, connect: Connect) -> Socket:
        """This is its own socket."""
        self.opened += 1
        return self

    async def receive(self, timeout: float) -> Sequence[bytes]:
        """Never nothing."""
        await self.clock.let_pass(1.0)
        if self.clock.monotonic() > 80.0:
            raise Finished
        return (b"heartbeat",)

    async def send(self, text: str) -> None:
        """Keep it."""
        self.sent.append(text)

    async def close(self, timeout: float) -> None:
        """Nothing to do."""


async def test_pings_are_sent_on_busy_lines() -> None:
    """A server that counts our pings does not care how much it has to say itself."""
    transport = Busy()
    subject = Stream(Toy(ping_interval=25.0), transport, clock=transport.clock)
    await everything(subject)
    assert transport.sent == ["ping"] * 3


async def test_numbers_of_a_script_add_up() -> None:
    subject = stream([0.0, 0.0, "u1", 0.5, 0.25, "u2"])
    first, second = await everything(subject)
    assert names([first, second]) == ["u1", "u2"]
    assert isinstance(second, Utterance)
    assert second.received == 1000.75


async def test_the_dialects_topics_are_subscribed_on_each_connection() -> None:
    transport = Scripted(["u1", lost()], ["u2"])
    subject = Stream(
        QUIET, transport, topics=["a", "b", "a"], options=ONE_SECOND, clock=transport.clock
    )
    await everything(subject)
    assert transport.sent == ["subscribe a", "subscribe b"] * 2


@pytest.mark.parametrize(
    ("frame", "gap"),
    [("closing", []), ("gone", ["gap another_channel_subscribed"])],
)
async def test_another_connection_takes_over_when_the_server_says_so(
    frame: str, gap: list[str]
) -> None:
    """C4: without a gap; but a channel that lost its subscriptions brought nothing since then."""
    subject = stream(["u1", f"{frame} u2", 9.0, "u9"], ["u3"])
    assert names(await everything(subject)) == ["u1", "u2", *gap, "u3"]


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ([["u1", lost(4003)]], PermissionDenied),
        ([["u1", lost()], [refused(403)]], PermissionDenied),
        ([["u1", lost()], [refused(418)]], HandshakeRefused),
        ([["u1", lost()], *[[refused(401)]] * 3], AuthError),
        ([["u1", lost(4001)], ["u2", lost(4001)], ["u3", lost(4001)]], AuthError),
        ([["u1", lost(1009)], ["u2", lost(1009)], ["u3", lost(1009)]], ProtocolError),
        ([["u1", "bug"]], LookupError),
        ([["u1", LookupError("a bug in the transport")]], LookupError),
    ],
)
async def test_what_ends_the_stream_is_raised_after_the_events(
    script: list[list[Step]], error: type[Exception]
) -> None:
    """S2-13: by the iterator."""
    subject = stream(*script)
    got: list[Event] = []
    async with subject:
        with pytest.raises(error):
            await collect(subject, got)
        with pytest.raises(error):
            await anext(subject)
    assert names(got)[0] == "u1"
    assert subject.state == "done"
    assert subject.counters.problems() == ()


async def test_leaving_ends_the_iteration_without_an_error() -> None:
    subject = stream(["u1", "u2"], ["u3"])
    async with subject:
        await anext(subject)
    rest = [event async for event in subject]
    assert names(rest) in ([], ["u2"])
    assert [event async for event in subject] == []


async def test_entering_twice_and_iterating_without_entering_are_refused() -> None:
    """S0-26: a second start changes nothing."""
    subject = stream(["u1"])
    with pytest.raises(RuntimeError, match="enter"):
        await anext(subject)
    async with subject:
        with pytest.raises(RuntimeError, match="once"):
            await subject.__aenter__()
    with pytest.raises(RuntimeError, match="once"):
        await subject.__aenter__()


async def test_ready_when_open_and_when_it_never_will_be() -> None:
    opened = stream(["u1", 5.0, "u2"])
    async with opened:
        await opened.ready()
        assert opened.counters.connections == 1
    never = stream([refused(403)])
    async with never:
        await never.ready()
        with pytest.raises(PermissionDenied):
            await anext(never)
    at_once = stream(["u1"])
    async with at_once:
        pass
    await at_once.ready()
    assert at_once.state == "done"


def test_one_text_is_no_list_of_topics() -> None:
    with pytest.raises(ConfigurationError):
        Stream(QUIET, Scripted(), topics="v2.topic")


def test_a_dialect_with_channels_needs_them() -> None:
    with pytest.raises(ConfigurationError, match="channels"):
        Stream(Toy(uses_channel=True), Scripted())


@pytest.mark.parametrize("name", ["open_timeout", "buffer_events", "buffer_bytes"])
@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_options_that_cannot_work(name: str, value: float) -> None:
    with pytest.raises(ConfigurationError, match=name):
        StreamOptions(**cast("dict[str, Any]", {name: value}))


async def collect(subject: Stream, into: list[Event]) -> None:
    """One by one, so that what came before an end is kept."""
    async for event in subject:
        into.append(event)  # noqa: PERF401


class Purse:
    """Counts the tokens it gives; a refused one is replaced."""

    def __init__(self) -> None:
        self.numbers: Iterator[int] = count(1)
        self.value = f"t{next(self.numbers)}"
        self.refused: list[str] = []

    async def get(self, refused: str | None = None) -> Token:
        """Another one only where this one was refused."""
        if refused == self.value:
            self.refused.append(refused)
            self.value = f"t{next(self.numbers)}"
        return Token(value=self.value, expires=1e9)


class CountingChannels(Scripted):
    """A script that counts the channels it is asked for."""

    made = 0

    async def create(self) -> Channel:
        """Another one."""
        self.made += 1
        return await super().create()


@pytest.mark.parametrize(
    ("end", "channels", "tokens"),
    [
        (lost(1001), 1, 0),
        ("closing", 2, 0),
        ("gone", 2, 0),
        ("revoked", 2, 1),
        (lost(4001), 2, 1),
    ],
)
async def test_what_the_next_connection_keeps(end: Step, channels: int, tokens: int) -> None:
    """C4: the same channel, another channel, or another token and channel."""
    transport, purse = CountingChannels(["u1", end, 9.0, lost()], ["u2"]), Purse()
    subject = Stream(
        Toy(ping=None, uses_channel=True),
        transport,
        tokens=purse,
        channels=transport,
        options=ONE_SECOND,
        clock=transport.clock,
    )
    events = names(await everything(subject))
    assert [events[0], events[-1]] == ["u1", "u2"]
    assert (transport.made, len(purse.refused)) == (channels, tokens)


async def test_a_new_token_means_a_new_channel() -> None:
    """A channel dies with the token that made it, refused or only renewed."""
    transport, purse = CountingChannels(["u1", lost()], ["u2", lost()], ["u3"]), Purse()
    subject = Stream(
        Toy(ping=None, uses_channel=True),
        transport,
        tokens=purse,
        channels=transport,
        options=ONE_SECOND,
        clock=transport.clock,
    )
    async with subject:
        await anext(subject)
        purse.value = "renewed"
        async for _ in subject:
            pass
    assert transport.made == 2


async def test_a_refused_token_is_renewed_once_and_the_third_refusal_is_raised() -> None:
    purse = Purse()
    script = Scripted(*[[refused(401)]] * 5)
    subject = Stream(QUIET, script, tokens=purse, options=ONE_SECOND, clock=script.clock)
    async with subject:
        with pytest.raises(AuthError):
            await anext(subject)
    assert purse.refused == ["t1", "t2"]
    assert subject.counters.attempts == 3


async def test_discovery_tells_the_plan_and_its_failure_is_no_end() -> None:
    asked = []

    async def discover() -> list[Following]:
        asked.append(1)
        if len(asked) == 1:
            raise ConnectionFailed("no", host="h")
        return [Following("c")]

    script = Scripted(["u1", 1.0, lost()], ["u2"])
    subject = Stream(QUIET, script, discover=discover, options=ONE_SECOND, clock=script.clock)
    assert names(await everything(subject)) == ["u1", "gap disconnected", "u2"]
    assert len(asked) == 2
    assert subject.counters.discovery_failures == 1


async def test_refused_credentials_of_discovery_end_the_stream() -> None:
    async def discover() -> list[Following]:
        raise AuthError("wrong secret")

    script = Scripted([5.0, "u1"])
    async with Stream(QUIET, script, discover=discover, clock=script.clock) as subject:
        with pytest.raises(AuthError):
            await anext(subject)


async def test_a_full_buffer_drops_the_oldest_and_says_so() -> None:
    """S2-06: a Gap says how many."""
    script = Scripted([f"u{number}" for number in range(9)])
    options = StreamOptions(buffer_events=3, overflow="drop_oldest")
    async with Stream(QUIET, script, options=options, clock=script.clock) as subject:
        while subject.state != "done":
            await asyncio.sleep(0)
        gap, *rest = [event async for event in subject]
    assert names(rest) == ["u6", "u7", "u8"]
    assert isinstance(gap, Gap)
    assert (gap.reason, gap.count) == ("dropped", 6)
    assert subject.counters.problems() == ()


async def test_accept_then_drop_stays_within_the_budget() -> None:
    """S2-07, S4-07, C5-6: through the whole stream, on virtual time."""
    dropping: list[list[Step]] = [[lost()] if at % 2 else [0.1, lost()] for at in range(200)]
    script = Opened(*dropping)
    await everything(Stream(QUIET, script, clock=script.clock))
    for first, twentyfirst in zip(script.times, script.times[20:], strict=False):
        assert twentyfirst - first >= 299.999


class Opened(Scripted):
    """Notes when it was opened."""

    def __init__(self, *connections: list[Step]) -> None:
        super().__init__(*connections)
        self.times: list[float] = []

    async def open(self, connect: Connect) -> Socket:
        """At what time."""
        self.times.append(self.clock.monotonic())
        return await super().open(connect)


async def test_a_cancelled_consumer_loses_nothing_at_any_await() -> None:
    """C5-20: cancelled at its k-th turn, for every k; whoever goes on gets the rest."""
    script: list[Step] = ["u1", "u2 u3", 1.0, "x", "u4"]
    for turn in range(40):
        subject = stream(script, [lost(), "u5"])
        got: list[Event] = []
        async with subject:
            task = asyncio.create_task(collect(subject, got))
            await turns(turn)
            task.cancel()
            await asyncio.wait({task})
            await collect(subject, got)
        found = names(got)
        assert found == ["u1", "u2", "u3", "Unreadable", "u4"], turn
        assert subject.counters.problems() == ()
