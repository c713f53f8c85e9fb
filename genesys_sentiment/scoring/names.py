"""One text for a name that many keep. Pure: no I/O."""

from __future__ import annotations

import sys
from typing import Final

# Before 3.12.5, 3.12 kept an interned text for ever (CPython's issue 113993).
_LASTING: Final = (3, 12) <= sys.version_info[:3] < (3, 12, 5)


def shared(name: str) -> str:
    """The same text, and the same object for everybody who asks.

    Each frame brings a conversation's id anew. What is kept of a conversation is kept by several
    stages under its id: asked for when one begins, all of them keep one text of it.
    """
    return name if _LASTING or type(name) is not str else sys.intern(name)
