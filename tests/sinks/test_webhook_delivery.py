"""Real records through a delivery to real receivers, which are not always in the mood."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

import msgspec

from genesys_sentiment.delivery.delivery import Delivery
from genesys_sentiment.model.assist import Acceptance
from genesys_sentiment.model.entries import Lane, Retry
from genesys_sentiment.model.forwards import Forward
from genesys_sentiment.sinks.payloads import Payload, assist_sync, crm_sync
from genesys_sentiment.sinks.signature import verify
from genesys_sentiment.sinks.webhook import Webhook
from tests.sinks.receiver import Answer, Posted, Receiver, always, answer

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
AT = 1_790_000_000.0
SOON = Retry(delays=(0.01, 0.01, 0.01), refusals=3)


def _forward(number: int) -> Forward:
    return Forward(
        conversation=f"5e1c0a3e-3a4e-4b0c-9c52-8a1f0d7b2e6{number}",
        forwarding=f"1f81eb52-5198-4599-803e-77190634348{number}",
        at=AT + number,
        polarity="negative",
        positive=0.1,
        neutral=0.1,
        negative=0.8,
        threshold=0.6,
    )


ACCEPTED = Acceptance(
    conversation="i-1",
    at=AT,
    suggestion="s-1",
    reaction="accepted",
    shown=4,
    accepted=1,
    reference="article-9",
)


def _webhook(receiver: Receiver, name: str, kind: str, payload: Payload) -> Webhook:
    return Webhook(
        receiver.url,
        secret=SECRET,
        name=name,
        payload=payload,
        lane=Lane(kinds=frozenset({kind}), timeout=20.0, linger=0.0, retry=SOON),
        allow_private=True,
    )


async def _until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await true():
            await asyncio.sleep(0.01)


def _genuine(posted: Posted) -> dict[str, object]:
    verify(posted.body, posted.headers, SECRET, now=float(posted.headers["webhook-timestamp"]))
    said: dict[str, object] = msgspec.json.decode(posted.body)
    return said


async def test_each_receiver_gets_its_own_in_its_own_time() -> None:
    """S1-16, S2-12: signed, retried with the same id, and one sink's failures are its own.

    The CRM refuses each forward once; the knowledge platform is not disturbed by that.
    """
    tries: Counter[str] = Counter()

    def crm_says(posted: Posted) -> Answer:
        tries[posted.id] += 1
        return answer(503 if tries[posted.id] == 1 else 200)

    async with Receiver(crm_says) as crm, Receiver() as platform:
        sinks = (
            _webhook(crm, "crm", "forward", crm_sync),
            _webhook(platform, "knowledge", "acceptance", assist_sync),
        )
        async with Delivery(sinks) as delivery:
            for number in range(4):
                await delivery.put(_forward(number))
            await delivery.put(ACCEPTED)

            async def done() -> bool:
                tallies = await delivery.tallies()
                return all(not each.pending for each in tallies.values())

            await _until(done)
            tallies = await delivery.tallies()
            assert not await delivery.reconcile()
    assert (tallies["crm"].sent, tallies["knowledge"].sent) == (4, 1)
    assert [each.problems() for each in tallies.values()] == [(), ()]
    accepted = {posted.id: _genuine(posted) for posted in crm.posted}
    assert set(accepted) == {_forward(number).id.replace(".", "%2E") for number in range(4)}
    assert {said["event"] for said in accepted.values()} == {"sentiment.forwarded"}
    assert set(tries.values()) == {2}
    (synced,) = map(_genuine, platform.posted)
    assert synced["type"] == "agent_assist_sync"
    assert synced["acceptedArticleId"] == "article-9"


async def test_a_receiver_that_refuses_gets_three_tries_and_one_that_is_gone_no_more() -> None:
    async with Receiver() as crm, Receiver(always(410)) as gone:
        crm.script = lambda posted: answer(422 if posted.id.endswith("0") else 200)
        sinks = (
            _webhook(crm, "crm", "forward", crm_sync),
            _webhook(gone, "gone", "forward", crm_sync),
        )
        async with Delivery(sinks, drain=0.5) as delivery:
            for number in range(2):
                await delivery.put(_forward(number))

            async def done() -> bool:
                tally = (await delivery.tallies())["crm"]
                return not tally.pending and delivery.states()["gone"].state == "disabled"

            await _until(done)
            (dead,) = await delivery.dead("crm")
            tallies = await delivery.tallies()
    assert (dead.reason, dead.tries) == ("http_422", 3)
    assert tallies["crm"].sent == 1
    assert (tallies["gone"].sent, tallies["gone"].dead, tallies["gone"].dropped) == (0, 0, 0)
    assert len(gone.posted) <= 2
