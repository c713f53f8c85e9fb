"""What is subscribed on a channel, and when, as the plan changes (C5-36, C5-37).

The channels here are a plain object: this is pure bookkeeping, and the REST calls behind it have
their own tests.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from attrs import define, field, frozen

from genesys_sentiment.clock import VirtualClock
from genesys_sentiment.dialects.topics import split, transcription
from genesys_sentiment.errors import NotFound, RateLimited
from genesys_sentiment.model.events import Event, Gap, StateChange, TopicRefused
from genesys_sentiment.model.wire import (
    Channel,
    CommunicationState,
    ParticipantState,
    Snapshot,
)
from genesys_sentiment.scoring.snapshots import Snapshots
from genesys_sentiment.streaming.plan import FixedPlan, Following, Plan
from genesys_sentiment.streaming.subscriptions import Subscriptions
from genesys_sentiment.streaming.watching import Watcher
from tests.streaming.toys import turns

CHANNEL = Channel(id="k", connect_uri="wss://h")


@frozen
class Answer:
    """What became of the topics."""

    permitted: Sequence[str]
    refused: Sequence[TopicRefused]


@define
class FakeChannels:
    """Keeps what it is asked; refuses what holds a forbidden single topic."""

    clock: VirtualClock
    forbidden: frozenset[str] = frozenset()
    calls: list[tuple[str, tuple[str, ...], float]] = field(factory=list)
    errors: list[Exception] = field(factory=list)

    async def create(self) -> Channel:
        """The one channel."""
        return CHANNEL

    async def add(self, channel: Channel, topics: Sequence[str]) -> Answer:
        """More topics."""
        return self._answer("add", topics)

    async def replace(self, channel: Channel, topics: Sequence[str]) -> Answer:
        """These topics."""
        return self._answer("replace", topics)

    def _answer(self, verb: str, topics: Sequence[str]) -> Answer:
        self.calls.append((verb, tuple(topics), self.clock.monotonic()))
        if self.errors:
            raise self.errors.pop(0)
        bad = [topic for topic in topics if self.forbidden.intersection(split(topic))]
        return Answer(
            [topic for topic in topics if topic not in bad],
            [TopicRefused(topic=topic, reason="no permission") for topic in bad],
        )


@define
class Rig:
    """Everything that one channel's subscriptions need."""

    plan: Plan
    channels: FakeChannels
    clock: VirtualClock
    events: list[Event] = field(factory=list)

    def make(self) -> Subscriptions:
        """Of a new channel."""
        return Subscriptions(
            self.channels, CHANNEL, self.plan, self.events.append, self.clock, spacing=1.0
        )

    @property
    def calls(self) -> list[tuple[str, tuple[str, ...]]]:
        """Without their times."""
        return [call[:2] for call in self.channels.calls]


def rig(plan: Plan, *forbidden: str) -> Rig:
    clock = VirtualClock(1000.0)
    return Rig(plan, FakeChannels(clock, frozenset(forbidden)), clock)


@asynccontextmanager
async def following(subject: Rig) -> AsyncIterator[Subscriptions]:
    """Subscribed, the socket open, and following."""
    subscriptions = subject.make()
    await subscriptions.replace_all()
    subscriptions.confirm()
    task = asyncio.create_task(subscriptions.follow())
    try:
        yield subscriptions
    finally:
        task.cancel()
        await asyncio.wait({task})


def topics_of(conversation: str) -> tuple[str, ...]:
    return (f"{conversation}.x.transcription",)


def watcher(snapshots: Snapshots | None = None, *base: str) -> Watcher:
    snapshots = Snapshots() if snapshots is None else snapshots  # an empty one is false
    return Watcher(snapshots, topics_of, base=base, linger=60.0, wall=1000.0)


def change(snapshots: Snapshots, conversation: str, state: str) -> StateChange:
    call = CommunicationState(communication="k", medium="call", state=state)
    agent = ParticipantState(participant="p", purpose="agent", communications=(call,))
    (found,) = snapshots.observe(Snapshot(conversation=conversation, participants=(agent,)))
    assert isinstance(found, StateChange)
    return found


