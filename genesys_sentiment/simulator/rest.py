"""All of the Platform API that the simulator answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aiohttp import web

from genesys_sentiment.simulator.assist_api import AssistApi
from genesys_sentiment.simulator.attributes_api import AttributesApi
from genesys_sentiment.simulator.channels import Channels
from genesys_sentiment.simulator.conversation import Conversation
from genesys_sentiment.simulator.conversations_api import ConversationsApi
from genesys_sentiment.simulator.notifications_api import NotificationsApi
from genesys_sentiment.simulator.player import Player
from genesys_sentiment.simulator.register import Register
from genesys_sentiment.simulator.speech_api import SpeechApi


class Rest:
    """Its parts, over the same conversations. ``sockets`` counts the open sockets."""

    def __init__(
        self,
        *,
        channels: Channels,
        conversations: Mapping[str, Conversation],
        denied: set[str],
        player: Player,
        sockets: Callable[[], int],
    ) -> None:
        register = Register(conversations, denied)
        self._notifications = NotificationsApi(channels)
        self._speech = SpeechApi(register)
        self.attributes = AttributesApi(register)
        self._parts = (
            self._notifications,
            ConversationsApi(register),
            self._speech,
            self.attributes,
            AssistApi(register, queue=player.queue, engaged=player.engaged, sockets=sockets),
        )

    def routes(self) -> list[web.RouteDef]:
        """What it answers."""
        return [route for part in self._parts for route in part.routes()]

    def locate(self, address: str) -> None:
        """The server listens at ``host:port``, which links name."""
        self._notifications.socket_url = f"ws://{address}"
        self._speech.base = f"http://{address}"
