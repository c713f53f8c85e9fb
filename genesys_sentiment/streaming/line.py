"""One open connection with everything that belongs to it, and how it is made."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from math import inf
from urllib.parse import urlsplit
from uuid import uuid4

from attrs import define, field

from genesys_sentiment.clock import Clock
from genesys_sentiment.errors import ConfigurationError, ConnectionFailed
from genesys_sentiment.model.events import Event
from genesys_sentiment.model.wire import Channel, Dialect, Token, Tokens
from genesys_sentiment.streaming.actions import Action, Leave, Send
from genesys_sentiment.streaming.counters import Counters
from genesys_sentiment.streaming.memory import Memory
from genesys_sentiment.streaming.options import StreamOptions
from genesys_sentiment.streaming.overlap import Overlap
from genesys_sentiment.streaming.plan import Plan
from genesys_sentiment.streaming.rate import Rate
from genesys_sentiment.streaming.renewal import Life, Renewal, channel_life
from genesys_sentiment.streaming.requests import Requests
from genesys_sentiment.streaming.session import Session
from genesys_sentiment.streaming.subscriptions import Channels, Subscriptions
from genesys_sentiment.streaming.transport import Socket, Transport
from genesys_sentiment.streaming.verdict import Left, Verdict

ON_ITS_WAY = 1.0
"""Seconds that a frame may take from the platform to us."""

_GRACE = 0.25
"""Seconds that a transport may be late with closing."""


@define(eq=False)
class Line:
    """An open connection. ``opened`` is monotonic; ``wall`` added to it gives the epoch.

    Its topics are kept either by ``subscriptions`` (by REST) or by ``requests`` (on the socket).
    ``wishes`` are what its session wants that takes longer than a moment. ``tried``: somebody
    tried to replace it. ``over``: it ended while its successor was there. ``overlap`` is that
    with the line whose successor it is. ``doubts``: frames could not be read, and what they told of
    is not known, ``doubted`` (seconds since the epoch) and later.
    """

    session: Session
    socket: Socket
    plan: Plan
    renewal: Renewal
    subscriptions: Subscriptions | None
    requests: Requests | None
    opened: float
    wall: float
    send_timeout: float
    counters: Counters
    rate: Rate
    settled: asyncio.Event = field(factory=asyncio.Event)
    wishes: asyncio.Queue[Action] = field(factory=asyncio.Queue)
    tried: bool = False
    over: bool = False
    overlap: Overlap | None = None
    doubts: asyncio.Event = field(factory=asyncio.Event)
    doubted: float = inf
    _version: int = -1

    @property
    def whole_until(self) -> float:
        """Until when nothing can be missing, seconds since the epoch.

        Less than what ``Liveness`` proves: it may take a while until what happens is sent.
        """
        whole = max(self.opened, self.session.liveness.whole - ON_ITS_WAY) + self.wall
        return min(whole, self.doubted)

    async def act(self, action: Action) -> None:
        """Do what the session asks for; raises Left when it wants to leave.

        A peer that reads nothing for ``send_timeout`` raises TimeoutError: the line is lost.
        """
        if isinstance(action, Send):
            async with asyncio.timeout(self.send_timeout):
                await self.socket.send(action.text)
        elif isinstance(action, Leave):
            raise Left(action)
        else:
            self.wishes.put_nowait(action)

    def poke(self, now: float) -> None:
        """The plan may have changed, or something may have come."""
        if self.session.unread != inf:
            self.doubted = min(self.doubted, self.session.unread - ON_ITS_WAY + self.wall)
            self.session.unread = inf
            self.doubts.set()
        if self.subscriptions is not None:
            self.subscriptions.poke()
        elif self.requests is not None:
            if self.plan.version != self._version:
                self._version = self.plan.version
                self.requests.desire(self.plan.wanted, now)
            if not self.settled.is_set() and self.requests.settled:
                self.settled.set()


async def say_goodbye(line: Line, timeout: float) -> None:
    """Close a line's socket. A transport that takes longer than it may is not waited for."""
    with contextlib.suppress(TimeoutError, ConnectionFailed):
        async with asyncio.timeout(timeout + _GRACE):
            await line.socket.close(timeout)


