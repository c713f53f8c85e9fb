"""S3-18: the NATS sink against a real nats-server with JetStream."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import nats
import pytest
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig

from genesys_sentiment.errors import ConfigurationError
from genesys_sentiment.model.entries import Sink
from genesys_sentiment.sinks.nats import Nats
from tests.brokers.nats import LARGEST_MESSAGE, PASSWORD
from tests.brokers.server import Server
from tests.sinks.brokers import (
    Received,
    batch,
    check_complete,
    closing,
    deliver,
    deliver_while_killed,
    entry,
    failures,
    paused,
    quick,
)


def url_of(server: Server) -> str:
    return f"nats://sentiment:{PASSWORD}@127.0.0.1:{server.port}"


@asynccontextmanager
async def jetstream(server: Server) -> AsyncIterator[JetStreamContext]:
    client = await nats.connect(url_of(server))
    try:
        yield client.jetstream()
    finally:
        await client.close()


async def messages(server: Server, stream: str) -> list[Any]:
    """All that is in a stream."""
    async with jetstream(server) as context:
        count = (await context.stream_info(stream)).state.messages
        config = ConsumerConfig(max_ack_pending=-1)
        reader = await context.pull_subscribe("", stream=stream, config=config)
        found: list[Any] = []
        while len(found) < count:
            found += await reader.fetch(min(count - len(found), 500), timeout=10)
        await reader.unsubscribe()
        return found


async def received(server: Server, stream: str) -> list[Received]:
    return [
        Received(id=each.headers["Nats-Msg-Id"], conversation=None, body=each.data)
        for each in await messages(server, stream)
    ]


@pytest.fixture
def names(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A stream of the test's own, and a subject for it."""
    name: str = request.node.name.partition("[")[0]
    return name, f"{name}.{{kind}}.{{conversation}}"


def sink_of(server: Server, names: tuple[str, str], timeout: float = 30.0) -> Nats:
    stream, subject = names
    return Nats(url_of(server), stream=stream, subject=subject, create=True, lane=quick(timeout))


async def test_a_message_is_the_entry(nats_broker: Server, names: tuple[str, str]) -> None:
    """S3-18: id, headers, body; the subject is safe whatever the ids are."""
    sink = sink_of(nats_broker, names)
    assert isinstance(sink, Sink)
    odd = [entry(900, None), entry(901, "a.b *>é"), entry(902, "x" * 300), entry(903, "c\r\nd")]
    async with closing(sink):
        await sink.send([*batch(60, 7), *odd])
    found = await messages(nats_broker, names[0])

    subjects = {each.subject.removeprefix(f"{names[0]}.score.") for each in found}
    assert {"c-0", "_", "a%2Eb%20%2A%3E%C3%A9", "c%0D%0Ad"} < subjects
    assert all("." not in each and len(each) <= 64 for each in subjects)
    one = next(each for each in found if each.subject.endswith("score.c-0"))
    assert one.data == batch(1, 7)[0].body
    assert one.headers == {
        "Nats-Msg-Id": "score:c-0:0",
        "Nats-Expected-Stream": names[0],
        "id": "score:c-0:0",
        "kind": "score",
        "schema": "1",
    }
    last = next(each for each in found if each.data == odd[-1].body)
    assert last.headers["id"] == "score%3Ac%0D%0Ad%3A903"
    rows = await received(nats_broker, names[0])
    assert (
        check_complete([each for each in rows if each.id.startswith("score:c-")], batch(60, 7)) == 0
    )


async def test_nothing_is_lost_when_the_broker_is_killed(
    nats_broker: Server, names: tuple[str, str]
) -> None:
    """S3-18: killed with -9 and restarted during sends: once each, by the id, and in order."""
    sink = sink_of(nats_broker, names, 3.0)
    async with closing(sink):
        sent, failed = await deliver_while_killed(sink, nats_broker, times=5)
    assert failed
    assert check_complete(await received(nats_broker, names[0]), sent) == 0


async def test_a_repeated_entry_is_stored_once(nats_broker: Server, names: tuple[str, str]) -> None:
    sink = sink_of(nats_broker, names)
    async with closing(sink):
        await sink.send(batch(20, 3))
        await sink.send(batch(20, 3))
    assert check_complete(await received(nats_broker, names[0]), batch(20, 3)) == 0


async def test_a_message_too_large_for_the_server_or_the_stream_is_given_up(
    nats_broker: Server, names: tuple[str, str]
) -> None:
    stream, subject = names
    wildcard = subject.replace("{kind}", "*").replace("{conversation}", "*")
    async with jetstream(nats_broker) as context:
        await context.add_stream(name=stream, subjects=[wildcard], max_msg_size=2000)
    good = batch(30, 10)
    # Without its headers the first one would just fit.
    body = len(entry(900, "server").body)
    large = [entry(900, "server", size=LARGEST_MESSAGE - body), entry(901, "stream", size=3000)]
    sent = [*good[:5], *large, *good[5:], entry(902, "stream")]
    sink = sink_of(nats_broker, names)
    async with closing(sink):
        failed = await failures(sink, sent)
    assert [(each.index, each.reason, each.retry, each.tried) for each in failed] == [
        (5, "too_large", False, True),
        (6, "too_large", False, True),
        (32, "held_back", True, False),
    ]
    check_complete(await received(nats_broker, stream), good)


