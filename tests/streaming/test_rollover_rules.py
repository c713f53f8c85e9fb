"""When a channel is replaced, and who is let go: plain figures."""

from __future__ import annotations

import pytest

from genesys_sentiment.model.events import StateChange
from genesys_sentiment.model.wire import Token
from genesys_sentiment.scoring.snapshots import Snapshots
from genesys_sentiment.streaming.actions import Leave, Renew, Replace
from genesys_sentiment.streaming.memory import Memory
from genesys_sentiment.streaming.pacing import Pacing
from genesys_sentiment.streaming.plan import Following
from genesys_sentiment.streaming.renewal import Life, Renewal, channel_life
from genesys_sentiment.streaming.session import Session
from genesys_sentiment.streaming.watching import Watcher
from tests.streaming.toys import Toy

HOUR = 3600.0
CLOSING = Leave(reason="socket_closing")
GONE = Leave(reason="gone", keep_channel=False)


@pytest.mark.parametrize(
    ("expires", "renew", "end"),
    [
        (None, 23 * HOUR, 24 * HOUR),
        (5_000.0 + 24 * HOUR, 23 * HOUR, 24 * HOUR),
        (5_000.0 + 48 * HOUR, 23 * HOUR, 48 * HOUR),
        (5_000.0 + 2400.0, 2300.0, 2400.0),
        (5_001.0, 57.5, 60.0),
        (4_999.0, 23 * HOUR, 24 * HOUR),
    ],
)
def test_how_old_a_channel_grows(expires: float | None, renew: float, end: float) -> None:
    """C3 Rollover: 23 h, sooner where the platform says so; a wrong clock is not believed."""
    assert channel_life(expires, 5_000.0, 100.0, 23 * HOUR) == Life(100.0 + renew, 100.0 + end)


def aged(token_life: float = 86_400.0) -> Renewal:
    token = Token(value="t", expires=token_life)
    return Renewal(Toy(), token, lambda: "r", 0.0, Life(23 * HOUR, 24 * HOUR))


def test_an_old_channel_is_replaced_without_another_token() -> None:
    subject = aged(2 * 86_400.0)
    assert subject.deadline == 23 * HOUR
    assert list(subject.tick(23 * HOUR - 1)) == []
    assert list(subject.tick(23 * HOUR)) == [Replace()]
    assert list(subject.tick(23 * HOUR + 100)) == []
    subject.not_replaced(23 * HOUR + 100, 1.0)
    assert subject.deadline == 23 * HOUR + 130, "there is no hurry: 30 s at least"
    assert list(subject.tick(23 * HOUR + 130)) == [Replace()]


def test_a_channel_that_is_used_to_its_end_says_so() -> None:
    """Nobody leaves it: subscribing may have prolonged it. But when it ends, that is why."""
    subject = aged(2 * 86_400.0)
    subject.tick(23 * HOUR)
    assert (subject.leave, subject.deadline) == (None, 24 * HOUR)
    assert list(subject.tick(24 * HOUR)) == []
    assert subject.leave == Leave(reason="channel_expired", keep_channel=False)


def test_whatever_ends_first_comes_first() -> None:
    subject = aged(3600.0)
    assert list(subject.tick(3300.0)) == [Renew()]
    assert list(subject.replace(CLOSING)) == [Replace()], "no time to wait for the token"
    subject.offer(Token(value="t2", expires=7200.0))
    assert list(subject.tick(3302.0)) == []


def test_notes_of_the_end_are_one_case_and_the_gravest_counts() -> None:
    """Closing announced twice; a channel that is gone stays gone whatever is said after."""
    subject = aged()
    assert list(subject.replace(CLOSING)) == [Replace()]
    assert list(subject.replace(CLOSING)) == []
    assert list(subject.replace(GONE)) == []
    assert list(subject.replace(CLOSING)) == []
    assert subject.leave == GONE


def test_a_successor_that_fails_is_tried_again_when_the_pacing_allows() -> None:
    subject = aged()
    subject.replace(CLOSING)
    subject.not_replaced(10.0, 2.5)
    assert list(subject.tick(12.0)) == []
    assert list(subject.tick(12.5)) == [Replace()]


def test_replacing_is_paced_like_connecting() -> None:
    """C3 Reconnect: at once after a connection that survived, ever slower else, 20 in 5 min."""
    subject = Pacing(lambda: iter([1.0, 2.0, 4.0]))
    assert subject.pause(100.0, 30.0) == 0.0
    assert [subject.pause(100.0, 29.0) for _ in range(3)] == [1.0, 2.0, 4.0]
    for second in range(20):
        subject.attempt(100.0 + second)
    assert subject.pause(130.0, 1000.0) == 270.0


HOURS = 4 * HOUR


def watcher() -> Watcher:
    return Watcher(Snapshots(), lambda conversation: (f"v2.conversations.{conversation}",))


def change(conversation: str) -> StateChange:
    return StateChange(conversation=conversation, subject="call", state="connected")


def test_a_conversation_whose_end_fell_into_a_gap_is_let_go() -> None:
    """C3 State: idle eviction 4 h; whoever looks is half an hour late at most."""
    subject = watcher()
    subject.observe(change("c"), 100.0)
    assert subject.deadline is not None
    gone = None
    for now in range(100, 20_000, 60):
        if now >= (subject.deadline or now + 1):
            subject.tick(float(now))
        if not subject.conversations:
            gone = now
            break
    assert gone is not None
    assert HOURS <= gone - 100 <= HOURS * 9 / 8 + 60
    assert subject.deadline is None


def test_who_is_heard_of_is_not_idle() -> None:
    """By a change, an utterance, or because it was found to go on; one named by hand stays."""
    subject = watcher()
    subject.discovered([Following("named")], 0.0)
    for name in ("changes", "talks", "goes-on", "idle"):
        subject.observe(change(name), 0.0)
    for hour in range(1, 9):
        now = hour * HOUR
        subject.observe(change("changes"), now)
        subject.heard("talks", now)
        subject.discovered([Following("goes-on", 5.0)], now)
        subject.tick(now)
    assert set(subject.conversations) == {"named", "changes", "talks", "goes-on"}


def test_a_session_tells_its_plan_who_talks() -> None:
    subject = watcher()
    subject.observe(change("c"), 0.0)
    session = Session(Toy(), Memory(), now=0.0, wall=0.0, observer=subject)
    session.receive(b"u1", 4 * HOUR)
    subject.tick(5 * HOUR)
    assert subject.conversations == ("c",)
