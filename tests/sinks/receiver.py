"""A webhook receiver on a real socket: it keeps what came, and answers what a test says."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeAlias

from aiohttp import web
from attrs import field, frozen
from multidict import CIMultiDict, CIMultiDictProxy

from genesys_sentiment.model.entries import Entry
from genesys_sentiment.model.export import encode


@frozen
class Posted:
    """One request as it was received."""

    method: str
    path: str
    headers: CIMultiDictProxy[str]
    body: bytes

    @property
    def id(self) -> str:
        """Its ``webhook-id``."""
        return self.headers["webhook-id"]


@frozen
class Answer:
    """What the receiver says: after ``wait`` seconds, or never with ``cut``."""

    status: int = 204
    headers: CIMultiDict[str] = field(factory=lambda: CIMultiDict[str]())
    body: bytes = b""
    wait: float = 0.0
    cut: bool = False


Script: TypeAlias = Callable[[Posted], Answer]


def answer(status: int = 204, body: bytes = b"", **headers: str) -> Answer:
    """An answer with headers: ``retry_after="3"`` is ``Retry-After: 3``."""
    named = CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()})
    return Answer(status, named, body)


def always(status: int, **headers: str) -> Script:
    """The same answer to everything."""
    return lambda _: answer(status, b"", **headers)


class Receiver:
    """Listens on ``host`` at a free port while it is entered; over TLS with a context."""

    def __init__(
        self,
        script: Script | None = None,
        *,
        context: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.posted: list[Posted] = []
        self.script = script or (lambda _: Answer())
        self.busy = 0
        self.busiest = 0
        self._context = context
        self._host = host
        server = web.Server(self._serve, handler_cancellation=True)
        self._runner = web.ServerRunner(server, shutdown_timeout=0.2)
        self.port = 0

    @property
    def url(self) -> str:
        """Its own address, without a name."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http{'s' if self._context else ''}://{host}:{self.port}/hook"

    def ids(self) -> list[str]:
        """The ``webhook-id`` of each request, in the order in which they came."""
        return [each.id for each in self.posted]

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, 0, ssl_context=self._context)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        self.busy += 1
        self.busiest = max(self.busy, self.busiest)
        try:
            posted = Posted(request.method, request.path_qs, request.headers, await request.read())
            self.posted.append(posted)
            said = self.script(posted)
            await asyncio.sleep(said.wait)
            if said.cut and request.transport is not None:
                request.transport.abort()
            return web.Response(status=said.status, headers=said.headers, body=said.body)
        finally:
            self.busy -= 1


def entry(
    name: str, conversation: str | None = "c-1", kind: str = "score", **values: object
) -> Entry:
    """An entry as a delivery makes it."""
    body = encode({"type": kind, "id": name, "conversationId": conversation, **values})
    return Entry(id=name, kind=kind, conversation=conversation, at=1_790_000_000.0, body=body)


def entries(count: int, conversation: str | None = "c-1") -> list[Entry]:
    """Several of one conversation."""
    return [entry(f"{conversation}-{number}", conversation) for number in range(count)]
