"""Records as signed HTTP POSTs by Standard Webhooks 1.0, to receivers that are kept at a distance.

``docs/webhooks.md`` says how a receiver verifies and deduplicates.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeAlias

import aiohttp

from genesys_sentiment.clock import Clock, SystemClock
from genesys_sentiment.cloud.retry import retry_after
from genesys_sentiment.errors import ConfigurationError, GenesysSentimentError
from genesys_sentiment.model.entries import Entry, Lane, Retry
from genesys_sentiment.model.export import encode
from genesys_sentiment.sinks._addresses import Network, allowance
from genesys_sentiment.sinks._egress import (
    AddressRefused,
    Guard,
    Lookup,
    open_session,
    tls_context,
)
from genesys_sentiment.sinks._singly import Undelivered, send_singly
from genesys_sentiment.sinks._target import check_headers, check_url
from genesys_sentiment.sinks.signature import ID, SIGNATURE, TIMESTAMP, message_id, read_keys, sign

_log = logging.getLogger(__name__)

Payload: TypeAlias = Callable[[Entry, float], Mapping[str, object] | bytes | None]
"""From an entry and now, seconds since the epoch, to what is posted. None: there is nothing."""

LARGEST_BODY: Final = 262_144
"""Bytes of one POST; a larger one is given up. The standard advises to stay below 20,000."""
LARGEST_ANSWER: Final = 65_536
"""Bytes of an answer that are read, to use its connection again; beyond them it is dropped."""

_CONNECT = 5.0
_BATCH = 50
_AT_ONCE = 30.0
"""Seconds in which POSTs of one batch begin, by default; what is left comes with the next."""
_SPARE = 1.0
_AGAIN = frozenset({408, 425, 429})


class Webhook:
    """A sink that posts every entry to one URL, and counts only 2xx as delivered.

    ``webhook-id`` is the entry's id, the same at every try: receivers deduplicate by it.
    Redirects are not followed. 410 disables the sink. 408, 425, 429, 5xx and everything of the
    network is tried again, not before a ``Retry-After`` (up to the lane's ``longest_wait``);
    everything else is given up after three tries.

    ``secret``: ``whsec_…``, several while they are being rotated; None: unsigned.
    ``name``: default ``webhook:`` and the host. ``payload`` shapes the body (``sinks/payloads.py``
    has some); default: the record's JSON. ``headers``: sent along. ``allow_private``: True, or
    networks, that may be sent to although they are not public, by http, too. ``ca``: an SSL
    context, or a file of PEM certificates to trust instead of the system's. ``timeout``: seconds
    for one POST, of which connecting has 5. ``concurrency``: conversations at a time.
    ``lookup``: how names are resolved; default: as the system does.

    Raises ConfigurationError for what cannot work, and never shows it.
    """

    def __init__(
        self,
        url: str,
        *,
        secret: str | Sequence[str] | None = None,
        name: str | None = None,
        lane: Lane | None = None,
        payload: Payload | None = None,
        headers: Mapping[str, str] | None = None,
        allow_private: bool | str | Sequence[str | Network] = False,
        ca: ssl.SSLContext | str | Path | None = None,
        timeout: float = 15.0,
        concurrency: int = 10,
        clock: Clock | None = None,
        lookup: Lookup | None = None,
    ) -> None:
        allowed = allowance(allow_private)
        self._url = check_url(url, allowed)
        self.name = name or f"webhook:{self._url.raw_authority.replace('[', '').replace(']', '')}"
        self.lane = lane or Lane(
            batch=_BATCH, timeout=_AT_ONCE + timeout + _SPARE, retry=Retry(refusals=3)
        )
        self._keys = () if secret is None else read_keys(secret)
        self._payload = payload
        self._headers = {"content-type": "application/json", **check_headers(headers or {})}
        self._guard = Guard(allowed, plain=self._url.scheme == "http", lookup=lookup)
        self._context = tls_context(ca)
        self._timeout = aiohttp.ClientTimeout(total=timeout, connect=min(_CONNECT, timeout))
        self._begin_within = self.lane.timeout - timeout - _SPARE
        if not (timeout > 0 and concurrency > 0 and self._begin_within >= 1):
            raise ConfigurationError(
                "timeout and concurrency must be positive, and the lane's timeout 2 seconds "
                "longer than that of one POST"
            )
        self._concurrency = concurrency
        self._clock = clock or SystemClock()
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return f"Webhook({self.name!r})"

    async def send(self, entries: Sequence[Entry], /) -> None:
        """Post each entry: conversations at the same time, the entries of one in their order.

        Raises SinkFailed for those that did not go through, and those behind them.
        """
        await send_singly(
            entries, self._deliver, together=self._concurrency, within=self._begin_within
        )

    async def close(self) -> None:
        """Close the connections. Another ``send`` opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _deliver(self, entry: Entry) -> None:
        now = self._clock.wall()
        body = self._body(entry, now)
        message, timestamp = message_id(entry.id), int(now)
        headers = {**self._headers, ID: message, TIMESTAMP: str(timestamp)}
        if self._keys:
            headers[SIGNATURE] = sign(self._keys, message=message, timestamp=timestamp, body=body)
        await self._post(body, headers)

    def _body(self, entry: Entry, now: float) -> bytes:
        body: bytes | None = entry.body
        if self._payload is not None:
            try:
                body = _as_bytes(self._payload(entry, now))
            except Exception as error:  # noqa: BLE001 - the user's border: logged, and a failure
                self._complain(error)
                raise Undelivered("bad_payload", retry=False) from None
        if body is None:
            raise Undelivered("no_payload", retry=False)
        if len(body) > LARGEST_BODY:
            raise Undelivered(f"too_large_{len(body)}", retry=False)
        return body

    def _complain(self, error: Exception) -> None:
        # Ours hold no content; a user's own may quote what somebody said.
        ours = isinstance(error, GenesysSentimentError)
        said = f"{type(error).__name__}: {error}" if ours else type(error).__name__
        _log.warning("%s: no payload for an entry: %s", self.name, said)
        _log.debug("%s: the payload function failed", self.name, exc_info=error)

    async def _post(self, body: bytes, headers: Mapping[str, str]) -> None:
        if self._session is None:
            self._session = open_session(
                self._guard, self._context, connections=self._concurrency, timeout=self._timeout
            )
        try:
            async with self._session.post(
                self._url, data=body, headers=headers, allow_redirects=False
            ) as response:
                asked = response.headers.get("Retry-After")
                await _drain(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Undelivered(_why(error)) from None
        self._judge(response.status, asked)

    def _judge(self, status: int, asked: str | None) -> None:
        if 200 <= status < 300:
            return
        if status == 410:
            raise Undelivered("http_410", gone=True)
        if 300 <= status < 400:
            raise Undelivered("redirect", retry=False)
        if status in _AGAIN or status >= 500:
            longest = self.lane.retry.longest_wait
            after = retry_after(asked, self._clock.wall(), longest=longest)
            raise Undelivered(f"http_{status}", after=after)
        raise Undelivered(f"http_{status}", retry=False)


def _as_bytes(made: Mapping[str, object] | bytes | None) -> bytes | None:
    if isinstance(made, Mapping):
        return encode(made)
    if made is not None:
        made.decode("utf-8")  # a receiver refuses what is no text; a str would not be JSON
    return made


async def _drain(response: aiohttp.ClientResponse) -> None:
    """Read what is left of an answer. Its status has said everything, whatever comes now.

    A connection that has more to say when it is let go is dropped.
    """
    left = LARGEST_ANSWER
    with suppress(aiohttp.ClientError, TimeoutError, OSError):
        while left > 0 and (chunk := await response.content.read(left)):
            left -= len(chunk)


def _why(error: Exception) -> str:
    """Why there was no answer.

    Neither a refused address nor a refused certificate is the record's fault: it waits until
    somebody has mended them.
    """
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, AddressRefused):
        return "refused_address"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "unresolved"
    if isinstance(error, TimeoutError):
        return "timeout"
    # A line cut during the handshake is no SSLError but a reset.
    if isinstance(error, ssl.SSLError | aiohttp.ClientSSLError):
        return "certificate"
    return "bad_answer" if isinstance(error, aiohttp.ClientResponseError) else "connection"
