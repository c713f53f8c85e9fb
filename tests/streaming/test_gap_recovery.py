"""What a gap swallowed comes by REST: words, messages, suggestions; or is said to be missing."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import repeat
from typing import Any

import pytest
from attrs import define

from genesys_sentiment.clock import VirtualClock
from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.cloud.regions import endpoints
from genesys_sentiment.dialects.notifications import Notifications
from genesys_sentiment.model.events import Event, Gap, Message, StateChange, Suggestion, Utterance
from genesys_sentiment.simulator import BATCHED, AnswerGarbage, Call, On, OnClock, Refuse, Simulator
from genesys_sentiment.streaming.companions import Outlet, buffer_for
from genesys_sentiment.streaming.fleet import Fleet
from genesys_sentiment.streaming.gap_backfill import GapBackfill
from genesys_sentiment.streaming.memory import Memory
from genesys_sentiment.streaming.options import BackfillOptions, StreamOptions
from genesys_sentiment.streaming.plan import FixedPlan
from genesys_sentiment.streaming.stream import Stream
from genesys_sentiment.streaming.transport import AiohttpTransport
from genesys_sentiment.streaming.watch import watch
from tests.simulator.client import short_call
from tests.streaming.simulated import client

EPOCH = 1_772_359_200.0
AWAY = StreamOptions(delays=lambda: repeat(8.0), subscribe_spacing=0.05)
"""Away for eight seconds: a few lines of a call."""
TALK = [("caller" if number % 2 else "agent", f"this is line {number}") for number in range(20)]
COMMUNICATION = "/api/v2/speechandtextanalytics/conversations/{id}/communications/{communication}"
LINK = f"GET {COMMUNICATION}/transcripturl"
ONE = "GET /api/v2/analytics/conversations/{id}/details"
DETAILS = "POST /api/v2/analytics/conversations/details/query"


@define
class Run:
    """A stream and its simulator on one clock, and what came."""

    simulator: Simulator
    stream: Stream | Fleet
    clock: VirtualClock
    events: list[Event]

    async def until(self, condition: Callable[[], object], seconds: float = 30.0) -> None:
        """Wait until it holds, 30 real seconds at most."""
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.005)

    def of(self, kind: type[Any], source: str = "live") -> list[Any]:
        """What came of one kind."""
        return [one for one in self.events if isinstance(one, kind) and one.source == source]

    @property
    def settled(self) -> dict[tuple[str, bool], tuple[str, ...] | None]:
        """Gaps that were told again, by reason and whether of one conversation."""
        again = self.gaps
        found = {(one.reason, one.conversation is not None): one.unrecovered for one in again}
        assert len(found) == len(again), "each is told again once"
        return found

    @property
    def gaps(self) -> list[Gap]:
        """Gaps that were told again."""
        return [one for one in self.events if isinstance(one, Gap) and one.unrecovered is not None]


@asynccontextmanager
async def running(
    calls: Sequence[Call], backfill: BackfillOptions | None = None, **more: Any
) -> AsyncIterator[Run]:
    """All on one clock, which runs thirty times as fast as the machine's.

    ``early``: so much was said before the stream is opened. Without queues, it follows the
    conversations that there are then. ``played``: more for the simulator.
    """
    early, played = more.pop("early", 0), more.pop("played", {})
    clock = VirtualClock(EPOCH, speed=30.0)
    simulator = Simulator(calls, wait=2.0, clock=clock, **played)
    async with simulator:
        if early:
            playing = asyncio.create_task(simulator.play())
            while len(simulator.ledger) < early:
                await asyncio.sleep(0.005)
        where = endpoints(simulator.api_url, simulator.login_url)
        async with Cloud(where, simulator.client_id, simulator.client_secret, clock=clock) as cloud:
            given: dict[str, Any] = {"queues": [simulator.queue_id], "options": AWAY, **more}
            if more.get("queues") == ():
                given["conversations"] = simulator.conversations
            stream = watch(
                cloud,
                dialect=Notifications(idle_timeout=1e4),
                transport=OnClock(AiohttpTransport(cloud.session), clock),
                clock=clock,
                backfill=backfill or BackfillOptions(),
                **given,
            )
            events: list[Event] = []
            async with stream:
                reader = asyncio.create_task(_read(stream, events))
                await stream.ready()
                yield Run(simulator, stream, clock, events)
                await stream.close()
                await reader
            if early:
                await playing
    assert stream.counters.problems() == ()
    assert set(Counter(one.id for one in events).values()) <= {1}, "nothing comes twice"


async def _read(stream: Stream | Fleet, events: list[Event]) -> None:
    async for event in stream:
        events.append(event)  # noqa: PERF401 - tests look at it meanwhile


async def broken(run: Run, after: int = 4, *, away: Callable[[], object] | None = None) -> None:
    """The calls are played; after some words the line breaks, comes back, and they end."""
    playing = asyncio.create_task(run.simulator.play())
    await run.until(lambda: len(run.of(Utterance)) >= after)
    await run.simulator.abort_sockets()
    if away is not None:
        away()
    await playing


def texts(utterances: Sequence[Utterance]) -> list[str]:
    return [one.text for one in utterances if one.final]


@pytest.mark.parametrize("channels", [1, 3])
async def test_every_word_of_a_call_comes_once(channels: int) -> None:
    """S4-16, C5: a line that breaks in the middle of a call costs nothing but time."""
    async with running([short_call("talk", *TALK)], channels=channels) as run:
        await broken(run)
        await run.until(lambda: ("disconnected", True) in run.settled)
        live, found = run.of(Utterance), run.of(Utterance, "backfill")
        assert found, "the test was too slow: nothing was lost"
        assert sorted(texts(live) + texts(found)) == sorted(text for _, text in TALK)
        assert [one.at for one in found] == sorted(one.at for one in found)
        assert set(run.settled.values()) == {()}
        assert run.stream.counters.unrecovered == 0
        (its,) = [one for one in run.gaps if one.conversation and one.reason == "disconnected"]
        assert run.events.index(its) > run.events.index(found[-1])


async def test_what_comes_live_after_the_end_is_not_told_before() -> None:
    """C5: words that are 20 s late are neither in the gap nor told twice, though they seem so."""
    late, soon = {"pace": BATCHED, "late_tail": True}, BackfillOptions(delay=1.0, again=None)
    async with running([short_call("talk", *TALK[:6])], soon, played=late) as run:
        playing = asyncio.create_task(run.simulator.play())
        await run.until(lambda: run.stream.counters.emitted >= 2)
        await run.simulator.abort_sockets()
        await playing
        await run.until(lambda: ("disconnected", True) in run.settled)
        assert texts(run.of(Utterance)) == [text for _, text in TALK[:6]]
        assert run.of(Utterance, "backfill") == []
        assert set(run.settled.values()) == {()}
        (its,) = [one for one in run.gaps if one.conversation and one.reason == "disconnected"]
        assert run.events.index(its) > run.events.index(run.of(Utterance)[-1])


async def test_whoever_joins_late_hears_what_was_said_before() -> None:
    """S4-16: from the call's beginning, when it has ended."""
    async with running([short_call("talk", *TALK)], early=5) as run:
        await run.until(lambda: ("joined_late", True) in run.settled)
        live, found = run.of(Utterance), run.of(Utterance, "backfill")
        assert live
        assert found
        assert sorted(texts(live) + texts(found)) == sorted(text for _, text in TALK)
        assert run.settled == {("joined_late", True): ()}


