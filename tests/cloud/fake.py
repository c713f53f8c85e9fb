"""A platform of a few answers over a real socket, which remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from attrs import define, field, frozen

from genesys_sentiment.cloud.rest import Rest
from tests.cloud.support import Clock, Handed, at, serve, steady

Answer: TypeAlias = Any
"""A status, a JSON value, a pair of both, bytes, or a function from what was asked to one."""


@frozen
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]


@define
class Fake:
    """``answers`` by method and raw path; the last of several is given for ever."""

    answers: dict[tuple[str, str], list[Answer]] = field(factory=dict)
    asked: list[Asked] = field(factory=list)
    server: TestServer | None = None

    def on(self, method: str, path: str, *answers: Answer) -> None:
        self.answers[method, path] = list(answers)

    @property
    def url(self) -> str:
        assert self.server is not None
        return f"http://127.0.0.1:{self.server.port}"

    def calls(self) -> list[str]:
        return [f"{one.method} {one.path}" for one in self.asked]

    async def start(self, server: Callable[..., Any]) -> None:
        self.server = await serve(self._answer, server)

    def rest(self, session: aiohttp.ClientSession, clock: Clock) -> Rest:
        assert self.server is not None
        return Rest(
            at(self.server),
            Handed(),
            session,
            monotonic=clock.monotonic,
            now=clock.now,
            sleep=clock.sleep,
            delays=steady(),
        )

    async def _answer(self, request: web.Request) -> web.Response:
        raw = await request.read()
        form = request.content_type == "application/x-www-form-urlencoded"
        asked = Asked(
            request.method,
            request.raw_path.partition("?")[0],
            dict(request.query),
            (raw.decode() if form else json.loads(raw)) if raw else None,
            dict(request.headers),
        )
        self.asked.append(asked)
        left = self.answers.get((asked.method, asked.path))
        if not left:
            return web.json_response({"message": "not found", "code": "not.found"}, status=404)
        answer = left.pop(0) if len(left) > 1 else left[0]
        return _response(answer(asked) if callable(answer) else answer)


def _response(answer: Answer) -> web.Response:
    if isinstance(answer, web.Response):
        return answer
    if isinstance(answer, bytes):
        return web.Response(body=answer, content_type="application/json")
    if isinstance(answer, tuple):
        return web.json_response(answer[1], status=answer[0])
    if isinstance(answer, int):
        return web.Response(status=answer)
    return web.json_response(answer)
