"""Writing back to the platform, against the simulated one over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from attrs import evolve, frozen

from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.cloud.regions import endpoints
from genesys_sentiment.errors import ConfigurationError, SinkFailed
from genesys_sentiment.model.assist import Acceptance
from genesys_sentiment.model.entries import Receipt, Sink
from genesys_sentiment.model.forwards import Forward
from genesys_sentiment.model.results import Record
from genesys_sentiment.simulator import Simulator
from genesys_sentiment.sinks.platform import Platform
from tests.simulator.client import short_call
from tests.sinks.entries import entry_of

HINTS = [{"after": 1, "title": "1", "answer": "a", "confidence": 0.9}]
MISSING = "conversation:participant:attributesedit"


@frozen
class Place:
    """A platform on which one call has been played, and access to it."""

    simulator: Simulator
    cloud: Cloud

    @property
    def conversation(self) -> str:
        return self.simulator.conversations[0]

    def forward(self, forwarding: str = "f-1") -> Forward:
        return Forward(
            conversation=self.conversation,
            forwarding=forwarding,
            at=1_700_000_000.0,
            polarity="negative",
            positive=0.1,
            neutral=0.0,
            negative=0.9,
            threshold=0.8,
        )

    def receipt(self, *, sink: str = "crm", delivered: bool = True) -> Receipt:
        return Receipt(
            conversation=self.conversation,
            at=1_700_000_001.0,
            sink=sink,
            record=self.forward().id,
            kind="forward",
            outcome="delivered" if delivered else "dead",
            reason=None if delivered else "http_404",
        )

    async def attributes(self) -> dict[str, str]:
        """Those of the customer."""
        shown = await self.cloud.conversations.get(self.conversation)
        participants: list[dict[str, Any]] = shown["participants"]
        found: dict[str, str] = participants[0]["attributes"]
        return found


async def opened(**settings: Any) -> AsyncIterator[Place]:
    simulator = Simulator([short_call(suggestions=HINTS)], speed=500, wait=0, **settings)
    async with simulator:
        await simulator.play()
        where = endpoints(simulator.api_url, simulator.login_url)
        cloud = Cloud(where, simulator.client_id, simulator.client_secret, deadline=0.5)
        async with cloud:
            yield Place(simulator, cloud)


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async for each in opened():
        yield each


async def send(sink: Platform, *records: Record) -> list[tuple[int, str, bool]]:
    """What did not go through: place, reason, whether trying again can help."""
    try:
        await sink.send([entry_of(each) for each in records])
    except SinkFailed as error:
        return [(each.index, each.reason, each.retry) for each in error.failures]
    return []


async def test_a_forwarding_is_queued_and_then_delivered(place: Place) -> None:
    """S1-13: queued, then delivered, as attributes of the customer."""
    sink = Platform(place.cloud)
    assert isinstance(sink, Sink)
    assert await send(sink, place.forward()) == []
    assert (await place.attributes())["forwardingStatus"] == "queued"
    assert await send(sink, place.receipt()) == []
    found = await place.attributes()
    assert found["sentimentForwardingId"] == "f-1"
    assert found["forwardingStatus"] == "delivered"
    assert found["updatedAt"] == "2023-11-14T22:13:21.000Z"


async def test_a_dead_letter_is_a_failed_forwarding(place: Place) -> None:
    """S1-13: the status becomes terminal either way, also when both come in one batch, and what
    is sent once more after a crash does not go back to queued."""
    sink = Platform(place.cloud)
    assert await send(sink, place.forward(), place.receipt(delivered=False)) == []
    assert (await place.attributes())["forwardingStatus"] == "failed"
    assert await send(sink, place.forward()) == []
    assert (await place.attributes())["forwardingStatus"] == "failed"


async def test_only_the_receipts_of_the_sink_that_counts(place: Place) -> None:
    sink = Platform(place.cloud, of="crm")
    await send(sink, place.forward(), place.receipt(sink="archive"), place.receipt(sink="platform"))
    assert (await place.attributes())["forwardingStatus"] == "queued"
    await send(Platform(place.cloud), place.receipt(sink="platform"))
    assert (await place.attributes())["forwardingStatus"] == "queued"


async def test_conflicts_are_read_again_and_end_as_a_retry(place: Place) -> None:
    """S1-13: 409 is retried three times with what is there by then, then it is the lane's."""
    sink = Platform(place.cloud, where="secure")
    place.simulator.write_conflicts = 3
    assert await send(sink, place.forward()) == []
    place.simulator.write_conflicts = 4
    assert await send(sink, place.receipt()) == [(0, "http_409", True)]
    assert await send(sink, place.receipt()) == []


async def test_a_conversation_that_is_none_is_not_tried_again(place: Place) -> None:
    """S1-13: 404."""
    other = evolve(place.forward(), conversation="00000000-0000-4000-8000-000000000000")
    assert await send(Platform(place.cloud), other) == [(0, "http_404", False)]


async def test_a_missing_permission_waits_for_somebody_to_give_it() -> None:
    async for place in opened(denied_permissions=[MISSING]):
        assert await send(Platform(place.cloud), place.forward()) == [(0, "PermissionDenied", True)]


async def test_a_platform_that_is_away_is_tried_again(place: Place) -> None:
    await place.simulator.__aexit__(None, None, None)
    ((_, reason, again),) = await send(Platform(place.cloud), place.forward())
    assert (reason, again) == ("ConnectionFailed", True)


@pytest.mark.parametrize(
    ("reaction", "engagement"),
    [("dismissed", "Dismissed"), ("copied", "Copied"), ("rated_up", "Feedback")],
)
async def test_reactions_in_your_own_desktop_reach_the_platform(
    reaction: str, engagement: str, place: Place
) -> None:
    """S2-12: feedback back to Genesys, when asked for."""
    (hint,) = await place.cloud.suggestions.list(place.conversation)
    record = Acceptance(
        conversation=place.conversation,
        at=1.0,
        suggestion=hint.suggestion,
        reaction=reaction,
        shown=1,
        accepted=0,
    )
    assert await send(Platform(place.cloud), record) == []
    (same,) = await place.cloud.suggestions.list(place.conversation)
    assert same.engagement is None
    sink = Platform(place.cloud, engagement=True)
    assert await send(sink, record, evolve(record, reaction="accepted")) == []
    (told,) = await place.cloud.suggestions.list(place.conversation)
    assert told.engagement == engagement


async def test_another_place_is_refused(place: Place) -> None:
    with pytest.raises(ConfigurationError, match="participant, secure, tutorial"):
        Platform(place.cloud, where="elsewhere")  # type: ignore[arg-type]
