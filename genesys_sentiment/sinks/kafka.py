"""Entries as messages of a Kafka topic (S3-18). Needs the extra ``kafka``."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, TypeVar

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.entries import Entry, Lane
from genesys_sentiment.sinks._broker import Deadline, Trouble, headers, in_waves, need, raw

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Message, Producer

_T = TypeVar("_T")

_LANE: Final = Lane()
_logger: Final = logging.getLogger(__name__)
_ADDRESS: Final = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(?::(\d{1,5}))?")
_TOPIC: Final = re.compile(r"[A-Za-z0-9._-]{1,249}")

# What the promise of this sink rests on, by all names that librdkafka has for it.
_OURS: Final = frozenset(
    {
        "acks",
        "bootstrap.servers",
        "delivery.report.only.error",
        "delivery.timeout.ms",
        "enable.idempotence",
        "error_cb",
        "logger",
        "message.timeout.ms",
        "metadata.broker.list",
        "on_delivery",
        "request.required.acks",
        "transactional.id",
    }
)

# Java's partitioner, so that other producers of the topic put a conversation where this one does.
# The topic is expected to exist: a short wait tells that it does not before the lane's timeout.
# Errors are told by the failures; librdkafka would log each try of each connection.
_DEFAULTS: Final[Mapping[str, Any]] = {
    "partitioner": "murmur2_random",
    "topic.metadata.propagation.max.ms": 10_000,
    "log_level": 2,
}

_REFUSED: Final = frozenset({"MSG_SIZE_TOO_LARGE", "INVALID_MSG_SIZE", "INVALID_RECORD"})
"""The message itself is at fault. One of these fails all messages of a request."""

_TIMED_OUT: Final = frozenset({"timeout", "_MSG_TIMED_OUT", "_PURGE_QUEUE", "_PURGE_INFLIGHT"})


class Kafka:
    """Produces every entry to a topic: idempotent, ``acks=all``.

    ``servers``: where the cluster is met, ``host:port`` each. The key is the conversation, none
    without one, so that a conversation stays in one partition. The value is the entry's body;
    headers are ``id``, ``kind`` and ``schema``. ``config`` is librdkafka's own configuration
    (``security.protocol``, ``sasl.username``, ``ssl.ca.location``, ``compression.type``, …); what
    the guarantees rest on cannot be set there. Its values are never shown.

    A conversation has one message under way at a time, so none overtakes another, whatever the
    cluster refuses or loses. A send ends by itself after four fifths of ``lane.timeout``; what was
    not confirmed then fails with ``timeout``, or with the last trouble of the connection. It is
    purged, and the producer is given up with it. What had left the machine already may still
    arrive: as a duplicate with the same id.

    Failures carry librdkafka's name of the error. Only a message that is too large or invalid is
    not retried. Raises ConfigurationError for what cannot work, the library missing included;
    what only librdkafka can tell is wrong with ``config`` is raised by the first send.
    """

    def __init__(
        self,
        servers: str | Sequence[str],
        topic: str,
        *,
        name: str = "kafka",
        config: Mapping[str, Any] | None = None,
        lane: Lane = _LANE,
    ) -> None:
        need("confluent_kafka", "kafka")
        self._servers = _addresses(servers)
        if _TOPIC.fullmatch(topic) is None or topic in {".", ".."}:
            raise ConfigurationError("topic: 1 to 249 letters, digits, '.', '_' and '-'")
        ours = sorted(_OURS.intersection(config or ()))
        if ours:
            raise ConfigurationError(f"config: {', '.join(ours)} is set by this sink itself")
        self.name = name
        self.lane = lane
        self._topic = topic
        self._config = {**_DEFAULTS, **(config or {})}
        self._producer: Producer | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._trouble: str | None = None

    def __repr__(self) -> str:
        return f"Kafka({','.join(self._servers)!r}, {self._topic!r}, name={self.name!r})"

    async def send(self, entries: Sequence[Entry], /) -> None:
        """Produce them; raises SinkFailed for what was not confirmed."""
        deadline = Deadline(self.lane.timeout)

        async def publish(wave: Sequence[Entry]) -> Mapping[int, Trouble]:
            return await self._publish(wave, deadline)

        await in_waves(entries, publish)

    async def close(self) -> None:
        """Let go of the connections. Nothing waits to be sent between two sends."""
        self._give_up()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.shutdown(wait=False)

    async def _publish(self, wave: Sequence[Entry], deadline: Deadline) -> Mapping[int, Trouble]:
        if self._producer is None:
            self._producer = await self._in_thread(self._open)
        producer = self._producer
        # librdkafka reports each of them once; what it did not report was not confirmed.
        troubles = dict.fromkeys(range(len(wave)), Trouble("timeout"))
        self._note(None)
        try:
            for index, entry in enumerate(wave):
                self._produce(producer, entry, index, troubles)
            # Flushing serves the reports, and waits for no linger.
            await self._in_thread(_flush, producer, deadline.left)
        except BaseException:
            self._give_up()
            raise
        found = {
            index: Trouble(self._trouble or "timeout") if each.reason in _TIMED_OUT else each
            for index, each in troubles.items()
        }
        if any(each.retry for each in found.values()):
            self._give_up()
        return found

    def _produce(
        self, producer: Producer, entry: Entry, index: int, troubles: dict[int, Trouble]
    ) -> None:
        from confluent_kafka import KafkaException

        def report(error: KafkaError | None, _: Message) -> None:
            if error is None:
                del troubles[index]
            else:
                refused = error.name() in _REFUSED
                troubles[index] = Trouble(error.name(), retry=not refused, shared=refused)

        try:
            producer.produce(
                self._topic,
                entry.body,
                key=None if entry.conversation is None else raw(entry.conversation),
                headers=[(name, raw(value)) for name, value in headers(entry).items()],
                on_delivery=report,
            )
        except BufferError:
            troubles[index] = Trouble("_QUEUE_FULL")
        except KafkaException as error:
            # By the client, before it joined others in a request.
            name = error.args[0].name()
            troubles[index] = Trouble(name, retry=name not in _REFUSED)

    def _open(self) -> Producer:
        from confluent_kafka import KafkaException, Producer

        settings = {
            **self._config,
            "bootstrap.servers": ",".join(self._servers),
            "enable.idempotence": True,
            "acks": "all",
            "message.timeout.ms": max(int(self.lane.timeout * 1000), 1),
            "error_cb": self._note,
            "logger": _logger,
        }
        try:
            return Producer(settings)
        except (KafkaException, TypeError, ValueError) as error:
            # The library's own words may repeat a value.
            named = [key for key in self._config if key in str(error)]
        hint = ", ".join(sorted(named)) or "these settings"
        raise ConfigurationError(f"config: librdkafka does not take {hint}")

    def _note(self, error: KafkaError | None) -> None:
        name = error.name() if error is not None else None
        # That one follows the error of the last server, and says less.
        if name != "_ALL_BROKERS_DOWN":
            self._trouble = name

    def _give_up(self) -> None:
        """Drop whatever is not confirmed; that also ends a flush in the thread."""
        if self._producer is not None:
            self._producer.purge(blocking=False)
            self._executor().submit(_let_go, self._producer)
            self._producer = None

    async def _in_thread(self, call: Callable[..., _T], *arguments: Any) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._executor(), call, *arguments)

    def _executor(self) -> ThreadPoolExecutor:
        # One thread: what is given up is let go of behind its own flush.
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix=self.name)
        return self._thread


def _flush(producer: Producer, seconds: float) -> None:
    producer.flush(seconds)


def _let_go(producer: Producer) -> None:
    # Serves the reports of what is purged. Closing waits for the producer's threads, and for
    # whatever was not purged yet.
    producer.purge()
    producer.flush(1.0)
    producer.close()


def _addresses(servers: str | Sequence[str]) -> tuple[str, ...]:
    given = servers.split(",") if isinstance(servers, str) else servers
    found = tuple(each.strip() for each in given)
    for each in found:
        match = _ADDRESS.fullmatch(each)
        if match is None or not 0 < int(match[1] or 9092) < 65_536:
            raise ConfigurationError("servers: give host:port, without a protocol before it")
    if not found:
        raise ConfigurationError("servers: give at least one host:port")
    return found