async def test_a_fixed_plan_replaces_the_list_once() -> None:
    subject = rig(FixedPlan(["q.1.a", "q.1.b", "q.1.a"]))
    async with following(subject) as subscriptions:
        subscriptions.poke()
        await turns()
    assert subject.calls == [("replace", ("q.1?a&b",))]
    assert subject.events == []


async def test_an_id_that_can_be_no_topic_is_told_once_and_ends_nothing() -> None:
    """C5-29: the wire names it, so it may be anything; the conversations beside it are followed."""
    snapshots = Snapshots()
    plan = Watcher(snapshots, lambda each: (transcription(each),), wall=1000.0)
    subject = rig(plan)
    async with following(subject) as subscriptions:
        for name in ("a.b/../c", "good"):
            plan.observe(change(snapshots, name, "alerting"), subject.clock.monotonic())
            subscriptions.poke()
        plan.observe(change(snapshots, "a.b/../c", "connected"), subject.clock.monotonic())
        subscriptions.poke()
        await turns()
    assert subject.calls[1:] == [("add", ("v2.conversations.good.transcription",))]
    refused = [each for each in subject.events if isinstance(each, TopicRefused)]
    assert [(each.conversation, each.reason) for each in refused] == [("a.b/../c", "invalid_id")]


async def test_new_conversations_are_added_together_and_spaced() -> None:
    snapshots = Snapshots()
    plan = watcher(snapshots, "q.1.conversations")
    subject = rig(plan)
    async with following(subject) as subscriptions:
        for name in ("c1", "c2"):
            plan.observe(change(snapshots, name, "alerting"), subject.clock.monotonic())
            subscriptions.poke()
        await turns()
        plan.observe(change(snapshots, "c3", "alerting"), subject.clock.monotonic())
        subscriptions.poke()
        await turns()
    assert subject.calls == [
        ("replace", ("q.1.conversations",)),
        ("add", ("c1.x.transcription", "c2.x.transcription")),
        ("add", ("c3.x.transcription",)),
    ]
    times = [at for _, _, at in subject.channels.calls]
    assert times == [0.0, 1.0, 2.0]


async def test_ended_conversations_linger_and_are_dropped_by_replacing() -> None:
    snapshots = Snapshots()
    plan = watcher(snapshots, "q.1.conversations")
    subject = rig(plan)
    async with following(subject) as subscriptions:
        plan.observe(change(snapshots, "c1", "alerting"), 0.0)
        subscriptions.poke()
        await turns()
        plan.observe(change(snapshots, "c1", "disconnected"), 10.0)
        assert plan.deadline == 70.0
        plan.tick(69.9)
        subscriptions.poke()
        await turns()
        assert len(subject.calls) == 2, "transcripts lag behind speech"
        plan.tick(70.0)
        subscriptions.poke()
        await turns()
    assert plan.conversations == ()
    assert plan.deadline is None
    assert subject.calls[2] == ("replace", ("q.1.conversations",))


async def test_a_refused_topic_is_said_once_and_not_asked_again() -> None:
    """C5-37: the others live."""
    snapshots = Snapshots()
    plan = watcher(snapshots, "q.1.good", "z.bad")
    subject = rig(plan, "z.bad")
    async with following(subject) as subscriptions:
        plan.observe(change(snapshots, "c1", "alerting"), 0.0)
        subscriptions.poke()
        await turns()
    assert [each.topic for each in subject.events if isinstance(each, TopicRefused)] == ["z.bad"]
    assert [each for _, topics in subject.calls[1:] for each in topics] == ["c1.x.transcription"]


async def test_a_refused_combination_is_asked_one_by_one() -> None:
    """Only so can one tell which part is forbidden; the other parts are subscribed."""
    plan = FixedPlan(["c.s.article", "c.s.search", "other.x", "z.bad"])
    subject = rig(plan, "c.s.article", "z.bad")
    async with following(subject):
        pass
    assert subject.calls == [
        ("replace", ("c.s?article&search", "other.x", "z.bad")),
        ("add", ("c.s.article", "c.s.search")),
    ]
    refused = {each.topic for each in subject.events if isinstance(each, TopicRefused)}
    assert refused == {"c.s.article", "z.bad"}


