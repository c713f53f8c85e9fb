"""Looks whether topics can be subscribed: by the platform's list, or by subscribing them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from genesys_sentiment.cloud.channels import Channels
from genesys_sentiment.cloud.findings import Finding, unknown
from genesys_sentiment.cloud.loose import as_object, objects
from genesys_sentiment.cloud.rest import Rest
from genesys_sentiment.errors import AuthError, GenesysSentimentError
from genesys_sentiment.model.events import TopicRefused

_TOPICS = "/api/v2/notifications/availabletopics"


async def look_up(rest: Rest, wanted: Sequence[str]) -> list[Finding]:
    """What the platform's list says of topics, given as templates; nothing is changed."""
    try:
        answer = await rest.request("GET", _TOPICS, params={"expand": "requiresPermissions"})
        listed = list(objects(as_object(answer.body, "the list of topics").get("entities")))
    except AuthError:
        raise
    except GenesysSentimentError as error:
        return [unknown("topic", error, "the permissions of topics")]
    known = {str(one.get("id")).casefold(): one for one in listed}
    return [_listed(topic, known.get(topic.casefold())) for topic in dict.fromkeys(wanted)]


async def subscribe(channels: Channels, wanted: Sequence[str]) -> list[Finding]:
    """Subscribe single topics on a new channel, see what is refused, and drop them again.

    No channel can be deleted: this one stays, unused, until the platform ends it within a day.
    """
    try:
        channel = await channels.create()
        found = await channels.add(channel, wanted)
        await channels.clear(channel)
    except AuthError:
        raise
    except GenesysSentimentError as error:
        return [unknown("topic", error, "whether topics can be subscribed")]
    permitted = [
        Finding(check="topic", level="ok", subject=topic, what="it can be subscribed")
        for topic in found.permitted
    ]
    return permitted + [_refused(each) for each in found.refused]


def _refused(refused: TopicRefused) -> Finding:
    missing = f"; missing: {', '.join(refused.missing)}" if refused.missing else ""
    return Finding(
        check="topic",
        level="problem",
        subject=refused.topic,
        what=f"it is refused ({refused.reason}){missing}",
        advice="give the permission to a role of the OAuth client; where the roles are right, "
        "check the id and the licence",
        missing=refused.missing,
    )


def _listed(topic: str, listed: dict[str, Any] | None) -> Finding:
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
            level="unknown",
            subject=topic,
            what="the platform does not say which permissions it needs",
            advice="subscribe and see: a refusal names what is missing",
        )
    names = tuple(name for name in needed if isinstance(name, str))
    if not names:
        return Finding(check="topic", level="ok", subject=topic, what="it needs no permission")
    return Finding(
        check="topic",
        level="unknown",
        subject=topic,
        what=f"it needs {', '.join(names)}; only subscribing tells whether the OAuth client "
        "has that",
        advice="give the permission to a role of the client; a refusal would name it",
    )
