"""The simulator: a Genesys Cloud on loopback, over real HTTP and real WebSockets."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from genesys_sentiment.clock import Clock, SystemClock
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.simulator.accounts import Accounts
from genesys_sentiment.simulator.call_files import Call
from genesys_sentiment.simulator.channels import Channels
from genesys_sentiment.simulator.clock import PlatformClock
from genesys_sentiment.simulator.conversation import Conversation, Ids
from genesys_sentiment.simulator.front import Front
from genesys_sentiment.simulator.languages.language import Host, Language
from genesys_sentiment.simulator.languages.notifications import Notifications
from genesys_sentiment.simulator.languages.tutorials import TUTORIALS
from genesys_sentiment.simulator.ledger import Emitted, Ledger
from genesys_sentiment.simulator.levers import Levers
from genesys_sentiment.simulator.player import Player
from genesys_sentiment.simulator.rest import Rest
from genesys_sentiment.simulator.sockets import Door
from genesys_sentiment.simulator.stage import Stage
from genesys_sentiment.simulator.timeline import LOW_LATENCY, Pace

_HOUSEKEEPING = 0.2
"""Seconds between looks for channels whose life is over, at least."""
_LOOK = 0.05
"""Seconds between looks for a client."""
_PATIENCE = 0.5
"""Seconds that sockets get to leave when the simulator stops."""
_LAST_REQUESTS = 0.1
"""Seconds that requests get to be answered then."""


class Simulator(Levers):
    """A local Genesys Cloud that plays calls. An asynchronous context manager.

    ``speed``: how many times faster than real time the calls are played. ``wait``: seconds that a
    conversation waits in the queue before an agent answers, time for a client to subscribe.
    ``stagger``: seconds between the arrivals of calls. ``pace``: how late transcripts leave the
    platform, ``LOW_LATENCY`` (about 2 s), ``BATCHED`` (up to 35 s) or one of your own.
    ``late_tail``: the last transcripts come after SESSION_ENDED. ``heartbeat``: seconds between
    heartbeats on a socket. ``token_lifetime``, ``channel_lifetime``: seconds.
    ``rate_limit``: requests a minute and token (300 on the platform), None for no limit.
    ``denied_permissions``: what the client's roles lack. ``languages``: what is spoken beside the
    real one, each on its own path; by default the languages of the tutorials. ``seed``: makes all
    ids but those of channels; the same seed and calls give the same conversations and utterances.
    ``clock``: what all these seconds are seconds of; by default real ones. With a
    ``VirtualClock(speed=…)`` that the client is on, too, a day passes in seconds.

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
        clock: Clock | None = None,
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
        self._clock = clock or SystemClock()
        accounts = Accounts(client_id, self.client_secret, token_lifetime, rate_limit, self._clock)
        channels = Channels(
            accounts.alive, channel_limit, channel_lifetime, self.denied_permissions, self._clock
        )
        self._languages = (Notifications(channels, heartbeat, self._clock), *languages)
        paths = [language.path for language in languages]
        front = Front(accounts, self._ledger, paths, self._clock)
        platform = PlatformClock(self._clock)
        door = Door(Host(alive=accounts.alive), self._ledger, self._clock)
        player = Player(
            clock=platform,
            channels=channels,
            ledger=self._ledger,
            conversations=self._conversations,
            queue=self.queue_id,
            organization=Ids.of("simulator", seed)("organization"),
            pace=pace,
            late_tail=late_tail,
            wait=wait,
            tell=door.tell,
        )
        rest = Rest(
            channels=channels,
            conversations=self._conversations,
            denied=self.denied_permissions,
            player=player,
            sockets=lambda: self.open_sockets,
        )
        super().__init__(accounts, channels, front, door, rest)
        self._stage = Stage(player, platform, seed=seed, stagger=stagger)
        # On a clock that jumps, a look costs more than the time: a thousandth of a life is enough.
        rare = 0.0 if clock is None else min(token_lifetime, channel_lifetime) / 1_000
        self._housekeeping = max(_HOUSEKEEPING, rare)
        self._address = ""
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
        self.locate(f"{self._host}:{self._port}")
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
            await self._front.fates.shut()
            await self._door.shut(_PATIENCE)
        finally:
            if runner is not None:
                await runner.cleanup()
            if self._keepers:
                await asyncio.wait(self._keepers)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._port

    @property
    def api_url(self) -> str:
        """Base URL of the Platform API."""
        return f"http://{self._address}"

    @property
    def login_url(self) -> str:
        """Base URL of the token endpoint; here the same as ``api_url``."""
        return self.api_url

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

    def locate(self, address: str) -> None:
        """From now on name ``host:port`` in ``api_url``, ``login_url`` and every link.

        That of a proxy before it, or a name that has to be resolved. It listens where it did.
        """
        self._address = address
        self._rest.locate(address)

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

    async def _keep_house(self) -> None:
        while True:
            await self._clock.sleep(self._housekeeping)
            self._check()
