"""When a token is renewed, and what follows: pure figures first, then whole streams."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from itertools import count

import pytest
from attrs import define, field, frozen

from genesys_sentiment.clock import VirtualClock
from genesys_sentiment.errors import ConnectionFailed, ConnectionLost, HandshakeRefused
from genesys_sentiment.model.events import Gap
from genesys_sentiment.model.wire import Acknowledged, Refused, Request, Token, WireMessage
from genesys_sentiment.streaming.actions import Action, Leave, Renew, Replace, Send
from genesys_sentiment.streaming.renewal import Renewal, life_of
from genesys_sentiment.streaming.stream import Stream, StreamOptions
from genesys_sentiment.streaming.transport import Socket
from tests.streaming.toys import ONE_SECOND, Line, Lines, Toy, names, turns


@frozen(kw_only=True)
class Renewing(Toy):
    """``renewed`` acknowledges a token on the open connection, ``unrenewed`` refuses it."""

    ping: str | None = None
    idle_timeout: float = 100_000.0

    def renew(self, token: Token, reference: Callable[[], str]) -> Request | None:
        """By a message."""
        return Request(text=f"token {token.value}", reference="renewal")

    def decode(self, frame: bytes, received: float) -> Sequence[WireMessage]:
        """The answers to that."""
        if frame == b"renewed":
            return (Acknowledged("renewal"),)
        if frame == b"unrenewed":
            return (Refused("renewal", "no"),)
        return super().decode(frame, received)


FIXED = Toy(ping=None, idle_timeout=100_000.0)
"""A dialect that cannot renew on the open connection."""


@pytest.mark.parametrize(
    ("life", "lead"),
    [
        (86_400.0, 300.0),
        (3_600.0, 300.0),
        (1_000.0, 200.0),
        (300.0, 60.0),
        (200.0, 60.0),
        (100.0, 50.0),
        (60.0, 30.0),
    ],
)
def test_the_lead(life: float, lead: float) -> None:
    """S3-16, S4-05: 300 s or a fifth of the life, at least 60 s where the life allows it.

    A5 Refresh lead.
    """
    found = life_of(Token(value="t", expires=1000.0 + life), 1000.0)
    assert (found.renew, found.end) == (1000.0 + life - lead, 1000.0 + life)


@pytest.mark.parametrize("life", [-5.0, 0.0, 1.0, 30.0, 59.0, 300.0])
def test_short_lives_make_no_storm_of_token_requests(life: float) -> None:
    """S4-05: the tutorial's own figure asks every second once a token lives 300 s or less."""
    # The tutorial: delay = max(expires_in - 300, 1), for every token that comes.
    theirs = max(life - 300.0, 1.0)
    assert theirs == 1.0
    assert life_of(Token(value="t", expires=life), 0.0).renew >= 30.0


def renewal(dialect: Toy, life: float = 3600.0) -> Renewal:
    return Renewal(dialect, Token(value="t1", expires=life), lambda: "r", 0.0)


def fresh(number: int, life: float = 7200.0) -> Token:
    return Token(value=f"t{number}", expires=life)


def test_announced_and_acknowledged() -> None:
    """S4-04: a new token goes out on the open connection; acknowledged, it is the connection's."""
    subject = renewal(Renewing())
    assert (subject.deadline, list(subject.tick(3299.0))) == (3300.0, [])
    assert list(subject.tick(3300.0)) == [Renew()]
    assert list(subject.tick(3300.5)) == []
    subject.offer(fresh(2))
    assert list(subject.tick(3301.0)) == [Send("token t2")]
    assert subject.answered("renewal")
    subject.acknowledged(3302.0)
    assert subject.deadline == 6900.0
    assert list(subject.tick(3700.0)) == []


