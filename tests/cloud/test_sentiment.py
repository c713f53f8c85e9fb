"""The sentiment of one conversation, asked for: S1-03, S1-05, S1-20, S1-21."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from genesys_sentiment.cloud.rest import Rest
from genesys_sentiment.cloud.sentiment import MOST_REASONS, Reason, Sentiments
from genesys_sentiment.errors import (
    AuthError,
    CloudError,
    ConfigurationError,
    GenesysSentimentError,
    PermissionDenied,
    ProtocolError,
    RateLimited,
)
from genesys_sentiment.model.events import ABSENT, Reading
from genesys_sentiment.model.results import Skipped
from genesys_sentiment.scoring.scale import PERCENT, Scale
from tests.cloud.fake import Fake
from tests.cloud.support import Clock, steady

C = "3f6c9a52-0000-4000-8000-000000000001"
WHERE = f"/api/v2/speechandtextanalytics/conversations/{C}"


@pytest.fixture
def sentiments(rest: Rest, clock: Clock) -> Sentiments:
    return make(rest, clock)


def make(rest: Rest, clock: Clock, **more: Scale) -> Sentiments:
    return Sentiments(
        rest,
        now=clock.now,
        monotonic=clock.monotonic,
        sleep=clock.sleep,
        delays=steady(),
        **more,
    )


async def test_s1_21_a_conversation_that_was_analysed(
    fake: Fake, sentiments: Sentiments, clock: Clock
) -> None:
    """S1-21: one conversation's sentiment is there on demand, with trend and source."""
    fake.on("GET", WHERE, {"sentimentScore": -0.42, "sentimentTrend": 0.18})
    found = await sentiments.get(C)
    assert found == Reading(
        conversation=C, score=-0.42, trend=0.18, received=clock.now(), source="backfill"
    )
    assert fake.asked[0].headers["Authorization"] == "Bearer token-1"
    assert (await sentiments.get(C)).id == found.id  # asked twice, it is the same reading


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (404, "not analysed"),
        ({}, "without a score"),
        ({"sentimentScore": None, "sentimentTrend": 0.5}, "without a score"),
    ],
)
async def test_s1_05_no_result_is_no_data(
    fake: Fake, sentiments: Sentiments, answer: object, detail: str
) -> None:
    """S1-05: not analysed is the outcome no_data, neither an error nor a neutral score."""
    fake.on("GET", WHERE, answer)
    found = await sentiments.get(C)
    assert isinstance(found, Skipped)
    assert (found.conversation, found.reason) == (C, "no_data")
    assert detail in (found.detail or "")


@pytest.mark.parametrize("score", [0.0, -1, 1.0, -0.9])
async def test_every_score_on_the_scale_counts(
    fake: Fake, sentiments: Sentiments, score: float
) -> None:
    """0.0 is a score; a missing trend is no reason to drop it."""
    fake.on("GET", WHERE, {"sentimentScore": score})
    found = await sentiments.get(C)
    assert isinstance(found, Reading)
    assert (found.score, found.trend) == (score, ABSENT)


async def test_a_null_trend_is_kept_as_none(fake: Fake, sentiments: Sentiments) -> None:
    fake.on("GET", WHERE, {"sentimentScore": 0.5, "sentimentTrend": None})
    found = await sentiments.get(C)
    assert isinstance(found, Reading)
    assert found.trend is None


@pytest.mark.parametrize("name", ["sentimentScore", "sentimentTrend"])
@pytest.mark.parametrize("value", [1.01, -42, 10**400, True, "0.4", [], 1e308])
async def test_a5_what_is_not_on_the_scale_is_invalid(
    fake: Fake, sentiments: Sentiments, name: str, value: object
) -> None:
    """Score scale: beyond −1…1 is refused, not guessed to be a percentage."""
    fake.on("GET", WHERE, {"sentimentScore": 0.1, "sentimentTrend": 0.1, name: value})
    found = await sentiments.get(C)
    assert isinstance(found, Skipped)
    assert found.reason == "invalid"
    assert "check the scale" in (found.detail or "")


async def test_a5_another_scale_is_named(fake: Fake, rest: Rest, clock: Clock) -> None:
    fake.on("GET", WHERE, {"sentimentScore": -42, "sentimentTrend": 18})
    found = await make(rest, clock, scale=PERCENT).get(C)
    assert isinstance(found, Reading)
    assert (found.score, found.trend) == (-0.42, 0.18)


