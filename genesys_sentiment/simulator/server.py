"""The simulator: a Genesys Cloud on loopback, over real HTTP and real WebSockets."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.simulator.accounts import Accounts
from genesys_sentiment.simulator.answers import (
    TOKEN,
    PlatformError,
    Refuse,
    correlation_id,
    not_found,
    scripted,
)
from genesys_sentiment.simulator.call_files import Call
from genesys_sentiment.simulator.channels import Channels
from genesys_sentiment.simulator.clock import PlatformClock
from genesys_sentiment.simulator.conversation import Conversation, Ids
from genesys_sentiment.simulator.conversations_api import ConversationsApi
from genesys_sentiment.simulator.faults import Script, system
from genesys_sentiment.simulator.ledger import Emitted, Ledger
from genesys_sentiment.simulator.notifications_api import NotificationsApi
from genesys_sentiment.simulator.player import Player
from genesys_sentiment.simulator.sockets import Connection, Door
from genesys_sentiment.simulator.timeline import BATCHED, LOW_LATENCY

_HOUSEKEEPING = 0.2
"""Seconds between looks for channels whose life is over."""
_STOP = 0.5
"""Seconds that clients get to leave when the simulator stops."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Simulator:
    """A local Genesys Cloud that plays calls. An asynchronous context manager.

    ``speed``: how many times faster than real time the calls are played. ``wait``: real seconds
    that a conversation waits in the queue before an agent answers, time for a client to subscribe.
    ``stagger``: real seconds between the arrivals of calls. ``low_latency``: transcripts leave
    about 2 s after the speech instead of within 35 s, long ones first as unfinished text.
    ``late_tail``: the last transcripts come after SESSION_ENDED. ``heartbeat``: real seconds
    between heartbeats on a socket. ``token_lifetime``, ``channel_lifetime``: real seconds.
    ``rate_limit``: requests a minute and token (300 on the platform), None for no limit.
    ``denied_permissions``: what the client's roles lack. ``seed``: makes all ids but those of
    channels; the same seed and calls give the same conversations and utterances.

    Raises ConfigurationError for values that cannot work.
    """

    def __init__(
        self,
        calls: Sequence[Call] = (),
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        speed: float = 1.0,
        client_id: str = "demo-client",
        client_secret: str | None = None,
        queue_id: str | None = None,
        wait: float = 2.0,
        stagger: float = 0.02,
        low_latency: bool = True,
        late_tail: bool = False,
        heartbeat: float = 30.0,
        token_lifetime: float = 86_400.0,
        channel_lifetime: float = 86_400.0,
        channel_limit: int = 20,
        rate_limit: int | None = None,
        denied_permissions: Iterable[str] = (),
        seed: int = 0,
    ) -> None:
        if not speed > 0 or wait < 0 or stagger < 0 or not heartbeat > 0:
            raise ConfigurationError(
                "speed and heartbeat must be above 0, wait and stagger not below"
            )
        self.client_id = client_id
        self.client_secret = client_secret or secrets.token_urlsafe(24)
        self._seed = seed
        self.queue_id = queue_id or Ids.of("simulator", seed)("queue")
        self.calls = tuple(calls)
        self.speed = speed
        self.denied_permissions = set(denied_permissions)
        self.token_failures: list[int | Refuse] = []
        self.api_failures: list[int | Refuse] = []
        self._host, self._port, self._stagger = host, port, stagger
        self._clock = PlatformClock()
        self._ledger = Ledger()
        self._conversations: dict[str, Conversation] = {}
        self._accounts = Accounts(client_id, self.client_secret, token_lifetime, rate_limit)
        self._channels = Channels(channel_limit, channel_lifetime, self.denied_permissions)
        self._door = Door(self._channels, self._accounts, self._ledger, heartbeat)
        self._notifications = NotificationsApi(self._channels)
        self._player = Player(
            clock=self._clock,
            channels=self._channels,
            ledger=self._ledger,
            conversations=self._conversations,
            queue=self.queue_id,
            organization=Ids.of("simulator", seed)("organization"),
            pace=LOW_LATENCY if low_latency else BATCHED,
            late_tail=late_tail,
            wait=wait,
        )
        self._runner: web.AppRunner | None = None
        self._housekeeper: asyncio.Task[None] | None = None
        self._playing: set[asyncio.Task[None]] = set()
        self._plays = 0

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._border])
        app.router.add_post("/oauth/token", self._token)
        app.router.add_get("/channels/{id}", self._door.handle)
        app.router.add_routes(self._notifications.routes())
        app.router.add_routes(
            ConversationsApi(self._conversations, self.denied_permissions).routes()
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_STOP)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except BaseException:
            await self._runner.cleanup()
            raise
        self._port = self._runner.addresses[0][1]
        self._notifications.socket_url = f"ws://{self._host}:{self._port}"
        self._housekeeper = asyncio.create_task(self._keep_house(), name="simulator housekeeping")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        tasks = {*self._playing} | ({self._housekeeper} if self._housekeeper else set())
        for task in tasks:
            task.cancel()
        self.close_sockets(1001)
        if tasks:
            await asyncio.wait(tasks)
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        """Base URL of the Platform API."""
        return f"http://{self._host}:{self._port}"

    @property
    def login_url(self) -> str:
        """Base URL of the token endpoint; here the same as ``api_url``."""
        return self.api_url

    @property
    def script(self) -> list[Script]:
        """The fates of the sockets to come, first in first out; empty: all behave."""
        return self._door.script

    @script.setter
    def script(self, fates: Iterable[Script]) -> None:
        self._door.script = list(fates)

    @property
    def ledger(self) -> Sequence[Emitted]:
        """Every transcript emitted so far, final or not (the latest 100,000)."""
        return self._ledger.emitted

    @property
    def connections(self) -> int:
        """How many sockets were accepted."""
        return self._ledger.connections

    @property
    def open_sockets(self) -> int:
        """How many sockets are open now."""
        return len(self._door.connections)

    @property
    def frames_sent(self) -> Counter[str]:
        """Frames sent, by channel id."""
        return self._ledger.frames_sent

    @property
    def requests(self) -> Counter[str]:
        """Requests answered, by method and path pattern: ``POST /oauth/token``."""
        return self._ledger.requests

    @property
    def token_requests(self) -> int:
        """How often the token endpoint was called."""
        return self.requests["POST /oauth/token"]

    @property
    def conversations(self) -> Sequence[str]:
        """The ids of all conversations so far, in the order of their arrival."""
        return tuple(self._conversations)

    async def play(self) -> None:
        """Play all calls, starting now; return when all have ended and everything was emitted.

        Playing again makes new conversations of the same calls. Returns early when the simulator
        is left meanwhile.
        """
        tasks = {
            asyncio.create_task(
                self._play(call, number * self._stagger, self._plays), name=f"play {call.name}"
            )
            for number, call in enumerate(self.calls)
        }
        self._plays += 1
        if not tasks:
            return
        self._playing |= tasks
        self._clock.run(self.speed)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            self._playing -= tasks
            if not self._playing:
                self._clock.run(1.0)
        for task in tasks:
            if not task.cancelled():
                task.result()

    def publish(self, topic: str, body: Mapping[str, Any]) -> int:
        """Send an event of your own to whoever subscribed its topic; to how many sockets."""
        return self._channels.publish(topic, body)

    async def abort_sockets(self) -> None:
        """Reset every open socket, without a close frame."""
        self._door.each(Connection.abort)
        await asyncio.sleep(0)

    def close_sockets(self, code: int = 1001) -> None:
        """Close every open socket properly."""
        self._door.each(lambda connection: connection.leave(code))

    def mute_sockets(self) -> None:
        """Every open socket goes silent and stays open."""
        self._door.each(Connection.mute)

    def announce_closing(self) -> None:
        """Announce maintenance on every open socket. Closing them is up to the caller."""
        message = system("v2.system.socket_closing", {"message": "The socket is closing"})
        self._door.each(lambda connection: connection.say(message))

    def take_subscriptions(self) -> None:
        """Every channel loses its topics to another channel, and is told so."""
        for channel in self._channels:
            channel.subscribe((), replace=True)
        self._tell("no_longer_subscribed", "another_channel_subscribed")

    def evict_channels(self) -> None:
        """Forget every channel, as the limit of 20 does; their sockets close with 1001."""
        for channel in self._channels:
            self._channels.evict(channel)

    def expire_tokens(self) -> None:
        """Every token ends now; so do the channels made with them."""
        self._accounts.expire()
        self.evict_channels()

    def revoke_tokens(self) -> None:
        """As ``expire_tokens``, but the sockets are told first."""
        self._tell("token_revoked", "user_tokens_revoked")
        self.expire_tokens()

    def _tell(self, kind: str, reason: str) -> None:
        def tell(connection: Connection) -> None:
            channel = connection.channel.id
            body = {"channelId": channel, "systemTopicType": kind, "reason": reason}
            connection.say(system(f"v2.system.{kind}.{channel}", body))

        self._door.each(tell)

    async def _play(self, call: Call, delay: float, times: int) -> None:
        await asyncio.sleep(delay)
        await self._player.play(call, Ids.of("simulator", self._seed, call.name, times))

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(_HOUSEKEEPING)
            for channel in self._channels:
                if not self._accounts.alive(channel.token):
                    self._channels.evict(channel)

    @web.middleware
    async def _border(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        correlation = correlation_id()
        resource = request.match_info.route.resource
        self.requests[f"{request.method} {resource.canonical if resource else '(unknown)'}"] += 1
        headers = {"ININ-Correlation-Id": correlation}
        response: web.StreamResponse
        try:
            if request.path.startswith("/api/"):
                request[TOKEN], quota = self._accounts.charge(
                    request.headers.get("Authorization", "")
                )
                headers |= quota.headers()
                if self.api_failures:
                    raise scripted(_refuse(self.api_failures.pop(0)))
            response = await handler(request)
        except PlatformError as error:
            response = error.response(correlation)
        except web.HTTPNotFound:
            response = not_found("resource").response(correlation)
        if not response.prepared:
            response.headers.update(headers)
        return response

    async def _token(self, request: web.Request) -> web.Response:
        if self.token_failures:
            raise scripted(_refuse(self.token_failures.pop(0)))
        form = await request.post()
        if form.get("grant_type") != "client_credentials":
            return _oauth_error(400, "unsupported_grant_type", "grant type is not supported")
        if not self._accounts.knows(request.headers.get("Authorization", "")):
            return _oauth_error(401, "invalid_client", "authentication failed")
        return web.json_response(
            {
                "access_token": self._accounts.issue(),
                "token_type": "bearer",
                "expires_in": int(self._accounts.lifetime),
            }
        )


def _refuse(failure: int | Refuse) -> Refuse:
    return failure if isinstance(failure, Refuse) else Refuse(failure)


def _oauth_error(status: int, error: str, description: str) -> web.Response:
    return web.json_response(
        {"error": error, "description": description, "error_description": description},
        status=status,
    )
