"""The tutorial's details query with an end to its paging: S1-04, S1-05, S1-06, S1-07."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from genesys_sentiment.cloud import sentiment_query as room
from genesys_sentiment.cloud.rest import Rest
from genesys_sentiment.cloud.sentiment_query import SentimentQuery
from genesys_sentiment.errors import ConfigurationError, LimitExceeded, ProtocolError
from genesys_sentiment.scoring.shares import Assessment
from tests.cloud.fake import Asked, Fake
from tests.cloud.support import WALL, Clock

WHERE = "/api/v2/analytics/conversations/details/query"
START = WALL - 7200.0


@pytest.fixture
def query(rest: Rest, clock: Clock) -> SentimentQuery:
    return SentimentQuery(rest, now=clock.now)


def entity(name: str | None, *values: float | None) -> dict[str, Any]:
    names = ("sentimentPositive", "sentimentNeutral", "sentimentNegative", "sentimentOverallScore")
    metrics = [
        {"name": each, "value": value}
        for each, value in zip(names, values, strict=False)
        if value is not None
    ]
    return {"metrics": metrics} | ({} if name is None else {"conversationId": name})


async def test_s1_04_the_question_is_the_tutorials(fake: Fake, query: SentimentQuery) -> None:
    """S1-04: field by field as the tutorial has it, but since the conversation's own start."""
    fake.on("POST", WHERE, {"entities": [entity("c1", 0.1, 0.2, 0.7, -0.9)]})
    found = await query.get(["c1"], since=START)
    assert fake.asked[0].body == {
        "dateFrom": "1994-11-06T06:49:37.000Z",
        "dateTo": "1994-11-06T08:49:37.000Z",
        "view": "sentiment",
        "metrics": [
            "sentimentOverallScore",
            "sentimentPositive",
            "sentimentNeutral",
            "sentimentNegative",
        ],
        "groupBy": [],
        "filter": {
            "type": "and",
            "clauses": [
                {"type": "conversationId", "in": ["c1"]},
                {"type": "medium", "in": ["chat"]},
            ],
        },
        "pageSize": 100,
    }
    assert found["c1"].polarity == "negative"
    assert (found["c1"].score, found["c1"].confidence) == (-0.9, None)


async def test_s1_04_every_page_and_every_entity_counts(fake: Fake, query: SentimentQuery) -> None:
    """S1-04: conversations of all pages, and what one entity left out comes from another."""
    fake.on(
        "POST",
        WHERE,
        {"entities": [entity("c1", 0.7, 0.2)], "nextPageToken": "t1"},
        {"entities": [entity("c2", 0.1, 0.8, 0.1)], "nextPageToken": "t2"},
        {"entities": [entity("c1", 0.0, 0.0, 0.1), entity("other", 1, 0, 0)]},
    )
    found = await query.get(["c1", "c2", "c3"], since=START, media=["chat", "message"])
    assert list(found) == ["c1", "c2", "c3"]
    assert [found[name].polarity for name in found] == ["positive", "neutral", None]
    assert found["c3"].retry_later
    assert [asked.body.get("nextPageToken") for asked in fake.asked] == [None, "t1", "t2"]
    assert fake.asked[0].body["filter"]["clauses"][1]["in"] == ["chat", "message"]


def the_tutorials(pages: list[dict[str, Any]], patience: int) -> dict[str, Any] | None:
    """The tutorial's paging and reading; None where it had not ended after ``patience`` pages."""
    results: list[dict[str, Any]] = []
    for number in range(patience):
        page = pages[min(number, len(pages) - 1)]
        results += page.get("entities") or []
        if not page.get("nextPageToken"):
            break
    else:
        return None
    if not results:
        raise LookupError("No sentiment data found for the specified conversation.")
    metrics = {one["name"]: one["value"] for one in results[0]["metrics"]}
    confidence = metrics.get("sentimentOverallScore") or 0
    positive, negative = metrics.get("sentimentPositive"), metrics.get("sentimentNegative")
    larger = positive is not None and negative is not None and positive > negative
    if confidence < 0.75:
        raise ValueError("falls below the threshold")
    return {"polarity": "positive" if larger else "negative", "confidence": confidence}


