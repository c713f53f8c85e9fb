"""Tutorial S3: ``/api/v2/analytics/websocket``, conversation events of exactly the fields asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web
from attrs import frozen

from genesys_sentiment.simulator.call_files import Mood
from genesys_sentiment.simulator.conversation import Conversation
from genesys_sentiment.simulator.languages.frames import dump, load
from genesys_sentiment.simulator.languages.language import (
    Entered,
    Happening,
    Host,
    Line,
    Session,
    Spoken,
)
from genesys_sentiment.simulator.languages.readings import label, mood
from genesys_sentiment.simulator.languages.tokens import bearer
from genesys_sentiment.simulator.times import iso

FIELDS = frozenset({"sentiment.score", "sentiment.label", "state"})
FILTERS = frozenset({"queueId", "agentId"})
_STATES = {
    "queued": ("queued",),
    "ringing": ("alerting",),
    "connected": ("connected",),
    "ended": ("disconnected", "wrapup"),
    "done": ("ended",),
}


@frozen(kw_only=True)
class RealtimeAnalytics:
    """A token that ends stops the events, without a word; heartbeats go on.

    ``licensed``: False sends null for every sentiment, as without the add-on.
    ``heartbeat``: real seconds between heartbeats, None: as many as the client asks for.
    ``idle``: real seconds after which a socket without heartbeats is closed with 1001.
    """

    licensed: bool = True
    heartbeat: float | None = None
    idle: float = 120.0
    path: str = "/api/v2/analytics/websocket"

    def admit(self, request: web.Request, host: Host) -> Callable[[Line], Session]:
        """401 without a bearer token that counts."""
        token = bearer(request, host)
        return lambda line: _Analytics(line, self, host, token)


@frozen
class _Wanted:
    filters: tuple[tuple[str, str], ...]
    fields: frozenset[str]

    def matches(self, conversation: Conversation) -> bool:
        has = {"queueId": conversation.queue, "agentId": _agent(conversation)}
        return all(has[name] == value for name, value in self.filters)


class _Analytics:
    def __init__(self, line: Line, language: RealtimeAnalytics, host: Host, token: str) -> None:
        self._line = line
        self._language = language
        self._host = host
        self._token = token
        self._wanted: set[_Wanted] = set()
        self._states: dict[str, str] = {}
        self._interval = 0.0
        self._beats = asyncio.Event()

    def hear(self, text: str) -> None:
        asked = load(text) or {}
        refusal = _wrong(asked)
        if refusal is not None:
            code, message = refusal
            self._line.say(dump({"type": "error", "code": code, "message": message}))
            return
        named = {
            _Wanted(tuple(sorted(each.get("filters", {}).items())), frozenset(each["fields"]))
            for each in asked["events"]
        }
        if asked["action"] == "unsubscribe":
            self._wanted -= named
        else:
            self._wanted |= named
        if asked.get("heartbeat") is not None:
            self._interval = self._language.heartbeat or asked["heartbeat"]
            self._beats.set()

    def tell(self, happening: Happening) -> None:
        match happening:
            case Entered():
                for state in _STATES[happening.status]:
                    self._states[happening.conversation.id] = state
                    self._send(happening.conversation, happening.at, Mood())
                if happening.status == "done":
                    del self._states[happening.conversation.id]
            case Spoken():
                self._send(happening.conversation, happening.at, mood(happening.turn))

    def ready(self, queue: str) -> bool:
        return bool(self._wanted)

    def check(self) -> None:
        pass

    async def live(self) -> None:
        try:
            async with asyncio.timeout(self._language.idle):
                await self._beats.wait()
        except TimeoutError:
            self._line.leave(1001)
            return
        while True:
            await asyncio.sleep(self._interval)
            self._line.say(dump({"type": "heartbeat"}))

    def end(self) -> None:
        pass

    def _send(self, conversation: Conversation, at: float, found: Mood) -> None:
        fitting = [wanted.fields for wanted in self._wanted if wanted.matches(conversation)]
        if fitting and self._host.alive(self._token):
            fields = frozenset[str]().union(*fitting)
            self._line.offer(dump(self._event(conversation, at, found, fields)))

    def _event(
        self, conversation: Conversation, at: float, found: Mood, fields: frozenset[str]
    ) -> Mapping[str, Any]:
        score = found.score if self._language.licensed else None
        sentiment = {"score": score, "label": None if score is None else label(score)}
        event: dict[str, Any] = {
            "conversationId": conversation.id,
            "agentId": _agent(conversation),
            "queueId": conversation.queue,
            "timestamp": iso(at),
        }
        if "state" in fields:
            event["state"] = self._states.get(conversation.id, "ended")
        kept = {name: value for name, value in sentiment.items() if f"sentiment.{name}" in fields}
        return event | {"sentiment": kept} if kept else event


def _agent(conversation: Conversation) -> str | None:
    return None if conversation.alerted is None else conversation.agent


def _wrong(asked: Mapping[str, Any]) -> tuple[str, str] | None:
    """Why a subscription cannot be, by code and in words; None where it can."""
    if asked.get("action") not in ("subscribe", "unsubscribe"):
        return "bad_action", "unknown action"
    events, heartbeat = asked.get("events"), asked.get("heartbeat")
    if not isinstance(events, list) or not events:
        return "bad_events", "events are missing"
    if heartbeat is not None and (not isinstance(heartbeat, int | float) or heartbeat <= 0):
        return "bad_heartbeat", "heartbeat must be seconds"
    for event in events:
        if not isinstance(event, dict) or event.get("type") != "conversation":
            return "bad_events", "unknown type of event"
        filters, fields = event.get("filters", {}), event.get("fields")
        if not isinstance(filters, dict) or not FILTERS.issuperset(filters):
            return "bad_filters", "unknown filter"
        if not all(isinstance(value, str) for value in filters.values()):
            return "bad_filters", "a filter names one id"
        if not isinstance(fields, list) or not FIELDS.issuperset(map(str, fields)):
            return "bad_fields", "unknown field"
    return None
