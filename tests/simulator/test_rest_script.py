"""What goes wrong with single requests: on the wire, and what the library makes of it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import repeat

import aiohttp
import pytest
from attrs import define, field

from genesys_sentiment.clock import VirtualClock
from genesys_sentiment.cloud.regions import endpoints
from genesys_sentiment.cloud.rest import Rest
from genesys_sentiment.cloud.tokens import ClientCredentials
from genesys_sentiment.errors import CloudError, ConnectionFailed, RateLimited
from genesys_sentiment.simulator import (
    AnswerGarbage,
    AnswerHalf,
    AnswerLate,
    AnswerNothing,
    Names,
    On,
    Refuse,
    Simulator,
)
from tests.simulator.client import CHANNELS, Client

LIVE = "/api/v2/notifications/availabletopics"


async def test_rules_meet_the_requests_they_name_first_in_first_out() -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        channel = await client.channel()
        simulator.rest_script = [
            On("GET", f"{CHANNELS}/{{id}}/subscriptions", Refuse(503), None, Refuse(500)),
            On("*", "/api/v2/notifications/*", *[Refuse(429, 7)] * 2),
        ]
        path = f"{CHANNELS}/{channel['id']}/subscriptions"
        assert [(await client.rest("GET", path)).status for _ in range(3)] == [503, 200, 500]
        refused = await client.rest("GET", path)
        assert (refused.status, refused.headers["Retry-After"]) == (429, "7")
        assert refused.body["code"] == "too.many.requests.retry.after"
        assert (await client.rest("GET", "/api/v2/routing/queues/none")).status == 404
        assert [(await client.rest("POST", CHANNELS)).status for _ in range(2)] == [429, 200]


@pytest.mark.parametrize(
    ("path", "fits"),
    [
        ("/api/v2/a/{id}", True),
        ("/api/v2/a/*", True),
        ("/api/v2/a/b", True),
        ("/api/v2/{id}", False),
        ("/api/v2/a/{id}/c", False),
        ("/api/v2/a/.", False),
    ],
)
def test_a_place_is_one_segment_and_a_star_anything(path: str, fits: bool) -> None:
    assert On("GET", path, Refuse(503)).fits("GET", "/api/v2/a/b") is fits
    assert not On("PUT", path, Refuse(503)).fits("GET", "/api/v2/a/b")
    assert not On("GET", path).fits("GET", "/api/v2/a/b"), "no fate is left"


async def test_late_and_in_the_simulators_time() -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        simulator.rest_script = [On("GET", LIVE, AnswerLate(0.1))]
        begun = time.monotonic()
        assert (await client.rest("GET", LIVE)).status == 200
        assert time.monotonic() - begun >= 0.1


@pytest.mark.parametrize("done", [False, True])
async def test_a_reset_instead_of_an_answer(done: bool) -> None:
    """Whether a channel was made nevertheless, only the next question shows."""
    async with Simulator() as simulator, Client(simulator) as client:
        simulator.rest_script = [On("POST", CHANNELS, AnswerNothing(done=done))]
        with pytest.raises(aiohttp.ClientError):
            await client.rest("POST", CHANNELS)
        assert len((await client.rest("GET", CHANNELS)).body["entities"]) == done


async def test_half_an_answer() -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        simulator.rest_script = [On("GET", LIVE, AnswerHalf())]
        with pytest.raises(aiohttp.ClientPayloadError):
            await client.rest("GET", LIVE)
        assert (await client.rest("GET", LIVE)).status == 200


async def test_garbage_instead_of_an_answer() -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        simulator.rest_script = [On("GET", LIVE, AnswerGarbage())]
        with pytest.raises(ValueError, match="Expecting value"):
            await client.rest("GET", LIVE)


async def test_the_rate_limit_can_be_switched_on() -> None:
    async with Simulator() as simulator, Client(simulator) as client:
        await client.rest("GET", LIVE)
        simulator.rate_limit = 3
        answers = [(await client.rest("GET", LIVE)).status for _ in range(3)]
        assert answers == [200, 200, 429]
        simulator.rate_limit = None
        assert (await client.rest("GET", LIVE)).status == 200


@define
class Caller:
    """The library's REST client of the simulator, on a clock of its own."""

    simulator: Simulator
    names: Names
    clock: VirtualClock
    rest: Rest
    waits: list[float] = field(factory=list)

    async def ask(self) -> int:
        return (await self.rest.request("GET", LIVE)).status


