"""REST of Agent Assist: suggestions and what agents made of them, assistants and their queue; and
tutorial S2's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from genesys_sentiment.simulator.answers import bad_request, json_body, not_found
from genesys_sentiment.simulator.conversation import Conversation, assistant_of
from genesys_sentiment.simulator.details_query import whole
from genesys_sentiment.simulator.register import Register

_PAGE = 25
_LARGEST_PAGE = 200
_STATES = {
    "Dismissed": "Dismissed",
    "Copied": "Accepted",
    "Opened": "Accepted",
    "Feedback": "Rated",
}
_ASSISTANTS = "assistants:assistant:view"


class AssistApi:
    """Answers from what the register knows.

    ``engaged`` is called with a suggestion's id and the fields that an engagement changed.
    ``sockets`` counts the open sockets. The queue has one assistant and one content library.
    """

    def __init__(
        self,
        register: Register,
        *,
        queue: str,
        engaged: Callable[[Conversation, str, Mapping[str, Any]], None],
        sockets: Callable[[], int],
    ) -> None:
        self._register = register
        self._queue = queue
        self._assistant = assistant_of(queue)
        self._engaged = engaged
        self._sockets = sockets

    def routes(self) -> list[web.RouteDef]:
        """What it answers."""
        suggestions = "/api/v2/conversations/{id}/suggestions"
        return [
            web.get(suggestions, self.suggestions),
            web.get(f"{suggestions}/{{suggestion}}", self.suggestion),
            web.post(f"{suggestions}/{{suggestion}}/engagement", self.engage),
            web.get("/api/v2/assistants", self.assistants),
            web.get("/api/v2/assistants/{id}", self.assistant),
            web.get("/api/v2/assistants/{id}/queues", self.queues),
            web.get("/api/v2/assistants/{id}/copilot", self.copilot),
            web.get("/api/v2/routing/queues/{id}", self.queue),
            web.get("/api/v2/routing/queues/{id}/assistant", self.queue_assistant),
            web.get("/api/v2/agentassist/contentlibraries", self.libraries),
            web.get("/api/v2/agentassist/config", self.config),
        ]

    async def suggestions(self, request: web.Request) -> web.Response:
        """The suggestions of a conversation, oldest first, by cursor."""
        self._register.require("conversation:suggestion:view")
        found = [
            suggestion
            for suggestion in self._register.find(request).suggestions
            if request.query.get("type") in (None, suggestion["type"])
            and request.query.get("state") in (None, suggestion["state"])
        ]
        return web.json_response(_by_cursor(request, found))

    async def suggestion(self, request: web.Request) -> web.Response:
        """One suggestion."""
        self._register.require("conversation:suggestion:view")
        return web.json_response(self._find(request)[1])

    async def engage(self, request: web.Request) -> web.Response:
        """What the agent did with it: its state changes, and an event says so."""
        self._register.require("conversation:suggestionEngagement:add")
        conversation, suggestion = self._find(request)
        body = await json_body(request)
        kind = body.get("engagementType") if isinstance(body, dict) else None
        if kind not in _STATES:
            raise bad_request(f"engagementType must be one of {', '.join(_STATES)}")
        rating = (body.get("feedback") or {}).get("rating")
        if (kind == "Feedback") != (rating in ("Positive", "Negative")):
            raise bad_request("Feedback, and nothing else, needs a rating")
        changed: dict[str, Any] = {"state": _STATES[kind], "engagementType": kind}
        if rating is not None:
            changed["feedback"] = {"rating": rating}
        suggestion.update(changed)
        self._engaged(conversation, suggestion["id"], changed)
        return web.json_response({"engagementType": kind, **changed})

    async def assistants(self, request: web.Request) -> web.Response:
        """The assistants of the organisation, by cursor."""
        self._register.require(_ASSISTANTS)
        return web.json_response(_by_cursor(request, [self._shown()]))

    async def assistant(self, request: web.Request) -> web.Response:
        """One assistant."""
        self._known_assistant(request)
        return web.json_response(self._shown())

    async def queues(self, request: web.Request) -> web.Response:
        """The queues of an assistant, by cursor."""
        self._known_assistant(request)
        return web.json_response(_by_cursor(request, [self._assignment()]))

    async def copilot(self, request: web.Request) -> web.Response:
        """Whether the assistant is switched on."""
        self._known_assistant(request)
        link = f"/api/v2/assistants/{self._assistant}/copilot"
        return web.json_response(
            {"enabled": True, "liveOnQueue": True, "defaultLanguage": "en-US", "selfUri": link}
        )

    async def queue(self, request: web.Request) -> web.Response:
        """The one queue."""
        self._register.require("routing:queue:view")
        self._known_queue(request)
        link = f"/api/v2/routing/queues/{self._queue}"
        return web.json_response({"id": self._queue, "name": "Queue", "selfUri": link})

    async def queue_assistant(self, request: web.Request) -> web.Response:
        """The assistant of a queue."""
        self._register.require(_ASSISTANTS)
        self._known_queue(request)
        return web.json_response(self._assignment())

    async def libraries(self, request: web.Request) -> web.Response:
        """Tutorial S2's content libraries, by page number."""
        size = whole(request.query.get("pageSize", _PAGE), 1, _LARGEST_PAGE)
        number = whole(request.query.get("pageNumber", 1), 1, 100_000)
        found = [{"id": self._assistant, "name": "Library", "state": "published"}]
        page = found[(number - 1) * size : number * size]
        listing = {"entities": page, "pageNumber": number, "pageSize": size}
        return web.json_response(listing | {"pageCount": 1, "total": len(found)})

    async def config(self, _: web.Request) -> web.Response:
        """Tutorial S2's figure for its quota."""
        return web.json_response({"activeWebSocketConnections": self._sockets()})

    def _find(self, request: web.Request) -> tuple[Conversation, dict[str, Any]]:
        conversation, wanted = self._register.find(request), request.match_info["suggestion"]
        found = [each for each in conversation.suggestions if each["id"] == wanted.lower()]
        if not found:
            raise not_found("suggestion")
        return conversation, found[0]

    def _known_assistant(self, request: web.Request) -> None:
        self._register.require(_ASSISTANTS)
        if request.match_info["id"].lower() != self._assistant:
            raise not_found("assistant")

    def _known_queue(self, request: web.Request) -> None:
        if request.match_info["id"].lower() != self._queue:
            raise not_found("queue")

    def _shown(self) -> dict[str, Any]:
        link = f"/api/v2/assistants/{self._assistant}"
        return {"id": self._assistant, "name": "Assistant", "state": "Active", "selfUri": link}

    def _assignment(self) -> dict[str, Any]:
        link = f"/api/v2/routing/queues/{self._queue}/assistant"
        assistant = {"id": self._assistant, "selfUri": f"/api/v2/assistants/{self._assistant}"}
        return {"id": self._queue, "assistant": assistant, "selfUri": link}


def _by_cursor(request: web.Request, found: list[dict[str, Any]]) -> dict[str, Any]:
    """A page of ``found``; the cursors are positions."""
    size = whole(request.query.get("pageSize", _PAGE), 1, _LARGEST_PAGE)
    if "before" in request.query:
        end = whole(request.query["before"], 0, max(len(found), 1))
        first = max(0, end - size)
    else:
        first = whole(request.query.get("after", 0), 0, max(len(found), 1))
        end = first + size
    listing: dict[str, Any] = {"entities": found[first:end], "selfUri": request.path}
    kept = {name: request.query[name] for name in ("type", "state") if name in request.query}
    more = "".join(f"&{name}={value}" for name, value in kept.items())
    if end < len(found):
        listing["nextUri"] = f"{request.path}?after={end}&pageSize={size}{more}"
    if first > 0:
        listing["previousUri"] = f"{request.path}?before={first}&pageSize={size}{more}"
    return listing
