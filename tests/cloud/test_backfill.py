"""What happened in a gap: S4-16."""

from __future__ import annotations

from typing import Any

import pytest

from genesys_sentiment.cloud.backfill import backfill, snapshots_of
from genesys_sentiment.cloud.details import Details
from genesys_sentiment.cloud.instants import to_iso
from genesys_sentiment.cloud.rest import Rest
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.events import Gap, Message, StateChange
from genesys_sentiment.model.wire import CommunicationState, ParticipantState, Snapshot
from genesys_sentiment.scoring.snapshots import Snapshots
from tests.cloud.fake import Fake

WHERE = "/api/v2/analytics/conversations/details/query"
T = 1795168800.0
GAP = Gap(reason="disconnected", since=T, until=T + 60)


@pytest.fixture
def details(rest: Rest) -> Details:
    return Details(rest)


def segment(kind: str, start: float, end: float | None = None, **more: object) -> dict[str, Any]:
    shown = {"segmentType": kind, "segmentStart": to_iso(start), "queueId": "q", **more}
    return shown if end is None else {**shown, "segmentEnd": to_iso(end)}


def listed(
    *segments: dict[str, Any], ended: float | None = None, name: str = "c1", start: float = T - 10
) -> dict[str, Any]:
    session = {"sessionId": "k2", "mediaType": "voice", "segments": list(segments)}
    agent = {"participantId": "p2", "purpose": "agent", "userId": "u", "sessions": [session]}
    shown = {"conversationId": name, "conversationStart": to_iso(start), "participants": [agent]}
    return shown if ended is None else {**shown, "conversationEnd": to_iso(ended)}


def live(state: str, held: bool | None = None) -> Snapshot:
    call = CommunicationState(communication="k2", medium="call", state=state, held=held)
    agent = ParticipantState(participant="p2", purpose="agent", communications=(call,))
    return Snapshot(conversation="c1", participants=(agent,))


def answer(fake: Fake, *conversations: dict[str, Any]) -> None:
    fake.on("POST", WHERE, {"conversations": list(conversations), "totalHits": len(conversations)})


def told(changes: tuple[StateChange | Message, ...]) -> list[tuple[str, str, float | None]]:
    assert all(change.source == "backfill" for change in changes)
    return [(one.subject, one.state, one.at) for one in changes if isinstance(one, StateChange)]


async def test_s4_16_what_was_missed_comes_once(fake: Fake, details: Details) -> None:
    """S4-16: the end of a call that was known as ringing; marked, and not said again by anyone."""
    known = Snapshots()
    known.observe(live("alerting"))
    answer(
        fake,
        listed(
            segment("alert", T - 5, T + 1),
            segment("interact", T + 1, T + 30, disconnectType="client"),
            segment("wrapup", T + 30, T + 50, wrapUpCode="w1"),
            ended=T + 30,
        ),
    )
    changes = await backfill(details, GAP, known, queues=["q"])
    assert told(changes) == [
        ("call", "disconnected", T + 30),
        ("acw", "started", T + 30),
        ("acw", "ended", T + 50),
        ("wrapup", "w1", None),
    ]
    first = changes[0]
    assert isinstance(first, StateChange)
    assert (first.before, first.communication, first.user, first.queue) == (
        "alerting",
        "k2",
        "u",
        "q",
    )
    assert await backfill(details, GAP, known, queues=["q"]) == ()  # asked again
    assert known.observe(live("disconnected")) == []  # and the same, live


async def test_s4_16_no_state_goes_backwards(fake: Fake, details: Details) -> None:
    """S4-16: analytics lags; what the stream has known since stays."""
    known = Snapshots()
    known.observe(live("disconnected"))
    answer(fake, listed(segment("interact", T)))
    assert await backfill(details, GAP, known, queues=["q"]) == ()


@pytest.mark.parametrize(
    ("segments", "expected"),
    [
        ([segment("alert", T)], [("call", "alerting", None)]),
        ([segment("interact", T + 1)], [("call", "connected", T + 1)]),
        (
            [segment("hold", T + 9), segment("interact", T + 1, T + 9)],
            [("call", "connected", T + 1), ("hold", "held", None)],
        ),
        ([segment("interact", T, T + 5, disconnectType="peer")], [("call", "disconnected", T + 5)]),
        ([segment("interact", T, T + 5)], []),
        ([segment("newkind", T)], []),
        ([], []),
    ],
    ids=["ringing", "talking", "held", "over", "between segments", "unknown", "nothing"],
)
async def test_s4_16_what_segments_tell(
    fake: Fake,
    details: Details,
    segments: list[dict[str, Any]],
    expected: list[tuple[str, str, float | None]],
) -> None:
    """S4-16: states come from the last segment; what it does not tell is not made up."""
    answer(fake, listed(*segments))
    changes = await backfill(details, GAP, Snapshots(), queues=["q"])
    assert told(changes) == expected


async def test_s4_16_only_what_touched_the_gap(fake: Fake, details: Details) -> None:
    """S4-16: asked for the gap's own span, whenever the conversations began."""
    answer(
        fake,
        listed(name="old", start=T - 90000),
        listed(name="over", start=T - 90, ended=T - 1),
        listed(name="within", start=T + 1, ended=T + 2),
        listed(name="later", start=T + 61),
    )
    found = await snapshots_of(details, GAP, queues=["q"], media=["voice"])
    assert [one.conversation for one in found] == ["old", "within"]
    body = fake.asked[0].body
    assert body["interval"] == "2026-11-20T10:00:00.000Z/2026-11-20T10:01:00.000Z"
    assert len(body["segmentFilters"]) == 2


async def test_s4_16_the_gap_of_one_conversation(fake: Fake, details: Details) -> None:
    """S4-16: needs no queue, and a gap of no length is still an interval."""
    answer(fake, listed(segment("alert", T)))
    gap = Gap(reason="joined_late", since=T, until=T, conversation="c1")
    assert len(await snapshots_of(details, gap)) == 1
    body = fake.asked[0].body
    assert body["conversationFilters"][0]["predicates"][0]["value"] == "c1"
    assert body["interval"] == "2026-11-20T10:00:00.000Z/2026-11-20T10:00:01.000Z"
    with pytest.raises(ConfigurationError, match="queues"):
        await snapshots_of(details, GAP)


@pytest.mark.parametrize("junk", [None, 7, [7], [{"participantId": 7}], [{"sessions": 7}]])
async def test_participants_that_cannot_be_read(fake: Fake, details: Details, junk: object) -> None:
    answer(fake, {"conversationId": "c1", "participants": junk})
    assert await backfill(details, GAP, Snapshots(), queues=["q"]) == ()
