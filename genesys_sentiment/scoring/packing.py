"""States as bytes, for those that are kept by the thousand. Pure: no I/O."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

_encode: Final = msgspec.msgpack.Encoder().encode

_UUID: Final = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# Two bytes that are in no UTF-8: a UUID follows in 16 bytes, and the id that everything is of.
_MARK, _OWN = b"\xff", b"\xfe"
_FOLDED: Final = re.compile(rb"\xff(.{16})|\xfe", re.DOTALL)


def pack(state: Any) -> bytes:
    """A msgspec Struct as MessagePack, in no more memory than it takes.

    The encoder's own answer sits in a buffer that was made to grow: up to three times its size.
    """
    return bytes(memoryview(_encode(state)))


def fold(name: str, own: str = "") -> bytes:
    """An id in less memory: each UUID of the usual form takes 17 bytes, ``own`` takes 1.

    Any text may be folded, and no two become the same: what is folded may be compared.
    """
    data = name.encode("utf-8", "surrogatepass")
    if len(name) == 36 and name != own and _UUID.fullmatch(data):
        return _MARK + bytes.fromhex(name.replace("-", ""))
    if own:
        data = data.replace(own.encode("utf-8", "surrogatepass"), _OWN)
    return _UUID.sub(_shorter, data)


def unfold(folded: bytes, own: str = "") -> str:
    """What :func:`fold` made ``folded`` of. Raises ValueError if it made no such thing."""
    if len(folded) == 17 and folded[0] == 0xFF:
        return _dashed(folded[1:])

    def longer(found: re.Match[bytes]) -> bytes:
        packed: bytes | None = found[1]
        return own.encode("utf-8", "surrogatepass") if packed is None else _dashed(packed).encode()

    return _FOLDED.sub(longer, folded).decode("utf-8", "surrogatepass")


def _dashed(packed: bytes) -> str:
    text = packed.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _shorter(found: re.Match[bytes]) -> bytes:
    return _MARK + bytes.fromhex(found[0].replace(b"-", b"").decode())
