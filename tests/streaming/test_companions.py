"""Companions see what a stream tells, add what they know, and end with it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import repeat

import pytest
from attrs import define, field

from genesys_sentiment.errors import ConnectionLost
from genesys_sentiment.model.events import Event, Gap, StateChange, Utterance
from genesys_sentiment.streaming.buffer import Buffer
from genesys_sentiment.streaming.companions import Companion, FillsGaps, Outlet, buffer_for
from genesys_sentiment.streaming.counters import Counters
from genesys_sentiment.streaming.options import StreamOptions
from genesys_sentiment.streaming.plan import FixedPlan
from genesys_sentiment.streaming.scripted import Scripted, Step
from genesys_sentiment.streaming.stream import Stream
from tests.streaming.toys import ONE_SECOND, Line, Lines, Toy, everything, names, turns, utterance

QUIET = Toy(ping=None)


@define
class Echo:
    """Says ``u<n>`` again as ``echo<n>``, ``times`` over, with some turns between."""

    times: int = 1
    seen: list[Event] = field(factory=list)
    ended: bool = False
    _heard: asyncio.Queue[Utterance] = field(factory=asyncio.Queue)

    def observe(self, event: Event) -> None:
        """Note it."""
        self.seen.append(event)
        if isinstance(event, Utterance) and event.utterance.startswith("u"):
            self._heard.put_nowait(event)

    async def run(self, outlet: Outlet) -> None:
        """Answer."""
        try:
            while True:
                heard = await self._heard.get()
                for _ in range(self.times):
                    await outlet.room()
                    outlet.tell([utterance(f"echo{heard.utterance[1:]}")])
                    await asyncio.sleep(0)
        finally:
            self.ended = True


@define
class Broken:
    """Has a bug: in ``observe``, at once, or after the first event, in a task of its own."""

    where: str
    heard: asyncio.Event = field(factory=asyncio.Event)

    def observe(self, event: Event) -> None:
        """Fail, or note that something came."""
        if self.where == "observe":
            raise LookupError("a companion's bug")
        self.heard.set()

    async def run(self, outlet: Outlet) -> None:
        """Fail, or be told to."""
        if self.where == "task":
            async with asyncio.TaskGroup() as group:
                group.create_task(self._fail())
        await self._fail()

    async def _fail(self) -> None:
        if self.where != "at once":
            await self.heard.wait()
        raise LookupError("a companion's bug")


async def collect(subject: Stream, into: list[Event]) -> None:
    """Keep what comes until something is raised."""
    while True:
        into.append(await anext(subject))


def stream(
    *scripts: list[Step], companions: Sequence[Companion], options: StreamOptions = ONE_SECOND
) -> Stream:
    script = Scripted(*scripts)
    return Stream(QUIET, script, companions=companions, options=options, clock=script.clock)


def test_without_companions_there_is_nothing_in_between() -> None:
    """A stream that has none pays nothing for them: its buffer is the plain one."""
    assert type(buffer_for((), Counters(), StreamOptions())) is Buffer
    assert type(buffer_for((Echo(),), Counters(), StreamOptions())) is not Buffer


async def test_a_companion_sees_everything_and_its_events_take_their_place() -> None:
    """Over two connections: it sees gaps, other companions' events and its own."""
    first, second = Echo(), Echo()
    script: list[Step] = ["u1", 5.0, ConnectionLost("lost", host="toy", code=1006)]
    subject = stream(script, ["u2", 5.0], companions=[first, second])
    events = await everything(subject)
    assert names(events) == ["u1", "echo1", "gap disconnected", "u2", "echo2"]
    assert first.seen == second.seen == events
    assert (first.ended, second.ended) == (True, True)
    counters = subject.counters
    assert (counters.backfilled, counters.duplicates, counters.emitted) == (2, 2, 5)


async def test_what_has_come_is_not_told_again() -> None:
    """One memory for what comes live and what companions bring."""
    subject = stream(["u1", 5.0, "u1", 5.0], companions=[Echo(times=3)])
    assert names(await everything(subject)) == ["u1", "echo1"]
    assert subject.counters.duplicates == 3


async def test_the_plan_learns_of_changes_that_companions_bring() -> None:
    """So that topics of a conversation that ended in a gap are dropped."""
    told: list[StateChange] = []

    class Attentive(FixedPlan):
        def observe(self, change: StateChange, now: float) -> Sequence[Event]:
            told.append(change)
            return [Gap(reason="joined_late", conversation="c", since=0, until=1)]

    change = StateChange(conversation="c", subject="call", state="disconnected")

    class Knowing(Echo):
        async def run(self, outlet: Outlet) -> None:
            outlet.tell([change, change])
            await super().run(outlet)

    script = Scripted(["u1", 5.0])
    plan = Attentive(())
    subject = Stream(QUIET, script, topics=plan, companions=[Knowing()], clock=script.clock)
    events = await everything(subject)
    assert events.count(change) == 1
    assert told == [change, change]
    assert names(events).count("gap joined_late") == subject.counters.gaps == 1


@pytest.mark.parametrize("where", ["observe", "at once", "after an event", "task"])
async def test_a_companions_bug_is_raised_by_the_iterator(where: str) -> None:
    """As the reader's own bugs are: after the events that came before, and nothing goes on."""
    transport = Lines()
    subject = Stream(QUIET, transport, companions=[Echo(), Broken(where)])
    async with asyncio.timeout(2), subject:
        await turns()
        for line in transport.opened:
            line.frames.put_nowait(b"u1")
        got: list[Event] = []
        with pytest.raises(LookupError, match="a companion's bug"):
            await collect(subject, got)
        assert names(got)[:1] == ([] if where == "at once" else ["u1"])
        assert subject.state == "done"
        assert subject.counters.problems() == ()
        assert len(transport.opened) <= 1, "nothing reconnects"


