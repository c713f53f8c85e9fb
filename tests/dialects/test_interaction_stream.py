"""The dialect of the interaction stream's tutorial (S4), frame by frame."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.dialects._instants import instant
from genesys_sentiment.dialects.interaction_stream import InteractionStream
from genesys_sentiment.errors import BadFrame, ConfigurationError
from genesys_sentiment.model.events import StateChange, Unknown
from genesys_sentiment.model.wire import (
    Acknowledged,
    Closing,
    Drift,
    Heartbeat,
    Refused,
    Token,
    TokenRevoked,
    WireMessage,
)

DIALECT = InteractionStream()
TOKEN = Token(value="canary+/token", expires=1e9)
TEN = 1_772_359_200.5
"""2026-03-01T10:00:00.5Z"""


def reference() -> str:
    return "r"


def event(**more: Any) -> dict[str, Any]:
    return {
        "sequence": 7,
        "id": "i-1",
        "type": "interaction",
        "status": "queued",
        "channelType": "voice",
        "timestamp": "2026-03-01T10:00:00.500Z",
        "attributes": {"queueId": "q-1", "priority": 3},
    } | more


def decode(message: Any, dialect: InteractionStream = DIALECT) -> list[WireMessage]:
    return list(dialect.decode(json.dumps(message).encode(), 5.0))


def change(**more: Any) -> StateChange:
    found = decode(event(**more))[0]
    assert isinstance(found, StateChange)
    return found


def reason(message: Any) -> str:
    with pytest.raises(BadFrame) as caught:
        decode(message)
    return caught.value.reason


def test_where_and_how_it_connects() -> None:
    """S4-01: the tutorial's address, the token in its query, escaped and never shown."""
    connect = DIALECT.connect(TOKEN, None)
    assert connect.url == (
        "wss://api.my.genesyscloud.com/api/v2/interactions/stream?access_token=canary%2B%2Ftoken"
    )
    assert connect.headers == {}
    assert "canary" not in repr(connect)
    assert "canary" not in repr(DIALECT.renew(TOKEN, reference))


def test_the_token_may_go_into_the_header() -> None:
    """S4-01: where the server takes it there, no proxy keeps it."""
    connect = InteractionStream(region="eu-1", credentials_in="header").connect(TOKEN, None)
    assert connect.url == "wss://api.eu-1.genesyscloud.com/api/v2/interactions/stream"
    assert connect.headers == {"Authorization": "Bearer canary+/token"}


def test_the_endpoint_is_configurable() -> None:
    """X-01."""
    dialect = InteractionStream(host="127.0.0.1:8080", path="/x", secure=False)
    assert dialect.connect(TOKEN, None).url.startswith("ws://127.0.0.1:8080/x?access_token=")


def test_a_region_cannot_change_the_host() -> None:
    """S4-01: in the tutorial any text becomes a part of the address, and the token goes there."""
    region = "evil.example/?"
    assert f"wss://api.{region}.genesyscloud.com".split("/")[2] == "api.evil.example"
    with pytest.raises(ConfigurationError):
        InteractionStream(region=region)


@pytest.mark.parametrize(
    "options",
    [
        {"region": "a.b"},
        {"region": ""},
        {"region": "user:secret@x"},
        {"host": "user:secret@example.com"},
        {"host": "example.com", "secure": False},
        {"types": ()},
        {"statuses": ["a b"]},
        {"credentials_in": "cookie"},
        {"ack_timeout": -1.0},
        {"idle_timeout": 0.0},
    ],
)
def test_what_cannot_work_is_refused(options: dict[str, Any]) -> None:
    """S4-01: with a word that repeats no secret."""
    with pytest.raises(ConfigurationError) as caught:
        InteractionStream(**options)
    assert "secret" not in str(caught.value)


def test_without_a_token_it_does_not_connect() -> None:
    """S4-06: the tutorial connects with the empty text, which no server takes."""
    with pytest.raises(ConfigurationError):
        DIALECT.connect(None, None)
    with pytest.raises(ConfigurationError):
        DIALECT.connect(Token(value="", expires=1e9), None)


def test_the_first_message_is_the_filter() -> None:
    """S4-03: with the tutorial's values, unless others are given."""
    (request,) = DIALECT.subscribe((), 0.0, reference)
    assert request.text == (
        '{"filter":{"types":["voice","chat","email"],'
        '"status":["queued","ringing","connected","completed"]}}'
    )
    (other,) = InteractionStream(types="voice", statuses=["queued"]).subscribe((), 0.0, reference)
    assert json.loads(other.text) == {"filter": {"types": ["voice"], "status": ["queued"]}}
    assert DIALECT.unsubscribe(("x",), reference) == ()


