"""Error answers become typed errors: S0-04, S4-02."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.cloud.problems import Problem, clean, error_for, parse, read_problem
from genesys_sentiment.errors import (
    AuthError,
    CloudError,
    GenesysSentimentError,
    NotFound,
    PermissionDenied,
    RateLimited,
)


def test_the_platforms_error_body() -> None:
    body = {"message": "No.", "code": "bad.request", "status": 400, "contextId": "ctx-1"}
    assert read_problem(json.dumps(body).encode(), {}) == Problem(
        message="No.", code="bad.request", correlation="ctx-1"
    )


def test_an_oauth_error_and_the_header_before_the_context_id() -> None:
    body = {"error": "invalid_client", "error_description": "wrong", "contextId": "ctx-1"}
    problem = read_problem(json.dumps(body).encode(), {"inin-correlation-id": "cor-1"})
    assert problem == Problem(message="wrong", code="invalid_client", correlation="cor-1")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><h1>502 Bad Gateway</h1></html>",
        b"null",
        b"[]",
        b"7",
        b"[" * 100_000,
        b'{"message": NaN}',
        b'{"message":',
        b"\xff\xfe",
        b'{"message": 7, "code": [], "contextId": {}}',
    ],
)
def test_bodies_that_say_nothing(body: bytes) -> None:
    assert read_problem(body, {}) == Problem()


@pytest.mark.parametrize("body", [b"[" * 100_000, b"NaN", b"1e999", b"\xff", b"{", b""])
def test_only_json_is_parsed(body: bytes) -> None:
    with pytest.raises(ValueError, match="no JSON"):
        parse(body)


def test_s4_02_a_message_is_one_clean_short_line() -> None:
    """S4-02: 512 characters at most."""
    hostile = "a\r\nINFO forged\x1b[31m\u202e\u2028" + "x" * 10_000
    text = clean(hostile)
    assert text is not None
    assert len(text) == 512
    assert text.isprintable()
    assert clean("\n\t") is clean(7) is clean(None) is None
    assert clean("your token abc is bad", secrets=["abc"]) == "your token *** is bad"


@pytest.mark.parametrize(
    "body",
    [
        {"message": "You are missing: [routing:queue:view, analytics:conversationDetail:view]"},
        {"messageParams": {"permissions": "routing:queue:view, analytics:conversationDetail:view"}},
        {
            "message": "denied",
            "details": [
                {"errorCode": "x", "fieldName": "routing:queue:view"},
                {"fieldName": "analytics:conversationDetail:view"},
            ],
        },
    ],
)
def test_s0_04_missing_permissions_are_found_wherever_they_stand(body: object) -> None:
    """S0-04: named, where the platform names them."""
    problem = read_problem(json.dumps(body).encode(), {})
    assert problem.missing == ("routing:queue:view", "analytics:conversationDetail:view")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, CloudError),
        (400, CloudError),
        (401, AuthError),
        (403, PermissionDenied),
        (404, NotFound),
        (429, RateLimited),
        (503, CloudError),
    ],
)
def test_each_status_has_its_error(status: int, kind: type[GenesysSentimentError]) -> None:
    """S0-27, S1-20: 401, 403, 429 and the others are types of their own."""
    problem = Problem(message="said", correlation="cor-1", missing=("a:b:c",))
    error = error_for("GET /x", status, problem, retry_after=4.0)
    assert type(error) is kind
    assert all(part in str(error) for part in ("GET /x", str(status), "said", "cor-1"))
    if isinstance(error, CloudError):
        assert (error.status, error.correlation) == (status, "cor-1")
    if isinstance(error, RateLimited):
        assert error.retry_after == 4.0
    if isinstance(error, PermissionDenied):
        assert (error.missing, error.correlation) == (("a:b:c",), "cor-1")


def test_advice_for_a_redirect() -> None:
    assert "redirects are not followed" in str(error_for("GET /x", 302, Problem()))


_TEXTS = st.text(max_size=30)
_KEYS = st.sampled_from(["message", "code", "contextId", "error", "messageParams", "details"])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | _TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS | _TEXTS, inner, max_size=4),
    max_leaves=20,
)


@given(_JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60))
def test_s4_02_whatever_the_body_the_error_is_one_printable_line(body: bytes) -> None:
    """S4-02: from any body."""
    problem = read_problem(body, {})
    assert all(" " not in name for name in problem.missing)
    text = str(error_for("GET /x", 403, problem))
    assert len(text) < 1024
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in text)
