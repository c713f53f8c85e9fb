"""The published schemas, as they are in this package.

Reading them is the only I/O of this room; each is read once.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

import msgspec

LEAVING: Final = ("record", "chat_sentiment")
"""What leaves."""

ENTERING: Final = (
    "agent_assist",
    "interaction_stream",
    "interaction_topics",
    "notifications_sentiment",
    "notifications_suggestion",
    "notifications_transcription",
    "realtime_analytics",
)
"""What enters: a dialect's event, or a dialect's event of one sort."""

KINDS: Final = (*LEAVING, *ENTERING)
"""Everything that has a schema."""


@cache
def schema(kind: str = "record") -> Mapping[str, Any]:
    """The schema (JSON Schema 2020-12) of one of :data:`KINDS`. Not to be changed.

    Raises KeyError for another kind.
    """
    if kind not in KINDS:
        raise KeyError(f"no schema for {kind!r}: there is one for each of {', '.join(KINDS)}")
    folder = resources.files(__package__)
    if kind in ENTERING:
        folder = folder / "inbound"
    found: dict[str, Any] = msgspec.json.decode((folder / f"{kind}.schema.json").read_bytes())
    return found
