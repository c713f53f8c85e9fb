"""Whether a JSON text stays within what a parser may be asked to do. Pure: no I/O.

The text is walked in pieces of 64 KiB, so that whatever it holds, saying no costs little time and
no memory to speak of: nothing is made of its values.
"""

from __future__ import annotations

from codecs import getincrementaldecoder
from typing import Final

from genesys_sentiment.dialects._depth import MAX_DEPTH, too_deep
from genesys_sentiment.errors import BadFrame

MAX_FRAME: Final = 1_048_576
"""Bytes of the longest frame that is read (C3). Real snapshots are far below it."""

MAX_NODES: Final = 100_000
"""Names and values in a text, counted as commas, opening brackets and strings (C3)."""

MAX_CONTAINERS: Final = 5_000
"""Arrays and objects in a text: they take most memory for their bytes, an empty one up to 1 kB."""

MAX_STRING: Final = 262_144
"""Bytes of one string, as it is written (C3)."""

_PIECE: Final = 65_536
_AS_BRACKETS: Final = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_decoder: Final = getincrementaldecoder("utf-8")


_HARMLESS: Final = 3 * MAX_CONTAINERS
"""Bytes of a text that is too short for too much of anything but depth."""


def check(text: bytes) -> None:
    """Raise BadFrame (``utf8``, ``nodes``, ``string``, ``too_deep``) for a text beyond the bounds.

    A text within them may still be no JSON.
    """
    if not text.isascii():
        _check_utf8(text)
    if len(text) > _HARMLESS or text.count(b"[") + text.count(b"{") > MAX_DEPTH:
        _walk(text)


def check_size(text: bytes) -> None:
    """The same without ``utf8``, for a parser that is not asked for depth: quick for usual sizes.

    Brackets are counted also in strings, for that is quick; only what seems too much is walked.
    """
    if len(text) <= _HARMLESS:
        return
    containers = text.count(b"[") + text.count(b"{")
    if containers > MAX_CONTAINERS or len(text) > MAX_NODES:
        _walk(text)


def _check_utf8(text: bytes) -> None:
    decode = _decoder().decode
    try:
        for start in range(0, len(text), _PIECE):
            decode(text[start : start + _PIECE])
        decode(b"", True)
    except UnicodeDecodeError:
        raise BadFrame("utf8") from None


def _walk(text: bytes) -> None:
    brackets = bytearray()
    commas = quotes = 0
    carried = b""  # a backslash whose escaped character is in the next piece
    string = -1  # bytes so far of the string that a piece ended in; -1: in none
    for start in range(0, len(text), _PIECE):
        piece = carried + text[start : start + _PIECE]
        even = (len(piece) - len(piece.rstrip(b"\\"))) % 2 == 0
        carried = b"" if even else b"\\"
        # Without escapes, every quote begins or ends a string.
        plain = piece[: len(piece) - len(carried)].replace(b"\\\\", b"__").replace(b'\\"', b"__")
        parts = plain.split(b'"')
        inside = string >= 0
        outside = b"".join(parts[inside::2])
        if inside:
            string += len(parts[0])
            if string > MAX_STRING:
                raise BadFrame("string")
        quotes += len(parts) - 1
        if len(parts) > 1:
            string = len(parts[-1]) if inside is (len(parts) % 2 == 1) else -1
        commas += outside.count(b",")
        brackets += outside.translate(_AS_BRACKETS, _NO_BRACKETS)
        containers = brackets.count(b"[")
        nodes = containers + commas + quotes // 2
        if nodes > MAX_NODES or containers > MAX_CONTAINERS or len(brackets) > 2 * MAX_CONTAINERS:
            raise BadFrame("too_deep" if too_deep(bytes(brackets)) else "nodes")
    if too_deep(bytes(brackets)):
        raise BadFrame("too_deep")
