"""The Platform API: a bearer token, retries by one policy, typed errors, nothing else."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec
from attrs import field, frozen
from yarl import URL

from genesys_sentiment.cloud.delays import full_jitter
from genesys_sentiment.cloud.exchange import Reply, exchange
from genesys_sentiment.cloud.problems import error_for, parse, read_problem
from genesys_sentiment.cloud.regions import Endpoints, host_of
from genesys_sentiment.cloud.retry import Patience, Verdict, judge_status, retry_after
from genesys_sentiment.errors import (
    CertificateRefused,
    CloudError,
    ConfigurationError,
    ConnectionFailed,
    GenesysSentimentError,
    RateLimited,
)
from genesys_sentiment.model.wire import Token, Tokens

_log = logging.getLogger(__name__)

_KEPT = ("inin-correlation-id", "retry-after")
_TEMPLATE = re.compile(r"(?:/(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*|\{[a-z]+\}))+")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]+")
_HEADER_VALUE = re.compile(r"[ -~]*")


@frozen
class RateLimit:
    """What the last answer said of the rate limit, per minute and token by default.

    ``count`` calls of ``allowed`` are used; ``reset`` seconds until it starts anew. None where the
    header was missing.
    """

    count: int | None
    allowed: int | None
    reset: int | None


@frozen
class Answer:
    """A successful answer: its JSON value (None for an empty body), which may hold secrets.

    ``headers`` are the few that callers need, by lower-case name.
    """

    status: int
    body: Any = field(repr=False)
    headers: Mapping[str, str]


@frozen(kw_only=True)
class _Call:
    """One call as it is sent; ``what`` names it in messages, which never show ``secrets``."""

    what: str
    method: str
    url: URL
    headers: Mapping[str, str]
    data: bytes | None
    secrets: tuple[str, ...]


@frozen
class _Failed:
    """A try that did not succeed; ``asked`` is the wait in seconds that the platform wants."""

    verdict: Verdict
    error: GenesysSentimentError
    asked: float | None = None


class Rest:
    """Calls to one organisation; every call shares ``tokens`` and the rate limit.

    ``timeout`` is the seconds for one request, ``deadline`` for one call with its retries.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        tokens: Tokens,
        session: aiohttp.ClientSession,
        *,
        timeout: float = 10.0,
        deadline: float = 60.0,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        delays: Callable[[], Iterator[float]] = full_jitter,
    ) -> None:
        self.rate_limit: RateLimit | None = None
        self._endpoints = endpoints
        self._tokens = tokens
        self._session = session
        self._timeout = timeout
        self._deadline = deadline
        self._monotonic = monotonic
        self._now = now
        self._sleep = sleep
        self._delays = delays
        self._held_until = float("-inf")

    def __repr__(self) -> str:
        return f"<Rest {host_of(self._endpoints.api_url)}>"

    async def request(
        self,
        method: str,
        path: str,
        *,
        ids: Mapping[str, str] | None = None,
        params: Mapping[str, str | int] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Make one call. ``path`` has places such as ``{channel}`` that ``ids`` fills, encoded.

        Errors name the path with its places, never with its ids: a channel's id is a secret.
        Network failures, 408, 425, 429 and 5xx are tried again until the deadline, whatever the
        method. That is sound for what this package calls: reads, PUT and DELETE; POST of a
        query or of topics to add (a set); POST of a channel, where a lost answer leaves an unused
        channel, which the platform evicts first.
        A 401 is tried once more with a new token. Raises AuthError, PermissionDenied, NotFound,
        RateLimited, ConnectionFailed, CertificateRefused, ConfigurationError (nothing was sent)
        and CloudError.
        """
        call = _Call(
            what=f"{method} {path}",
            method=method,
            url=self._url(path, ids or {}, params or {}),
            headers=_checked(headers or {}),
            data=None if json is None else msgspec.json.encode(json),
            secrets=tuple((ids or {}).values()),
        )
        patience = Patience(self._delays(), self._monotonic() + self._deadline)
        refused: str | None = None
        while True:
            await self._hold(call, patience)
            token = await self._tokens.get(refused)
            result = await self._attempt(call, token)
            if isinstance(result, Reply):
                return _answer(call.what, result)
            if result.verdict == "renew" and refused is None:
                refused = token.value
            elif result.verdict in ("fatal", "renew"):
                raise result.error
            else:
                await self._pause(call, patience, result)

    async def _attempt(self, call: _Call, token: Token) -> Reply | _Failed:
        sent = {
            **call.headers,
            "Accept": "application/json",
            "Authorization": f"Bearer {token.value}",
        }
        if call.data is not None:
            sent["Content-Type"] = "application/json"
        try:
            reply = await exchange(
                self._session,
                call.method,
                call.url,
                headers=sent,
                data=call.data,
                timeout=self._timeout,
            )
        except CertificateRefused:
            raise
        except ConnectionFailed as broken:
            return _Failed("retry", broken)
        self.rate_limit = _rate_limit(reply.headers) or self.rate_limit
        verdict = judge_status(reply.status)
        if verdict == "ok":
            return reply
        asked = retry_after(reply.headers.get("Retry-After"), self._now())
        problem = read_problem(reply.body, reply.headers, (token.value, *call.secrets))
        error = error_for(call.what, reply.status, problem, retry_after=asked)
        return _Failed(verdict, error, asked)

    async def _pause(self, call: _Call, patience: Patience, failed: _Failed) -> None:
        if failed.verdict == "wait" and failed.asked:
            self._held_until = max(self._held_until, self._monotonic() + failed.asked)
        wait = patience.wait(self._monotonic(), failed.asked)
        if wait is None:
            raise failed.error
        _log.debug("%s again in %.1f s: %s", call.what, wait, failed.error)
        await self._sleep(wait)

    async def _hold(self, call: _Call, patience: Patience) -> None:
        """Wait while another call of this client was told to: the limit is the token's."""
        while (left := self._held_until - self._monotonic()) > 0:
            wait = patience.wait(self._monotonic(), left)
            if wait is None:
                raise RateLimited(
                    f"{call.what} was not sent: the platform asked for {left:.0f} s without calls",
                    retry_after=left,
                )
            await self._sleep(wait)

    def _url(self, path: str, ids: Mapping[str, str], params: Mapping[str, str | int]) -> URL:
        if not _TEMPLATE.fullmatch(path):
            raise ConfigurationError("a path is /word/word/{id}; ids and parameters go beside it")
        filled = path.format_map({name: _segment(name, value) for name, value in ids.items()})
        return URL(self._endpoints.api_url + filled, encoded=True).with_query(dict(params) or None)


def _segment(name: str, value: str) -> str:
    if not value.isprintable() or value in ("", ".", "..") or len(value) > 256:
        raise ConfigurationError(f"the {name} id is empty or holds what no id can hold")
    return quote(value, safe="")


def _checked(headers: Mapping[str, str]) -> Mapping[str, str]:
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise ConfigurationError("a header's name or value holds what none can hold")
    return headers


def _answer(what: str, reply: Reply) -> Answer:
    kept = {name: reply.headers[name] for name in _KEPT if name in reply.headers}
    try:
        body = parse(reply.body) if reply.body.strip() else None
    except ValueError:
        raise CloudError(
            f"{what} answered {reply.status}, but no JSON; check that the address is an API's",
            status=reply.status,
            correlation=read_problem(b"", reply.headers).correlation,
        ) from None
    return Answer(reply.status, body, kept)


def _rate_limit(headers: Mapping[str, str]) -> RateLimit | None:
    count, allowed, reset = (
        _number(headers.get(f"inin-ratelimit-{name}")) for name in ("count", "allowed", "reset")
    )
    known = any(value is not None for value in (count, allowed, reset))
    return RateLimit(count, allowed, reset) if known else None


def _number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"\d{1,9}", text, re.ASCII) else None
