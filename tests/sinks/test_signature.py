"""Standard Webhooks 1.0: its vectors, its own Python library as a peer, and what may come in."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from genesys_sentiment.errors import ConfigurationError, SignatureRefused
from genesys_sentiment.sinks.signature import message_id, read_keys, sign, verify

# The vector of the standard's libraries: github.com/standard-webhooks, the test "sign function".
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = 1614265330
BODY = b'{"test": 2432232314}'
SIGNED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
OTHER = "whsec_" + base64.b64encode(bytes(range(32))).decode()


def _headers(**changed: str | None) -> dict[str, str]:
    headers = {"id": MESSAGE, "timestamp": str(AT), "signature": SIGNED, **changed}
    return {f"webhook-{name}": value for name, value in headers.items() if value is not None}


def _refusal(
    body: bytes = BODY,
    headers: Mapping[str, str] | None = None,
    secrets: str | list[str] = SECRET,
    now: float = AT,
) -> str:
    with pytest.raises(SignatureRefused) as caught:
        verify(body, _headers() if headers is None else headers, secrets, now=now)
    assert caught.value.__context__ is None
    return caught.value.reason


@pytest.mark.parametrize(
    ("secret", "message", "at", "body", "expected"),
    [
        (SECRET, MESSAGE, AT, BODY, SIGNED),
        (
            "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
            "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
            1649367553,
            b'{"email":"test@example.com","username":"test_user"}',
            "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
        ),
    ],
)
def test_the_standards_vectors(
    secret: str, message: str, at: int, body: bytes, expected: str
) -> None:
    assert sign(read_keys(secret), message=message, timestamp=at, body=body) == expected
    headers = {"webhook-id": message, "webhook-timestamp": str(at), "webhook-signature": expected}
    assert verify(body, headers, secret, now=at) == message


def test_each_of_several_secrets_signs() -> None:
    """While secrets are rotated, a receiver that knows one of them is content."""
    both = sign(read_keys([SECRET, OTHER]), message=MESSAGE, timestamp=AT, body=BODY)
    assert both.split(" ")[0] == SIGNED
    assert len(both.split(" ")) == 2
    for known in (SECRET, OTHER, [OTHER, SECRET]):
        assert verify(BODY, _headers(signature=both), known, now=AT) == MESSAGE
    assert _refusal(headers=_headers(signature=both), secrets="whsec_" + "A" * 32) == "signature"


def test_signatures_of_other_schemes_are_passed_over() -> None:
    mixed = f"v1a,{'A' * 88} v2,{SIGNED[3:]} {SIGNED}"
    assert verify(BODY, _headers(signature=mixed), SECRET, now=AT) == MESSAGE
    assert _refusal(headers=_headers(signature=f"v2,{SIGNED[3:]}")) == "signature"


def test_the_case_of_header_names_does_not_matter() -> None:
    headers = {name.title(): value for name, value in _headers().items()}
    assert verify(BODY, headers, SECRET, now=AT) == MESSAGE
    assert verify(BODY, CIMultiDict(headers), SECRET, now=AT) == MESSAGE


@pytest.mark.parametrize("off", [-300, 0, 300])
def test_fresh_is_five_minutes_either_way(off: int) -> None:
    assert verify(BODY, _headers(), SECRET, now=AT + off) == MESSAGE


@pytest.mark.parametrize("off", [-301, -300.001, 300.001, 1e9, float("nan"), float("inf")])
def test_a_replay_is_refused(off: float) -> None:
    """C5-34: a webhook that was genuine once is not taken again later."""
    assert _refusal(now=AT + off) == "time"


def test_tampering_is_refused() -> None:
    """C5-34: any change of the body, the id or the time is noticed."""
    assert _refusal(body=BODY + b" ") == "signature"
    assert _refusal(headers=_headers(id="msg_other")) == "signature"
    assert _refusal(headers=_headers(timestamp=str(AT + 1))) == "signature"
    assert _refusal(secrets=OTHER) == "signature"


@pytest.mark.parametrize("name", ["id", "timestamp", "signature"])
def test_a_missing_header_is_refused(name: str) -> None:
    assert _refusal(headers=_headers(**{name: None})) == "missing"


@pytest.mark.parametrize(
    "changed",
    [
        {"id": ""},
        {"id": "a.b"},
        {"id": "a b"},
        {"id": "ä"},
        {"id": "x" * 513},
        {"timestamp": ""},
        {"timestamp": "hello"},
        {"timestamp": "-1"},
        {"timestamp": "1614265330.5"},
        {"timestamp": "1e9"},
        {"timestamp": " 1614265330"},
        {"timestamp": "\u0661\u0662"},  # digits, but not ASCII's
        {"timestamp": "9" * 13},
        {"signature": ""},
        {"signature": "v1"},
        {"signature": "v1,"},
        {"signature": SIGNED[3:]},
        {"signature": "v1,a,b"},
        {"signature": SIGNED + " "},
        {"signature": SIGNED + "\n"},
        {"signature": "v1,é"},
        {"signature": " ".join([SIGNED] * 33)},
        {"signature": "v1," + "A" * 257},
    ],
)
def test_malformed_headers_are_refused_with_our_own_error(changed: dict[str, str]) -> None:
    """C5-34: the standard's Python library raises a ValueError of its own for some of these."""
    assert _refusal(headers=_headers(**changed)) == "malformed"


