"""C5-20: tokens, calls and channels over real sockets, cancelled at every await."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from attrs import define, field

from genesys_sentiment.cloud.channels import Channels
from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.cloud.rest import Rest
from genesys_sentiment.cloud.tokens import ClientCredentials
from genesys_sentiment.errors import ConnectionFailed
from genesys_sentiment.model.wire import Token
from genesys_sentiment.simulator import On, Refuse, Simulator
from tests.cloud.fake import Fake
from tests.cloud.support import Clock, steady, token_answer
from tests.cloud.support import at as at_
from tests.streaming.fleets import both, conversations
from tests.streaming.simulated import client
from tests.streaming.sweeping import cancelled, ended, in_use, sweep, until
from tests.streaming.toys import turns

TOKEN = ("POST", "/oauth/token")
TOPICS = both(conversations(3))


@define
class Issuer:
    """Tokens of a fake platform: another value each time, after some failures."""

    fake: Fake
    session: aiohttp.ClientSession
    clock: Clock = field(factory=Clock)
    failures: int = 0
    issued: int = 0

    def __attrs_post_init__(self) -> None:
        self.fake.on(*TOKEN, self._answer)

    def tokens(self) -> ClientCredentials:
        """A client that has none yet."""
        assert self.fake.server is not None
        return ClientCredentials(
            "id",
            "secret",
            at_(self.fake.server),
            self.session,
            monotonic=self.clock.monotonic,
            now=self.clock.now,
            sleep=self.clock.sleep,
            delays=steady(),
        )

    def _answer(self, _asked: object) -> object:
        if self.failures:
            self.failures -= 1
            return 503
        self.issued += 1
        return token_answer(f"token-{self.issued}")


@pytest.fixture
def issuer(fake: Fake, session: aiohttp.ClientSession) -> Issuer:
    """It is asked over a real socket."""
    return Issuer(fake, session)


async def prepared(issuer: Issuer, kind: str) -> tuple[ClientCredentials, str | None]:
    """Tokens before their first, before a renewal, or with one that was refused."""
    tokens, refused = issuer.tokens(), None
    if kind != "first":
        value = (await tokens.get()).value
        refused = value if kind == "refused" else None
        issuer.clock.time += 0.0 if refused else 86_200.0
    return tokens, refused


@pytest.mark.parametrize("failures", [0, 1])
@pytest.mark.parametrize("kind", ["first", "renewed", "refused"])
async def test_one_of_three_callers_is_cancelled(kind: str, failures: int, issuer: Issuer) -> None:
    """C5-20, S0-03: whoever began the request or waits for it; the others get its one token."""

    async def once(at: int) -> bool:
        tokens, refused = await prepared(issuer, kind)
        before = issuer.issued
        # A token that is still good is no reason to wait for retries.
        issuer.failures = 0 if kind == "renewed" else failures
        got: list[Token] = []

        async def get() -> None:
            got.append(await tokens.get(refused))

        others = [get() for _ in range(2)]
        swept = cancelled(get(), at)
        order = [swept, *others] if at % 2 else [others[0], swept, others[1]]
        results = await asyncio.gather(*order)
        assert {each.value for each in got} == {f"token-{before + 1}"}
        assert issuer.issued == before + 1
        assert in_use(issuer.session) == 0
        return True in results

    assert await sweep(once) >= 1


@pytest.mark.parametrize("kind", ["first", "renewed", "refused"])
async def test_a_caller_alone_is_cancelled(kind: str, issuer: Issuer) -> None:
    """C5-20: the next caller gets a token, of the same request; closing leaves no task."""

    async def once(at: int) -> bool:
        tokens, refused = await prepared(issuer, kind)
        before = issuer.issued
        struck = await cancelled(tokens.get(refused), at)
        assert (await tokens.get(refused)).value == f"token-{before + 1}"
        assert issuer.issued == before + 1
        await tokens.aclose()
        return struck

    assert await sweep(once) >= 1


@pytest.mark.parametrize("hurry", [False, True])
async def test_closing_at_every_turn_of_a_token_request(hurry: bool, issuer: Issuer) -> None:
    """C5-20: no task is left; who waits hears that it was closed, and the next call asks anew.

    ``hurry``: the closing is cancelled, too.
    """

    async def once(at: int) -> bool:
        issuer.failures = 1
        tokens = issuer.tokens()
        getting = asyncio.create_task(_get(tokens))
        await turns(at)
        over = getting.done()
        if hurry:
            await cancelled(tokens.aclose(), 1)
            await turns()
        else:
            await tokens.aclose()
        await ended(getting)
        error = getting.exception()
        assert error is None or isinstance(error, ConnectionFailed)
        await until(lambda: in_use(issuer.session) == 0)
        issuer.failures = 0
        await tokens.get()
        return not over

    assert await sweep(once) > 10


async def _get(tokens: ClientCredentials) -> Token:
    return await tokens.get()


async def test_a_call_with_retries_cancelled_at_every_await(
    fake: Fake, rest: Rest, session: aiohttp.ClientSession, clock: Clock
) -> None:
    """C5-20: its connection is given back, and the next call goes through at once.

    It meets a failure, a 429 and a refused token.
    """

    async def once(at: int) -> bool:
        fake.on("GET", "/x", 503, (429, {}), 401, {"ok": 1})
        struck = await cancelled(rest.request("GET", "/x"), at)
        assert in_use(session) == 0
        fake.on("GET", "/x", {"ok": 2})
        before = len(clock.slept)
        answer = await rest.request("GET", "/x")
        assert answer.body == {"ok": 2}
        assert clock.slept[before:] == []
        return struck

    assert await sweep(once) >= 5


async def test_who_waits_for_the_limit_is_cancelled(
    fake: Fake, rest: Rest, clock: Clock, session: aiohttp.ClientSession
) -> None:
    """C5-20: it holds nothing: the others wait for the limit, as long as it says, and no longer."""

    async def once(at: int) -> bool:
        limited = web.json_response({}, status=429, headers={"Retry-After": "2"})
        fake.on("GET", "/x", limited, {"ok": 1})
        fake.on("GET", "/y", {"ok": 2})
        first = asyncio.create_task(cancelled(rest.request("GET", "/x"), at))
        await ended(first)
        held = max(rest._held_until - clock.time, 0.0)
        began = clock.time
        assert (await rest.request("GET", "/y")).body == {"ok": 2}
        assert clock.time - began <= held + 1.0  # and the delay that a wait adds
        assert in_use(session) == 0
        return first.result()

    assert await sweep(once) >= 3


@asynccontextmanager
async def platform() -> AsyncIterator[tuple[Simulator, Cloud]]:
    """The simulator and its client, which has a token."""
    async with Simulator() as simulator, client(simulator) as cloud:
        await cloud.tokens.get()
        yield simulator, cloud


async def test_making_a_channel_cancelled_at_every_await() -> None:
    """C5-20: at most one that nobody knows is left, which the platform removes first."""
    async with platform() as (simulator, cloud):

        async def once(at: int) -> bool:
            simulator.rest_script = [On("POST", "/api/v2/notifications/channels", Refuse(503))]
            simulator.evict_channels()
            struck = await cancelled(cloud.channels.create(), at)
            assert in_use(cloud.session) == 0
            assert len(await cloud.channels.list()) <= 1
            return struck

        cloud.rest._delays = steady(0.001)
        assert await sweep(once) >= 3


@pytest.mark.parametrize("method", ["add", "replace", "clear", "topics", "list"])
async def test_changing_a_channel_cancelled_at_every_await(method: str) -> None:
    """C5-20: no lock is held: whoever is next goes through, and what it wants is what counts."""
    async with platform() as (simulator, cloud):
        cloud.rest._delays = steady(0.001)
        channel = await cloud.channels.create()

        def change(channels: Channels) -> Coroutine[Any, Any, Any]:
            if method == "list":
                return channels.list()
            given = (TOPICS[:2],) if method in ("add", "replace") else ()
            doing: Coroutine[Any, Any, Any] = getattr(channels, method)(channel, *given)
            return doing

        async def once(at: int) -> bool:
            simulator.rest_script = [On("*", "/api/v2/notifications/*", Refuse(503))]
            struck = await cancelled(change(cloud.channels), at)
            simulator.rest_script = []
            async with asyncio.timeout(1):
                await cloud.channels.replace(channel, TOPICS[2:])
            assert in_use(cloud.session) == 0
            assert set(await cloud.channels.topics(channel)) == set(TOPICS[2:])
            assert not cloud.channels._locks, "nobody holds a lock, so nobody keeps one"
            return struck

        assert await sweep(once) >= 3


async def test_who_waits_for_a_channels_lock_is_cancelled() -> None:
    """C5-20: the one before it ends, the one behind it gets its turn."""
    async with platform() as (_, cloud):
        channel = await cloud.channels.create()

        async def once(at: int) -> bool:
            before = asyncio.create_task(cloud.channels.replace(channel, TOPICS[:1]))
            await asyncio.sleep(0)
            waits = asyncio.create_task(cancelled(cloud.channels.add(channel, TOPICS[1:2]), at))
            await asyncio.sleep(0)
            behind = asyncio.create_task(cloud.channels.add(channel, TOPICS[2:3]))
            for each in (before, waits, behind):
                await ended(each)
                each.result()
            subscribed = set(await cloud.channels.topics(channel))
            assert {*TOPICS[:1], *TOPICS[2:3]} <= subscribed <= set(TOPICS[:3])
            return waits.result()

        assert await sweep(once) >= 2


async def test_closing_a_cloud_cancelled_at_every_await(issuer: Issuer) -> None:
    """C5-25: its session is closed all the same."""

    async def once(at: int) -> bool:
        assert issuer.fake.server is not None
        cloud = Cloud(at_(issuer.fake.server), "id", "secret")
        getting = asyncio.create_task(_get(cloud.tokens))
        await turns(3)
        struck = await cancelled(cloud.aclose(), at)
        await ended(getting)
        assert cloud.session.closed
        assert isinstance(getting.exception(), ConnectionFailed)
        return struck

    assert await sweep(once) >= 1
