"""The fixture ``genesys_cloud``, for pytest-asyncio."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest_asyncio

if TYPE_CHECKING:
    import pytest

    from genesys_sentiment.simulator.local import LocalCloud


@pytest_asyncio.fixture
async def genesys_cloud(request: pytest.FixtureRequest) -> AsyncIterator[LocalCloud]:
    """A started simulator, and a client of it: ``.simulator``, ``.cloud``, ``.env``.

    It plays one short call a hundred times as fast as real time; the mark ``genesys_cloud`` says
    what else the simulator is made with.
    """
    from genesys_sentiment.simulator.local import local_cloud

    mark = request.node.get_closest_marker("genesys_cloud")
    async with local_cloud(**(mark.kwargs if mark is not None else {})) as local:
        yield local
