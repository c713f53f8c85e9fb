"""Asking what is going on already: it was announced while nobody listened."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from math import inf
from typing import NoReturn, TypeAlias

from genesys_sentiment.clock import Clock
from genesys_sentiment.errors import AuthError, GenesysSentimentError
from genesys_sentiment.streaming.line import Line
from genesys_sentiment.streaming.plan import Following
from genesys_sentiment.streaming.verdict import judge

_SPACING = 30.0
"""Seconds between two questions on one connection, at least."""

_log = logging.getLogger(__name__)

Discover: TypeAlias = Callable[[], Awaitable[Iterable[Following]]]
"""Lists the conversations that are going on; raises what the REST calls raise."""


async def ask(discover: Discover, line: Line, clock: Clock, whole: float | None) -> NoReturn:
    """Tell the plan what was found. A failure is counted; refused credentials are raised.

    ``whole``: until when nothing had been missed, seconds since the epoch. Asks again after a
    failure that may pass, and when a frame was unreadable: it may have told of a conversation.
    """
    while True:
        line.doubts.clear()
        asked = clock.monotonic()
        done = await _ask_once(discover, line, clock, whole)
        if done:
            if not line.doubts.is_set():
                line.doubted = inf
            await line.doubts.wait()
        await clock.sleep(asked + _SPACING - clock.monotonic())
        if done:
            whole = line.doubted
        elif whole is not None:
            whole = min(whole, line.doubted)


async def _ask_once(discover: Discover, line: Line, clock: Clock, whole: float | None) -> bool:
    """False when it is worth another try."""
    try:
        found = await discover()
    except AuthError:
        raise
    except GenesysSentimentError as error:
        line.counters.discovery_failures += 1
        _log.warning("conversations that are going on could not be listed: %s", error)
        return judge(error).kind != "again"
    line.plan.discovered(found, clock.monotonic(), whole)
    line.poke(clock.monotonic())
    return True
