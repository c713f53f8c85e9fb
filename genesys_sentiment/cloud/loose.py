"""Reading answers whose fields may be missing or of another type. Pure: no I/O."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from genesys_sentiment.errors import ProtocolError


def objects(value: object) -> Iterator[dict[str, Any]]:
    """The objects in a list; nothing for anything else."""
    return (one for one in value if isinstance(one, dict)) if isinstance(value, list) else iter(())


def inner(fields: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The object in a field; an empty one where there is none."""
    value = fields.get(name)
    return value if isinstance(value, dict) else {}


def text(value: object) -> str | None:
    """A text that says something; None for anything else."""
    return value if isinstance(value, str) and value else None


def number(value: object) -> float | None:
    """A finite number as a float; None for anything else. True is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def each(items: Iterable[Mapping[str, Any]], name: str) -> tuple[str, ...]:
    """The texts in one field of all ``items``, each once, in order."""
    values = (text(item.get(name)) for item in items)
    return tuple(dict.fromkeys(value for value in values if value is not None))


def as_object(body: object, what: str) -> dict[str, Any]:
    """``body``, if it is an object. Raises ProtocolError, which says ``what`` is none."""
    if not isinstance(body, dict):
        raise ProtocolError(f"{what} is no object")
    return body
