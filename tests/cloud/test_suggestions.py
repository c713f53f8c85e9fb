"""Suggestions by REST and what became of them: S2-12, C5-29."""

from __future__ import annotations

from typing import Any

import pytest

from genesys_sentiment.cloud import suggestions as room
from genesys_sentiment.cloud.rest import Rest
from genesys_sentiment.cloud.suggestions import ConversationSuggestions
from genesys_sentiment.errors import ConfigurationError, LimitExceeded, NotFound
from genesys_sentiment.model.events import Suggestion
from tests.cloud.fake import Asked, Fake
from tests.cloud.support import Clock

LIST = "/api/v2/conversations/c1/suggestions"


@pytest.fixture
def suggestions(rest: Rest, clock: Clock) -> ConversationSuggestions:
    return ConversationSuggestions(rest, now=clock.now)


async def test_what_is_read_from_a_suggestion(
    fake: Fake, suggestions: ConversationSuggestions, clock: Clock
) -> None:
    search = {
        "id": "s1",
        "type": "KnowledgeSearch",
        "dateCreated": "2026-11-20T10:00:00.500Z",
        "triggerType": "Fallback",
        "state": "Rated",
        "engagementType": "Feedback",
        "feedback": {"rating": "Positive"},
        "context": {"queueId": "q", "userId": "u", "utteranceId": "w", "language": "en-us"},
        "knowledgeSearch": {
            "title": "Refunds",
            "confidence": 0.82,
            "document": {"id": "d1"},
            "snippets": ["canary"],
            "knowledgeAnswer": {"answer": "Within 30 days"},
        },
    }
    others: list[Any] = [
        {"id": "s2", "type": "CannedResponse", "cannedResponse": {"responseId": "r1"}},
        {"id": "s3", "type": "Script", "script": {"scriptId": "x", "pageId": "p1"}},
        {"id": "s4", "type": "Faq"},
        {"id": "s5", "type": "ThirdPartySuggestion", "thirdPartySuggestion": {"title": "T"}},
        {"id": "s6", "type": "KnowledgeArticle", "knowledgeArticle": {"snippets": ["S"]}},
        {"id": "s7"},
        {"type": "Faq"},
        7,
    ]
    fake.on("GET", LIST, {"entities": [search, *others]})
    found = await suggestions.list("c1", kind="KnowledgeSearch", state="Rated")
    assert fake.asked[0].query == {"type": "KnowledgeSearch", "state": "Rated", "pageSize": "200"}
    assert found[0] == Suggestion(
        conversation="c1",
        suggestion="s1",
        kind="knowledge.search",
        state="Rated",
        trigger="Fallback",
        engagement="Feedback",
        rating="Positive",
        title="Refunds",
        text="Within 30 days",
        reference="d1",
        confidence=0.82,
        queue="q",
        user="u",
        utterance="w",
        language="en-us",
        at=1795168800.5,
        received=clock.now(),
        source="backfill",
    )
    assert [
        (one.suggestion, one.kind, one.reference or one.title or one.text) for one in found[1:]
    ] == [
        ("s2", "response", "r1"),
        ("s3", "script", "p1"),
        ("s4", "faq", None),
        ("s5", "thirdpartyaction", "T"),
        ("s6", "knowledge.article", "S"),
        ("s7", "unknown", None),
    ]


async def test_pages_are_followed_by_cursor_and_never_elsewhere(
    fake: Fake, suggestions: ConversationSuggestions
) -> None:
    fake.on(
        "GET",
        LIST,
        {"entities": [{"id": "a"}], "nextUri": "https://elsewhere.invalid/x?after=1&pageSize=9"},
        {"entities": [{"id": "a"}, {"id": "b"}], "nextUri": f"{LIST}?after=2"},
        {"entities": [{"id": "b"}], "nextUri": f"{LIST}?after=3"},
    )
    assert [one.suggestion for one in await suggestions.list("c1")] == ["a", "b"]
    assert [one.query.get("after") for one in fake.asked] == [None, "1", "2"]


async def test_pages_are_capped(
    fake: Fake, suggestions: ConversationSuggestions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MOST_PAGES", 4)

    def page(asked: Asked) -> dict[str, Any]:
        number = int(asked.query.get("after", 0))
        return {"entities": [{"id": f"s{number}"}], "nextUri": f"{LIST}?after={number + 1}"}

    fake.on("GET", LIST, page)
    with pytest.raises(LimitExceeded):
        await suggestions.list("c1")
    assert len(fake.asked) == 4


@pytest.mark.parametrize(
    ("engagement", "rating", "body"),
    [
        ("Copied", None, {"engagementType": "Copied"}),
        ("Dismissed", None, {"engagementType": "Dismissed"}),
        ("Opened", None, {"engagementType": "Opened"}),
        (
            "Feedback",
            "Negative",
            {"engagementType": "Feedback", "feedback": {"rating": "Negative"}},
        ),
    ],
)
async def test_s2_12_the_platform_hears_of_it(
    fake: Fake,
    suggestions: ConversationSuggestions,
    engagement: Any,
    rating: Any,
    body: dict[str, Any],
) -> None:
    """S2-12: what the agent did goes back to the platform, with the suggestion's id."""
    where = f"{LIST}/s%2F1/engagement"
    fake.on("POST", where, 204)
    await suggestions.engage("c1", "s/1", engagement, rating)
    assert fake.calls() == [f"POST {where}"]
    assert fake.asked[0].body == body


@pytest.mark.parametrize(
    ("engagement", "rating"),
    [
        ("Clicked", None),
        ("copied", None),
        ("Feedback", None),
        ("Feedback", "Great"),
        ("Copied", "Positive"),
        ("Copied", "Great"),
    ],
)
async def test_s2_12_other_words_are_not_sent(
    fake: Fake, suggestions: ConversationSuggestions, engagement: Any, rating: Any
) -> None:
    """S2-12: an engagement or rating that the platform does not know is refused before the call."""
    with pytest.raises(ConfigurationError):
        await suggestions.engage("c1", "s1", engagement, rating)
    assert fake.asked == []


async def test_s2_12_a_failure_is_tried_again_after_a_pause_and_then_an_error(
    fake: Fake, suggestions: ConversationSuggestions, clock: Clock
) -> None:
    """S2-12: a pause before each try; no such suggestion is NotFound, which names no id."""
    where = f"{LIST}/canary/engagement"
    fake.on("POST", where, 503, 204)
    await suggestions.engage("c1", "canary", "Opened")
    assert clock.slept == [1.0]
    fake.on("POST", where, 404)
    with pytest.raises(NotFound) as caught:
        await suggestions.engage("c1", "canary", "Opened")
    assert "canary" not in str(caught.value)
