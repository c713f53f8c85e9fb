"""Topics that are subscribed on the socket: wanted, asked for, acknowledged. No loop, no clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import count, pairwise

import pytest
from attrs import define, field, frozen
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.model.wire import Request
from genesys_sentiment.streaming.requests import NOT_ACKNOWLEDGED, TRIES, Requests
from tests.streaming.toys import Toy


@frozen(kw_only=True)
class Asking(Toy):
    """Every request has an id; ``+a`` asks for topic a, ``-a`` drops it."""

    pacing: float = 0.5
    ack_timeout: float | None = 10.0

    def subscribe(
        self, topics: Sequence[str], now: float, reference: Callable[[], str]
    ) -> Sequence[Request]:
        """One request a topic."""
        return [_request("+", topic, reference) for topic in topics]

    def unsubscribe(self, topics: Sequence[str], reference: Callable[[], str]) -> Sequence[Request]:
        """One request a topic."""
        return [_request("-", topic, reference) for topic in topics]


def _request(sign: str, topic: str, reference: Callable[[], str]) -> Request:
    return Request(text=f"{sign}{topic}", reference=reference(), topics=(topic,))


def references() -> Callable[[], str]:
    numbers: Iterator[int] = count(1)
    return lambda: f"r{next(numbers)}"


def asking(
    before: Sequence[str] = (), *, pacing: float = 0.5, ack_timeout: float | None = 10.0
) -> Requests:
    dialect = Asking(pacing=pacing, ack_timeout=ack_timeout)
    return Requests(dialect, references(), before=before)


def texts(requests: Sequence[Request]) -> list[str]:
    return [each.text for each in requests]


def run(subject: Requests, until: float, start: float = 0.0) -> list[tuple[float, str]]:
    """What is sent and when, with nobody answering, until ``until``."""
    sent: list[tuple[float, str]] = []
    now = start
    while (due := subject.deadline) is not None and max(due, now) <= until:
        now = max(due, now)
        sent += [(now, each.text) for each in subject.due(now)]
    return sent


def test_requests_are_the_dialects_pacing_apart() -> None:
    """S0-10: 500 ms between two requests."""
    subject = asking()
    subject.desire(["a", "b", "c"], 0.0)
    assert run(subject, 5.0) == [(0.0, "+a"), (0.5, "+b"), (1.0, "+c")]
    assert subject.due(1.2) == ()


def test_without_pacing_everything_goes_at_once() -> None:
    subject = asking(pacing=0.0)
    subject.desire(["a", "b"], 0.0)
    assert texts(subject.due(0.0)) == ["+a", "+b"]
    assert subject.due(0.0) == []


def test_sent_is_not_subscribed() -> None:
    """S0-10: a topic is live when it was acknowledged, by the request's id."""
    subject = asking(pacing=0.0)
    subject.desire(["a", "b"], 0.0)
    first, second = subject.due(0.0)
    assert (subject.live, subject.began(), subject.settled) == ((), [], False)
    subject.acknowledged(second.reference)
    assert (subject.live, subject.began(), subject.settled) == (("b",), ["b"], False)
    subject.acknowledged(first.reference)
    assert (set(subject.live), subject.began(), subject.settled) == ({"a", "b"}, ["a"], True)


def test_where_nothing_is_acknowledged_sent_has_to_do() -> None:
    subject = asking(pacing=0.0, ack_timeout=None)
    subject.desire(["a"], 0.0)
    subject.due(0.0)
    assert (subject.live, subject.settled, subject.deadline) == (("a",), True, None)


def test_an_unanswered_request_is_sent_again_and_then_given_up() -> None:
    """S0-10: ack timeout, bounded tries, and then the topic is refused."""
    subject = asking(pacing=0.0)
    subject.desire(["a"], 0.0)
    assert run(subject, 100.0) == [(0.0, "+a"), (10.0, "+a"), (20.0, "+a")]
    assert TRIES == 3
    (refused,) = subject.given_up()
    assert (refused.topic, refused.reason, refused.received) == ("a", NOT_ACKNOWLEDGED, 30.0)
    assert (subject.deadline, subject.given_up(), subject.settled) == (None, [], True)


