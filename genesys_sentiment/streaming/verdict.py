"""Retry or not: one pure function over one table. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from attrs import frozen

from genesys_sentiment.errors import (
    AuthError,
    CertificateRefused,
    CloudError,
    ConnectionFailed,
    ConnectionLost,
    GenesysSentimentError,
    HandshakeRefused,
    NotFound,
    PermissionDenied,
    ProtocolError,
    RateLimited,
)
from genesys_sentiment.streaming.actions import Leave

Kind: TypeAlias = Literal["again", "channel", "token", "protocol", "fatal"]

REFUSALS = 3
"""Refused tokens in a row, or protocol errors within five minutes, until it is fatal."""

_BY_CLOSE_CODE: Mapping[int, Kind] = {
    1002: "protocol",
    1003: "protocol",
    1007: "protocol",
    1008: "protocol",
    1009: "protocol",
    4001: "token",
    4003: "fatal",
}
_BY_HANDSHAKE: Mapping[int, Kind] = {
    401: "token",
    403: "fatal",
    404: "channel",
    410: "channel",
    408: "again",
    425: "again",
    429: "again",
}
_ADVICE: Mapping[int, str] = {
    1008: "the server refuses our messages by policy",
    1009: "a frame was larger than 1 MiB",
}


class Left(Exception):
    """The session decided to leave a connection that is still open."""

    def __init__(self, leave: Leave) -> None:
        super().__init__(leave.reason)
        self.leave = leave


@frozen(kw_only=True)
class Verdict:
    """What follows from an error.

    ``kind``: ``again`` (reconnect), ``channel`` (with a new channel), ``token`` (with a new token
    and channel), ``protocol`` (reconnect, but only so often), ``fatal``. ``after``: seconds to
    wait at least. ``error``: what the iterator raises when it is fatal. ``reason``: what a Gap
    says of it.
    """

    kind: Kind
    error: Exception
    after: float = 0.0
    reason: str = "disconnected"


def judge(error: Exception) -> Verdict:
    """The verdict on what ended a connection, or an attempt to open one.

    An error that is not ours is a bug, and fatal as it stands: nobody learns of it otherwise.
    """
    match error:
        case Left():
            return _judge_leave(error.leave)
        case HandshakeRefused():
            return _judge_handshake(error)
        case ConnectionLost():
            return _judge_close(error)
        case CertificateRefused():
            return Verdict(kind="fatal", error=error)
        case RateLimited():
            return Verdict(kind="again", error=error, after=error.retry_after or 0.0)
        case NotFound():
            return Verdict(kind="channel", error=error)
        case CloudError() if error.status >= 500 or error.status in (408, 425):
            return Verdict(kind="again", error=error)
        case ProtocolError():
            return Verdict(kind="protocol", error=error)
        case ConnectionFailed() | TimeoutError():
            return Verdict(kind="again", error=error)
        case _:
            return Verdict(kind="fatal", error=error)


def cause(error: Exception, leave: Leave | None) -> Exception:
    """Why a connection really ended of which the server had said ``leave``: None, nothing."""
    return error if leave is None or judge(error).kind != "again" else Left(leave)


def _judge_leave(leave: Leave) -> Verdict:
    kind: Kind = "again" if leave.keep_channel else "channel"
    error = AuthError(f"the platform ended the connection again and again: {leave.reason}")
    return Verdict(kind="token" if leave.refuse_token else kind, error=error, reason=leave.reason)


def _judge_handshake(error: HandshakeRefused) -> Verdict:
    kind = _BY_HANDSHAKE.get(error.status, "again" if error.status >= 500 else "fatal")
    raised: GenesysSentimentError = error
    if error.status == 401:
        raised = AuthError(f"{error.host} keeps refusing the token", status=401)
    elif error.status == 403:
        raised = PermissionDenied(
            f"{error.host} refused the connection (403): the OAuth client lacks a role or"
            " permission"
        )
    return Verdict(kind=kind, error=raised, after=error.retry_after or 0.0)


def _judge_close(error: ConnectionLost) -> Verdict:
    kind = _BY_CLOSE_CODE.get(error.code, "again")
    raised: GenesysSentimentError = error
    if kind == "token":
        raised = AuthError(f"{error.host} keeps refusing the token", status=error.code)
    elif kind == "fatal":
        raised = PermissionDenied(
            f"{error.host} closed the connection as forbidden ({error.code}): the OAuth client"
            " lacks a role or permission"
        )
    elif kind == "protocol":
        why = _ADVICE.get(error.code, "it could not read what we sent")
        raised = ProtocolError(
            f"{error.host} closed the connection with {error.code}: {why}", code=error.code
        )
    return Verdict(kind=kind, error=raised)
