"""The simulator: a Genesys Cloud on loopback, over real HTTP and real WebSockets."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.simulator.accounts import Accounts
from genesys_sentiment.simulator.answers import Refuse
from genesys_sentiment.simulator.call_files import Call
from genesys_sentiment.simulator.channels import Channels
from genesys_sentiment.simulator.clock import PlatformClock
from genesys_sentiment.simulator.conversation import Conversation, Ids
from genesys_sentiment.simulator.faults import Script, system
from genesys_sentiment.simulator.front import Front
from genesys_sentiment.simulator.languages.language import Host, Language
from genesys_sentiment.simulator.languages.notifications import Notifications
from genesys_sentiment.simulator.languages.tutorials import TUTORIALS
from genesys_sentiment.simulator.ledger import Emitted, Ledger
from genesys_sentiment.simulator.player import Player
from genesys_sentiment.simulator.rest import Rest
from genesys_sentiment.simulator.sockets import Connection, Door
from genesys_sentiment.simulator.stage import Stage
from genesys_sentiment.simulator.timeline import LOW_LATENCY, Pace

_HOUSEKEEPING = 0.2
"""Seconds between looks for channels whose life is over."""
_LOOK = 0.05
"""Seconds between looks for a client."""
_PATIENCE = 0.5
"""Seconds that sockets get to leave when the simulator stops."""
_LAST_REQUESTS = 0.1
"""Seconds that requests get to be answered then."""


class Simulator:
    """A local Genesys Cloud that plays calls. An asynchronous context manager.

    ``speed``: how many times faster than real time the calls are played. ``wait``: real seconds
    that a conversation waits in the queue before an agent answers, time for a client to subscribe.
    ``stagger``: real seconds between the arrivals of calls. ``pace``: how late transcripts
    leave the platform, ``LOW_LATENCY`` (about 2 s), ``BATCHED`` (up to 35 s) or one of your own.
    ``late_tail``: the last transcripts come after SESSION_ENDED. ``heartbeat``: real seconds
    between heartbeats on a socket. ``token_lifetime``, ``channel_lifetime``: real seconds.
    ``rate_limit``: requests a minute and token (300 on the platform), None for no limit.
    ``denied_permissions``: what the client's roles lack. ``languages``: what is spoken beside the
    real one, each on its own path; by default the languages of the tutorials. ``seed``: makes all
    ids but those of channels; the same seed and calls give the same conversations and utterances.

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
        pace: Pace = LOW_LATENCY,
        late_tail: bool = False,
        heartbeat: float = 30.0,
        token_lifetime: float = 86_400.0,
        channel_lifetime: float = 86_400.0,
        channel_limit: int = 20,
        rate_limit: int | None = None,
        denied_permissions: Iterable[str] = (),
        languages: Sequence[Language] = TUTORIALS,
        seed: int = 0,
    ) -> None:
        if not speed > 0 or wait < 0 or stagger < 0 or not heartbeat > 0:
            raise ConfigurationError(
                "speed and heartbeat must be above 0, wait and stagger not below"
            )
        self.client_id = client_id
        self.client_secret = client_secret or secrets.token_urlsafe(24)
        self.queue_id = queue_id or Ids.of("simulator", seed)("queue")
        self.calls = tuple(calls)
        self.speed = speed
        self.denied_permissions = set(denied_permissions)
        self._host, self._port = host, port
        self._ledger = Ledger()
        self._conversations: dict[str, Conversation] = {}
        self._accounts = Accounts(client_id, self.client_secret, token_lifetime, rate_limit)
        self._channels = Channels(
            self._accounts.alive, channel_limit, channel_lifetime, self.denied_permissions
        )
        self._languages = (Notifications(self._channels, heartbeat), *languages)
        paths = [language.path for language in languages]
        self._front = Front(self._accounts, self._ledger, paths)
        clock = PlatformClock()
        self._door = Door(Host(alive=self._accounts.alive), self._ledger)
        player = Player(
            clock=clock,
            channels=self._channels,
            ledger=self._ledger,
            conversations=self._conversations,
            queue=self.queue_id,
            organization=Ids.of("simulator", seed)("organization"),
            pace=pace,
            late_tail=late_tail,
            wait=wait,
            tell=self._door.tell,
        )
        self._rest = Rest(
            channels=self._channels,
            conversations=self._conversations,
            denied=self.denied_permissions,
            player=player,
            sockets=lambda: self.open_sockets,
        )
        self._stage = Stage(player, clock, seed=seed, stagger=stagger)
        self._runner: web.AppRunner | None = None
        self._keepers: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._front.middleware()])
        app.router.add_post("/oauth/token", self._front.token)
        app.router.add_post("/api/v2/oauth/token", self._front.token)
        for language in self._languages:
            app.router.add_get(language.path, self._door.handler(language))
        app.router.add_routes(self._rest.routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_LAST_REQUESTS)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except BaseException:
            await self._runner.cleanup()
            raise
        self._port = self._runner.addresses[0][1]
        self._rest.locate(f"{self._host}:{self._port}")
        self._keepers = {asyncio.create_task(self._keep_house(), name="simulator housekeeping")}
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        runner, self._runner = self._runner, None
        for task in self._keepers:
            task.cancel()
        try:
            await self._stage.clear()
            await self._door.shut(_PATIENCE)
        finally:
            if runner is not None:
                await runner.cleanup()
            if self._keepers:
                await asyncio.wait(self._keepers)

    @property
    def api_url(self) -> str:
        """Base URL of the Platform API."""
        return f"http://{self._host}:{self._port}"

    @property
    def login_url(self) -> str:
        """Base URL of the token endpoint; here the same as ``api_url``."""
        return self.api_url

    @property
    def token_failures(self) -> list[int | Refuse]:
        """How the next requests to the token endpoint fail, first in first out."""
        return self._front.token_failures

    @token_failures.setter
    def token_failures(self, failures: Iterable[int | Refuse]) -> None:
        self._front.token_failures = list(failures)

    @property
    def api_failures(self) -> list[int | Refuse]:
        """How the next requests to the Platform API fail, first in first out."""
        return self._front.api_failures

    @api_failures.setter
    def api_failures(self, failures: Iterable[int | Refuse]) -> None:
        self._front.api_failures = list(failures)

    @property
    def write_conflicts(self) -> int:
        """How many of the next writes of attributes end in 409, as if somebody wrote before."""
        return self._rest.attributes.conflicts

    @write_conflicts.setter
    def write_conflicts(self, times: int) -> None:
        self._rest.attributes.conflicts = times

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
        return self.requests["POST /oauth/token"] + self.requests["POST /api/v2/oauth/token"]

    @property
    def conversations(self) -> Sequence[str]:
        """The ids of all conversations so far, in the order of their arrival."""
        return tuple(self._conversations)

    async def watched(self) -> None:
        """Wait until a client is there: an open socket whose channel has subscribed the queue's
        conversations, or one in a tutorial's language that has chosen its events (in S0 and S2,
        where events are chosen by conversation, any socket).
        """
        # Subscriptions come by REST, sockets by upgrade: there is no single event to wait for.
        while not self._door.ready(self.queue_id):  # noqa: ASYNC110
            await asyncio.sleep(_LOOK)

    async def play(self) -> None:
        """Play all calls, starting now; return when all have ended and everything was emitted.

        Playing again makes new conversations of the same calls. Returns early when the simulator
        is left meanwhile. Raises RuntimeError outside the simulator's context.
        """
        if self._runner is None:
            raise RuntimeError("play() needs a running simulator: async with Simulator(…)")
        await self._stage.play(self.calls, self.speed)

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
        """Every token ends now; so does whatever was opened with them."""
        self._accounts.expire()
        self._check()

    def revoke_tokens(self) -> None:
        """As ``expire_tokens``, but the sockets are told first."""
        self._tell("token_revoked", "user_tokens_revoked")
        self.expire_tokens()

    def _tell(self, kind: str, reason: str) -> None:
        for channel in self._channels:
            if channel.listener is not None:
                body = {"channelId": channel.id, "systemTopicType": kind, "reason": reason}
                channel.listener.say(system(f"v2.system.{kind}.{channel.id}", body))

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(_HOUSEKEEPING)
            self._check()

    def _check(self) -> None:
        self._channels.sweep()
        self._door.check()