async def test_s1_05_it_is_asked_again_until_it_is_there(
    fake: Fake, sentiments: Sentiments, clock: Clock
) -> None:
    """S1-05: a score lags behind the conversation, so the question is put again."""
    fake.on("GET", WHERE, 404, 404, {"sentimentScore": 0.3})
    found = await sentiments.wait(C, patience=600, every=15)
    assert isinstance(found, Reading)
    assert found.score == 0.3
    assert clock.slept == [16.0, 16.0]  # at least 15 s, and the delay on top


async def test_s1_05_waiting_has_an_end(fake: Fake, sentiments: Sentiments, clock: Clock) -> None:
    """S1-05: the last no_data is the outcome when the patience is used up."""
    found = await sentiments.wait(C, patience=100, every=15)
    assert isinstance(found, Skipped)
    assert found.reason == "no_data"
    assert sum(clock.slept) <= 100
    assert len(fake.asked) == len(clock.slept) + 1 == 7


async def test_waiting_does_not_go_on_after_an_invalid_score(
    fake: Fake, sentiments: Sentiments, clock: Clock
) -> None:
    fake.on("GET", WHERE, {"sentimentScore": 55})
    found = await sentiments.wait(C)
    assert isinstance(found, Skipped)
    assert (found.reason, clock.slept) == ("invalid", [])


@pytest.mark.parametrize(
    ("patience", "every"),
    [(float("inf"), 15), (float("nan"), 15), (-1, 15), (60, 0), (60, float("nan"))],
)
async def test_waiting_without_end_or_pause_is_refused(
    fake: Fake, sentiments: Sentiments, patience: float, every: float
) -> None:
    with pytest.raises(ConfigurationError):
        await sentiments.wait(C, patience=patience, every=every)
    assert fake.asked == []


def _limited(_: Any) -> web.Response:
    return web.json_response({}, status=429, headers={"Retry-After": "42"})


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (401, AuthError),
        (403, PermissionDenied),
        (_limited, RateLimited),
        (502, CloudError),
        (504, CloudError),
        ([], ProtocolError),
        (b"<html>", CloudError),
    ],
)
async def test_s1_20_every_refusal_is_a_typed_error(
    fake: Fake, sentiments: Sentiments, answer: object, error: type[GenesysSentimentError]
) -> None:
    """S1-20: 401, 403, 429, 502, 504 and a wrong body each end in a typed error of their own."""
    fake.on("GET", WHERE, answer)
    with pytest.raises(error) as caught:
        await sentiments.get(C)
    assert type(caught.value) is error
    assert C not in str(caught.value)


async def test_s1_03_gateways_and_limits_are_waited_for(
    fake: Fake, sentiments: Sentiments, clock: Clock
) -> None:
    """S1-03: 502, 504 and 429 are tried again, 429 after the Retry-After it names.

    The tutorial's interceptor retries 429 only, after 2, 4 and 8 s whatever the answer says.
    """
    fake.on("GET", WHERE, 502, 504, _limited, {"sentimentScore": 0.3})
    assert isinstance(await sentiments.get(C), Reading)
    assert clock.slept == [1.0, 1.0, 43.0]


async def test_reasons(fake: Fake, sentiments: Sentiments) -> None:
    positive = [{"title": "Help", "description": "was fast"}, {"title": 7}, 7]
    fake.on(
        "GET",
        f"{WHERE}/sentiments",
        {
            "insights": {
                "positiveSentimentReasons": positive,
                "negativeSentimentReasons": [{"title": "x"}] * 1000,
            }
        },
        404,
        {"insights": None},
    )
    found = await sentiments.reasons(C)
    assert found is not None
    assert found.positive == (Reason(title="Help", description="was fast"),)
    assert len(found.negative) == MOST_REASONS
    assert "fast" not in repr(found)
    assert await sentiments.reasons(C) is None
    nothing = await sentiments.reasons(C)
    assert nothing is not None
    assert (nothing.positive, nothing.negative) == ((), ())


@pytest.mark.parametrize(("name", "path"), [("a/../b?c", "a%2F..%2Fb%3Fc"), ("ä b", "%C3%A4%20b")])
async def test_c5_29_ids_are_encoded(
    fake: Fake, sentiments: Sentiments, name: str, path: str
) -> None:
    await sentiments.get(name)
    assert fake.calls() == [f"GET {WHERE.removesuffix(C)}{path}"]


@pytest.mark.parametrize("name", ["", "..", "a\r\nb", "a\0b"])
async def test_c5_29_ids_that_cannot_be(fake: Fake, sentiments: Sentiments, name: str) -> None:
    with pytest.raises(ConfigurationError):
        await sentiments.get(name)
    assert fake.asked == []
