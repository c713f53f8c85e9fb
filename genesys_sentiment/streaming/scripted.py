"""A transport that plays a script, on a clock of its own: for tests, and under recordings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import inf
from typing import TypeAlias

from genesys_sentiment.clock import VirtualClock
from genesys_sentiment.cloud.channels import Subscription
from genesys_sentiment.model.wire import Channel, Connect, Token
from genesys_sentiment.streaming.transport import Finished, Socket

Step: TypeAlias = bytes | str | float | Exception
"""A frame that comes, seconds that pass, or what the connection ends with."""


class Scripted:
    """Plays one script for each connection; after the last the stream finishes.

    A script's frames come in order, a number lets time pass on ``clock``, an exception is raised
    (``ConnectionLost`` and the like); a script that just ends finishes the stream as well. A
    script whose first step is an exception refuses to open. Give the stream ``clock=script.clock``
    and no real time passes, reconnects included; ``channels=script`` for a dialect that needs
    channels. ``sent`` keeps the texts that were sent.
    """

    def __init__(self, *connections: Iterable[Step], clock: VirtualClock | None = None) -> None:
        self._connections = iter(connections)
        self.clock = clock or VirtualClock()
        self.sent: list[str] = []
        self.opened = 0

    async def create(self) -> Channel:
        """A channel that nobody needs: a script stands in for the REST side of a stream too."""
        return Channel(id="scripted", connect_uri="scripted:")

    async def get(self, refused: str | None = None) -> Token:
        """A token that nobody looks at, for a dialect that needs one: ``tokens=script``."""
        return Token(value="scripted", expires=inf)

    async def add(self, channel: Channel, topics: Sequence[str]) -> Subscription:
        """Every topic is permitted."""
        return Subscription(permitted=tuple(topics))

    replace = add

    async def open(self, connect: Connect) -> Socket:
        """Start the next script."""
        script = next(self._connections, None)
        if script is None:
            raise Finished
        self.opened += 1
        steps = iter(script)
        first = next(steps, None)
        if isinstance(first, Exception):
            raise first
        return ScriptedSocket(self, first, steps)


class ScriptedSocket:
    """One connection's script. ``pause``: seconds until its next step; below 0 it is late."""

    def __init__(self, script: Scripted, first: Step | None, steps: Iterator[Step]) -> None:
        self._script = script
        self._next = first
        self._steps = steps
        self.pause = 0.0

    async def receive(self, timeout: float) -> Sequence[bytes]:
        clock = self._script.clock
        while isinstance(self._next, (int, float)):
            self.pause += self._next
            self._advance()
        if self.pause > 0:
            passed = min(self.pause, timeout)
            await clock.let_pass(passed)
            self.pause -= passed
            return ()
        match self._next:
            case Exception() as error:
                raise error
            case bytes() as frame:
                pass
            case str() as text:
                frame = text.encode()
            case _:
                raise Finished
        await clock.sleep(0)  # before the frame is taken: cancelling loses none
        self._advance()
        return (frame,)

    def _advance(self) -> None:
        self._next = next(self._steps, None)

    async def send(self, text: str) -> None:
        self._script.sent.append(text)

    async def close(self, timeout: float) -> None:
        self._next = None
