"""Frames that are no events, in tutorials that show none of them: every usual form is understood.

Pure: no I/O. A frame says what it is in ``op``, ``type`` or ``event``; whose answer it is in
``id``, ``requestId``, ``reference``, ``request`` or ``for``.
"""

from __future__ import annotations

import re
from typing import Any, Final

from msgspec import Struct, field

from genesys_sentiment.errors import BadFrame
from genesys_sentiment.model.events import Unknown
from genesys_sentiment.model.wire import (
    Acknowledged,
    Closing,
    Heartbeat,
    Pong,
    Refused,
    TokenRevoked,
    WireMessage,
)

_HEARTBEATS: Final = frozenset({"heartbeat", "ping", "keepalive"})
_ACKNOWLEDGEMENTS: Final = frozenset(
    {"ack", "acknowledged", "ok", "subscribed", "unsubscribed", "refreshed", "token_refreshed"}
)
_REFUSALS: Final = frozenset({"error", "err", "nack", "refused", "rejected"})
_CLOSINGS: Final = frozenset({"closing", "close", "goodbye", "socket_closing"})
_NO_TOKEN: Final = frozenset({"401", "4001", "unauthorized", "token_expired", "invalid_token"})
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9 ,.:_-]+")
_REFERENCE: Final = re.compile(r"[!-~]{1,128}")


class Said(Struct):
    """What such a frame may have; of any type, as nobody promised one."""

    op: Any = None
    type: Any = None
    event: Any = None
    id: Any = None
    request_id: Any = field(default=None, name="requestId")
    reference: Any = None
    request: Any = None
    whose: Any = field(default=None, name="for")
    code: Any = None
    status: Any = None
    message: Any = None
    error: Any = None


def said(frame: Said, raw: bytes, received: float) -> WireMessage:
    """What a frame means that is no event. Raises BadFrame ``no_type`` where it says nothing."""
    kind = kind_of(frame)
    if kind in _HEARTBEATS:
        return Heartbeat()
    if kind == "pong":
        return Pong()
    if kind in _ACKNOWLEDGEMENTS:
        return Acknowledged(reference_of(frame))
    if kind in _REFUSALS:
        reference = reference_of(frame)
        if reference is None and codes_of(frame) & _NO_TOKEN:
            return TokenRevoked()
        return Refused(reference, reason_of(frame))
    if kind in _CLOSINGS:
        return Closing()
    if not kind:
        raise BadFrame("no_type")
    return Unknown(topic=kind, body=raw, received=received)


def kind_of(frame: Said) -> str:
    """The word that says what a frame is, in lower case, safe to be shown; empty without one."""
    for word in (frame.op, frame.type, frame.event):
        if isinstance(word, str) and word:
            return _UNSAFE.sub("_", word[:64]).lower()
    return ""


def reference_of(frame: Said) -> str | None:
    """Whose answer it is; None where it does not say, or says nothing that can be an id."""
    for value in (frame.id, frame.request_id, frame.reference, frame.request, frame.whose):
        if isinstance(value, str) and _REFERENCE.fullmatch(value):
            return value
    return None


def codes_of(frame: Said) -> frozenset[str]:
    """The codes of a refusal, in lower case."""
    values = (frame.code, frame.status, frame.error)
    return frozenset(str(each).lower()[:64] for each in values if isinstance(each, str | int))


def reason_of(frame: Said) -> str:
    """Why something was refused, in at most 200 harmless characters."""
    for value in (frame.message, frame.error, frame.code, frame.status):
        if isinstance(value, str | int) and not isinstance(value, bool):
            return _UNSAFE.sub("_", str(value)[:200])
    return "refused"
