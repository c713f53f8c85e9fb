"""What receivers are told: the tutorials' own shapes, and CloudEvents."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from attrs import evolve
from jsonschema import Draft202012Validator

from genesys_sentiment.contracts import validate
from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.assist import Acceptance
from genesys_sentiment.model.entries import Entry, Receipt
from genesys_sentiment.model.export import to_dict, to_json
from genesys_sentiment.model.results import Record
from genesys_sentiment.scoring.forwarding import forward
from genesys_sentiment.scoring.shares import assess
from genesys_sentiment.sinks.payloads import (
    SOURCE,
    Payload,
    assist_sync,
    chat_sentiment,
    cloud_event,
    crm_sync,
)
from tests.model.test_export import SCORE

CONVERSATION = "e8a1b2c3-d4e5-f6a7-b8c9-d0e1f2a3b4c5"
AT = 1_800_000_000.0
NOW = AT + 3600.0
FOUND = assess({"positive": 0.1, "neutral": 0.0, "negative": 0.9}, confidence=0.91234567)
FORWARD = forward(CONVERSATION, FOUND, event="chat-1", at=AT, threshold=0.85)
ACCEPTED = Acceptance(
    conversation="i-1",
    at=AT,
    suggestion="s-1",
    reaction="accepted",
    shown=4,
    accepted=1,
    reference="a-1",
)


def entry(record: Record, sequence: int = -1) -> Entry:
    values = to_dict(record)
    return Entry(
        id=record.id,
        kind=str(values["type"]),
        conversation=record.conversation,
        at=record.at,
        body=to_json(record),
        sequence=sequence,
    )


def test_a_forward_becomes_the_tutorials_payload() -> None:
    """S1-10, S1-11, S1-12: every field, a configured threshold, the event's id and time."""
    payload = chat_sentiment(entry(FORWARD), NOW)
    assert payload == {
        "conversationId": CONVERSATION,
        "sentimentMatrix": {
            "polarity": "negative",
            "positive": 0.1,
            "neutral": 0.0,
            "negative": 0.9,
            "confidence": 0.9123,
        },
        "escalationThreshold": 0.85,
        "forwardingId": FORWARD.forwarding,
        "timestamp": "2027-01-15T08:00:00.000Z",
    }
    assert validate("chat_sentiment", payload) == ()


def test_the_payload_is_the_same_at_every_try() -> None:
    """S1-12."""
    assert chat_sentiment(entry(FORWARD, 7), NOW) == chat_sentiment(entry(FORWARD, 9), NOW + 60)


def test_a_share_of_zero_stays_and_a_missing_confidence_goes() -> None:
    """S1-10."""
    matrix = chat_sentiment(entry(evolve(FORWARD, confidence=None)), NOW)["sentimentMatrix"]
    assert matrix == {"polarity": "negative", "positive": 0.1, "neutral": 0.0, "negative": 0.9}


@pytest.mark.parametrize("change", [{"conversation": "-" * 36}, {"forwarding": "f"}, {"at": 0.0}])
def test_a_forward_that_nobody_should_have_made_is_refused(change: dict[str, object]) -> None:
    """S1-10: checked against the schema before it leaves; the message has no values."""
    with pytest.raises(ConfigurationError, match="no payload") as refused:
        chat_sentiment(entry(evolve(FORWARD, **change)), NOW)  # type: ignore[arg-type]
    assert "---" not in str(refused.value)


def test_a_crm_is_told_what_was_forwarded_and_when() -> None:
    """S1-16."""
    assert crm_sync(entry(FORWARD), NOW) == {
        "event": "sentiment.forwarded",
        "data": chat_sentiment(entry(FORWARD), NOW),
        "syncTimestamp": "2027-01-15T09:00:00.000Z",
    }


def told(acceptance: Acceptance) -> Mapping[str, object]:
    payload = assist_sync(entry(acceptance), NOW)
    assert payload is not None
    return payload


def test_a_knowledge_platform_is_told_of_an_acceptance() -> None:
    """S2-12: the tutorial's fields, the suggestion that it leaves out, and a key."""
    payload = told(ACCEPTED)
    assert payload == {
        "type": "agent_assist_sync",
        "interactionId": "i-1",
        "suggestionId": "s-1",
        "acceptedArticleId": "a-1",
        "acceptanceRate": 0.25,
        "exportedAt": "2027-01-15T08:00:00.000Z",
        "idempotencyKey": payload["idempotencyKey"],
    }
    other = told(evolve(ACCEPTED, suggestion="s-2"))
    later = told(evolve(ACCEPTED, shown=5, at=AT + 1))
    assert other["idempotencyKey"] != payload["idempotencyKey"] == later["idempotencyKey"]


def test_only_an_accepted_suggestion_is_exported() -> None:
    """S2-12."""
    for reaction in ("dismissed", "copied", "opened", "rated_up"):
        assert assist_sync(entry(evolve(ACCEPTED, reaction=reaction)), NOW) is None


@pytest.mark.parametrize("payload", [chat_sentiment, crm_sync, assist_sync])
def test_another_kind_is_a_typed_error_that_says_what_to_do(payload: Payload) -> None:
    """S1-10, S1-16, S2-12."""
    with pytest.raises(ConfigurationError, match=r"Lane\(kinds=frozenset\(\{'(forward|acc)"):
        payload(entry(SCORE), NOW)


CLOUD_EVENT = {
    "type": "object",
    "required": ["specversion", "id", "source", "type"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "minLength": 1},
        "source": {"type": "string", "minLength": 1, "format": "uri-reference"},
        "type": {"type": "string", "minLength": 1},
        "datacontenttype": {"type": "string", "minLength": 1},
        "subject": {"type": "string", "minLength": 1},
        "time": {"type": "string", "format": "date-time", "minLength": 1},
        "sequence": {"type": "string", "minLength": 1},
        "data": {},
    },
    "propertyNames": {"pattern": "^[a-z0-9]{1,20}$"},
    "additionalProperties": False,
}
"""What CloudEvents 1.0.2 requires of the attributes that are used here."""


def test_a_record_as_a_cloud_event() -> None:
    event = cloud_event(entry(SCORE, 41), NOW)
    assert event == {
        "specversion": "1.0",
        "id": SCORE.id,
        "source": SOURCE,
        "type": "genesys.sentiment.score",
        "subject": "c-1",
        "time": "2025-11-20T19:50:00.123Z",
        "sequence": "00000000000000000041",
        "datacontenttype": "application/json",
        "data": to_dict(SCORE),
    }
    Draft202012Validator(CLOUD_EVENT).validate(event)
    assert validate("record", event["data"]) == ()


def test_what_a_cloud_event_has_not_is_left_out() -> None:
    """CloudEvents has no null."""
    receipt = Receipt(
        conversation=None, at=0.0, sink="s", record="r", kind="gap", outcome="delivered"
    )
    event = cloud_event(entry(receipt), NOW)
    assert not {"subject", "time", "sequence"} & set(event)
    Draft202012Validator(CLOUD_EVENT).validate(event)


def test_the_order_of_sequences_is_that_of_their_texts() -> None:
    texts = [str(cloud_event(entry(SCORE, at), NOW)["sequence"]) for at in (0, 9, 10, 99, 2**62)]
    assert texts == sorted(texts)


@pytest.mark.parametrize("payload", [chat_sentiment, crm_sync, cloud_event])
def test_an_entry_is_not_changed(payload: Callable[[Entry, float], object]) -> None:
    one = entry(FORWARD)
    payload(one, NOW)
    assert one == entry(FORWARD)
