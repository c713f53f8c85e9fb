"""A function as a sink: plain or async, isolated, timed, in order of each conversation."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.errors import ConfigurationError, SinkFailed
from genesys_sentiment.model.entries import Entry, Sink
from genesys_sentiment.sinks.callback import Callback
from tests.model.test_export import SCORE
from tests.sinks.entries import entry_of


def entries(*conversations: str | None) -> list[Entry]:
    """One entry for each, numbered."""
    base = entry_of(SCORE)
    return [
        evolve(base, id=str(index), conversation=each, sequence=index)
        for index, each in enumerate(conversations)
    ]


async def failures(sink: Callback, batch: list[Entry]) -> dict[int, tuple[str, bool]]:
    """What did not go through: place to reason, and whether it was tried."""
    try:
        await sink.send(batch)
    except SinkFailed as error:
        return {each.index: (each.reason, each.tried) for each in error.failures}
    finally:
        await sink.close()
    return {}


async def test_plain_and_async_functions_are_called_in_order() -> None:
    """S0-25: both kinds; in the order of each conversation."""
    seen: dict[str, list[str]] = defaultdict(list)

    def plain(entry: Entry) -> None:
        seen["plain"].append(entry.id)

    async def later(entry: Entry) -> None:
        await asyncio.sleep(0)
        seen["async"].append(entry.id)

    class Object:
        async def __call__(self, entry: Entry) -> None:
            seen["object"].append(entry.id)

    def made(entry: Entry) -> object:
        return later(entry)

    batch = entries("a", "a", "a")
    for handler in (plain, later, Object(), made):
        sink = Callback(handler)
        assert isinstance(sink, Sink)
        assert await failures(sink, batch) == {}
    assert seen == {
        "plain": ["0", "1", "2"],
        "async": ["0", "1", "2"] * 2,
        "object": ["0", "1", "2"],
    }


async def test_one_that_raises_holds_back_its_conversation_only() -> None:
    """S0-25: isolated."""

    def picky(entry: Entry) -> None:
        if entry.id == "1":
            raise ValueError("what the caller said")

    found = await failures(Callback(picky), entries("a", "a", "b", "a", "b", None))
    assert found == {1: ("ValueError", True), 3: ("held_back", False)}


@pytest.mark.parametrize("plain", [True, False])
async def test_one_that_hangs_is_given_up(plain: bool) -> None:
    """S0-25: a time limit; nobody else waits for a plain function that blocks."""
    over = threading.Event()

    def block(entry: Entry) -> None:
        if entry.conversation == "a":
            over.wait(5)

    async def hang(entry: Entry) -> None:
        if entry.conversation == "a":
            await asyncio.Event().wait()

    began = time.monotonic()
    sink = Callback(block if plain else hang, timeout=0.05)
    found = await failures(sink, entries("a", "b", "b"))
    over.set()
    assert found == {0: ("timeout", True)}
    assert time.monotonic() - began < 2


async def test_a_cancellation_of_its_own_is_a_failure_and_ours_comes_out() -> None:
    async def odd(entry: Entry) -> None:
        raise asyncio.CancelledError

    assert await failures(Callback(odd), entries("a")) == {0: ("CancelledError", True)}

    async def hang(entry: Entry) -> None:
        await asyncio.Event().wait()

    sending = asyncio.create_task(Callback(hang).send(entries("a", "b")))
    await asyncio.sleep(0)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending


async def test_what_cannot_be_called_is_refused() -> None:
    """S0-25: a non-function is rejected."""
    with pytest.raises(ConfigurationError, match="callable"):
        Callback("no function")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="timeout"):
        Callback(print, timeout=0)


@given(
    st.lists(st.sampled_from(["a", "b", "c", None]), max_size=12),
    st.sets(st.integers(0, 11)),
    st.integers(1, 4),
)
def test_order_and_exactness(conversations: list[str | None], bad: set[int], together: int) -> None:
    """Whatever fails: of each conversation exactly what came before its first failure was taken."""
    batch, taken = entries(*conversations), []

    async def handler(entry: Entry) -> None:
        await asyncio.sleep(0)
        if int(entry.id) in bad:
            raise RuntimeError
        taken.append(int(entry.id))

    found = asyncio.run(failures(Callback(handler, together=together), batch))
    assert sorted([*taken, *found]) == list(range(len(batch)))
    for lane in {entry.lane for entry in batch}:
        mine = [entry.sequence for entry in batch if entry.lane == lane]
        first = next((each for each in mine if each in bad), len(batch))
        assert [each for each in taken if each in mine] == [each for each in mine if each < first]
        assert all(found[each][1] == (each == first) for each in mine if each >= first)
