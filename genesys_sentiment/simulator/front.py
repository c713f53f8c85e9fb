"""What every request passes: bearer, limits, correlation id, counting. And the token endpoint."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from genesys_sentiment.clock import Clock
from genesys_sentiment.simulator.accounts import Accounts
from genesys_sentiment.simulator.answers import (
    TOKEN,
    PlatformError,
    Refuse,
    correlation_id,
    http_error,
    json_body,
    scripted,
)
from genesys_sentiment.simulator.ledger import Ledger
from genesys_sentiment.simulator.rest_script import Fates


class Front:
    """The front of the HTTP server.

    ``token_failures`` and ``api_failures`` answer the next requests to the token endpoint and to
    the Platform API, first in first out; a bare number is a status without ``Retry-After``.
    ``fates`` decides about single requests.
    ``sockets`` are paths below ``/api`` whose languages judge the token themselves.
    """

    def __init__(
        self, accounts: Accounts, ledger: Ledger, sockets: Iterable[str], clock: Clock
    ) -> None:
        self._accounts = accounts
        self._ledger = ledger
        self._unguarded = {"/api/v2/oauth/token", *sockets}
        self.token_failures: list[int | Refuse] = []
        self.api_failures: list[int | Refuse] = []
        self.fates = Fates(clock)

    async def token(self, request: web.Request) -> web.Response:
        """Client credentials: by Basic header and form on the platform, and as the tutorials do.

        These send JSON, or (on ``/api/v2/oauth/token`` only) put all into the query, and may name
        client and secret among the rest. Any ``scope`` is let pass.
        """
        _fail(self.token_failures)
        asked = await _asked(request)
        if asked.get("grant_type") != "client_credentials":
            return _oauth_error(400, "unsupported_grant_type", "grant type is not supported")
        header = request.headers.get("Authorization", "")
        pair = f"{asked.get('client_id')}:{asked.get('client_secret')}"
        if not (self._accounts.knows(header) or self._accounts.matches(pair.encode())):
            return _oauth_error(401, "invalid_client", "authentication failed")
        return web.json_response(
            {
                "access_token": self._accounts.issue(),
                "token_type": "bearer",
                "expires_in": int(self._accounts.lifetime),
            }
        )

    def middleware(self) -> Middleware:
        """Wraps every request, known path or not."""

        @web.middleware
        async def border(request: web.Request, handler: Handler) -> web.StreamResponse:
            resource = request.match_info.route.resource
            path = resource.canonical if resource is not None else "(unknown)"
            self._ledger.requests[f"{request.method} {path}"] += 1
            correlation = correlation_id()
            headers = {"ININ-Correlation-Id": correlation}
            response: web.StreamResponse
            try:
                if request.path.startswith("/api/") and request.path not in self._unguarded:
                    headers |= self._admit(request)
                response = await self.fates.meet(request, handler)
            except PlatformError as error:
                response = error.response(correlation)
            except web.HTTPException as error:
                response = http_error(error.status).response(correlation)
            if not response.prepared:
                response.headers.update(headers)
            return response

        return border

    def _admit(self, request: web.Request) -> dict[str, str]:
        request[TOKEN], quota = self._accounts.charge(request.headers.get("Authorization", ""))
        _fail(self.api_failures)
        return quota.headers()


async def _asked(request: web.Request) -> Mapping[str, Any]:
    if request.content_type == "application/json":
        body = await json_body(request)
        return body if isinstance(body, dict) else {}
    form = dict(await request.post())
    return form | dict(request.query) if request.path.startswith("/api/") else form


def _fail(script: list[int | Refuse]) -> None:
    if script:
        failure = script.pop(0)
        raise scripted(failure if isinstance(failure, Refuse) else Refuse(failure))


def _oauth_error(status: int, error: str, description: str) -> web.Response:
    return web.json_response(
        {"error": error, "description": description, "error_description": description},
        status=status,
    )
