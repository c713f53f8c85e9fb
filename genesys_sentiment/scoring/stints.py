"""Which state changes begin and end an agent's part in a conversation (S3-12). Pure: no I/O.

An agent's part, from connected to disconnected, is called a stint here: one conversation has
several when it is transferred, and one agent has one after the other.
"""

from __future__ import annotations

from typing import Final, Literal

from genesys_sentiment.model.events import StateChange

_STAFF: Final = frozenset({"agent", "user"})
_NOT_A_LEG: Final = frozenset({"hold", "transcription"})
_BEGUN: Final = frozenset({"connected", "user.start"})
_OVER: Final = frozenset(
    {
        "acw",
        "completed",
        "customer.end",
        "disconnected",
        "ended",
        "terminated",
        "user.end",
        "wrapup",
    }
)


def begins(change: StateChange) -> bool:
    """Whether an agent is connected from here on. A customer's or a flow's leg is no agent's."""
    if change.subject in _NOT_A_LEG or change.state.casefold() not in _BEGUN:
        return False
    return change.purpose in _STAFF or (change.purpose is None and change.user is not None)


def ends(change: StateChange) -> Literal["agent", "conversation"] | None:
    """Whose part is over: one agent's, everybody's, or nobody's (None).

    After-call work and wrap-up count: they come instead of the end, before it or after it. The
    customer's end is everybody's. The legs of flows, queues and third parties come and go.
    """
    if change.subject in _NOT_A_LEG:
        return None
    if change.subject not in ("acw", "wrapup") and change.state.casefold() not in _OVER:
        return None
    if change.purpose in _STAFF:
        return "agent"
    if change.purpose == "customer":
        return "conversation"
    if change.purpose is not None:
        return None
    return "conversation" if change.user is None else "agent"
