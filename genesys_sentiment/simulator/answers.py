"""How the platform answers: error bodies, correlation ids, refusals that a script asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from aiohttp import web
from attrs import frozen

TOKEN: web.RequestKey[str] = web.RequestKey("token", str)
"""Where the border leaves the bearer token of a request."""


@frozen
class Refuse:
    """A status that a script lets the platform answer with.

    ``retry_after`` is the ``Retry-After`` header: seconds, or text as it stands (an HTTP date).
    """

    status: int
    retry_after: float | str | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        """The header, if there is one."""
        if self.retry_after is None:
            return {}
        value = self.retry_after
        return {"Retry-After": value if isinstance(value, str) else f"{value:g}"}


class PlatformError(Exception):
    """An answer with the platform's ErrorBody."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}
        self.params = params or {}

    def response(self, correlation: str) -> web.Response:
        """The answer; ``correlation`` becomes its contextId."""
        body: dict[str, Any] = {
            "message": self.message,
            "code": self.code,
            "status": self.status,
            "contextId": correlation,
            "details": [],
            "errors": [],
        }
        if self.params:
            body |= {"messageWithParams": self.message, "messageParams": dict(self.params)}
        return web.json_response(body, status=self.status, headers=dict(self.headers))


def bad_request(message: str) -> PlatformError:
    """400."""
    return PlatformError(400, "bad.request", message)


def bad_credentials() -> PlatformError:
    """401: no bearer token, an unknown one or an expired one."""
    return PlatformError(401, "bad.credentials", "Invalid login credentials.")


def missing_permissions(*permissions: str) -> PlatformError:
    """403: the roles of the client lack a permission."""
    named = ", ".join(permissions)
    return PlatformError(
        403,
        "missing.permissions",
        f"Unable to perform the requested action. You are missing the following permission(s): "
        f"{named}",
        params={"permissions": named},
    )


def not_found(what: str) -> PlatformError:
    """404."""
    return PlatformError(404, "not.found", f"The requested {what} was not found")


def too_many_requests(seconds: int) -> PlatformError:
    """429 in the form that all of the Platform API has used since 2021."""
    return PlatformError(
        429,
        "too.many.requests.retry.after",
        f"Rate limit exceeded the maximum. Retry the request in [{seconds}] seconds",
        headers={"Retry-After": str(seconds)},
    )


def http_error(status: int) -> PlatformError:
    """A failure of which only the status is known, with the code that belongs to it."""
    codes = {
        400: "bad.request",
        404: "not.found",
        405: "method.not.allowed",
        429: "too.many.requests",
        503: "service.unavailable",
        504: "gateway.timeout",
    }
    code = codes.get(status, "internal.server.error")
    return PlatformError(status, code, "The request could not be completed.")


def scripted(refuse: Refuse) -> PlatformError:
    """What a script asked for, with the body that belongs to the status."""
    if refuse.status == 429 and isinstance(refuse.retry_after, int | float):
        error = too_many_requests(round(refuse.retry_after))
    elif refuse.status == 401:
        error = bad_credentials()
    else:
        error = http_error(refuse.status)
    error.headers = refuse.headers
    return error


async def json_body(request: web.Request) -> Any:
    """The request's JSON. Raises PlatformError 400 where it is none."""
    try:
        return await request.json()
    except (ValueError, RecursionError) as error:
        raise bad_request("The request body is not valid JSON") from error


def correlation_id() -> str:
    """A new id for one request."""
    return str(uuid4())
