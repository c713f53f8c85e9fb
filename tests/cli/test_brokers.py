"""A broker named by ``--sink``: what is shown is in it, and its password is nowhere else."""

from __future__ import annotations

import asyncio
import json

from genesys_sentiment.simulator import Call
from tests.brokers.fixtures import nats_broker
from tests.brokers.nats import PASSWORD
from tests.brokers.server import Server
from tests.cli.command import command
from tests.cli.platform import at, platform
from tests.sinks.test_nats import jetstream, messages, url_of

__all__ = ["nats_broker"]


async def test_s3_18_records_reach_the_stream_that_the_address_names(
    nats_broker: Server, calls: tuple[Call, ...]
) -> None:
    """S3-18: with the subject that it asks for."""
    async with jetstream(nats_broker) as context:
        await context.add_stream(name="SHOWN", subjects=["shown.>"])
    async with platform(calls) as simulator:
        playing = asyncio.create_task(simulator.play())
        ran = await command(
            *("stream", "--queue", simulator.queue_id, "--events", "3"),
            *("--sink", f"{url_of(nats_broker)}/SHOWN?subject=shown.{{kind}}"),
            env=at(simulator),
        )
        await playing
    assert (ran.code, ran.err) == (0, "")
    assert PASSWORD not in ran.out
    found = await messages(nats_broker, "SHOWN")
    shown = ran.records[:-1]
    assert [json.loads(each.data) for each in found] == shown
    assert [each.subject for each in found] == [f"shown.{each['type']}" for each in shown]
