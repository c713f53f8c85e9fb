"""What the audit says about each record. Pure: no I/O.

The names are those that readers of the tutorials' audits know (S0-22, S1-18, S2-10, S4-15), with
honest contents: failures are told as well, a confidence is called one, and a time that nobody
measured is not there. Nothing that somebody said is in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

from genesys_sentiment.model.entries import Entry
from genesys_sentiment.scoring.identity import stable_uuid

Fields: TypeAlias = dict[str, object]
_Values: TypeAlias = Mapping[str, Any]

_STATUS: Final = {
    "no_data": "no_data",
    "invalid": "invalid",
    "segments_missing": "invalid",
    "language_missing": "invalid",
    "analyzer_failed": "error",
}
AUDITED: Final = frozenset(
    {
        *("score", "skipped", "alert", "diagnosis", "ranked", "acceptance", "stateChange"),
        *("gap", "topicRefused", "unreadable", "forward", "receipt"),
    }
)
"""Kinds that are decisions, or tell what is missing."""


def audit_fields(entry: Entry) -> Fields:
    """One record as the audit has it, without what the chain adds.

    ``auditId`` is a UUID made from the record's id: a record that is delivered twice has it
    twice. ``timestamp`` is the record's own time. Kinds without an entry of their own are told
    field by field, without free text.
    """
    values = entry.values
    shape = _SHAPES.get(entry.kind, _plain)
    return {
        "auditId": stable_uuid("audit", entry.id),
        "timestamp": values.get("at"),
        "recordId": entry.id,
        "interactionId": entry.conversation,
        **shape(values),
    }


def _score(values: _Values) -> Fields:
    return {
        "eventType": "sentiment_score",
        "status": "scored",
        **_of_event(values),
        "polarity": values["polarity"],
        "polarityRaw": values["polarityRaw"],
        "confidence": values["confidence"],
        "emotion": values["emotion"],
        "sarcasmFlag": values["sarcasmFlag"],
        "method": values["method"],
        "latencyMs": _milliseconds(values.get("at"), values.get("scoredAt")),
    }


def _skipped(values: _Values) -> Fields:
    return {
        "eventType": "sentiment_score",
        "status": _STATUS.get(values["reason"], "skipped"),
        "reason": values["reason"],
        "detail": values["detail"],
        **_of_event(values),
    }


def _of_event(values: _Values) -> Fields:
    return {name: values[name] for name in ("utteranceId", "participant", "language")}


def _ranked(values: _Values) -> Fields:
    latency = values["latency"]
    return {
        "eventType": "suggestions_retrieved",
        "count": len(values["suggestions"]),
        "suggestionIds": [each["suggestionId"] for each in values["suggestions"]],
        **{name: values[name] for name in ("offered", "tooUncertain", "invalid", "repeated")},
        "beyond": values["beyond"],
        "latencyMs": None if latency is None else round(latency * 1000),
    }


def _acceptance(values: _Values) -> Fields:
    accepted = values["reaction"] == "accepted"
    return {
        "eventType": "suggestion_accepted" if accepted else "suggestion_reaction",
        "reaction": values["reaction"],
        "suggestionId": values["suggestionId"],
        "articleId": values["reference"],
        "acceptanceRate": values["rate"],
    }


def _change(values: _Values) -> Fields:
    return {
        "eventType": "INTERACTION_STATE_CHANGE",
        "channelType": values["medium"],
        "subject": values["subject"],
        "previousStatus": values["before"],
        "currentStatus": values["state"],
        "unexpected": values["unexpected"],
        "source": values["source"],
        "eventTimestamp": values["at"],
    }


def _forward(values: _Values) -> Fields:
    return {
        "eventType": "sentiment_forward",
        "conversationId": values["conversationId"],
        "forwardingId": values["forwardingId"],
        "polarity": values["polarity"],
        "confidence": values["confidence"],
        "alertTriggered": values["escalated"],
        "escalationThreshold": values["threshold"],
    }


def _receipt(values: _Values) -> Fields:
    latency, record = values["latency"], values["recordId"]
    out: Fields = {
        "eventType": "delivery",
        "status": values["outcome"],
        "sink": values["sink"],
        "delivered": record,
        "kind": values["kind"],
        "attempts": values["attempts"],
        "reason": values["reason"],
        "latencyMs": None if latency is None else round(latency * 1000),
    }
    if values["kind"] == "forward":
        out["forwardingId"] = record.partition(":")[2]
    return out


_HEAD: Final = frozenset({"type", "schemaVersion", "id", "conversationId", "at"})
_FREE: Final = frozenset({"text", "title", "body", "attributes", "segments", "suggestions"})


def _plain(values: _Values) -> Fields:
    rest = {name: value for name, value in values.items() if name not in _HEAD | _FREE}
    return {"eventType": values["type"], **rest}


_SHAPES: Final[Mapping[str, Callable[[_Values], Fields]]] = {
    "score": _score,
    "skipped": _skipped,
    "ranked": _ranked,
    "acceptance": _acceptance,
    "stateChange": _change,
    "forward": _forward,
    "receipt": _receipt,
}


def _milliseconds(since: str | None, until: str | None) -> int | None:
    if since is None or until is None:
        return None
    passed = datetime.fromisoformat(until) - datetime.fromisoformat(since)
    return round(passed.total_seconds() * 1000)
