"""What leaves: names, times, absences, one safe line, and no word that anybody said (S0-21)."""

from __future__ import annotations

import json

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.model.alerts import Alert, Diagnosis, Evidence
from genesys_sentiment.model.assist import Acceptance, Ranked
from genesys_sentiment.model.completed import Completed
from genesys_sentiment.model.entries import Receipt
from genesys_sentiment.model.events import (
    Gap,
    Message,
    Reading,
    StateChange,
    Suggestion,
    Suggestions,
    TopicRefused,
    Unknown,
    Utterance,
)
from genesys_sentiment.model.export import encode, iso, to_dict, to_json
from genesys_sentiment.model.forwards import Forward
from genesys_sentiment.model.results import Record, Score, Skipped
from tests.model.records import BY_TYPE, utterances

AT = 1763668200.123
SAID = "my card number is 4111"
UTTERANCE = Utterance(
    conversation="c-1",
    utterance="u-1",
    text=SAID,
    participant="customer",
    communication="m-1",
    language="en-US",
    at=AT,
)
SCORE = Score(
    language="en-US",
    polarity="negative",
    polarity_raw=-0.5,
    confidence=None,
    emotion="anger",
    emotion_confidence=0.0,
    sarcasm_flag=False,
    context_segment_count=3,
    at=AT,
    scored_at=AT + 1,
    method="embedded",
    event=UTTERANCE,
    evidence=("anger:furious", "billing:card", "anger:livid", "bareword"),
)
SUGGESTION = Suggestion(
    conversation="c-1", suggestion="s", kind="response", title=SAID, text=SAID, relevance=0.5
)


def test_a_score_has_the_fields_of_s0_21_under_their_names() -> None:
    assert to_dict(SCORE) == {
        "type": "score",
        "schemaVersion": 1,
        "id": "score:utterance:c-1:u-1",
        "conversationId": "c-1",
        "at": "2025-11-20T19:50:00.123Z",
        "utteranceId": "u-1",
        "communicationId": "m-1",
        "participant": "customer",
        "language": "en-US",
        "polarity": "negative",
        "polarityRaw": -0.5,
        "confidence": None,
        "emotion": "anger",
        "emotionRaw": None,
        "emotionConfidence": 0.0,
        "sarcasmFlag": False,
        "contextSegmentCount": 3,
        "scoredAt": "2025-11-20T19:50:01.123Z",
        "method": "embedded",
        "evidence": ["anger", "billing"],
    }


def test_every_record_begins_with_the_same_five_fields() -> None:
    gap = Gap(reason="silent", since=AT, until=AT + 2)
    head = list(to_dict(gap).items())[:5]
    assert head == [
        ("type", "gap"),
        ("schemaVersion", 1),
        ("id", gap.id),
        ("conversationId", None),
        ("at", "2025-11-20T19:50:02.123Z"),
    ]


def test_absent_null_and_zero_stay_three_different_statements() -> None:
    found = to_dict(Reading(conversation="c-1", score=None, trend=0.0))
    assert found["score"] is None
    assert found["trend"] == 0.0
    assert "emotion" not in found
    assert "confidence" not in found


def test_ids_are_named_as_ids() -> None:
    change = StateChange(conversation="c", subject="call", state="on", participant="p", user="x")
    message = Message(conversation="c", message="m", participant="p")
    refused = TopicRefused(topic="t", reason="r", missing=("a:b:view",))
    assert to_dict(change)["participantId"] == "p"
    assert to_dict(change)["userId"] == "x"
    assert to_dict(message)["participantId"] == "p"
    assert to_dict(message)["messageId"] == "m"
    assert to_dict(refused)["missingPermissions"] == ["a:b:view"]


def test_an_alert_carries_its_evidence() -> None:
    """S3-11: readings, utterance ids, threshold, rule id, and the three times."""
    alert = Alert(
        conversation="c-1",
        alert="a-1",
        rule="sustained_negative",
        state="cleared",
        value=-0.6,
        threshold=-0.5,
        began=AT,
        raised=AT + 30,
        cleared=AT + 60,
        reason="recovered",
        participant="agent",
        user="x",
        evidence=(Evidence(at=AT, value=-0.6, record="score:r", utterance="u-1"),),
    )
    assert to_dict(alert) == {
        "type": "alert",
        "schemaVersion": 1,
        "id": "alert:a-1:cleared",
        "conversationId": "c-1",
        "at": iso(AT + 60),
        "alertId": "a-1",
        "rule": "sustained_negative",
        "state": "cleared",
        "value": -0.6,
        "threshold": -0.5,
        "began": iso(AT),
        "raised": iso(AT + 30),
        "cleared": iso(AT + 60),
        "reason": "recovered",
        "participant": "agent",
        "userId": "x",
        "queueId": None,
        "evidence": [{"at": iso(AT), "value": -0.6, "recordId": "score:r", "utteranceId": "u-1"}],
    }


