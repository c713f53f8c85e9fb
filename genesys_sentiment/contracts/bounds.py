"""What no value may be, checked before any schema sees it. Pure: no I/O.

The figures are those of frames (C3). Python's own parser takes NaN, Infinity, repeated names and
halves of surrogate pairs (C2); JSON has none of them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Mapping
from math import isfinite
from typing import Any, Final, NoReturn

from genesys_sentiment.contracts.problems import Problem, pointer

MAX_BYTES: Final = 1_048_576
MAX_DEPTH: Final = 64
MAX_NODES: Final = 100_000
MAX_STRING: Final = 262_144
"""Bytes of a string in UTF-8; names of members included."""

_LARGEST: Final = sys.float_info.max
_Trail = tuple[Any, ...]


class _Refused(ValueError):
    """Names the rule; the parser's own errors quote the text."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


def parse(text: bytes) -> tuple[Any, Problem | None]:
    """The value of a JSON text, or why there is none."""
    if len(text) > MAX_BYTES:
        return None, Problem("", "bytes")
    try:
        value = json.loads(
            text.decode("utf-8"), parse_constant=_no_constant, object_pairs_hook=_object
        )
    except UnicodeDecodeError:
        return None, Problem("", "utf8")
    except _Refused as refused:
        return None, Problem("", refused.rule)
    except RecursionError:
        return None, Problem("", "depth")
    except ValueError:
        return None, Problem("", "json")
    return value, None


def beyond(value: object, known: Collection[str]) -> Problem | None:
    """The first bound that a decoded value breaks; None if it keeps to all."""
    nodes = 0
    level: list[tuple[_Trail, object]] = [((), value)]
    for depth in range(MAX_DEPTH + 2):
        if not level:
            return None
        nodes += len(level)
        if nodes > MAX_NODES:
            return Problem("", "nodes")
        below: list[tuple[_Trail, object]] = []
        for trail, each in level:
            if isinstance(each, Mapping | list | tuple) and depth >= MAX_DEPTH:
                return Problem("", "depth")
            rule = _inner(trail, each, below)
            if rule is not None:
                return Problem(pointer(trail, known), rule)
        level = below
    return None


def _inner(trail: _Trail, value: object, below: list[tuple[_Trail, object]]) -> str | None:
    """What is wrong with one value; what is in it goes ``below``."""
    if isinstance(value, Mapping):
        if len(below) + len(value) > MAX_NODES:
            return "nodes"
        for name, each in value.items():
            if (rule := "value" if not isinstance(name, str) else _string(name)) is not None:
                return rule
            below.append(((*trail, name), each))
        return None
    if isinstance(value, list | tuple):
        if len(below) + len(value) > MAX_NODES:
            return "nodes"
        below += [((*trail, place), each) for place, each in enumerate(value)]
        return None
    if isinstance(value, str):
        return _string(value)
    return _scalar(value)


def _scalar(value: object) -> str | None:
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, float):
        return None if isfinite(value) else "finite"
    if isinstance(value, int):
        # Beyond a float's range: nothing that reads JSON elsewhere would take it for this number.
        return None if -_LARGEST <= value <= _LARGEST else "finite"
    return "value"


def _string(text: str) -> str | None:
    if text.isascii():
        return None if len(text) <= MAX_STRING else "length"
    try:
        return None if len(text.encode("utf-8")) <= MAX_STRING else "length"
    except UnicodeEncodeError:
        return "surrogate"


def _no_constant(_: str) -> NoReturn:
    raise _Refused("finite")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise _Refused("duplicate")
    return members
