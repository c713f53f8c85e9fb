"""Entries as messages of a NATS JetStream stream (S3-18). Needs the extra ``nats``."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from genesys_sentiment.errors import ConfigurationError
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
    from nats.aio.client import Client
    from nats.js import JetStreamContext

_LANE: Final = Lane()
_SCHEMES: Final = ("nats", "tls", "ws", "wss")
_LONGEST_SUBJECT: Final = 512
_STREAM: Final = re.compile(r"[^\s.*>/\\]{1,255}")
_SUBJECT: Final = re.compile(r"[^\s.*>]+(?:\.[^\s.*>]+)*")

_OURS: Final = frozenset(
    {
        "allow_reconnect",
        "closed_cb",
        "error_cb",
        "max_reconnect_attempts",
        "reconnect_time_wait",
        "servers",
    }
)

_TOO_LARGE: Final = 10054
"""JetStream's code of a message that is larger than the stream allows."""


@frozen
class _Opened:
    """A connection, and a future that is done when it is lost."""

    client: Client
    stream: JetStreamContext
    lost: asyncio.Future[None]


class Nats:
    """Publishes every entry to a JetStream stream and waits until the stream has it.

    ``servers``: URLs like ``nats://user:password@host:4222``, of which only host and port are ever
    shown; with several, they are tried in an order of chance. ``stream`` must exist, with subjects
    that take ``subject``; ``create=True`` makes it where it does not, in files, with the server's
    own settings. ``subject`` may hold ``{kind}`` and ``{conversation}``, each of which becomes one
    token. ``options`` go to ``nats.connect`` (``user_credentials``, ``tls``, …), and are never
    shown.

    ``Nats-Msg-Id`` is the entry's id: within the stream's window for duplicates, two minutes unless
    set, a repeated one is stored once. Headers are also ``id``, ``kind`` and ``schema``.

    A conversation has one message under way at a time, so none overtakes another. A message that
    is larger than the server or the stream allows is not retried. A send ends by itself after four
    fifths of ``lane.timeout``; what was not confirmed then fails with ``timeout``. A connection
    that had trouble is closed and opened anew by the next send. Raises ConfigurationError for what
    cannot work, the library missing included.
    """

    def __init__(
        self,
        servers: str | Sequence[str],
        *,
        stream: str,
        subject: str = "sentiment.{kind}.{conversation}",
        create: bool = False,
        name: str = "nats",
        options: Mapping[str, Any] | None = None,
        lane: Lane = _LANE,
    ) -> None:
        need("nats", "nats")
        self._servers = [servers] if isinstance(servers, str) else list(servers)
        if not self._servers:
            raise ConfigurationError("servers: give at least one nats://host:port")
        self._places = [place_of(check_url(each, _SCHEMES, "servers")) for each in self._servers]
        if _STREAM.fullmatch(stream) is None:
            raise ConfigurationError("stream: no blank, '.', '*', '>' or slash in its name")
        check_template(subject, "subject", longest=_LONGEST_SUBJECT)
        if _SUBJECT.fullmatch(subject) is None:
            raise ConfigurationError("subject: words with dots between, no blank, '*' or '>'")
        ours = sorted(_OURS.intersection(options or ()))
        if ours:
            raise ConfigurationError(f"options: {', '.join(ours)} is set by this sink itself")
        self.name = name
        self.lane = lane
        self._stream = stream
        self._subject = subject
        self._create = create
        self._options = dict(options or {})
        self._opened: _Opened | None = None
        self._busy = False

    def __repr__(self) -> str:
        return f"Nats({','.join(self._places)!r}, stream={self._stream!r}, name={self.name!r})"

    async def send(self, entries: Sequence[Entry], /) -> None:
        """Publish them; raises SinkFailed for what the stream did not confirm."""
        deadline = Deadline(self.lane.timeout)

        async def publish(wave: Sequence[Entry]) -> Mapping[int, Trouble]:
            return await self._publish(wave, deadline)

        await in_waves(entries, publish)

    async def close(self) -> None:
        """Close the connection."""
        await self._drop(Deadline(self.lane.timeout).grace)

    async def _publish(self, wave: Sequence[Entry], deadline: Deadline) -> Mapping[int, Trouble]:
        if self._busy or (self._opened is not None and self._opened.lost.done()):
            # The send before was cancelled, or the server went since.
            await self._drop(deadline.grace)
        self._busy = True
        opened = self._opened or await self._open(deadline)
        if isinstance(opened, Trouble):
            return dict.fromkeys(range(len(wave)), opened)
        self._opened = opened
        results = await together(
            [self._confirm(opened, each, deadline) for each in wave], opened.lost
        )
        troubles = {index: each for index, each in enumerate(results) if each is not None}
        if any(each.reason in _FATAL for each in troubles.values()):
            await self._drop(deadline.grace)
        self._busy = False
        return troubles

    async def _confirm(self, opened: _Opened, entry: Entry, deadline: Deadline) -> Trouble | None:
        told = headers(entry)
        told |= {"Nats-Msg-Id": told["id"], "Nats-Expected-Stream": self._stream}
        if _size(entry.body, told) > opened.client.max_payload:
            return Trouble("too_large", retry=False)
        try:
            async with asyncio.timeout(deadline.left):
                await opened.stream.publish(
                    fill(self._subject, entry), entry.body, timeout=deadline.left, headers=told
                )
        except _errors() as error:
            return _trouble(error)
        return None

    async def _open(self, deadline: Deadline) -> _Opened | Trouble:
        from nats.aio.client import Client

        lost = asyncio.get_running_loop().create_future()

        async def closed() -> None:
            if not lost.done():
                lost.set_result(None)

        async def ignore(_: Exception) -> None:
            """What it says is told by the calls that fail."""

        client = Client()
        opened = _Opened(client, client.jetstream(), lost)
        self._opened = opened
        try:
            async with asyncio.timeout(deadline.left):
                await client.connect(
                    self._servers,
                    allow_reconnect=False,
                    # Otherwise it would try for ever; this way each server is tried twice.
                    max_reconnect_attempts=1,
                    reconnect_time_wait=0,
                    closed_cb=closed,
                    error_cb=ignore,
                    **self._options,
                )
                await self._find_stream(opened.stream)
        except _errors() as error:
            trouble = _trouble(error)
        else:
            return opened
        await self._drop(deadline.grace)
        return trouble

    async def _find_stream(self, stream: JetStreamContext) -> None:
        from nats.js.errors import NotFoundError

        try:
            await stream.stream_info(self._stream)
        except NotFoundError:
            if not self._create:
                raise
            subject = ".".join("*" if "{" in each else each for each in self._subject.split("."))
            await stream.add_stream(name=self._stream, subjects=[subject])

    async def _drop(self, grace: float) -> None:
        opened, self._opened = self._opened, None
        self._busy = False
        if opened is not None:
            try:
                async with asyncio.timeout(grace):
                    await opened.client.close()
            except (TimeoutError, OSError):
                pass


_FATAL: Final = frozenset({"connection", "timeout"})
"""Whether an answer is still to come is not known: the connection is not used again."""


def _size(body: bytes, told: Mapping[str, str]) -> int:
    """Bytes of a message with its headers, as the server counts them."""
    lines = sum(len(name) + len(value) + 4 for name, value in told.items())
    return len(b"NATS/1.0\r\n") + lines + 2 + len(body)


def _errors() -> tuple[type[Exception], ...]:
    from nats.errors import Error

    return Error, OSError


def _trouble(error: Exception) -> Trouble:
    from nats import errors
    from nats.js import errors as js

    match error:
        case js.NoStreamResponseError() | js.NotFoundError():
            return Trouble("no_stream")
        case js.APIError(err_code=code) if code == _TOO_LARGE:
            return Trouble("too_large", retry=False)
        case js.APIError(err_code=code):
            return Trouble(f"jetstream_{code}")
        # While connecting, it is the server's words.
        case errors.Error() if "Authorization Violation" in str(error):
            return Trouble("authentication")
        case errors.AuthorizationError():
            return Trouble("authentication")
        case TimeoutError():
            return Trouble("timeout")
        case ssl.SSLCertVerificationError():
            return Trouble("certificate")
    return Trouble("connection")