async def test_the_1001st_topic_is_said_once() -> None:
    """C5-36: never more than the platform takes, and never silently less."""
    snapshots = Snapshots()
    plan = watcher(snapshots, *(f"t{number}" for number in range(1002)))
    subject = rig(plan)
    async with following(subject) as subscriptions:
        plan.observe(change(snapshots, "c1", "alerting"), 0.0)
        subscriptions.poke()
        await turns()
    (first,) = subject.calls
    assert len(first[1]) == 1000
    said = [(each.topic, each.reason) for each in subject.events if isinstance(each, TopicRefused)]
    assert said == [
        ("t1000", "channel_full"),
        ("t1001", "channel_full"),
        ("c1.x.transcription", "channel_full"),
    ]


async def test_whoever_was_talking_before_is_announced_once() -> None:
    plan = watcher(None, "q.1.conversations")
    plan.discovered([Following("c1", 900.0), Following("c2")], 0.0)
    subject = rig(plan)
    subscriptions = subject.make()
    await subscriptions.replace_all()
    assert subject.events == [], "the socket is not open yet: nothing arrives"
    subject.clock.advance(5.0)
    subscriptions.confirm()
    subscriptions.confirm()
    assert subject.events == [
        Gap(reason="joined_late", conversation="c1", since=900.0, until=1005.0),
        Gap(reason="joined_late", conversation="c2", since=1000.0, until=1005.0),
    ]


async def test_whoever_began_to_talk_before_we_subscribed_is_announced() -> None:
    snapshots = Snapshots()
    plan = watcher(snapshots)
    subject = rig(plan)
    async with following(subject) as subscriptions:
        plan.observe(change(snapshots, "c1", "alerting"), 0.0)
        plan.observe(change(snapshots, "c2", "connected"), 0.0)
        subscriptions.poke()
        await turns()
    gaps = [each for each in subject.events if isinstance(each, Gap)]
    assert [(each.reason, each.conversation) for each in gaps] == [("joined_late", "c2")]


async def test_an_outage_of_rest_costs_time_and_not_the_connection() -> None:
    snapshots = Snapshots()
    plan = watcher(snapshots, "q.1.conversations")
    subject = rig(plan)
    async with following(subject) as subscriptions:
        subject.channels.errors = [RateLimited("slow", retry_after=40.0)]
        plan.observe(change(snapshots, "c1", "alerting"), 0.0)
        subscriptions.poke()
        await turns()
    assert [verb for verb, _ in subject.calls] == ["replace", "add", "add"]
    assert subject.channels.calls[2][2] - subject.channels.calls[1][2] >= 40.0


async def test_a_lost_channel_ends_the_following() -> None:
    snapshots = Snapshots()
    plan = watcher(snapshots)
    subject = rig(plan)
    subscriptions = subject.make()
    await subscriptions.replace_all()
    subject.channels.errors = [NotFound("gone", status=404)]
    plan.observe(change(snapshots, "c1", "alerting"), 0.0)
    subscriptions.poke()
    with pytest.raises(NotFound):
        await subscriptions.follow()


def test_a_conversation_that_goes_on_after_all_is_kept() -> None:
    """Re-routing ends one agent's call and begins another's."""
    snapshots = Snapshots()
    plan = watcher(snapshots)
    plan.observe(change(snapshots, "c1", "connected"), 0.0)
    plan.observe(change(snapshots, "c1", "disconnected"), 10.0)
    call = CommunicationState(communication="k2", medium="call", state="alerting")
    agent = ParticipantState(participant="p2", purpose="agent", communications=(call,))
    (again,) = snapshots.observe(Snapshot(conversation="c1", participants=(agent,)))
    assert isinstance(again, StateChange)
    plan.observe(again, 20.0)
    plan.tick(1000.0)
    assert plan.conversations == ("c1",)


def test_an_ended_conversation_is_not_followed() -> None:
    snapshots = Snapshots()
    plan = watcher(snapshots)
    plan.observe(change(snapshots, "c1", "disconnected"), 0.0)
    assert plan.conversations == ()
    assert plan.version == 0
