"""Compressed frames, inflated within bounds. Pure: no I/O.

100 MB of zeros are 97 kB as gzip, and 20,000 members in one frame cost a reader that follows them
half a second: so output, ratio and members are bounded, and none is inflated past its bound.
"""

from __future__ import annotations

import zlib
from io import BytesIO
from typing import Final

from genesys_sentiment.errors import BadFrame

MAGIC: Final = b"\x1f\x8b"
"""What every gzip member begins with."""

MAX_INFLATED: Final = 4_194_304
"""Bytes of an inflated frame (C3)."""

MAX_RATIO: Final = 100
"""Inflated bytes for each compressed one (C3). JSON text gets to about 20."""

_GZIP: Final = 16 + zlib.MAX_WBITS
_PIECE: Final = 262_144


def inflate(frame: bytes) -> bytes:
    """The content of a gzip frame of one member.

    Raises BadFrame: ``gzip`` (damaged or cut short), ``gzip_size``, ``gzip_ratio``,
    ``gzip_members`` (anything follows the first member).
    """
    limit = min(MAX_INFLATED, MAX_RATIO * len(frame))
    member = zlib.decompressobj(_GZIP)
    content = BytesIO()
    left = frame
    try:
        # In pieces: asked for all of it at once, zlib would hold it twice before we could say no.
        while not member.eof:
            piece = member.decompress(left, _PIECE)
            left = member.unconsumed_tail
            if content.tell() + len(piece) > limit:
                raise BadFrame("gzip_size" if limit == MAX_INFLATED else "gzip_ratio")
            if not piece and not left and not member.eof:
                raise BadFrame("gzip")
            content.write(piece)
    except zlib.error:
        raise BadFrame("gzip") from None
    if member.unused_data:
        raise BadFrame("gzip_members")
    return content.getvalue()
