"""S3-18: the Kafka sink against a real Apache Kafka."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.entries import Sink
from genesys_sentiment.sinks.kafka import Kafka
from tests.brokers.server import Server
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

PARTITIONS = 4


class Topic:
    """A new topic, and what is in it. Every method blocks."""

    def __init__(self, server: Server, name: str, config: dict[str, str] | None = None) -> None:
        self.servers = f"127.0.0.1:{server.port}"
        self.name = name
        admin = AdminClient({"bootstrap.servers": self.servers})
        new = NewTopic(name, num_partitions=PARTITIONS, replication_factor=1, config=config or {})
        for future in admin.create_topics([new]).values():
            future.result(30)

    def messages(self) -> list[Any]:
        """All of it, partition by partition."""
        settings = {"group.id": "tests", "fetch.wait.max.ms": 10}
        consumer = Consumer({"bootstrap.servers": self.servers, **settings})
        try:
            return [each for part in range(PARTITIONS) for each in self._partition(consumer, part)]
        finally:
            consumer.close()

    def _partition(self, consumer: Consumer, partition: int) -> Iterator[Any]:
        place = TopicPartition(self.name, partition, OFFSET_BEGINNING)
        _, end = consumer.get_watermark_offsets(place, timeout=30)
        if end == 0:
            return
        consumer.assign([place])
        limit = time.monotonic() + 30
        while time.monotonic() < limit:
            message = consumer.poll(1.0)
            if message is None or message.error() is not None:
                continue
            yield message
            if message.offset() == end - 1:
                return
        raise TimeoutError(f"{self.name} could not be read to its end")

    def received(self) -> list[Received]:
        """All of it as a consumer sees it."""
        return [as_received(each) for each in self.messages()]


def as_received(message: Any) -> Received:
    return Received(
        id=dict(message.headers())["id"].decode(),
        conversation=None if message.key() is None else message.key().decode(),
        body=message.value(),
    )


def make_topic(server: Server, request: pytest.FixtureRequest, **config: str) -> Topic:
    name = request.node.name.partition("[")[0]
    return Topic(server, name, {key.replace("_", "."): value for key, value in config.items()})


@pytest.fixture
def topic(kafka_broker: Server, request: pytest.FixtureRequest) -> Topic:
    return make_topic(kafka_broker, request)


async def test_a_message_is_the_entry_keyed_by_its_conversation(topic: Topic) -> None:
    """S3-18: key, headers and value; a conversation is in one partition and in order."""
    sink = Kafka(topic.servers, topic.name)
    assert isinstance(sink, Sink)
    sent = [*batch(200, 7), entry(900, None), entry(901, 'é"\n')]
    async with closing(sink):
        await sink.send(sent)
    messages = await asyncio.to_thread(topic.messages)
    received = [as_received(each) for each in messages]

    keys = {each.key() for each in messages}
    assert keys == {*(f"c-{n}".encode() for n in range(7)), None, 'é"\n'.encode()}
    for key in keys - {None}:
        assert len({each.partition() for each in messages if each.key() == key}) == 1
    one = next(each for each in messages if each.value() == sent[0].body)
    assert dict(one.headers()) == {"id": b"score:c-0:0", "kind": b"score", "schema": b"1"}
    # An id that no header could hold is percent-encoded, in every sink the same way.
    odd = next(each for each in received if each.conversation == 'é"\n')
    assert odd.id == "score%3A%C3%A9%22%0A%3A901"
    assert check_complete((each for each in received if each != odd), sent[:-1]) == 0


async def test_nothing_is_lost_when_the_broker_is_killed(
    kafka_broker: Server, topic: Topic
) -> None:
    """S3-18: killed with -9 and restarted during sends: at least once, in order."""
    sink = Kafka(topic.servers, topic.name, lane=quick(1.5))
    async with closing(sink):
        sent, failed = await deliver_while_killed(sink, kafka_broker, times=1)
    assert failed
    check_complete(await asyncio.to_thread(topic.received), sent)


async def test_a_message_too_large_for_the_broker_takes_no_other_with_it(
    kafka_broker: Server, request: pytest.FixtureRequest
) -> None:
    """The broker refuses the whole request; only the one at fault is given up."""
    topic = make_topic(kafka_broker, request, max_message_bytes="3000")
    sink = Kafka(topic.servers, topic.name)
    good = batch(30, 10)
    sent = [*good[:5], entry(900, "c-0", size=5000), entry(901, "big", size=4000), *good[5:]]
    async with closing(sink):
        failed = {each.index: each for each in await failures(sink, sent)}
    first = failed.pop(5)
    assert (first.reason, first.retry, first.tried) == ("MSG_SIZE_TOO_LARGE", False, True)
    assert failed.pop(6).retry is False
    # Those of its conversation that come behind it wait; nothing else failed.
    assert {sent[each].conversation for each in failed} == {"c-0"}
    assert all(not each.tried for each in failed.values())
    missing = {5, 6, *failed}
    through = [each for index, each in enumerate(sent) if index not in missing]
    check_complete(await asyncio.to_thread(topic.received), through)


async def test_a_message_too_large_for_the_client_is_not_sent(topic: Topic) -> None:
    sink = Kafka(topic.servers, topic.name, config={"message.max.bytes": 2000})
    sent = [entry(1, "a"), entry(2, "b", size=3000), entry(3, "b"), entry(4, "a")]
    async with closing(sink):
        failed = await failures(sink, sent)
    assert [(each.index, each.reason, each.retry, each.tried) for each in failed] == [
        (1, "MSG_SIZE_TOO_LARGE", False, True),
        (2, "held_back", True, False),
    ]
    check_complete(await asyncio.to_thread(topic.received), [sent[0], sent[3]])


async def test_a_paused_broker_times_out_and_is_used_again(
    kafka_broker: Server, topic: Topic
) -> None:
    """What timed out may arrive as a duplicate later; what comes behind it does not overtake it."""
    sink = Kafka(topic.servers, topic.name, lane=quick())
    sent = [entry(n, "c-1") for n in range(5)]
    async with closing(sink):
        await sink.send(sent[:1])
        async with paused(kafka_broker):
            began = time.monotonic()
            failed = await failures(sink, sent[1:3])
            assert time.monotonic() - began < sink.lane.timeout
            assert [(each.index, each.retry, each.tried) for each in failed] == [
                (0, True, True),
                (1, True, False),
            ]
        await deliver(sink, sent[1:])
    check_complete(await asyncio.to_thread(topic.received), sent)


async def test_a_send_that_is_cancelled_leaves_nothing_behind(
    kafka_broker: Server, topic: Topic
) -> None:
    sink = Kafka(topic.servers, topic.name)
    sent = batch(40, 4)
    async with closing(sink):
        await sink.send(sent[:4])
        async with paused(kafka_broker):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await sink.send(sent[4:20])
        await deliver(sink, sent[4:])
    check_complete(await asyncio.to_thread(topic.received), sent)


async def test_a_topic_that_does_not_exist_can_still_be_made(kafka_broker: Server) -> None:
    server = f"127.0.0.1:{kafka_broker.port}"
    config = {"topic.metadata.propagation.max.ms": 200}
    sink = Kafka(server, "nowhere", config=config, lane=quick(10.0))
    async with closing(sink):
        failed = await failures(sink, batch(3, 3))
        assert {(each.reason, each.retry) for each in failed} == {("UNKNOWN_TOPIC_OR_PART", True)}
        topic = await asyncio.to_thread(Topic, kafka_broker, "nowhere")
        sent = batch(3, 3)
        await deliver(sink, sent)
    check_complete(await asyncio.to_thread(topic.received), sent)


async def test_nobody_there_fails_for_now_and_says_why() -> None:
    sink = Kafka("127.0.0.1:1", "topic", lane=quick(1.0))
    async with closing(sink):
        failed = await failures(sink, batch(4, 2))
    assert {each.reason for each in failed} == {"_TRANSPORT", "held_back"}
    assert all(each.retry for each in failed)


@pytest.mark.parametrize(
    "servers",
    ["", "http://broker:9092", "broker:0", "broker:99999", "user:secret@broker:9092", "a b", []],
)
def test_a_bad_address_is_refused(servers: str | list[str]) -> None:
    with pytest.raises(ConfigurationError, match="servers") as caught:
        Kafka(servers, "topic")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("topic", ["", ".", "a b", "x" * 250])
def test_a_bad_topic_is_refused(topic: str) -> None:
    with pytest.raises(ConfigurationError, match="topic"):
        Kafka("broker", topic)


@pytest.mark.parametrize("key", ["acks", "enable.idempotence", "message.timeout.ms"])
def test_what_the_guarantees_rest_on_cannot_be_set(key: str) -> None:
    with pytest.raises(ConfigurationError, match=key):
        Kafka("broker", "topic", config={key: "0"})


async def test_no_secret_of_the_configuration_is_shown(caplog: pytest.LogCaptureFixture) -> None:
    """C: neither repr, nor an error, nor a log line holds a value of the configuration."""
    caplog.set_level(logging.DEBUG)
    login = {"sasl.username": "someone", "sasl.password": "open-sesame", "acks.x": "open-sesame"}
    sink = Kafka("127.0.0.1:1", "topic", config=login, lane=quick(0.5))
    assert "open-sesame" not in repr(sink)
    with pytest.raises(ConfigurationError, match=r"acks\.x") as caught:
        await sink.send(batch(1, 1))
    assert "open-sesame" not in str(caught.value)
    await sink.close()

    del login["acks.x"]
    config = {**login, "security.protocol": "SASL_PLAINTEXT", "sasl.mechanisms": "PLAIN"}
    sink = Kafka("127.0.0.1:1", "topic", config=config, lane=quick(0.5))
    async with closing(sink):
        failed = await failures(sink, batch(1, 1))
    assert "open-sesame" not in f"{failed} {caplog.text}"
