"""The contract check passes over what keeps it, and names what does not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from genesys_sentiment.checks.log import PromiseBroken, check_log
from genesys_sentiment.delivery.journal import Journal
from genesys_sentiment.delivery.log import Dead, Log, Parked, Settlement
from genesys_sentiment.delivery.memory_log import MemoryLog
from genesys_sentiment.model.entries import Entry


class Bent:
    """A consumer or a log that is sound, but for the methods that are replaced."""

    def __init__(self, sound: Any, **instead: Callable[..., Any]) -> None:
        self._sound = sound
        self._instead = instead

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._sound, name)
        bend = self._instead.get(name)
        return method if bend is None else lambda *args, **kw: bend(method, *args, **kw)


def _consumers(**instead: Callable[..., Any]) -> Callable[[], Log]:
    async def consumer(method: Callable[[str], Awaitable[Any]], name: str) -> Any:
        return Bent(await method(name), **instead)

    return lambda: Bent(MemoryLog(), consumer=consumer)


def _logs(**instead: Callable[..., Any]) -> Callable[[], Log]:
    return lambda: Bent(MemoryLog(), **instead)


async def _backwards(take: Any, *args: Any) -> Sequence[Entry]:
    return list(reversed(await take(*args)))


async def _too_much(take: Any, limit: int, size: int) -> Sequence[Entry]:
    found: Sequence[Entry] = await take(limit + 1, size)
    return found


async def _any_size(take: Any, limit: int, size: int) -> Sequence[Entry]:
    found: Sequence[Entry] = await take(limit, size + 1_000_000)
    return found


async def _without_time(take: Any, *args: Any) -> Sequence[Entry]:
    return [evolve(each, at=None) for each in await take(*args)]


async def _at_once(wait: Any) -> None:
    return None


async def _no_receipts(settle: Any, settlement: Settlement) -> None:
    await settle(evolve(settlement, receipts=()))


async def _all_sent(settle: Any, settlement: Settlement) -> None:
    parked = [each.entry for each in settlement.parked]
    await settle(evolve(settlement, sent=[*settlement.sent, *parked], parked=()))


async def _passed_are_sent(settle: Any, settlement: Settlement) -> None:
    sent = [*settlement.sent, *settlement.passed]
    await settle(evolve(settlement, sent=sent, passed=()))


async def _none_parked(parked: Any) -> frozenset[str]:
    return frozenset()


async def _too_early(unpark: Any, now: float, limit: int) -> Sequence[Parked]:
    found: Sequence[Parked] = await unpark(now + 1.0, limit)
    return found


async def _mixed_up(unpark: Any, now: float, limit: int) -> Sequence[Parked]:
    return list(reversed(await unpark(now, limit)))


async def _no_hurry(hurry: Any, now: float) -> None:
    return None


async def _forgotten(dead: Any, *args: Any, **kw: Any) -> Sequence[Dead]:
    return [evolve(each, reason="") for each in await dead(*args, **kw)]


async def _retry_all(retry: Any, ids: Sequence[str] | None, now: float) -> int:
    found: int = await retry(None, now)
    return found


async def _kept(discard: Any, ids: Sequence[str] | None) -> int:
    return 1


async def _twice(append: Any, entries: Sequence[Entry]) -> None:
    await append(entries)
    await append(entries)


async def _half(append: Any, entries: Sequence[Entry]) -> None:
    await append(entries[: max(1, len(entries) - 1)])


async def _disagrees(reconcile: Any) -> Sequence[str]:
    return ["one is missing"]


async def _hangs(wait: Any) -> None:
    await asyncio.Event().wait()


BROKEN = {  # by the beginning of what is said
    "a conversation comes in its order": _consumers(take=_backwards),
    "take gives no more than its limit": _consumers(take=_too_much),
    "take gives one at least": _consumers(take=_any_size),
    "entries come as they were": _consumers(take=_without_time),
    "wait waits while there is nothing": _consumers(wait=_at_once),
    "a log does not hang": _consumers(wait=_hangs),
    "each entry is counted once": _consumers(settle=_all_sent),
    "parked_conversations holds": _consumers(parked_conversations=_none_parked),
    "nothing comes before it is due": _consumers(unpark=_too_early),
    "a conversation's parked entries come": _consumers(unpark=_mixed_up),
    "hurry makes what is parked due now": _consumers(hurry=_no_hurry),
    "dead letters are kept": _consumers(dead=_forgotten),
    "retry says how many": _consumers(retry=_retry_all),
    "retry and discard take only": _consumers(discard=_kept),
    "receipts are appended": _consumers(settle=_no_receipts),
    "each entry is counted once, passed": _consumers(settle=_passed_are_sent),
    "a conversation comes in its order, each once": _logs(append=_twice),
    "a conversation comes in its order, each": _logs(append=_half),
    "reconcile finds nothing wrong": _logs(reconcile=_disagrees),
}


async def test_the_journal_keeps_its_promises(tmp_path: Path) -> None:
    async def open_log() -> Log:
        return await Journal(tmp_path / "journal.db").open()

    await check_log(open_log)
    await check_log(open_log)  # over one that is used already


async def test_the_journal_keeps_them_without_its_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything is read from the file."""
    monkeypatch.setattr("genesys_sentiment.delivery._journal_tail._MOST", 0)

    async def open_log() -> Log:
        return await Journal(tmp_path / "journal.db").open()

    await check_log(open_log)


async def test_the_log_in_memory_keeps_its_promises() -> None:
    async def open_log() -> Log:
        return MemoryLog()

    await check_log(open_log, durable=False)


@pytest.mark.parametrize("promise", BROKEN)
async def test_a_broken_promise_is_named(promise: str) -> None:
    async def open_log() -> Log:
        return BROKEN[promise]()

    with pytest.raises(PromiseBroken) as caught:
        await check_log(open_log, durable=False, patience=1.0)
    assert caught.value.promise.startswith(promise)


async def test_a_log_that_forgets_is_not_durable() -> None:
    async def open_log() -> Log:
        return MemoryLog()

    with pytest.raises(PromiseBroken, match="after a restart"):
        await check_log(open_log)
