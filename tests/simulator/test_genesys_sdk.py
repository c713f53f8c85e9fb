"""Genesys' own Python client talks to the simulator, and its models know every field sent."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

import pytest

from genesys_sentiment.simulator import Simulator
from genesys_sentiment.simulator.channels import Channels
from tests.simulator.client import CHANNELS, Client, short_call

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("PureCloudPlatformClientV2") is None,
        reason="no PureCloudPlatformClientV2: install the dependency group peers",
    ),
    pytest.mark.filterwarnings("ignore"),
]

HINT = {"after": 1, "title": "t", "answer": "a", "confidence": 0.5, "reaction": "Dismissed"}
CALL = short_call("sdk", sentiment={"overall": 0.4, "trend": -0.3}, suggestions=[HINT])
DETAIL = "DetailEventTopic"
BODIES = {
    r"v2\.routing\.queues\.[^.]+\.conversations": "QueueConversationEventTopicConversation",
    r"v2\.routing\.queues\.[^.]+\.conversations\.calls": (
        "QueueConversationCallEventTopicCallConversation"
    ),
    r"v2\.users\.[^.]+\.conversations": "ConversationEventTopicConversation",
    r"v2\.users\.[^.]+\.conversations\.calls": "ConversationCallEventTopicCallConversation",
    r"v2\.conversations\.[^.]+\.transcription": "TranscriptionTopicTranscriptionMessage",
    r"v2\.conversations\.[^.]+\.suggestions\.knowledge\.search": (
        "ConversationKnowledgeSearchSuggestionsTopicKnowledgeSearchSuggestionEvent"
    ),
    r"v2\.speechandtextanalytics\.conversation\.[^.]+\.sentiment": (
        "V2StaSentimentOverallTopicOverallSentimentMessage"
    ),
    r"v2\.detail.+\.customer\.start": f"CustomerStart{DETAIL}CustomerStartEvent",
    r"v2\.detail.+\.customer\.end": f"CustomerEnd{DETAIL}CustomerEndEvent",
    r"v2\.detail.+\.acd\.start": f"AcdStart{DETAIL}AcdStartEvent",
    r"v2\.detail.+\.acd\.end": f"AcdEnd{DETAIL}AcdEndEvent",
    r"v2\.detail.+\.user\.start": f"UserStart{DETAIL}UserStartEvent",
    r"v2\.detail.+\.user\.end": f"UserEnd{DETAIL}UserEndEvent",
    r"v2\.detail.+\.acw": f"Acw{DETAIL}AfterCallWorkEvent",
    r"v2\.detail.+\.wrapup": f"Wrapup{DETAIL}WrapupEvent",
}
"""The class of each topic's body, as ``notificationMappings.json`` of the client names it."""