async def say_goodbyes(lines: list[Line], patient: Line, timeout: float) -> None:
    """Close the sockets of all lines; ``lines`` is empty then, also when cancelled.

    Only the ``patient`` line's peer has time to answer: two take no longer than one. Cancelled, no
    peer has, but every socket is closed.
    """
    lines.sort(key=lambda each: each is patient)
    while lines:
        line = lines.pop(0)
        try:
            await say_goodbye(line, timeout if line is patient else 0.0)
        except BaseException:
            await say_goodbyes(lines, patient, 0.0)
            raise


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
        options: StreamOptions,
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
        self._options = options
        self._token: Token | None = None
        self._refused: str | None = None
        self._channel: Channel | None = None
        self._channel_life: Life | None = None
        self._used: tuple[Channel | None, Token | None] = (None, None)
        self._requests: Requests | None = None

    async def open(self, *, beside: bool = False) -> Line:
        """Token, channel, subscriptions, socket: each with its own time limit.

        ``beside`` a line that goes on: a second socket would end the first one of a channel, so it
        gets a channel of its own. One that was made and not opened is used the next time.
        """
        token = await self.token()
        subscriptions = await self._subscribe(beside=beside)
        socket = await self._connect()
        self._used = self._channel, self._token
        now = self._clock.monotonic()
        wall = self._clock.wall() - now
        if subscriptions is None:
            before = () if self._requests is None else self._requests.wanted
            self._requests = Requests(self._dialect, _reference, wall=wall, before=before)
        renewal = Renewal(self._dialect, token, _reference, now, self._channel_life)
        session = Session(
            self._dialect,
            self._memory,
            now=now,
            wall=wall,
            observer=self._plan,
            requests=self._requests,
            renewal=renewal,
        )
        line = Line(
            session,
            socket,
            self._plan,
            renewal,
            subscriptions,
            self._requests,
            now,
            wall,
            self._options.open_timeout,
            self._memory.counters,
            self._memory.rate,
        )
        if subscriptions is not None:
            line.settled.set()
        return line

    async def token(self) -> Token | None:
        """A token that is good now; None where nobody gives any. Raises what ``Tokens`` raise."""
        if self._tokens is None:
            return None
        token = await self._tokens.get(self._refused)
        if self._token is not None and token.value != self._token.value:
            self._channel = None  # a channel dies with the token that made it
        self._token, self._refused = token, None
        return token

    def note(self, verdict: Verdict, *, ended: bool = False) -> None:
        """What the end of the last line means for the next one; or of an attempt to open one.

        ``ended``: it is about the line that was opened last, not about what came after it.
        """
        channel, token = self._used if ended else (self._channel, self._token)
        if verdict.kind in ("token", "channel") and channel is self._channel:
            self._channel = None
        if verdict.kind == "token" and token is not None:
            self._refused = token.value

    async def _connect(self) -> Socket:
        connect = self._dialect.connect(self._token, self._channel)
        try:
            async with asyncio.timeout(self._options.open_timeout):
                return await self._transport.open(connect)
        except TimeoutError:
            host = urlsplit(connect.url).hostname or "the server"
            limit = self._options.open_timeout
            raise ConnectionFailed(
                f"{host} did not finish the handshake in {limit:g} s", host=host
            ) from None

    async def _subscribe(self, *, beside: bool) -> Subscriptions | None:
        if self._channels is None:
            return None
        if self._channel is None or (beside and self._channel is self._used[0]):
            self._channel = await self._channels.create()
            self._channel_life = channel_life(
                self._channel.expires,
                self._clock.wall(),
                self._clock.monotonic(),
                self._options.rollover,
            )
        subscriptions = Subscriptions(
            self._channels,
            self._channel,
            self._plan,
            self._emit,
            self._clock,
            spacing=self._options.subscribe_spacing,
        )
        await subscriptions.replace_all()
        return subscriptions


def _reference() -> str:
    return str(uuid4())