def test_a_diagnosis_has_its_figures_by_name() -> None:
    found = Diagnosis(kind="no_coverage", state="raised", at=AT, queue="q", figures=(("calls", 9),))
    out = to_dict(found)
    assert (out["queueId"], out["figures"], out["conversationId"]) == ("q", {"calls": 9}, None)


def test_ranked_suggestions_say_what_was_left_out() -> None:
    """S2-09, S2-10: latency null where it is not known, and the counts of what was suppressed."""
    ranked = Ranked(
        conversation="c-1",
        at=AT,
        suggestions=(SUGGESTION,),
        scores=(0.9,),
        offered=4,
        too_uncertain=2,
        repeated=1,
        event="m-1",
    )
    out = to_dict(ranked)
    assert out["suggestions"] == [to_dict(SUGGESTION)]
    assert (out["messageId"], out["latency"], out["scores"]) == ("m-1", None, [0.9])
    counts = [out[name] for name in ("offered", "tooUncertain", "invalid", "repeated", "beyond")]
    assert counts == [4, 2, 0, 1, 0]


def test_an_acceptance_has_its_rate() -> None:
    """S2-11: 0…1, and null while nothing was shown."""
    half = Acceptance(
        conversation="c", at=AT, suggestion="s", reaction="accepted", shown=2, accepted=1
    )
    assert to_dict(half)["rate"] == 0.5
    assert to_dict(evolve(half, shown=0, accepted=0))["rate"] is None


def test_a_forward_tells_its_shares_and_whether_it_is_escalated() -> None:
    """S1-10, S1-12, S1-14: strictly above the threshold; a confidence that is not known is null."""
    forward = Forward(
        conversation="c",
        forwarding="f",
        at=AT,
        polarity="negative",
        positive=0.1,
        neutral=0.1,
        negative=0.8,
        threshold=0.8,
    )
    assert to_dict(forward) == {
        "type": "forward",
        "schemaVersion": 1,
        "id": "forward:f",
        "conversationId": "c",
        "at": iso(AT),
        "forwardingId": "f",
        "polarity": "negative",
        "positive": 0.1,
        "neutral": 0.1,
        "negative": 0.8,
        "threshold": 0.8,
        "confidence": None,
        "escalated": False,
    }
    assert to_dict(evolve(forward, negative=0.8001))["escalated"] is True


def test_a_completed_conversation_has_its_figures() -> None:
    """Seconds are numbers, instants are ISO 8601, and what is not known is null."""
    whole = Completed(
        conversation="c",
        at=AT + 45,
        reason="ended",
        began=AT - 60,
        ended=AT,
        utterances=9,
        late=2,
        latest=20.5,
        gaps=1,
        missing=21.0,
        coverage=0.8,
        unrecovered=("utterances",),
    )
    assert to_dict(whole) == {
        "type": "completed",
        "schemaVersion": 1,
        "id": f"completed:c:{AT:.3f}",
        "conversationId": "c",
        "at": iso(AT + 45),
        "reason": "ended",
        "began": iso(AT - 60),
        "ended": iso(AT),
        "count": 1,
        "utterances": 9,
        "unfinished": 0,
        "revisions": 0,
        "readings": 0,
        "late": 2,
        "latest": 20.5,
        "gaps": 1,
        "missing": 21.0,
        "coverage": 0.8,
        "unrecovered": ["utterances"],
    }
    idle = evolve(whole, reason="idle", ended=None, coverage=None, late=0, latest=None)
    assert idle.id == f"completed:c:{AT + 45:.3f}"
    out = to_dict(idle)
    assert (out["ended"], out["coverage"], out["latest"]) == (None, None, None)


def test_a_receipt_tells_what_became_of_a_record_at_a_sink() -> None:
    """S1-17: latency and lag in seconds, null where not known."""
    dead = Receipt(
        conversation="c",
        at=AT,
        sink="bus",
        record="forward:f",
        kind="forward",
        outcome="dead",
        attempts=10,
        reason="ThrottlingException",
    )
    assert to_dict(dead) == {
        "type": "receipt",
        "schemaVersion": 1,
        "id": "receipt:bus:forward:f:dead",
        "conversationId": "c",
        "at": iso(AT),
        "sink": "bus",
        "recordId": "forward:f",
        "kind": "forward",
        "outcome": "dead",
        "attempts": 10,
        "latency": None,
        "lag": None,
        "reason": "ThrottlingException",
    }
    late = to_dict(evolve(dead, outcome="delivered", latency=0.0, lag=0.5, reason=None))
    assert (late["latency"], late["lag"], late["reason"]) == (0.0, 0.5, None)


