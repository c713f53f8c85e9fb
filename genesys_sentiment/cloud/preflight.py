"""Looks, before anything is watched, whether the organisation lets it work (S2-02, S0-28)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, Protocol

from attrs import frozen

from genesys_sentiment.cloud import queue_checks, topic_checks
from genesys_sentiment.cloud.channels import Channels
from genesys_sentiment.cloud.findings import (
    Finding,
    platforms_own,
    refused_or_unknown,
    unknown,
)
from genesys_sentiment.cloud.regions import Endpoints, host_of
from genesys_sentiment.cloud.rest import Rest
from genesys_sentiment.errors import (
    AuthError,
    ConfigurationError,
    ConnectionFailed,
    GenesysSentimentError,
    NotFound,
    PermissionDenied,
)
from genesys_sentiment.model.wire import Tokens

MOST_CHANNELS = 20
"""Channels that one OAuth client can have."""

NOBODY: Final = "00000000-0000-4000-8000-000000000000"
"""A conversation that does not exist: asking for it tells whether asking is allowed."""


@frozen
class Access:
    """One question that a feature asks; ``needs`` are its documented permissions."""

    feature: str
    path: str
    needs: tuple[str, ...]


_SPEECH = "/api/v2/speechandtextanalytics/conversations/{conversation}"
_DATA = ("recording:recording:view", "speechAndTextAnalytics:data:view")
ACCESS: Final = (
    Access(
        "discovery",
        "/api/v2/analytics/conversations/{conversation}/details",
        ("analytics:conversationDetail:view",),
    ),
    Access("sentiment", _SPEECH, _DATA),
    Access("reasons", f"{_SPEECH}/sentiments", ("speechAndTextAnalytics:sentimentData:view",)),
    Access("transcripts", f"{_SPEECH}/communications/{{communication}}/transcripturl", _DATA),
    Access(
        "conversations",
        "/api/v2/conversations/{conversation}",
        ("conversation:communication:view",),
    ),
    Access(
        "messages",
        "/api/v2/conversations/messages/{conversation}/messages/{message}",
        ("conversation:message:view",),
    ),
    Access(
        "suggestions",
        "/api/v2/conversations/{conversation}/suggestions",
        ("conversation:suggestion:view",),
    ),
)
FEATURES: Final = tuple(one.feature for one in ACCESS)
"""Their names."""


class Reachable(Protocol):
    """What is looked at: a Cloud is one."""

    @property
    def endpoints(self) -> Endpoints: ...
    @property
    def tokens(self) -> Tokens: ...
    @property
    def rest(self) -> Rest: ...
    @property
    def channels(self) -> Channels: ...


async def check(
    cloud: Reachable,
    *,
    queues: Sequence[str] = (),
    topics: Sequence[str] = (),
    features: Collection[str] = FEATURES,
    channels: int = 1,
    subscribe: bool = False,
) -> tuple[Finding, ...]:
    """Look at everything that watching these would need; nothing is changed.

    ``topics`` are templates as the platform lists them (``v2.conversations.{id}.transcription``),
    ``queues`` those that are followed (with the feature ``suggestions`` they should have an
    assistant), ``channels`` how many will be made. Refusals and failures become findings, and
    what could not be learned is unknown, never ok. A rate limit is waited for. With ``subscribe``
    the topics, then with real ids, are subscribed on a new channel and dropped again, where
    there is room for one. What is found may be over when it is used: a channel can still be
    evicted, and the stream lives with that. Raises ConfigurationError only.
    """
    if strange := sorted(set(features).difference(FEATURES)):
        known = ", ".join(FEATURES)
        raise ConfigurationError(f"no feature {strange[0][:80]!r}; there are: {known}")
    found = list(await _login(cloud))
    if any(one.level != "ok" for one in found):
        return tuple(found)
    try:
        found += await _api(cloud, channels)
        if found[-1].check == "host":
            return tuple(found)
        room = found[-1].level == "ok"
        if topics:
            found += (
                await _topics(cloud, topics, room=room)
                if subscribe
                else await topic_checks.look_up(cloud.rest, topics)
            )
        for access in ACCESS:
            if access.feature in features:
                found.append(await _permission(cloud.rest, access))
        for queue in dict.fromkeys(queues):
            found.append(await queue_checks.check_queue(cloud.rest, queue))
            if "suggestions" in features:
                found += await queue_checks.check_assistant(cloud.rest, queue)
    except AuthError as error:
        found = [one for one in found if one.check != "credentials"]
        found.append(_refused_credentials(error))
    return tuple(found)


async def _login(cloud: Reachable) -> tuple[Finding, ...]:
    """Whether a token is given; the first that is not ok is the last."""
    host = host_of(cloud.endpoints.login_url)
    answers = Finding(check="host", level="ok", subject=host, what="the login host answers")
    try:
        await cloud.tokens.get()
    except (AuthError, PermissionDenied) as error:
        return answers, _refused_credentials(error)
    except ConnectionFailed as error:
        return (_unreachable(error),)
    except GenesysSentimentError as error:
        return answers, unknown("credentials", error, "whether the credentials are right")
    given = Finding(check="credentials", level="ok", what="the OAuth client was given a token")
    return answers, given


async def _api(cloud: Reachable, wanted: int) -> list[Finding]:
    """Whether the API answers, and the channels; the channels come last where it does."""
    host = host_of(cloud.endpoints.api_url)
    answers = Finding(check="host", level="ok", subject=host, what="the API's host answers")
    try:
        used = len(await cloud.channels.list())
    except AuthError:
        raise
    except ConnectionFailed as error:
        return [_unreachable(error)]
    except GenesysSentimentError as error:
        return [answers, unknown("channels", error, "the number of channels in use")]
    return [answers, _channels(used, wanted)]


def _channels(used: int, wanted: int) -> Finding:
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


async def _topics(cloud: Reachable, wanted: Sequence[str], *, room: bool) -> list[Finding]:
    if room:
        return await topic_checks.subscribe(cloud.channels, wanted)
    return [
        Finding(
            check="topic",
            level="unknown",
            what="no topic was subscribed: a new channel might end another one",
            advice="make room, and look again",
        )
    ]


async def _permission(rest: Rest, access: Access) -> Finding:
    ids = dict.fromkeys(("conversation", "communication", "message"), NOBODY)
    what = f"access to {access.feature}"
    try:
        await rest.request("GET", access.path, ids=ids)
    except AuthError:
        raise
    except NotFound as error:
        if not platforms_own(error):
            return unknown("permission", error, what, access.feature)
    except GenesysSentimentError as error:
        return refused_or_unknown("permission", error, what, access.feature, access.needs)
    return Finding(
        check="permission",
        level="ok",
        subject=access.feature,
        what=f"asking for {access.feature} is allowed",
    )


def _refused_credentials(error: AuthError | PermissionDenied) -> Finding:
    return Finding(
        check="credentials",
        level="problem",
        what=str(error),
        advice="check the client id, the client secret and the region; nothing else was looked at",
        missing=error.missing if isinstance(error, PermissionDenied) else (),
    )


def _unreachable(error: ConnectionFailed) -> Finding:
    return Finding(
        check="host",
        level="problem",
        subject=error.host,
        what=str(error),
        advice="check the region or address, the network and the firewall; nothing behind it was "
        "looked at",
    )
