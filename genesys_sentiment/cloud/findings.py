"""What looking at an organisation finds, and how an error becomes a finding. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from attrs import frozen

from genesys_sentiment.errors import GenesysSentimentError, NotFound, PermissionDenied, RateLimited

Level: TypeAlias = Literal["ok", "unknown", "problem"]
"""Right; nobody could know, which is never taken for right; or to be changed."""


@frozen(kw_only=True)
class Finding:
    """One thing that was looked at.

    ``check`` is what: ``credentials``, ``host``, ``channels``, ``topic``, ``queue``, ``assistant``,
    ``copilot``, ``permission``; ``subject`` is the host, queue, topic or feature. ``advice`` says
    what to do, empty where nothing is to be done. ``missing`` are permissions. ``count`` and
    ``limit`` are figures, None where there are none. ``failed``: the platform gave no usable
    answer, another time it may.
    """

    check: str
    level: Level
    what: str
    advice: str = ""
    subject: str | None = None
    missing: tuple[str, ...] = ()
    count: int | None = None
    limit: int | None = None
    failed: bool = False


def refused_or_unknown(
    check: str,
    error: GenesysSentimentError,
    what: str,
    subject: str,
    needs: Sequence[str] = (),
) -> Finding:
    """A missing permission is a problem, anything else is not known.

    ``needs``: permissions that are documented, told where the platform names none.
    """
    if not isinstance(error, PermissionDenied):
        return unknown(check, error, what, subject)
    named = ", ".join(error.missing)
    if not named:
        named = "the platform did not say which"
        named += f", documented are {', '.join(needs)}" if needs else ""
    return Finding(
        check=check,
        level="problem",
        subject=subject,
        what=f"{what} is refused; missing: {named}",
        advice="give the permission to a role of the OAuth client, in the right division; where "
        "the roles are right, check the licence",
        missing=error.missing,
    )


def unknown(
    check: str, error: GenesysSentimentError, what: str, subject: str | None = None
) -> Finding:
    """What could not be learned, and why."""
    later = "look again"
    if isinstance(error, RateLimited):
        later = "wait a minute and look again"
    elif isinstance(error, PermissionDenied):
        later = "with the permission it can be looked at"
    return Finding(
        check=check,
        level="unknown",
        subject=subject,
        what=f"{what} could not be learned: {error}",
        advice=f"do not take it for right; {later}",
        missing=error.missing if isinstance(error, PermissionDenied) else (),
        failed=not isinstance(error, PermissionDenied),
    )


def platforms_own(error: NotFound) -> bool:
    """Whether the platform said it, and not whatever else may answer at a wrong address."""
    return error.code is not None or error.correlation is not None
