"""Looks, before anything is watched, whether the organisation lets it work (S2-02, S0-28)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, Protocol, TypeAlias

from attrs import frozen

from genesys_sentiment.cloud.channels import Channels
from genesys_sentiment.cloud.loose import as_object, inner, objects, text
from genesys_sentiment.cloud.rest import Rest
from genesys_sentiment.errors import (
    AuthError,
    GenesysSentimentError,
    NotFound,
    PermissionDenied,
    RateLimited,
)

MOST_CHANNELS = 20
"""Channels that one OAuth client can have."""

Level: TypeAlias = Literal["ok", "warning", "problem"]

_ASSISTANT = "/api/v2/routing/queues/{queue}/assistant"
_COPILOT = "/api/v2/assistants/{assistant}/copilot"
_TOPICS = "/api/v2/notifications/availabletopics"
_NOBODY: Final = "00000000-0000-4000-8000-000000000000"
"""A conversation that does not exist: asking for it tells whether asking is allowed."""

_FEATURES: Final = (
    ("sentiment", "/api/v2/speechandtextanalytics/conversations/{conversation}"),
    ("reasons", "/api/v2/speechandtextanalytics/conversations/{conversation}/sentiments"),
    ("conversations", "/api/v2/conversations/{conversation}"),
    ("suggestions", "/api/v2/conversations/{conversation}/suggestions"),
)


class Reachable(Protocol):
    """What is looked at: a Cloud is one."""

    rest: Rest
    channels: Channels


@frozen(kw_only=True)
class Finding:
    """One thing that was looked at. ``warning``: not right, or nobody could know.

    ``check`` is what: ``credentials``, ``channels``, ``topic``, ``assistant``, ``copilot``,
    ``permission``; ``subject`` is the queue, topic or feature. ``advice`` says what to do, empty
    where nothing is to be done. ``missing`` are permissions. ``count`` and ``limit`` are figures,
    None where there are none.
    """

    check: str
    level: Level
    what: str
    advice: str = ""
    subject: str | None = None
    missing: tuple[str, ...] = ()
    count: int | None = None
    limit: int | None = None


async def check(
    cloud: Reachable,
    *,
    queues: Sequence[str] = (),
    topics: Sequence[str] = (),
    channels: int = 1,
) -> tuple[Finding, ...]:
    """Look at everything that watching these would need; nothing is changed.

    ``topics`` are templates as the platform lists them (``v2.conversations.{id}.transcription``),
    ``queues`` those that should have an assistant, ``channels`` how many will be made. Refusals
    and failures become findings, and what could not be learned is a warning. A rate limit is
    waited for. What is found may be over when it is used: a channel can still be evicted, and the
    stream lives with that. Raises ConfigurationError only.
    """
    try:
        found = [await _channels(cloud.channels, channels)]
    except AuthError as error:
        return (_refused_credentials(error),)
    if topics:
        found += await _topics(cloud.rest, topics)
    for feature, path in _FEATURES:
        found.append(await _permission(cloud.rest, feature, path))
    for queue in dict.fromkeys(queues):
        found += await _assistant(cloud.rest, queue)
    return tuple(found)


async def _channels(channels: Channels, wanted: int) -> Finding:
    try:
        used = len(await channels.list())
    except AuthError:
        raise
    except GenesysSentimentError as error:
        return _unknown("channels", error, "the number of channels in use")
    figures = f"{used} of {MOST_CHANNELS} channels are in use"
    if used + wanted > MOST_CHANNELS:
        return Finding(
            check="channels",
            level="problem",
            what=f"{figures}, {wanted} more are wanted",
            advice="the platform would end the ones used longest ago: use another OAuth client",
            count=used,
            limit=MOST_CHANNELS,
        )
    return Finding(check="channels", level="ok", what=figures, count=used, limit=MOST_CHANNELS)


async def _topics(rest: Rest, wanted: Sequence[str]) -> list[Finding]:
    try:
        answer = await rest.request("GET", _TOPICS, params={"expand": "requiresPermissions"})
        listed = list(objects(as_object(answer.body, "the list of topics").get("entities")))
    except GenesysSentimentError as error:
        return [_unknown("topic", error, "the permissions of topics")]
    known = {str(one.get("id")).casefold(): one for one in listed}
    return [_topic(topic, known.get(topic.casefold())) for topic in dict.fromkeys(wanted)]


def _topic(topic: str, listed: dict[str, Any] | None) -> Finding:
    if listed is None:
        return Finding(
            check="topic",
            level="problem",
            subject=topic,
            what="the organisation does not have this topic",
            advice="check its name, the licence and the region",
        )
    needed = listed.get("requiresPermissions")
    if not isinstance(needed, list):
        return Finding(
            check="topic",
            level="warning",
            subject=topic,
            what="the platform does not say which permissions it needs",
            advice="subscribe and see: a refusal names what is missing",
        )
    names = tuple(name for name in needed if isinstance(name, str))
    if not names:
        return Finding(check="topic", level="ok", subject=topic, what="it needs no permission")
    return Finding(
        check="topic",
        level="warning",
        subject=topic,
        what=f"it needs {', '.join(names)}; whether the OAuth client has that cannot be asked",
        advice="give the permission to a role of the client; a refusal would name it",
    )


async def _permission(rest: Rest, feature: str, path: str) -> Finding:
    try:
        await rest.request("GET", path, ids={"conversation": _NOBODY})
    except NotFound:
        pass
    except GenesysSentimentError as error:
        return _refused_or_unknown("permission", error, f"access to {feature}", feature)
    return Finding(
        check="permission", level="ok", subject=feature, what=f"asking for {feature} is allowed"
    )


async def _assistant(rest: Rest, queue: str) -> list[Finding]:
    what = "the assistant of the queue"
    try:
        answer = await rest.request("GET", _ASSISTANT, ids={"queue": queue})
    except NotFound:
        return [
            Finding(
                check="assistant",
                level="problem",
                subject=queue,
                what="the queue has no assistant: there will be no suggestions",
                advice="assign an assistant to the queue, and check the queue's id",
            )
        ]
    except GenesysSentimentError as error:
        return [_refused_or_unknown("assistant", error, what, queue)]
    body = answer.body if isinstance(answer.body, dict) else {}
    name = text(inner(body, "assistant").get("id")) or text(body.get("id"))
    if name is None:
        return [
            Finding(
                check="assistant",
                level="warning",
                subject=queue,
                what="the platform names no assistant in its answer",
                advice="look at the queue's assistant in the administration",
            )
        ]
    there = Finding(check="assistant", level="ok", subject=queue, what="the queue has one")
    return [there, await _copilot(rest, queue, name)]


async def _copilot(rest: Rest, queue: str, assistant: str) -> Finding:
    """Whether the assistant is switched on: one that exists may still say nothing."""
    what = "whether the assistant is switched on"
    try:
        answer = await rest.request("GET", _COPILOT, ids={"assistant": assistant})
    except GenesysSentimentError as error:
        return _refused_or_unknown("copilot", error, what, queue)
    enabled = answer.body.get("enabled") if isinstance(answer.body, dict) else None
    if enabled is True:
        return Finding(check="copilot", level="ok", subject=queue, what="it is switched on")
    return Finding(
        check="copilot",
        level="warning" if enabled is None else "problem",
        subject=queue,
        what=f"{what} is not known" if enabled is None else "the assistant is switched off",
        advice="look at the assistant in the administration, and switch it on there",
    )


def _refused_credentials(error: AuthError) -> Finding:
    return Finding(
        check="credentials",
        level="problem",
        what=str(error),
        advice="check the client id, the client secret and the region; nothing else was looked at",
    )


def _refused_or_unknown(
    kind: str, error: GenesysSentimentError, what: str, subject: str
) -> Finding:
    if not isinstance(error, PermissionDenied):
        return _unknown(kind, error, what, subject)
    named = ", ".join(error.missing) or "the platform did not say which"
    return Finding(
        check=kind,
        level="problem",
        subject=subject,
        what=f"{what} is refused; missing: {named}",
        advice="give the permission to a role of the OAuth client, in the right division; where "
        "the roles are right, check the licence",
        missing=error.missing,
    )


def _unknown(
    kind: str, error: GenesysSentimentError, what: str, subject: str | None = None
) -> Finding:
    later = "wait a minute and look again" if isinstance(error, RateLimited) else "look again"
    return Finding(
        check=kind,
        level="warning",
        subject=subject,
        what=f"{what} could not be learned: {error}",
        advice=f"do not take it for right; {later}",
        missing=error.missing if isinstance(error, PermissionDenied) else (),
    )
