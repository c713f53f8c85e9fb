"""A session for each test, and the mocked network."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
from aioresponses import aioresponses

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