def test_a_late_answer_is_still_an_answer() -> None:
    subject = asking(pacing=1.0)
    subject.desire(["a", "b"], 0.0)
    (first,) = subject.due(0.0)
    subject.due(1.0)
    subject.due(10.5)
    subject.acknowledged(first.reference)
    assert "a" in subject.live
    assert [text for _, text in run(subject, 100.0, 10.5) if text == "+a"] == []


def test_a_refusal_belongs_to_its_request() -> None:
    """S0-12: errors are routed by their id, and told as TopicRefused."""
    subject = asking(pacing=0.0)
    subject.desire(["a", "b"], 0.0)
    first, second = subject.due(0.0)
    (refused,) = subject.refused(first.reference, "unknown topic", 7.0)
    assert (refused.topic, refused.reason, refused.received) == ("a", "unknown topic", 7.0)
    assert subject.refused(first.reference, "again") == ()
    assert subject.refused("somebody else's", "x") == ()
    subject.acknowledged(second.reference)
    subject.desire(["a", "b", "c"], 1.0)
    assert texts(subject.due(1.0)) == ["+c"], "a refused topic is not asked for again"


def test_an_answer_without_an_id_belongs_to_whoever_waits_longest() -> None:
    subject = asking(pacing=0.0)
    subject.desire(["a", "b"], 0.0)
    subject.due(0.0)
    subject.acknowledged(None)
    assert subject.live == ("a",)
    assert [each.topic for each in subject.refused(None, "no")] == ["b"]
    assert [each.topic for each in subject.refused(None, "no")] == ["toy"]


def test_new_conversations_come_before_those_of_the_last_connection() -> None:
    """S0-10: 1,000 old interactions take minutes; a new call does not wait for them."""
    subject = asking(before=["a", "b", "c"])
    subject.desire(["a", "b", "new", "c"], 0.0)
    sent = run(subject, 0.9)
    subject.desire(["a", "b", "new", "c", "newer"], 0.9)
    sent += run(subject, 5.0, 0.9)
    assert [text for _, text in sent] == ["+new", "+a", "+newer", "+b", "+c"]


def test_a_topic_that_nobody_wants_any_more_is_dropped() -> None:
    """S0-10: unsubscribe on end; what was never sent needs no word."""
    subject = asking()
    subject.desire(["a", "b", "c"], 0.0)
    subject.due(0.0)
    subject.desire(["c"], 0.1)
    assert run(subject, 5.0, 0.1) == [(0.5, "+c"), (1.0, "-a")]
    assert subject.live == ()


def test_wanted_again_before_it_was_dropped() -> None:
    subject = asking()
    subject.desire(["a"], 0.0)
    (request,) = subject.due(0.0)
    subject.acknowledged(request.reference)
    subject.desire([], 0.1)
    subject.desire(["a"], 0.2)
    assert run(subject, 5.0, 0.2) == []
    assert subject.live == ("a",)


def test_a_dropped_topic_that_is_wanted_again_is_asked_for_again() -> None:
    subject = asking()
    subject.desire(["a"], 0.0)
    sent = run(subject, 0.4)
    subject.desire([], 0.6)
    sent += run(subject, 1.0, 0.6)
    subject.desire(["a"], 1.1)
    sent += run(subject, 2.0, 1.1)
    assert [text for _, text in sent] == ["+a", "-a", "+a"]


class Greeting(Asking):
    """One message says it all, whatever the topics are."""

    def subscribe(
        self, topics: Sequence[str], now: float, reference: Callable[[], str]
    ) -> Sequence[Request]:
        return [Request(text=f"all at {now:g}", reference="all", topics=tuple(topics))]


def test_a_dialect_without_topics_is_asked_once_and_may_be_refused() -> None:
    """S4-03: the filter goes out although there are no topics; its refusal is told."""
    subject = Requests(Greeting(pacing=0.0), references(), wall=1000.0)
    subject.desire([], 0.0)
    assert texts(subject.due(5.0)) == ["all at 1005"]
    assert subject.due(5.0) == []
    assert [(each.topic, each.reason) for each in subject.refused("all", "no")] == [("toy", "no")]
    assert subject.settled


