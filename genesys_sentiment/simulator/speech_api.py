"""``/api/v2/speechandtextanalytics``: what the analysis found, why, and the transcript."""

from __future__ import annotations

import secrets
import time
from typing import Any

from aiohttp import web

from genesys_sentiment.simulator.answers import not_found
from genesys_sentiment.simulator.conversation import Conversation
from genesys_sentiment.simulator.languages.readings import label, mood
from genesys_sentiment.simulator.register import Register
from genesys_sentiment.simulator.transcript_file import transcript_file

LINK_LIFETIME = 600.0
"""Seconds for which a link to a transcript is good."""
_KEPT = 1000
_DATA = "speechAndTextAnalytics:data:view"


class SpeechApi:
    """Answers from what the register knows. ``base`` is the ``http://host:port`` of links."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._links: dict[str, tuple[float, Conversation]] = {}
        self.base = ""

    def routes(self) -> list[web.RouteDef]:
        """What it answers; the transcript itself needs no token, only its unguessable link."""
        one = "/api/v2/speechandtextanalytics/conversations/{id}"
        communication = f"{one}/communications/{{communication}}"
        return [
            web.get(one, self.sentiment),
            web.get(f"{one}/sentiments", self.reasons),
            web.get(f"{communication}/transcripturl", self.link),
            web.get(f"{communication}/transcripturls", self.links),
            web.get("/transcripts/{key}", self.transcript),
        ]

    async def sentiment(self, request: web.Request) -> web.Response:
        """What the analysis found; 404 until it is done."""
        self._register.require("recording:recording:view", _DATA)
        conversation, (overall, trend) = self._analysed(request)
        link = f"/api/v2/conversations/{conversation.id}"
        return web.json_response(
            {
                "conversation": {"id": conversation.id, "selfUri": link},
                "sentimentScore": overall,
                "sentimentTrend": trend,
                "sentimentTrendClass": trend_class(trend),
                "empathyScores": [],
            }
        )

    async def reasons(self, request: web.Request) -> web.Response:
        """What speaks for and against it: the customer's clearest words."""
        self._register.require("speechAndTextAnalytics:sentimentData:view")
        conversation, _ = self._analysed(request)
        found: dict[str, list[dict[str, str]]] = {"positive": [], "negative": [], "neutral": []}
        for spoken in conversation.spoken:
            judged = mood(spoken.turn)
            if spoken.turn.speaker == "caller" and judged.score is not None:
                word = label(judged.score)
                title = (judged.emotion or word).capitalize()
                found[word].append({"title": title, "description": spoken.turn.text})
        reasons = {f"{word}SentimentReasons": found[word] for word in ("positive", "negative")}
        return web.json_response({"insights": reasons})

    async def link(self, request: web.Request) -> web.Response:
        """A link to the transcript; 404 until the conversation is over."""
        return web.json_response(self._sign(request))

    async def links(self, request: web.Request) -> web.Response:
        """The same, as a list of one."""
        return web.json_response({"urls": [self._sign(request)]})

    async def transcript(self, request: web.Request) -> web.Response:
        """The transcript behind a link; 403 where the link is wrong or too old."""
        expires, conversation = self._links.get(request.match_info["key"], (0.0, None))
        if conversation is None or time.monotonic() > expires:
            return web.Response(status=403, text="<Error><Code>AccessDenied</Code></Error>")
        return web.json_response(transcript_file(conversation))

    def _analysed(self, request: web.Request) -> tuple[Conversation, tuple[float, float]]:
        conversation = self._register.find(request)
        if conversation.sentiment is None:
            raise not_found("conversation")
        return conversation, conversation.sentiment

    def _sign(self, request: web.Request) -> dict[str, Any]:
        self._register.require("recording:recording:view", _DATA)
        conversation = self._register.find(request)
        wanted = request.match_info["communication"]
        if conversation.ended is None or wanted not in map(
            conversation.communication, ("customer", "agent")
        ):
            raise not_found("transcript")
        key = secrets.token_urlsafe(24)
        self._links[key] = (time.monotonic() + LINK_LIFETIME, conversation)
        while len(self._links) > _KEPT:
            del self._links[next(iter(self._links))]
        return {"url": f"{self.base}/transcripts/{key}"}


def trend_class(trend: float) -> str:
    """The platform's words for a trend; its bounds are ±0.2 and ±0.55 (help article)."""
    if abs(trend) < 0.2:
        return "NoChange"
    words = ("Improving", "SlightlyImproving") if trend > 0 else ("Declining", "SlightlyDeclining")
    return words[0] if abs(trend) >= 0.55 else words[1]
