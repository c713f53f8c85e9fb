"""Every error this library raises on purpose. Pure: no I/O.

GenesysSentimentError
├── ConfigurationError        what the caller gave cannot work; nothing was sent (also a ValueError)
├── AuthError                 the credentials or the token were refused
├── PermissionDenied          the credentials are good, a role or permission is missing
├── CloudError                a REST call failed for good; carries status, code, correlation id
│   ├── NotFound              404
│   ├── RateLimited           429, and the time allowed for waiting is used up
│   └── LimitExceeded         a documented limit, checked before the call or answered by it
├── ConnectionFailed          no answer: name resolution, refused, reset, timed out, TLS
│   ├── CertificateRefused    TLS verification failed; never retried
│   ├── HandshakeRefused      the server answered the WebSocket upgrade with an HTTP status
│   └── ConnectionLost        an open socket ended; carries its close code
├── ProtocolError             the other side keeps breaking its protocol
├── BadFrame                  one frame could not be read (a dialect raises this and nothing else)
├── SinkFailed                some of a batch, or all of it, did not reach its receiver
├── SignatureRefused          a webhook that came in is not genuine, or not fresh
├── LogFailed                 a log cannot keep what it was given, or is damaged
│   ├── LogFull               there is no room for more (what is urgent may still fit)
│   └── LogInUse              another process has it open
├── AuditBroken               an audit file was changed, or its end is missing
└── AnalyzerError             an analyzer's model or lexicon is damaged

No message or attribute holds a token, a client secret, a connectUri or transcript text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Self

from attrs import frozen


class GenesysSentimentError(Exception):
    """The root of the tree."""


class ConfigurationError(GenesysSentimentError, ValueError):
    """What the caller gave cannot work; the message says what to change. Nothing was sent."""


class AuthError(GenesysSentimentError):
    """The platform refused the credentials, or a token made from them three times in a row.

    ``status`` is the HTTP status or WebSocket close code, None where there was none.
    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class PermissionDenied(GenesysSentimentError):
    """A role or permission is missing. Client credentials get theirs from roles, never scopes.

    ``missing`` names the permissions where the platform named them, else it is empty.
    """

    def __init__(
        self, message: str, *, missing: Sequence[str] = (), correlation: str | None = None
    ) -> None:
        super().__init__(message)
        self.missing = tuple(missing)
        self.correlation = correlation


class CloudError(GenesysSentimentError):
    """A REST call failed for good.

    ``status``: HTTP status. ``code``: the platform's own error code, None where it sent none.
    ``correlation``: what Genesys support asks for, None where no answer carried one.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str | None = None,
        correlation: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.correlation = correlation


class NotFound(CloudError):
    """The resource does not exist, or is gone (an expired or evicted channel)."""


class RateLimited(CloudError):
    """Still 429 when the time allowed for waiting was used up.

    ``retry_after``: seconds the platform asked for (clamped), None where it did not say.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 429,
        code: str | None = None,
        correlation: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, status=status, code=code, correlation=correlation)
        self.retry_after = retry_after


class LimitExceeded(CloudError):
    """A documented limit of the platform (1,000 topics a channel, 200 characters a topic)."""


class ConnectionFailed(GenesysSentimentError):
    """No answer from a host. ``host`` names it; the cause is chained."""

    def __init__(self, message: str, *, host: str) -> None:
        super().__init__(message)
        self.host = host


class CertificateRefused(ConnectionFailed):
    """TLS verification of the host failed. Fatal at once, never downgraded."""


class HandshakeRefused(ConnectionFailed):
    """The server answered the WebSocket upgrade with an HTTP ``status``.

    ``retry_after``: seconds the server asked for (clamped), None where it did not say.
    """

    def __init__(
        self, message: str, *, host: str, status: int, retry_after: float | None = None
    ) -> None:
        super().__init__(message, host=host)
        self.status = status
        self.retry_after = retry_after


class ConnectionLost(ConnectionFailed):
    """An open socket ended. ``code`` is the close code, 1006 where no close frame came."""

    def __init__(self, message: str, *, host: str, code: int) -> None:
        super().__init__(message, host=host)
        self.code = code


class ProtocolError(GenesysSentimentError):
    """The other side keeps breaking its protocol (close codes 1002, 1003, 1007, 1008, 1009).

    ``code`` is the WebSocket close code, None where there was none.
    """

    def __init__(self, message: str, *, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class BadFrame(GenesysSentimentError):
    """One frame could not be read. ``reason`` is a short fixed word, never the frame's content."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"unreadable frame: {reason}")
        self.reason = reason


@frozen
class Failure:
    """One entry of a batch that did not go through.

    ``index``: its place in the batch. ``reason``: a short word, or the receiver's own code, never
    its content. ``retry``: whether trying again can help. ``after``: seconds that the receiver
    asked for, None where it did not. ``tried``: False for one that was only held back, behind
    another of its conversation.
    """

    index: int
    reason: str
    retry: bool = True
    after: float | None = None
    tried: bool = True


class SinkFailed(GenesysSentimentError):
    """Some of a batch, or all of it, did not reach its receiver; what is not named here did.

    ``disabled``: the receiver wants nothing any more (410 Gone): the sink is not served until
    somebody sees to it.
    """

    def __init__(self, failures: Iterable[Failure], *, disabled: bool = False) -> None:
        self.failures = tuple(failures)
        self.disabled = disabled
        reasons = Counter(each.reason for each in self.failures)
        said = ", ".join(f"{reason} ({count})" for reason, count in sorted(reasons.items()))
        super().__init__(f"not delivered: {said}")

    @classmethod
    def whole(
        cls, size: int, reason: str, *, retry: bool = True, after: float | None = None
    ) -> Self:
        """Nothing of a batch of ``size`` went through."""
        return cls(Failure(index, reason, retry, after) for index in range(size))


class SignatureRefused(GenesysSentimentError):
    """A webhook that came in is not genuine, or not fresh: answer 400, and use nothing of it.

    ``reason``: ``missing`` or ``malformed`` (its headers), ``signature``, ``time``, or ``body``
    (not UTF-8).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"webhook refused: {reason}")
        self.reason = reason


class LogFailed(GenesysSentimentError):
    """A log cannot keep what it was given, or is damaged. The message says what to do."""


class LogFull(LogFailed):
    """There is no room for more until a sink catches up. Nothing of the call was kept."""


class LogInUse(LogFailed):
    """Another process has the log open. Two would deliver everything twice, or damage it."""


class AuditBroken(GenesysSentimentError):
    """An audit file was changed, or its end is missing. ``line`` is the first bad one, from 1."""

    def __init__(self, message: str, *, line: int) -> None:
        super().__init__(message)
        self.line = line


class AnalyzerError(GenesysSentimentError):
    """An analyzer's lexicon or model is damaged; the message names the line or part."""