def test_the_token_is_renewed_by_a_message() -> None:
    """S4-04."""
    request = DIALECT.renew(TOKEN, reference)
    assert request.text == '{"type":"refresh","access_token":"canary+/token"}'


def test_an_event() -> None:
    """S4-10."""
    found = change()
    assert (found.conversation, found.subject, found.state) == ("i-1", "interaction", "queued")
    assert (found.medium, found.sequence, found.at, found.received) == ("voice", 7, TEN, 5.0)
    assert dict(found.attributes) == {"type": "interaction", "queueId": "q-1", "priority": "3"}


@pytest.mark.parametrize(
    "timestamp",
    [
        "2026-03-01T10:00:00.500Z",
        "2026-03-01T12:00:00.5+02:00",
        "2026-03-01T04:30:00.5-05:30",
        1_772_359_200_500,
        1_772_359_200.5,
    ],
)
def test_times_in_every_form(timestamp: object) -> None:
    """S4-10: any offset, epoch milliseconds and seconds; all are the same moment."""
    assert change(timestamp=timestamp).at == TEN


@pytest.mark.parametrize(
    "timestamp",
    [
        *("2026-03-01T10:00:00", "2026-03-01", "yesterday", "", "2026-13-01T00:00:00Z"),
        *(-1, True, None, [], 1e300, "1772359200"),
    ],
)
def test_times_that_are_none(timestamp: object) -> None:
    """S4-10: the tutorial's own repair takes any text as a time."""
    # z.string().datetime().or(z.string()) is: any text.
    assert reason(event(timestamp=timestamp)) == "timestamp"


def test_what_the_tutorials_pattern_makes_of_an_offset() -> None:
    """S4-10: a schema for Z only refuses every event of a server that writes +02:00."""
    theirs = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
    text = "2026-03-01T12:00:00.5+02:00"
    assert theirs.fullmatch(text) is None
    assert change(timestamp=text).at == TEN


@given(st.floats(1e9, 4e9))
def test_the_rule_of_the_unit(seconds: float) -> None:
    """S4-10: below 10¹¹ seconds, from there on milliseconds."""
    assert instant(seconds) == seconds
    assert instant(seconds * 1000) == pytest.approx(seconds)


def test_a_leap_second_is_the_next_minute() -> None:
    """C2."""
    assert (
        instant("2016-12-31T23:59:60Z")
        == datetime.fromisoformat("2017-01-01T00:00:00Z").timestamp()
    )


@pytest.mark.parametrize("sequence", [0, 1, 2**53])
def test_sequence_numbers(sequence: int) -> None:
    """S4-10: zero is one as well."""
    assert change(sequence=sequence).sequence == sequence


@pytest.mark.parametrize("sequence", [-1, 2**53 + 1, 1.5, 7.0, True, "7", None, 10**30])
def test_what_is_no_sequence_number(sequence: object) -> None:
    """S4-10: the tutorial takes any number."""
    assert reason(event(sequence=sequence)) == "sequence"


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("id", "no_conversation"),
        ("status", "status"),
        ("type", "type"),
        ("channelType", "channel_type"),
        ("timestamp", "timestamp"),
        ("sequence", "sequence"),
    ],
)
def test_every_field_but_the_attributes_is_needed(name: str, word: str) -> None:
    """S4-10: the reason says which one; the tutorial drops the event without a word."""
    message = event()
    del message[name]
    assert reason(message) == word
    assert change(attributes=None).attributes == (("type", "interaction"),)


def test_unknown_fields_are_kept_and_named() -> None:
    """S4-10, C5-18."""
    found, more = decode(event(mood={"a": 1}))
    assert isinstance(found, StateChange)
    assert ("mood", '{"a":1}') in found.attributes
    assert more == Drift(("interaction.mood",))
    assert reason(event(attributes=[])) == "attributes"
    assert reason(event(attributes={str(number): 1 for number in range(300)})) == "attributes"


def test_four_events_of_one_interaction_have_four_ids() -> None:
    """S4-11: the tutorial takes the interaction's id for the event's and keeps one of four."""
    statuses = ("queued", "ringing", "connected", "completed")
    events = [event(sequence=at, status=status) for at, status in enumerate(statuses, 1)]
    seen: set[str] = set()
    theirs = [each for each in events if each["id"] not in seen and not seen.add(each["id"])]  # type: ignore[func-returns-value]
    assert len(theirs) == 1
    ours = {decode(each)[0].id for each in events}  # type: ignore[union-attr]
    assert len(ours) == 4
    assert change().id == change().id