class Sdk:
    """The client library, as somebody uses it who has threads."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.library: Any = importlib.import_module("PureCloudPlatformClientV2")
        self.refused: type[Exception] = importlib.import_module(
            "PureCloudPlatformClientV2.rest"
        ).ApiException
        self.library.configuration.host = simulator.api_url
        self.client: Any = self.library.api_client.ApiClient()

    async def login(self, secret: str) -> None:
        await self.call(self.client.get_client_credentials_token, self.simulator.client_id, secret)

    async def call(self, function: Callable[..., Any], *given: object, **named: object) -> Any:
        return await asyncio.to_thread(function, *given, **named)

    async def failure(
        self, function: Callable[..., Any], *given: object
    ) -> tuple[int, dict[str, Any]]:
        with pytest.raises(self.refused) as caught:
            await self.call(function, *given)
        error: Any = caught.value
        return error.status, json.loads(error.body)


@pytest.fixture
async def sdk() -> AsyncIterator[Sdk]:
    """Logged in, and one call has been played."""
    async with Simulator([CALL], speed=500, wait=0) as simulator:
        await simulator.play()
        sdk = await asyncio.to_thread(Sdk, simulator)
        await sdk.login(simulator.client_secret)
        yield sdk


def topics(*names: str) -> list[dict[str, str]]:
    return [{"id": name} for name in names]


async def test_channels_and_subscriptions(sdk: Sdk) -> None:
    api = sdk.library.NotificationsApi(sdk.client)
    channel = await sdk.call(api.post_notifications_channels)
    assert channel.connect_uri.endswith(channel.id)
    assert channel.expires.year >= 2026
    listed = await sdk.call(api.get_notifications_channels, includechannels="token")
    assert [one.id for one in listed.entities] == [channel.id]
    await sdk.call(api.head_notifications_channel, channel.id)
    subscribed = await sdk.call(
        api.put_notifications_channel_subscriptions, channel.id, topics("v2.users.7.presence")
    )
    assert [one.id for one in subscribed.entities] == ["v2.users.7.presence"]
    added = await sdk.call(
        api.post_notifications_channel_subscriptions,
        channel.id,
        topics("v2.nope", "v2.users.7?station&routingStatus"),
        ignore_errors=True,
    )
    assert [one.state for one in added.entities] == ["Rejected", "Permitted"]
    assert added.entities[0].rejection_reason
    listed = await sdk.call(api.get_notifications_channel_subscriptions, channel.id)
    assert len(listed.entities) == 2
    await sdk.call(api.delete_notifications_channel_subscriptions, channel.id)
    listed = await sdk.call(api.get_notifications_channel_subscriptions, channel.id)
    assert listed.entities == []


async def test_available_topics(sdk: Sdk) -> None:
    api = sdk.library.NotificationsApi(sdk.client)
    found = await sdk.call(
        api.get_notifications_availabletopics, expand=["requiresPermissions", "visibility"]
    )
    transcription = next(
        one for one in found.entities if one.id == "v2.conversations.{id}.transcription"
    )
    assert transcription.requires_permissions == ["conversation:transcription:view"]
    assert transcription.visibility == "Public"


async def test_conversations(sdk: Sdk) -> None:
    identity = sdk.simulator.conversations[0]
    api = sdk.library.ConversationsApi(sdk.client)
    conversation = await sdk.call(api.get_conversation, identity)
    assert [one.purpose for one in conversation.participants] == ["customer", "acd", "agent"]
    assert conversation.participants[2].calls[0].state == "disconnected"
    assert conversation.end_time > conversation.start_time
    query = {
        "interval": "2020-01-01T00:00:00.000Z/2999-01-01T00:00:00.000Z",
        "paging": {"pageSize": 5, "pageNumber": 1},
    }
    found = await sdk.call(api.post_analytics_conversations_details_query, query)
    assert found.total_hits == 1
    assert found.conversations[0].conversation_id == identity
    suggestions = await sdk.call(api.get_conversation_suggestions, identity)
    assert [one.state for one in suggestions.entities] == ["Dismissed"]
    analytics = sdk.library.SpeechTextAnalyticsApi(sdk.client)
    metrics = await sdk.call(analytics.get_speechandtextanalytics_conversation, identity)
    assert (metrics.sentiment_score, metrics.sentiment_trend_class) == (0.4, "SlightlyDeclining")


async def test_errors_are_the_platforms(sdk: Sdk) -> None:
    api = sdk.library.NotificationsApi(sdk.client)
    status, body = await sdk.failure(api.get_notifications_channel_subscriptions, "gone")
    assert (status, body["code"]) == (404, "not.found")
    sdk.simulator.api_failures = [429]
    status, body = await sdk.failure(api.post_notifications_channels)
    assert (status, body["status"]) == (429, 429)
    known = sdk.library.ErrorBody().attribute_map.values()
    assert set(body) <= set(known)
    sdk.simulator.expire_tokens()
    status, body = await sdk.failure(api.post_notifications_channels)
    assert (status, body["code"]) == (401, "bad.credentials")
    with pytest.raises(sdk.refused) as caught:
        await sdk.login("wrong")
    assert getattr(caught.value, "status", None) == 401


async def test_the_models_know_every_field_of_every_event(
    sdk: Sdk, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, Mapping[str, Any]]] = []

    def record(_: Channels, topic: str, body: Mapping[str, Any]) -> int:
        seen.append((topic, body))
        return 0

    monkeypatch.setattr(Channels, "publish", record)
    await sdk.simulator.play()
    met = set()
    for topic, body in seen:
        pattern = next(pattern for pattern in BODIES if re.fullmatch(pattern, topic))
        assert list(strangers(sdk.library, BODIES[pattern], body)) == [], topic
        met.add(pattern)
    assert met == set(BODIES)


async def test_the_models_know_every_field_of_rest(sdk: Sdk) -> None:
    identity = sdk.simulator.conversations[0]
    query = {"interval": "2020-01-01T00:00:00Z/2999-01-01T00:00:00Z"}
    async with Client(sdk.simulator) as client:
        channel = await client.channel()
        for method, path, sent, model in [
            ("GET", f"/api/v2/conversations/{identity}", None, "Conversation"),
            ("GET", f"/api/v2/conversations/{identity}/suggestions", None, "SuggestionListing"),
            (
                "GET",
                f"/api/v2/speechandtextanalytics/conversations/{identity}",
                None,
                "ConversationMetrics",
            ),
            (
                "POST",
                "/api/v2/analytics/conversations/details/query",
                query,
                "AnalyticsConversationQueryResponse",
            ),
            ("GET", CHANNELS, None, "ChannelEntityListing"),
            (
                "PUT",
                f"{CHANNELS}/{channel['id']}/subscriptions?ignoreErrors=true",
                topics("v2.nope"),
                "ChannelTopicEntityListing",
            ),
            (
                "GET",
                "/api/v2/notifications/availabletopics?expand=permissionDetails,topicParameters",
                None,
                "AvailableTopicEntityListing",
            ),
        ]:
            answer = await client.rest(method, path, sent)
            assert answer.status == 200
            assert list(strangers(sdk.library, model, answer.body)) == [], path


def strangers(library: Any, kind: str, value: Any, place: str = "") -> Iterator[str]:
    """Where a body has a field or a value that the client's model does not know."""
    if found := re.fullmatch(r"list\[(.*)\]", kind):
        for item in value:
            yield from strangers(library, found[1], item, f"{place}[]")
    elif found := re.fullmatch(r"dict\((.*), (.*)\)", kind):
        for item in value.values():
            yield from strangers(library, found[2], item, f"{place}{{}}")
    elif isinstance(value, dict) and hasattr(library, kind):
        yield from strange_fields(library, getattr(library, kind)(), value, place)
    elif isinstance(value, dict) and kind != "object":
        yield f"{place} is an object, not {kind}"


def strange_fields(library: Any, model: Any, value: Mapping[str, Any], place: str) -> Iterator[str]:
    """The same for one object."""
    names = {wire: own for own, wire in model.attribute_map.items()}
    for name, item in value.items():
        here = f"{place}.{name}"
        if name not in names:
            yield f"{here} unknown to {type(model).__name__}"
            continue
        yield from strangers(library, model.swagger_types[names[name]], item, here)
        if isinstance(item, str):
            setattr(model, names[name], item)
            if getattr(model, names[name]) == "outdated_sdk_version":
                yield f"{here}={item} unknown to {type(model).__name__}"
