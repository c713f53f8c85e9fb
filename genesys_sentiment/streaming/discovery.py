"""Asking what is going on already: it was announced while nobody listened."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeAlias

from genesys_sentiment.clock import Clock
from genesys_sentiment.errors import AuthError, GenesysSentimentError
from genesys_sentiment.streaming.line import Line
from genesys_sentiment.streaming.plan import Following

_log = logging.getLogger(__name__)

Discover: TypeAlias = Callable[[], Awaitable[Iterable[Following]]]
"""Lists the conversations that are going on; raises what the REST calls raise."""


async def ask(discover: Discover, line: Line, clock: Clock, whole: float | None) -> None:
    """Tell the plan what was found. A failure is counted; refused credentials are raised.

    ``whole``: until when nothing had been missed, seconds since the epoch.
    """
    try:
        found = await discover()
    except AuthError:
        raise
    except GenesysSentimentError as error:
        line.counters.discovery_failures += 1
        _log.warning("conversations that are going on could not be listed: %s", error)
    else:
        line.plan.discovered(found, clock.monotonic(), whole)
        line.poke(clock.monotonic())
