"""One open connection with everything that belongs to it, and how it is made."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import urlsplit
from uuid import uuid4

from attrs import define

from genesys_sentiment.errors import ConfigurationError, ConnectionFailed
from genesys_sentiment.model.events import Event
from genesys_sentiment.model.wire import Channel, Dialect, Token, Tokens
from genesys_sentiment.streaming.clock import Clock
from genesys_sentiment.streaming.memory import Memory
from genesys_sentiment.streaming.plan import Plan
from genesys_sentiment.streaming.session import Action, Send, Session
from genesys_sentiment.streaming.subscriptions import Channels, Subscriptions
from genesys_sentiment.streaming.transport import Socket, Transport
from genesys_sentiment.streaming.verdict import Left, Verdict

_ON_ITS_WAY = 1.0
"""Seconds that a frame may take from the platform to us."""


@define
class Line:
    """An open connection. ``opened`` is monotonic; ``wall`` added to it gives the epoch."""

    session: Session
    socket: Socket
    subscriptions: Subscriptions | None
    opened: float
    wall: float

    @property
    def whole_until(self) -> float:
        """Until when nothing can be missing, seconds since the epoch.

        The last frame proves less than its arrival: later ones may have been on their way then.
        """
        return max(self.opened, self.session.last_frame - _ON_ITS_WAY) + self.wall

    async def act(self, action: Action) -> None:
        """Do what the session asks for; raises Left when it wants to leave."""
        if isinstance(action, Send):
            await self.socket.send(action.text)
        else:
            raise Left(action)

    def poke(self) -> None:
        """The plan may have changed."""
        if self.subscriptions is not None:
            self.subscriptions.poke()


class Opener:
    """Opens lines, and remembers the channel and the token from one to the next."""

    def __init__(
        self,
        dialect: Dialect,
        transport: Transport,
        tokens: Tokens | None,
        channels: Channels | None,
        plan: Plan,
        memory: Memory,
        emit: Callable[[Event], None],
        clock: Clock,
        *,
        open_timeout: float,
        spacing: float,
    ) -> None:
        if dialect.uses_channel and channels is None:
            raise ConfigurationError(
                f"the dialect {dialect.name} needs channels: give the stream channels="
            )
        self._dialect = dialect
        self._transport = transport
        self._tokens = tokens
        self._channels = channels if dialect.uses_channel else None
        self._plan = plan
        self._memory = memory
        self._emit = emit
        self._clock = clock
        self._open_timeout = open_timeout
        self._spacing = spacing
        self._token: Token | None = None
        self._refused: str | None = None
        self._channel: Channel | None = None

    async def open(self) -> Line:
        """Token, channel, subscriptions, socket: each with its own time limit."""
        if self._tokens is not None:
            token = await self._tokens.get(self._refused)
            if self._token is not None and token.value != self._token.value:
                self._channel = None  # a channel dies with the token that made it
            self._token, self._refused = token, None
        subscriptions = await self._subscribe()
        socket = await self._connect()
        now = self._clock.monotonic()
        wall = self._clock.wall() - now
        session = Session(self._dialect, self._memory, now=now, wall=wall, observer=self._plan)
        return Line(session, socket, subscriptions, now, wall)

    def note(self, verdict: Verdict) -> None:
        """What the end of the last line means for the next."""
        if verdict.kind in ("token", "channel"):
            self._channel = None
        if verdict.kind == "token" and self._token is not None:
            self._refused = self._token.value

    async def _connect(self) -> Socket:
        connect = self._dialect.connect(self._token, self._channel)
        socket: Socket | None = None
        try:
            async with asyncio.timeout(self._open_timeout):
                socket = await self._transport.open(connect)
                wanted = tuple(self._plan.wanted)
                now = self._clock.wall()
                for request in self._dialect.subscribe(wanted, now, lambda: str(uuid4())):
                    await socket.send(request.text)
        except BaseException as error:
            if socket is not None:
                await socket.close(0)
            if isinstance(error, TimeoutError):
                host = urlsplit(connect.url).hostname or "the server"
                raise ConnectionFailed(
                    f"{host} did not finish the handshake in {self._open_timeout:g} s", host=host
                ) from None
            raise
        return socket

    async def _subscribe(self) -> Subscriptions | None:
        if self._channels is None:
            return None
        if self._channel is None:
            self._channel = await self._channels.create()
        subscriptions = Subscriptions(
            self._channels,
            self._channel,
            self._plan,
            self._emit,
            self._clock,
            spacing=self._spacing,
        )
        await subscriptions.replace_all()
        return subscriptions
