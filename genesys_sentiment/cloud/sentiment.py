"""The sentiment that the platform found in one conversation, asked for when it is wanted."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Iterator

from attrs import field, frozen

from genesys_sentiment.cloud.delays import full_jitter
from genesys_sentiment.cloud.loose import as_object, inner, objects, text
from genesys_sentiment.cloud.rest import Rest
from genesys_sentiment.cloud.retry import Patience
from genesys_sentiment.errors import ConfigurationError, NotFound
from genesys_sentiment.model.events import ABSENT, Reading
from genesys_sentiment.model.results import Skipped
from genesys_sentiment.scoring.scale import POLARITY, Scale

MOST_REASONS = 100
"""Reasons of each kind that are kept."""

_ONE = "/api/v2/speechandtextanalytics/conversations/{conversation}"


@frozen(kw_only=True)
class Reason:
    """Why a conversation is judged as it is. What it says tells what was said."""

    title: str = field(repr=False)
    description: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class Reasons:
    """What speaks for and against a conversation. Empty where the analysis gave none."""

    positive: tuple[Reason, ...] = ()
    negative: tuple[Reason, ...] = ()


class Sentiments:
    """Asks for conversations' sentiment. Needs recording:recording:view and
    speechAndTextAnalytics:data:view, and for reasons speechAndTextAnalytics:sentimentData:view.

    The analysis begins when the transcript is complete, so a score comes after the conversation.
    ``scale`` is that of the platform's scores: no official text states it, published code takes
    −1…1, the help pages show −100…100. It is never guessed from the numbers. ``now`` is the wall
    clock, ``monotonic``, ``sleep`` and ``delays`` are for :meth:`wait`.
    """

    def __init__(
        self,
        rest: Rest,
        *,
        scale: Scale = POLARITY,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        delays: Callable[[], Iterator[float]] = full_jitter,
    ) -> None:
        self._rest = rest
        self._scale = scale
        self._now = now
        self._monotonic = monotonic
        self._sleep = sleep
        self._delays = delays

    async def get(self, conversation: str) -> Reading | Skipped:
        """The sentiment as it is now, on −1…1.

        Skipped, which is no error and no neutral score, with the reason ``no_data``: not analysed
        yet, not analysed at all, or no such conversation (the platform answers all three alike);
        or ``invalid``: a score that is no number or beyond the scale. A trend may be None: it
        needs about six utterances of the customer. Raises what :meth:`Rest.request` raises.
        """
        try:
            answer = await self._rest.request("GET", _ONE, ids={"conversation": conversation})
        except NotFound:
            return self._skipped(conversation, "no_data", "not analysed: ask again later")
        fields = as_object(answer.body, "a conversation's sentiment")
        score, trend = fields.get("sentimentScore"), fields.get("sentimentTrend", ABSENT)
        if score is None:
            return self._skipped(conversation, "no_data", "analysed, but without a score")
        reading = Reading(
            conversation=conversation,
            score=self._scale.polarity(score),
            trend=trend if trend is None or trend is ABSENT else self._scale.polarity(trend),
            received=self._now(),
            source="backfill",
        )
        if reading.score is None or (reading.trend is None and trend is not None):
            low, high = self._scale.low, self._scale.high
            detail = f"score or trend is no number in {low:g}…{high:g}: check the scale"
            return self._skipped(conversation, "invalid", detail)
        return reading

    async def wait(
        self, conversation: str, *, patience: float = 600.0, every: float = 15.0
    ) -> Reading | Skipped:
        """The sentiment, asked for again and again while there is none.

        ``every`` is the least seconds between two questions, to which a random delay that grows
        comes; after ``patience`` seconds the last answer is given as it is. Raises
        ConfigurationError for figures that would ask without end or without a pause.
        """
        if not (math.isfinite(patience) and patience >= 0 and 1.0 <= every < math.inf):
            raise ConfigurationError("waiting needs a finite patience, and at least 1 s between")
        waiting = Patience(self._delays(), self._monotonic() + patience)
        while True:
            found = await self.get(conversation)
            if isinstance(found, Reading) or found.reason != "no_data":
                return found
            pause = waiting.wait(self._monotonic(), every)
            if pause is None:
                return found
            await self._sleep(pause)

    async def reasons(self, conversation: str) -> Reasons | None:
        """Why it is judged so; None where there is no analysis (yet)."""
        try:
            answer = await self._rest.request(
                "GET", f"{_ONE}/sentiments", ids={"conversation": conversation}
            )
        except NotFound:
            return None
        insights = inner(as_object(answer.body, "the reasons of a sentiment"), "insights")
        return Reasons(
            positive=_reasons(insights.get("positiveSentimentReasons")),
            negative=_reasons(insights.get("negativeSentimentReasons")),
        )

    def _skipped(self, conversation: str, reason: str, detail: str) -> Skipped:
        now = self._now()
        event = Reading(conversation=conversation, received=now, source="backfill")
        return Skipped(event=event, reason=reason, at=now, detail=detail)


def _reasons(value: object) -> tuple[Reason, ...]:
    listed = ((text(one.get("title")), text(one.get("description"))) for one in objects(value))
    kept = [Reason(title=title, description=more) for title, more in listed if title is not None]
    return tuple(kept[:MOST_REASONS])