async def test_a_transcript_that_never_comes_is_missing() -> None:
    """S4-16: asked for with patience, then it is said; the stream's own gap is not to blame."""
    brief = BackfillOptions(patience=90.0)
    async with running([short_call("talk", *TALK)], brief) as run:
        never = On("GET", f"{COMMUNICATION}/transcripturl", *[Refuse(404)] * 100)
        run.simulator.rest_script = [never]
        await broken(run)
        await run.until(lambda: ("disconnected", True) in run.settled)
        await run.until(lambda: len(run.settled) == 3)
        assert run.settled == {
            ("joined_late", True): ("utterances",),
            ("disconnected", True): ("utterances",),
            ("disconnected", False): (),
        }
        assert run.of(Utterance, "backfill") == []
        assert run.stream.counters.unrecovered == 2
        # The customer's and the agent's communication, now and every 30 s.
        assert run.simulator.requests[LINK] == 2 * 3


async def test_a_role_that_lacks_the_permission_is_not_asked_twice(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING, "genesys_sentiment.streaming.gap_backfill")
    denied = ["recording:recording:view"]
    async with running([short_call("talk", *TALK)], played={"denied_permissions": denied}) as run:
        await broken(run)
        await run.until(lambda: ("disconnected", True) in run.settled)
        assert run.settled[("disconnected", True)] == ("utterances",)
        assert run.simulator.requests[LINK] == 1
    said = [one.getMessage() for one in caplog.records if one.name.endswith("gap_backfill")]
    assert said == ["a transcript could not be asked for: PermissionDenied"]


async def test_suggestions_of_the_gap_come_once() -> None:
    """S4-16: with those that came live, each once."""
    hints = [
        {
            "after": place,
            "title": f"title {place}",
            "answer": "say so",
            "confidence": 0.5,
            "reaction": "Dismissed",
        }
        for place in range(1, 20, 2)
    ]
    call = short_call("talk", *TALK, suggestions=hints)
    async with running([call], suggestions=True) as run:
        await broken(run)
        await run.until(lambda: ("disconnected", True) in run.settled)
        live, found = run.of(Suggestion), run.of(Suggestion, "backfill")
        assert live
        assert found
        assert {one.title for one in live + found} == {hint["title"] for hint in hints}
        assert set(run.settled.values()) == {()}