def test_a_greeting_that_nobody_acknowledges_is_told_as_well() -> None:
    subject = Requests(Greeting(pacing=0.0), references())
    subject.desire([], 0.0)
    assert len(run(subject, 60.0)) == 1
    assert [each.reason for each in subject.given_up()] == [NOT_ACKNOWLEDGED]


def test_what_is_said_of_the_time_is_said_when_it_is_sent() -> None:
    """S2-04: the window is computed anew each time, for a request that is repeated as well."""
    subject = Requests(Greeting(pacing=0.0), references(), wall=1000.0)
    subject.desire(["a"], 0.0)
    assert [text for _, text in run(subject, 25.0)] == ["all at 1000", "all at 1010", "all at 1020"]


@define
class Server:
    """Obeys every request; answers when it is told to."""

    subject: Requests
    pacing: float
    now: float = 0.0
    has: set[str] = field(factory=set)
    refused: set[str] = field(factory=set)
    unanswered: list[Request] = field(factory=list)
    times: list[float] = field(factory=list)

    def desire(self, topics: set[str]) -> None:
        """Want these."""
        self.subject.desire(sorted(topics), self.now)
        self.refused &= topics

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def acknowledge(self, which: int) -> None:
        """Answer one request, in any order."""
        if self.unanswered:
            request = self.unanswered.pop(which % len(self.unanswered))
            self.subject.acknowledged(request.reference)

    def refuse(self, which: int) -> None:
        """Refuse one request, in any order."""
        if self.unanswered:
            request = self.unanswered.pop(which % len(self.unanswered))
            for each in self.subject.refused(request.reference, "no"):
                self.refused.add(each.topic)
                self.has.discard(each.topic)

    def turn(self) -> None:
        """Take what is sent now."""
        sent = self.subject.due(self.now)
        self.times.extend([self.now] * bool(sent))
        assert not self.pacing or len(sent) <= 1
        for request in sent:
            name = request.text[1:]
            if request.text[0] == "+":
                assert name in self.subject.wanted
                self.unanswered.append(request)
                self.has.add(name)
            else:
                assert name not in self.subject.wanted
                self.has.discard(name)

    def settle(self) -> None:
        """Answer everything until nothing is due any more."""
        while (due := self.subject.deadline) is not None:
            self.now = max(due, self.now)
            self.turn()
            while self.unanswered:
                self.acknowledge(0)


NAMES = st.sets(st.sampled_from("abcde"), max_size=5)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just(Server.desire), NAMES),
        st.tuples(st.just(Server.wait), st.floats(0.0, 12.0)),
        st.tuples(st.sampled_from([Server.acknowledge, Server.refuse]), st.integers(0, 8)),
    ),
    max_size=40,
)


@given(STEPS, st.sampled_from([0.0, 0.5]), st.sampled_from([None, 10.0]))
def test_in_the_end_the_server_has_what_is_wanted(
    steps: list[tuple[Callable[[Server, object], None], object]],
    pacing: float,
    ack_timeout: float | None,
) -> None:
    """S0-10: against a model of a server: nothing doubled, nothing forgotten, pacing kept.

    Whatever is acknowledged, refused, late or dropped in between: at the end the server has the
    wanted topics and no others, but for those that were refused.
    """
    server = Server(asking(pacing=pacing, ack_timeout=ack_timeout), pacing)
    for step, value in steps:
        step(server, value)
        server.turn()
    server.settle()
    given_up = {each.topic for each in server.subject.given_up()}
    wanted = set(server.subject.wanted)
    assert wanted - server.refused - given_up <= server.has
    assert server.has <= wanted | server.refused | given_up
    assert server.subject.settled
    assert all(after - before >= pacing - 1e-9 for before, after in pairwise(server.times))


@pytest.mark.parametrize("count_of_topics", [1_000])
def test_a_thousand_topics_take_as_long_as_they_must(count_of_topics: int) -> None:
    """S0-10: 8 min 20 s at the tutorial's pace, and the pace is a setting."""
    topics = [f"t{number}" for number in range(count_of_topics)]
    slow, quick = asking(ack_timeout=None), asking(pacing=0.01, ack_timeout=None)
    for subject in (slow, quick):
        subject.desire(topics, 0.0)
    assert run(slow, 600.0)[-1][0] == pytest.approx(499.5)
    assert run(quick, 600.0)[-1][0] == pytest.approx(9.99)
