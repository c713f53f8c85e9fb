"""Apache Kafka in one process: broker and controller (KRaft), from the jars of ``install.sh``."""

from __future__ import annotations

import base64
import subprocess
import uuid
from pathlib import Path

from tests.brokers.server import Server, free_port, present, program

_JARS = Path(__file__).parent / ".cache" / "kafka"

# A small heap, and as little compiling as possible: it lives for seconds.
_JAVA = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")

_SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
broker.session.timeout.ms=1500
broker.heartbeat.interval.ms=300
"""


def kafka(home: Path) -> Server:
    """A broker that is not started yet; ``home`` is a folder of its own."""
    jars = present(_JARS, "Kafka")
    java = [program("java", "Kafka"), *_JAVA, "-cp", f"{jars}/*"]
    port, settings = free_port(), home / "server.properties"
    settings.write_text(
        _SETTINGS.format(port=port, controller=free_port(), data=home / "data"), encoding="utf-8"
    )
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    subprocess.run(
        [*java, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(settings)],
        check=True,
        capture_output=True,
    )
    return Server([*java, "kafka.Kafka", str(settings)], port=port, home=home)
