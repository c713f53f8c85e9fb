"""Pure: no I/O. JSON in frames."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def dump(message: Mapping[str, Any]) -> str:
    """A message as a text frame."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def load(text: str) -> Mapping[str, Any] | None:
    """A client's message, None where it is no JSON object."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None