@pytest.mark.parametrize("refused", [True, False])
def test_not_acknowledged_within_ten_seconds(refused: bool) -> None:
    """S4-04: no answer in 10 s, or a refusal: another connection takes over."""
    subject = renewal(Renewing())
    subject.tick(3300.0)
    subject.offer(fresh(2))
    subject.tick(3301.0)
    if refused:
        assert list(subject.refused()) == [Replace()]
    else:
        assert list(subject.tick(3310.9)) == []
        assert list(subject.tick(3311.0)) == [Replace()]
    assert not subject.answered("renewal"), "an answer that comes now is of no use"


def test_a_dialect_without_a_word_for_it_is_replaced_at_once() -> None:
    subject = renewal(FIXED)
    subject.tick(3300.0)
    subject.offer(fresh(2))
    assert list(subject.tick(3301.0)) == [Replace()]


def test_a_failed_renewal_keeps_the_connection_until_the_token_ends() -> None:
    """S4-08: the tutorial leaves a healthy socket; here it is used to its end."""
    subject = renewal(Renewing())
    asked = []
    for now in range(3300, 3601):
        actions: Sequence[Action] = subject.tick(float(now))
        if Renew() in actions:
            asked.append(now)
            subject.failed(float(now))
        elif actions:
            assert (now, list(actions)) == (3600, [Leave(reason="token_expired")])
    assert asked == list(range(3300, 3600, 30))
    assert list(subject.tick(3700.0)) == []


def test_the_same_token_again_is_asked_for_later() -> None:
    subject = renewal(Renewing())
    subject.tick(3300.0)
    subject.offer(Token(value="t1", expires=3600.0))
    assert list(subject.tick(3301.0)) == []
    assert subject.deadline == 3331.0


def test_without_a_token_nothing_is_ever_due() -> None:
    subject = Renewal(Toy(), None, lambda: "r", 0.0)
    assert list(subject.tick(1e12)) == []


@define
class Purse:
    """Tokens that live an hour on ``clock``; the first ``failures`` renewals fail."""

    clock: VirtualClock
    failures: int = 0
    life: float = 3600.0
    given: list[str] = field(factory=list)
    _numbers: Iterator[int] = field(factory=lambda: count(1))
    _token: Token | None = None

    async def get(self, refused: str | None = None) -> Token:
        """A new one 300 s before the end of the last, or when that was refused."""
        now = self.clock.monotonic()
        token = self._token
        if token is None or token.value == refused or now >= token.expires - 300.0:
            if token is not None and self.failures > 0:
                self.failures -= 1
                raise ConnectionFailed("no answer", host="login")
            token = self._token = Token(value=f"t{next(self._numbers)}", expires=now + self.life)
            self.given.append(token.value)
        return token


@define
class Bench:
    """A stream over sockets that are fed by hand, on a clock that is moved by hand."""

    dialect: Toy
    clock: VirtualClock = field(factory=VirtualClock)
    transport: Lines = field(factory=Lines)
    failures: int = 0
    topics: tuple[str, ...] = ()
    purse: Purse = field(init=False)
    stream: Stream = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.purse = Purse(self.clock, self.failures)
        self.stream = Stream(
            self.dialect,
            self.transport,
            tokens=self.purse,
            topics=self.topics,
            options=ONE_SECOND,
            clock=self.clock,
        )

    @property
    def lines(self) -> list[Line]:
        """The sockets, in order."""
        return self.transport.opened

    async def say(self, frame: str, line: int = -1) -> None:
        """Something arrives."""
        self.lines[line].frames.put_nowait(frame.encode())
        await turns()

    async def pass_until(self, moment: float) -> None:
        """Time passes; a frame wakes whoever waits for one on real time."""
        while (now := self.clock.monotonic()) < moment:
            self.clock.advance(min(1.0, moment - now))
            for line in self.lines:
                if not line.closed:
                    line.frames.put_nowait(b"heartbeat")
            await turns()


