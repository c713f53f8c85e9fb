"""What a dialect, a session and the driver say to each other. Pure: no I/O.

A dialect turns a frame into messages: events, snapshots and the control values below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeAlias

from attrs import field, frozen

from genesys_sentiment.model.events import Event


@frozen(kw_only=True)
class Token:
    """A bearer token. ``expires`` is on the monotonic clock, in seconds."""

    value: str = field(repr=False)
    expires: float


@frozen(kw_only=True)
class Channel:
    """A notification channel. ``connect_uri`` is a secret: whoever has it can read the channel.

    ``expires`` is seconds since the epoch, None where the platform did not say.
    """

    id: str = field(repr=False)
    connect_uri: str = field(repr=False)
    expires: float | None = None


@frozen(kw_only=True)
class Connect:
    """Where and how to open a socket. Both parts may be secret."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(factory=dict, repr=False)


@frozen(kw_only=True)
class Request:
    """Something to send on an open socket.

    ``text`` may hold a token. ``reference`` is the id under which the server acknowledges it, None
    where it does not. ``topics`` are the topics that it subscribes or drops.
    """

    text: str = field(repr=False)
    reference: str | None = None
    topics: tuple[str, ...] = ()


@frozen
class Heartbeat:
    """The server says that it is there."""


@frozen
class Pong:
    """The server answered our ping."""


@frozen
class Acknowledged:
    """The server accepted something we sent. ``reference`` is our id of it, None if not echoed."""

    reference: str | None = None


@frozen
class Refused:
    """The server refused something we sent. ``reference`` is our id of it, None if not echoed."""

    reference: str | None
    reason: str


@frozen
class Closing:
    """The server will close this socket soon; a new one must be opened."""


@frozen
class ChannelLost:
    """The channel is gone or lost its subscriptions; a new channel is needed."""

    reason: str


@frozen
class TokenRevoked:
    """The token behind this connection was revoked; a new token and channel are needed."""


@frozen
class Ignored:
    """Understood, and of no consequence (a subscription list changed as we asked)."""

    reason: str


@frozen
class Drift:
    """Names of fields or values that this library does not know, seen in a message it does.

    ``names`` are ``topic-kind.field`` or ``topic-kind.field=value``, never other content.
    """

    names: tuple[str, ...]


@frozen(kw_only=True)
class CommunicationState:
    """One communication of a participant in a snapshot. Times: seconds since the epoch."""

    communication: str
    medium: str
    state: str | None = None
    held: bool | None = None
    connected: float | None = None
    disconnected: float | None = None
    messages: tuple[tuple[str, str | None, float | None], ...] = ()


@frozen(kw_only=True)
class ParticipantState:
    """One participant, as a snapshot shows it. Times: seconds since the epoch."""

    participant: str
    purpose: str | None = None
    user: str | None = None
    queue: str | None = None
    connected: float | None = None
    ended: float | None = None
    acw_started: float | None = None
    acw_ended: float | None = None
    wrapup: str | None = None
    communications: tuple[CommunicationState, ...] = ()


@frozen(kw_only=True)
class Snapshot:
    """A whole conversation as it is now. State changes come from comparing it with the last one."""

    conversation: str
    participants: tuple[ParticipantState, ...] = ()
    received: float = 0.0


Control: TypeAlias = (
    Heartbeat
    | Pong
    | Acknowledged
    | Refused
    | Closing
    | ChannelLost
    | TokenRevoked
    | Ignored
    | Drift
)
WireMessage: TypeAlias = Event | Snapshot | Control


class Dialect(Protocol):
    """One wire language. A frozen value: holds no state, performs no I/O.

    ``ping`` is the text that keeps the line alive, None where the server does it alone.
    ``ping_interval`` and ``idle_timeout`` are seconds: between pings, and without any frame until
    the line counts as dead. ``uses_channel`` says that a channel must be made by REST first, and
    that topics are subscribed there. ``pacing``: seconds between two requests on one socket.
    ``ack_timeout``: seconds after which a request that was not acknowledged counts as lost, None
    where nothing is acknowledged.
    """

    @property
    def name(self) -> str: ...
    @property
    def ping(self) -> str | None: ...
    @property
    def ping_interval(self) -> float: ...
    @property
    def idle_timeout(self) -> float: ...
    @property
    def uses_channel(self) -> bool: ...
    @property
    def pacing(self) -> float: ...
    @property
    def ack_timeout(self) -> float | None: ...

    def connect(self, token: Token | None, channel: Channel | None) -> Connect:
        """Where to connect and with which headers."""
        ...

    def subscribe(
        self, topics: Sequence[str], now: float, reference: Callable[[], str]
    ) -> Sequence[Request]:
        """What to send so that these topics arrive; nothing where topics go by REST.

        ``now`` is seconds since the epoch. ``reference`` makes a new id each time it is called.
        """
        ...

    def unsubscribe(self, topics: Sequence[str], reference: Callable[[], str]) -> Sequence[Request]:
        """What to send so that these topics come no longer; nothing where that cannot be said."""
        ...

    def renew(self, token: Token, reference: Callable[[], str]) -> Request | None:
        """What tells an open connection of a new token; None: only a new connection does."""
        ...

    def decode(self, frame: bytes, received: float) -> Sequence[WireMessage]:
        """Read one frame that arrived at ``received`` (seconds since the epoch).

        Raises BadFrame and nothing else, whatever the bytes are.
        """
        ...


class Tokens(Protocol):
    """Whoever can give a bearer token."""

    async def get(self, refused: str | None = None) -> Token:
        """A token that is good now. ``refused`` names a value the platform rejected.

        Single-flight: however many ask at once, one request is made.
        Raises AuthError, ConnectionFailed, RateLimited, CloudError.
        """
        ...
