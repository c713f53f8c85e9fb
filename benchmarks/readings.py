"""The platform's overall sentiment by the Notifications service: small events, no text."""

from __future__ import annotations

import time
from collections import deque
from typing import Annotated

import aiohttp
import pydantic
import websockets
from contest import OPTIONS, Contest, delivered

from genesys_sentiment.cloud.channels import Subscription
from genesys_sentiment.dialects.notifications import Notifications
from genesys_sentiment.model.wire import Channel
from genesys_sentiment.scoring.policy import Policy
from genesys_sentiment.streaming.stream import Stream
from genesys_sentiment.streaming.transport import AiohttpTransport


class _Body(pydantic.BaseModel):
    conversationId: str  # noqa: N815
    sentimentOverallScore: Annotated[float, pydantic.Field(ge=-1, le=1)]  # noqa: N815
    sentimentTrendScore: float | None = None  # noqa: N815
    queueIds: list[str] = []  # noqa: N815
    divisionIds: list[str] = []  # noqa: N815
    flowIds: list[str] = []  # noqa: N815


class _Metadata(pydantic.BaseModel):
    CorrelationId: str


class _Envelope(pydantic.BaseModel):
    topicName: str  # noqa: N815
    version: str
    eventBody: _Body  # noqa: N815
    metadata: _Metadata


class _Scored(pydantic.BaseModel):
    conversation: str
    polarity: str
    polarity_raw: float
    segments: int
    scored_at: float


async def by_hand(url: str, events: int) -> int:
    """(b) websockets and pydantic: parse, validate, deduplicate, window, score, callback."""
    seen: set[str] = set()
    order: deque[str] = deque()
    windows: dict[str, deque[tuple[float, float]]] = {}
    got: list[int] = [0]

    async def callback(scored: _Scored) -> None:
        got[0] += 1

    async with websockets.connect(url) as ws:
        async for message in ws:
            event = _Envelope.model_validate_json(message)
            correlation = event.metadata.CorrelationId
            if correlation in seen:
                continue
            seen.add(correlation)
            order.append(correlation)
            if len(order) > 100_000:
                seen.discard(order.popleft())
            now = time.time()
            body = event.eventBody
            window = windows.setdefault(body.conversationId, deque())
            while window and window[0][0] <= now - 30:
                window.popleft()
            raw = body.sentimentOverallScore
            window.append((now, raw))
            label = "positive" if raw >= 0.6 else "negative" if raw <= -0.3 else "neutral"
            await callback(
                _Scored(
                    conversation=body.conversationId,
                    polarity=label,
                    polarity_raw=raw,
                    segments=len(window),
                    scored_at=now,
                )
            )
    return got[0]


class _OneChannel:
    """Channels of a server that has only a socket."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def create(self) -> Channel:
        return Channel(id="benchmark", connect_uri=self._url)

    async def add(self, channel: Channel, topics: object) -> Subscription:
        return Subscription()

    replace = add


async def library(url: str, events: int) -> int:
    """This library, as its README uses it."""
    async with aiohttp.ClientSession() as session:
        stream = Stream(
            Notifications(),
            AiohttpTransport(session),
            channels=_OneChannel(url),
            options=OPTIONS,
        )
        return await delivered(stream, Policy(), events)


READINGS = Contest("platform sentiment, Notifications", "readings", by_hand, library)
