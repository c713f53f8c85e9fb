"""Identifiers that are the same for the same thing, after every restart. Pure: no I/O."""

from __future__ import annotations

import json
from typing import Final
from uuid import UUID, uuid5

_NAMESPACE: Final = UUID("5e6f1c6a-3c0e-5b7e-9c52-8a1f0d7b2e64")
"""This library's own, fixed once: another one would give every payload another identity."""


def stable_uuid(*parts: str) -> str:
    """A UUID (version 5) of ``parts``; other parts, or the same split otherwise, give another."""
    return str(uuid5(_NAMESPACE, json.dumps(parts)))