async def test_a_stream_renews_its_token_on_the_open_connection() -> None:
    """S4-04, S4-06, S3-16: asked for in time, sent, acknowledged; the connection stays."""
    bench = Bench(Renewing())
    async with bench.stream:
        await bench.stream.ready()
        bench.clock.advance(3290.0)
        await bench.pass_until(3303.0)
        assert bench.lines[0].sent == ["token t2"]
        await bench.say("renewed")
        await bench.pass_until(3330.0)
        assert len(bench.lines) == 1
        bench.clock.advance(3200.0)
        await bench.pass_until(6605.0)
        assert bench.lines[0].sent == ["token t2", "token t3"]
        await bench.say("renewed")
        await bench.pass_until(6660.0)
        await bench.say("u1")
        assert names([await anext(bench.stream)]) == ["u1"]
    assert bench.stream.counters.connections == 1
    assert bench.stream.counters.gaps == 0


async def test_without_an_acknowledgement_another_connection_takes_over() -> None:
    """S4-04, A5 Token renewal: make-before-break after 10 s; nothing is missing: no gap."""
    bench = Bench(Renewing(), topics=("a",))
    async with bench.stream:
        await bench.stream.ready()
        bench.clock.advance(3290.0)
        await bench.pass_until(3310.0)
        assert (len(bench.lines), bench.lines[0].sent) == (1, ["subscribe a", "token t2"])
        await bench.pass_until(3316.0)
        assert len(bench.lines) == 2
        assert [each.closed for each in bench.lines] == [1, 0]
        assert bench.lines[1].sent == ["subscribe a"]
        await bench.say("u1")
        assert names([await anext(bench.stream)]) == ["u1"]
        assert bench.stream.state == "open"
    counters = bench.stream.counters
    assert (counters.connections, counters.attempts, counters.gaps) == (2, 2, 0)
    assert bench.purse.given == ["t1", "t2"]
    assert [each.closed for each in bench.lines] == [1, 1]


