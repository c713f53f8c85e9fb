"""Conversations by REST: S1-04, C5-29."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest
from aioresponses import CallbackResult, aioresponses

from genesys_sentiment.cloud import details as room
from genesys_sentiment.cloud.conversations import Conversations, LiveConversation
from genesys_sentiment.cloud.regions import region
from genesys_sentiment.cloud.rest import Rest
from genesys_sentiment.errors import ConfigurationError, LimitExceeded, NotFound, ProtocolError
from tests.cloud.support import Handed

API = "https://api.mypurecloud.de/api/v2"
QUERY = f"{API}/analytics/conversations/details/query"


@pytest.fixture
def conversations(session: aiohttp.ClientSession) -> Conversations:
    return Conversations(Rest(region("eu-central-1").endpoints, Handed(), session))


def bodies(mocked: aioresponses) -> list[Any]:
    return [json.loads(c.kwargs["data"]) for calls in mocked.requests.values() for c in calls]


async def test_the_query_and_what_is_read_from_it(
    mocked: aioresponses, conversations: Conversations
) -> None:
    session = {
        "sessionId": "s1",
        "mediaType": "voice",
        "segments": [{"queueId": "q1"}, {"queueId": "q1"}, {"queueId": "q2"}, {}, 7],
    }
    listed = {
        "conversationId": "c1",
        "conversationStart": "2026-11-20T10:00:00.500Z",
        "participants": [{"sessions": [session, {"sessionId": "s2", "mediaType": "voice"}]}, {}],
    }
    mocked.post(QUERY, payload={"conversations": [listed, {}, 7], "totalHits": 1})
    found = await conversations.live(["q1", "q2"], since=1792490400.0, until=1792494000.25)
    assert found == (
        LiveConversation(
            conversation="c1",
            started=1795168800.5,
            queues=("q1", "q2"),
            communications=("s1", "s2"),
            media=("voice",),
        ),
    )
    (body,) = bodies(mocked)
    assert body == {
        "interval": "2026-10-20T10:00:00.000Z/2026-10-20T11:00:00.250Z",
        "order": "asc",
        "orderBy": "conversationStart",
        "conversationFilters": [
            {
                "type": "and",
                "predicates": [
                    {
                        "type": "dimension",
                        "dimension": "conversationEnd",
                        "operator": "notExists",
                    }
                ],
            }
        ],
        "segmentFilters": [
            {
                "type": "or",
                "predicates": [
                    {
                        "type": "dimension",
                        "dimension": "queueId",
                        "operator": "matches",
                        "value": queue,
                    }
                    for queue in ("q1", "q2")
                ],
            }
        ],
        "paging": {"pageSize": 100, "pageNumber": 1},
    }


def numbered(*numbers: int) -> list[dict[str, str]]:
    return [{"conversationId": f"c{n}"} for n in numbers]


async def test_s1_04_shifting_pages_give_each_conversation_once(
    mocked: aioresponses, conversations: Conversations
) -> None:
    """totalHits moves and pages overlap while conversations begin."""
    mocked.post(QUERY, payload={"conversations": numbered(*range(100)), "totalHits": 150})
    mocked.post(QUERY, payload={"conversations": numbered(*range(98, 198)), "totalHits": 210})
    mocked.post(QUERY, payload={"conversations": numbered(*range(196, 212)), "totalHits": 212})
    found = await conversations.live(["q"], since=0, until=1)
    assert [one.conversation for one in found] == [f"c{n}" for n in range(212)]
    assert [body["paging"]["pageNumber"] for body in bodies(mocked)] == [1, 2, 3]


async def test_s1_04_a_server_that_repeats_itself_does_not_loop(
    mocked: aioresponses, conversations: Conversations
) -> None:
    mocked.post(QUERY, payload={"conversations": numbered(1, 2), "totalHits": 10**9}, repeat=True)
    assert len(await conversations.live(["q"], since=0, until=1)) == 2
    assert len(bodies(mocked)) == 2


@pytest.mark.parametrize("answer", [{}, {"conversations": None, "totalHits": "x"}])
async def test_no_conversations(
    mocked: aioresponses, conversations: Conversations, answer: object
) -> None:
    mocked.post(QUERY, payload=answer)
    assert await conversations.live(["q"], since=0, until=1) == ()


async def test_s1_04_pages_are_capped(
    mocked: aioresponses, conversations: Conversations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MOST_PAGES", 3)

    def answer(_: object, **sent: Any) -> CallbackResult:
        page = json.loads(sent["data"])["paging"]["pageNumber"]
        fresh = numbered(*range(page * 100, page * 100 + 100))
        return CallbackResult(payload={"conversations": fresh, "totalHits": 10**9})

    mocked.post(QUERY, callback=answer, repeat=True)
    with pytest.raises(LimitExceeded, match="ask for fewer queues"):
        await conversations.live(["q"], since=0, until=1)
    assert len(bodies(mocked)) == 3


async def test_no_queues_are_no_call(mocked: aioresponses, conversations: Conversations) -> None:
    assert await conversations.live([], since=0, until=1) == ()
    assert not mocked.requests


@pytest.mark.parametrize(
    ("queues", "since", "until"),
    [
        ("q1", 0, 1),
        (["q\r\n"], 0, 1),
        ([""], 0, 1),
        (["a/b"], 0, 1),
        (["q"], 1, 1),
        (["q"], 2, 1),
        (["q"], -1, 1),
        (["q"], float("nan"), 1),
        (["q"], 0, float("inf")),
        (["q"], 0, 1e18),
    ],
)
async def test_c5_29_questions_that_cannot_be_asked(
    conversations: Conversations, queues: list[str], since: float, until: float
) -> None:
    with pytest.raises(ConfigurationError):
        await conversations.live(queues, since=since, until=until)


async def test_a_snapshot(mocked: aioresponses, conversations: Conversations) -> None:
    mocked.get(f"{API}/conversations/c1", payload={"id": "c1", "participants": []})
    assert await conversations.get("c1") == {"id": "c1", "participants": []}
    mocked.get(f"{API}/conversations/c1", status=404)
    with pytest.raises(NotFound):
        await conversations.get("c1")
    mocked.get(f"{API}/conversations/c1", payload=[])
    with pytest.raises(ProtocolError):
        await conversations.get("c1")


@pytest.mark.parametrize("name", ["", "..", "a\nb"])
async def test_c5_29_ids_that_cannot_be(conversations: Conversations, name: str) -> None:
    with pytest.raises(ConfigurationError):
        await conversations.get(name)


@pytest.mark.parametrize("answer", [None, [], 7])
async def test_an_answer_that_is_no_object(
    mocked: aioresponses, conversations: Conversations, answer: object
) -> None:
    mocked.post(QUERY, payload=answer)
    with pytest.raises(ProtocolError):
        await conversations.live(["q"], since=0, until=1)
