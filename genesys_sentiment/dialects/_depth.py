"""How deep a JSON text is nested, before a parser sees it. Pure: no I/O.

Parsers leave the limit to the interpreter's stack, and that differs: 5,000 nested lists are an
error on CPython 3.11 and none on 3.13.
"""

from __future__ import annotations

import re
from typing import Final

MAX_DEPTH: Final = 64
"""Nested arrays and objects in a frame (C3). Real ones have fewer than ten."""

# The closing quote may be missing: looked for from every quote of such a text, it costs its square.
_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_TOO_MANY: Final = b"[" * (MAX_DEPTH + 1)
_AS_BRACKETS: Final = bytes.maketrans(b"{}", b"[]")
_REST: Final = bytes(set(range(256)) - set(b"[]{}"))


def too_deep(text: bytes) -> bool:
    """Whether a JSON text nests deeper than ``MAX_DEPTH``. What is no JSON may give either."""
    if text.count(b"[") + text.count(b"{") <= MAX_DEPTH:
        return False
    brackets = _STRING.sub(b"", text).translate(_AS_BRACKETS, _REST)
    for _ in range(MAX_DEPTH):
        if _TOO_MANY in brackets:
            return True
        # Each pass takes away the innermost level of all.
        inner = brackets.replace(b"[]", b"")
        if len(inner) == len(brackets):
            return False  # nothing, or no JSON: whoever parses it will say so
        brackets = inner
    return bool(brackets)