def test_a_numbered_state_change_tells_its_number_and_its_legality() -> None:
    """S4-13: channel type, sequence and whether the step was expected; attributes if asked for."""
    change = StateChange(
        conversation="c",
        subject="interaction",
        state="queued",
        medium="voice",
        sequence=0,
        unexpected=True,
        attributes=(("skill", "billing"),),
    )
    out = to_dict(change)
    assert (out["medium"], out["sequence"], out["unexpected"]) == ("voice", 0, True)
    assert "attributes" not in out
    assert to_dict(change, text=True)["attributes"] == {"skill": "billing"}


def test_the_time_received_stands_in_for_an_event_without_time() -> None:
    assert to_dict(evolve(UTTERANCE, at=None, received=AT))["at"] == iso(AT)
    assert to_dict(evolve(UTTERANCE, at=None))["at"] is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "1970-01-01T00:00:00.000Z"),
        (1763668200.123, "2025-11-20T19:50:00.123Z"),
        (1763668200.9996, "2025-11-20T19:50:01.000Z"),
        (4102444800.5, "2100-01-01T00:00:00.500Z"),
        (-62135596800.0, "0001-01-01T00:00:00.000Z"),
        (None, None),
        (float("nan"), None),
        (float("inf"), None),
        (1e300, None),
    ],
)
def test_instants(seconds: float | None, text: str | None) -> None:
    assert iso(seconds) == text


@pytest.mark.parametrize(
    "record",
    [
        UTTERANCE,
        SCORE,
        Skipped(reason="empty", at=AT, event=UTTERANCE),
        Reading(conversation="c-1", score=0.1, segments=(UTTERANCE,)),
        Suggestion(conversation="c-1", suggestion="s", kind="response", title=SAID, text=SAID),
        Unknown(topic="t", body=SAID.encode()),
        Suggestions(conversation="c-1", message="m", suggestions=(SUGGESTION,)),
        Ranked(conversation="c-1", at=AT, suggestions=(SUGGESTION,), scores=(0.9,)),
        StateChange(
            conversation="c-1", subject="interaction", state="x", attributes=(("note", SAID),)
        ),
    ],
    ids=lambda record: type(record).__name__,
)
def test_what_was_said_leaves_only_when_asked_for(record: Record) -> None:
    said = SAID.encode()
    assert said not in to_json(record)
    assert b"furious" not in to_json(record)
    assert said in to_json(record, text=True)


def test_words_of_the_evidence_are_transcript_text() -> None:
    assert to_dict(SCORE)["evidence"] == ["anger", "billing"]
    assert to_dict(SCORE, text=True)["evidence"] == list(SCORE.evidence)


@given(utterances.map(lambda spoken: evolve(spoken, text="~ever so secret~")))
def test_no_part_of_a_transcript_leaves_by_default(spoken: Utterance) -> None:
    for record in (spoken, evolve(SCORE, event=spoken), evolve(SCORE, evidence=("~secret~",))):
        assert b"secret~" not in to_json(record)


def test_c5_30_nothing_in_a_text_breaks_its_line_or_reaches_a_terminal() -> None:
    text = "a\r\nb\x1b[31m\x00\x7f\x85\x9b2J\u2028\u2029é"
    line = to_json(evolve(UTTERANCE, text=text), text=True)
    assert line.decode().splitlines() == [line.decode()]
    assert "é" in line.decode()
    assert all(mark.isprintable() for mark in line.decode())
    assert json.loads(line)["text"] == text


def test_half_a_surrogate_pair_leaves_as_the_replacement_character() -> None:
    line = to_json(evolve(UTTERANCE, text="\ud83d!", utterance="\udc00"), text=True)
    assert json.loads(line)["text"] == "\ufffd!"
    assert json.loads(line)["utteranceId"] == "\ufffd"
    assert json.loads(encode({"\ud800": ["\ud800"]})) == {"\ufffd": ["\ufffd"]}


@pytest.mark.parametrize("kind", BY_TYPE)
@given(data=st.data(), text=st.booleans())
def test_any_record_is_one_line_of_json_and_unchanged(
    kind: str, data: st.DataObject, text: bool
) -> None:
    record = data.draw(BY_TYPE[kind])
    found = to_dict(record, text=text)
    line = to_json(record, text=text)
    assert found["type"] == kind
    assert len(line.decode().splitlines()) == 1
    assert json.loads(line).keys() == found.keys()
    assert to_dict(record, text=text) == found


def test_what_is_no_record_is_refused() -> None:
    with pytest.raises(TypeError, match="int is no record"):
        to_dict(7)  # type: ignore[arg-type]
