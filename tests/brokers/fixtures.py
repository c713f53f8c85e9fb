"""The fixtures of the brokers: each is started once a session, when the first test asks for it.

A test may pause, kill and restart one, and leaves it running.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.brokers.kafka import kafka
from tests.brokers.nats import nats
from tests.brokers.rabbitmq import rabbitmq
from tests.brokers.server import NoBroker, Server


def _running(make: Callable[[Path], Server], home: Path) -> Iterator[Server]:
    try:
        server = make(home)
    except NoBroker as error:
        pytest.skip(str(error))
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def kafka_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Kafka on loopback, without topics."""
    yield from _running(kafka, tmp_path_factory.mktemp("kafka"))


@pytest.fixture(scope="session")
def rabbitmq_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """RabbitMQ on loopback, with its user ``guest``."""
    yield from _running(rabbitmq, tmp_path_factory.mktemp("rabbitmq"))


@pytest.fixture(scope="session")
def nats_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """NATS with JetStream on loopback, with one user."""
    yield from _running(nats, tmp_path_factory.mktemp("nats"))
