"""Whether a line lives, and what it proves: plain figures, and a network that holds frames back."""

from __future__ import annotations

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.streaming.actions import Send
from genesys_sentiment.streaming.liveness import Liveness
from tests.streaming.toys import Toy

PINGED = Toy(ping_interval=10.0)


def asked(subject: Liveness, *times: float) -> None:
    """It pings at these times, and hears something else each time."""
    for now in times:
        assert subject.due(now) == Send("ping")
        subject.heard = now


def test_an_answer_proves_what_was_sent_before_the_ping() -> None:
    """And neither what came with it, nor what was sent since."""
    subject = Liveness(PINGED, 100.0)
    assert subject.whole == -inf
    asked(subject, 110.0, 120.0)
    subject.heard = 121.0
    subject.pong()
    assert subject.whole == 110.0
    subject.pong()
    assert subject.whole == 120.0
    subject.pong()
    assert subject.whole == 120.0, "that one was nobody's"


def test_without_pings_the_last_frame_is_all_there_is() -> None:
    subject = Liveness(Toy(ping=None), 100.0)
    subject.heard = 107.0
    assert subject.whole == 107.0
    assert subject.challenge(108.0) is None
    assert subject.deadline == 152.0, "only of silence"


def test_a_server_that_never_answers_is_found_out() -> None:
    """It has as long as a line may be silent. Pings go on: who knows what they are good for."""
    subject = Liveness(PINGED, 0.0)
    asked(subject, 10.0, 20.0, 30.0, 40.0, 50.0)
    assert subject.whole == -inf
    asked(subject, 60.0, 70.0)
    assert subject.whole == 70.0, "the last frame"
    assert subject.challenge(71.0) is None
    asked(subject, 80.0)
    subject.pong()
    assert subject.whole == 40.0, "it answers after all: the oldest that may still be meant"


def test_a_line_that_says_nothing_is_not_one_that_never_answers() -> None:
    """What was held back comes, and then no more: the ping is owed, and proves nothing."""
    subject = Liveness(PINGED, 0.0)
    for now in (10.0, 20.0, 30.0):
        subject.due(now)
    subject.heard = 33.0
    for now in (40.0, 50.0, 60.0, 70.0):
        assert not subject.silent(now)
        subject.due(now)
    assert subject.whole == -inf
    assert subject.challenge(71.0) is not None


def test_answers_that_went_missing_cost_no_more_than_the_silence_that_is_borne() -> None:
    """Nobody knows which one is missing: each answer counts for the oldest ping that is owed."""
    subject = Liveness(PINGED, 0.0)
    for now in range(10, 1_000, 10):
        asked(subject, float(now))
        if now % 30:
            subject.pong()
        assert subject.whole >= now - 45.0 - 20.0 or now == 10
    assert subject.whole < 950.0


def test_what_a_slow_reader_did_not_read_proves_nothing() -> None:
    """C1: its pings go on while it reads nothing; the answers are as old as the pings."""
    subject = Liveness(PINGED, 0.0)
    for now in range(10, 610, 10):
        assert subject.due(float(now)) is not None
        subject.excuse(float(now))
    subject.pong()
    subject.pong()
    assert subject.whole == 20.0


def test_a_line_that_lost_its_channel_proves_nothing_more() -> None:
    """Answers go on; that they came, a rollover may still ask."""
    subject = Liveness(PINGED, 0.0)
    asked(subject, 10.0, 20.0)
    subject.pong()
    subject.lose(25.0)
    subject.pong()
    assert (subject.whole, subject.proven) == (10.0, 20.0)
    assert subject.answered(20.0)


def test_a_doubt_is_no_loss() -> None:
    subject = Liveness(PINGED, 0.0)
    subject.doubt(5.0)
    asked(subject, 10.0)
    subject.pong()
    assert (subject.whole, subject.proven) == (10.0, 5.0)


@given(st.data())
def test_whatever_a_network_holds_back_nothing_proven_is_missing(data: st.DataObject) -> None:
    """Stalls of up to 40 s each way, in which everything waits and keeps its order."""
    stalls = st.lists(st.floats(0.0, 40.0), max_size=6)
    there, back = data.draw(stalls), data.draw(stalls)
    sent = [float(now) for now in range(1, 400)]

    def arrive(now: float, held: list[float]) -> float:
        """When what is sent then is there: each stall begins at a multiple of 60 s."""
        for number, seconds in enumerate(held):
            if number * 60.0 <= now < number * 60.0 + seconds:
                return number * 60.0 + seconds
        return now

    pings = [now for now in sent if now % 10.0 == 0]
    pongs = [arrive(arrive(now, there), back) for now in pings]
    subject = Liveness(PINGED, 0.0)
    for now in sent:
        if now % 10.0 == 0:
            subject.due(now)
        for _ in range(sum(now - 1 < each <= now for each in pongs)):
            subject.pong()
        missing = [each for each in sent if each <= subject.whole and arrive(each, back) > now]
        assert missing == []
