"""Bearer tokens by the client-credentials grant: one request at a time, renewed before the end."""

from __future__ import annotations

import asyncio
import logging
import math
import re
import time
from collections.abc import Awaitable, Callable, Iterator

import aiohttp

from genesys_sentiment.cloud.delays import full_jitter
from genesys_sentiment.cloud.exchange import Reply, exchange
from genesys_sentiment.cloud.problems import error_for, parse, read_problem
from genesys_sentiment.cloud.regions import Endpoints, host_of
from genesys_sentiment.cloud.retry import Patience, judge_status, retry_after
from genesys_sentiment.cloud.settings import Credentials
from genesys_sentiment.cloud.token_profiles import PLATFORM, TokenProfile, basic
from genesys_sentiment.errors import (
    AuthError,
    CertificateRefused,
    CloudError,
    ConnectionFailed,
    GenesysSentimentError,
    PermissionDenied,
)
from genesys_sentiment.model.wire import Token

_log = logging.getLogger(__name__)

_VISIBLE = re.compile(r"[!-~]{1,16384}")
_WHAT = "the token request"


class ClientCredentials:
    """Tokens of one OAuth client; shared by everything that talks to the organisation.

    All times are seconds. ``timeout`` is for one request, ``deadline`` for one renewal with its
    retries. ``floor`` is the least time between two renewals unless a token was refused: a token
    that lives shorter is handed out beyond its end until then, and the platform judges it.
    ``profile`` says how to ask; another than the platform's own is for gateways and simulators.
    The caller keeps ``session`` open until after :meth:`aclose`.
    Raises ConfigurationError for an id or secret that cannot be one.
    """

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        endpoints: Endpoints,
        session: aiohttp.ClientSession,
        *,
        profile: TokenProfile = PLATFORM,
        timeout: float = 10.0,
        deadline: float = 60.0,
        floor: float = 30.0,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        delays: Callable[[], Iterator[float]] = full_jitter,
    ) -> None:
        self._credentials = Credentials(
            client_id=client_id, client_secret=client_secret, endpoints=endpoints
        )
        self._profile = profile
        self._session = session
        self._timeout = timeout
        self._deadline = deadline
        self._floor = floor
        self._monotonic = monotonic
        self._now = now
        self._sleep = sleep
        self._delays = delays
        self._token: Token | None = None
        self._renew_at = -math.inf
        self._renewal: asyncio.Task[Token] | None = None

    def __repr__(self) -> str:
        return f"<ClientCredentials {host_of(self._credentials.endpoints.login_url)}>"

    async def get(self, refused: str | None = None) -> Token:
        """A token that is good now; ``refused`` names a value that the platform rejected.

        Any number of callers share one request, and one that is cancelled disturbs no other. While
        the present token is still good, a renewal that fails for a passing reason is put off.
        Raises AuthError (400, 401), PermissionDenied (403), RateLimited, ConnectionFailed, and
        CloudError for any other failure; the next call tries again.
        """
        token = self._token
        if token is not None and refused is not None and token.value == refused:
            self._token = token = None
        if token is not None and self._monotonic() < self._renew_at:
            return token
        if self._renewal is None:
            self._renewal = asyncio.create_task(self._renew(token), name="genesys-token")
            self._renewal.add_done_callback(self._settled)
        return await self._wait_for(self._renewal)

    async def aclose(self) -> None:
        """End a renewal that is under way. The session stays open."""
        renewal = self._renewal
        if renewal is not None:
            renewal.cancel()
            await asyncio.wait({renewal})

    async def _wait_for(self, renewal: asyncio.Task[Token]) -> Token:
        try:
            return await asyncio.shield(renewal)
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if not renewal.cancelled() or caller is None or caller.cancelling():
                raise
        # Closed while the caller waited: it was not cancelled itself and must not look like it.
        host = host_of(self._credentials.endpoints.login_url)
        raise ConnectionFailed("closed before a token came", host=host)

    def _settled(self, _: asyncio.Task[Token]) -> None:
        self._renewal = None

    async def _renew(self, present: Token | None) -> Token:
        started = self._monotonic()
        good = present is not None and started < present.expires
        # A good token is no reason to make callers wait for retries: one try, then it serves on.
        patience = Patience(self._delays(), started if good else started + self._deadline)
        try:
            token = await self._fetch(patience)
        except (ConnectionFailed, CloudError) as error:
            refused = self._token is not present  # meanwhile, by another caller
            if present is None or not good or refused or isinstance(error, CertificateRefused):
                raise
            self._renew_at = min(self._monotonic() + self._floor, present.expires)
            _log.warning("the token was not renewed and stays in use: %s", error)
            return present
        self._token = token
        return token

    async def _fetch(self, patience: Patience) -> Token:
        while True:
            asked: float | None = None
            sent = self._monotonic()
            try:
                reply = await self._ask()
            except CertificateRefused:
                raise
            except ConnectionFailed as error:
                failure: GenesysSentimentError = error
            else:
                verdict = judge_status(reply.status)
                if verdict == "ok":
                    return self._accept(reply, sent)
                asked = retry_after(reply.headers.get("Retry-After"), self._now())
                failure = self._refusal(reply, asked)
                if verdict in ("fatal", "renew"):
                    raise failure
            wait = patience.wait(self._monotonic(), asked)
            if wait is None:
                raise failure
            _log.debug("asking for a token again in %.1f s: %s", wait, failure)
            await self._sleep(wait)

    async def _ask(self) -> Reply:
        ask = self._profile.request(self._credentials)
        return await exchange(
            self._session,
            "POST",
            ask.url,
            headers=ask.headers,
            data=ask.data,
            timeout=self._timeout,
        )

    def _accept(self, reply: Reply, sent: float) -> Token:
        value, life = _token_answer(reply)
        lead = min(300.0, 0.2 * life)
        self._renew_at = sent + max(life - lead, self._floor)
        _log.debug("new token, good for %.0f s", life)
        return Token(value=value, expires=sent + life)

    def _refusal(self, reply: Reply, asked: float | None) -> GenesysSentimentError:
        secrets = (self._credentials.client_secret, basic(self._credentials))
        problem = read_problem(reply.body, reply.headers, secrets)
        if reply.status not in (400, 401, 403):
            return error_for(_WHAT, reply.status, problem, retry_after=asked)
        said = f": {problem.message or problem.code}" if problem.message or problem.code else ""
        host = host_of(self._credentials.endpoints.login_url)
        text = f"{host} refused the OAuth client ({reply.status}{said}); "
        if reply.status == 403:
            return PermissionDenied(
                text + "check that it may use the client-credentials grant and has roles",
                missing=problem.missing,
                correlation=problem.correlation,
            )
        return AuthError(
            text + "check the client id, the client secret and the region", status=reply.status
        )


def _token_answer(reply: Reply) -> tuple[str, float]:
    """The token and its life in seconds. Raises CloudError: an answer that cannot be one."""
    try:
        answer = parse(reply.body)
    except ValueError:
        answer = None
    fields = answer if isinstance(answer, dict) else {}
    value, life = fields.get("access_token"), fields.get("expires_in")
    if not isinstance(value, str) or not _VISIBLE.fullmatch(value):
        raise _bad("access_token", reply.status)
    if isinstance(life, bool) or not isinstance(life, int | float) or not 0 < life < 1e9:
        raise _bad("expires_in", reply.status)
    return value, float(life)


def _bad(name: str, status: int) -> CloudError:
    return CloudError(
        f"bad token answer: {name} is missing or not usable; check the region or the login URL",
        status=status,
        code="bad_token_answer",
    )
