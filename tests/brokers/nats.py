"""nats-server with JetStream, as Debian has it."""

from __future__ import annotations

from pathlib import Path

from tests.brokers.server import Server, free_port, program

LARGEST_MESSAGE = 65_536
"""Bytes that this server takes in one message, headers included."""

_SETTINGS = """\
host: 127.0.0.1
port: {port}
max_payload: {largest}
jetstream {{ store_dir: "{data}", max_memory_store: 16MB, max_file_store: 1GB }}
authorization {{ user: sentiment, password: "{password}" }}
"""

PASSWORD = "open-sesame-nats"


def nats(home: Path) -> Server:
    """A server that is not started yet; ``home`` is a folder of its own."""
    port, settings = free_port(), home / "nats.conf"
    settings.write_text(
        _SETTINGS.format(port=port, largest=LARGEST_MESSAGE, data=home / "data", password=PASSWORD),
        encoding="utf-8",
    )
    return Server([program("nats-server", "NATS"), "-c", str(settings)], port=port, home=home)
