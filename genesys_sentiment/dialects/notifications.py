"""The platform's own language: Notifications channels over a WebSocket. Pure: no I/O.

``docs/dialects.md`` says which topic becomes what. Facts marked [?] there are not confirmed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from attrs import field, frozen

from genesys_sentiment.dialects._bounds import MAX_FRAME
from genesys_sentiment.dialects._envelopes import read
from genesys_sentiment.dialects._settings import positive
from genesys_sentiment.dialects._snapshots import snapshot_from_rest
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.wire import Channel, Connect, Request, Token, WireMessage

__all__ = ["MAX_FRAME", "Notifications", "snapshot_from_rest"]


@frozen(kw_only=True)
class Notifications:
    """The dialect of a real organisation.

    ``language`` is what an utterance gets whose transcript names none, None for no fallback.
    ``ping_interval`` and ``idle_timeout`` are seconds. The server's heartbeat comes about every
    30 s; a client was seen to give up after 35 s, and 45 s forgives one late heartbeat. Gaps begin
    where the last answered ping was sent, so the interval is how much too wide they may be.
    Genesys' own streaming client pings every 14 s; how many messages the platform takes is not
    known [?].
    """

    name: ClassVar[str] = "notifications"
    ping: ClassVar[str] = '{"message":"ping"}'
    uses_channel: ClassVar[bool] = True
    pacing: ClassVar[float] = 0.0
    ack_timeout: ClassVar[None] = None

    language: str | None = None
    ping_interval: float = field(default=10.0, validator=positive)
    idle_timeout: float = field(default=45.0, validator=positive)

    def connect(self, token: Token | None, channel: Channel | None) -> Connect:
        """The channel's own address, and no header: its unguessable URI is the authorization.

        Raises ConfigurationError without a channel.
        """
        if channel is None:
            raise ConfigurationError("notifications need a channel: create one by REST first")
        return Connect(url=channel.connect_uri)

    def subscribe(
        self, topics: Sequence[str], now: float, reference: Callable[[], str]
    ) -> Sequence[Request]:
        """Nothing: topics are subscribed by REST, which says which ones were refused."""
        return ()

    def unsubscribe(self, topics: Sequence[str], reference: Callable[[], str]) -> Sequence[Request]:
        """Nothing, as well."""
        return ()

    def renew(self, token: Token, reference: Callable[[], str]) -> None:
        """A channel belongs to the token that made it: a new token needs a new one."""

    def decode(self, frame: bytes, received: float) -> Sequence[WireMessage]:
        """Read one frame that arrived at ``received`` (seconds since the epoch).

        A Drift comes last where the frame held fields or values that this library does not know.
        Raises BadFrame and nothing else, whatever the bytes are.
        """
        return read(frame, received, self.language)
