"""From an open line into the buffer, frame by frame, until the line ends."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import NoReturn

from genesys_sentiment.clock import Clock
from genesys_sentiment.streaming.actions import Action, Leave, Renew, Replace, Send
from genesys_sentiment.streaming.buffer import Buffer
from genesys_sentiment.streaming.line import Line

_ACTIONS = frozenset((Send, Leave, Renew, Replace))


async def read(line: Line, buffer: Buffer, clock: Clock) -> NoReturn:
    """Hand over what the line brings and do what its session asks for; raises why it ended."""
    session, socket, monotonic = line.session, line.socket, clock.monotonic
    plan, rate, counters = line.plan, line.rate, line.counters
    while True:
        due = session.deadline
        if plan.deadline is not None:
            due = min(due, plan.deadline)
        frames = await socket.receive(max(due - monotonic(), 0.0))
        now = monotonic()
        actions = _take(line, buffer, frames, now)
        if now >= rate.due:
            rate.note(now, counters.received)
        # Also while frames keep coming: a busy line needs its pings as much as a quiet one.
        if now >= due or not frames:
            actions += _tick(line, buffer, now)
            plan.tick(now)
        line.poke(now)
        for action in actions:
            await line.act(action)
        if buffer.full:
            await _wait_for_room(line, buffer, clock)


def _take(line: Line, buffer: Buffer, frames: Sequence[bytes], now: float) -> list[Action]:
    """What frames hold goes into the buffer, all of it: what a pause cuts off is lost unseen."""
    actions: list[Action] = []
    receive, at = line.session.receive, now + line.wall
    for frame in frames:
        size = len(frame)
        for item in receive(frame, now):
            if type(item) in _ACTIONS:
                actions.append(item)  # type: ignore[arg-type]
            else:
                buffer.put(item, size, at)  # type: ignore[arg-type]
                size = 0
    return actions


async def begin(line: Line, buffer: Buffer, clock: Clock) -> None:
    """Send what an open line says first: its topics, as far as they may go out at once."""
    now = clock.monotonic()
    line.poke(now)
    actions = _tick(line, buffer, now)
    line.poke(now)
    for action in actions:
        await line.act(action)


async def _wait_for_room(line: Line, buffer: Buffer, clock: Clock) -> None:
    """The reader of the stream is slow: keep our side of the line alive meanwhile."""
    session = line.session
    while buffer.full:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(session.deadline - clock.monotonic(), 0.0)):
                await buffer.room()
        now = clock.monotonic()
        session.liveness.excuse(now)
        for action in _tick(line, buffer, now):
            await line.act(action)


def _tick(line: Line, buffer: Buffer, now: float) -> list[Action]:
    """What the session wants done by now; what it has to say goes into the buffer."""
    actions: list[Action] = []
    for item in line.session.tick(now):
        if isinstance(item, (Send, Leave, Renew, Replace)):
            actions.append(item)
        else:
            buffer.put(item, 0, now + line.wall)
    return actions
