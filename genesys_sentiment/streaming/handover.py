"""One connection takes another's place while both are open, and tokens are renewed in time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from math import inf
from typing import NoReturn

from genesys_sentiment.clock import Clock
from genesys_sentiment.errors import GenesysSentimentError, LimitExceeded
from genesys_sentiment.streaming.actions import Leave, Renew
from genesys_sentiment.streaming.buffer import Buffer
from genesys_sentiment.streaming.counters import Counters
from genesys_sentiment.streaming.line import ON_ITS_WAY, Line, Opener
from genesys_sentiment.streaming.overlap import Overlap
from genesys_sentiment.streaming.pacing import Pacing
from genesys_sentiment.streaming.reading import read
from genesys_sentiment.streaming.transport import Finished
from genesys_sentiment.streaming.verdict import Left, Verdict, judge

_INSTANT = 1e-6
_LOOK = 0.25
_PATIENCE = 45.0
"""Seconds that an old connection may owe its answer: as long as one may be silent."""

_log = logging.getLogger(__name__)


class Replaced(Exception):
    """Another connection is open and takes over."""

    def __init__(self, line: Line) -> None:
        super().__init__("replaced")
        self.line = line


class Succession:
    """Gets lines what their sessions want: another token, or another line beside them.

    What fails on the way is reported to the session and tried again later: as long as a line
    lives, it is used. Attempts count towards the pacing like all others.
    """

    def __init__(self, opener: Opener, pacing: Pacing, counters: Counters, clock: Clock) -> None:
        self._opener = opener
        self._pacing = pacing
        self._counters = counters
        self._clock = clock

    async def renew(self, line: Line, handover: asyncio.Task[None] | None) -> NoReturn:
        """Serve a line's wishes until it is replaced, which raises Replaced.

        ``handover`` is the line's own taking over: it comes to its end before the next one begins.
        Raises what makes another attempt useless where the line is of no use any more either.
        """
        while True:
            if isinstance(await line.wishes.get(), Renew):
                await self._get_token(line)
                continue
            if handover is not None:
                await asyncio.wait({handover})
            await self._replace(line)

    def failed(self, old: Line, line: Line, error: Exception) -> bool:
        """Whether ``old`` goes on, because its successor ended before it had taken over."""
        verdict = judge(error)
        if old.over or isinstance(error, Finished) or verdict.kind == "fatal":
            return False
        _log.warning("a new connection ended, the one before goes on: %s", error)
        old.session.admit = None
        self._opener.note(verdict, ended=True)
        now = self._clock.monotonic()
        old.renewal.not_replaced(now, self._pacing.delay(verdict, now, now - line.opened))
        return True

    async def _get_token(self, line: Line) -> None:
        try:
            token = await self._opener.token()
        except (GenesysSentimentError, TimeoutError) as error:
            _log.warning("the token was not renewed, the connection goes on with it: %s", error)
            self._opener.note(judge(error))
            line.renewal.failed(self._clock.monotonic())
        else:
            if token is not None:
                line.renewal.offer(token)

    async def _replace(self, line: Line) -> None:
        now = self._clock.monotonic()
        leave = line.renewal.leave
        if leave is not None:
            if leave.refuse_token and not self._pacing.survived(now - line.opened):
                raise Left(leave)  # one token after the other: that has an end, see Pacing
            self._opener.note(judge(Left(leave)), ended=True)
        if not line.tried:
            line.tried = True
            await self._clock.sleep(self._pacing.pause(now, now - line.opened))
        overlap = Overlap()
        line.session.admit = overlap.old
        try:
            successor = await self._open()
        except Finished:
            line.renewal.not_replaced(self._clock.monotonic(), inf)
        except (GenesysSentimentError, TimeoutError) as error:
            _log.warning("no other connection yet, the present one goes on: %s", error)
            self._not_opened(line, leave, judge(error))
        else:
            successor.session.admit = overlap.new
            successor.overlap = overlap
            raise Replaced(successor)
        line.session.admit = None

    async def _open(self) -> Line:
        self._pacing.attempt(self._clock.monotonic())
        self._counters.attempts += 1
        line = await self._opener.open(beside=True)
        self._counters.connections += 1
        return line

    def _not_opened(self, line: Line, leave: Leave | None, verdict: Verdict) -> None:
        now = self._clock.monotonic()
        # A line without subscriptions, or without a token, is no reason to go on for ever.
        if leave is not None and not leave.keep_channel:
            if isinstance(verdict.error, LimitExceeded):
                raise Left(leave)  # no room beside it: it gives its own
            if self._pacing.is_over(verdict, now):
                raise verdict.error
        self._opener.note(verdict)
        line.renewal.not_replaced(now, self._pacing.delay(verdict, now, 0.0))


async def hand_over(
    old: Line, line: Line, buffer: Buffer, clock: Clock, gap: Callable[[str, float], None]
) -> None:
    """Read an old line until the new one brings what the old one brought.

    That is when the new one's topics are settled, and a little longer: something may be on its
    way. Where the server answers pings, the old one's answer says that nothing is any more. What
    neither of them brought is told by ``gap``, with a reason and since when.
    """
    lost = old.session.lost
    if lost is not None:
        await line.settled.wait()
        gap(lost, old.whole_until)
    whole = await _overlap(old, line, buffer, clock)
    if lost is None:
        # It may have been without subscriptions before there was another line, unknown to us.
        late = old.session.lost if old.whole_until < line.opened + line.wall else None
        if late is not None or not whole:
            gap(late or "handover", old.whole_until)
    now = clock.monotonic()
    for event in line.session.left_alone(line.overlap.rest() if line.overlap else (), now):
        buffer.put(event, 0, now + line.wall)


async def _overlap(old: Line, line: Line, buffer: Buffer, clock: Clock) -> bool:
    """Whether the old line brought all until the new one's topics were settled; waits for that."""
    reader = asyncio.create_task(read(old, buffer, clock), name="genesys-old-reader")
    settled = asyncio.create_task(line.settled.wait(), name="genesys-settled")
    try:
        await asyncio.wait({reader, settled}, return_when=asyncio.FIRST_COMPLETED)
        whole = settled.done()
        old.over = reader.done()
        await settled
        return whole and await _drained(old, reader, clock)
    finally:
        reader.cancel()
        settled.cancel()
        await asyncio.wait({reader, settled})
        if not reader.cancelled():
            old.over = True
            reader.exception()  # the old line is over: why is of no consequence


async def _drained(old: Line, reader: asyncio.Task[NoReturn], clock: Clock) -> bool:
    """Whether what was said before now has come, or nothing tells that it has not."""
    now = clock.monotonic()
    liveness = old.session.liveness
    ping = liveness.challenge(now)
    if ping is not None:
        with contextlib.suppress(TimeoutError):
            await old.act(ping)
    # Asked again: in a replay, only the recording lets time pass.
    while (rest := now + ON_ITS_WAY - clock.monotonic()) > _INSTANT:
        await clock.sleep(rest)
    if ping is None:
        return True
    # A network that stalls says nothing, and the rest may still come.
    while not (answered := liveness.answered(now)) and not reader.done():
        if clock.monotonic() >= now + _PATIENCE:
            break
        await clock.sleep(_LOOK)
    return answered


def first_of(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """Why a line ended; that another one took over counts most."""
    found = errors.exceptions
    return next((each for each in found if isinstance(each, Replaced)), found[0])
