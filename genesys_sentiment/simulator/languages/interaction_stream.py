"""Tutorial S4: ``/api/v2/interactions/stream``, numbered state changes behind a filter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Literal

from aiohttp import web
from attrs import frozen

from genesys_sentiment.simulator.languages.frames import dump, load
from genesys_sentiment.simulator.languages.language import Entered, Happening, Host, Line, Session
from genesys_sentiment.simulator.times import iso, milliseconds

TYPES = ("voice", "chat", "email")
STATUSES = ("queued", "ringing", "connected", "completed")
_STATUS = {status: status for status in STATUSES[:3]} | {"ended": "completed"}
_EXPIRED = 4001


@frozen(kw_only=True)
class InteractionStream:
    """The token is in the query; a dead one closes the socket with 4001, at once or later.

    ``acks``: whether filter and refresh are acknowledged (the tutorial shows no answer).
    ``times`` is how timestamps are written: ISO 8601 with ``Z``, the same with an offset, or the
    epoch's milliseconds or seconds. ``numbering``: whether ``sequence`` counts the events of the
    socket or those of each interaction on it; both begin at 1 with every socket.
    """

    acks: bool = True
    times: Literal["iso", "offset", "milliseconds", "seconds"] = "iso"
    numbering: Literal["stream", "interaction"] = "stream"
    path: str = "/api/v2/interactions/stream"

    def admit(self, request: web.Request, host: Host) -> Callable[[Line], Session]:
        """Everybody is let in; who has no token that counts is shown out again."""
        token = request.query.get("access_token", "")
        return lambda line: _Stream(line, self, host, token)

    def stamp(self, moment: float) -> str | int | float:
        """A time as this language writes it."""
        match self.times:
            case "iso":
                return iso(moment)
            case "offset":
                local = datetime.fromtimestamp(moment, UTC).astimezone(timezone(timedelta(hours=2)))
                return local.isoformat(timespec="milliseconds")
            case "milliseconds":
                return milliseconds(moment)
            case "seconds":
                return round(moment, 3)


class _Stream:
    def __init__(self, line: Line, language: InteractionStream, host: Host, token: str) -> None:
        self._line = line
        self._language = language
        self._host = host
        self._token = token
        self._types: frozenset[str] = frozenset()
        self._statuses: frozenset[str] = frozenset()
        self._sent: Counter[str] = Counter()
        self.check()

    def hear(self, text: str) -> None:
        asked = load(text)
        if asked is None:
            self._say("error", None, code="bad_message", message="no JSON object")
        elif asked.get("type") == "refresh":
            self._refresh(asked.get("access_token"))
        elif isinstance(asked.get("filter"), dict):
            self._filter(asked["filter"])
        else:
            self._say("error", None, code="bad_message", message="neither filter nor refresh")

    def tell(self, happening: Happening) -> None:
        if not isinstance(happening, Entered) or happening.status not in _STATUS:
            return
        status, medium = _STATUS[happening.status], happening.conversation.medium
        if status in self._statuses and medium in self._types:
            self._line.offer(dump(self._event(happening, status)))

    def ready(self, queue: str) -> bool:
        return bool(self._statuses)

    def check(self) -> None:
        if not self._host.alive(self._token):
            self._line.leave(_EXPIRED)

    async def live(self) -> None:
        pass

    def end(self) -> None:
        pass

    def _event(self, entered: Entered, status: str) -> Mapping[str, Any]:
        conversation = entered.conversation
        whose = conversation.id if self._language.numbering == "interaction" else ""
        self._sent[whose] += 1
        attributes = {"queueId": conversation.queue}
        if conversation.alerted is not None:
            attributes["agentId"] = conversation.agent
        return {
            "sequence": self._sent[whose],
            "id": conversation.id,
            "type": "interaction",
            "status": status,
            "channelType": conversation.medium,
            "timestamp": self._language.stamp(entered.at),
            "attributes": attributes,
        }

    def _filter(self, wanted: Mapping[str, Any]) -> None:
        types, unknown_types = _sorted_out(wanted.get("types"), TYPES)
        statuses, unknown_statuses = _sorted_out(wanted.get("status"), STATUSES)
        if unknown_types or unknown_statuses:
            named = ", ".join(map(str, [*unknown_types, *unknown_statuses]))
            rejected = {"types": unknown_types, "status": unknown_statuses}
            message = f"Filter criteria rejected by server: {named}"
            error = {"code": "filter_rejected", "message": message, "rejected": rejected}
            self._say("error", "filter", **error)
            return
        self._types, self._statuses = frozenset(types), frozenset(statuses)
        self._acknowledge("filter")

    def _refresh(self, token: object) -> None:
        if not isinstance(token, str) or not self._host.alive(token):
            reason = "access_token is expired or invalid"
            self._say("error", "refresh", code="token_rejected", message=reason)
            return
        self._token = token
        self._acknowledge("refresh")

    def _acknowledge(self, what: str) -> None:
        if self._language.acks:
            self._say("ack", what)

    def _say(self, kind: str, about: str | None, **more: object) -> None:
        # The tutorial's messages have no ids: an answer names what it is for.
        self._line.say(dump({"type": kind, "for": about, **more}))


def _sorted_out(wanted: object, known: Sequence[str]) -> tuple[Sequence[str], Sequence[Any]]:
    """What is known and what is not; what is not said means everything."""
    if wanted is None:
        return known, []
    values = wanted if isinstance(wanted, list) else [wanted]
    return [each for each in known if each in values], [
        each for each in values if each not in known
    ]
