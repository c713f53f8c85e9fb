"""Leaving takes bounded time in every state and leaves no task; cancellation always comes out."""

from __future__ import annotations

import asyncio
from itertools import repeat

import pytest

from genesys_sentiment.errors import ConnectionLost
from genesys_sentiment.model.wire import Token
from genesys_sentiment.streaming.stream import Stream, StreamOptions
from tests.streaming.toys import Line, Lines, Toy, names, turns

QUIET = Toy(ping=None)
BRIEF = StreamOptions(close_timeout=0.0, delays=lambda: repeat(0.0))


def hanging(*methods: str) -> Lines:
    return Lines(lambda: Line(hang=frozenset(methods)))


class NoToken:
    """Never gives one."""

    async def get(self, refused: str | None = None) -> Token:
        """Hangs."""
        await asyncio.Event().wait()
        raise AssertionError


async def leave(subject: Stream) -> None:
    """Enter, let it get as far as it can, leave: within two seconds."""
    async with asyncio.timeout(2):
        async with subject:
            await turns()
    assert subject.state == "done"
    assert subject.counters.problems() == ()


async def test_leaving_before_the_first_step() -> None:
    async with Stream(QUIET, Lines()) as subject:
        pass
    assert subject.state == "done"


async def test_leaving_while_the_token_does_not_come() -> None:
    await leave(Stream(QUIET, Lines(), tokens=NoToken()))


async def test_leaving_while_opening() -> None:
    """S0-26, S4-09, C5-25."""
    transport = Lines(hang=True)
    await leave(Stream(QUIET, transport))
    assert transport.opened == []


async def test_leaving_while_open() -> None:
    transport = Lines()
    await leave(Stream(QUIET, transport))
    assert [each.closed for each in transport.opened] == [1]


@pytest.mark.parametrize("methods", [("receive",), ("close",), ("receive", "close")])
async def test_leaving_a_transport_that_hangs(methods: tuple[str, ...]) -> None:
    transport = hanging(*methods)
    await leave(Stream(QUIET, transport, options=BRIEF))
    assert [each.closed for each in transport.opened] == [1]


async def test_leaving_while_a_subscription_cannot_be_sent() -> None:
    """S0-26: no socket is leaked."""
    transport = hanging("send")
    await leave(Stream(QUIET, transport, topics=["a"]))
    assert [each.closed for each in transport.opened] == [1], "an open socket is always closed"


async def test_leaving_while_waiting_for_the_next_attempt() -> None:
    """S4-09: nothing reconnects."""
    transport = Lines()
    subject = Stream(QUIET, transport, options=StreamOptions(delays=lambda: repeat(3600.0)))
    async with asyncio.timeout(2):
        async with subject:
            await subject.ready()
            transport.opened[0].frames.put_nowait(ConnectionLost("x", host="h", code=1006))
            while subject.state != "waiting":
                await asyncio.sleep(0)
    assert len(transport.opened) == 1, "nothing reconnects"


async def test_a_handshake_has_its_time_limit_and_the_error_names_the_host() -> None:
    """S0-09, S2-03: and it is tried again."""
    transport = Lines(hang=True)
    options = StreamOptions(open_timeout=0.01, delays=lambda: repeat(0.0))
    async with Stream(QUIET, transport, options=options) as subject:
        while subject.counters.attempts < 2:
            await asyncio.sleep(0.005)
        assert "toy.example" in str(subject.last_error)
        assert "secret" not in str(subject.last_error)


async def test_cancelling_whoever_leaves_comes_out_and_leaves_no_task() -> None:
    """nats.py 981; the second cancellation ends the goodbye at once."""
    transport = hanging("close")
    subject = Stream(QUIET, transport, options=StreamOptions(close_timeout=60.0))

    async def use() -> None:
        async with subject:
            await subject.ready()

    user = asyncio.create_task(use())
    while not transport.opened or not transport.opened[0].closed:
        await asyncio.sleep(0)
    user.cancel()
    with pytest.raises(asyncio.CancelledError):
        await user
    assert subject.state == "done"


async def test_cancelling_the_consumer_comes_out() -> None:
    subject = Stream(QUIET, Lines())

    async def use() -> None:
        async with subject:
            await anext(subject)

    user = asyncio.create_task(use())
    await turns()
    user.cancel()
    with pytest.raises(asyncio.CancelledError):
        await user
    assert subject.state == "done"


async def test_an_exception_inside_comes_out() -> None:
    subject = Stream(QUIET, Lines())
    with pytest.raises(LookupError):
        async with subject:
            raise LookupError
    assert subject.state == "done"


async def test_a_waiting_consumer_is_released_by_leaving() -> None:
    """S2-13: the iteration ends."""
    subject = Stream(QUIET, Lines())
    async with subject:
        waiting = asyncio.create_task(anext(subject))
        await turns()
    with pytest.raises(StopAsyncIteration):
        await _await(waiting)


async def _await(task: asyncio.Task[object]) -> object:
    return await task


async def test_a_slow_consumer_for_ten_ping_intervals() -> None:
    """S2-06, omi 5870: nothing lost, no reconnect, and our pings go on."""
    dialect = Toy(ping_interval=0.02, idle_timeout=0.1)
    line = Line()
    for number in range(6):
        line.frames.put_nowait(f"u{number}".encode())
    transport = Lines(lambda: line)
    options = StreamOptions(buffer_events=2)
    async with Stream(dialect, transport, options=options) as subject:
        async with asyncio.timeout(20):
            while len(line.sent) < 10:
                await asyncio.sleep(0.005)
        assert len(transport.opened) == 1, "longer than a line may be silent"
        got = [await anext(subject) for _ in range(6)]
        assert names(got) == [f"u{number}" for number in range(6)]
        assert subject.counters.problems() == ()
        assert subject.counters.gaps == 0


async def test_a_late_end_of_one_connection_does_not_touch_the_next() -> None:
    """S4-07, C5-7: Genesys' own client, PCM-2089."""
    transport = Lines()
    async with Stream(QUIET, transport, options=BRIEF) as subject:
        await subject.ready()
        transport.opened[0].frames.put_nowait(ConnectionLost("x", host="h", code=1001))
        while len(transport.opened) < 2 or subject.state != "open":
            await asyncio.sleep(0)
        transport.opened[0].frames.put_nowait(ConnectionLost("late", host="h", code=4003))
        transport.opened[0].frames.put_nowait(b"u9")
        transport.opened[1].frames.put_nowait(b"u1")
        assert names([await anext(subject), await anext(subject)]) == ["gap disconnected", "u1"]
        assert subject.state == "open"
        assert len(transport.opened) == 2
