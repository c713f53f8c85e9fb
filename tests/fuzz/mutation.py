"""Inputs that stay readable while they change: one value of a JSON text becomes another."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any, Final

VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 2**53 + 1, 2**63,
    2**64, -(2**63), 10**30, 10**400, 0.5, -0.0, 1e308, -1e308,
    float("nan"), float("inf"), 1.8e15, 253_402_300_799_999, "", "0.5", "ack", "error", "pong",
    "200", "401", "c", "a\r\nb", "\x1b[2J\x00", "\x9b\u2028", "\ud800", "😀" * 40, "x" * 300,
    "CONNECTED", "connected", "2026-03-01T10:00:60Z", "9999-12-31T23:59:60-23:59", "0001-01-01",
    "2026-03-01T10:00:00", "channel.metadata", "v2.users.x.conversations.calls", [], {}, [[]],
    [None], [{}], {"": None}, {"code": "401"}, {"score": None}, [1] * 20, ["a", 1],
)  # fmt: skip
"""What may stand where another value stood."""


def mutated(text: bytes, seed: int) -> bytes | None:
    """Another JSON text: a value replaced, moved, doubled, or gone. None for what is no JSON."""
    chosen = random.Random(seed)
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        return None
    for _ in range(chosen.randint(1, 3)):
        places = list(_places(whole))
        if not places:
            return None
        holder, place = chosen.choice(places)
        _change(holder, place, chosen, places)
    ascii_only = chosen.random() < 0.7
    return json.dumps(whole, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")


def _places(value: Any, depth: int = 0) -> Iterator[tuple[Any, Any]]:
    """Every object or array, and a name or a place in it."""
    if not isinstance(value, dict | list) or depth > 70:
        return
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for place, each in inner:
        yield value, place
        if isinstance(each, dict | list):
            yield from _places(each, depth + 1)


def _change(holder: Any, place: Any, chosen: random.Random, places: list[tuple[Any, Any]]) -> None:
    match chosen.randrange(8):
        case 0 | 1 | 2 | 3:
            holder[place] = _copy(chosen.choice(VALUES))
        case 4:
            other, where = chosen.choice(places)
            holder[place] = _copy(other[where])
        case 5:
            del holder[place]
        case 6 if isinstance(holder, dict):
            holder[chosen.choice(("new", "id", "type", "state", "error"))] = _copy(holder[place])
        case _ if isinstance(holder, list):
            holder.append(_copy(holder[place]))


def _copy(value: Any) -> Any:
    return json.loads(json.dumps(value))
