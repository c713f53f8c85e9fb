"""Frames of the tutorials' languages: reading, control, answers.

Pure: no I/O. The tutorials show what to send and what events come back, not how a server
acknowledges, refuses or says that it is alive. So all usual forms are understood.
"""

from __future__ import annotations

import re
from typing import Any, Final, TypeVar

import msgspec
from msgspec import field

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
    {
        "ack",
        "acknowledged",
        "acknowledgement",
        "ok",
        "refreshed",
        "subscribed",
        "subscription",
        "token_refreshed",
        "unsubscribed",
    }
)
_REFUSALS: Final = frozenset({"error", "err", "nack", "refused", "rejected", "denied", "failed"})
_NO_TOKEN: Final = frozenset(
    {"401", "4001", "unauthorized", "token_expired", "token_revoked", "invalid_token"}
)
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_.-]")
_UNSAFE_TEXT: Final = re.compile(r"[^A-Za-z0-9 ,.:_-]+")
_LONG_WORD: Final = re.compile(r"\S{24,}")
_IDENTITY: Final = re.compile(r"[!-~]{1,128}")


class Said(Body):
    """What a frame of any kind may have."""

    type: Any = None
    action: Any = None
    id: Any = None
    request_id: Any = None
    status: Any = None
    code: Any = None
    error: dict[str, Any] | Any = None
    message: Any = None
    reason: Any = None
    timestamp: Any = None

    def word(self) -> object:
        """What names the frame's kind."""
        return self.type if self.type is not None else self.action

    def whose(self) -> str | None:
        """Whose answer it is; None where it does not say, or says nothing that can be an id."""
        return identity(self.request_id)

    def revokes(self) -> bool:
        """Whether a refusal says that the token is no longer good."""
        return not _NO_TOKEN.isdisjoint(code.lower() for code in _codes(self))

    def why(self) -> str:
        """The reason's code: the message may repeat anything that was sent."""
        codes = _codes(self)
        return _safe(codes[0]) if codes else "refused"


class SaidAnyhow(Said, forbid_unknown_fields=False):
    """The same where the tutorial shows no reply at all: kind and request under any usual name."""

    op: Any = None
    event: Any = None
    reference: Any = None
    request: Any = None
    about: Any = field(default=None, name="for")

    def word(self) -> object:
        kinds = (self.op, self.type, self.event, self.action)
        return next((each for each in kinds if isinstance(each, str) and each), None)

    def whose(self) -> str | None:
        named = (self.id, self.request_id, self.reference, self.request, self.about)
        return next((found for each in named if (found := identity(each))), None)

    def revokes(self) -> bool:
        """Only where it is no answer: a refused request is told to whoever asked."""
        return self.whose() is None and not _NO_TOKEN.isdisjoint(codes_of(self))

    def why(self) -> str:
        """The message, else a code, in at most 200 harmless characters.

        Long words are left out: a server may repeat a token, and no word is as long as one.
        """
        for value in (self.message, self.error, self.code, self.status, self.reason):
            if isinstance(value, str | int) and not isinstance(value, bool):
                return _UNSAFE_TEXT.sub("_", _LONG_WORD.sub("_", str(value)[:2000]))[:200]
        return "refused"


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
    """The word that says what a frame is, in lower case and safe to be shown; else empty."""
    word = said.word()
    return _safe(word).lower() if isinstance(word, str) else ""


def identity(value: object) -> str | None:
    """``value`` if it can be an id: 1…128 visible ASCII characters. None for anything else."""
    return value if isinstance(value, str) and _IDENTITY.fullmatch(value) else None


def codes_of(said: Said) -> frozenset[str]:
    """The codes of a refusal, in lower case."""
    values = (said.code, said.status, said.error)
    return frozenset(str(each).lower()[:64] for each in values if isinstance(each, str | int))


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
    return _refusal(said) if refused else Acknowledged(said.whose())


def _refusal(said: Said) -> Control:
    return TokenRevoked() if said.revokes() else Refused(said.whose(), said.why())


def _codes(said: Said) -> list[str]:
    inner = said.error.get("code") if isinstance(said.error, dict) else said.error
    given = (said.code, inner, said.reason, said.status)
    return [str(each) for each in given if isinstance(each, str | int)]


def _safe(word: str) -> str:
    return _UNSAFE.sub("_", word[:64])
