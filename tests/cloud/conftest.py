"""A session for each test, and the mocked network."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import aiohttp
import pytest
from aioresponses import aioresponses

from genesys_sentiment.cloud.rest import Rest
from tests.cloud.fake import Fake
from tests.cloud.support import Clock


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
def mocked() -> Iterator[aioresponses]:
    """Every request of aiohttp is answered from here; real servers are not reached."""
    with aioresponses() as opened:
        yield opened


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def fake(aiohttp_server: Callable[..., Any]) -> Fake:
    """A platform over a real socket; whatever it has no answer for is 404."""
    one = Fake()
    await one.start(aiohttp_server)
    return one


@pytest.fixture
def rest(fake: Fake, session: aiohttp.ClientSession, clock: Clock) -> Rest:
    """A client of it, whose waits pass at once."""
    return fake.rest(session, clock)
