"""S3-18: the RabbitMQ sink against a real RabbitMQ."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from pamqp.common import FieldTable

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.entries import Sink
from genesys_sentiment.sinks.rabbitmq import RabbitMQ
from tests.brokers.rabbitmq import LARGEST_MESSAGE
from tests.brokers.server import Server, program
from tests.sinks.brokers import (
    Received,
    batch,
    check_complete,
    closing,
    deliver,
    deliver_while_killed,
    entry,
    failures,
    paused,
    quick,
)


def url_of(server: Server) -> str:
    return f"amqp://guest:guest@127.0.0.1:{server.port}/"


@asynccontextmanager
async def channel_to(server: Server) -> AsyncIterator[AbstractChannel]:
    connection = await aio_pika.connect(url_of(server))
    async with connection:
        yield await connection.channel()


async def declare(server: Server, queue: str, exchange: str = "", key: str = "#") -> None:
    """A durable queue, bound to a topic exchange if one is given."""
    async with channel_to(server) as channel:
        made = await channel.declare_queue(queue, durable=True)
        if exchange:
            topics = await channel.declare_exchange(exchange, "topic", durable=True)
            await made.bind(topics, key)


async def messages(server: Server, queue: str) -> list[AbstractIncomingMessage]:
    """All that is in a queue; it is empty then."""
    found = []
    async with channel_to(server) as channel:
        source = await channel.get_queue(queue)
        while (message := await source.get(fail=False)) is not None:
            await message.ack()
            found.append(message)
    return found


async def received(server: Server, queue: str) -> list[Received]:
    return [
        Received(id=str(each.message_id), conversation=None, body=each.body)
        for each in await messages(server, queue)
    ]


@pytest.fixture
async def queue(rabbitmq_broker: Server, request: pytest.FixtureRequest) -> str:
    name: str = request.node.name.partition("[")[0]
    await declare(rabbitmq_broker, name)
    return name


async def test_a_message_is_the_entry(rabbitmq_broker: Server) -> None:
    """S3-18: id, type, headers, body, persistence; the key is safe whatever the ids are."""
    await declare(rabbitmq_broker, "records", "sentiment", "score.#")
    key = "{kind}.{conversation}"
    sink = RabbitMQ(url_of(rabbitmq_broker), key, exchange="sentiment")
    assert isinstance(sink, Sink)
    sent = [*batch(60, 7), entry(900, None), entry(901, "a.b *#é"), entry(902, "x" * 300)]
    async with closing(sink):
        await sink.send(sent)
    found = await messages(rabbitmq_broker, "records")

    keys = {each.routing_key for each in found}
    assert {"score.c-0", "score._", "score.a%2Eb%20%2A%23%C3%A9"} < keys
    assert all(len(each or "") <= 70 for each in keys)
    one = next(each for each in found if each.body == sent[0].body)
    assert one.message_id == "score:c-0:0"
    assert one.type == "score"
    assert one.content_type == "application/json"
    assert one.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
    assert one.headers == {"id": "score:c-0:0", "kind": "score", "schema": "1"}
    # An id too long for the property is a hash there, and whole in the header.
    long = next(each for each in found if each.body == sent[-1].body)
    assert long.headers["id"] == sent[-1].id
    assert long.message_id is not None
    assert len(long.message_id) == 64
    scores = [each for each in found if str(each.routing_key).startswith("score.c-")]
    rows = [Received(str(each.message_id), None, each.body) for each in scores]
    assert check_complete(rows, batch(60, 7)) == 0


async def test_nothing_is_lost_when_the_broker_is_killed(
    rabbitmq_broker: Server, queue: str
) -> None:
    """S3-18: killed with -9 and restarted during sends: at least once, in order."""
    # RabbitMQ answers a declaration before it is on the disk: of 24 kills within 0.2 s of it two
    # left no queue, and what is sent to none is unroutable for ever.
    await asyncio.sleep(2.5)
    sink = RabbitMQ(url_of(rabbitmq_broker), queue, lane=quick(5.0))
    async with closing(sink):
        sent, failed = await deliver_while_killed(sink, rabbitmq_broker, times=1)
    assert failed
    check_complete(await received(rabbitmq_broker, queue), sent)


async def test_what_no_queue_takes_is_not_silent(rabbitmq_broker: Server) -> None:
    await declare(rabbitmq_broker, "alerts", "picky", "alert.*")
    sink = RabbitMQ(url_of(rabbitmq_broker), "{kind}.x", exchange="picky")
    async with closing(sink):
        failed = await failures(sink, batch(4, 2))
        assert [(each.reason, each.retry, each.tried) for each in failed] == [
            ("unroutable", True, True),
            ("unroutable", True, True),
            ("held_back", True, False),
            ("held_back", True, False),
        ]
        await declare(rabbitmq_broker, "alerts", "picky", "score.*")
        await deliver(sink, batch(4, 2))
    check_complete(await received(rabbitmq_broker, "alerts"), batch(4, 2))


async def test_a_queue_that_is_full_refuses(rabbitmq_broker: Server) -> None:
    async with channel_to(rabbitmq_broker) as channel:
        limits: FieldTable = {"x-max-length": 1, "x-overflow": "reject-publish"}
        await channel.declare_queue("full", durable=True, arguments=limits)
    sink = RabbitMQ(url_of(rabbitmq_broker), "full")
    async with closing(sink):
        await sink.send(batch(1, 1))
        failed = await failures(sink, batch(1, 1, first=1))
    assert [(each.reason, each.retry) for each in failed] == [("nack", True)]


async def test_a_message_too_large_takes_no_other_with_it(
    rabbitmq_broker: Server, queue: str
) -> None:
    """It closes the channel for all; only the one at fault is given up."""
    sink = RabbitMQ(url_of(rabbitmq_broker), queue)
    good = batch(30, 10)
    sent = [*good[:5], entry(900, "c-0", size=LARGEST_MESSAGE), *good[5:]]
    async with closing(sink):
        failed = {each.index: each for each in await failures(sink, sent)}
    first = failed.pop(5)
    assert (first.reason, first.retry, first.tried) == ("too_large", False, True)
    assert {sent[each].conversation for each in failed} == {"c-0"}
    assert all(not each.tried for each in failed.values())
    through = [each for index, each in enumerate(sent) if index not in {5, *failed}]
    check_complete(await received(rabbitmq_broker, queue), through)


async def test_an_exchange_that_does_not_exist_can_still_be_made(
    rabbitmq_broker: Server,
) -> None:
    sink = RabbitMQ(url_of(rabbitmq_broker), "x", exchange="later")
    async with closing(sink):
        failed = await failures(sink, batch(2, 2))
        assert {(each.reason, each.retry) for each in failed} == {("no_exchange", True)}
        await declare(rabbitmq_broker, "late", "later")
        await deliver(sink, batch(2, 2))
    check_complete(await received(rabbitmq_broker, "late"), batch(2, 2))


async def test_a_paused_broker_times_out_and_is_used_again(
    rabbitmq_broker: Server, queue: str
) -> None:
    """What timed out may arrive as a duplicate later; what comes behind it does not overtake it."""
    sink = RabbitMQ(url_of(rabbitmq_broker), queue, lane=quick())
    sent = [entry(n, "c-1") for n in range(5)]
    async with closing(sink):
        await sink.send(sent[:1])
        async with paused(rabbitmq_broker):
            began = time.monotonic()
            failed = await failures(sink, sent[1:3])
            # A new connection is not answered either.
            again = await failures(sink, sent[1:2])
            assert time.monotonic() - began < 2 * sink.lane.timeout
        assert [(each.reason, each.tried) for each in failed] == [
            ("timeout", True),
            ("held_back", False),
        ]
        assert [each.reason for each in again] == ["timeout"]
        await deliver(sink, sent[1:])
    check_complete(await received(rabbitmq_broker, queue), sent)


async def test_a_broker_that_blocks_publishers_times_out_and_is_used_again(
    rabbitmq_broker: Server, queue: str
) -> None:
    """An alarm of the memory: the broker reads nothing from publishers until it is over."""
    sink = RabbitMQ(url_of(rabbitmq_broker), queue, lane=quick())
    sent = [entry(n, "c-1") for n in range(5)]
    async with closing(sink):
        await sink.send(sent[:1])
        await asyncio.to_thread(set_memory_limit, rabbitmq_broker, "0")
        try:
            failed = await failures(sink, sent[1:2])
        finally:
            await asyncio.to_thread(set_memory_limit, rabbitmq_broker, "0.4")
        assert [(each.reason, each.retry) for each in failed] == [("timeout", True)]
        await deliver(sink, sent[1:])
    check_complete(await received(rabbitmq_broker, queue), sent)


def set_memory_limit(server: Server, share: str) -> None:
    program("rabbitmqctl", "RabbitMQ")
    subprocess.run(
        ["/usr/lib/rabbitmq/bin/rabbitmqctl", "set_vm_memory_high_watermark", share],
        env=server.environment,
        check=True,
        capture_output=True,
    )


async def test_a_send_that_is_cancelled_can_be_repeated(
    rabbitmq_broker: Server, queue: str
) -> None:
    sink = RabbitMQ(url_of(rabbitmq_broker), queue, lane=quick())
    sent = batch(40, 4)
    async with closing(sink):
        await sink.send(sent[:4])
        async with paused(rabbitmq_broker):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await sink.send(sent[4:20])
        await deliver(sink, sent[4:])
    check_complete(await received(rabbitmq_broker, queue), sent)


async def test_nobody_there_fails_for_now() -> None:
    sink = RabbitMQ("amqp://127.0.0.1:1/", "queue", lane=quick())
    async with closing(sink):
        failed = await failures(sink, batch(4, 2))
    assert [each.reason for each in failed] == ["connection"] * 2 + ["held_back"] * 2
    assert all(each.retry for each in failed)


async def test_no_secret_of_the_url_is_shown(
    rabbitmq_broker: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url = f"amqp://guest:open-sesame@127.0.0.1:{rabbitmq_broker.port}/"
    sink = RabbitMQ(url, "queue")
    assert repr(sink).startswith(f"RabbitMQ('127.0.0.1:{rabbitmq_broker.port}'")
    async with closing(sink):
        failed = await failures(sink, batch(1, 1))
    assert [(each.reason, each.retry) for each in failed] == [("authentication", True)]
    assert "open-sesame" not in f"{sink!r} {failed} {caplog.text}"


@pytest.mark.parametrize(
    "url", ["", "broker:5672", "http://u:secret@broker", "amqp://u:secret@:5672", "amqp://b:x/"]
)
def test_a_bad_url_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="url") as caught:
        RabbitMQ(url, "queue")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("key", ["", "{other}", "{", "x" * 256, "x" * 150 + "{kind}{conversation}"])
def test_a_bad_routing_key_is_refused(key: str) -> None:
    with pytest.raises(ConfigurationError, match="routing_key"):
        RabbitMQ("amqp://broker", key)
