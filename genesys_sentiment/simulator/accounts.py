"""Tokens and their limits: who may call, and how often."""

from __future__ import annotations

import base64
import binascii
import math
import secrets

from attrs import define, frozen

from genesys_sentiment.clock import Clock
from genesys_sentiment.simulator.answers import bad_credentials, too_many_requests

WINDOW = 60.0
"""Seconds over which requests are counted."""
DEFAULT_RATE = 300
"""Requests per token and window (``client.credentials.token.rate.per.minute``)."""


@frozen
class Quota:
    """What the ``inin-ratelimit-*`` headers say."""

    count: int
    allowed: int
    reset: int

    def headers(self) -> dict[str, str]:
        """The three headers."""
        return {
            "inin-ratelimit-count": str(self.count),
            "inin-ratelimit-allowed": str(self.allowed),
            "inin-ratelimit-reset": str(self.reset),
        }


@define(kw_only=True)
class _Grant:
    expires: float
    window: float
    count: int = 0


class Accounts:
    """The one OAuth client of the simulated organisation and its live tokens.

    ``lifetime``: seconds a token lives. ``rate``: requests per minute and token, None: no limit.
    """

    def __init__(
        self, client_id: str, client_secret: str, lifetime: float, rate: int | None, clock: Clock
    ) -> None:
        self._expected = f"{client_id}:{client_secret}"
        self.lifetime = lifetime
        self.rate = rate
        self._clock = clock
        self._grants: dict[str, _Grant] = {}

    def knows(self, authorization: str) -> bool:
        """Whether a Basic header names the client and its secret."""
        scheme, _, encoded = authorization.partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            return False
        return scheme.lower() == "basic" and self.matches(given)

    def matches(self, pair: bytes) -> bool:
        """Whether ``id:secret`` is the client's."""
        return secrets.compare_digest(pair, self._expected.encode("utf-8"))

    def issue(self) -> str:
        """A new token."""
        now = self._clock.monotonic()
        self._grants = {
            token: grant for token, grant in self._grants.items() if grant.expires > now
        }
        token = secrets.token_urlsafe(48)
        self._grants[token] = _Grant(expires=now + self.lifetime, window=now)
        return token

    def alive(self, token: str) -> bool:
        """Whether a token still counts."""
        grant = self._grants.get(token)
        return grant is not None and grant.expires > self._clock.monotonic()

    def charge(self, authorization: str) -> tuple[str, Quota]:
        """Count one request of a bearer; its token and what is left. Raises PlatformError."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not self.alive(token):
            raise bad_credentials()
        grant, now = self._grants[token], self._clock.monotonic()
        if now - grant.window >= WINDOW:
            grant.window, grant.count = now, 0
        grant.count += 1
        reset = max(1, math.ceil(grant.window + WINDOW - now))
        if self.rate is not None and grant.count > self.rate:
            raise too_many_requests(reset)
        return token, Quota(grant.count, self.rate or DEFAULT_RATE, reset)

    def expire(self) -> None:
        """End the life of every token."""
        self._grants.clear()
