"""A plan spread over channels: what each of them has, and when it learns of it. Pure rules."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.dialects.topics import queue_conversations, sentiment, transcription
from genesys_sentiment.model.events import Gap, StateChange
from genesys_sentiment.scoring.snapshots import Snapshots
from genesys_sentiment.streaming.fleet_placement import Placement
from genesys_sentiment.streaming.fleet_plan import DROPS, Spread
from genesys_sentiment.streaming.plan import Following, TopicList
from genesys_sentiment.streaming.watching import Watcher


def topics_of(name: str) -> tuple[str, ...]:
    """Two of a conversation."""
    return (transcription(name), sentiment(name))


def spread_of(wanted: TopicList, channels: int, room: int = 10) -> Spread:
    """A plan on channels that are open already."""
    spread = Spread(wanted, Placement(channels=channels, room=room), lambda: None)
    for _ in range(channels):
        spread.open()
    return spread


STEPS = st.lists(st.tuples(st.sets(st.integers(0, 30), max_size=20), st.floats(0, 20)), max_size=12)


@given(STEPS, st.integers(1, 4))
def test_new_topics_are_told_at_once_and_old_ones_stay_a_while(
    steps: list[tuple[set[int], float]], channels: int
) -> None:
    """Never more than a channel holds, never a topic that is not wanted for longer than DROPS."""
    wanted, now = TopicList(), 0.0
    spread = spread_of(wanted, channels)
    left: dict[str, float] = {}
    for names, pause in steps:
        now += pause
        topics = [topic for name in sorted(names) for topic in topics_of(f"c{name}")]
        for topic in set(wanted.wanted) - set(topics):
            left[topic] = now
        wanted.remove(*wanted.wanted)
        wanted.add(*topics)
        versions = [share.version for share in spread.shares]
        changed = spread.distribute(now)
        for channel, share in enumerate(spread.shares):
            assert len(share.wanted) <= 10
            assert set(spread.placement.topics(channel)) <= set(share.wanted)
            assert (share.version > versions[channel]) == (channel in changed)
            for topic in set(share.wanted) - set(topics):
                assert now < left[topic] + DROPS
        assert spread.due is None or spread.due > now
    wanted.remove(*wanted.wanted)
    spread.distribute(now)
    assert spread.due is None or spread.due <= now + DROPS
    spread.distribute(now + DROPS)
    assert spread.due is None
    assert not any(share.wanted for share in spread.shares)


def test_the_lead_keeps_the_time_and_everybody_may_bring_news() -> None:
    told: list[int] = []
    watcher = Watcher(Snapshots(), topics_of, base=[queue_conversations("q1")], linger=5.0)
    spread = Spread(watcher, Placement(channels=2, room=3, growth=0), lambda: told.append(1))
    lead, other = spread.open(), spread.open()
    spread.distribute(0.0)
    assert (lead.discovers, other.discovers) == (True, False)
    change = StateChange(conversation="c1", subject="call", state="started", at=1.0)
    other.observe(change, 1.0)
    assert told == [1]
    spread.distribute(1.0)
    lead.observe(change, 2.0)
    assert told == [1]  # nothing new
    assert sorted([*lead.wanted, *other.wanted]) == sorted(spread.wanted)
    other.discovered([Following("c2", since=0.0)], 3.0)
    assert told == [1, 1]
    spread.distribute(3.0)
    homes = [share for share in (lead, other) if transcription("c2") in share.wanted]
    assert len(homes) == 1
    assert homes[0].conversations == ()  # nothing of it is subscribed yet
    gaps = homes[0].subscribed(homes[0].wanted, 4.0)
    assert [each.reason for each in gaps if isinstance(each, Gap)] == ["joined_late"]
    assert "c2" in homes[0].conversations
    assert other.deadline is None
    assert lead.deadline == watcher.deadline


def test_a_list_that_its_owner_changes_is_looked_at_by_the_lead() -> None:
    wanted = TopicList(topics_of("c1"))
    told: list[int] = []
    spread = Spread(wanted, Placement(channels=2, room=4), lambda: told.append(1))
    lead, other = spread.open(), spread.open()
    spread.distribute(0.0)
    wanted.add(*topics_of("c2"))
    other.tick(1.0)
    assert told == []
    lead.tick(1.0)
    assert told == [1]
    assert (lead.deadline, other.deadline) == (wanted.deadline, None)
    assert spread.version == wanted.version
