"""From a record to what leaves of it: redacted and written once, for all sinks. Pure: no I/O."""

from __future__ import annotations

from genesys_sentiment.model.alerts import Alert
from genesys_sentiment.model.entries import Entry, Receipt, Redactor
from genesys_sentiment.model.export import encode, to_dict
from genesys_sentiment.model.results import Record
from genesys_sentiment.redaction.records import redact_record
from genesys_sentiment.redaction.redactor import PatternRedactor


class Outward:
    """Makes entries. ``text``: whether what people said and wrote leaves, too; ``redactor`` takes
    personal data out of it first, None: a PatternRedactor does. Without text there is none."""

    def __init__(self, *, text: bool = False, redactor: Redactor | None = None) -> None:
        self._redactor = (redactor or PatternRedactor()) if text else None

    def entry(self, record: Record) -> Entry:
        """The entry of a record; records of a conversation must come in their order.

        Raises TypeError for what is no record, and what the redactor raises.
        """
        redactor = self._redactor
        exported = to_dict(record, text=redactor is not None)
        if redactor is not None:
            exported = redact_record(exported, redactor)
        conversation = record.conversation
        return Entry(
            id=_valid(record.id),
            kind=str(exported["type"]),
            conversation=None if conversation is None else _valid(conversation),
            at=record.at or getattr(record, "received", 0.0) or None,
            body=encode(exported),
            urgent=isinstance(record, Alert | Receipt),
        )


def _valid(text: str) -> str:
    """With U+FFFD for half of a surrogate pair, as in the body: UTF-8 cannot say it."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
