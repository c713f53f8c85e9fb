"""What leaves of a record: once, and redacted if it has text at all."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_sentiment.delivery.outward import Outward
from genesys_sentiment.model.alerts import Alert
from genesys_sentiment.model.entries import Receipt
from genesys_sentiment.model.events import Gap, Utterance
from genesys_sentiment.model.export import to_json
from genesys_sentiment.model.results import Record
from tests.model.records import BY_TYPE

CARD = "my card is 4111 1111 1111 1111"
SAID = Utterance(conversation="c", utterance="u", text=CARD, participant="customer", received=5.0)


class Shout:
    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None, str | None]] = []

    def redact(
        self, text: str, *, conversation: str | None, participant: str | None, final: bool = True
    ) -> str:
        self.asked.append((text, conversation, participant))
        return "***"


def test_nothing_that_was_said_leaves_unless_asked_for() -> None:
    redactor = Shout()
    entry = Outward(redactor=redactor).entry(SAID)
    assert entry.body == to_json(SAID)
    assert b"card" not in entry.body
    assert redactor.asked == [], "without text there is nothing to redact"


def test_text_leaves_redacted_by_whoever_was_given() -> None:
    redactor = Shout()
    entry = Outward(text=True, redactor=redactor).entry(SAID)
    assert entry.values["text"] == "***"
    assert redactor.asked == [(CARD, "c", "customer")]


def test_and_by_the_pattern_redactor_if_nobody_was() -> None:
    text = Outward(text=True).entry(SAID).values["text"]
    assert text.startswith("my card is [card:")
    assert "4111" not in text


def test_what_a_sink_must_know_of_it() -> None:
    entry = Outward().entry(SAID)
    assert (entry.id, entry.kind, entry.conversation) == (SAID.id, "utterance", "c")
    assert (entry.at, entry.urgent, entry.sequence) == (5.0, False, -1)
    gap = Outward().entry(Gap(reason="lost", since=0.0, until=1.0))
    assert (gap.conversation, gap.at) == (None, gap.at)


@given(st.one_of(*BY_TYPE.values()))
def test_every_record_can_leave(record: Record) -> None:
    """Half a surrogate pair must not stop a record: no log and no wire can hold it."""
    entry = Outward(text=True, redactor=Shout()).entry(record)
    assert entry.urgent == isinstance(record, Alert | Receipt)
    for text in (entry.id, entry.kind, entry.conversation or ""):
        text.encode()
    values = msgspec.json.decode(entry.body)
    assert (values["id"], values["type"]) == (entry.id, entry.kind)
    assert values["conversationId"] == entry.conversation


def test_what_is_no_record() -> None:
    with pytest.raises(TypeError):
        Outward().entry(object())  # type: ignore[arg-type]
