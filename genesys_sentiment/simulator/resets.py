"""How a TCP connection is reset: without lingering, closing it sends an RST."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct


def reset(transport: asyncio.BaseTransport) -> None:
    """Reset a connection; what was written and has not left yet is lost."""
    raw = transport.get_extra_info("socket")
    if raw is not None:
        # The other side may have been quicker, and this one closed by now.
        with contextlib.suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()
