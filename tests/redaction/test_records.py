"""Every free text of a record goes through the redactor, and nothing else of it changes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.model.events import StateChange, Utterance
from genesys_sentiment.model.export import to_dict
from genesys_sentiment.redaction.records import redact_record
from genesys_sentiment.redaction.redactor import PatternRedactor
from tests.model.records import BY_TYPE

CARD = "4111 1111 1111 1111"


class Marking:
    """A redactor that leaves nothing."""

    def redact(
        self, text: str, *, conversation: str | None, participant: str | None, final: bool = True
    ) -> str:
        return "#" if text else text


@pytest.mark.parametrize("kind", BY_TYPE)
@given(data=st.data())
def test_what_text_adds_is_all_that_changes(kind: str, data: st.DataObject) -> None:
    """Whatever ``text=True`` adds to a record is redacted: the rest is there without it, too."""
    record = data.draw(BY_TYPE[kind])
    full, plain = to_dict(record, text=True), to_dict(record)
    redacted = redact_record(full, Marking())
    changed = {name for name in full if redacted[name] != full[name]}
    added = {name for name in full if name not in plain or plain[name] != full[name]}
    assert changed <= added | {"evidence"}
    for name in added:
        left = json.dumps(redacted[name]).replace("#", "")
        assert not isinstance(full[name], str) or left == '""'
        if name in ("attributes", "evidence"):
            assert not any(each.isalnum() for each in left)


def test_utterances_remember_each_other_and_attributes_do_not() -> None:
    """C5-32: split over two utterances of one speaker; and in attributes."""
    redactor = PatternRedactor(b"sixteen bytes or more")
    said = [
        Utterance(
            conversation="c",
            utterance=str(index),
            text=text,
            participant="customer",
            at=1.0,
            received=1.0,
        )
        for index, text in enumerate(("it is 411111", "1111111111"))
    ]
    first, second = (redact_record(to_dict(each, text=True), redactor) for each in said)
    assert first["text"] == "it is 411111"
    assert str(second["text"]).startswith("[card:")
    change = StateChange(
        conversation="c",
        subject="attributes",
        state="changed",
        at=1.0,
        received=1.0,
        attributes=(("note", f"pays with {CARD}"), (CARD, "x")),
    )
    out = json.dumps(redact_record(to_dict(change, text=True), redactor))
    assert "4111" not in out
    assert out.count("[card:") == 2


def test_a_revision_is_read_with_what_was_said_before_and_then_forgotten() -> None:
    """C5-32: neither does half a number leave in a revision, nor is it taken for its own start."""
    redactor = PatternRedactor(b"sixteen bytes or more")
    texts = [("my card is 411111", True), ("11", False), ("1111", False), ("1111111111", True)]
    left = [
        redact_record(
            to_dict(
                Utterance(
                    conversation="c",
                    utterance=text,
                    text=text,
                    final=final,
                    participant="customer",
                    at=1.0,
                    received=1.0,
                ),
                text=True,
            ),
            redactor,
        )["text"]
        for text, final in texts
    ]
    assert [str(each).partition(":")[0] for each in left] == [
        *("my card is 411111", "[number", "[number", "[card")
    ]
    alone = PatternRedactor(b"sixteen bytes or more")
    for final in (False, False, True):
        found = alone.redact("it is 12345", conversation="c", participant=None, final=final)
        assert found == "it is 12345"
