"""What clients write to conversations: attributes of participants, secure ones, the tutorial's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from genesys_sentiment.simulator.answers import PlatformError, bad_request, json_body, not_found
from genesys_sentiment.simulator.conversation import Conversation
from genesys_sentiment.simulator.register import Register


class AttributesApi:
    """``conflicts``: how many of the next writes end in 409, as if another client wrote before."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self.conflicts = 0

    def routes(self) -> list[web.RouteDef]:
        """What it answers."""
        one = "/api/v2/conversations/{id}"
        secure = f"{one}/secureattributes"
        participant = "participants/{participant}/attributes"
        return [
            web.patch(f"{one}/{participant}", self.participant),
            *(
                web.patch(f"/api/v2/conversations/{medium}/{{id}}/{participant}", self.participant)
                for medium in ("calls", "chats", "emails", "messages")
            ),
            web.get(secure, self.read),
            web.put(secure, self.replace),
            web.patch(secure, self.change),
            web.put(f"{one}/attributes", self.tutorial),
        ]

    async def participant(self, request: web.Request) -> web.Response:
        """Add to the attributes of a participant."""
        self._register.require("conversation:participant:attributesedit")
        conversation = self._register.find(request)
        given = _attributes(await json_body(request))
        whose = request.match_info["participant"].lower()
        if whose not in conversation.participants:
            raise not_found("participant")
        self._collide()
        written = conversation.attributes.setdefault(whose, {})
        written.update(given)
        return web.json_response({"attributes": written})

    async def read(self, request: web.Request) -> web.Response:
        """The secure attributes and their version, which is 0 before the first write."""
        self._register.require("conversation:participant:attributesedit")
        return web.json_response(_secure(self._register.find(request)))

    async def replace(self, request: web.Request) -> web.Response:
        """All of them anew; 409 where the body names another version than there is."""
        return await self._write(request, replace=True)

    async def change(self, request: web.Request) -> web.Response:
        """Add to them, whatever the version."""
        return await self._write(request, replace=False)

    async def tutorial(self, request: web.Request) -> web.Response:
        """Tutorial S1's write-back, which the platform does not have: 204."""
        conversation = self._register.find(request)
        given = _attributes(await json_body(request))
        self._collide()
        conversation.own_attributes = given
        return web.Response(status=204)

    async def _write(self, request: web.Request, *, replace: bool) -> web.Response:
        self._register.require("conversation:participant:attributesedit")
        conversation = self._register.find(request)
        body = await json_body(request)
        given = _attributes(body)
        if self.conflicts:
            conversation.secure_version += 1
        self._collide()
        if replace and body.get("version", conversation.secure_version) != (
            conversation.secure_version
        ):
            raise _conflict()
        kept = {} if replace else conversation.secure_attributes
        conversation.secure_attributes = {**kept, **given}
        conversation.secure_version += 1
        return web.json_response(_secure(conversation))

    def _collide(self) -> None:
        if self.conflicts:
            self.conflicts -= 1
            raise _conflict()


def _secure(conversation: Conversation) -> dict[str, Any]:
    return {
        "attributes": conversation.secure_attributes,
        "version": conversation.secure_version,
    }


def _conflict() -> PlatformError:
    return PlatformError(409, "conflict", "The resource was changed by another request")


def _attributes(body: object) -> dict[str, str]:
    given = body.get("attributes") if isinstance(body, Mapping) else None
    if not isinstance(given, dict) or not all(isinstance(each, str) for each in given.values()):
        raise bad_request("attributes must be an object of strings")
    return given
