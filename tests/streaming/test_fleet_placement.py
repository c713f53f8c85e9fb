"""Which topic goes to which channel, and how many calls that takes: pure rules (C5-36)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.dialects.topics import (
    combine,
    detail_events,
    queue_conversations,
    sentiment,
    suggestions,
    transcription,
    user_conversations,
)
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.streaming.fleet_budget import Budget
from genesys_sentiment.streaming.fleet_placement import Placement, conversation_of, group_of

ID = "8d5b1d44-1d5b-4b5f-9c57-2f1d1f1d9a10"


def topics_of(number: int, kinds: int) -> tuple[str, ...]:
    """The first ``kinds`` topics of a conversation."""
    name = f"c{number}"
    return (transcription(name), sentiment(name), *suggestions(name))[:kinds]


def fill(placement: Placement, wanted: Sequence[str]) -> None:
    """As a fleet does it on a platform that has room."""
    placement.update(wanted)
    while needed := placement.needed:
        for _ in range(needed):
            placement.open()
        placement.update(wanted)


@pytest.mark.parametrize(
    "topic",
    [
        transcription(ID),
        sentiment(ID),
        *suggestions(ID),
        *detail_events(ID, "customer.end", "acw"),
        f"v2.conversations.{ID}.members",
        f"v2.conversations.{ID}?transcription&other",
    ],
)
def test_topics_of_a_conversation_are_told_by_their_name(topic: str) -> None:
    assert conversation_of(topic) == group_of(topic) == ID


@pytest.mark.parametrize(
    "topic",
    [
        queue_conversations(ID),
        user_conversations(ID),
        f"v2.users.{ID}.conversations.calls",
        f"v2.users.{ID}.presence",
        "v2.conversations",
        "odd",
    ],
)
def test_other_topics_are_of_no_conversation(topic: str) -> None:
    assert conversation_of(topic) is None


def test_what_can_be_combined_stays_together() -> None:
    user = [f"v2.users.{ID}.{kind}" for kind in ("presence", "station", "routingStatus")]
    assert len({group_of(topic) for topic in user}) == len(combine(user)) == 1


def test_topics_of_no_conversation_come_first_and_conversations_are_spread() -> None:
    queues = [queue_conversations(f"q{number}") for number in range(8)]
    talks = [topic for number in range(12) for topic in topics_of(number, 2)]
    placement = Placement(channels=4, room=16, growth=4)
    fill(placement, [*queues, *talks])
    assert placement.topics(0)[:8] == tuple(queues)
    assert list(placement.loads) == [12, 10, 10]
    for number in (97, 98, 99):
        talks += topics_of(number, 2)
        fill(placement, [*queues, *talks])
    assert list(placement.loads) == [12, 12, 12, 2]


def test_what_comes_together_goes_to_one_channel() -> None:
    """One call subscribes it; in the long run, all channels have as much."""
    placement = Placement(channels=3, room=100)
    for _ in range(3):
        placement.open()
    wanted: list[str] = []
    used = []
    for number in range(12):
        wanted += topics_of(number, 2)
        used.append(placement.update(wanted))
    assert used == [{0}] * 3 + [{1}] * 3 + [{2}] * 6
    assert placement.loads == (6, 6, 12)


def test_a_conversation_grows_where_it_is() -> None:
    """The last of the room is kept for that as long as another channel can be opened."""
    placement = Placement(channels=2, room=10, growth=2)
    first = [topic for number in range(4) for topic in topics_of(number, 2)]
    fill(placement, first)
    assert placement.loads == (8,)
    more = [*first, *topics_of(0, 4)]
    assert placement.update(more) == {0}
    assert placement.loads == (10,)
    assert placement.waiting == ()
    placement.update([*more, *topics_of(1, 3)])
    assert placement.waiting == topics_of(1, 3)[2:]
    assert placement.needed == 0  # another channel would part the conversation


def test_what_has_no_place_waits_and_gets_one_when_there_is_room() -> None:
    """C5-36: the 21st channel is never asked for."""
    placement = Placement(channels=20, room=1000)
    wanted = [topic for number in range(10_001) for topic in topics_of(number, 2)]
    fill(placement, wanted)
    assert placement.opened == 20
    assert set(placement.loads) == {1000}
    assert placement.waiting == topics_of(10_000, 2)
    assert placement.needed == 0
    with pytest.raises(ValueError, match="all there are"):
        placement.open()
    assert len(placement.update(wanted[2:])) == 1
    assert placement.waiting == ()


def test_nothing_is_kept_free_where_no_other_channel_can_be_had() -> None:
    placement = Placement(channels=20, room=10, growth=4)
    placement.open()
    wanted = [topic for number in range(5) for topic in topics_of(number, 2)]
    placement.update(wanted)
    assert (len(placement.waiting), placement.needed) == (4, 1)
    placement.exhausted = True
    placement.update(wanted)
    assert placement.waiting == ()


def test_a_group_that_no_channel_can_hold_asks_for_none() -> None:
    placement = Placement(channels=3, room=4, growth=0)
    fill(placement, topics_of(1, 8))
    assert (placement.opened, placement.needed) == (1, 0)
    assert placement.waiting == topics_of(1, 8)


def test_a_channel_that_cannot_be_had_gets_nothing_new() -> None:
    """It keeps what it has: it may come back."""
    placement = Placement(channels=2, room=10, growth=0)
    fill(placement, topics_of(1, 2))
    placement.shut.add(0)
    wanted = [*topics_of(1, 3), *topics_of(2, 2)]
    fill(placement, wanted)
    assert placement.loads == (2, 2)
    assert placement.waiting == topics_of(1, 3)[2:]
    placement.shut.discard(0)
    placement.update(wanted)
    assert placement.loads == (3, 2)


def test_what_cannot_be_a_topic_is_an_error() -> None:
    with pytest.raises(ConfigurationError):
        Placement(channels=1).update(["two words"])


WANTED = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 8), st.booleans()), max_size=25).map(
    lambda drawn: [
        topic
        for number, kinds, talk in drawn
        for topic in (topics_of(number, kinds) if talk else (queue_conversations(f"q{number}"),))
    ]
)


@given(
    st.lists(WANTED, max_size=6),
    st.integers(1, 6),
    st.integers(8, 30),
    st.integers(0, 6),
    st.integers(0, 6),
)
def test_placing(
    plans: list[list[str]], channels: int, room: int, growth: int, available: int
) -> None:
    """Whatever is wanted in turn: every topic has one place or waits, nothing that stays moves."""
    placement = Placement(channels=channels, room=room, growth=growth)
    before: dict[str, int] = {}
    for wanted in plans:
        changed = placement.update(wanted)
        while placement.needed and placement.opened < available:
            placement.open()
            changed |= placement.update(wanted)
        placement.exhausted = placement.needed > 0
        changed |= placement.update(wanted)

        places = {
            topic: channel
            for channel in range(placement.opened)
            for topic in placement.topics(channel)
        }
        assert placement.opened <= min(channels, max(available, 0))
        assert sum(placement.loads) == len(places)
        assert all(load <= room for load in placement.loads)
        assert set(places) | set(placement.waiting) == set(wanted)
        assert not set(places) & set(placement.waiting)
        homes: dict[str, set[int]] = {}
        for topic, channel in places.items():
            homes.setdefault(group_of(topic), set()).add(channel)
        assert all(len(each) == 1 for each in homes.values())
        stays = [topic for topic in wanted if topic in before]
        assert all(places[topic] == before[topic] for topic in stays)
        moved = {places.get(topic, before.get(topic)) for topic in places.keys() ^ before.keys()}
        assert moved <= changed
        assert placement.update(wanted) == frozenset()
        before = places


@given(st.lists(st.floats(0, 30), max_size=400), st.integers(5, 300))
def test_no_minute_has_more_calls_than_are_allowed(pauses: list[float], calls: int) -> None:
    """C4: whatever the callers do, and wherever the platform's minute begins."""
    budget, now, starts = Budget(calls), 100.0, []
    for pause in pauses:
        now += pause / 10
        starts.append(now + budget.take(now))
    assert starts == sorted(starts)
    for index, start in enumerate(starts[calls:], calls):
        assert start - starts[index - calls] >= 60.0 - 1e-6


def test_calls_that_are_few_wait_for_nothing_and_many_use_what_is_allowed() -> None:
    budget = Budget(150)
    assert [budget.take(0.0) for _ in range(30)] == [0.0] * 30
    assert budget.take(0.0) == pytest.approx(0.5)
    assert budget.take(1000.0) == 0.0
    busy = Budget(150)
    within = [busy.take(0.0) for _ in range(300)]
    assert 149 <= sum(start < 60.0 for start in within) <= 150


def test_a_budget_that_is_none() -> None:
    with pytest.raises(ConfigurationError, match="at least 5"):
        Budget(4)
