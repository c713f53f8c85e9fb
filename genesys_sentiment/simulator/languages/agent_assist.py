"""Tutorial S2: ``/api/v2/agentassist/websocket``, batches of suggestions, as text or gzip."""

from __future__ import annotations

import gzip
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import cycle
from typing import Any, Literal

from aiohttp import web
from attrs import frozen

from genesys_sentiment.simulator.call_files import Hint
from genesys_sentiment.simulator.conversation import Conversation
from genesys_sentiment.simulator.languages.frames import dump, load
from genesys_sentiment.simulator.languages.language import Advised, Happening, Host, Line, Session
from genesys_sentiment.simulator.languages.tokens import bearer

KINDS = frozenset({"knowledge", "process"})
_EXPIRED = 4001
_BATCH = 3
"""Suggestions in one batch: the new one, and those before it once more."""


@frozen(kw_only=True)
class AgentAssist:
    """A token that ends closes the socket with 4001.

    ``frames``: whether batches come as text, as gzip in binary frames, or in turns.
    ``acks``: whether subscribing is acknowledged (the tutorial shows no answer).
    ``stale_after``: real seconds by which the end of a context window may lie in the past.
    ``latency`` is what ``processingLatencyMs`` says, None: there is no ``metadata``.
    """

    frames: Literal["text", "gzip", "mixed"] = "text"
    acks: bool = True
    stale_after: float = 10.0
    latency: int | None = 42
    path: str = "/api/v2/agentassist/websocket"

    def admit(self, request: web.Request, host: Host) -> Callable[[Line], Session]:
        """401 without a bearer token that counts."""
        token = bearer(request, host)
        return lambda line: _Assist(line, self, host, token)


class _Assist:
    def __init__(self, line: Line, language: AgentAssist, host: Host, token: str) -> None:
        self._line = line
        self._language = language
        self._host = host
        self._token = token
        self._kinds: dict[str, frozenset[str]] = {}
        self._shown: dict[str, deque[Hint]] = defaultdict(lambda: deque(maxlen=_BATCH))
        both = {"text": (False,), "gzip": (True,), "mixed": (False, True)}
        self._packed = cycle(both[language.frames])

    def hear(self, text: str) -> None:
        asked = load(text) or {}
        refusal = self._obey(asked)
        if refusal is not None:
            code, message = refusal
            reply = {"requestId": asked.get("requestId"), "code": code, "message": message}
            self._line.say(dump({"type": "error", **reply}))
        elif self._language.acks:
            self._line.say(dump({"type": "ack", "requestId": asked["requestId"]}))

    def tell(self, happening: Happening) -> None:
        if not isinstance(happening, Advised) or happening.state != "Suggested":
            return
        conversation, hint = happening.conversation, happening.hint
        if hint.kind not in self._kinds.get(conversation.id, ()):
            return
        self._shown[conversation.id].appendleft(hint)
        frame = dump(self._batch(conversation))
        self._line.offer(gzip.compress(frame.encode()) if next(self._packed) else frame)

    def ready(self, queue: str) -> bool:
        return True

    def check(self) -> None:
        if not self._host.alive(self._token):
            self._line.leave(_EXPIRED)

    async def live(self) -> None:
        pass

    def end(self) -> None:
        pass

    def _obey(self, asked: Mapping[str, Any]) -> tuple[str, str] | None:
        """Do as the client says; the code and the reason, if not."""
        interaction, kinds = asked.get("interactionId"), asked.get("suggestionTypes", list(KINDS))
        if asked.get("type") not in ("subscribe", "unsubscribe"):
            return "bad_type", "unknown type"
        if not isinstance(asked.get("requestId"), str):
            return "bad_request_id", "requestId is missing"
        if not isinstance(interaction, str) or not interaction:
            return "bad_interaction", "interactionId is missing"
        if asked["type"] == "unsubscribe":
            self._kinds.pop(interaction.lower(), None)
            return None
        if not isinstance(kinds, list) or not KINDS.issuperset(map(str, kinds)):
            return "bad_suggestion_types", "suggestionTypes holds an unknown type"
        if reason := self._wrong_window(asked.get("contextWindow")):
            return "bad_context_window", reason
        self._kinds[interaction.lower()] = frozenset(kinds)
        return None

    def _wrong_window(self, window: object) -> str | None:
        times = window if isinstance(window, dict) else {}
        try:
            start, end = (datetime.fromisoformat(times[each]) for each in ("start", "end"))
            if start >= end:
                return "contextWindow ends before it starts"
            # Clients name wall time; the platform's clock runs ahead of it while calls are played.
            if end.timestamp() < time.time() - self._language.stale_after:
                return "contextWindow lies in the past"
        except (KeyError, TypeError, ValueError):
            return "contextWindow needs start and end in ISO 8601 with an offset"
        return None

    def _batch(self, conversation: Conversation) -> Mapping[str, Any]:
        batch: dict[str, Any] = {
            "interactionId": conversation.id,
            "suggestions": [
                {
                    "id": conversation.ids("suggestion", hint.title),
                    "title": hint.title,
                    "confidence": hint.confidence,
                    "relevanceScore": hint.relevance,
                    "knowledgeArticleId": conversation.ids("document", hint.title),
                }
                for hint in self._shown[conversation.id]
            ],
        }
        if self._language.latency is not None:
            batch["metadata"] = {"processingLatencyMs": self._language.latency}
        return batch
