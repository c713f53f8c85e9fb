"""The record of a chat's sentiment, its payload and identity, and the result of sending it."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.entries import Entry, Receipt
from genesys_sentiment.model.export import to_json
from genesys_sentiment.model.forwards import Forward
from genesys_sentiment.scoring.forwarding import Forwarded, forward
from genesys_sentiment.scoring.shares import Assessment, assess
from genesys_sentiment.sinks.payloads import chat_sentiment

CONVERSATION = "e8a1b2c3-d4e5-f6a7-b8c9-d0e1f2a3b4c5"
AT = 1_800_000_000.0
FOUND = assess({"positive": 0.12355, "neutral": 0.00015, "negative": 0.85}, confidence=0.91234567)


def made(conversation: str = CONVERSATION, found: Assessment = FOUND, **rest: Any) -> Forward:
    return forward(conversation, found, **{"event": "chat-1", "at": AT, **rest})


def payload(
    conversation: str = CONVERSATION, found: Assessment = FOUND, **rest: Any
) -> dict[str, object]:
    """What leaves, made of the record as it is exported."""
    record = made(conversation, found, **rest)
    body = to_json(record)
    entry = Entry(id=record.id, kind="forward", conversation=conversation, at=AT, body=body)
    return dict(chat_sentiment(entry, AT + 100.0))


def test_the_payload() -> None:
    """S1-10: every field of the tutorial's, numbers with four decimals."""
    assert payload(threshold=0.85) == {
        "conversationId": CONVERSATION,
        "sentimentMatrix": {
            "polarity": "negative",
            "confidence": 0.9123,
            "positive": 0.1236,
            "neutral": 0.0002,
            "negative": 0.85,
        },
        "escalationThreshold": 0.85,
        "forwardingId": "5a4dbf8d-dad1-5783-860f-39ff35719896",
        "timestamp": "2027-01-15T08:00:00.000Z",
    }


SHARE = {"type": "number", "minimum": 0, "maximum": 1}
SCHEMA = {
    "type": "object",
    "required": [
        "conversationId",
        "sentimentMatrix",
        "escalationThreshold",
        "forwardingId",
        "timestamp",
    ],
    "properties": {
        "conversationId": {"type": "string", "pattern": "^[a-f0-9-]{36}$"},
        "sentimentMatrix": {
            "type": "object",
            "properties": {
                "polarity": {"type": "string", "enum": ["positive", "neutral", "negative"]},
                **dict.fromkeys(("confidence", "positive", "neutral", "negative"), SHARE),
            },
        },
        "escalationThreshold": SHARE,
        "forwardingId": {"type": "string"},
        "timestamp": {"type": "string", "format": "date-time"},
    },
}
"""The tutorial's own schema, which its receivers have."""


@pytest.mark.parametrize("confidence", [None, 0.75, 1])
@pytest.mark.parametrize("conversation", [CONVERSATION, CONVERSATION.upper()])
def test_the_payload_satisfies_the_tutorials_schema(
    conversation: str, confidence: float | None
) -> None:
    """S1-10: also without a confidence, and for an id in upper case, which its pattern refuses."""
    found = assess({"positive": 1.1, "neutral": 0, "negative": 0.0}, confidence=confidence)
    Draft202012Validator(SCHEMA).validate(payload(conversation, found, threshold=0))


def test_without_a_confidence_the_payload_has_none() -> None:
    """S1-10: the tutorial's schema wants a number or nothing; the score is not put there."""
    found = assess({"positive": 0.1, "neutral": 0.2, "negative": 0.7}, score=-0.9)
    matrix = payload(found=found)["sentimentMatrix"]
    assert isinstance(matrix, dict)
    assert sorted(matrix) == ["negative", "neutral", "polarity", "positive"]


def test_only_none_means_the_default_threshold() -> None:
    """S1-11: the tutorial's `configured || 0.8` makes 0.8 of a configured 0."""
    configured = 0.0
    assert (configured or 0.8) == 0.8
    assert payload(threshold=configured)["escalationThreshold"] == 0.0
    assert payload(threshold=None)["escalationThreshold"] == 0.8
    assert payload()["escalationThreshold"] == 0.8


@pytest.mark.parametrize("threshold", [-0.1, 1.1, 85, nan, True, "0.8"])
def test_a_threshold_is_a_number_from_0_to_1(threshold: Any) -> None:
    """S1-11."""
    with pytest.raises(ConfigurationError, match="threshold"):
        payload(threshold=threshold)


def test_the_record_says_whether_it_is_escalated() -> None:
    """S1-14: strictly above, on the rounded share that is sent."""
    assert made(threshold=0.8499).escalated
    assert not made(threshold=0.85).escalated
    assert not made(threshold=1).escalated


def test_the_forwarding_id_is_that_of_the_logical_event() -> None:
    """S1-12: not of the attempt, nor of what the attempt found; another event has another."""
    one = payload()["forwardingId"]
    other = assess({"positive": 1.0, "neutral": 0.0, "negative": 0.0})
    assert payload(found=other, at=AT + 5, threshold=0.1)["forwardingId"] == one
    assert payload(event="chat-2")["forwardingId"] != one
    assert payload("0" + CONVERSATION[1:])["forwardingId"] != one


