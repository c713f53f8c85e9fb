"""``/api/v2/notifications``: channels, subscriptions, available topics."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from genesys_sentiment.simulator import topics
from genesys_sentiment.simulator.answers import TOKEN, bad_request, json_body, not_found
from genesys_sentiment.simulator.channels import Channel, Channels, accept_all
from genesys_sentiment.simulator.times import iso

_EXPANDABLE = {
    "description",
    "enforced",
    "visibility",
    "transports",
    "requiresPermissions",
    "permissionDetails",
    "topicParameters",
}


class NotificationsApi:
    """The REST side of channels. ``socket_url`` is the ``ws://host:port`` of connectUri."""

    def __init__(self, channels: Channels) -> None:
        self._channels = channels
        self.socket_url = ""

    def routes(self) -> list[web.RouteDef]:
        """What it answers."""
        base = "/api/v2/notifications"
        subscriptions = f"{base}/channels/{{id}}/subscriptions"
        return [
            web.post(f"{base}/channels", self.create),
            web.get(f"{base}/channels", self.list),
            web.head(f"{base}/channels/{{id}}", self.probe),
            web.get(subscriptions, self.subscriptions),
            web.post(subscriptions, self.add),
            web.put(subscriptions, self.replace),
            web.delete(subscriptions, self.clear),
            web.get(f"{base}/availabletopics", self.available),
        ]

    async def create(self, request: web.Request) -> web.Response:
        """A new channel; the 21st evicts another one."""
        return web.json_response(self._shown(self._channels.create(request[TOKEN])))

    async def list(self, request: web.Request) -> web.Response:
        """The channels of this token, or of the whole OAuth client."""
        wide = request.query.get("includechannels", "token") == "oauthclient"
        shown = [
            self._shown(channel)
            for channel in self._channels
            if wide or channel.token == request[TOKEN]
        ]
        return web.json_response({"entities": shown})

    async def probe(self, request: web.Request) -> web.Response:
        """200 while the channel lives."""
        self._channel(request)
        return web.Response()

    async def subscriptions(self, request: web.Request) -> web.Response:
        """The topics of a channel, as they were asked for."""
        channel = self._channel(request)
        return web.json_response(_listing([{"id": name} for name in channel.topics]))

    async def add(self, request: web.Request) -> web.Response:
        """POST: add topics."""
        return await self._subscribe(request, replace=False)

    async def replace(self, request: web.Request) -> web.Response:
        """PUT: these topics and no others."""
        return await self._subscribe(request, replace=True)

    async def clear(self, request: web.Request) -> web.Response:
        """DELETE: no topics at all."""
        self._channel(request).subscribe((), replace=True)
        return web.Response()

    async def available(self, request: web.Request) -> web.Response:
        """Every kind of topic; ``expand`` names the fields besides the id."""
        wanted = set(",".join(request.query.getall("expand", [])).split(",")) & _EXPANDABLE
        shown = [
            {name: value for name, value in topic.listing().items() if name in {"id", *wanted}}
            for topic in topics.TOPICS
        ]
        return web.json_response(_listing(shown))

    async def _subscribe(self, request: web.Request, *, replace: bool) -> web.Response:
        channel = self._channel(request)
        lenient = request.query.get("ignoreErrors", "false").lower() == "true"
        verdicts = self._channels.judge(await _topic_names(request))
        if not lenient:
            accept_all(verdicts)
        accepted = [verdict.topic for verdict in verdicts if verdict.reason is None]
        channel.subscribe(accepted, replace=replace)
        self._channels.touch(channel)
        return web.json_response(
            _listing([verdict.listing(stated=lenient) for verdict in verdicts])
        )

    def _channel(self, request: web.Request) -> Channel:
        channel = self._channels.find(request.match_info["id"])
        if channel is None:
            raise not_found("channel")
        return channel

    def _shown(self, channel: Channel) -> dict[str, Any]:
        return {
            "connectUri": f"{self.socket_url}/channels/{channel.id}",
            "id": channel.id,
            "expires": iso(channel.expires),
        }


async def _topic_names(request: web.Request) -> list[str]:
    body = await json_body(request)
    if not isinstance(body, list):
        raise bad_request("The body must be a list of topics")
    names = [entry.get("id") if isinstance(entry, dict) else None for entry in body]
    if not all(isinstance(name, str) and name for name in names):
        raise bad_request("Every topic needs an id")
    return [name for name in names if name is not None]


def _listing(entities: list[dict[str, Any]]) -> dict[str, Any]:
    return {"entities": entities}
