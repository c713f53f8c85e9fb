"""The close and status matrix (C4), row by row."""

from __future__ import annotations

import pytest

from genesys_sentiment.errors import (
    AuthError,
    CertificateRefused,
    CloudError,
    ConfigurationError,
    ConnectionFailed,
    ConnectionLost,
    HandshakeRefused,
    LimitExceeded,
    NotFound,
    PermissionDenied,
    ProtocolError,
    RateLimited,
)
from genesys_sentiment.streaming.actions import Leave
from genesys_sentiment.streaming.verdict import Left, judge


def lost(code: int) -> ConnectionLost:
    return ConnectionLost("lost", host="h.example", code=code)


def refused(status: int, retry_after: float | None = None) -> HandshakeRefused:
    return HandshakeRefused("no", host="h.example", status=status, retry_after=retry_after)


@pytest.mark.parametrize("code", [1000, 1001, 1005, 1006, 1011, 1012, 1013, 1014, 1015, 4000])
def test_closes_that_mean_connect_again(code: int) -> None:
    verdict = judge(lost(code))
    assert (verdict.kind, verdict.after, verdict.reason) == ("again", 0.0, "disconnected")


@pytest.mark.parametrize("error", [lost(4001), refused(401)])
def test_refused_tokens(error: ConnectionFailed) -> None:
    verdict = judge(error)
    assert verdict.kind == "token"
    assert isinstance(verdict.error, AuthError)
    assert verdict.error.status in (401, 4001)
    assert "h.example" in str(verdict.error)


@pytest.mark.parametrize("error", [lost(4003), refused(403)])
def test_forbidden_is_fatal_at_once(error: ConnectionFailed) -> None:
    verdict = judge(error)
    assert verdict.kind == "fatal"
    assert isinstance(verdict.error, PermissionDenied)
    assert "permission" in str(verdict.error)


@pytest.mark.parametrize("code", [1002, 1003, 1007, 1008, 1009])
def test_protocol_errors(code: int) -> None:
    verdict = judge(lost(code))
    assert verdict.kind == "protocol"
    assert isinstance(verdict.error, ProtocolError)
    assert verdict.error.code == code


@pytest.mark.parametrize(("code", "advice"), [(1008, "policy"), (1009, "1 MiB")])
def test_advice_for_policy_and_size(code: int, advice: str) -> None:
    assert advice in str(judge(lost(code)).error)


def test_rest_answers_that_make_no_sense_are_protocol_errors() -> None:
    assert judge(ProtocolError("no entities")).kind == "protocol"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_handshakes_to_try_again(status: int) -> None:
    assert judge(refused(status)).kind == "again"


@pytest.mark.parametrize("status", [404, 410])
def test_handshakes_that_ask_for_a_new_channel(status: int) -> None:
    assert judge(refused(status)).kind == "channel"


@pytest.mark.parametrize("status", [200, 301, 302, 307, 400, 402, 405, 418])
def test_other_answers_are_fatal(status: int) -> None:
    verdict = judge(refused(status))
    assert verdict.kind == "fatal"
    assert isinstance(verdict.error, HandshakeRefused)


def test_retry_after_of_a_handshake_and_of_rest() -> None:
    """C5-12."""
    assert judge(refused(429, 17.0)).after == 17.0
    assert judge(refused(503, 5.0)).after == 5.0
    assert judge(refused(429)).after == 0.0
    assert judge(RateLimited("slow down", retry_after=12.0)).after == 12.0
    assert judge(RateLimited("slow down")).after == 0.0


@pytest.mark.parametrize("status", [408, 425, 500, 502, 503, 504])
def test_rest_errors_that_pass(status: int) -> None:
    assert judge(CloudError("down", status=status)).kind == "again"


@pytest.mark.parametrize("status", [400, 405, 409, 413])
def test_rest_errors_that_stay(status: int) -> None:
    assert judge(CloudError("no", status=status)).kind == "fatal"


def test_a_channel_that_is_gone_asks_for_another() -> None:
    assert judge(NotFound("gone", status=404)).kind == "channel"


@pytest.mark.parametrize(
    "error",
    [
        CertificateRefused("expired", host="h"),
        AuthError("wrong secret"),
        PermissionDenied("no role"),
        LimitExceeded("1,001 topics", status=400),
        ConfigurationError("nothing to do"),
        LookupError("a bug"),
    ],
)
def test_what_no_waiting_cures_is_fatal_as_it_stands(error: Exception) -> None:
    verdict = judge(error)
    assert verdict.kind == "fatal"
    assert verdict.error is error


def test_no_answer_at_all_is_worth_another_try() -> None:
    """DNS, refused, reset, timeout: C5-11."""
    assert judge(ConnectionFailed("no address", host="h")).kind == "again"
    assert judge(TimeoutError()).kind == "again"


@pytest.mark.parametrize(
    ("leave", "kind"),
    [
        (Leave(reason="silent"), "again"),
        (Leave(reason="socket_closing"), "again"),
        (Leave(reason="evicted", keep_channel=False), "channel"),
        (Leave(reason="token_revoked", keep_channel=False, refuse_token=True), "token"),
    ],
)
def test_leaving_on_our_own_account(leave: Leave, kind: str) -> None:
    verdict = judge(Left(leave))
    assert (verdict.kind, verdict.reason) == (kind, leave.reason)
