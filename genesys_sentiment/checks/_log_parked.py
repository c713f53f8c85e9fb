"""The promises of a log about what did not go through: parked and dead entries."""

from __future__ import annotations

from genesys_sentiment.checks._promises import Probe, change, ids, require
from genesys_sentiment.delivery.log import Dead, Log, Parked, Settlement

_ORDER = "a conversation's parked entries come in its order, when the first is due"
_STAY = "parked entries stay parked until they are settled"
_DEAD = "dead letters are kept with what is known of them"


async def parked_order(log: Log, probe: Probe) -> None:
    """Parked: whose turn it is, in which order, and until when."""
    consumer = await probe.consumer(log, "parked")
    await log.append([*probe.entries(1, 2, 3), *probe.entries(4, lane="b"), probe.entry(5, None)])
    one, two, three, four, five = await probe.take(consumer)
    await consumer.settle(
        Settlement(
            sent=[four],
            parked=[
                Parked(entry=three),  # handed over in any order
                Parked(entry=one, tries=1, due=100.0, reason="later"),
                Parked(entry=two),
                Parked(entry=five, tries=2, due=50.0, reason="refused"),
            ],
        )
    )
    lanes = await consumer.parked_conversations()
    found = {probe.lane("a"), five.id}
    require(lanes == found, "parked_conversations holds the lane of each", sorted(lanes))
    due = await consumer.next_due()
    require(due == 50.0, "next_due is when the first conversation is due", due)
    early = await consumer.unpark(49.9, 10)
    require(not early, "nothing comes before it is due", ids(early))
    (alone,) = await consumer.unpark(50.0, 10) or (None,)
    said = alone and (alone.entry.id, alone.tries, alone.due, alone.reason)
    require(said == (five.id, 2, 50.0, "refused"), "what is known of a parked entry stays", said)
    require(bool(alone and alone.entry == five), "a parked entry is what it was", "it differs")
    await consumer.settle(Settlement(sent=[five]))
    came = await consumer.unpark(100.0, 10)
    require(ids(came) == ids([one, two, three]), _ORDER, ids(came))
    kept = await consumer.parked_conversations()
    require(kept == {probe.lane("a")}, _STAY, sorted(kept))
    await consumer.settle(
        Settlement(sent=[one], parked=[Parked(entry=two, tries=1, due=200.0), Parked(entry=three)])
    )
    few = await consumer.unpark(200.0, 1)
    require(
        ids(few) == ids([two]), "unpark gives no more than its limit, the first first", ids(few)
    )
    await consumer.settle(Settlement(sent=[two]))
    came = await consumer.unpark(200.0, 10)
    require(ids(came) == ids([three]), "what is first now is due now", ids(came))
    await consumer.settle(Settlement(sent=[three]))
    left = (await consumer.parked_conversations(), await consumer.next_due())
    require(left == (frozenset(), None), "what was sent is not parked any more", left)


async def hurrying(log: Log, probe: Probe) -> None:
    """Everything parked becomes due."""
    consumer = await probe.consumer(log, "hurry")
    await log.append([probe.entry(1, "a"), probe.entry(2, "b")])
    taken = await probe.take(consumer)
    waits = [Parked(entry=each, tries=1, due=1e6 * each.sequence + 1e6) for each in taken]
    await consumer.settle(Settlement(parked=waits))
    await consumer.hurry(10.0)
    due = await consumer.next_due()
    require(due is not None and due <= 10.0, "hurry makes what is parked due now", due)
    came = await consumer.unpark(10.0, 10)
    require(sorted(ids(came)) == sorted(ids(taken)), "hurry makes all of it due", ids(came))
    await consumer.settle(Settlement(sent=[each.entry for each in came]))


async def dead_letters(log: Log, probe: Probe) -> None:
    """Dead letters: kept, tried again, dropped; and counted in each of it."""
    consumer = await probe.consumer(log, "dead")
    before = await consumer.tally()
    await log.append(probe.entries(1, 2, 3, 4))
    taken = await probe.take(consumer)
    given_up = [
        Dead(entry=each, tries=3, reason=f"because-{place}", at=500.0 + place)
        for place, each in enumerate(taken[:3])
    ]
    await consumer.settle(Settlement(dead=given_up, sent=taken[3:]))
    found = list(await consumer.dead())
    require(found == given_up, _DEAD, ids(found))
    first = await consumer.dead(limit=1)
    require(ids(first) == ids(taken[:1]), "dead gives no more than its limit", ids(first))
    rest = await consumer.dead(after=taken[0].sequence)
    require(ids(rest) == ids(taken[1:3]), "dead goes on behind a sequence", ids(rest))
    said = change(before, await consumer.tally())
    require(said == {"offered": 4, "sent": 1, "dead": 3}, "tallies say what became of it", said)
    count = await consumer.retry([taken[1].id, "no such id"], 600.0)
    require(count == 1, "retry says how many it parked", count)
    came = await consumer.unpark(600.0, 10)
    known = [(each.entry.id, each.tries) for each in came]
    require(known == [(taken[1].id, 0)], "retry parks a dead letter, due now, with no tries", known)
    await consumer.settle(Settlement(sent=[each.entry for each in came]))
    count = await consumer.discard([taken[0].id])
    require(count == 1, "discard says how many it dropped", count)
    left = await consumer.dead()
    require(ids(left) == ids(taken[2:3]), "retry and discard take only what they name", ids(left))
    said = change(before, await consumer.tally())
    expected = {"offered": 4, "sent": 2, "dead": 1, "dropped": 1}
    require(said == expected, "tallies say what became of dead letters", said)
    count = await consumer.retry(None, 700.0)
    require(count == 1, "retry of None parks all", count)
    came = await consumer.unpark(700.0, 10)
    await consumer.settle(
        Settlement(dead=[Dead(entry=each.entry, tries=1, reason="no", at=701.0) for each in came])
    )
    count = await consumer.discard(None)
    require(count == 1, "discard of None drops all", count)
    left = await consumer.dead()
    require(not left, "what was discarded is gone", ids(left))
