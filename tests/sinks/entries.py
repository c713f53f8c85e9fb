"""Records as sinks get them."""

from __future__ import annotations

from genesys_sentiment.model.entries import Entry
from genesys_sentiment.model.export import encode, to_dict
from genesys_sentiment.model.results import Record


def entry_of(record: Record, sequence: int = 0) -> Entry:
    """One record as the delivery writes it."""
    values = to_dict(record)
    kind = str(values["type"])
    return Entry(
        id=record.id,
        kind=kind,
        conversation=record.conversation,
        at=record.at,
        body=encode(values),
        urgent=kind in ("alert", "receipt"),
        sequence=sequence,
    )
