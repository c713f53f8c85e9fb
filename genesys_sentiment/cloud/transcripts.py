"""Whole transcripts of voice and digital communications, as they are after the conversation."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import aiohttp
import msgspec
from attrs import field, frozen

from genesys_sentiment.cloud.loose import as_object, inner, number, objects, text
from genesys_sentiment.cloud.presigned import PresignedUrl, check_presigned, fetch
from genesys_sentiment.cloud.regions import Endpoints
from genesys_sentiment.cloud.rest import Rest
from genesys_sentiment.errors import NotFound, ProtocolError
from genesys_sentiment.model.events import Reading, Side, Utterance

LARGEST_TRANSCRIPT = 16 * 1024 * 1024
"""Bytes of a transcript that are read: every word has its times, an hour is a few megabytes."""

MOST_PHRASES = 50_000
"""Phrases of one transcript that are kept."""

_URL = (
    "/api/v2/speechandtextanalytics/conversations/{conversation}"
    "/communications/{communication}/transcripturl"
)
_SIDES: Final[Mapping[str, Side]] = {
    "external": "customer",
    "customer": "customer",
    "internal": "agent",
    "agent": "agent",
    "user": "agent",
}


@frozen(kw_only=True)
class Transcript:
    """What was said in one communication, in order, and the platform's judgement of phrases.

    ``sentiments`` are −1, 0 or 1, each with the ``utterance`` that it judges; an utterance
    without one was not judged, which is not neutral.
    """

    conversation: str
    communication: str
    utterances: tuple[Utterance, ...] = field(default=(), repr=False)
    sentiments: tuple[Reading, ...] = field(default=(), repr=False)


class Transcripts:
    """Fetches transcripts. ``hosts`` are trusted stores besides the platform's own.

    ``timeout`` is the seconds for one transcript. ``now`` is the wall clock.
    """

    def __init__(
        self,
        rest: Rest,
        endpoints: Endpoints,
        session: aiohttp.ClientSession,
        *,
        hosts: Sequence[str] = (),
        timeout: float = 30.0,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._rest = rest
        self._endpoints = endpoints
        self._session = session
        self._hosts = tuple(hosts)
        self._timeout = timeout
        self._now = now

    async def url(self, conversation: str, communication: str) -> PresignedUrl | None:
        """A link that is good for 10 minutes; None while there is no transcript.

        Raises ProtocolError for a link that leads elsewhere, and what :meth:`Rest.request` raises.
        """
        ids = {"conversation": conversation, "communication": communication}
        try:
            answer = await self._rest.request("GET", _URL, ids=ids)
        except NotFound:
            return None
        url = text(as_object(answer.body, "a transcript's link").get("url"))
        if url is None:
            return None
        check_presigned(url, self._endpoints, self._hosts)
        return PresignedUrl(url)

    async def fetch(self, link: PresignedUrl) -> Transcript:
        """What the link leads to; the token is not sent there.

        Raises CloudError for a link that is no longer good or a transcript that is too large,
        ProtocolError for something that is no transcript, ConnectionFailed.
        """
        url = check_presigned(link.url, self._endpoints, self._hosts)
        body = await fetch(self._session, url, timeout=self._timeout, limit=LARGEST_TRANSCRIPT)
        return read_transcript(body, self._now())

    async def get(self, conversation: str, communication: str) -> Transcript | None:
        """The transcript; None while there is none."""
        link = await self.url(conversation, communication)
        return None if link is None else await self.fetch(link)


class _File(msgspec.Struct, rename="camel"):
    """The parts of a transcript file that are read; words and topics are not."""

    conversation_id: str
    communication_id: str
    transcripts: list[dict[str, Any]] = []


_decode: Final = msgspec.json.Decoder(_File).decode


def read_transcript(body: bytes, received: float) -> Transcript:
    """Read a transcript file. Raises ProtocolError for anything else."""
    try:
        file = _decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        file = None
    # Raised here: the error of the decoder would be chained, and may quote what was said.
    if file is None:
        raise ProtocolError("a transcript file could not be read")
    utterances: list[Utterance] = []
    sentiments: list[Reading] = []
    for part in file.transcripts:
        spoken = [one for one in _utterances(file, part, received) if one.text.strip()]
        utterances += spoken
        by_name = {one.utterance: one for one in spoken}
        sentiments += _sentiments(part, by_name, received)
    kept = sorted(utterances, key=lambda one: one.at or 0.0)[:MOST_PHRASES]
    return Transcript(
        conversation=file.conversation_id,
        communication=file.communication_id,
        utterances=tuple(kept),
        sentiments=tuple(sentiments[:MOST_PHRASES]),
    )


def _name(part: Mapping[str, Any], phrase: Mapping[str, Any]) -> str:
    return f"{text(part.get('transcriptId')) or ''}:{phrase.get('phraseIndex')}"


def _utterances(file: _File, part: Mapping[str, Any], received: float) -> Iterator[Utterance]:
    for phrase in objects(part.get("phrases")):
        said = text(phrase.get("decoratedText")) or text(phrase.get("text"))
        began = number(phrase.get("startTimeMs"))
        lasted = number(inner(phrase, "duration").get("milliseconds"))
        if said is not None and isinstance(phrase.get("phraseIndex"), int):
            yield Utterance(
                conversation=file.conversation_id,
                communication=file.communication_id,
                utterance=_name(part, phrase),
                text=said,
                participant=_SIDES.get(str(phrase.get("participantPurpose")).lower()),
                language=text(part.get("language")),
                confidence=_share(phrase.get("confidence")),
                at=None if began is None else began / 1000,
                duration=None if lasted is None or lasted < 0 else lasted / 1000,
                received=received,
                source="backfill",
            )


def _share(value: object) -> float | None:
    found = number(value)
    return found if found is not None and 0 <= found <= 1 else None


def _sentiments(
    part: Mapping[str, Any], spoken: Mapping[str, Utterance], received: float
) -> Iterator[Reading]:
    for judged in objects(inner(part, "analytics").get("sentiment")):
        score, phrase = number(judged.get("sentiment")), spoken.get(_name(part, judged))
        if phrase is not None and score is not None and abs(score) <= 1:
            yield Reading(
                conversation=phrase.conversation,
                communication=phrase.communication,
                utterance=phrase.utterance,
                participant=phrase.participant,
                language=phrase.language,
                score=score,
                at=phrase.at,
                received=received,
                source="backfill",
            )
