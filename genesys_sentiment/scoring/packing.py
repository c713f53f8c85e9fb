"""States as bytes, for those that are kept by the thousand. Pure: no I/O."""

from __future__ import annotations

from typing import Any, Final

import msgspec

_encode: Final = msgspec.msgpack.Encoder().encode


def pack(state: Any) -> bytes:
    """A msgspec Struct as MessagePack, in no more memory than it takes.

    The encoder's own answer sits in a buffer that was made to grow: up to three times its size.
    """
    return bytes(memoryview(_encode(state)))
