"""The real language: a notification channel's socket, with heartbeats, pings and subscriptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web
from attrs import frozen

from genesys_sentiment.clock import Clock
from genesys_sentiment.simulator.answers import PlatformError, bad_credentials
from genesys_sentiment.simulator.channels import Channel, Channels, accept_all
from genesys_sentiment.simulator.languages.frames import dump, load
from genesys_sentiment.simulator.languages.language import Happening, Host, Line, Session


@frozen
class Notifications:
    """A client opens its connectUri, which needs no token. ``heartbeat``: seconds of ``clock``.

    Events do not come through ``tell``: the channel itself knows its topics.
    """

    channels: Channels
    heartbeat: float
    clock: Clock
    path = "/channels/{id}"

    def admit(self, request: web.Request, host: Host) -> Callable[[Line], Session]:
        """401 for a channel that is gone. The second socket of a channel ends the first."""
        channel = self.channels.find(request.match_info["id"])
        if channel is None:
            raise bad_credentials()

        def begin(line: Line) -> Session:
            if channel.listener is not None:
                channel.listener.leave(1001)
            channel.listener = line
            channel.used = self.clock.wall()
            return _ChannelSession(line, channel, self)

        return begin


class _ChannelSession:
    def __init__(self, line: Line, channel: Channel, language: Notifications) -> None:
        self._line = line
        self._channel = channel
        self._channels = language.channels
        self._heartbeat = language.heartbeat
        self._sleep = language.clock.sleep

    def hear(self, text: str) -> None:
        asked = load(text)
        if asked is None:
            self._line.say(dump({"result": "400", "status": "error", "message": "bad request"}))
        elif asked.get("message") == "ping":
            self._line.say(_metadata("pong"))
        elif asked.get("message") in ("subscribe", "unsubscribe"):
            self._line.say(dump(self._subscribe(asked)))

    def tell(self, happening: Happening) -> None:
        pass

    def ready(self, queue: str) -> bool:
        return self._channel.hears(f"v2.routing.queues.{queue}.conversations")

    def check(self) -> None:
        pass

    async def live(self) -> None:
        while True:
            await self._sleep(self._heartbeat)
            self._line.say(_metadata("WebSocket Heartbeat"))

    def end(self) -> None:
        if self._channel.listener is self._line:
            self._channel.listener = None

    def _subscribe(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        # Subscribing over the socket is known from third-party clients only.
        names = asked.get("topics")
        reply: dict[str, Any] = {"result": "200", "status": f"{asked['message']}d"}
        if "correlationId" in asked:
            reply["correlationId"] = asked["correlationId"]
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            return reply | {"result": "400", "status": "error", "message": "topics are missing"}
        try:
            if asked["message"] == "unsubscribe":
                self._channel.unsubscribe(names)
            else:
                accept_all(self._channels.judge(names))
                self._channel.subscribe(names, replace=False)
        except PlatformError as error:
            return reply | {"result": "400", "status": "failure", "message": error.message}
        self._channels.touch(self._channel)
        return reply


def _metadata(message: str) -> str:
    return dump({"topicName": "channel.metadata", "eventBody": {"message": message}})