@asynccontextmanager
async def caller(simulator: Simulator, *, deadline: float = 700.0) -> AsyncIterator[Caller]:
    names, clock, waits = Names(), VirtualClock(), list[float]()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await clock.sleep(seconds)

    def delays() -> Iterator[float]:
        return repeat(1.0)

    simulator.locate(f"localhost:{simulator.port}")
    where = endpoints(simulator.api_url, simulator.login_url)
    connector = aiohttp.TCPConnector(resolver=names, use_dns_cache=False, force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session:
        tokens = ClientCredentials(
            simulator.client_id,
            simulator.client_secret,
            where,
            session,
            deadline=deadline,
            monotonic=clock.monotonic,
            now=clock.wall,
            sleep=sleep,
            delays=delays,
        )
        rest = Rest(
            where,
            tokens,
            session,
            timeout=0.2,
            deadline=deadline,
            monotonic=clock.monotonic,
            now=clock.wall,
            sleep=sleep,
            delays=delays,
        )
        try:
            yield Caller(simulator, names, clock, rest, waits)
        finally:
            await tokens.aclose()


@pytest.mark.parametrize(
    "fate",
    [Refuse(503), AnswerHalf(), AnswerLate(0.4), Refuse(502, "garbage")],
)
async def test_the_library_asks_again(fate: Refuse | AnswerNothing | AnswerHalf) -> None:
    """C5-12, C5-15: with a wait each time, and no more often than it was refused."""
    async with Simulator() as simulator, caller(simulator) as subject:
        simulator.rest_script = [On("GET", LIVE, fate, fate)]
        assert await subject.ask() == 200
        assert simulator.requests[f"GET {LIVE}"] == 3
        assert subject.waits == [1.0, 1.0]


async def test_the_library_asks_again_where_there_was_no_answer() -> None:
    """aiohttp itself repeats a GET once whose connection broke, at once: two resets, one wait."""
    async with Simulator() as simulator, caller(simulator) as subject:
        simulator.rest_script = [On("GET", LIVE, *[AnswerNothing()] * 4)]
        assert await subject.ask() == 200
        assert simulator.requests[f"GET {LIVE}"] == 5
        assert subject.waits == [1.0, 1.0]


async def test_the_library_does_not_believe_garbage() -> None:
    """C5-15: a login page behind 200 is an error at once, for no repetition makes JSON of it."""
    async with Simulator() as simulator, caller(simulator) as subject:
        simulator.rest_script = [On("GET", LIVE, AnswerGarbage())]
        with pytest.raises(CloudError, match="no JSON"):
            await subject.ask()
        assert await subject.ask() == 200


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [
        (7, 8.0),
        ("7", 8.0),
        ("Thu, 01 Jan 1970 00:01:00 GMT", 61.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 1.0),
        (None, 1.0),
        ("-5", 1.0),
        ("1000000000", 301.0),
        ("soon", 1.0),
    ],
)
async def test_a_storm_of_429_makes_no_hot_loop(
    retry_after: float | str | None, wait: float
) -> None:
    """C5-12: seconds, date, absent, negative, 10^9, garbage; the clock stands at the epoch."""
    async with Simulator() as simulator, caller(simulator, deadline=7_200.0) as subject:
        simulator.rest_script = [On("GET", LIVE, Refuse(429, retry_after))]
        assert await subject.ask() == 200
        assert simulator.requests[f"GET {LIVE}"] == 2
        assert subject.waits == [wait]


async def test_429_without_end_ends_at_the_deadline() -> None:
    """C5-12."""
    async with Simulator() as simulator, caller(simulator, deadline=60.0) as subject:
        simulator.rest_script = [On("GET", LIVE, *[Refuse(429, 10)] * 100)]
        with pytest.raises(RateLimited):
            await subject.ask()
        assert simulator.requests[f"GET {LIVE}"] <= 6
        assert subject.clock.monotonic() <= 60.0


async def test_a_name_that_does_not_resolve_for_ten_minutes() -> None:
    """C5-11: capped waits, an error that names the host, and no restart when it is back."""
    async with Simulator() as simulator, caller(simulator, deadline=60.0) as subject:
        subject.names.failing = True
        with pytest.raises(ConnectionFailed, match="the name localhost does not resolve") as caught:
            await subject.ask()
        assert caught.value.host == "localhost"
        assert 1 < subject.names.asked["localhost"] <= 60
        await subject.clock.sleep(600.0)
        subject.names.failing = False
        assert await subject.ask() == 200


async def test_a_name_that_resolves_slowly() -> None:
    async with Simulator() as simulator, caller(simulator) as subject:
        subject.names.delay = 0.02
        assert await subject.ask() == 200
        await subject.names.close()
