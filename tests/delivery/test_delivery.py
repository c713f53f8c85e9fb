"""Handing records to handlers (S0-25): plain and async, isolated, in order, bounded and counted."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.delivery.delivery import Delivery
from genesys_sentiment.delivery.registration import Registration
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.events import Gap, Utterance
from genesys_sentiment.model.results import Record


def said(text: str, conversation: str = "c") -> Utterance:
    return Utterance(conversation=conversation, utterance=text, text=text)


async def records(*texts: str, conversation: str = "c") -> AsyncIterator[Record]:
    for text in texts:
        yield said(text, conversation)


async def turns(count: int = 10) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


class Keep:
    """An async handler that keeps what it got."""

    def __init__(self, gate: asyncio.Event | None = None) -> None:
        self.began: list[str] = []
        self.got: list[str] = []
        self._gate = gate

    async def __call__(self, record: Utterance) -> None:
        """After the gate has opened."""
        self.began.append(record.text)
        if self._gate is not None:
            await self._gate.wait()
        self.got.append(record.text)


def sound(*registrations: Registration) -> None:
    for each in registrations:
        assert each.counters.problems() == ()


async def test_plain_and_async_handlers_and_callable_objects() -> None:
    """S0-25: plain and async callables."""
    plain: list[str] = []
    keep, partly = Keep(), Keep()

    async def with_two(_first: int, record: Utterance) -> None:
        await partly(record)

    async with Delivery() as delivery:
        all_of = [
            delivery.subscribe(lambda record: plain.append(record.text)),
            delivery.subscribe(keep),
            delivery.subscribe(partial(with_two, 1)),
        ]
        await delivery.consume(records("a", "b"))
    assert plain == keep.got == partly.got == ["a", "b"]
    assert [each.counters.delivered for each in all_of] == [2, 2, 2]
    sound(*all_of)


async def test_a_plain_function_that_returns_an_awaitable() -> None:
    keep = Keep()
    async with Delivery() as delivery:
        registration = delivery.subscribe(lambda record: keep(record))
        await delivery.consume(records("a", "b"))
    assert keep.got == ["a", "b"]
    assert registration.counters.delivered == 2


async def test_only_some_types() -> None:
    gaps: list[str] = []
    async with Delivery() as delivery:
        registration = delivery.subscribe(lambda gap: gaps.append(gap.reason), only=Gap)
        await delivery.put(said("a"))
        await delivery.put(Gap(reason="lost", since=0.0, until=1.0))
    assert gaps == ["lost"]
    assert registration.counters.offered == 1


@pytest.mark.parametrize("handler", [None, "handler", 3])
def test_what_cannot_be_called_is_rejected(handler: Callable[[Record], None]) -> None:
    """S0-25: at once."""
    with pytest.raises(ConfigurationError, match="callable"):
        Delivery().subscribe(handler)


@pytest.mark.parametrize("only", ["Score", [Gap], (Gap, "Score")])
def test_what_is_no_type_is_rejected(only: type) -> None:
    with pytest.raises(ConfigurationError, match="only"):
        Delivery().subscribe(print, only=only)


def test_a_bound_of_none_is_rejected() -> None:
    with pytest.raises(ConfigurationError, match="limit"):
        Delivery(limit=0)


async def test_a_handler_that_raises_affects_no_other() -> None:
    """S0-25, C5-21: in the tutorial one plain callback kept the others from being called."""

    def plainly(_record: Record) -> None:
        raise LookupError

    async def later(_record: Record) -> None:
        raise LookupError

    async def of_its_own(_record: Record) -> None:
        raise asyncio.CancelledError

    keep = Keep()
    async with Delivery() as delivery:
        bad = [delivery.subscribe(each) for each in (plainly, later, of_its_own)]
        good = delivery.subscribe(keep)
        await delivery.consume(records("a", "b", "c"))
    assert keep.got == ["a", "b", "c"]
    assert [each.counters.failed for each in bad] == [3, 3, 3]
    sound(good, *bad)


async def test_a_handler_that_hangs_is_given_up_and_the_next_record_comes() -> None:
    """S0-25, S0-27: a time limit for each call."""
    keep = Keep()

    async def hang_at_a(record: Utterance) -> None:
        if record.text == "a":
            await asyncio.Event().wait()
        await keep(record)

    async with Delivery() as delivery:
        registration = delivery.subscribe(hang_at_a, timeout=0.01)
        await delivery.consume(records("a", "b"))
    assert keep.got == ["b"]
    assert (registration.counters.timed_out, registration.counters.delivered) == (1, 1)
    sound(registration)


async def test_a_timeout_of_the_handlers_own_is_its_failure() -> None:
    async def handler(_record: Record) -> None:
        raise TimeoutError

    async with Delivery() as delivery:
        registration = delivery.subscribe(handler)
        await delivery.consume(records("a"))
    assert (registration.counters.failed, registration.counters.timed_out) == (1, 0)


async def test_a_plain_handler_that_is_slow_is_noted() -> None:
    async with Delivery() as delivery:
        registration = delivery.subscribe(lambda _record: sum(range(1000)), timeout=0.0)
        await delivery.put(said("a"))
    assert (registration.counters.slow, registration.counters.delivered) == (1, 1)


async def test_order_within_a_conversation_and_conversations_side_by_side() -> None:
    """S0-25: order in each conversation."""
    dice = random.Random(1)
    got: dict[str, list[int]] = {}
    running = most = 0

    async def handler(record: Utterance) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await turns(dice.randrange(8))
        got.setdefault(record.conversation, []).append(int(record.text))
        running -= 1

    async with Delivery() as delivery:
        registration = delivery.subscribe(handler)
        for number in range(200):
            await delivery.put(said(str(number), f"c{number % 7}"))
    assert registration.counters.delivered == 200
    assert set(got) == {f"c{each}" for each in range(7)}
    assert all(numbers == sorted(numbers) for numbers in got.values())
    assert most == 7


async def test_a_slow_conversation_does_not_hold_up_another() -> None:
    """S0-25: nor its own handler."""
    gate = asyncio.Event()
    keep = Keep()

    async def handler(record: Utterance) -> None:
        if record.conversation == "slow":
            await gate.wait()
        await keep(record)

    async with Delivery() as delivery:
        delivery.subscribe(handler)
        await delivery.put(said("1", "slow"))
        await delivery.put(said("2", "quick"))
        await turns()
        assert keep.got == ["2"]
        gate.set()
    assert keep.got == ["2", "1"]


async def test_backpressure() -> None:
    gate = asyncio.Event()
    keep = Keep(gate)
    async with Delivery(limit=2) as delivery:
        registration = delivery.subscribe(keep)
        consuming = asyncio.create_task(delivery.consume(records(*"abcdef")))
        await turns(30)
        assert registration.counters.pending == 2
        assert not consuming.done()
        gate.set()
        await consuming
    assert keep.got == list("abcdef")
    sound(registration)


async def test_withdrawing_is_calling_what_subscribing_returned() -> None:
    gate = asyncio.Event()
    keep, other = Keep(gate), Keep()
    async with Delivery() as delivery:
        stop = delivery.subscribe(keep)
        delivery.subscribe(other)
        for text in "abc":
            await delivery.put(said(text))
        await turns()
        stop()
        stop()
        await delivery.put(said("d"))
        assert (stop.counters.dropped, stop.counters.pending) == (2, 1)
        gate.set()
    assert keep.began == keep.got == ["a"], "the call that ran was let finish, none began"
    assert other.got == list("abcd")
    sound(stop)


async def test_withdrawing_while_somebody_waits_for_room() -> None:
    keep = Keep(asyncio.Event())
    delivery = Delivery(limit=1, drain=0.0)
    async with delivery:
        stop = delivery.subscribe(keep)
        consuming = asyncio.create_task(delivery.consume(records("a", "b")))
        await turns(30)
        stop()
        async with asyncio.timeout(2):
            await consuming
    assert keep.began == ["a"]
    assert stop.counters.dropped == 1
    sound(stop)


async def test_withdrawn_by_another_handler_in_the_same_round() -> None:
    """No call begins after withdrawing, whoever withdraws."""
    got: list[str] = []
    async with Delivery() as delivery:
        stops: list[Registration] = []
        delivery.subscribe(lambda _record: stops[0]())
        stops.append(delivery.subscribe(lambda record: got.append(record.text)))
        await delivery.consume(records("a", "b"))
    assert got == []


async def test_leaving_waits_and_then_gives_up() -> None:
    """S0-26, C5-25: at the drain deadline what is pending is dropped, and counted."""
    finished, hung = Keep(), Keep(asyncio.Event())
    async with asyncio.timeout(2):
        async with Delivery(drain=0.02) as delivery:
            good, *bad = (
                delivery.subscribe(finished),
                delivery.subscribe(hung),
                delivery.subscribe(hung),
            )
            for text in "abc":
                await delivery.put(said(text))
    assert finished.got == list("abc")
    assert good.counters.delivered == 3
    assert [(each.counters.dropped, each.counters.pending) for each in bad] == [(3, 0), (3, 0)]
    sound(good, *bad)
    await delivery.put(said("late"))
    assert good.counters.offered == 3, "after leaving nothing is taken any more"


async def test_leaving_before_any_call_began() -> None:
    """Coroutines that were never awaited are disposed of: no warning."""
    keep = Keep()
    async with Delivery(drain=0.0) as delivery:
        plain = delivery.subscribe(lambda record: keep(record))
        real = delivery.subscribe(keep, timeout=0.0)
        await delivery.put(said("a"))
        await delivery.put(said("b"))
    sound(plain, real)
    assert (plain.counters.pending, real.counters.pending) == (0, 0)


async def test_cancelling_whoever_leaves_comes_out_and_leaves_no_task() -> None:
    delivery = Delivery(drain=60.0)

    async def use() -> None:
        async with delivery:
            delivery.subscribe(Keep(asyncio.Event()))
            await delivery.put(said("a"))

    user = asyncio.create_task(use())
    await turns()
    user.cancel()
    with pytest.raises(asyncio.CancelledError):
        await user


async def test_no_text_of_a_record_in_logs_above_debug(caplog: pytest.LogCaptureFixture) -> None:
    """C5-31: neither by what a handler raises nor by what it took too long for."""

    async def quote(record: Utterance) -> None:
        raise ValueError(record.text)

    async def hang(_record: Utterance) -> None:
        await asyncio.Event().wait()

    with caplog.at_level(logging.DEBUG):
        async with Delivery() as delivery:
            delivery.subscribe(quote)
            delivery.subscribe(hang, timeout=0.0)
            await delivery.put(said("canary 4711"))
    loud = [each for each in caplog.records if each.levelno > logging.DEBUG]
    mine = [each for each in loud if each.name.startswith("genesys_sentiment")]
    assert len(mine) == 2
    formatted = [logging.Formatter().format(each) for each in mine]
    assert not [line for line in formatted if "4711" in line]
    assert "quote" in formatted[0] or "quote" in formatted[1], "it says whose handler"


Behaviour = Callable[[Utterance], Awaitable[None] | None]


@given(
    st.lists(st.tuples(st.sampled_from(["put", "turn", "stop"]), st.integers(0, 5)), max_size=40),
    st.integers(1, 3),
)
def test_the_identity_holds_whatever_happens(steps: Iterable[tuple[str, int]], limit: int) -> None:
    """S0-25: offered = delivered + failed + timed_out + dropped + pending, after each step."""

    async def fickle(record: Utterance) -> None:
        number = int(record.text)
        await turns(number)
        if number == 3:
            raise LookupError
        if number == 4:
            raise asyncio.CancelledError
        if number == 5:
            await asyncio.Event().wait()

    def plain(record: Utterance) -> Awaitable[None] | None:
        return fickle(record) if int(record.text) % 2 else None

    async def play() -> None:
        async with Delivery(limit=limit, drain=0.0) as delivery:
            both = [delivery.subscribe(fickle, timeout=0.001), delivery.subscribe(plain)]
            for verb, number in steps:
                if verb == "put":
                    await delivery.put(said(str(number), f"c{number % 2}"))
                elif verb == "turn":
                    await turns(number)
                else:
                    both[number % 2]()
                sound(*both)
        sound(*both)
        assert [each.counters.pending for each in both] == [0, 0]

    asyncio.run(play())
