"""The scored interactions of the sentiment scorer's tutorial: three segments, sentiment, emotion.

Events of about 950 bytes under the tutorial's rules: supported languages, a gate of 2 s, the
segments of the last 30 s, labels, emotions and the sarcasm flag.
"""

from __future__ import annotations

import time
from collections import deque
from typing import Annotated, Literal
from urllib.parse import urlsplit

import aiohttp
import pydantic
import websockets
from contest import OPTIONS, Contest, delivered

from genesys_sentiment.dialects.interaction_topics import InteractionTopics
from genesys_sentiment.model.wire import Token
from genesys_sentiment.scoring.policy import Policy
from genesys_sentiment.streaming.stream import Stream
from genesys_sentiment.streaming.transport import AiohttpTransport

_LANGUAGES = {"en", "es", "fr", "de", "pt"}
_EMOTIONS = {"joy", "anger", "fear", "sadness", "disgust", "surprise"}
_Share = Annotated[float, pydantic.Field(ge=0, le=1)]


class _Segment(pydantic.BaseModel):
    id: str
    timestamp: int
    participant: Literal["customer", "agent"]
    text: str


class _Sentiment(pydantic.BaseModel):
    polarity: Annotated[float, pydantic.Field(ge=-1, le=1)]
    confidence: _Share
    label: str


class _Emotion(pydantic.BaseModel):
    label: str
    confidence: _Share


class _Data(pydantic.BaseModel):
    id: str
    language: str
    segments: Annotated[list[_Segment], pydantic.Field(min_length=1)]
    sentiment: _Sentiment
    emotion: _Emotion | None = None


class _Message(pydantic.BaseModel):
    type: Literal["v2.interaction"]
    data: _Data


class _Scored(pydantic.BaseModel):
    interaction: str
    at: float
    language: str
    polarity: str
    polarity_raw: float
    confidence: float
    emotion: str
    emotion_confidence: float
    sarcasm: bool
    segments: int
    scored_at: float


def _scored(data: _Data, at: float, segments: int) -> _Scored:
    raw, sure = data.sentiment.polarity, data.sentiment.confidence
    emotion, feeling = "unknown", 0.0
    if data.emotion is not None:
        label = data.emotion.label.lower()
        emotion = label if label in _EMOTIONS else "uncategorized"
        feeling = data.emotion.confidence
    return _Scored(
        interaction=data.id,
        at=at,
        language=data.language,
        polarity="positive" if raw >= 0.6 else "negative" if raw <= -0.3 else "neutral",
        polarity_raw=raw,
        confidence=sure,
        emotion=emotion,
        emotion_confidence=feeling,
        sarcasm=sure < 0.5 and raw > 0.4 and feeling > 0.8 and emotion in ("joy", "surprise"),
        segments=segments,
        scored_at=time.time(),
    )


async def by_hand(url: str, events: int) -> int:
    """(b) websockets and pydantic: parse, validate, deduplicate, gate, window, score, callback."""
    seen: set[tuple[str, str]] = set()
    order: deque[tuple[str, str]] = deque()
    windows: dict[str, deque[float]] = {}
    last: dict[str, float] = {}
    got: list[int] = [0]

    async def callback(scored: _Scored) -> None:
        got[0] += 1

    async with websockets.connect(url) as ws:
        async for message in ws:
            data = _Message.model_validate_json(message).data
            if data.language.partition("-")[0].lower() not in _LANGUAGES:
                continue
            key = (data.id, data.segments[-1].id)
            if key in seen:
                continue
            seen.add(key)
            order.append(key)
            if len(order) > 100_000:
                seen.discard(order.popleft())
            at = data.segments[-1].timestamp / 1000
            window = windows.setdefault(data.id, deque(maxlen=64))
            window.extend(segment.timestamp / 1000 for segment in data.segments)
            while window and window[0] <= at - 30:
                window.popleft()
            if at - last.get(data.id, 0.0) < 2:
                continue
            last[data.id] = at
            await callback(_scored(data, at, len(window)))
    return got[0]


class _OneToken:
    """A token for a server that does not look at it."""

    async def get(self, refused: str | None = None) -> Token:
        return Token(value="benchmark", expires=time.monotonic() + 86_400.0)


async def library(url: str, events: int) -> int:
    """This library with the dialect and the policy of that tutorial."""
    where = urlsplit(url)
    dialect = InteractionTopics(host=where.netloc, path=where.path, secure=False)
    async with aiohttp.ClientSession() as session:
        stream = Stream(dialect, AiohttpTransport(session), tokens=_OneToken(), options=OPTIONS)
        return await delivered(stream, Policy.interactions(), events)


INTERACTIONS = Contest("scored interactions, tutorial 000", "interactions", by_hand, library)
