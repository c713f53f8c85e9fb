"""Pure: no I/O. The small events of ``v2.detail.events.conversation.{id}.…``, one a transition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from genesys_sentiment.simulator.conversation import Conversation
from genesys_sentiment.simulator.times import milliseconds

_PURPOSE = {"user": "agent", "acw": "agent", "wrapup": "agent"}


def detail_event(conversation: Conversation, kind: str, now: float) -> Mapping[str, Any]:
    """The body of one detail event (``customer.start``, ``acd.end``, ``acw``, …) at ``now``.

    Times are epoch milliseconds and enumerations upper case, unlike everywhere else.
    """
    who = kind.partition(".")[0]
    purpose = _PURPOSE.get(who, who)
    body: dict[str, Any] = {
        "eventTime": milliseconds(now),
        "conversationId": conversation.id,
        "participantId": conversation.ids("participant", purpose),
        "sessionId": conversation.communication(purpose),
        "mediaType": conversation.medium.upper(),
        "provider": "Edge",
        "direction": "INBOUND",
        "ani": "tel:+15550100",
        "dnis": "tel:+15550199",
    }
    if who in ("user", "acd", "acw", "wrapup"):
        body["queueId"] = conversation.queue
    if who in ("user", "acw"):
        body["userId"] = conversation.agent
    return body | _ending(conversation, kind, now)


def _ending(conversation: Conversation, kind: str, now: float) -> dict[str, Any]:
    started, answered = conversation.started, conversation.answered or now
    match kind:
        case "acd.end":
            return {
                "disconnectType": "TRANSFER",
                "acdOutcome": "ANSWERED",
                "answeredUserId": conversation.agent,
                "connectedDurationMs": milliseconds(now - started),
            }
        case "customer.end":
            return {
                "disconnectType": "CLIENT",
                "interactingDurationMs": milliseconds(now - started),
            }
        case "user.end":
            return {"disconnectType": "PEER", "interactingDurationMs": milliseconds(now - answered)}
        case "acw" | "wrapup":
            return {
                "wrapupCode": conversation.ids("wrapup"),
                "wrapupNotes": "",
                "wrapupDurationMs": milliseconds(now - (conversation.acw_started or now)),
            }
        case _:
            return {}
