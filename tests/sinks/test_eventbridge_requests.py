"""What is asked of EventBridge and what its answers mean, without EventBridge (S1-15)."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.errors import Failure
from genesys_sentiment.model.entries import Entry
from genesys_sentiment.sinks._put_events import (
    Bus,
    Put,
    Refusal,
    failures,
    numbered,
    refusal,
    requests,
    too_deep,
)

V2 = "arn:aws:events:eu-west-1:123456789012:event-busv2/calls/abcdefghijklmnopqrstuvwxy"


def entry(**changes: Any) -> Entry:
    made: dict[str, Any] = {
        "id": "score:1",
        "kind": "score",
        "conversation": "c",
        "at": 1_800_000_000.5,
        "body": b'{"type":"score"}',
        "sequence": 7,
    }
    return Entry(**{**made, **changes})


def test_an_entry_of_a_request() -> None:
    """S1-15: source, detail type, detail, bus; the time is the event's."""
    put = Bus.of("default").put(3, entry(), "s", "score", "{}")
    assert put.index == 3
    assert put.fields == {
        "Source": "s",
        "DetailType": "score",
        "Detail": "{}",
        "Time": datetime(2027, 1, 15, 8, 0, 0, 500_000, UTC),
        "EventBusName": "default",
    }


@pytest.mark.parametrize(
    ("at", "detail", "size"),
    [
        (1.0, "{}", 14 + 6 + 5 + 2),
        (None, "{}", 6 + 5 + 2),
        (None, '{"a":"é"}', 6 + 5 + 10),
        (1e300, "{}", 6 + 5 + 2),
    ],
)
def test_the_size_is_the_documented_one(at: float | None, detail: str, size: int) -> None:
    """S1-15: 14 bytes for a time, and the other fields in UTF-8."""
    assert Bus.of("default").put(0, entry(at=at), "source", "score", detail).size == size


def test_the_region_is_that_of_the_arn() -> None:
    assert Bus.of("default").region is None
    assert Bus.of("arn:aws-cn:events:cn-north-1:1:event-bus/b").region == "cn-north-1"
    assert Bus.of(V2).region == "eu-west-1"


def test_the_newer_bus_is_told_the_conversation_and_what_to_deduplicate_by() -> None:
    """S1-15: chosen by the form of the ARN; ids longer than it takes are replaced by a UUID."""
    bus = Bus.of(V2)
    assert (bus.service, bus.most) == ("eventbridgev2", 100)
    put = bus.put(0, entry(), "s", "score", "{}")
    assert "EventBusName" not in put.fields
    assert bus.request([put]) == {"EventBusArn": V2, "Entries": [put.fields]}
    first = put.fields["SystemMetadata"]
    again = bus.put(1, entry(at=None, sequence=9), "s", "score", "{}").fields["SystemMetadata"]
    other = bus.put(1, entry(id="score:2"), "s", "score", "{}").fields["SystemMetadata"]
    assert first == again != other
    assert isinstance(first, dict)
    assert first["EventGroupId"] == "c"
    long = bus.put(0, entry(conversation="c" * 129), "s", "score", "{}").fields["SystemMetadata"]
    none = bus.put(0, entry(conversation=None), "s", "score", "{}").fields["SystemMetadata"]
    assert isinstance(long, dict)
    assert len(long["EventGroupId"]) == 36
    assert isinstance(none, dict)
    assert list(none) == ["DeduplicationId"]


def test_a_detail_has_its_number() -> None:
    """S1-15: the bus keeps no order."""
    assert json.loads(numbered(entry())) == {"type": "score", "logSequence": 7}
    assert numbered(entry(sequence=-1)) == entry().body
    assert json.loads(numbered(entry(sequence=0)))["logSequence"] == 0


@pytest.mark.parametrize(
    ("levels", "deep"), [(1, False), (999, False), (1000, True), (5000, True), (200_000, True)]
)
@pytest.mark.parametrize("pair", ["[]", "{}"])
def test_nesting(levels: int, deep: bool, pair: str) -> None:
    """S1-15: fewer than 1,000 levels."""
    assert too_deep((pair[0] * levels + pair[1] * levels).encode()) is deep


def test_brackets_in_texts_are_no_levels() -> None:
    """S1-15."""
    assert not too_deep(json.dumps({"a": '["\\' + "[" * 5000, "b": ["{" * 5000]}).encode())
    assert not too_deep(json.dumps([[]] * 5000).encode())


def put(index: int, size: int) -> Put:
    return Put(index, {}, size)


@given(st.lists(st.integers(1, 100), max_size=60), st.integers(1, 12), st.integers(100, 300))
def test_requests_keep_both_limits_and_the_order(sizes: list[int], most: int, limit: int) -> None:
    """S1-15: ten entries, and the sum of their bytes."""
    puts = [put(place, size) for place, size in enumerate(sizes)]
    made = list(requests(puts, most, limit))
    assert [each for request in made for each in request] == puts
    for request in made:
        assert 1 <= len(request) <= most
        assert sum(each.size for each in request) <= limit
    for one, following in itertools.pairwise(made):
        full = len(one) == most
        assert full or sum(each.size for each in one) + following[0].size > limit


def test_only_what_carries_an_error_code_failed() -> None:
    """S1-15: the answer is 200 all the same; which can be tried again is the service's word."""
    answer = {
        "FailedEntryCount": 5,
        "Entries": [
            {"EventId": "1"},
            {"ErrorCode": "ThrottlingException", "ErrorMessage": "secret"},
            {"ErrorCode": "InternalFailure"},
            {"ErrorCode": "InternalException"},
            {"ErrorCode": "MalformedDetail"},
            {"ErrorCode": "a b\n" * 99},
            {"SuccessCode": "DEDUPLICATED"},
            {},
        ],
    }
    puts = [put(place + 10, 1) for place in range(9)]
    assert list(failures(puts, answer)) == [
        Failure(11, "ThrottlingException"),
        Failure(12, "InternalFailure"),
        Failure(13, "InternalException"),
        Failure(14, "MalformedDetail", retry=False),
        Failure(15, "unknown", retry=False),
        Failure(17, "no_answer"),
        Failure(18, "no_answer"),
    ]


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (429, "TooManyRequests", Refusal(reason="TooManyRequests", retry=True)),
        (400, "ThrottlingException", Refusal(reason="ThrottlingException", retry=True)),
        (500, "InternalFailure", Refusal(reason="InternalFailure", retry=True)),
        (503, "503", Refusal(reason="503", retry=True)),
        (400, "ExpiredTokenException", Refusal(reason="ExpiredTokenException", retry=True)),
        (400, "AccessDeniedException", Refusal(reason="AccessDeniedException", retry=True)),
        (
            400,
            "ResourceNotFoundException",
            Refusal(reason="ResourceNotFoundException", retry=True),
        ),
        (
            400,
            "ValidationException",
            Refusal(reason="ValidationException", retry=False, apart=True),
        ),
        (413, "413", Refusal(reason="413", retry=False, apart=True, too_large=True)),
        (400, None, Refusal(reason="unknown", retry=True)),
    ],
)
def test_a_whole_request_is_refused(status: int, code: str | None, expected: Refusal) -> None:
    """S1-15: what is no entry's fault is tried again; one that is too large is taken apart."""
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    assert refusal(answer) == expected


def test_a_refusal_for_its_size_names_the_size() -> None:
    """S1-15: oversize goes to the dead letters with its reason."""
    found = Refusal(reason="413", retry=False, too_large=True)
    assert found.failure(put(2, 1234)) == Failure(2, "oversize_1234", retry=False)
