"""The platform's native feed to Amazon EventBridge, as a function or a queue gets it.

Pure: no I/O. No socket: EventBridge calls a Lambda function, or fills a queue that one reads. An
event's ``detail`` is the same envelope that a notification channel sends, and it is read by the
same code. Delivery is at least once, so drop what has been seen, by ``id``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from attrs import evolve
from msgspec import Raw, Struct

from genesys_sentiment.dialects._bodies import UNREADABLE, moment
from genesys_sentiment.dialects._bounds import MAX_FRAME, check_size
from genesys_sentiment.dialects._depth import too_deep
from genesys_sentiment.dialects._envelopes import read
from genesys_sentiment.errors import BadFrame
from genesys_sentiment.model.events import Reading, StateChange, Suggestion, Unknown, Utterance
from genesys_sentiment.model.wire import WireMessage

SOURCE: Final = "aws.partner/genesys.com"
"""What the source of the platform's events begins with; the organisation's id follows."""


def decode_event(
    event: Mapping[str, Any] | bytes,
    received: float,
    *,
    source: str | None = SOURCE,
    account: str | None = None,
    language: str | None = None,
) -> Sequence[WireMessage]:
    """Read one EventBridge event: the object that a Lambda function gets, or its JSON.

    ``received``: seconds since the epoch. ``source``: what the event's source must begin with;
    ``account``: the AWS account that it must name; None: any. ``language`` is what an utterance
    gets whose transcript names none. Where the body tells no time, ``at`` is the time in the
    envelope, or else the event's. Raises BadFrame and nothing else, whatever the event is.
    """
    text = event if isinstance(event, bytes) else _encode(event)
    if len(text) > MAX_FRAME:
        raise BadFrame("too_large")
    check_size(text)
    if too_deep(text):
        raise BadFrame("too_deep")
    try:
        text.isascii() or str(text, "utf-8")
        outer = _decode_outer(text)
        stamp = _decode_stamp(outer.detail)
    except msgspec.ValidationError:
        raise BadFrame("event") from None
    except UNREADABLE:
        raise BadFrame("json") from None
    if source is not None and not outer.source.startswith(source):
        raise BadFrame("source")
    if account is not None and outer.account != account:
        raise BadFrame("account")
    at = moment(stamp.timestamp, "", [])
    if at is None:
        at = moment(outer.time, "", [])
    return [_dated(each, at) for each in read(bytes(outer.detail), received, language)]


def decode_record(
    record: Mapping[str, Any],
    received: float,
    *,
    source: str | None = SOURCE,
    account: str | None = None,
    language: str | None = None,
) -> Sequence[WireMessage]:
    """Read one SQS record, as a Lambda function gets it: its ``body`` is an event's JSON.

    Arguments and errors as for :func:`decode_event`.
    """
    body = record.get("body")
    if not isinstance(body, str):
        raise BadFrame("record")
    try:
        text = body.encode()
    except UnicodeEncodeError:
        raise BadFrame("json") from None
    return decode_event(text, received, source=source, account=account, language=language)


_DATED: Final = (Utterance, Reading, StateChange, Suggestion, Unknown)
"""What one envelope becomes and may have no time of its own."""


class _Outer(Struct):
    detail: Raw
    source: str = ""
    account: str | None = None
    time: Any = None


class _Stamp(Struct):
    timestamp: Any = None


_decode_outer: Final = msgspec.json.Decoder(_Outer).decode
_decode_stamp: Final = msgspec.json.Decoder(_Stamp).decode


def _encode(event: Mapping[str, Any]) -> bytes:
    try:
        # Not msgspec: it writes NaN as null, and a score that is none would become none sent.
        return json.dumps(event, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError):
        raise BadFrame("event") from None


def _dated(message: WireMessage, at: float | None) -> WireMessage:
    if isinstance(message, _DATED) and message.at is None:
        return evolve(message, at=at)
    return message
