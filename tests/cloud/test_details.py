"""The details query and the one pager: S1-04, C5-29."""

from __future__ import annotations

import pytest

from genesys_sentiment.cloud.details import Detail, Details
from genesys_sentiment.cloud.paging import Page, collect, cursor_of
from genesys_sentiment.cloud.rest import Rest
from genesys_sentiment.errors import ConfigurationError, LimitExceeded, NotFound
from tests.cloud.fake import Fake

WHERE = "/api/v2/analytics/conversations/details/query"


@pytest.fixture
def details(rest: Rest) -> Details:
    return Details(rest)


def matches(dimension: str, *values: str) -> dict[str, object]:
    predicates = [
        {"type": "dimension", "dimension": dimension, "operator": "matches", "value": value}
        for value in values
    ]
    return {"type": "or", "predicates": predicates}


async def test_s1_04_any_medium_any_conversation_any_time(fake: Fake, details: Details) -> None:
    """S1-04: the window and the media are the caller's; a call of hours ago is found."""
    listed = {
        "conversationId": "c1",
        "conversationStart": "2026-11-20T04:00:00Z",
        "conversationEnd": "2026-11-20T09:00:00Z",
    }
    fake.on("POST", WHERE, {"conversations": [listed], "totalHits": 1})
    found = await details.find(
        since=1795147200.0,
        until=1795168800.0,
        conversations=["c1", "c2", "c1"],
        queues=["q"],
        media=["voice", "message"],
    )
    assert found == (Detail(conversation="c1", started=1795147200.0, ended=1795165200.0),)
    assert fake.asked[0].body == {
        "interval": "2026-11-20T04:00:00.000Z/2026-11-20T10:00:00.000Z",
        "order": "asc",
        "orderBy": "conversationStart",
        "conversationFilters": [matches("conversationId", "c1", "c2")],
        "segmentFilters": [matches("queueId", "q"), matches("mediaType", "voice", "message")],
        "paging": {"pageSize": 100, "pageNumber": 1},
    }


async def test_nothing_named_is_everything_and_an_empty_list_nothing(
    fake: Fake, details: Details
) -> None:
    fake.on("POST", WHERE, {})
    assert await details.find(since=0, until=1) == ()
    assert set(fake.asked[0].body) == {"interval", "order", "orderBy", "paging"}
    for narrow in ("conversations", "queues", "media"):
        assert await details.find(since=0, until=1, **{narrow: []}) == ()  # type: ignore[arg-type]
    assert len(fake.asked) == 1


async def test_s1_04_many_conversations_are_several_questions(fake: Fake, details: Details) -> None:
    """S1-04: no list without end in one query, and every conversation is asked for."""
    names = [f"c{number}" for number in range(250)]
    fake.on(
        "POST",
        WHERE,
        lambda asked: {
            "conversations": [
                {"conversationId": one["value"]}
                for one in asked.body["conversationFilters"][0]["predicates"]
            ],
            "totalHits": 100,
        },
    )
    found = await details.find(since=0, until=1, conversations=names)
    assert [one.conversation for one in found] == names
    assert len(fake.asked) == 3


async def test_one_conversation_by_id(fake: Fake, details: Details) -> None:
    where = "/api/v2/analytics/conversations/c1/details"
    fake.on("GET", where, {"conversationStart": "2026-11-20T04:00:00Z"}, 404)
    assert (await details.get("c1")).started == 1795147200.0
    with pytest.raises(NotFound):
        await details.get("c1")


@pytest.mark.parametrize(
    "narrow",
    [{"queues": "q"}, {"conversations": ["a/b"]}, {"media": ["vo ice"]}, {"media": [""]}],
)
async def test_c5_29_questions_that_cannot_be_asked(
    fake: Fake, details: Details, narrow: dict[str, list[str]]
) -> None:
    with pytest.raises(ConfigurationError):
        await details.find(since=0, until=1, **narrow)  # type: ignore[arg-type]
    assert fake.asked == []


async def collected(pages: dict[str | None, Page[str]], most: int = 10) -> tuple[list[str], int]:
    """What is collected from ``pages`` by cursor, and how often was asked."""
    asked = 0

    async def ask(cursor: str | None) -> Page[str]:
        nonlocal asked
        asked += 1
        return pages[cursor]

    found = await collect(ask, str, most=most, advice="ask for less")
    return list(found), asked


@pytest.mark.parametrize(
    ("pages", "found", "asked"),
    [
        ({None: Page("ab", None)}, "ab", 1),
        ({None: Page("ab", "1"), "1": Page("bc", None)}, "abc", 2),
        ({None: Page("a", "1"), "1": Page("", "2"), "2": Page("b", None)}, "ab", 3),
        ({None: Page("a", "1"), "1": Page("b", "1")}, "ab", 2),
        ({None: Page("a", "1"), "1": Page("b", "2"), "2": Page("c", "1")}, "abc", 3),
        ({None: Page("ab", "1"), "1": Page("ab", "2")}, "ab", 2),
        ({None: Page("", "1"), "1": Page("", "1")}, "", 2),
    ],
    ids=["one", "overlap", "hole", "same token", "circle", "same page", "nothing for ever"],
)
async def test_s1_04_paging_ends(
    pages: dict[str | None, Page[str]], found: str, asked: int
) -> None:
    """S1-04: by the last page, by a token that comes again, by a page that comes again."""
    assert await collected(pages) == (list(found), asked)


async def test_s1_04_paging_is_capped() -> None:
    """S1-04: new tokens and new items for ever are an error with advice."""
    pages: dict[str | None, Page[str]] = {str(n): Page([f"i{n}"], str(n + 1)) for n in range(20)}
    pages[None] = Page(["first"], "0")
    with pytest.raises(LimitExceeded, match="more than 10 pages: ask for less"):
        await collected(pages)


@pytest.mark.parametrize(
    ("uri", "cursor"),
    [
        ("/api/v2/x?after=a%2Bb&pageSize=3", "a+b"),
        ("https://elsewhere.invalid/x?after=7", "7"),
        ("/api/v2/x?pageSize=3", None),
        ("", None),
        (None, None),
        (7, None),
        ("http://[x?after=1", None),
        ("?after=1" + "x" * 5000, None),
    ],
)
def test_only_the_cursor_of_a_next_uri_is_used(uri: object, cursor: str | None) -> None:
    """Where the rest leads does not matter: the token is never sent there."""
    assert cursor_of(uri) == cursor
