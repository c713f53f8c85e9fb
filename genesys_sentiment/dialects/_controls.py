"""Control messages of the channel and answers on the socket. Pure: no I/O."""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from genesys_sentiment.dialects._bodies import UNREADABLE, Envelope
from genesys_sentiment.errors import BadFrame
from genesys_sentiment.model.wire import (
    Acknowledged,
    ChannelLost,
    Closing,
    Control,
    Heartbeat,
    Ignored,
    Pong,
    TokenRevoked,
)


class System(Struct):
    """What matters of ``channel.metadata`` and ``v2.system.*``."""

    message: str | None = None
    reason: str | None = None


_decode = msgspec.json.Decoder(System).decode


def control(topic: str, body: Raw, names: list[str]) -> Control | None:
    """What a control topic (in lower case) says; None where it is no control topic."""
    if topic == "channel.metadata":
        return _metadata(_system(body).message, names)
    if topic == "v2.system.socket_closing":
        return Closing()
    if topic.startswith("v2.system.no_longer_subscribed"):
        return ChannelLost(_system(body).reason or "no_longer_subscribed")
    if topic.startswith("v2.system.token_revoked"):
        return TokenRevoked()
    if topic == "v2.subscription.updated":
        return Ignored("subscription_updated")
    if topic == "streaming-subscriptions-expiring":
        # Seen on the XMPP transport only, where Genesys' own client subscribes again. Another
        # socket would not do that: it takes a new channel.
        return ChannelLost("subscriptions_expiring")
    return None


def reply(envelope: Envelope) -> Control:
    """The answer to something sent on the socket. Raises BadFrame where the frame is none."""
    result = envelope.result
    if result is None:
        raise BadFrame("no_topic")
    if str(result) == "200":
        return Acknowledged(envelope.correlation_id)
    if str(result) == "404":
        return ChannelLost("not_found")
    # Topics are subscribed by REST, so a refusal on the socket refuses nothing that counts.
    return Ignored("refused")


def _metadata(message: str | None, names: list[str]) -> Control:
    said = (message or "").lower()
    if said == "websocket heartbeat":
        return Heartbeat()
    if said == "pong":
        return Pong()
    names.append(f"channel.metadata.message={message}")
    return Ignored("metadata")


def _system(body: Raw) -> System:
    try:
        return _decode(body)
    except UNREADABLE:
        raise BadFrame("body") from None
