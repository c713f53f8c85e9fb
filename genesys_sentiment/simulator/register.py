"""What REST knows of conversations, and what the client may see of it."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web
from attrs import frozen

from genesys_sentiment.simulator.answers import missing_permissions, not_found
from genesys_sentiment.simulator.conversation import Conversation


@frozen
class Register:
    """``denied`` are permissions that the client's roles lack."""

    conversations: Mapping[str, Conversation]
    denied: set[str]

    def find(self, request: web.Request) -> Conversation:
        """The conversation that a request names as ``id``. Raises PlatformError 404."""
        conversation = self.conversations.get(request.match_info["id"].lower())
        if conversation is None:
            raise not_found("conversation")
        return conversation

    def require(self, *permissions: str) -> None:
        """Raises PlatformError 403 for those that are missing."""
        missing = [each for each in permissions if each in self.denied]
        if missing:
            raise missing_permissions(*missing)
