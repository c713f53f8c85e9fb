"""The contract of a sink as a function, for a sink of your own."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Final, TypeAlias

from attrs import frozen

from genesys_sentiment.checks._promises import PromiseBroken, require
from genesys_sentiment.errors import ConfigurationError, Failure, SinkFailed
from genesys_sentiment.model.entries import Entry, Lane, Sink

__all__ = ["PromiseBroken", "check_sink"]

Arrived: TypeAlias = Callable[[], Awaitable[Sequence[str]]]

_NAME: Final = re.compile(r"[A-Za-z0-9._:-]+")
_AWAITS: Final = 4
"""A send is cancelled after so many turns of the loop at most."""


async def check_sink(
    make: Callable[[], Sink],
    entries: Sequence[Entry],
    *,
    arrived: Arrived | None = None,
    refused: Collection[str] = (),
    patience: float = 10.0,
) -> None:
    """See whether a sink keeps the promises of ``model.entries``; raise PromiseBroken if not.

    ``make`` makes a sink for the same receiver each time; it is called several times, each time
    after the one before was closed. ``entries``: what is sent, several times over, in batches that
    its ``lane`` allows; what the lane does not want is left out. ``arrived`` gives the ids of all
    that the receiver has got, in the order in which it came; None: what arrives is not looked at.
    ``refused``: ids of entries that the receiver does not take; all others it takes. ``patience``:
    seconds that all of it may take before it counts as hanging.

    Raises ConfigurationError where no entry is left to send, or two have one id. Any other error
    of the sink says that nothing of a batch arrived; from a batch of which the receiver takes all
    it comes out as it is.
    """
    try:
        async with asyncio.timeout(patience):
            await _check(make, entries, _Receiver(arrived, frozenset(refused)))
    except TimeoutError:
        said = f"it took longer than {patience:g} s"
        raise PromiseBroken("a sink does not hang", said) from None


@frozen
class _Receiver:
    """The other side, as far as it can be looked at."""

    arrived: Arrived | None
    refused: frozenset[str]

    async def count(self) -> int:
        """How many it has got."""
        return 0 if self.arrived is None else len(await self.arrived())

    async def since(self, count: int) -> list[str] | None:
        """What it has got after so many; None where nobody can tell."""
        return None if self.arrived is None else list(await self.arrived())[count:]


async def _check(make: Callable[[], Sink], entries: Sequence[Entry], receiver: _Receiver) -> None:
    sink = make()
    name = _named(sink)
    await _close(sink, "before the first send")
    sink = make()
    again = _named(sink)
    require(again == name, "a sink has the same name after a restart", f"{name}, then {again}")
    wanted, batch = _wanted(sink, entries)
    await _send(sink, (), receiver)
    for entry in wanted:
        await _send(sink, (entry,), receiver)
    for begin in range(0, len(wanted), batch):
        await _send(sink, wanted[begin : begin + batch], receiver)
    await _close(sink, "after sends")
    sink = make()
    for turns in range(_AWAITS):
        await _cancel(sink, wanted[:batch], turns)
    await _resend(sink, wanted[:batch], receiver)
    await _close(sink, "after sends that were cancelled")


def _named(sink: Sink) -> str:
    require(isinstance(sink, Sink), "a sink has a name and send", type(sink).__name__)
    name: object = sink.name
    sound = isinstance(name, str) and _NAME.fullmatch(name)
    require(bool(sound), "a name is of letters, digits, -, _, . and :", repr(name))
    return str(name)


def _wanted(sink: Sink, entries: Sequence[Entry]) -> tuple[tuple[Entry, ...], int]:
    """What the sink is for, and how many of them it takes at once."""
    lane = getattr(sink, "lane", None)
    sound = lane is None or isinstance(lane, Lane)
    require(sound, "lane is a Lane, where there is one", type(lane).__name__)
    lane = lane if isinstance(lane, Lane) else Lane()
    wanted = tuple(each for each in entries if lane.wants(each))
    if not wanted:
        raise ConfigurationError("give entries of a kind that the sink's lane wants")
    if len({each.id for each in wanted}) != len(wanted):
        raise ConfigurationError("two of the entries have the same id: give each once")
    return wanted, lane.batch


async def _send(sink: Sink, entries: Sequence[Entry], receiver: _Receiver) -> None:
    """One batch: what is not said to have failed has arrived, in order, once."""
    before = await receiver.count()
    failed = await _failed(sink, entries, receiver)
    sent = [each for place, each in enumerate(entries) if place not in failed]
    delivered = [each.id for each in sent if each.id in receiver.refused]
    require(not delivered, "what the receiver refused is told as failed", delivered)
    _in_order(entries, failed)
    came = await receiver.since(before)
    if came is None:
        return
    ids = {each.id for each in sent}
    promise = "what arrives is what did not fail, each once"
    require(Counter(came) == Counter(ids), promise, f"{len(came)} of {len(ids)} came")
    lanes = {each.id: each.lane for each in entries}
    for lane in set(lanes.values()):
        found = [each for each in came if lanes[each] == lane]
        given = [each.id for each in sent if each.lane == lane]
        require(found == given, "a conversation arrives in its order", found)


async def _failed(sink: Sink, entries: Sequence[Entry], receiver: _Receiver) -> set[int]:
    """The places of those that did not go through."""
    try:
        await sink.send(entries)
    except SinkFailed as error:
        failures = error.failures
    except Exception:
        ids = {each.id for each in entries}
        if not receiver.refused or (ids and receiver.refused.isdisjoint(ids)):
            raise
        return {*range(len(entries))}
    else:
        return set()
    _sound(failures, entries)
    tried = {entries[each.index].id for each in failures if each.tried}
    innocent = sorted(tried - receiver.refused)
    require(not innocent, "what the receiver takes goes through", innocent)
    return {each.index for each in failures}


def _sound(failures: Sequence[Failure], entries: Sequence[Entry]) -> None:
    """SinkFailed names entries of the batch, each once, and says why in a word."""
    places = [each.index for each in failures]
    within = all(type(each) is int and 0 <= each < len(entries) for each in places)
    require(within, "the indexes of SinkFailed are places in the batch", places)
    require(bool(places), "SinkFailed names what failed", "it names nothing")
    require(len({*places}) == len(places), "SinkFailed names each entry once", places)
    reasons: list[object] = [each.reason for each in failures]
    said = all(isinstance(each, str) and each for each in reasons)
    require(said, "SinkFailed has a reason for each entry", "one has none")


def _in_order(entries: Sequence[Entry], failed: Collection[int]) -> None:
    stuck: set[str] = set()
    for place, entry in enumerate(entries):
        if place in failed:
            stuck.add(entry.lane)
        promise = "behind one that failed, nothing of its conversation is delivered"
        require(place in failed or entry.lane not in stuck, promise, entry.id)


async def _cancel(sink: Sink, entries: Sequence[Entry], turns: int) -> None:
    """A send that is cancelled at one of its first awaits."""
    sending = asyncio.ensure_future(sink.send(entries))
    for _ in range(turns):
        await asyncio.sleep(0)
    under_way = sending.cancel()
    await asyncio.wait([sending])
    if not sending.cancelled():
        sending.exception()  # looked at: where it was faster, the same has been checked before
    promise = "cancellation comes out of send"
    require(sending.cancelled() or not under_way, promise, "it did not")


async def _resend(sink: Sink, entries: Sequence[Entry], receiver: _Receiver) -> None:
    """What was cancelled is sent again; it may arrive twice then."""
    before = await receiver.count()
    failed = await _failed(sink, entries, receiver)
    came = await receiver.since(before)
    sent = {each.id for place, each in enumerate(entries) if place not in failed}
    lost = [] if came is None else sorted(sent - {*came})
    require(not lost, "what is sent again after a cancellation arrives", lost)


async def _close(sink: Sink, when: str) -> None:
    """Where it can be closed, and once more."""
    close = getattr(sink, "close", None)
    if close is None:
        return
    for _ in range(2):
        try:
            await close()
        except Exception as error:
            said = f"{type(error).__name__} {when}"
            raise PromiseBroken("close may be called, and again", said) from error