async def test_messages_of_the_gap_come_with_their_texts() -> None:
    """S4-16: those that were found; what the stream told live is to be had on demand."""
    call = short_call("chat", *TALK, medium="message")
    async with running([call]) as run:
        playing = asyncio.create_task(run.simulator.play())
        await run.until(lambda: len(run.of(Message)) >= 3)
        await run.simulator.abort_sockets()
        await playing
        await run.until(lambda: ("disconnected", False) in run.settled)
        live, found = run.of(Message), run.of(Message, "backfill")
        assert len({one.message for one in live + found}) == len(TALK)
        assert {one.utterance for one in run.of(Utterance, "backfill")} == {
            one.message for one in found
        }
        assert set(run.settled.values()) == {()}


async def test_a_call_whose_states_nobody_tells_ends_with_its_transcription() -> None:
    """It is followed by its id, so that only its words are subscribed."""
    async with running([short_call("talk", *TALK)], early=5, queues=()) as run:
        await run.until(lambda: ("joined_late", True) in run.settled)
        said = texts(run.of(Utterance)) + texts(run.of(Utterance, "backfill"))
        assert sorted(said) == sorted(text for _, text in TALK)
        assert run.settled == {("joined_late", True): ()}


async def test_many_that_were_joined_late_are_one_question() -> None:
    """The first look, and the second; then each call's end and its customer's transcript."""
    calls = [short_call(f"talk {number}", *TALK) for number in range(12)]
    quick = BackfillOptions(spacing=0.2)
    async with running(calls, quick, early=120) as run:
        await run.until(lambda: len(run.gaps) == 12)
        assert {(one.reason, one.unrecovered) for one in run.gaps} == {("joined_late", ())}
        said = texts(run.of(Utterance)) + texts(run.of(Utterance, "backfill"))
        assert Counter(said) == Counter(text for _, text in TALK * 12)
        assert run.simulator.requests[DETAILS] == 1 + 2, "one discovery, two looks"
        assert run.simulator.requests[ONE] == 12
        assert run.simulator.requests[LINK] == 12


async def test_the_second_look_finds_what_the_first_did_not() -> None:
    """Analytics lags: the first answer knows of no conversation at all."""
    nothing = AnswerGarbage(b'{"totalHits": 0}', "application/json")
    long = StreamOptions(delays=lambda: repeat(20.0), subscribe_spacing=0.05)
    async with running([short_call("talk", *TALK[:2])], options=long) as run:
        await run.stream.ready()
        run.simulator.rest_script = [On("POST", DETAILS.split()[1], None, *[nothing] * 2)]
        playing = asyncio.create_task(run.simulator.play())
        await run.until(lambda: run.stream.counters.emitted >= 2)
        await run.simulator.abort_sockets()
        await playing
        await run.until(lambda: ("disconnected", True) in run.settled)
        assert "disconnected" in [one.state for one in run.of(StateChange, "backfill")]
        assert set(run.settled.values()) == {()}


async def test_errors_that_pass_are_waited_for() -> None:
    failing = On("GET", f"{COMMUNICATION}/transcripturl", *[Refuse(400)] * 3)
    garbage = On("GET", ONE.split()[1], AnswerGarbage())
    async with running([short_call("talk", *TALK)]) as run:
        run.simulator.rest_script = [failing, garbage]
        await broken(run)
        await run.until(lambda: ("disconnected", True) in run.settled)
        said = texts(run.of(Utterance)) + texts(run.of(Utterance, "backfill"))
        assert sorted(said) == sorted(text for _, text in TALK)
        assert set(run.settled.values()) == {()}


async def test_a_call_whose_end_is_never_told_makes_room_after_a_day() -> None:
    """What waits is bounded in time where another gap comes."""
    clock = VirtualClock(EPOCH, automatic=False)
    memory, told = Memory(), list[Event]()
    async with Simulator() as simulator, client(simulator) as cloud:
        companion = GapBackfill(cloud, memory, clock, options=BackfillOptions(delay=1e6, limit=5))
        buffer = buffer_for([companion], memory.counters, StreamOptions())
        outlet = Outlet(buffer, memory, FixedPlan(()), clock, ())
        running = asyncio.create_task(companion.run(outlet))
        for number in range(8):
            gap = Gap(reason="joined_late", since=1.0, until=2.0, conversation=f"c{number}")
            companion.observe(gap)
            await clock.elapse(1.0 if number < 5 else 24 * 3600.0)
        while (event := buffer.poll()) is not None:
            told.append(event)
        running.cancel()
        await asyncio.wait([running])
    assert [one.conversation for one in told if isinstance(one, Gap)] == [
        *("c5", "c0", "c1", "c2", "c3", "c4", "c6"),
    ]
    assert {one.unrecovered for one in told if isinstance(one, Gap)} == {
        ("states", "utterances", "messages")
    }
    assert memory.counters.unrecovered == 8