@pytest.mark.parametrize(
    ("message", "meaning"),
    [
        ({"type": "ack", "request": "filter"}, Acknowledged("filter")),
        ({"type": "ack", "request": "refresh"}, Acknowledged("refresh")),
        ({"type": "subscribed"}, Acknowledged("filter")),
        ({"type": "refreshed"}, Acknowledged("refresh")),
        ({"type": "ack"}, Acknowledged(None)),
        ({"type": "error", "code": "rate_limit"}, Refused(None, "rate_limit")),
        ({"type": "error", "code": 4001}, TokenRevoked()),
        ({"type": "heartbeat"}, Heartbeat()),
        ({"type": "closing"}, Closing()),
    ],
)
def test_answers_and_control(message: Any, meaning: WireMessage) -> None:
    """S4-03, S4-04: neither message has an id, so an answer says in words what it is about."""
    assert decode(message) == [meaning]


@pytest.mark.parametrize(
    "message",
    [
        {"type": "error", "request": "filter", "message": "fax is not supported"},
        {"type": "error", "message": "Filter criteria rejected", "rejected": {"types": ["fax"]}},
        {"error": "bad filter: FAX"},
    ],
)
def test_a_refused_filter_names_the_values(message: Any) -> None:
    """S4-03: which of ours were rejected, and which the tutorial knows."""
    dialect = InteractionStream(types=("voice", "fax"))
    (refused,) = decode(message, dialect)
    assert isinstance(refused, Refused)
    assert refused.reference == "filter"
    assert "types fax" in refused.reason
    assert "voice, chat, email" in refused.reason
    assert "queued, ringing, connected, completed" in refused.reason


def test_a_refused_token_is_not_repeated() -> None:
    """S4-02, C5-31: what a server says of a token may hold it."""
    (refused,) = decode({"type": "error", "message": "bad access_token canary+/token", "code": 7})
    assert refused == Refused("refresh", "7")


def test_an_unknown_kind_is_kept() -> None:
    (found,) = decode({"type": "surprise", "x": 1})
    assert isinstance(found, Unknown)
    assert found.topic == "surprise"


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (b"", "json"),
        (b"[]", "body"),
        (b"{}", "no_type"),
        (b'{"sequence":NaN}', "json"),
        (b"\xff", "utf8"),
        (b" " * 1_048_577, "too_large"),
        (b"[" * 5_000, "too_deep"),
    ],
)
def test_what_cannot_be_read(raw: bytes, word: str) -> None:
    """C5-15, C5-16."""
    with pytest.raises(BadFrame) as caught:
        DIALECT.decode(raw, 5.0)
    assert caught.value.reason == word


_KEYS = (
    "sequence id type status channelType timestamp attributes error message code rejected"
    " request for requestId op event types x"
)
KEYS = st.sampled_from(_KEYS.split())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=20,
)
NOISE = st.sampled_from(
    [b"NaN", b"1e999", b"9" * 5_000, b'"\\ud800"', b"\xff", b"null", b"true", b"[" * 5_000, b"{}"]
)
VALID = tuple(
    json.dumps(each).encode()
    for each in (event(), {"type": "ack"}, {"type": "error", "rejected": {"types": ["fax"]}})
)


def survive(raw: bytes) -> None:
    try:
        messages, word = DIALECT.decode(raw, 5.0), "none"
    except BadFrame as error:
        messages, word = (), error.reason
    assert word.isidentifier(), "a fixed word, never the frame's content"
    for each in messages:
        hash(each)
        assert isinstance(getattr(each, "id", ""), str)


@given(st.binary(max_size=300))
def test_random_bytes(raw: bytes) -> None:
    """C5-15, C5-17: BadFrame and nothing else."""
    survive(raw)


@given(st.sampled_from(VALID), st.data())
def test_mutated_frames(raw: bytes, draw: st.DataObject) -> None:
    """C5-15, C5-16: BadFrame and nothing else."""
    for _ in range(draw.draw(st.integers(1, 4))):
        start = draw.draw(st.integers(0, len(raw)))
        end = draw.draw(st.integers(start, min(len(raw), start + 40)))
        raw = raw[:start] + draw.draw(NOISE | st.binary(max_size=6)) + raw[end:]
    survive(raw)


@given(JSON, st.dictionaries(KEYS, JSON, max_size=4))
def test_any_json(value: Any, more: dict[str, Any]) -> None:
    """C5-15: BadFrame and nothing else."""
    survive(json.dumps(value).encode())
    survive(json.dumps(event() | more).encode())
