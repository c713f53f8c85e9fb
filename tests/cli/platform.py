"""A platform for the commands to talk to, and an environment that leads there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from genesys_sentiment.simulator import Call, Simulator
from tests.cli.command import SECRET, environment


@asynccontextmanager
async def platform(calls: Sequence[Call] = (), *denied: str) -> AsyncIterator[Simulator]:
    """A simulator that lets calls wait only as long as subscribing takes."""
    async with Simulator(
        calls, client_secret=SECRET, speed=40.0, wait=1.5, denied_permissions=denied
    ) as simulator:
        yield simulator


def at(simulator: Simulator, secret: str = SECRET) -> dict[str, str]:
    """An environment that points to the simulator: the three variables and one more."""
    return environment(
        GENESYS_CLIENT_ID=simulator.client_id,
        GENESYS_CLIENT_SECRET=secret,
        GENESYS_API_URL=simulator.api_url,
        GENESYS_LOGIN_URL=simulator.login_url,
    )
