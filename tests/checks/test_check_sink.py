"""The contract check passes over sinks of the package, and names what a broken one breaks."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from genesys_sentiment.checks.sink import PromiseBroken, check_sink
from genesys_sentiment.errors import ConfigurationError, Failure, LogFailed, SinkFailed
from genesys_sentiment.model.entries import Entry, Lane
from genesys_sentiment.sinks.audit import Audit
from genesys_sentiment.sinks.callback import Callback
from genesys_sentiment.sinks.file import FileSink
from tests.model.test_export import SCORE
from tests.sinks.entries import entry_of


def _entry(index: int, conversation: str | None) -> Entry:
    body = json.dumps({**entry_of(SCORE).values, "id": f"score:{index}"}).encode()
    plain = entry_of(SCORE, index)
    return evolve(plain, id=f"score:{index}", conversation=conversation, body=body)


ENTRIES = [_entry(index, conversation) for index, conversation in enumerate(["a", "b", None] * 3)]


def _ids(path: Path, name: str) -> Callable[[], Any]:
    def read() -> Sequence[str]:
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        return [json.loads(line)[name] for line in lines]

    async def arrived() -> Sequence[str]:
        return await asyncio.to_thread(read)

    return arrived


async def test_the_file_keeps_its_promises(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    await check_sink(lambda: FileSink(path), ENTRIES, arrived=_ids(path, "id"))


async def test_the_audit_keeps_its_promises(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    key = b"a key of sixteen"
    await check_sink(lambda: Audit(path, key=key), ENTRIES, arrived=_ids(path, "recordId"))


@pytest.mark.parametrize("refused", [(), ("score:3",), ("score:3", "score:2", "score:8")])
@pytest.mark.parametrize("threads", [False, True])
async def test_a_callback_keeps_its_promises(threads: bool, refused: tuple[str, ...]) -> None:
    got: list[str] = []

    def take(entry: Entry) -> None:
        if entry.id in refused:
            raise ValueError
        got.append(entry.id)

    async def take_later(entry: Entry) -> None:
        await asyncio.sleep(0)
        take(entry)

    async def arrived() -> Sequence[str]:
        return list(got)

    handler: Callable[[Entry], Any] = take if threads else take_later
    await check_sink(lambda: Callback(handler), ENTRIES, arrived=arrived, refused=refused)


async def test_a_file_that_cannot_be_written_delivers_nothing(tmp_path: Path) -> None:
    """Any other exception than SinkFailed says so."""
    path = tmp_path / "folder"
    path.mkdir()

    async def arrived() -> Sequence[str]:
        return ()

    refused = [each.id for each in ENTRIES]
    await check_sink(lambda: FileSink(path), ENTRIES, arrived=arrived, refused=refused)
    with pytest.raises(LogFailed, match="cannot be opened"):
        await check_sink(lambda: FileSink(path), ENTRIES, arrived=arrived)


class Sound:
    """A sink that takes what its receiver, a list, does not refuse."""

    name: Any = "sound"

    def __init__(self, got: list[str], refused: Sequence[str] = ()) -> None:
        self.got = got
        self.refused = refused

    async def send(self, entries: Sequence[Entry], /) -> None:
        await asyncio.sleep(0)
        self.take(entries)

    def take(self, entries: Sequence[Entry]) -> None:
        stuck: set[str] = set()
        failures = []
        for index, entry in enumerate(entries):
            if entry.id in self.refused or entry.lane in stuck:
                stuck.add(entry.lane)
                failures.append(Failure(index, "no", tried=entry.id in self.refused))
            else:
                self.got.append(entry.id)
        if failures:
            raise SinkFailed(failures)

    async def close(self) -> None:
        pass


class _Spaced(Sound):
    name = "my sink"


class _Renamed(Sound):
    def __init__(self, got: list[str], refused: Sequence[str] = ()) -> None:
        super().__init__(got, refused)
        self.name = f"sink-{next(_NUMBERS)}"


class _Backwards(Sound):
    def take(self, entries: Sequence[Entry]) -> None:
        self.got += [each.id for each in reversed(entries)]


class _Losing(Sound):
    def take(self, entries: Sequence[Entry]) -> None:
        super().take(entries[:3])


class _Doubling(Sound):
    def take(self, entries: Sequence[Entry]) -> None:
        super().take(entries)
        super().take(entries[-1:])


class _Picky(Sound):
    def take(self, entries: Sequence[Entry]) -> None:
        super().take(entries)
        if len(entries) > 1:
            raise SinkFailed([Failure(1, "no")])


class _Silent(Sound):
    def take(self, entries: Sequence[Entry]) -> None:
        with contextlib.suppress(SinkFailed):
            super().take(entries)


class _Overtaking(Sound):
    def take(self, entries: Sequence[Entry]) -> None:
        self.got += [each.id for each in entries if each.id not in self.refused]
        places = [index for index, each in enumerate(entries) if each.id in self.refused]
        if places:
            raise SinkFailed(Failure(index, "no") for index in places)


class _Beyond(Sound):
    def take(self, entries: Sequence[Entry]) -> None:
        try:
            super().take(entries)
        except SinkFailed as error:
            raise SinkFailed(Failure(each.index + 1, "no") for each in error.failures) from None


class _Nameless(Sound):
    def take(self, entries: Sequence[Entry]) -> None:
        raise SinkFailed([])


class _Stubborn(Sound):
    async def send(self, entries: Sequence[Entry], /) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(0)
        self.take(entries)


class _Translating(Sound):
    async def send(self, entries: Sequence[Entry], /) -> None:
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            raise SinkFailed.whole(len(entries), "cancelled") from None
        self.take(entries)


class _Remembering(Sound):
    """Takes what it has begun to send for sent."""

    def __init__(self, got: list[str], refused: Sequence[str] = ()) -> None:
        super().__init__(got, refused)
        self.begun: set[tuple[str, ...]] = set()

    async def send(self, entries: Sequence[Entry], /) -> None:
        ids = tuple(each.id for each in entries)
        if ids not in self.begun:
            self.begun.add(ids)
            await super().send(entries)


class _Once(Sound):
    closed = False

    async def close(self) -> None:
        if self.closed:
            raise RuntimeError("closed already")
        self.closed = True


class _Hanging(Sound):
    async def send(self, entries: Sequence[Entry], /) -> None:
        await asyncio.Event().wait()


class _Laned(Sound):
    lane = "fast"


class _Mute:
    name = "mute"

    def __init__(self, *_: Any) -> None:
        pass


_NUMBERS = count()

BROKEN: dict[str, Callable[..., Any]] = {
    "a sink has a name and send": _Mute,
    "a name is of letters": _Spaced,
    "a sink has the same name": _Renamed,
    "lane is a Lane": _Laned,
    "a conversation arrives in its order": _Backwards,
    "what arrives is what did not fail": _Losing,
    "what arrives is what did not fail, each": _Doubling,
    "what the receiver takes goes through": _Picky,
    "what the receiver refused is told as failed": _Silent,
    "behind one that failed": _Overtaking,
    "the indexes of SinkFailed": _Beyond,
    "SinkFailed names what failed": _Nameless,
    "cancellation comes out of send": _Stubborn,
    "cancellation comes out of": _Translating,
    "what is sent again after a cancellation": _Remembering,
    "close may be called, and again": _Once,
    "a sink does not hang": _Hanging,
}

REFUSING = {
    "what the receiver refused is told as failed",
    "behind one that failed",
    "the indexes of SinkFailed",
}
"""Promises that only a receiver shows that refuses something."""


async def _check(kind: Callable[..., Any], refused: Sequence[str] = ("score:3",)) -> None:
    got: list[str] = []

    async def arrived() -> Sequence[str]:
        return list(got)

    await check_sink(
        lambda: kind(got, refused), ENTRIES, arrived=arrived, refused=refused, patience=0.3
    )


async def test_the_sink_that_is_bent_is_sound() -> None:
    await _check(Sound)
    await _check(Sound, ())
    await check_sink(lambda: Sound([]), ENTRIES)  # nobody looks at what arrives


@pytest.mark.parametrize("promise", BROKEN)
async def test_a_broken_promise_is_named(promise: str) -> None:
    refused = ("score:3",) if promise in REFUSING else ()
    with pytest.raises(PromiseBroken) as caught:
        await _check(BROKEN[promise], refused)
    assert caught.value.promise.startswith(promise)


async def test_other_errors_come_out() -> None:
    class Failing(Sound):
        async def send(self, entries: Sequence[Entry], /) -> None:
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        await _check(Failing)


async def test_what_cannot_be_checked() -> None:
    class Wants(Sound):
        lane = Lane(kinds=frozenset({"alert"}))

    with pytest.raises(ConfigurationError, match="lane wants"):
        await check_sink(lambda: Wants([]), ENTRIES)
    with pytest.raises(ConfigurationError, match="same id"):
        await check_sink(lambda: Sound([]), [*ENTRIES, ENTRIES[0]])
