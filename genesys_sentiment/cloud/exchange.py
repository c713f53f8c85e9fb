"""One HTTP request and its whole answer: the only place of this room that touches aiohttp's calls.

Redirects are never followed, every request has a time limit, an answer is read up to a bound, and
every failure to get one is an error of ours that names the host.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping

import aiohttp
from attrs import field, frozen
from multidict import CIMultiDictProxy
from yarl import URL

from genesys_sentiment.errors import CertificateRefused, CloudError, ConnectionFailed

LARGEST_BODY = 4 * 1024 * 1024
"""Bytes of an answer that are read, after inflating."""

_CHUNK = 64 * 1024


@frozen(kw_only=True)
class Reply:
    """An answer as it came. The header names are case-insensitive."""

    status: int
    headers: CIMultiDictProxy[str] = field(repr=False)
    body: bytes = field(repr=False)


async def exchange(
    session: aiohttp.ClientSession,
    method: str,
    url: URL,
    *,
    headers: Mapping[str, str],
    data: bytes | None = None,
    timeout: float,
    limit: int = LARGEST_BODY,
) -> Reply:
    """Send one request; ``timeout`` seconds for all of it, ``limit`` bytes of its answer.

    Raises ConnectionFailed, CertificateRefused, and CloudError for an answer that is too large.
    """
    try:
        async with session.request(
            method,
            url,
            headers=headers,
            data=data,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=timeout),
        ) as response:
            body = await _read(response, url.host or "", limit)
            return Reply(status=response.status, headers=response.headers, body=body)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        failure = _failure(error, url.host or "", timeout)
    # Raised here and not in the handler: a context would be chained even where it holds headers.
    raise failure


async def _read(response: aiohttp.ClientResponse, host: str, limit: int) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > limit:
            raise CloudError(
                f"the answer of {host} is larger than {limit} bytes; ask for less at once",
                status=response.status,
            )
    return bytes(body)


def _failure(error: Exception, host: str, timeout: float) -> ConnectionFailed:
    failure: ConnectionFailed
    # A line cut during the handshake is no SSLError but a reset, and may be tried again.
    if isinstance(error, ssl.SSLError | aiohttp.ClientSSLError):
        failure = CertificateRefused(
            f"no trusted TLS connection to {host}: its certificate or protocol was refused; check "
            "the address, this machine's clock, and the CA bundle if a proxy inspects TLS",
            host=host,
        )
    elif isinstance(error, aiohttp.ClientConnectorDNSError):
        failure = ConnectionFailed(
            f"the name {host} does not resolve; check the region and the DNS", host=host
        )
    elif isinstance(error, TimeoutError):
        failure = ConnectionFailed(
            f"{host} did not answer within {timeout:g} s; check the network and firewall",
            host=host,
        )
    elif isinstance(error, aiohttp.ClientConnectorError):
        failure = ConnectionFailed(
            f"no connection to {host}: {error.os_error.strerror or 'refused'}; check the address, "
            "the network and the firewall",
            host=host,
        )
    else:
        failure = ConnectionFailed(f"{host} broke off the connection or spoke no HTTP", host=host)
    # A ClientResponseError shows the request's headers, the token among them, in its repr.
    if not isinstance(error, aiohttp.ClientResponseError):
        failure.__cause__ = error
    return failure
