"""Pre-signed links: whoever has one can read what it leads to, so it is a secret."""

from __future__ import annotations

import re
from collections.abc import Sequence

import aiohttp
from attrs import field, frozen
from yarl import URL

from genesys_sentiment.cloud.exchange import exchange
from genesys_sentiment.cloud.regions import Endpoints, host_of, is_loopback
from genesys_sentiment.errors import CloudError, ProtocolError

_VISIBLE = re.compile(r"[!-~]{1,8192}")
_STORE = re.compile(r"(?:[a-z0-9-]+\.)*s3(?:[.-][a-z0-9-]+)*\.amazonaws\.(?:com|eu)")


@frozen
class PresignedUrl:
    """A link that works for some minutes, for anybody. It is never shown."""

    url: str = field(repr=False)


def check_presigned(url: str, endpoints: Endpoints, hosts: Sequence[str] = ()) -> URL:
    """The address, if it may be fetched. Raises ProtocolError, which names the host only.

    https to the platform's store (Amazon S3), to a host that ``endpoints`` trusts, or to one of
    ``hosts``; http only from one loopback host to another.
    """
    parsed = _parse(url)
    if parsed is None:
        raise ProtocolError("a pre-signed link is no http address; it was not opened")
    host = parsed.host or ""
    if is_loopback(host_of(endpoints.api_url)):
        trusted = is_loopback(host) or host in hosts
    else:
        trusted = parsed.scheme == "https" and (
            bool(_STORE.fullmatch(host))
            or host in hosts
            or any(
                host.endswith(name) if name.startswith(".") else host == name
                for name in endpoints.sockets
            )
        )
    if not trusted:
        raise ProtocolError(
            f"a pre-signed link leads to {parsed.scheme}://{host}, which is not the platform's "
            "store; it was not opened: name the host if it is yours"
        )
    return parsed


def _parse(url: str) -> URL | None:
    try:
        parsed = URL(url, encoded=True) if _VISIBLE.fullmatch(url) else None
        sound = parsed is not None and parsed.scheme in ("http", "https") and parsed.host
        return parsed if sound and parsed is not None and parsed.user is None else None
    except ValueError:
        return None


async def fetch(session: aiohttp.ClientSession, url: URL, *, timeout: float, limit: int) -> bytes:
    """What a pre-signed link leads to, at most ``limit`` bytes, without the bearer token.

    Raises CloudError (403 and 400: the link is no longer good, ask for a new one),
    ConnectionFailed and CertificateRefused. It is not tried again: a new link costs as little.
    """
    reply = await exchange(
        session,
        "GET",
        url,
        headers={"Accept": "application/json"},
        timeout=timeout,
        limit=limit,
    )
    if not 200 <= reply.status < 300:
        stale = "; the link is no longer good: ask for a new one" if reply.status < 500 else ""
        raise CloudError(
            f"a pre-signed link to {url.host} answered {reply.status}{stale}", status=reply.status
        )
    return reply.body