def test_a_retry_is_the_same_byte_for_byte() -> None:
    """S1-12: the tutorial's has another id and another time in every attempt."""
    assert payload() == payload()


def test_a_conversations_id_is_the_same_in_either_case() -> None:
    """S1-10, S1-12: taken as it comes, written in lower case."""
    assert payload(CONVERSATION.upper()) == payload()


@pytest.mark.parametrize(
    "name",
    [
        "-" * 36,
        "",
        "e8a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5",
        "{e8a1b2c3-d4e5-f6a7-b8c9-d0e1f2a3b4c5}",
        "e8a1b2c3-d4e5-f6a7-b8c9-d0e1f2a3b4cg",
        CONVERSATION + "\n",
        "١" + CONVERSATION[1:],
    ],
)
def test_what_is_no_uuid_is_refused(name: str) -> None:
    """S1-10: the tutorial's pattern takes 36 dashes, and no upper case."""
    with pytest.raises(ConfigurationError, match="UUID"):
        payload(name)


@pytest.mark.parametrize("at", [nan, inf, 1e300, 0.0])
def test_a_time_that_is_none_is_refused(at: float) -> None:
    """S1-10."""
    with pytest.raises(ConfigurationError, match="seconds"):
        payload(at=at)


@pytest.mark.parametrize(
    "found",
    [
        assess({}),
        assess({"positive": nan, "neutral": 0.0, "negative": 0.0}),
        assess({"positive": 0.1, "neutral": 0.2, "negative": 0.7}, confidence=0.5),
    ],
    ids=lambda found: found.outcome,
)
def test_only_what_was_scored_is_forwarded(found: Assessment) -> None:
    """S1-06, S1-07: never a made-up polarity."""
    with pytest.raises(ConfigurationError, match=found.outcome):
        payload(found=found)


def receipt(sink: str, **rest: Any) -> Receipt:
    what = {"conversation": CONVERSATION, "at": AT + 2.0, "record": made().id, "kind": "forward"}
    return Receipt(sink=sink, **{"outcome": "delivered", **what, **rest})


def result(*receipts: Receipt) -> Forwarded:
    return Forwarded(assessment=FOUND, sinks=("bus", "crm"), forward=made(), receipts=receipts)


def test_latency_is_per_sink_and_end_to_end() -> None:
    """S1-17: the tutorial has one sum over both sinks, and only of successes."""
    found = result(receipt("bus", latency=0.0625, lag=1.0625), receipt("crm", latency=0.5, lag=1.5))
    assert found.success
    assert found.latencies == {"bus": 63, "crm": 500}
    assert found.end_to_end == 1500


def test_a_failed_sink_leaves_the_others_result_and_no_end_to_end() -> None:
    """S1-17, S1-19: unknown is None, never 0; the structured result tells who failed."""
    dead = receipt("crm", outcome="dead", reason="TimeoutError")
    found = result(receipt("bus", latency=0.25, lag=0.25), dead)
    assert not found.success
    assert found.latencies == {"bus": 250}
    assert found.end_to_end is None
    assert found.failed == {"crm": dead}


def test_what_is_under_way_is_neither_a_success_nor_a_failure() -> None:
    """S1-19."""
    found = result(receipt("bus", latency=0.25, lag=0.25))
    assert (found.success, found.end_to_end, found.failed) == (False, None, {})
    assert list(found.delivered) == ["bus"]


@pytest.mark.parametrize("order", [1, -1])
def test_what_was_given_up_may_be_delivered_later(order: int) -> None:
    """S1-19: somebody had the dead letter tried again."""
    both = [
        receipt("crm", outcome="dead", reason="status_500"),
        receipt("crm", latency=0.1, lag=4.0),
    ]
    found = result(receipt("bus", latency=0.25, lag=0.25), *both[::order])
    assert (found.success, found.failed, found.end_to_end) == (True, {}, 4000)


def test_receipts_of_other_records_and_other_sinks_do_not_count() -> None:
    """S1-19: the receipts of a whole run may be handed in."""
    found = result(
        receipt("bus", record="forward:another"), receipt("crm"), receipt("audit", outcome="dead")
    )
    assert (list(found.delivered), found.failed, found.success) == (["crm"], {}, False)
    assert found.latencies == {}


def test_nothing_to_forward_is_a_result_as_well() -> None:
    """S1-19, S1-05: an outcome where the tutorial throws."""
    found = Forwarded(assessment=assess({}), sinks=("bus",), receipts=(receipt("bus"),))
    assert (found.success, found.forward, found.latencies) == (False, None, {})
    assert found.end_to_end is None
    assert found.assessment.outcome == "no_data"


def test_without_sinks_there_is_no_success() -> None:
    """S1-19."""
    assert not Forwarded(assessment=FOUND, sinks=(), forward=made()).success


def test_a_clock_that_went_back_makes_no_negative_latency() -> None:
    """S1-17."""
    found = result(receipt("bus", latency=-0.5, lag=-1.0), receipt("crm", latency=0.0, lag=-2.0))
    assert (found.latencies, found.end_to_end) == ({"bus": 0, "crm": 0}, 0)


def test_the_end_is_not_known_where_the_event_has_no_time() -> None:
    """S1-17."""
    found = result(receipt("bus", latency=0.1), receipt("crm", latency=0.1))
    assert (found.success, found.end_to_end) == (True, None)
