"""Whole transcripts behind pre-signed links: C5-16, C5-27, C5-29, C5-31."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from genesys_sentiment.cloud import transcripts as room
from genesys_sentiment.cloud.presigned import PresignedUrl, check_presigned
from genesys_sentiment.cloud.regions import endpoints, region
from genesys_sentiment.cloud.rest import Rest
from genesys_sentiment.cloud.transcripts import Transcripts, read_transcript
from genesys_sentiment.errors import CloudError, GenesysSentimentError, ProtocolError
from genesys_sentiment.model.events import Reading, Utterance
from tests.cloud.fake import Fake
from tests.cloud.support import Clock, at

LINK = "/api/v2/speechandtextanalytics/conversations/c1/communications/k1/transcripturl"
CANARY = "canary-signature-4711"

FILE: dict[str, Any] = {
    "conversationId": "c1",
    "communicationId": "k1",
    "transcripts": [
        {
            "transcriptId": "t1",
            "language": "en-us",
            "phrases": [
                {
                    "phraseIndex": 1,
                    "participantPurpose": "external",
                    "text": "this is terrible",
                    "decoratedText": "This is terrible.",
                    "confidence": 0.9,
                    "startTimeMs": 1795168803500,
                    "words": [{"word": "this"}],
                },
                {
                    "phraseIndex": 0,
                    "participantPurpose": "internal",
                    "text": "hello",
                    "startTimeMs": 1795168800500,
                },
                {"phraseIndex": 2, "participantPurpose": "ivr", "text": "beep", "confidence": 7},
                {"phraseIndex": 3, "text": " "},
                {"phraseIndex": "4", "text": "no index"},
                7,
            ],
            "analytics": {
                "sentiment": [
                    {"phraseIndex": 1, "sentiment": -1},
                    {"phraseIndex": 0, "sentiment": 7},
                    {"phraseIndex": 9, "sentiment": 1},
                    {"phraseIndex": 2, "sentiment": None},
                ]
            },
        }
    ],
}


@pytest.fixture
def transcripts(
    fake: Fake, rest: Rest, session: aiohttp.ClientSession, clock: Clock
) -> Transcripts:
    assert fake.server is not None
    return Transcripts(rest, at(fake.server), session, now=clock.now)


def common(name: str) -> dict[str, Any]:
    return {
        "conversation": "c1",
        "communication": "k1",
        "utterance": name,
        "received": 5.0,
        "source": "backfill",
    }


def test_what_is_read_from_a_transcript() -> None:
    found = read_transcript(json.dumps(FILE).encode(), 5.0)
    assert found.utterances == (
        Utterance(text="beep", language="en-us", **common("t1:2")),
        Utterance(
            text="hello", participant="agent", language="en-us", at=1795168800.5, **common("t1:0")
        ),
        Utterance(
            text="This is terrible.",
            participant="customer",
            language="en-us",
            confidence=0.9,
            at=1795168803.5,
            **common("t1:1"),
        ),
    )
    assert found.sentiments == (
        Reading(
            score=-1.0, participant="customer", language="en-us", at=1795168803.5, **common("t1:1")
        ),
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>canary</html>",
        b"[]",
        b'{"transcripts": []}',
        b'{"conversationId": "c", "communicationId": "k", "transcripts": ["canary"]}',
        b"[" * 100_000,
        b'{"conversationId": "\xff"}',
    ],
)
def test_something_else_is_no_transcript(body: bytes) -> None:
    with pytest.raises(ProtocolError) as caught:
        read_transcript(body, 0.0)
    assert "canary" not in "".join(traceback.format_exception(caught.value))


async def test_the_link_is_followed_without_the_token(fake: Fake, transcripts: Transcripts) -> None:
    """C5-31: the store gets no bearer token, and the link is not shown."""
    fake.on("GET", LINK, {"url": f"{fake.url}/store?X-Amz-Signature={CANARY}"})
    fake.on("GET", "/store", FILE)
    found = await transcripts.get("c1", "k1")
    assert found is not None
    assert len(found.utterances) == 3
    assert "terrible" not in repr(found)
    first, second = fake.asked
    assert "Authorization" in first.headers
    assert "Authorization" not in second.headers
    assert second.query == {"X-Amz-Signature": CANARY}
    link = await transcripts.url("c1", "k1")
    assert CANARY not in repr(link)


async def test_none_while_there_is_no_transcript(fake: Fake, transcripts: Transcripts) -> None:
    fake.on("GET", LINK, 404, {}, {"url": ""})
    assert [await transcripts.get("c1", "k1") for _ in range(3)] == [None] * 3


def _redirect(url: str) -> web.Response:
    return web.Response(status=302, headers={"Location": url})


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (403, "ask for a new one"),
        (400, "ask for a new one"),
        (503, "answered 503"),
        (lambda _: _redirect("/elsewhere"), "answered 302"),
        (b"x" * 100, "larger than 64 bytes"),
        (b"{}", "could not be read"),
    ],
)
async def test_c5_31_a_failed_fetch_does_not_show_the_link(
    fake: Fake,
    transcripts: Transcripts,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    answer: Callable[..., Any] | object,
    words: str,
) -> None:
    """C5-16: bounded; C5-27: no redirect; C5-31: neither error nor log holds the signature."""
    caplog.set_level(logging.DEBUG, "genesys_sentiment")
    monkeypatch.setattr(room, "LARGEST_TRANSCRIPT", 64)
    fake.on("GET", "/store", answer)
    link = PresignedUrl(f"{fake.url}/store?X-Amz-Signature={CANARY}")
    with pytest.raises(GenesysSentimentError, match=words) as caught:
        await transcripts.fetch(link)
    assert [one.path for one in fake.asked] == ["/store"]
    shown = "".join(traceback.format_exception(caught.value)) + caplog.text + repr(link)
    assert CANARY not in shown


async def test_c5_31_a_dead_store_does_not_show_the_link(
    transcripts: Transcripts, unused_tcp_port: int
) -> None:
    link = PresignedUrl(f"http://127.0.0.1:{unused_tcp_port}/store?sig={CANARY}")
    with pytest.raises(GenesysSentimentError) as caught:
        await transcripts.fetch(link)
    assert CANARY not in "".join(traceback.format_exception(caught.value))


GERMAN = region("eu-central-1").endpoints


@pytest.mark.parametrize(
    "url",
    [
        "https://bucket.s3.eu-central-1.amazonaws.com/x?sig=1",
        "https://s3.amazonaws.com/bucket/x",
        "https://s3-eu-west-1.amazonaws.com/bucket/x",
        "https://bucket.s3.dualstack.us-east-1.amazonaws.com/x",
        "https://bucket.s3.eusc-de-east-1.amazonaws.eu/x",
        "https://downloads.mypurecloud.de/x",
        "https://store.example.com/x",
    ],
)
def test_links_to_the_store_are_followed(url: str) -> None:
    assert str(check_presigned(url, GERMAN, ["store.example.com"])) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://bucket.s3.eu-central-1.amazonaws.com/x",
        "https://amazonaws.com/x",
        "https://evil-s3.amazonaws.com.evil.example/x",
        "https://ec2-1-2-3-4.compute.amazonaws.com/x",
        "https://abc.execute-api.eu-west-1.amazonaws.com/x",
        "https://127.0.0.1/x",
        "https://169.254.169.254/latest",
        "https://user@bucket.s3.amazonaws.com/canary",
        "ftp://bucket.s3.amazonaws.com/x",
        "file:///canary",
        "https://",
        "https://[::1",
        "https://bucket.s3.amazonaws.com/canary\r\nX: 1",
        "canary",
    ],
)
def test_c5_29_links_that_lead_elsewhere_are_not_followed(url: str) -> None:
    """C5-26: nothing in the house or the cloud's own metadata is reached by a link."""
    with pytest.raises(ProtocolError) as caught:
        check_presigned(url, GERMAN)
    assert "canary" not in str(caught.value)


def test_a_loopback_platform_has_a_loopback_store() -> None:
    local = endpoints("http://127.0.0.1:1", "http://127.0.0.1:1")
    check_presigned("http://127.0.0.1:2/x", local)
    with pytest.raises(ProtocolError):
        check_presigned("https://bucket.s3.amazonaws.com/x", local)


async def test_a_link_of_the_platform_that_leads_elsewhere(
    fake: Fake, transcripts: Transcripts
) -> None:
    fake.on("GET", LINK, {"url": f"https://evil.example/{CANARY}"})
    with pytest.raises(ProtocolError, match=r"evil\.example") as caught:
        await transcripts.get("c1", "k1")
    assert CANARY not in str(caught.value)


async def test_a_refused_link_is_the_platforms_error(fake: Fake, transcripts: Transcripts) -> None:
    fake.on("GET", LINK, 410)
    with pytest.raises(CloudError):
        await transcripts.url("c1", "k1")
