"""The contract of a log as a function, for an implementation of your own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from genesys_sentiment.checks import _log_parked
from genesys_sentiment.checks._promises import Probe, PromiseBroken, change, ids, require
from genesys_sentiment.delivery.log import Dead, Log, Parked, Settlement
from genesys_sentiment.errors import ConfigurationError

__all__ = ["PromiseBroken", "check_log"]

_LAZY: Final = 0.05
"""Seconds in which ``wait`` must not return while there is nothing."""


async def check_log(
    open_log: Callable[[], Awaitable[Log]], *, durable: bool = True, patience: float = 10.0
) -> None:
    """See whether a log keeps every promise of ``delivery.log``; raise PromiseBroken if not.

    ``open_log`` opens the log; it is called several times, each time after the one before was
    closed. ``durable``: what it opens is then the same log, with all that was in it; False: it may
    be a new one. It need not be empty: the checks have entries and consumers of their own, which
    they leave behind settled. ``patience``: seconds that one check may take before it counts as
    hanging. Any other error of the log comes out as it is.
    """
    for check in _CHECKS:
        await _in_time(patience, check.__name__, _once(check, open_log))
    if durable:
        await _in_time(patience, "restart", restart(open_log, Probe()))


async def _in_time(patience: float, name: str, check: Awaitable[None]) -> None:
    try:
        async with asyncio.timeout(patience):
            await check
    except TimeoutError:
        said = f"the check {name!r} took longer than {patience:g} s"
        raise PromiseBroken("a log does not hang", said) from None


async def _once(
    check: Callable[[Log, Probe], Awaitable[None]], open_log: Callable[[], Awaitable[Log]]
) -> None:
    log = await open_log()
    try:
        await check(log, Probe())
        wrong = await log.reconcile()
        require(not wrong, "reconcile finds nothing wrong", "; ".join(wrong))
    finally:
        await log.close()
    await log.close()  # may be called again


async def order(log: Log, probe: Probe) -> None:
    """What comes out is what was put in, in its order, no more at once than was asked for."""
    consumer = await probe.consumer(log, "order")
    empty = await consumer.take(10, 1000)
    require(not empty, "take is empty when there is nothing", ids(empty))
    given = [probe.entry(number, lane) for number, lane in enumerate(("a", "b", None) * 4)]
    given.append(probe.entry(12, "a", urgent=True))
    await log.append(given[:5])
    await log.append(given[5:])
    found = await probe.take(consumer, 4)
    require(len(found) <= 4, "take gives no more than its limit", len(found))
    while more := await probe.take(consumer, 4):
        found += more
    for lane in ("a", "b"):
        want = [each for each in given if each.conversation == probe.lane(lane)]
        came = [each for each in found if each.conversation == probe.lane(lane)]
        require(ids(came) == ids(want), "a conversation comes in its order, each once", ids(came))
        places = [each.sequence for each in came]
        grow = places == sorted(set(places)) and places[0] >= 0
        require(grow, "sequences grow within a conversation", places)
    plain = {
        (each.id, each.kind, each.conversation, each.at, each.body, each.urgent) for each in found
    }
    same = {
        (each.id, each.kind, each.conversation, each.at, each.body, each.urgent) for each in given
    }
    require(plain == same and len(found) == len(given), "entries come as they were", "they differ")
    await consumer.settle(Settlement(sent=found))
    await log.append(probe.entries(20, 21, 22))
    size = len(probe.entry(20).body)
    small = list(await consumer.take(10, 1))
    require(len(small) == 1, "take gives one at least, however small the size", len(small))
    sized = list(await consumer.take(10, size))
    require(len(sized) == 1, "take gives no more than its size", len(sized))
    await consumer.settle(Settlement(sent=[*small, *sized, *await probe.take(consumer)]))


async def places(log: Log, probe: Probe) -> None:
    """Each consumer has its own place; a new one begins with the oldest; one at a time."""
    slow = await probe.consumer(log, "slow")
    fast = await probe.consumer(log, "fast")
    await log.append(probe.entries(1, 2, 3))
    taken = await probe.take(fast)
    await fast.settle(Settlement(sent=taken))
    others = await probe.take(slow)
    require(ids(others) == ids(taken), "each consumer gets everything", ids(others))
    late = await log.consumer(probe.name("late"))
    found = await probe.take_oldest(late)
    require(ids(found) == ids(taken), "a new consumer begins with the oldest kept", ids(found))
    try:
        await log.consumer(probe.name("slow"))
    except ConfigurationError:
        pass
    else:
        raise PromiseBroken("one consumer at a time for each name", "it gave a second one")
    await slow.settle(Settlement(sent=others))
    await late.settle(Settlement(sent=found))
    again = [*await probe.take(slow), *await probe.take(fast), *await probe.take(late)]
    require(not again, "what was settled does not come again", ids(again))


async def waiting(log: Log, probe: Probe) -> None:
    """Waiting ends when something comes, not before, and may be cancelled."""
    consumer = await probe.consumer(log, "wait")
    waiter = asyncio.ensure_future(consumer.wait())
    try:
        done, _ = await asyncio.wait({waiter}, timeout=_LAZY)
        require(not done, "wait waits while there is nothing", "it returned")
        waiter.cancel()
        await asyncio.wait({waiter})
        waiter = asyncio.ensure_future(consumer.wait())
        await log.append(probe.entries(1))
        await waiter
    finally:
        waiter.cancel()
        await asyncio.wait({waiter})
    await consumer.wait()
    found = await probe.take(consumer)
    require(ids(found) == probe.ids(1), "there is something to take after waiting", ids(found))
    await consumer.settle(Settlement(sent=found))


async def accounts(log: Log, probe: Probe) -> None:
    """The tally is right after every step, and its identity holds."""
    consumer = await probe.consumer(log, "tally")
    other = await probe.consumer(log, "receipts")
    before = await consumer.tally()
    await log.append(probe.entries(1, 2, 3, 4))
    said = change(before, await consumer.tally())
    require(said == {"offered": 4, "waiting": 4}, "what was appended is waiting", said)
    one, two, three, four = await probe.take(consumer)
    said = change(before, await consumer.tally())
    require(said == {"offered": 4, "waiting": 4}, "what was taken is waiting until settled", said)
    receipt = probe.entry(9, urgent=True)
    await consumer.settle(
        Settlement(
            sent=[one],
            passed=[two],
            parked=[Parked(entry=three, due=5.0)],
            dead=[Dead(entry=four, tries=1, reason="no", at=6.0)],
            receipts=[receipt],
        )
    )
    found = await probe.take(consumer)
    require(ids(found) == [receipt.id], "receipts are appended with a settlement", ids(found))
    tally = await consumer.tally()
    said = change(before, tally)
    expected = {"offered": 4, "sent": 1, "passed": 1, "parked": 1, "dead": 1, "waiting": 1}
    require(said == expected, "each entry is counted once, passed ones are not offered", said)
    require(not tally.problems(), "offered = sent + dropped + dead + pending", tally.problems())
    await consumer.settle(Settlement(passed=found))
    found = await probe.take(other)
    want = probe.ids(1, 2, 3, 4, 9)
    require(ids(found) == want, "receipts come to every consumer, behind the rest", ids(found))
    await other.settle(Settlement(sent=found))
    parked = await consumer.unpark(5.0, 10)
    await consumer.settle(Settlement(sent=[each.entry for each in parked]))
    await consumer.discard(None)


async def concurrency(log: Log, probe: Probe) -> None:
    """Appends at once, and one that is cancelled."""
    consumer = await probe.consumer(log, "many")

    async def produce(lane: int) -> None:
        for number in range(5):
            await log.append(probe.entries(lane * 100 + number, lane=f"{lane}"))

    async with asyncio.TaskGroup() as group:
        for lane in range(20):
            group.create_task(produce(lane))
    found = []
    while more := await probe.take(consumer):
        found += more
    for lane in range(20):
        came = ids([each for each in found if each.conversation == probe.lane(f"{lane}")])
        want = probe.ids(*range(lane * 100, lane * 100 + 5))
        require(came == want, "appends at once keep each conversation's order", came)
    await consumer.settle(Settlement(sent=found))
    cancelled = asyncio.ensure_future(log.append(probe.entries(9001, 9002)))
    await asyncio.sleep(0)
    cancelled.cancel()
    await asyncio.wait({cancelled})
    await log.append(probe.entries(9003))
    found = []
    while probe.ids(9003)[0] not in ids(found):
        found += await probe.take(consumer)
    whole = (probe.ids(9001, 9002, 9003), probe.ids(9003))
    require(ids(found) in whole, "a cancelled append is kept as a whole, or not at all", ids(found))
    await consumer.settle(Settlement(sent=found))


async def restart(open_log: Callable[[], Awaitable[Log]], probe: Probe) -> None:
    """What was not settled comes again in another process, and nothing else does."""
    log = await open_log()
    try:
        consumer = await probe.consumer(log, "place")
        await log.append(probe.entries(1, 2, 3, 4, 5, 6))
        first = await probe.take(consumer, 4)
        require(ids(first) == probe.ids(1, 2, 3, 4), "take gives its limit of what is there", first)
        one, two, three, four = first
        await consumer.settle(
            Settlement(
                sent=[one],
                dead=[Dead(entry=two, tries=2, reason="no", at=7.0)],
                parked=[Parked(entry=three, tries=1, due=9.0, reason="busy"), Parked(entry=four)],
            )
        )
        await probe.take(consumer, 1)
        tally, dead = await consumer.tally(), await consumer.dead()
    finally:
        await log.close()
    log = await open_log()
    try:
        consumer = await log.consumer(probe.name("place"))
        same = await consumer.tally()
        require(same == tally, "a tally is the same after a restart", change(tally, same))
        kept = await consumer.dead()
        require(list(kept) == list(dead), "dead letters outlive a restart", ids(kept))
        came = await consumer.unpark(9.0, 10)
        known = [(each.entry, each.tries, each.due, each.reason) for each in came]
        want = [(three, 1, 9.0, "busy"), (four, 0, None, None)]
        require(known == want, "what is parked outlives a restart", ids(came))
        await consumer.settle(Settlement(sent=[three, four]))
        rest = await probe.take(consumer)
        require(ids(rest) == probe.ids(5, 6), "exactly what was not settled comes again", ids(rest))
        places = [each.sequence for each in (*first, *rest)]
        require(places == sorted(set(places)), "sequences outlive a restart", places)
        await consumer.settle(Settlement(sent=rest))
        await consumer.discard(None)
        wrong = await log.reconcile()
        require(not wrong, "reconcile finds nothing wrong after a restart", "; ".join(wrong))
    finally:
        await log.close()


_CHECKS: Final = (
    order,
    places,
    waiting,
    accounts,
    concurrency,
    _log_parked.parked_order,
    _log_parked.hurrying,
    _log_parked.dead_letters,
)
