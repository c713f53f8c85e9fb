"""Frames of the languages that name their kind in ``type``: reading, control, answers.

Pure: no I/O. The tutorials show what to send and what events come back, not how a server
acknowledges, refuses or says that it is alive. So all usual forms are understood.
"""

from __future__ import annotations

import re
from typing import Any, Final, TypeVar

import msgspec

from genesys_sentiment.dialects._bodies import UNREADABLE, Body, salvage
from genesys_sentiment.dialects._bounds import check
from genesys_sentiment.errors import BadFrame
from genesys_sentiment.model.events import Unknown
from genesys_sentiment.model.wire import (
    Acknowledged,
    Closing,
    Control,
    Heartbeat,
    Pong,
    Refused,
    TokenRevoked,
)

_HEARTBEATS: Final = frozenset({"heartbeat", "keepalive", "ping"})
_CLOSINGS: Final = frozenset({"closing", "close", "goodbye", "shutdown", "socket_closing"})
_ACKNOWLEDGEMENTS: Final = frozenset(
    {"ack", "acknowledged", "acknowledgement", "subscribed", "unsubscribed", "subscription"}
)
_REFUSALS: Final = frozenset({"error", "nack", "refused", "rejected", "denied", "failed"})
_NO_TOKEN: Final = frozenset(
    {"401", "4001", "unauthorized", "token_expired", "token_revoked", "invalid_token"}
)
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_.-]")
_IDENTITY: Final = re.compile(r"[!-~]{1,128}")


class Said(Body):
    """What a frame of any kind may have."""

    type: Any = None
    action: Any = None
    id: Any = None
    request_id: Any = None
    status: Any = None
    code: Any = None
    error: Any = None
    message: Any = None
    reason: Any = None
    timestamp: Any = None


SaidT = TypeVar("SaidT", bound=Said)


def read(
    text: bytes,
    decoder: msgspec.json.Decoder[SaidT],
    shape: type[SaidT],
    kind: str,
    names: list[str],
) -> SaidT:
    """A frame's text in its shape; names of fields that it does not list go to ``names``.

    Raises BadFrame: ``json``, ``body`` (JSON of another shape), and what ``check`` raises.
    """
    check(text)
    try:
        return decoder.decode(text)
    except msgspec.ValidationError:
        return salvage(text, shape, kind, names)
    except UNREADABLE:
        raise BadFrame("json") from None


def control(said: Said) -> Control | None:
    """What a frame says whose ``type`` (or ``action``) is one of control; None for others."""
    word = kind_of(said)
    if word in _HEARTBEATS:
        return Heartbeat()
    if word == "pong":
        return Pong()
    if word in _CLOSINGS:
        return Closing()
    if word in _REFUSALS:
        return _refusal(said)
    if word in _ACKNOWLEDGEMENTS:
        return _answer(said)
    return None


def rest(said: Said, text: bytes, received: float) -> Control | Unknown:
    """What a frame is that holds no event: an answer, or a kind that nobody here knows.

    Whatever repeats the ``requestId`` of a request, or has a ``status`` or an ``error`` and no
    ``type``, is an answer. Raises BadFrame ``no_type`` where it says not even that.
    """
    word = kind_of(said)
    untyped = not word and (said.status is not None or said.error is not None)
    if untyped or identity(said.request_id) is not None:
        return _answer(said)
    if not word:
        raise BadFrame("no_type")
    return Unknown(topic=word, body=bytes(text), received=received)


def kind_of(said: Said) -> str:
    """The frame's ``type``, or ``action``, in lower case and safe to be shown; else empty."""
    word = said.type if said.type is not None else said.action
    return _safe(word).lower() if isinstance(word, str) else ""


def identity(value: object) -> str | None:
    """``value`` if it can be an id: 1…128 visible ASCII characters. None for anything else."""
    return value if isinstance(value, str) and _IDENTITY.fullmatch(value) else None


def words(value: object, name: str, names: list[str]) -> str | None:
    """A text, None where there is none; for anything else ``name`` is appended."""
    if value is None or isinstance(value, str):
        return value
    names.append(name)
    return None


def _answer(said: Said) -> Control:
    refused = said.error is not None
    if isinstance(said.status, str):
        status = said.status.lower()
        refused |= status in _REFUSALS or status == "failure" or status[:1] in ("4", "5")
    elif isinstance(said.status, int):
        refused |= said.status >= 400
    return _refusal(said) if refused else Acknowledged(identity(said.request_id))


def _refusal(said: Said) -> Control:
    """Its reason is the error's code: the message may repeat anything that was sent."""
    error = said.error
    inner = error.get("code") if isinstance(error, dict) else error
    given = (said.code, inner, said.reason, said.status)
    codes = [str(each) for each in given if isinstance(each, str | int)]
    reason = _safe(codes[0]) if codes else "refused"
    if any(code.lower() in _NO_TOKEN for code in codes):
        return TokenRevoked()
    return Refused(identity(said.request_id), reason)


def _safe(word: str) -> str:
    return _UNSAFE.sub("_", word[:64])
