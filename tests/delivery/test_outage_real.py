"""An outage with real parts at wall time: a journal, a webhook's receiver with moods, two files."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from aiohttp import web
from attrs import define, field

from genesys_sentiment.delivery.delivery import Delivery
from genesys_sentiment.delivery.journal import Journal
from genesys_sentiment.model.entries import Breaking, Entry, Lane, Retry
from genesys_sentiment.model.events import Utterance
from genesys_sentiment.sinks.audit import Audit
from genesys_sentiment.sinks.audit_files import verify
from genesys_sentiment.sinks.audit_lines import AUDITED
from genesys_sentiment.sinks.callback import Callback
from genesys_sentiment.sinks.file import FileSink
from genesys_sentiment.sinks.webhook import Webhook

KEY = b"the key of this test's audit"
RATE = 200
"""Records a second."""
CONVERSATIONS = 40
PATIENT = Lane(
    timeout=10.0,
    batch=50,
    linger=0.01,
    retry=Retry(delays=(0.1,) * 9),
    breaking=Breaking(pause=0.2),
)


@define
class Receiver:
    """Real HTTP on one port. ``slow``: seconds before it answers. ``fickle``: it refuses every
    other record at its first try."""

    port: int
    slow: float = 0.0
    fickle: bool = False
    accepted: list[tuple[str, str]] = field(factory=list)
    tries: Counter[str] = field(factory=Counter)
    refused: set[str] = field(factory=set)

    async def serve(self, request: web.BaseRequest) -> web.Response:
        """Keep what is accepted: conversation and id."""
        said = msgspec.json.decode(await request.read())
        name: str = said["id"]
        self.tries[name] += 1
        await asyncio.sleep(self.slow)
        if self.fickle and self.tries[name] == 1 and name[-1] in "13579":
            self.refused.add(name)
            return web.Response(status=503)
        self.accepted.append((said["conversationId"], name))
        return web.Response(status=204)

    @asynccontextmanager
    async def up(self) -> AsyncIterator[None]:
        """Listening."""
        runner = web.ServerRunner(web.Server(self.serve, access_log=None), shutdown_timeout=0.2)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self.port).start()
            yield
        finally:
            await runner.cleanup()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


class Source:
    """Gives records at a rate, and remembers them and how long each took to be safe."""

    def __init__(self, delivery: Delivery) -> None:
        self.given: list[tuple[str, str]] = []
        self.took: list[float] = []
        self._delivery = delivery

    async def run(self, seconds: float) -> None:
        """For so long."""
        began, before = time.monotonic(), len(self.given)
        async with asyncio.TaskGroup() as group:
            while (passed := time.monotonic() - began) < seconds:
                for number in range(len(self.given), before + int(passed * RATE)):
                    record = Utterance(
                        conversation=f"c-{number % CONVERSATIONS}",
                        utterance=str(number),
                        text="not for others",
                        received=time.time(),
                    )
                    self.given.append((record.conversation, record.id))
                    group.create_task(self._put(record))
                await asyncio.sleep(0.005)

    async def _put(self, record: Utterance) -> None:
        began = time.monotonic()
        await self._delivery.put(record)
        self.took.append(time.monotonic() - began)


def _in_order(given: Sequence[tuple[str, str]], came: Sequence[tuple[str, str]]) -> bool:
    """Whether nothing is missing, and the first arrivals of each conversation are in its order."""
    first = list(dict.fromkeys(came))
    place = {each: number for number, each in enumerate(given)}
    by_place = sorted(first, key=place.__getitem__)
    return set(first) == set(given) and all(
        [each for each in first if each[0] == name]
        == [each for each in by_place if each[0] == name]
        for name in {conversation for conversation, _ in given}
    )


async def test_a_receiver_that_is_down_then_slow_then_fickle_loses_nothing(tmp_path: Path) -> None:
    """S1-16, C5-3, C5-4, C5-5: nothing is lost, each conversation stays in its order, what was
    given adds up, and the other sinks have everything all the while."""
    receiver = Receiver(_free_port())
    called: list[tuple[str, str]] = []

    async def handler(entry: Entry) -> None:
        called.append((entry.conversation or "", entry.id))

    hook = f"http://127.0.0.1:{receiver.port}/hook"
    sinks = (
        Webhook(hook, name="webhook", allow_private=True, timeout=5.0, lane=PATIENT),
        FileSink(tmp_path / "records.jsonl"),
        Audit(tmp_path / "audit.jsonl", key=KEY, lane=Lane(kinds=AUDITED | {"utterance"})),
        Callback(handler, name="callback"),
    )
    others = ("file", "audit", "callback")
    async with Delivery(sinks, log=Journal(tmp_path / "journal.db"), drain=20.0) as delivery:
        source = Source(delivery)

        async def have_all(*names: str, within: float = 15.0) -> None:
            async with asyncio.timeout(within):
                while any(t.pending for n, t in (await delivery.tallies()).items() if n in names):
                    await asyncio.sleep(0.02)

        await source.run(2.0)
        await have_all(*others)
        assert delivery.states()["webhook"].state in {"open", "half_open"}
        tally = (await delivery.tallies())["webhook"]
        assert (tally.sent, tally.pending) == (0, len(source.given))

        async with receiver.up():
            receiver.slow = 0.15
            await source.run(1.0)
            await have_all(*others)
            receiver.slow, receiver.fickle = 0.0, True
            await source.run(1.0)
            await have_all(*others)
            await have_all("webhook", within=20.0)
            tallies, states = await delivery.tallies(), delivery.states()
            assert not await delivery.reconcile()

    count = len(source.given)
    assert count > 600
    assert len(receiver.refused) > 50, "it was not fickle"
    # Only what failed was tried again, and nothing that was delivered.
    assert receiver.tries == {name: 1 + (name in receiver.refused) for _, name in source.given}
    assert _in_order(source.given, receiver.accepted)
    assert _in_order(source.given, called)
    lines = (tmp_path / "records.jsonl").read_bytes().splitlines()
    written = [msgspec.json.decode(line) for line in lines]
    assert _in_order(source.given, [(each["conversationId"], each["id"]) for each in written])
    assert verify(tmp_path / "audit.jsonl", KEY).lines == count
    for name, tally in tallies.items():
        assert (tally.offered, tally.sent, tally.problems()) == (count, count, ()), name
    for name in others:
        # Half of them: a disk that is slow for a second holds up some, the webhook's outage all.
        assert (states[name].lag.quantile(0.5) or 9.0) < 1.0, name
        assert states[name].failed == 0, name
    assert sorted(source.took)[count // 2] < 1.0