async def ours(fake: Fake, query: SentimentQuery, pages: list[dict[str, Any]]) -> Assessment:
    fake.on("POST", WHERE, *pages)
    return (await query.get(["c1"], since=START))["c1"]


async def test_s1_04_a_token_that_repeats_itself_ends_the_paging(
    fake: Fake, query: SentimentQuery
) -> None:
    """S1-04: where the tutorial asks for ever, this stops at the second copy."""
    pages = [{"entities": [entity("c1", 0.1, 0.2, 0.7, 0.9)], "nextPageToken": "again"}]
    assert the_tutorials(pages, 1000) is None
    assert (await ours(fake, query, pages)).polarity == "negative"
    assert len(fake.asked) == 2


async def test_s1_04_the_tutorials_own_logic_loses_the_angriest(
    fake: Fake, query: SentimentQuery
) -> None:
    """S1-06: its "confidence" is the score, so a score of −0.9 is thrown away. S1-07: a tie."""
    angry = [{"entities": [entity("c1", 0.05, 0.05, 0.9, -0.9)]}]
    with pytest.raises(ValueError, match="threshold"):
        the_tutorials(angry, 10)
    assert (await ours(fake, query, angry)).polarity == "negative"
    tie = [{"entities": [entity("c1", 0.4, 0.2, 0.4, 0.8)]}]
    assert the_tutorials(tie, 10) == {"polarity": "negative", "confidence": 0.8}
    assert (await ours(fake, query, tie)).polarity == "neutral"


async def test_s1_05_no_entities_are_no_data(fake: Fake, query: SentimentQuery) -> None:
    """S1-05: where the tutorial throws, the outcome is no_data, to be asked again later."""
    with pytest.raises(LookupError):
        the_tutorials([{"entities": []}], 10)
    found = await ours(fake, query, [{"entities": []}])
    assert (found.outcome, found.retry_later) == ("no_data", True)


async def test_s1_04_pages_are_capped(
    fake: Fake, query: SentimentQuery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S1-04: a list without end is an error that says so."""
    monkeypatch.setattr(room, "MOST_PAGES", 3)
    numbers = count()

    def page(_: Asked) -> dict[str, Any]:
        number = next(numbers)
        return {"entities": [entity(f"c{number}", 0.1)], "nextPageToken": str(number)}

    fake.on("POST", WHERE, page)
    with pytest.raises(LimitExceeded, match="fewer conversations"):
        await query.get(["c1"], since=START)
    assert len(fake.asked) == 3


async def test_an_entity_without_an_id_is_of_the_only_one_asked_for(
    fake: Fake, query: SentimentQuery
) -> None:
    fake.on("POST", WHERE, {"entities": [entity(None, 0.8, 0.1, 0.1)]})
    assert (await query.get(["c1"], since=START))["c1"].polarity == "positive"
    assert (await query.get(["c1", "c2"], since=START))["c1"].outcome == "no_data"


async def test_c5_29_questions_that_cannot_be_asked(fake: Fake, query: SentimentQuery) -> None:
    for names in ("c1", ["c\n1"], [""], [f"c{n}" for n in range(101)]):
        with pytest.raises(ConfigurationError):
            await query.get(names, since=START)
    for since in (WALL, WALL + 1, -1.0, float("nan")):
        with pytest.raises(ConfigurationError):
            await query.get(["c1"], since=since)
    assert await query.get([], since=START) == {}
    assert fake.asked == []


async def test_an_answer_that_is_no_object(fake: Fake, query: SentimentQuery) -> None:
    fake.on("POST", WHERE, [])
    with pytest.raises(ProtocolError):
        await query.get(["c1"], since=START)
