"""RabbitMQ as Debian has it, with folders, ports and an Erlang port mapper of its own."""

from __future__ import annotations

from pathlib import Path

from tests.brokers.server import Server, free_port, program

LARGEST_MESSAGE = 65_536
"""Bytes that this broker takes in one message."""

_SETTINGS = """\
listeners.tcp.1 = 127.0.0.1:{port}
max_message_size = {largest}
log.console = true
log.console.level = warning
log.file = false
"""


def rabbitmq(home: Path) -> Server:
    """A broker that is not started yet; ``home`` is a folder of its own."""
    port, mapper = free_port(), free_port()
    (home / "rabbitmq.conf").write_text(
        _SETTINGS.format(port=port, largest=LARGEST_MESSAGE), encoding="utf-8"
    )
    (home / "plugins").write_text("[].\n", encoding="utf-8")
    environment = {
        "HOME": str(home),  # where Erlang keeps its cookie
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(mapper),
        "RABBITMQ_NODENAME": f"tests{port}@localhost",
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
        "RABBITMQ_MNESIA_BASE": str(home / "data"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_PID_FILE": str(home / "pid"),
    }
    # Not Debian's wrapper before it: that one changes the user and expects the service's folders.
    program("rabbitmq-server", "RabbitMQ")
    server = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
    return Server(
        [str(server)],
        port=port,
        home=home,
        environment=environment,
        after=[program("epmd", "RabbitMQ"), "-port", str(mapper), "-kill"],
    )
