"""Tutorial S0: ``/api/v2/websocket``, ``SUBSCRIBE`` to one interaction, scored events of it."""

from __future__ import annotations

import re
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web
from attrs import frozen

from genesys_sentiment.simulator.languages.frames import dump, load
from genesys_sentiment.simulator.languages.language import Happening, Host, Line, Session, Spoken
from genesys_sentiment.simulator.languages.readings import label, mood
from genesys_sentiment.simulator.languages.tokens import bearer
from genesys_sentiment.simulator.times import milliseconds

_TOPIC = re.compile(r"v2\.interaction\.([A-Za-z0-9-]{1,64})")


@frozen(kw_only=True)
class InteractionTopics:
    """The token is judged at the handshake and never again, as the tutorial says.

    ``acks``: whether SUBSCRIBE and UNSUBSCRIBE are acknowledged (the tutorial shows no answer at
    all). ``pacing``: real seconds that must lie between two of them, else they are refused.
    ``segments``: how many of the latest segments an event carries.
    """

    acks: bool = True
    pacing: float = 0.0
    segments: int = 3
    path: str = "/api/v2/websocket"

    def admit(self, request: web.Request, host: Host) -> Callable[[Line], Session]:
        """401 without a bearer token that counts."""
        bearer(request, host)
        return lambda line: _Topics(line, self)


class _Topics:
    def __init__(self, line: Line, language: InteractionTopics) -> None:
        self._line = line
        self._language = language
        self._wanted: set[str] = set()
        self._segments: dict[str, deque[Mapping[str, Any]]] = defaultdict(
            lambda: deque(maxlen=language.segments)
        )
        self._heard = float("-inf")

    def hear(self, text: str) -> None:
        asked = load(text) or {}
        reason = self._obey(asked)
        if not self._language.acks:
            return
        reply: dict[str, Any] = {"op": "ERROR" if reason else "ACK", "id": asked.get("id")}
        self._line.say(dump(reply | {"message": reason} if reason else reply))

    def tell(self, happening: Happening) -> None:
        if isinstance(happening, Spoken) and happening.conversation.id in self._wanted:
            self._line.offer(dump({"type": "v2.interaction", "data": self._data(happening)}))

    def ready(self, queue: str) -> bool:
        return True

    def check(self) -> None:
        pass

    async def live(self) -> None:
        pass

    def end(self) -> None:
        pass

    def _obey(self, asked: Mapping[str, Any]) -> str | None:
        """Do as the client says; why not, if not."""
        now = time.monotonic()
        early, self._heard = now - self._heard < self._language.pacing, now
        topic = _TOPIC.fullmatch(str(asked.get("topic")))
        if asked.get("op") not in ("SUBSCRIBE", "UNSUBSCRIBE"):
            return "unknown op"
        if not isinstance(asked.get("id"), str):
            return "id is missing"
        if topic is None:
            return "unknown topic"
        if early:
            return "too many requests"
        interaction = topic[1].lower()
        if asked["op"] == "SUBSCRIBE":
            self._wanted.add(interaction)
        else:
            self._wanted.discard(interaction)
            self._segments.pop(interaction, None)
        return None

    def _data(self, spoken: Spoken) -> Mapping[str, Any]:
        turn, conversation = spoken.turn, spoken.conversation
        segments = self._segments[conversation.id]
        segments.append(
            {
                "id": conversation.utterance(turn),
                "timestamp": milliseconds(spoken.at),
                "participant": "agent" if turn.speaker == "agent" else "customer",
                "text": turn.text,
            }
        )
        found = mood(turn)
        data: dict[str, Any] = {
            "id": conversation.id,
            "language": turn.language,
            "segments": list(segments),
            "sentiment": None,
        }
        if found.score is not None:
            data["sentiment"] = {
                "polarity": found.score,
                "confidence": found.confidence,
                "label": label(found.score),
            }
        if found.emotion is not None:
            data["emotion"] = {"label": found.emotion, "confidence": found.emotion_confidence}
        return data