def test_a_header_that_came_twice_is_refused() -> None:
    headers = CIMultiDict(_headers())
    headers.add("Webhook-Id", "msg_other")
    assert _refusal(headers=headers) == "malformed"


def test_a_body_that_is_no_text_is_refused_with_our_own_error() -> None:
    """C5-34: signed or not; the standard's library raises UnicodeDecodeError."""
    body = b"\xff\xfe"
    assert _refusal(body=body) == "signature"
    signed = sign(read_keys(SECRET), message=MESSAGE, timestamp=AT, body=body)
    assert _refusal(body=body, headers=_headers(signature=signed)) == "body"


def test_every_pair_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """C5-34: the comparison is counted, because the time that it takes cannot be asserted."""
    compared: list[tuple[object, object]] = []

    def count(left: bytes, right: bytes) -> bool:
        compared.append((left, right))
        return left == right

    monkeypatch.setattr(hmac, "compare_digest", count)
    verify(BODY, _headers(signature=f"{SIGNED} v1,AAAA"), [SECRET, OTHER], now=AT)
    assert len(compared) == 4


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        SECRET.removeprefix("whsec_"),
        "whsec_!!!!",
        "whsec_" + base64.b64encode(b"x" * 23).decode(),
        "whsec_" + base64.b64encode(b"x" * 65).decode(),
        "whsec_" + base64.b64encode(b"canary" * 5).decode() + "é",
        "whsk_" + base64.b64encode(b"x" * 32).decode(),
    ],
)
def test_a_secret_that_is_none_is_not_shown(secret: str) -> None:
    for given_ in (secret, [SECRET, secret]):
        with pytest.raises(ConfigurationError) as caught:
            read_keys(given_)
        assert caught.value.__context__ is None
        assert len(secret) < 7 or secret[6:] not in str(caught.value)


def test_some_secret_there_must_be() -> None:
    with pytest.raises(ConfigurationError, match="at least one"):
        read_keys([])


@pytest.mark.parametrize("length", [24, 64])
def test_the_standards_lengths_of_a_secret(length: int) -> None:
    assert read_keys("whsec_" + base64.b64encode(b"x" * length).decode()) == (b"x" * length,)


HEADERS = st.fixed_dictionaries(
    {},
    optional={f"webhook-{name}": st.text() for name in ("id", "timestamp", "signature")},
)


@given(st.binary(), HEADERS, st.floats())
def test_nothing_but_our_error_comes_out(body: bytes, headers: dict[str, str], now: float) -> None:
    with pytest.raises(SignatureRefused):
        verify(body, headers, SECRET, now=now)


@given(st.text(), st.integers(0, 10**11), st.text())
def test_what_we_sign_we_verify(record: str, at: int, text: str) -> None:
    body = text.encode()
    message = message_id(record)
    signature = sign(read_keys(SECRET), message=message, timestamp=at, body=body)
    headers = _headers(id=message, timestamp=str(at), signature=signature)
    assert verify(body, headers, SECRET, now=at) == message


@given(st.sets(st.text(max_size=300) | st.text(".%/:aA \n", max_size=8), min_size=2, max_size=8))
def test_another_record_has_another_id(records: set[str]) -> None:
    """C5-29: whatever the id holds, the header holds none of it that could be misread."""
    made = {message_id(each) for each in records}
    assert len(made) == len(records)
    assert all(each.isascii() and each.isprintable() and " " not in each for each in made)
    assert all("." not in each and 0 < len(each) <= 256 for each in made)


def test_ids_of_ours_stay_readable() -> None:
    assert message_id("score:5e1c-77:3") == "score:5e1c-77:3"
    assert message_id("a.b/ä\r\n") == "a%2Eb%2F%C3%A4%0D%0A"
    assert message_id("x" * 257).startswith("sha256:")
    assert message_id("") == message_id("")


class TestPeer:
    """The standard's own Python library agrees, and what it gets wrong is wrapped."""

    def test_it_accepts_what_we_sign(self) -> None:
        peer = pytest.importorskip("standardwebhooks").webhooks.Webhook(SECRET)
        at = int(datetime.now(UTC).timestamp())
        message = message_id("score:ä.1")
        signature = sign(read_keys([OTHER, SECRET]), message=message, timestamp=at, body=BODY)
        headers = _headers(id=message, timestamp=str(at), signature=signature)
        assert peer.verify(BODY, headers) == {"test": 2432232314}

    def test_we_accept_what_it_signs(self) -> None:
        peer = pytest.importorskip("standardwebhooks").webhooks.Webhook(SECRET)
        signed = peer.sign(MESSAGE, datetime.fromtimestamp(AT, UTC), BODY.decode())
        assert verify(BODY, _headers(signature=signed), SECRET, now=AT) == MESSAGE

    def test_its_foreign_errors_are_still_there(self) -> None:
        """Why there is a verifier of ours: when this fails, the library has been mended."""
        peer = pytest.importorskip("standardwebhooks").webhooks.Webhook(SECRET)
        now = str(int(datetime.now(UTC).timestamp()))
        with pytest.raises(ValueError, match="unpack"):
            peer.verify(BODY, _headers(timestamp=now, signature="v1"))
        with pytest.raises(UnicodeDecodeError):
            peer.verify(b"\xff", _headers(timestamp=now))
