"""The contract of a dialect as a function, for a dialect of your own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain, count
from math import isfinite
from typing import Any, Final, get_args

from genesys_sentiment.checks._promises import PromiseBroken, require
from genesys_sentiment.errors import BadFrame, ConfigurationError
from genesys_sentiment.model.events import Event
from genesys_sentiment.model.export import to_json
from genesys_sentiment.model.wire import (
    Channel,
    Connect,
    Control,
    Dialect,
    Drift,
    Request,
    Snapshot,
    Token,
    WireMessage,
)

__all__ = ["PromiseBroken", "check_dialect"]

_NOW: Final = 1_800_000_000.0
_LATER: Final = _NOW + 3600.0
_MIB: Final = 1_048_576
_CUTS: Final = 40
"""Places at which each frame is cut, and bent."""

_WORD: Final = re.compile(r"[\w.: -]{1,64}")
_EVENTS: Final = get_args(Event)
_KNOWN: Final = (*_EVENTS, Snapshot, *get_args(Control))
_TOKEN: Final = Token(value="check-token-5e1f", expires=1e9)
_CHANNEL: Final = Channel(id="check", connect_uri="wss://check.invalid/channels/check-uri-5e1f")
_SECRETS: Final = ("check-token-5e1f", "check-uri-5e1f")

_HOSTILE: Final = (
    *(b"", b" ", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf{}", b"\x1f\x8b", b"\x1f\x8b\x08\x00junk"),
    *(b"null", b"true", b"0", b"-", b'""', b"[]", b"{}", b"[{}]", b"NaN", b"1e999", b'{"":null}'),
    *(b"9" * 5_000, b'"\\ud800"', b'{"id":"\\ud800"}', b'{"id":1,"id":2}', b'{"type":[]}'),
    *(b"[" * 5_000, b"[" * 5_000 + b"]" * 5_000, b'{"a":' * 5_000 + b"1" + b"}" * 5_000),
    *(bytes(range(256)), b"<html>no</html>", b'{"a":"' + b"x" * (2 * _MIB) + b'"}'),
    *(b'{"type":"error"}', b'{"topicName":"x"}', b'{"topicName":"x","eventBody":[]}'),
)
"""What is no frame in any language, or nearly one."""

_VALUES: Final[tuple[Any, ...]] = (
    *(None, True, 0, -1, 2**64, 10**400, 0.5, 1e308, float("nan"), "", "x" * 300, "\ud800"),
    *([], {}, [None], [{}], {"a": None}, "a\r\nb\x1b[2J\x00", "9999-12-31T23:59:60-23:59"),
)
"""What may stand where a sound frame has something else."""


def check_dialect(dialect: Dialect, frames: Sequence[bytes], *, topics: Sequence[str] = ()) -> None:
    """See whether a dialect keeps the promises of ``model.wire``; raise PromiseBroken if not.

    ``frames`` are sound ones, as the server sends them, of each kind if possible: they are read as
    they are, with a member that nobody knows, cut, bent, and with other values in them. Their
    events must have an id or a time of their own: without, nothing tells a repeat from another
    event. ``topics`` are some that can be subscribed. Raises ConfigurationError where there is no
    frame.
    """
    if not frames:
        raise ConfigurationError("give some sound frames")
    _figures(dialect)
    _asking(dialect, topics)
    sound = [_read(dialect, frame, _NOW) for frame in frames]
    for frame, messages in zip(frames, sound, strict=True):
        require(messages is not None, "a sound frame is read", f"{len(frame)} bytes are refused")
        _stable(dialect, frame, messages or [])
        _more(dialect, frame, messages or [])
    for hostile in chain(_HOSTILE, *map(_bent, frames)):
        _read(dialect, hostile, _NOW)
    # Last, in another order: what was read before is of no consequence.
    for frame, messages in reversed([*zip(frames, sound, strict=True)]):
        again = _read(dialect, frame, _NOW)
        require(again == messages, "the same frame gives the same messages", _types(again or []))


def _figures(dialect: Dialect) -> None:
    name: object = dialect.name
    require(isinstance(name, str) and bool(name), "a dialect has a name", repr(name))
    ping: object = dialect.ping
    require(ping is None or isinstance(ping, str), "a ping is a text or None", repr(ping))
    figures = {
        "ping_interval": dialect.ping_interval > 0,
        "idle_timeout": dialect.idle_timeout > 0,
        "pacing": dialect.pacing >= 0,
        "ack_timeout": dialect.ack_timeout is None or dialect.ack_timeout > 0,
    }
    for name, positive in figures.items():
        value = getattr(dialect, name)
        sound = positive and (value is None or isfinite(value))
        require(sound, "intervals are seconds above 0, pacing may be 0", f"{name}={value}")


def _asking(dialect: Dialect, topics: Sequence[str]) -> None:
    """Where to connect, and what is said there."""
    connect: object = dialect.connect(_TOKEN, _CHANNEL)
    sound = isinstance(connect, Connect) and connect.url.startswith(("ws://", "wss://"))
    require(sound, "connect gives a Connect to a socket", type(connect).__name__)
    _secret(connect)
    try:
        dialect.connect(None, None)
    except ConfigurationError:
        pass
    else:
        promise = "connect raises ConfigurationError without token and channel"
        raise PromiseBroken(promise, "it took it")
    numbers = count()

    def reference() -> str:
        return f"check-{next(numbers)}"

    asked = list(dialect.subscribe(topics, _NOW, reference))
    _requests(asked)
    covered = sorted(topic for each in asked for topic in each.topics)
    by_rest = dialect.uses_channel and not asked
    promise = "subscribe asks for each topic once, or for none where they go by REST"
    require(by_rest or covered == sorted(topics), promise, covered)
    dropped = list(dialect.unsubscribe(topics, reference))
    _requests(dropped)
    strange = {topic for each in dropped for topic in each.topics} - {*topics}
    require(not strange, "unsubscribe drops nothing else", sorted(strange))
    renewal = dialect.renew(_TOKEN, reference)
    _requests([] if renewal is None else [renewal])


def _requests(found: Sequence[Request]) -> None:
    kinds: list[object] = [*found]
    for each in kinds:
        require(isinstance(each, Request), "what is sent is a Request", type(each).__name__)
        _secret(each)
    references = [each.reference for each in found if each.reference is not None]
    unique = len({*references}) == len(references)
    require(unique, "each request has a reference of its own", references)


def _secret(value: object) -> None:
    shown = any(secret in repr(value) for secret in _SECRETS)
    require(not shown, "no secret is in a repr", type(value).__name__)


def _read(dialect: Dialect, frame: bytes, received: float) -> list[WireMessage] | None:
    """The messages in a frame; None where it is refused, as it may be."""
    said = f"{len(frame)} bytes that begin with {frame[:8].hex()}"
    try:
        found: Any = dialect.decode(frame, received)
    except BadFrame as error:
        word = _WORD.fullmatch(str(error.reason))
        require(word is not None, "BadFrame has a short reason", said)
        return None
    except Exception as error:
        promise = "decode raises BadFrame and nothing else"
        raise PromiseBroken(promise, f"{type(error).__name__} for {said}") from error
    listed = isinstance(found, list | tuple)
    require(listed, "decode gives a sequence of messages", type(found).__name__)
    for each in found:
        require(isinstance(each, _KNOWN), "messages are of known types", type(each).__name__)
        if isinstance(each, _EVENTS):
            _event(each, received)
    return list(found)


def _event(event: Any, received: float) -> None:
    kind = type(event).__name__
    try:
        to_json(event, text=True)
    except Exception as error:
        raise PromiseBroken("events can be exported", f"{kind}: {type(error).__name__}") from error
    stamped = getattr(event, "received", received) == received
    require(stamped, "events tell when their frame arrived", kind)


def _stable(dialect: Dialect, frame: bytes, messages: Sequence[WireMessage]) -> None:
    later = _read(dialect, frame, _LATER)
    same = _ids(later or []) == _ids(messages)
    require(same, "an event that comes again has the same id", _types(messages))


def _more(dialect: Dialect, frame: bytes, messages: Sequence[WireMessage]) -> None:
    """A member that nobody knows."""
    try:
        whole = json.loads(frame)
    except (ValueError, RecursionError):
        return  # not JSON, or packed
    if not isinstance(whole, dict):
        return
    found = _read(dialect, json.dumps(whole | {"checkMember": {"a": [1]}}).encode(), _NOW)
    promise = "a member that nobody knows changes nothing"
    require(found is not None, promise, "the frame is refused")
    # Not their ids: where the server gives none, they are made of the frame.
    kinds = [type(each) for each in found or [] if not isinstance(each, Drift)]
    before = [type(each) for each in messages if not isinstance(each, Drift)]
    require(kinds == before, promise, _types(found or []))


def _bent(frame: bytes) -> Iterator[bytes]:
    """The frame, cut, with a byte turned over, and with other values in it."""
    yield frame + b"x"
    yield b"[" + frame + b"]"
    for place in range(0, len(frame), max(len(frame) // _CUTS, 1)):
        yield frame[:place]
        yield frame[:place] + bytes([frame[place] ^ 0x80]) + frame[place + 1 :]
    try:
        whole = json.loads(frame)
    except (ValueError, RecursionError):
        return
    for put in _places([whole]):
        for value in _VALUES:
            undo = put(value)
            yield json.dumps(whole).encode()
            put(undo)


def _places(value: Any) -> Iterator[Callable[[Any], Any]]:
    """Every place within, as a function that puts another value there and gives the one before."""
    keys = list(value) if isinstance(value, dict) else range(len(value))
    for key in keys:
        inner = value[key]
        if isinstance(inner, dict | list):
            yield from _places(inner)
        if isinstance(value, dict) or not isinstance(inner, dict | list):
            yield partial(_swap, value, key)


def _swap(holder: Any, key: Any, new: Any) -> Any:
    old, holder[key] = holder[key], new
    return old


def _ids(messages: Sequence[WireMessage]) -> list[str]:
    return [each.id for each in messages if isinstance(each, _EVENTS)]


def _types(messages: Sequence[WireMessage]) -> str:
    return ", ".join(type(each).__name__ for each in messages) or "nothing"