class Slow(Lines):
    """The second socket takes its time to open."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()

    async def open(self, connect: object) -> Socket:
        if self.opened:
            await self.go.wait()
        self.opened.append(self.make())
        return self.opened[-1]


async def test_both_connections_are_read_while_one_takes_over() -> None:
    """S0-08: the new one is open and subscribed before the old one goes; dedup hides the overlap.

    And C5-7: the old one's late frames and its late end do nothing to the new one.
    """
    transport = Slow()
    paced = Toy(ping=None, idle_timeout=1e5, pacing=2.0)
    bench = Bench(paced, transport=transport, topics=("a", "b", "c"))
    async with bench.stream:
        await bench.stream.ready()
        await bench.pass_until(10.0)
        assert bench.lines[0].sent == ["subscribe a", "subscribe b", "subscribe c"]
        bench.clock.advance(3285.0)
        await bench.pass_until(3305.0)
        await bench.say("u1", 0)
        transport.go.set()
        await turns()
        await bench.say("u2", 0)
        await bench.say("u2 u3", 1)
        assert not bench.lines[0].closed, "its successor has one of three topics"
        await bench.pass_until(bench.clock.monotonic() + 6.0)
        assert bench.lines[1].sent == ["subscribe a", "subscribe b", "subscribe c"]
        assert bench.lines[0].closed
        bench.lines[0].frames.put_nowait(b"u9")
        bench.lines[0].frames.put_nowait(ConnectionLost("late", host="h", code=4003))
        await bench.say("u4", 1)
        assert names([await anext(bench.stream) for _ in range(4)]) == ["u1", "u2", "u3", "u4"]
        assert (bench.stream.state, len(bench.lines)) == ("open", 2)
    assert bench.stream.counters.gaps == 0
    assert bench.stream.counters.problems() == ()


async def test_an_old_connection_that_ends_too_early_leaves_a_gap() -> None:
    """The successor has not all topics yet: what came meanwhile on the others is lost."""
    bench = Bench(Toy(ping=None, idle_timeout=1e5, pacing=2.0), topics=("a", "b", "c"))
    async with bench.stream:
        await bench.stream.ready()
        await bench.pass_until(10.0)
        bench.clock.advance(3285.0)
        await bench.pass_until(3302.0)
        assert len(bench.lines) == 2
        bench.lines[0].frames.put_nowait(ConnectionLost("x", host="h", code=1006))
        await bench.pass_until(3312.0)
        gap = await anext(bench.stream)
        assert isinstance(gap, Gap)
        assert (gap.reason, 3300.0 <= gap.since <= 3302.0, gap.until > gap.since + 2.0) == (
            "handover",
            True,
            True,
        )
        assert bench.stream.state == "open"


async def test_a_failed_renewal_keeps_the_healthy_connection() -> None:
    """S4-08: tried again every 30 s, and no second connection; S4-07: one supervisor."""
    bench = Bench(Renewing(), failures=3)
    async with bench.stream:
        await bench.stream.ready()
        bench.clock.advance(3290.0)
        await bench.pass_until(3380.0)
        assert (len(bench.lines), bench.lines[0].sent) == (1, [])
        await bench.pass_until(3400.0)
        assert bench.lines[0].sent == ["token t2"]
        await bench.say("renewed")
        assert bench.stream.state == "open"
    assert bench.stream.counters.attempts == 1


async def test_a_token_that_ends_ends_the_connection() -> None:
    """S4-08, S3-14: until the real expiry, and not longer: a server may stop without a word."""
    bench = Bench(Renewing(), failures=11)
    async with bench.stream:
        await bench.stream.ready()
        bench.clock.advance(3290.0)
        await bench.pass_until(3599.0)
        assert len(bench.lines) == 1
        await bench.pass_until(3605.0)
        assert len(bench.lines) == 2
        await bench.say("u1")
        assert names([await anext(bench.stream), await anext(bench.stream)]) == [
            "gap token_expired",
            "u1",
        ]


class Refusing(Lines):
    """The second attempt is refused."""

    attempts = 0

    async def open(self, connect: object) -> Socket:
        self.attempts += 1
        if self.attempts == 2:
            raise HandshakeRefused("no", host="h", status=401)
        self.opened.append(self.make())
        return self.opened[-1]


async def test_a_successor_that_is_refused_costs_nothing() -> None:
    """S4-08: the old connection goes on, and the refused token is replaced for the next try."""
    bench = Bench(FIXED, transport=Refusing())
    async with bench.stream:
        await bench.stream.ready()
        bench.clock.advance(3290.0)
        await bench.pass_until(3310.0)
        assert (len(bench.lines), bench.stream.state) == (1, "open")
        await bench.say("u1")
        await bench.pass_until(3345.0)
        assert len(bench.lines) == 2
        assert bench.purse.given == ["t1", "t2", "t3"]
        assert names([await anext(bench.stream)]) == ["u1"]
    assert bench.stream.counters.gaps == 0


@pytest.mark.parametrize("hang", ["close", "send"])
async def test_leaving_while_two_connections_are_open_is_bounded(hang: str) -> None:
    """Both are closed, and it takes no longer than one."""
    clock = VirtualClock()
    transport = Lines(lambda: Line(hang=frozenset({hang})))
    subject = Stream(
        Toy(ping=None, idle_timeout=1e5, pacing=1000.0),
        transport,
        tokens=Purse(clock),
        topics=() if hang == "send" else ("a", "b"),
        options=StreamOptions(close_timeout=0.0),
        clock=clock,
    )
    async with asyncio.timeout(2):
        async with subject:
            await subject.ready()
            clock.advance(3300.0)
            for _ in range(4):
                clock.advance(1.0)
                transport.opened[0].frames.put_nowait(b"heartbeat")
                await turns()
            assert len(transport.opened) == 2
    assert [each.closed for each in transport.opened] == [1, 1]
    assert subject.state == "done"
    assert subject.counters.problems() == ()
