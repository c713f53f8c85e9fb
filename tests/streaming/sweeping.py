"""Cancelling at every await: the driver that the sweeps of C5-20 share, and a platform of turns.

A sweep runs the same thing again and again, and cancels it one await later each time, until it
comes to its end by itself. All awaits up to the 40th are tried, and then every seventh (where one
try takes long, all up to the tenth and then fewer): not each of them, that is, and over real
sockets they are not the same in every run anyway. A failure tells the number.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator, Sequence
from typing import Any

import aiohttp
from attrs import define

from genesys_sentiment.cloud.channels import Subscription
from genesys_sentiment.model.wire import Channel, Connect, Token
from genesys_sentiment.streaming.transport import Socket
from tests.streaming.platform import Platform
from tests.streaming.toys import turns

_LIMIT = 5.0
"""Seconds after which something hangs."""


class Struck:
    """Awaits a coroutine, and cancels its task at its await number ``at``, counted from 1."""

    def __init__(self, what: Coroutine[Any, Any, Any], at: int) -> None:
        self._what = what
        self._at = at
        self.awaits = 0

    @property
    def struck(self) -> bool:
        """Whether it got as far as being cancelled."""
        return self.awaits >= self._at

    def __await__(self) -> Generator[Any, Any, Any]:
        steps = self._what.__await__()
        value: Any = None
        error: BaseException | None = None
        while True:
            try:
                waits = steps.send(value) if error is None else steps.throw(error)
            except StopIteration as stop:
                return stop.value
            self.awaits += 1
            if self.awaits == self._at:
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
            value = error = None
            try:
                value = yield waits
            except BaseException as raised:  # noqa: BLE001 - handed on
                error = raised


async def cancelled(what: Coroutine[Any, Any, Any], at: int) -> bool:
    """Run it and cancel it at its await number ``at``; False where it ended before.

    That it hangs, or swallows the cancellation, fails here. What else it raises is raised.
    """
    struck = Struck(what, at)

    async def run() -> None:
        await struck

    task = asyncio.create_task(run(), name="swept")
    await ended(task)
    assert task.cancelled() == struck.struck, "cancellation comes out, and nothing else does"
    if not task.cancelled():
        task.result()
    return task.cancelled()


async def ended(task: asyncio.Task[Any]) -> None:
    """Wait until a task has ended; it hangs where that takes seconds."""
    done, _ = await asyncio.wait({task}, timeout=_LIMIT)
    if not done:
        stack = task.get_stack()
        task.cancel()
        await asyncio.wait({task}, timeout=_LIMIT)
        raise AssertionError(f"it hangs: {stack}")


async def sweep(once: Callable[[int], Awaitable[bool]], *, dense: int = 40, step: int = 7) -> int:
    """Call ``once`` with 1, 2, 3 and so on while it says that there was something to cancel.

    Returns how often that was. After each call, no task of ours is left.
    """
    at, points = 1, 0
    while True:
        before = asyncio.all_tasks()
        try:
            more = await once(at)
            left = tasks_since(before)
            assert not left, f"no task is left: {left}"
        except BaseException as error:
            error.add_note(f"cancelled at await {at}")
            raise
        if not more:
            return points
        points += 1
        at += 1 if at < dense else step


def tasks_since(before: set[asyncio.Task[Any]]) -> set[asyncio.Task[Any]]:
    """The tasks that were begun since and still run, but for those of a server beside us."""
    mine = asyncio.current_task()
    return {
        task
        for task in asyncio.all_tasks() - before
        if task is not mine and not task.done() and not _serves(task)
    }


def _serves(task: asyncio.Task[Any]) -> bool:
    doing = getattr(task.get_coro(), "__qualname__", "")
    server = ("RequestHandler", "_accept_connection2")
    return task.get_name().startswith("simulator") or any(each in doing for each in server)


def in_use(session: aiohttp.ClientSession) -> int:
    """Connections of a session that are not given back. aiohttp tells it nowhere in public."""
    connector = session.connector
    assert connector is not None
    return len(connector._acquired)


async def until(true: Callable[[], bool], limit: float = 2.0) -> None:
    """Wait for something that happens elsewhere on this loop."""
    async with asyncio.timeout(limit):
        while not true():
            await asyncio.sleep(0.001)


@define
class Turning:
    """A platform whose every call takes some turns of the loop before and after what it does."""

    platform: Platform
    count: int = 2

    async def get(self, refused: str | None = None) -> Token:
        """A token."""
        await turns(self.count)
        token = await self.platform.get(refused)
        await turns(self.count)
        return token

    async def create(self) -> Channel:
        """A channel."""
        await turns(self.count)
        channel = await self.platform.create()
        await turns(self.count)
        return channel

    async def add(self, channel: Channel, topics: Sequence[str]) -> Subscription:
        """Every topic is permitted."""
        await turns(self.count)
        answer = await self.platform.add(channel, topics)
        await turns(self.count)
        return answer

    async def replace(self, channel: Channel, topics: Sequence[str]) -> Subscription:
        """These and no others."""
        await turns(self.count)
        answer = await self.platform.replace(channel, topics)
        await turns(self.count)
        return answer

    async def open(self, connect: Connect) -> Socket:
        """A socket; one that nobody waits for any more is closed."""
        await turns(self.count)
        socket = await self.platform.open(connect)
        try:
            await turns(self.count)
        except BaseException:
            await socket.close(0.0)
            raise
        return _TurningSocket(socket, self.count)


class _TurningSocket:
    """Its goodbye takes turns as well; cut short, the line is dropped all the same."""

    def __init__(self, socket: Socket, count: int) -> None:
        self._socket = socket
        self._count = count
        self.receive = socket.receive
        self.send = socket.send

    async def close(self, timeout: float) -> None:
        try:
            await turns(self._count)
        finally:
            await self._socket.close(timeout)
