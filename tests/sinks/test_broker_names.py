"""What the sinks of brokers share: waves, and names that are safe for a broker."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.errors import ConfigurationError, SinkFailed
from genesys_sentiment.model.entries import Entry, Sink
from genesys_sentiment.sinks._broker import (
    LONGEST_TOKEN,
    Trouble,
    check_template,
    fill,
    in_waves,
    plain,
    together,
    token,
)
from genesys_sentiment.sinks.kafka import Kafka
from genesys_sentiment.sinks.nats import Nats
from genesys_sentiment.sinks.rabbitmq import RabbitMQ
from tests.sinks.brokers import by_conversation, entry

ANY = st.text(st.characters(), max_size=80)


@given(ANY)
def test_a_token_is_one_word_for_every_broker(value: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_~%-]+", token(value))
    assert len(token(value)) <= LONGEST_TOKEN


@given(ANY, ANY)
def test_two_conversations_have_two_tokens(one: str, other: str) -> None:
    # Nothing and "_" share theirs, and the escape of half a surrogate may be written out.
    if one != other and {one, other} != {"", "_"} and "\\" not in one + other:
        assert token(one) != token(other)


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1))
def test_an_ordinary_id_stands_in_a_header_as_it_is(value: str) -> None:
    assert plain(value) == value


@given(ANY)
def test_whatever_an_id_is_a_header_can_hold_it(value: str) -> None:
    assert plain(value).isascii()
    assert plain(value).isprintable()
    assert plain(value) == plain(value).strip()


@given(ANY, ANY)
def test_a_filled_template_keeps_its_words(kind: str, conversation: str) -> None:
    check_template("a.{kind}.{conversation}", "subject", longest=200)
    one = Entry(id="i", kind=kind, conversation=conversation, at=None, body=b"{}")
    assert fill("a.{kind}.{conversation}", one).count(".") == 2


@given(
    st.lists(st.integers(0, 4), max_size=40),
    st.sets(st.integers(0, 39)),
    st.sets(st.integers(0, 39)),
)
def test_whatever_a_broker_refuses_conversations_stay_in_order(
    conversations: list[int], at_fault: set[int], lost: set[int]
) -> None:
    """A refusal of one fails all at once; others are lost by themselves, each time."""
    entries = [entry(n, f"c-{conversation}") for n, conversation in enumerate(conversations)]
    bad = {each.id for n, each in enumerate(entries) if n in at_fault}
    gone = {each.id for n, each in enumerate(entries) if n in lost}
    through: list[str] = []

    async def publish(wave: Sequence[Entry]) -> Mapping[int, Trouble]:
        assert len({each.lane for each in wave}) == len(wave)
        if any(each.id in bad for each in wave):
            return dict.fromkeys(range(len(wave)), Trouble("too_large", retry=False, shared=True))
        through.extend(each.id for each in wave if each.id not in gone)
        return {n: Trouble("lost") for n, each in enumerate(wave) if each.id in gone}

    failed = {}
    try:
        asyncio.run(in_waves(entries, publish))
    except SinkFailed as error:
        failed = {each.index: each for each in error.failures}

    # Each conversation gets through up to the first that fails, and no further.
    for own in by_conversation((each.id for each in entries), entries).values():
        good = [each in bad | gone for each in own].index(True) if set(own) & (bad | gone) else None
        assert [each for each in through if each in own] == own[:good]
    assert {entries[index].id for index in failed} | set(through) == {each.id for each in entries}
    for index, each in failed.items():
        if each.tried:
            assert each.retry == (entries[index].id not in bad)


@pytest.mark.parametrize(
    ("module", "extra", "make"),
    [
        ("confluent_kafka", "kafka", lambda: Kafka("broker", "topic")),
        ("aio_pika", "rabbitmq", lambda: RabbitMQ("amqp://broker", "queue")),
        ("nats", "nats", lambda: Nats("nats://broker", stream="s")),
    ],
)
def test_a_missing_library_is_told_with_its_extra(
    module: str, extra: str, make: Callable[[], Sink], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert make().name == extra
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigurationError, match=rf"\[{extra}\]"):
        make()


async def test_what_a_library_cancels_by_itself_is_a_lost_connection() -> None:
    async def cancelled() -> None:
        raise asyncio.CancelledError

    async def fine() -> None:
        await asyncio.sleep(0)

    assert await together([cancelled(), fine()]) == [Trouble("connection"), None]


async def test_whoever_waits_for_a_lost_connection_is_told() -> None:
    lost = asyncio.get_running_loop().create_future()
    waiting = asyncio.get_running_loop().create_future()

    async def wait() -> None:
        lost.set_result(None)
        await waiting

    assert await together([wait()], lost) == [Trouble("connection")]


async def test_cancelling_comes_out() -> None:
    started = asyncio.Event()

    async def wait() -> None:
        started.set()
        await asyncio.get_running_loop().create_future()

    task = asyncio.create_task(together([wait(), wait()]))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
