"""What can go wrong with a request: an answer that is refused, late, cut short, or none at all.

``Simulator.rest_script`` holds rules ``On(method, path, *fates)``. A request meets the first rule
that fits it and has a fate left. A fate is None (it behaves), ``Refuse``, or one of those below; a
new one is any object with ``async def __call__(self, call)``.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from typing import Protocol, TypeAlias

from aiohttp import web
from aiohttp.typedefs import Handler
from attrs import define, frozen

from genesys_sentiment.clock import Clock
from genesys_sentiment.simulator.answers import Refuse, scripted
from genesys_sentiment.simulator.resets import reset

_PLACE = re.compile(r"\\\{\w+\\\}|\\\*")


@frozen
class Call:
    """One request that a fate decides about."""

    request: web.Request
    _handler: Handler
    _clock: Clock

    async def answer(self) -> web.StreamResponse:
        """What the platform does and answers. Raises PlatformError."""
        return await self._handler(self.request)

    async def sleep(self, seconds: float) -> None:
        """Wait on the simulator's clock."""
        await self._clock.sleep(seconds)


class RestFault(Protocol):
    """Something that goes wrong with one request."""

    async def __call__(self, call: Call, /) -> web.StreamResponse: ...


Fate: TypeAlias = Refuse | RestFault | None
"""What becomes of one request."""


@frozen
class AnswerLate:
    """Do what was asked at once, and answer after ``seconds``."""

    seconds: float

    async def __call__(self, call: Call, /) -> web.StreamResponse:
        response = await call.answer()
        await call.sleep(self.seconds)
        return response


@frozen
class AnswerNothing:
    """Reset the connection; ``done``: after doing what was asked."""

    done: bool = False

    async def __call__(self, call: Call, /) -> web.StreamResponse:
        response = await call.answer() if self.done else web.Response()
        if call.request.transport is not None:
            reset(call.request.transport)
        return response


@frozen
class AnswerGarbage:
    """Answer 200 with a body that is not what was asked for; nothing is done."""

    body: bytes = b"<html>It works!</html>"
    content_type: str = "text/html"
    status: int = 200

    async def __call__(self, call: Call, /) -> web.StreamResponse:
        return web.Response(
            status=self.status, body=self.body, headers={"Content-Type": self.content_type}
        )


@frozen
class AnswerHalf:
    """Do what was asked, announce the whole answer, and end the connection after ``keep`` of it."""

    keep: float = 0.5

    async def __call__(self, call: Call, /) -> web.StreamResponse:
        whole = await call.answer()
        body = whole.body if isinstance(whole, web.Response) else None
        data = body if isinstance(body, bytes) else b""
        response = web.StreamResponse(status=whole.status, headers=whole.headers)
        response.content_length = max(len(data), 1)
        await response.prepare(call.request)
        await response.write(data[: int(len(data) * self.keep)])
        if call.request.transport is not None:
            call.request.transport.close()
        return response


@define(init=False)
class On:
    """A rule: what becomes of the next requests of ``method`` to ``path``, first in first out.

    ``method`` may be ``*``. In ``path``, ``{id}`` stands for one segment and ``*`` for anything.
    ``On("POST", "/oauth/token", *[Refuse(429, 1)] * 3, None, AnswerNothing())``
    """

    method: str
    path: str
    fates: deque[Fate]

    def __init__(self, method: str, path: str, *fates: Fate) -> None:
        self.method = method
        self.path = path
        self.fates = deque(fates)

    def fits(self, method: str, path: str) -> bool:
        """Whether a request meets this rule."""
        return (
            bool(self.fates)
            and self.method in ("*", method)
            and bool(re.fullmatch(_PLACE.sub(_wild, re.escape(self.path)), path))
        )


def _wild(place: re.Match[str]) -> str:
    return ".*" if place[0] == r"\*" else "[^/]+"


class Fates:
    """Answers requests by the first rule of ``rules`` that fits."""

    def __init__(self, clock: Clock) -> None:
        self.rules: list[On] = []
        self._clock = clock
        self._answering: set[asyncio.Task[object]] = set()

    async def meet(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer one. Raises PlatformError."""
        fits = (rule for rule in self.rules if rule.fits(request.method, request.path))
        rule = next(fits, None)
        fate = rule.fates.popleft() if rule is not None else None
        if isinstance(fate, Refuse):
            raise scripted(fate)
        if fate is None:
            return await handler(request)
        task = asyncio.current_task()
        if task is not None:
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        return await fate(Call(request, handler, self._clock))

    async def shut(self) -> None:
        """Leave the answers that still wait: nothing else ends one whose client went away."""
        answering = tuple(self._answering)
        for task in answering:
            task.cancel()
        if answering:
            await asyncio.wait(answering)
