"""A simulator and a client of it, ready: what tests begin with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from attrs import field, frozen

from genesys_sentiment.cloud.cloud import Cloud
from genesys_sentiment.cloud.regions import endpoints
from genesys_sentiment.simulator.call_files import builtin_calls
from genesys_sentiment.simulator.names import Names
from genesys_sentiment.simulator.server import Simulator

_ONE_CALL = "parcel-anger-to-relief"
_SPEED = 100.0
_WAIT = 1.5
"""Real seconds: a stream subscribes a new conversation within one, with its default options."""


@frozen(kw_only=True)
class LocalCloud:
    """A running ``simulator`` and a ``cloud`` that is a client of it.

    ``names`` resolves what the client asks for, and fails when a test says so. ``env`` holds the
    environment variables that ``Cloud.from_env`` and the command line read.
    """

    simulator: Simulator
    cloud: Cloud
    names: Names
    env: Mapping[str, str] = field(repr=False)


@asynccontextmanager
async def local_cloud(**arguments: Any) -> AsyncIterator[LocalCloud]:
    """Start a simulator with these arguments, and a client of it that reaches it by name.

    By default it plays one short call, a hundred times as fast as real time, which is answered
    after 1.5 s: a stream with the default ``subscribe_spacing`` misses nothing of it. A ``clock``
    is the client's as well. Raises what ``Simulator`` raises.
    """
    calls = [call for call in builtin_calls() if call.name == _ONE_CALL]
    settings: dict[str, Any] = {"calls": calls, "speed": _SPEED, "wait": _WAIT} | arguments
    names = Names()
    async with Simulator(**settings) as simulator:
        simulator.locate(f"localhost:{simulator.port}")
        env = {
            "GENESYS_CLIENT_ID": simulator.client_id,
            "GENESYS_CLIENT_SECRET": simulator.client_secret,
            "GENESYS_API_URL": simulator.api_url,
            "GENESYS_LOGIN_URL": simulator.login_url,
        }
        connector = aiohttp.TCPConnector(resolver=names, use_dns_cache=False)
        async with (
            aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
            ) as session,
            Cloud(
                endpoints(simulator.api_url, simulator.login_url),
                simulator.client_id,
                simulator.client_secret,
                session=session,
                clock=settings.get("clock"),
            ) as cloud,
        ):
            yield LocalCloud(simulator=simulator, cloud=cloud, names=names, env=env)
