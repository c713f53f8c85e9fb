"""What goes into a PutEvents request of EventBridge, and what its answer says. Pure: no I/O.

Figures: the AWS user guide ("Calculating PutEvents event entry size") and the service models of
``events`` (2015-10-07) and ``eventbridgev2`` (2025-05-15) in botocore 1.44.5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any, Final

from attrs import frozen

from genesys_sentiment.errors import Failure
from genesys_sentiment.model.entries import Entry
from genesys_sentiment.model.export import iso
from genesys_sentiment.scoring.identity import stable_uuid

LARGEST: Final = 1_000_000
"""Bytes of the entries of one request together; AWS says less than 1 MB."""
LARGEST_IN_CHINA: Final = 256_000
"""The same in the partition aws-cn, whose pages still say 256 KB."""
LONGEST_DETAIL_TYPE: Final = 128
DEEPEST: Final = 1000
"""Levels of a Detail, which must have fewer."""

_TIME_SIZE: Final = 14
_LONGEST_V2_ID: Final = 128
_RETRYABLE: Final = frozenset({"ThrottlingException", "InternalFailure", "InternalException"})
"""Refusals that pass when credentials are renewed, or a clock is set."""

_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"')
_STEPS: Final = {ord("{"): 1, ord("["): 1, ord("}"): -1, ord("]"): -1}
_CODE: Final = re.compile(r"[\w.:-]{1,64}", re.ASCII)


@frozen
class Put:
    """One entry of a request: its place in the batch, its fields, and its bytes as AWS counts."""

    index: int
    fields: Mapping[str, object]
    size: int


@frozen(kw_only=True)
class Bus:
    """How a bus wants its entries: the classic one, or the newer one (an ARN with event-busv2).

    ``most`` entries in a request. ``region`` is that of its ARN, None for a name.
    """

    name: str
    v2: bool
    most: int
    region: str | None

    @classmethod
    def of(cls, name: str) -> Bus:
        """By a bus's name or ARN."""
        parts = name.split(":")
        v2 = ":event-busv2/" in name
        region = parts[3] if parts[0] == "arn" and len(parts) > 3 else None
        return cls(name=name, v2=v2, most=100 if v2 else 10, region=region or None)

    @property
    def service(self) -> str:
        """The name of its API in boto3."""
        return "eventbridgev2" if self.v2 else "events"

    def put(self, index: int, entry: Entry, source: str, detail_type: str, detail: str) -> Put:
        """One entry for a request. ``Time`` is the event's, where it has one."""
        fields: dict[str, Any] = {"Source": source, "DetailType": detail_type, "Detail": detail}
        size = sum(len(each.encode()) for each in fields.values())
        if entry.at is not None and iso(entry.at) is not None:
            fields["Time"] = datetime.fromtimestamp(entry.at, UTC)
            size += _TIME_SIZE
        if self.v2:
            fields["SystemMetadata"] = _system_metadata(entry)
        else:
            fields["EventBusName"] = self.name
        return Put(index, fields, size)

    def request(self, puts: Sequence[Put]) -> dict[str, object]:
        """The arguments of ``put_events``."""
        entries = [each.fields for each in puts]
        return {"EventBusArn": self.name, "Entries": entries} if self.v2 else {"Entries": entries}


def _system_metadata(entry: Entry) -> dict[str, str]:
    """The newer bus keeps the order of a group, and drops what it had in the last five minutes."""
    found = {"DeduplicationId": stable_uuid(entry.id)}
    if entry.conversation:
        fits = len(entry.conversation) <= _LONGEST_V2_ID
        found["EventGroupId"] = entry.conversation if fits else stable_uuid(entry.conversation)
    return found


def too_deep(detail: bytes) -> bool:
    """Whether a JSON text has 1,000 levels or more."""
    if detail.count(b"[") + detail.count(b"{") < DEEPEST:
        return False
    bare = _STRING.sub(b"", detail)
    return max(accumulate(_STEPS.get(each, 0) for each in bare)) >= DEEPEST


def numbered(entry: Entry) -> bytes:
    """The record with ``logSequence``: EventBridge keeps no order, and receivers sort by it."""
    return (
        entry.body
        if entry.sequence < 0
        else b'%b,"logSequence":%d}'
        % (
            entry.body[:-1],
            entry.sequence,
        )
    )


def requests(puts: Sequence[Put], most: int, limit: int) -> Iterator[Sequence[Put]]:
    """Entries by request: at most ``most``, and together at most ``limit`` bytes."""
    held: list[Put] = []
    size = 0
    for each in puts:
        if held and (len(held) == most or size + each.size > limit):
            yield held
            held, size = [], 0
        held.append(each)
        size += each.size
    if held:
        yield held


def failures(puts: Sequence[Put], answer: Mapping[str, Any]) -> Iterator[Failure]:
    """Which entries of a request were not taken. Entry i of an answer is entry i of its request."""
    told: Sequence[Mapping[str, Any]] = answer.get("Entries") or ()
    for place, put in enumerate(puts):
        found = told[place] if place < len(told) else {}
        if "ErrorCode" in found:
            reason = code(found["ErrorCode"])
            yield Failure(put.index, reason, retry=reason in _RETRYABLE)
        elif "EventId" not in found and "SuccessCode" not in found:
            yield Failure(put.index, "no_answer")


@frozen(kw_only=True)
class Refusal:
    """A whole request that was not taken. ``reason`` is AWS's code, or the name of an exception.

    ``retry``: it may be taken later, and others of the batch have no better chance now.
    ``apart``: one entry may be to blame, so that each is to be tried alone.
    ``too_large``: for the receiver, whatever our limit is. ``tried``: False for one never made.
    """

    reason: str
    retry: bool
    apart: bool = False
    too_large: bool = False
    tried: bool = True

    def failure(self, put: Put) -> Failure:
        """What that means for one entry."""
        reason = f"oversize_{put.size}" if self.too_large else self.reason
        return Failure(put.index, reason, retry=self.retry, tried=self.tried)


def refusal(answer: Mapping[str, Any]) -> Refusal:
    """What an error of the service says. Of its content only the code is kept."""
    reason = code((answer.get("Error") or {}).get("Code"))
    status = (answer.get("ResponseMetadata") or {}).get("HTTPStatusCode", 0)
    apart = status == 413 or reason == "ValidationException"
    # A missing permission, or a bus that is not there, is no entry's fault: they wait for somebody.
    return Refusal(reason=reason, retry=not apart, apart=apart, too_large=status == 413)


def code(said: object) -> str:
    """An error code, if it looks like one: it goes into logs and receipts."""
    return said if isinstance(said, str) and _CODE.fullmatch(said) else "unknown"
