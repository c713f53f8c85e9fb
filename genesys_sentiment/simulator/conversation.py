"""Pure: no I/O. One simulated conversation: its ids, its moments, and how the platform shows it.

Everything the platform says of a conversation follows from the moments at which something
happened to it, so only those are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from attrs import define, field, frozen

from genesys_sentiment.simulator.call_files import Turn
from genesys_sentiment.simulator.times import iso

COMMUNICATIONS = {"voice": "calls", "chat": "chats", "email": "emails", "message": "messages"}
"""What a participant's communications are called, by the conversation's medium."""
_NOT_FLAT = {"queueId", "userId", *COMMUNICATIONS.values()}
_OF_CALL = (
    *("state", "initialState", "direction", "held", "muted", "recording", "confined"),
    *("securePause", "provider", "disconnectType"),
)


@frozen
class Ids:
    """Ids made from a seed and a name: the same run gives the same ids."""

    namespace: UUID

    @classmethod
    def of(cls, *parts: object) -> Ids:
        """The ids that belong to one thing, named by its parts."""
        return cls(uuid5(NAMESPACE_OID, "/".join(map(str, parts))))

    def __call__(self, *parts: object) -> str:
        """The id of one part of it."""
        return str(uuid5(self.namespace, "/".join(map(str, parts))))


@frozen(kw_only=True)
class Said:
    """A turn whose final text the platform has, since ``at``."""

    turn: Turn
    at: float


@define(kw_only=True)
class Conversation:
    """One conversation. Moments are platform seconds since the epoch, None: not yet.

    ``medium`` is ``voice``, ``chat``, ``email`` or ``message``. ``spoken`` is in the order of
    recognition. ``attributes`` are those that clients wrote, by participant; ``own_attributes``
    are tutorial S1's, None: never written.

    ``started``: in the queue. ``alerted``: an agent's phone rings. ``answered``: agent and
    customer talk. ``ended``: hung up. ``acw_started`` and ``acw_ended``: after-call work.
    """

    ids: Ids
    queue: str
    organization: str
    started: float
    medium: str = "voice"
    started_wall: float = 0.0
    alerted: float | None = None
    answered: float | None = None
    ended: float | None = None
    ended_wall: float | None = None
    acw_started: float | None = None
    acw_ended: float | None = None
    sentiment: tuple[float, float] | None = None
    suggestions: list[dict[str, Any]] = field(factory=list, repr=False)
    suggestion_events: dict[str, dict[str, Any]] = field(factory=dict, repr=False)
    spoken: list[Said] = field(factory=list, repr=False)
    attributes: dict[str, dict[str, str]] = field(factory=dict, repr=False)
    own_attributes: dict[str, str] | None = field(default=None, repr=False)
    secure_attributes: dict[str, str] = field(factory=dict, repr=False)
    secure_version: int = 0

    @property
    def id(self) -> str:
        """The conversation's id."""
        return self.ids("conversation")

    @property
    def agent(self) -> str:
        """The user id of its agent."""
        return self.ids("user")

    @property
    def participants(self) -> Sequence[str]:
        """The ids of its participants so far."""
        return [each["id"] for each in self._participants()]

    def communication(self, purpose: str) -> str:
        """The id of a participant's call, or of what it is in another medium."""
        return self.ids("communication", purpose)

    def utterance(self, turn: Turn) -> str:
        """The id of a turn's text, the same for every revision of it."""
        return self.ids("utterance", turn.index, turn.speaker, turn.start)

    def snapshot(self) -> dict[str, Any]:
        """The whole conversation, as queue and user topics send it."""
        return {
            "id": self.id,
            "maxParticipants": 0,
            "recordingState": "none",
            "address": "tel:+15550100",
            "securePause": False,
            "participants": self._participants(),
            "recentTransfers": [],
            "divisions": [],
        }

    def resource(self) -> dict[str, Any]:
        """As ``GET /api/v2/conversations/{id}`` answers."""
        participants = self._participants()
        for participant in participants:
            participant["startTime"] = participant.get("connectedTime", iso(self.started))
        shown = self.snapshot() | {
            "startTime": iso(self.started),
            "participants": participants,
            "selfUri": f"/api/v2/conversations/{self.id}",
        }
        if self.ended is not None:
            shown["endTime"] = iso(self.ended)
        if self.own_attributes is not None:
            shown["attributes"] = self.own_attributes
        return shown

    def details(self) -> dict[str, Any]:
        """As the analytics details query lists it."""
        shown: dict[str, Any] = {
            "conversationId": self.id,
            "conversationStart": iso(self.started),
            "originatingDirection": "inbound",
            "divisionIds": [],
            "participants": [
                {
                    "participantId": participant["id"],
                    "purpose": participant["purpose"],
                    "sessions": [self._session(participant)],
                }
                | ({"userId": self.agent} if participant["purpose"] == "agent" else {})
                for participant in self._participants()
            ],
        }
        if self.ended is not None:
            shown["conversationEnd"] = iso(self.ended)
        return shown

    def call_snapshot(self) -> dict[str, Any]:
        """The same, as the topics of one medium send it: the call is part of its participant."""
        flat = [_flat(each, COMMUNICATIONS[self.medium]) for each in self._participants()]
        shown = self.snapshot() | {"participants": flat}
        del shown["recentTransfers"]
        return shown

    def matches(self, since: float, until: float) -> bool:
        """Whether it lay in an interval of wall time, which is what clients name."""
        over = self.ended_wall is not None and self.ended_wall < since
        return self.started_wall <= until and not over

    def _participants(self) -> list[dict[str, Any]]:
        shown = [
            self._participant("customer", self.started, self.ended, "connected"),
            self._participant("acd", self.started, self.answered or self.ended, "connected"),
        ]
        if self.alerted is not None:
            state = "connected" if self.answered is not None else "alerting"
            shown.append(self._participant("agent", self.answered, self.ended, state))
        return shown

    def _participant(
        self, purpose: str, connected: float | None, ended: float | None, state: str
    ) -> dict[str, Any]:
        call: dict[str, Any] = {
            "id": self.communication(purpose),
            "state": state if ended is None else "disconnected",
            "initialState": "alerting" if purpose == "agent" else "connected",
            "direction": "inbound",
            "held": False,
            "muted": False,
            "recording": False,
            "confined": False,
            "securePause": False,
            "provider": "Edge",
        }
        shown: dict[str, Any] = {
            "id": self.ids("participant", purpose),
            "purpose": purpose,
            "name": {"customer": "Caller", "acd": "Queue", "agent": "Agent"}[purpose],
            "queueId": self.queue,
            "attributes": self.attributes.get(self.ids("participant", purpose), {}),
            "wrapupRequired": purpose == "agent",
            COMMUNICATIONS[self.medium]: [call],
        }
        if self.medium == "message":
            call |= {"type": "webmessaging", "messages": self._messages(purpose)}
        if connected is not None:
            shown["connectedTime"] = call["connectedTime"] = iso(connected)
        if ended is not None:
            shown["endTime"] = call["disconnectedTime"] = iso(ended)
            call["disconnectType"] = "transfer" if purpose == "acd" else "client"
        if purpose == "agent":
            shown["userId"] = self.agent
            self._after_call(shown)
        return shown

    def _messages(self, purpose: str) -> list[dict[str, Any]]:
        speaker = {"customer": "caller"}.get(purpose, purpose)
        return [
            {
                "messageId": self.utterance(said.turn),
                "messageTime": iso(said.at),
                "messageStatus": "delivery-success",
                "media": [],
            }
            for said in self.spoken
            if said.turn.speaker == speaker
        ]

    def _after_call(self, shown: dict[str, Any]) -> None:
        if self.acw_started is None:
            return
        shown["startAcwTime"] = iso(self.acw_started)
        if self.acw_ended is not None:
            shown["endAcwTime"] = iso(self.acw_ended)
            shown["wrapup"] = {
                "code": self.ids("wrapup"),
                "notes": "",
                "durationSeconds": round(self.acw_ended - self.acw_started),
                "endTime": iso(self.acw_ended),
            }

    def _session(self, participant: dict[str, Any]) -> dict[str, Any]:
        segment = {
            "segmentStart": participant.get("connectedTime", iso(self.started)),
            "segmentType": "interact",
            "queueId": self.queue,
            "conference": False,
        }
        if "endTime" in participant:
            segment |= {"segmentEnd": participant["endTime"], "disconnectType": "client"}
        return {
            "sessionId": participant[COMMUNICATIONS[self.medium]][0]["id"],
            "mediaType": self.medium,
            "direction": "inbound",
            "provider": "Edge",
            "segments": [segment],
        }


def _flat(participant: dict[str, Any], communications: str) -> dict[str, Any]:
    """A participant of one call, with the call's own fields; its users and queues are objects."""
    flat = {name: value for name, value in participant.items() if name not in _NOT_FLAT}
    flat["queue"] = {"id": participant["queueId"]}
    if "userId" in participant:
        flat["user"] = {"id": participant["userId"]}
    call = participant[communications][0]
    return flat | {name: call[name] for name in _OF_CALL if name in call}


def assistant_of(queue: str) -> str:
    """The id of a queue's assistant."""
    return Ids.of("assistant", queue)("assistant")


def ordered(conversations: Sequence[Conversation], newest_first: bool) -> list[Conversation]:
    """In the order in which a details query lists them."""
    return sorted(conversations, key=lambda each: each.started, reverse=newest_first)
