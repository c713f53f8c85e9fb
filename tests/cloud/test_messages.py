"""Texts of digital messages by REST: S1-21, C5-29."""

from __future__ import annotations

from typing import Any

import pytest

from genesys_sentiment.cloud.messages import Messages, MessageText
from genesys_sentiment.cloud.rest import Rest
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.events import Utterance
from tests.cloud.fake import Fake
from tests.cloud.support import Clock

ONE = "/api/v2/conversations/messages/c1/messages/m1"
BULK = "/api/v2/conversations/messages/c1/messages/bulk"


@pytest.fixture
def messages(rest: Rest, clock: Clock) -> Messages:
    return Messages(rest, now=clock.now)


async def test_s1_21_one_message(fake: Fake, messages: Messages, clock: Clock) -> None:
    """S1-21: a chat's text on demand, with the platform's own word about it."""
    fake.on(
        "GET",
        ONE,
        {
            "id": "m1",
            "direction": "inbound",
            "timestamp": "2026-11-20T10:00:00.500Z",
            "textBody": "This is terrible.",
            "normalizedMessage": {"enrichment": {"sentimentV2": {"tag": "Negative"}}},
        },
    )
    found = await messages.get("c1", "m1")
    assert found == MessageText(
        utterance=Utterance(
            conversation="c1",
            utterance="m1",
            text="This is terrible.",
            participant="customer",
            at=1795168800.5,
            received=clock.now(),
            source="backfill",
        ),
        sentiment="Negative",
    )
    assert "terrible" not in repr(found)
    assert fake.asked[0].query == {"useNormalizedMessage": "true"}


@pytest.mark.parametrize(
    ("fields", "text", "participant", "sentiment"),
    [
        ({"normalizedMessage": {"text": "hi", "direction": "Outbound"}}, "hi", "agent", None),
        ({"textBody": "hi", "normalizedMessage": {"enrichment": None}}, "hi", None, None),
        (
            {
                "textBody": "hi",
                "normalizedMessage": {"enrichment": {"sentimentV2": {"tag": "Unknown"}}},
            },
            "hi",
            None,
            None,
        ),
    ],
)
async def test_what_a_message_may_lack(
    fake: Fake,
    messages: Messages,
    fields: dict[str, Any],
    text: str,
    participant: str | None,
    sentiment: str | None,
) -> None:
    fake.on("GET", ONE, fields)
    found = await messages.get("c1", "m1")
    assert found is not None
    said = found.utterance
    assert (said.text, said.participant, found.sentiment) == (text, participant, sentiment)


async def test_a_message_without_text(fake: Fake, messages: Messages) -> None:
    fake.on("GET", ONE, 404, {}, {"textBody": ""}, {"textBody": 7})
    assert [await messages.get("c1", "m1") for _ in range(4)] == [None] * 4


async def test_many_messages(fake: Fake, messages: Messages) -> None:
    fake.on(
        "POST",
        BULK,
        lambda asked: {
            "entities": [{"id": name, "textBody": name} for name in reversed(asked.body)][1:]
        },
    )
    wanted = [f"m{number}" for number in range(250)]
    found = await messages.many("c1", [*wanted, "m0"])
    missing = {"m99", "m199", "m249"}  # the last of each hundred
    assert [one.utterance.utterance for one in found] == [
        name for name in wanted if name not in missing
    ]
    assert [len(one.body) for one in fake.asked] == [100, 100, 50]
    assert await messages.many("c1", []) == ()


async def test_c5_29_questions_that_cannot_be_asked(fake: Fake, messages: Messages) -> None:
    with pytest.raises(ConfigurationError):
        await messages.many("c1", "m1")
    with pytest.raises(ConfigurationError):
        await messages.get("c1", "..")
    assert fake.asked == []
