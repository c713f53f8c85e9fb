"""From an open line into the buffer, frame by frame, until the line ends."""

from __future__ import annotations

import asyncio
import contextlib
from typing import NoReturn

from genesys_sentiment.streaming.buffer import Buffer
from genesys_sentiment.streaming.clock import Clock
from genesys_sentiment.streaming.line import Line
from genesys_sentiment.streaming.plan import Plan
from genesys_sentiment.streaming.session import Action, Leave, Send


async def read(line: Line, buffer: Buffer, plan: Plan, clock: Clock) -> NoReturn:
    """Hand over what the line brings and do what its session asks for; raises why it ended."""
    session, socket, monotonic = line.session, line.socket, clock.monotonic
    while True:
        due = session.deadline
        if plan.deadline is not None:
            due = min(due, plan.deadline)
        frames = await socket.receive(max(due - monotonic(), 0.0))
        now = monotonic()
        actions: list[Action] = []
        # Without a pause: cancelled between two frames, the rest would be lost unseen.
        for frame in frames:
            size = len(frame)
            for item in session.receive(frame, now):
                if isinstance(item, (Send, Leave)):
                    actions.append(item)
                else:
                    buffer.put(item, size, now + line.wall)
                    size = 0
        # Also while frames keep coming: a busy line needs its pings as much as a quiet one.
        if now >= due or not frames:
            actions.extend(session.tick(now))
            plan.tick(now)
        line.poke()
        for action in actions:
            await line.act(action)
        if buffer.full:
            await _wait_for_room(line, buffer, clock)


async def _wait_for_room(line: Line, buffer: Buffer, clock: Clock) -> None:
    """The reader of the stream is slow: keep our side of the line alive meanwhile."""
    session = line.session
    while buffer.full:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(session.deadline - clock.monotonic(), 0.0)):
                await buffer.room()
        now = clock.monotonic()
        session.excuse(now)
        for action in session.tick(now):
            await line.act(action)
