"""The published schema accepts everything that leaves, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from genesys_sentiment.contracts import schema, validator
from genesys_sentiment.model.completed import Completed
from genesys_sentiment.model.entries import Receipt
from genesys_sentiment.model.events import Gap, Reading
from genesys_sentiment.model.export import to_dict, to_json
from genesys_sentiment.model.forwards import Forward
from tests.model.records import BY_TYPE
from tests.model.test_export import SCORE, UTTERANCE

KINDS = set(schema()["properties"]["type"]["enum"])


def errors(record: object) -> list[str]:
    return [error.message for error in validator().iter_errors(record)]


def test_every_exported_type_has_its_definition() -> None:
    assert {*BY_TYPE, "summary"} == KINDS
    branches = {each["if"]["properties"]["type"]["const"] for each in schema()["allOf"]}
    assert branches == KINDS
    assert set(schema()["$defs"]) >= KINDS


def test_the_schema_is_a_schema_and_the_validator_is_made_once() -> None:
    Draft202012Validator.check_schema(schema())
    assert validator() is validator()


@pytest.mark.parametrize("kind", BY_TYPE)
@given(data=st.data(), text=st.booleans())
def test_whatever_leaves_is_valid(kind: str, data: st.DataObject, text: bool) -> None:
    record = data.draw(BY_TYPE[kind])
    assert errors(to_dict(record, text=text)) == []
    assert errors(json.loads(to_json(record, text=text))) == []


FORWARD = to_dict(
    Forward(
        conversation="c",
        forwarding="f",
        at=1.7e9,
        polarity="negative",
        positive=0.0,
        neutral=0.1,
        negative=0.9,
        threshold=0.8,
    )
)
RECEIPT = to_dict(
    Receipt(conversation="c", at=1.7e9, sink="s", record="r", kind="forward", outcome="delivered")
)
COMPLETED = to_dict(Completed(conversation="c", at=1.7e9, reason="ended", began=1.6e9))


def changed(**changes: Any) -> dict[str, object]:
    return {**to_dict(SCORE), **changes}


@pytest.mark.parametrize(
    "record",
    [
        {},
        [],
        None,
        {"type": "score"},
        {"type": "surprise"},
        changed(type="skipped"),
        changed(type="utterance"),
        changed(polarity="fine"),
        changed(polarityRaw=1.01),
        changed(polarityRaw="0.5"),
        changed(polarityRaw=None),
        changed(confidence=-0.1),
        changed(confidence=True),
        changed(emotion=""),
        changed(emotionConfidence=None),
        changed(sarcasmFlag="no"),
        changed(contextSegmentCount=0),
        changed(contextSegmentCount=1.5),
        changed(participant="supervisor"),
        changed(conversationId=None),
        changed(id=""),
        changed(schemaVersion=2),
        changed(at="yesterday"),
        changed(at=1763668200.123),
        changed(at="2025-11-20"),
        changed(at="2025-11-20T19:50:00.123"),
        changed(at="2025-11-20T19:50:00.123+01:00"),
        changed(at="2025-13-20T19:50:00.123Z"),
        changed(at="2025-02-30T19:50:00.123Z"),
        changed(scoredAt="2025-11-20T25:50:00.123Z"),
        changed(evidence="anger"),
        changed(somethingElse=1),
        {**to_dict(Gap(reason="silent", since=1.0, until=2.0)), "count": -1},
        {**to_dict(Reading(conversation="c")), "score": "0.5"},
        {**to_dict(Reading(conversation="c")), "segments": [to_dict(SCORE)]},
        {**to_dict(UTTERANCE), "final": None},
        {**FORWARD, "negative": 1.0001},
        {**FORWARD, "polarity": "mixed"},
        {**FORWARD, "threshold": None},
        {**FORWARD, "escalated": "yes"},
        {**COMPLETED, "reason": "perhaps"},
        {**COMPLETED, "coverage": 1.1},
        {**COMPLETED, "missing": None},
        {**COMPLETED, "count": 0},
        {**COMPLETED, "latest": -1.0},
        {**RECEIPT, "outcome": "perhaps"},
        {**RECEIPT, "attempts": -1},
        {**RECEIPT, "latency": -0.5},
        {**RECEIPT, "recordId": None},
    ],
    ids=str,
)
def test_what_no_record_looks_like_is_refused(record: object) -> None:
    assert errors(record)


@pytest.mark.parametrize("name", sorted(to_dict(SCORE)))
def test_no_field_of_a_score_may_be_missing(name: str) -> None:
    record = to_dict(SCORE)
    del record[name]
    assert errors(record)


def test_date_time_is_really_checked_not_only_its_pattern() -> None:
    """Without another package jsonschema checks no date-time at all."""
    format_only = Draft202012Validator(
        {"format": "date-time"}, format_checker=validator().format_checker
    )
    assert format_only.is_valid("2025-11-20T19:50:00.123Z")
    assert format_only.is_valid("2024-02-29t00:00:00+05:30")
    assert format_only.is_valid(7)
    for wrong in ("2025-02-29T00:00:00Z", "2025-11-20 19:50:00Z", "2025-W47-4", "noon", ""):
        assert not format_only.is_valid(wrong), wrong
