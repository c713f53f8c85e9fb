"""A client of the simulator as plain as can be, so that tests show what is on the wire."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Self

import aiohttp
from attrs import frozen
from websockets.asyncio.client import ClientConnection, connect

from genesys_sentiment.simulator import Call, Simulator
from genesys_sentiment.simulator.call_files import parse_call

CHANNELS = "/api/v2/notifications/channels"


@frozen
class Answer:
    """One HTTP answer."""

    status: int
    body: Any
    headers: dict[str, str]


class Client:
    """Has a token and speaks REST."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5))
        self.token = ""

    async def __aenter__(self) -> Self:
        self.token = (await self.login()).body["access_token"]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def login(
        self,
        secret: str | None = None,
        grant: str = "client_credentials",
        authorization: str | None = None,
    ) -> Answer:
        simulator = self.simulator
        pair = f"{simulator.client_id}:{simulator.client_secret if secret is None else secret}"
        basic = base64.b64encode(pair.encode()).decode()
        return await self._send(
            "POST",
            f"{simulator.login_url}/oauth/token",
            {"Authorization": f"Basic {basic}" if authorization is None else authorization},
            data={"grant_type": grant},
        )

    async def rest(self, method: str, path: str, body: object = None) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}"}
        url = f"{self.simulator.api_url}{path}"
        if body is None:
            return await self._send(method, url, headers)
        if isinstance(body, bytes):
            return await self._send(method, url, headers, data=body)
        return await self._send(method, url, headers, json=body)

    async def channel(self) -> dict[str, str]:
        made = await self.rest("POST", CHANNELS)
        assert made.status == 200
        channel: dict[str, str] = made.body
        return channel

    async def subscribe(self, channel: dict[str, str], *topics: str) -> Answer:
        path = f"{CHANNELS}/{channel['id']}/subscriptions"
        return await self.rest("POST", path, [{"id": topic} for topic in topics])

    @asynccontextmanager
    async def listen(self, *topics: str) -> AsyncIterator[ClientConnection]:
        """A new channel with these topics, and its socket."""
        channel = await self.channel()
        if topics:
            assert (await self.subscribe(channel, *topics)).status == 200
        async with open_socket(channel) as socket:
            yield socket

    def language(self, path: str, *, authorized: bool = True) -> connect:
        """A socket in one of the tutorials' languages, with the token in a header."""
        headers = {"Authorization": f"Bearer {self.token}"} if authorized else {}
        return connect(
            self.simulator.api_url.replace("http", "ws") + path,
            additional_headers=headers,
            compression=None,
            open_timeout=2,
            close_timeout=1,
        )

    async def _send(self, method: str, url: str, headers: dict[str, str], **sent: Any) -> Answer:
        async with self._session.request(
            method, url, headers=headers, allow_redirects=False, **sent
        ) as response:
            text = await response.text()
            body = json.loads(text) if text else None
            return Answer(response.status, body, dict(response.headers))


def open_socket(channel: dict[str, str]) -> connect:
    return connect(channel["connectUri"], compression=None, open_timeout=2, close_timeout=1)


async def frame(socket: ClientConnection) -> dict[str, Any]:
    """The next frame, within 20 seconds."""
    message: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), 20))
    return message


async def say(socket: ClientConnection, **message: object) -> None:
    """Send a JSON object."""
    await socket.send(json.dumps(message))


async def rest_of(socket: ClientConnection) -> list[dict[str, Any]]:
    """Everything that comes until the socket is closed, within 20 seconds."""
    async with asyncio.timeout(20):
        return [json.loads(message) async for message in socket]


async def frames(
    socket: ClientConnection, until: Callable[[dict[str, Any]], bool]
) -> list[dict[str, Any]]:
    """Frames up to and with the first that fulfils a condition."""
    seen = [await frame(socket)]
    while not until(seen[-1]):
        seen.append(await frame(socket))
    return seen


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait, 20 seconds at most, until something is so."""
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


def short_call(name: str = "short", *lines: tuple[str, str], **header: object) -> Call:
    """A call of a few seconds: one second of speech a line, half a second of silence between."""
    spoken = lines or (("agent", "hello"), ("caller", "i have waited for an hour"))
    turns = [
        {"speaker": speaker, "start_ms": 1500 * number, "duration_ms": 1000, "text": text}
        for number, (speaker, text) in enumerate(spoken)
    ]
    content = "\n".join(json.dumps(line) for line in [header, *turns])
    return parse_call(name, content, name)


async def closed(socket: ClientConnection) -> None:
    """Return when a socket is closed, within 20 seconds."""
    await asyncio.wait_for(socket.wait_closed(), 5)