async def test_a_bug_while_waiting_for_the_next_attempt_ends_the_wait() -> None:
    transport = Lines()
    broken = Broken("after an event")
    options = StreamOptions(delays=lambda: repeat(3600.0))
    async with (
        asyncio.timeout(2),
        Stream(QUIET, transport, companions=[broken], options=options) as subject,
    ):
        await turns()
        transport.opened[0].frames.put_nowait(ConnectionLost("lost", host="toy", code=1006))
        while subject.state != "waiting":
            await asyncio.sleep(0)
        broken.heard.set()
        with pytest.raises(LookupError):
            await anext(subject)


@pytest.mark.parametrize("late", range(8))
async def test_a_bug_at_the_moment_when_the_line_is_lost_is_raised_too(late: int) -> None:
    """The loss may swallow the cancellation that comes with the bug; it ends all the same."""
    transport = Lines()
    broken = Broken("after an event")
    options = StreamOptions(delays=lambda: repeat(3600.0))
    subject = Stream(QUIET, transport, companions=[broken], options=options)
    async with asyncio.timeout(2), subject:
        await turns()
        transport.opened[0].frames.put_nowait(ConnectionLost("lost", host="toy", code=1006))
        await turns(late)
        broken.heard.set()
        with pytest.raises(LookupError):
            await anext(subject)


@pytest.mark.parametrize("hang", [(), ("receive",), ("close",)])
async def test_leaving_ends_companions_within_the_time_limit(hang: tuple[str, ...]) -> None:
    """S4-09: whatever they wait for, and whatever the socket does."""
    echo = Echo()
    transport = Lines(lambda: Line(hang=frozenset(hang)))
    async with asyncio.timeout(2):
        async with Stream(QUIET, transport, companions=[echo]) as subject:
            await turns()
    assert echo.ended
    assert subject.state == "done"


async def test_leaving_in_a_hurry_ends_companions_too() -> None:
    """Cancelled while saying goodbye: no task is left (conftest looks)."""
    echo = Echo()
    subject = Stream(QUIET, Lines(lambda: Line(hang=frozenset({"close"}))), companions=[echo])
    await subject.__aenter__()
    await turns()
    leaving = asyncio.create_task(subject.close())
    await turns()
    leaving.cancel()
    async with asyncio.timeout(0.2):
        await asyncio.wait({leaving})
    assert leaving.cancelled()
    assert echo.ended


async def test_nothing_is_added_after_the_end() -> None:
    """What a companion still says while the goodbye lasts is not an event any more."""

    class Late(Echo):
        async def run(self, outlet: Outlet) -> None:
            try:
                await super().run(outlet)
            finally:
                outlet.tell([utterance("late")])

    async with Stream(QUIET, Lines(), companions=[Late()]) as subject:
        await turns()
        await subject.close()
        assert [event async for event in subject] == []
    assert subject.counters.emitted == 0


async def test_what_the_buffer_gave_up_is_no_news_to_companions() -> None:
    """A ``dropped`` gap is not shown to them: nobody else has what was lost."""
    echo = Echo()
    options = StreamOptions(buffer_events=3, overflow="drop_oldest")
    subject = stream(["u1 u2 u3 u4 u5"], companions=[echo], options=options)
    async with subject:
        while subject.state != "done":
            await asyncio.sleep(0)
        got = [event async for event in subject]
    assert names(got)[0] == "gap dropped"
    assert not any(isinstance(event, Gap) for event in echo.seen)
    assert subject.counters.problems() == ()


async def test_companions_wait_for_a_slow_reader() -> None:
    """The buffer's bound holds for them, too; nothing is lost and the counters add up."""

    class Talkative(Echo):
        async def run(self, outlet: Outlet) -> None:
            for number in range(20):
                await outlet.room()
                outlet.tell([utterance(f"own{number}")])

    options = StreamOptions(buffer_events=2)
    got: list[Event] = []
    async with Stream(QUIET, Lines(), companions=[Talkative()], options=options) as subject:
        while len(got) < 20:
            await turns(5)
            assert subject.counters.buffered <= 2
            got.append(await anext(subject))
    assert names(got) == [f"own{number}" for number in range(20)]
    assert subject.counters.problems() == ()


class Filling(FillsGaps):
    """Fills gaps, if there were any."""

    def observe(self, event: Event) -> None:
        """Not of interest here."""

    async def run(self, outlet: Outlet) -> None:
        """Nothing to do."""


@pytest.mark.parametrize("fills", [True, False])
def test_what_is_dropped_is_brought_back_by_nobody(fills: bool) -> None:
    """With backfill, what cannot be filled is said so; without, nobody looked."""
    options = StreamOptions(buffer_events=2, overflow="drop_oldest")
    companions: tuple[Companion, ...] = (Filling() if fills else Echo(),)
    buffer = buffer_for(companions, Counters(), options)
    for number in range(5):
        buffer.put(utterance(f"x{number}"), 10, 100.0 + number)
    gap = buffer.poll()
    assert isinstance(gap, Gap)
    assert (gap.reason, gap.count) == ("dropped", 3)
    told = ("states", "utterances", "messages", "suggestions")
    assert gap.unrecovered == (told if fills else None)
