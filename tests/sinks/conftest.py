"""The brokers, for the tests of the sinks that feed them."""

from __future__ import annotations

from tests.brokers.fixtures import kafka_broker, nats_broker, rabbitmq_broker

__all__ = ["kafka_broker", "nats_broker", "rabbitmq_broker"]
