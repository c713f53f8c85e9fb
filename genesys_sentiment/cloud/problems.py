"""What the platform says when it refuses, made fit for an error message. Pure: no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from attrs import frozen

from genesys_sentiment.errors import (
    AuthError,
    CloudError,
    GenesysSentimentError,
    NotFound,
    PermissionDenied,
    RateLimited,
)

LONGEST_MESSAGE = 512
"""Characters of the other side's text in a message of ours."""

_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]"
)
_PERMISSION = re.compile(r"[A-Za-z][\w-]*:[\w*-]+:[\w*-]+", re.ASCII)
_CORRELATION = "inin-correlation-id"


@frozen(kw_only=True)
class Problem:
    """An error answer, read loosely: whatever is missing or of another type is None or empty."""

    message: str | None = None
    code: str | None = None
    correlation: str | None = None
    missing: tuple[str, ...] = ()


def parse(body: bytes) -> Any:
    """The JSON value of ``body``. Raises ValueError for anything else, however deeply nested."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError("no JSON") from error


def clean(text: object, limit: int = LONGEST_MESSAGE, secrets: Iterable[str] = ()) -> str | None:
    """``text`` on one line, without control characters and ``secrets``, at most ``limit`` long."""
    if not isinstance(text, str):
        return None
    for secret in secrets:
        text = text.replace(secret, "***")
    return _UNSEEN.sub(" ", text[: limit * 2]).strip()[:limit] or None


def read_problem(body: bytes, headers: Mapping[str, str], secrets: Iterable[str] = ()) -> Problem:
    """Read the platform's ErrorBody, an OAuth error, or nothing at all (an HTML page)."""
    secrets = tuple(secret for secret in secrets if len(secret) > 3)  # "a" would hit any word
    try:
        value = parse(body)
    except ValueError:
        value = None
    said = value if isinstance(value, dict) else {}
    correlation = headers.get(_CORRELATION) or said.get("contextId")
    return Problem(
        message=clean(said.get("message") or said.get("error_description"), secrets=secrets),
        code=clean(said.get("code") or said.get("error"), 128, secrets),
        correlation=clean(correlation, 128, secrets),
        missing=_missing(said, secrets),
    )


def error_for(
    what: str, status: int, problem: Problem, *, retry_after: float | None = None
) -> GenesysSentimentError:
    """The typed error of a refused call. ``what`` names the call without its ids."""
    text = f"{what} answered {status}{_advice(status)}"
    if problem.message:
        text += f": {problem.message}"
    if problem.correlation:
        text += f" (correlation id {problem.correlation})"
    if status == 401:
        return AuthError(text, status=status)
    if status == 403:
        return PermissionDenied(text, missing=problem.missing, correlation=problem.correlation)
    if status == 429:
        return RateLimited(
            text, code=problem.code, correlation=problem.correlation, retry_after=retry_after
        )
    kind = NotFound if status == 404 else CloudError
    return kind(text, status=status, code=problem.code, correlation=problem.correlation)


def _advice(status: int) -> str:
    if 300 <= status < 400:
        return "; redirects are not followed: check the region or the configured address"
    if status == 401:
        return " to two tokens in a row; check that the OAuth client is active in this region"
    if status == 403:
        return "; give the OAuth client's roles the permission, in the right division"
    if status == 429:
        return "; the rate limit is used up: make fewer calls or wait longer"
    if status >= 500:
        return "; the service is unavailable: try again later"
    return ""


def _missing(said: Mapping[str, Any], secrets: tuple[str, ...]) -> tuple[str, ...]:
    """Every ``domain:entity:action`` in the places where the platform names permissions."""
    found: dict[str, None] = {}
    for key in ("missingPermissions", "messageParams", "message", "details", "errors"):
        for text in _texts(said.get(key)):
            found.update(dict.fromkeys(_PERMISSION.findall(text)))
        if found:
            break
    names = (clean(name, 128, secrets) for name in list(found)[:50])
    return tuple(name for name in names if name)


def _texts(value: object, depth: int = 4) -> Iterable[str]:
    if isinstance(value, str):
        yield value[:4096]
    elif depth and isinstance(value, dict | list):
        for inner in list(value.values() if isinstance(value, dict) else value)[:50]:
            yield from _texts(inner, depth - 1)