async def test_a_stream_that_does_not_exist_can_still_be_made(
    nats_broker: Server, names: tuple[str, str]
) -> None:
    stream, subject = names
    sink = Nats(url_of(nats_broker), stream=stream, subject=subject)
    async with closing(sink):
        failed = await failures(sink, batch(2, 2))
        assert {(each.reason, each.retry) for each in failed} == {("no_stream", True)}
        async with jetstream(nats_broker) as context:
            await context.add_stream(name=stream, subjects=[f"{stream}.>"])
        await deliver(sink, batch(2, 2))
    check_complete(await received(nats_broker, stream), batch(2, 2))


async def test_a_subject_that_no_stream_takes_is_not_silent(
    nats_broker: Server, names: tuple[str, str]
) -> None:
    async with jetstream(nats_broker) as context:
        await context.add_stream(name=names[0], subjects=["something.else"])
    sink = sink_of(nats_broker, names)
    async with closing(sink):
        failed = await failures(sink, batch(2, 2))
    assert {(each.reason, each.retry) for each in failed} == {("no_stream", True)}


async def test_a_paused_broker_times_out_and_is_used_again(
    nats_broker: Server, names: tuple[str, str]
) -> None:
    """What timed out may be stored later, under the same id: nothing overtakes it."""
    sink = sink_of(nats_broker, names, 2.0)
    sent = [entry(n, "c-1") for n in range(5)]
    async with closing(sink):
        await sink.send(sent[:1])
        async with paused(nats_broker):
            began = time.monotonic()
            failed = await failures(sink, sent[1:3])
            # A new connection is not answered either.
            again = await failures(sink, sent[1:2])
            assert time.monotonic() - began < 2 * sink.lane.timeout
        assert [(each.reason, each.tried) for each in failed] == [
            ("timeout", True),
            ("held_back", False),
        ]
        assert [each.reason for each in again] == ["timeout"]
        await deliver(sink, sent[1:])
    assert check_complete(await received(nats_broker, names[0]), sent) == 0


async def test_a_send_that_is_cancelled_can_be_repeated(
    nats_broker: Server, names: tuple[str, str]
) -> None:
    sink = sink_of(nats_broker, names, 2.0)
    sent = batch(40, 4)
    async with closing(sink):
        await sink.send(sent[:4])
        async with paused(nats_broker):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await sink.send(sent[4:20])
        await deliver(sink, sent[4:])
    assert check_complete(await received(nats_broker, names[0]), sent) == 0


async def test_a_server_that_went_meanwhile_is_found_again(
    nats_broker: Server, names: tuple[str, str]
) -> None:
    """Between two sends nobody notices; the next one opens a connection first."""
    sink = sink_of(nats_broker, names)
    async with closing(sink):
        await sink.send(batch(5, 5))
        await asyncio.to_thread(nats_broker.restart)
        await sink.send(batch(5, 5, first=5))
    check_complete(await received(nats_broker, names[0]), batch(10, 5))


async def test_nobody_there_fails_for_now() -> None:
    sink = Nats("nats://127.0.0.1:1", stream="s", lane=quick())
    async with closing(sink):
        failed = await failures(sink, batch(4, 2))
    assert [each.reason for each in failed] == ["connection"] * 2 + ["held_back"] * 2
    assert all(each.retry for each in failed)


async def test_no_secret_of_the_url_is_shown(
    nats_broker: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url = f"nats://sentiment:open-sesame@127.0.0.1:{nats_broker.port}"
    sink = Nats(url, stream="s", options={"name": "open-sesame"}, lane=quick())
    assert repr(sink).startswith(f"Nats('127.0.0.1:{nats_broker.port}'")
    async with closing(sink):
        failed = await failures(sink, batch(1, 1))
    assert [(each.reason, each.retry) for each in failed] == [("authentication", True)]
    assert "open-sesame" not in f"{sink!r} {failed} {caplog.text}"


@pytest.mark.parametrize("servers", ["", [], "broker:4222", "http://u:secret@broker", "nats://:1"])
def test_a_bad_url_is_refused(servers: str | list[str]) -> None:
    with pytest.raises(ConfigurationError, match="servers") as caught:
        Nats(servers, stream="s")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("subject", ["", "a..b", "a.*", "a.>", "a b", "{other}", "a.", "x" * 600])
def test_a_bad_subject_is_refused(subject: str) -> None:
    with pytest.raises(ConfigurationError, match="subject"):
        Nats("nats://broker", stream="s", subject=subject)


@pytest.mark.parametrize("stream", ["", "a.b", "a b", "*", "a/b"])
def test_a_bad_stream_is_refused(stream: str) -> None:
    with pytest.raises(ConfigurationError, match="stream"):
        Nats("nats://broker", stream=stream)


def test_what_the_sink_sets_itself_cannot_be_set() -> None:
    with pytest.raises(ConfigurationError, match="allow_reconnect"):
        Nats("nats://broker", stream="s", options={"allow_reconnect": True})
