"""One connection takes another's place while both are open, and tokens are renewed in time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from genesys_sentiment.clock import Clock
from genesys_sentiment.errors import GenesysSentimentError
from genesys_sentiment.streaming.actions import Renew
from genesys_sentiment.streaming.line import ON_ITS_WAY, Line, Opener
from genesys_sentiment.streaming.verdict import judge

_log = logging.getLogger(__name__)


class Replaced(Exception):
    """Another connection is open and takes over."""

    def __init__(self, line: Line) -> None:
        super().__init__("replaced")
        self.line = line


async def renew(
    line: Line, opener: Opener, clock: Clock, succeed: Callable[[], Awaitable[Line]]
) -> None:
    """Get the tokens that a line's session wants; raise Replaced where it needs another line.

    ``succeed`` opens that one. What fails is reported to the session and tried again later: as
    long as the token is good, so is the line. Runs until cancelled.
    """
    while True:
        wish = await line.wishes.get()
        try:
            if isinstance(wish, Renew):
                token = await opener.token()
                if token is not None:
                    line.renewal.offer(token)
                continue
            successor = await succeed()
        except (GenesysSentimentError, TimeoutError) as error:
            _log.warning("the token was not renewed, the connection goes on with it: %s", error)
            opener.note(judge(error))
            line.renewal.failed(clock.monotonic())
        else:
            raise Replaced(successor)


async def overlap(reading: Coroutine[Any, Any, None], line: Line, clock: Clock) -> bool:
    """Read an old line until the new one brings what the old one brought; True if that worked.

    ``reading`` reads the old line, ``line`` is the new one. The old one is read until the new
    one's topics are settled, and a little longer: something may be on its way. It ends by itself
    when its token does; then it waits for the new one's topics, and it did not work.
    """
    reader = asyncio.create_task(reading, name="genesys-old-reader")
    settled = asyncio.create_task(line.settled.wait(), name="genesys-settled")
    try:
        await asyncio.wait({reader, settled}, return_when=asyncio.FIRST_COMPLETED)
        whole = not reader.done()
        await settled
        if whole:
            await clock.sleep(ON_ITS_WAY)
        return whole
    finally:
        reader.cancel()
        settled.cancel()
        await asyncio.wait({reader, settled})
        if not reader.cancelled():
            reader.exception()  # the old line is over: why is of no consequence


def first_of(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """Why a line ended; that another one took over counts most."""
    found = errors.exceptions
    return next((each for each in found if isinstance(each, Replaced)), found[0])
