"""Entries as messages of a RabbitMQ exchange (S3-18). Needs the extra ``rabbitmq``."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from attrs import evolve

from genesys_sentiment.model.entries import Entry, Lane
from genesys_sentiment.sinks._broker import (
    Deadline,
    Trouble,
    check_template,
    check_url,
    fill,
    headers,
    in_waves,
    need,
    place_of,
    together,
)

if TYPE_CHECKING:
    from aio_pika.abc import AbstractConnection, AbstractExchange, AbstractMessage

_LANE: Final = Lane()
_LONGEST_NAME: Final = 255
"""Bytes of a short string in AMQP 0-9-1: routing keys, message ids, names."""


class RabbitMQ:
    """Publishes every entry to an exchange: persistent, mandatory, with publisher confirms.

    ``url``: ``amqp://user:password@host:port/vhost``, or ``amqps``; only its host and port are
    ever shown. ``routing_key`` may hold ``{kind}`` and ``{conversation}``, each of which becomes
    one word. ``exchange`` must exist; the default one, ``""``, takes the name of a queue as key.
    ``context`` is for ``amqps``; None takes the system's authorities.

    ``message_id`` is the entry's id (its SHA-256 in hex where it has more than 255 bytes), ``type``
    its kind; headers are ``id``, ``kind`` and ``schema``.

    A conversation has one message under way at a time, so none overtakes another. What no queue
    takes fails with ``unroutable``, what one refuses with ``nack``. A message that is larger than
    the broker allows is not retried. A send ends by itself after four fifths of ``lane.timeout``;
    what was not confirmed then fails with ``timeout``, also while the broker blocks publishers.
    A connection that had trouble is closed and opened anew by the next send. Raises
    ConfigurationError for what cannot work, the library missing included.
    """

    def __init__(
        self,
        url: str,
        routing_key: str,
        *,
        exchange: str = "",
        name: str = "rabbitmq",
        context: ssl.SSLContext | None = None,
        lane: Lane = _LANE,
    ) -> None:
        need("aio_pika", "rabbitmq")
        self._place = place_of(check_url(url, ("amqp", "amqps"), "url"))
        check_template(routing_key, "routing_key", longest=_LONGEST_NAME, empty=bool(exchange))
        self.name = name
        self.lane = lane
        self._url = url
        self._key = routing_key
        self._name = exchange
        self._context = context
        self._connection: AbstractConnection | None = None
        self._exchange: AbstractExchange | None = None

    def __repr__(self) -> str:
        return f"RabbitMQ({self._place!r}, exchange={self._name!r}, name={self.name!r})"

    async def send(self, entries: Sequence[Entry], /) -> None:
        """Publish them; raises SinkFailed for what was not confirmed."""
        deadline = Deadline(self.lane.timeout)

        async def publish(wave: Sequence[Entry]) -> Mapping[int, Trouble]:
            return await self._publish(wave, deadline)

        await in_waves(entries, publish)

    async def close(self) -> None:
        """Close the connection."""
        await self._drop(Deadline(self.lane.timeout).grace)

    async def _publish(self, wave: Sequence[Entry], deadline: Deadline) -> Mapping[int, Trouble]:
        # None while something is under way: a send that was cancelled leaves nothing to go on with.
        exchange, self._exchange = self._exchange, None
        # In a task: while connecting and closing, the library may cancel whoever waits.
        [opened] = [exchange] if exchange else await together([self._open(deadline)])
        if isinstance(opened, Trouble):
            await self._drop(deadline.grace)
            return dict.fromkeys(range(len(wave)), opened)
        results = await together([self._confirm(opened, each, deadline) for each in wave])
        troubles = {index: each for index, each in enumerate(results) if each is not None}
        broken = {index: each for index, each in troubles.items() if each.reason not in _HARMLESS}
        if not broken:
            self._exchange = opened
            return troubles
        await self._drop(deadline.grace)
        if any(each.shared for each in broken.values()):
            # What came behind on the closed channel makes the broker close the connection, too.
            broken = {index: evolve(each, shared=True) for index, each in broken.items()}
        return troubles | broken

    async def _confirm(
        self, exchange: AbstractExchange, entry: Entry, deadline: Deadline
    ) -> Trouble | None:
        try:
            async with asyncio.timeout(deadline.left):
                await exchange.publish(_message(entry), fill(self._key, entry), mandatory=True)
        except _errors() as error:
            return _trouble(error)
        return None

    async def _open(self, deadline: Deadline) -> AbstractExchange | Trouble:
        import aio_pika

        await self._drop(deadline.grace)
        try:
            async with asyncio.timeout(deadline.left):
                self._connection = await aio_pika.connect(
                    self._url,
                    ssl_context=self._context,
                    client_properties={"connection_name": f"genesys-sentiment {self.name}"},
                )
                channel = await self._connection.channel(on_return_raises=True)
                if not self._name:
                    return channel.default_exchange
                return await channel.get_exchange(self._name)
        except _errors() as error:
            return _trouble(error)

    async def _drop(self, grace: float) -> None:
        connection, self._connection = self._connection, None
        self._exchange = None
        if connection is not None:
            try:
                async with asyncio.timeout(grace):
                    await connection.close()
            except (TimeoutError, OSError):
                pass


_HARMLESS: Final = frozenset({"unroutable", "nack"})
"""An answer to one message: the channel goes on."""


def _errors() -> tuple[type[Exception], ...]:
    from aio_pika.exceptions import CONNECTION_EXCEPTIONS

    return CONNECTION_EXCEPTIONS


def _trouble(error: Exception) -> Trouble:
    from aio_pika import exceptions

    match error:
        case exceptions.PublishError():
            return Trouble("unroutable")
        case exceptions.DeliveryError():
            return Trouble("nack")
        case exceptions.ChannelPreconditionFailed():
            # The only condition that a publish can fail; it closes the channel for all.
            return Trouble("too_large", retry=False, shared=True)
        case exceptions.ChannelNotFoundEntity():
            return Trouble("no_exchange")
        case exceptions.AuthenticationError() | exceptions.ProbableAuthenticationError():
            return Trouble("authentication")
        case TimeoutError():
            return Trouble("timeout")
        case ssl.SSLCertVerificationError():
            return Trouble("certificate")
    return Trouble("connection")


def _message(entry: Entry) -> AbstractMessage:
    from aio_pika import DeliveryMode, Message

    told = headers(entry)
    name = told["id"]
    return Message(
        entry.body,
        content_type="application/json",
        delivery_mode=DeliveryMode.PERSISTENT,
        message_id=name if len(name) <= _LONGEST_NAME else sha256(name.encode()).hexdigest(),
        type=entry.kind,
        headers=dict(told),
    )
